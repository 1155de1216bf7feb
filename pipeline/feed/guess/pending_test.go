package guess_test

import (
	"strings"
	"testing"
)

// A bank's rows that aren't booked come twice: once so, once when they are. A first layout
// leaves them out and says so; a text that only has such a word in it is no mark.
func TestRowsThatAreNotBookedYet(t *testing.T) {
	const asks = "leave_out: # ? rows that aren't booked yet"
	for name, c := range map[string]struct {
		text      string
		want, not []string
	}{
		"a German bank":   {"Buchungstag;Verwendungszweck;Betrag;Info\n05.10.26;a;1,00;Umsatz gebucht\n31.12.26;b;-2,00;Umsatz vorgemerkt\n", []string{asks, "- {column: Info, is: [Umsatz vorgemerkt], reason: not booked}"}, []string{"not used"}},
		"an American one": {"Date,Description,Amount,Status\n10/05/2026,a,1.00,Posted\n10/31/2026,b,-2.00,PENDING\n", []string{asks, "- {column: Status, is: [PENDING], reason: not booked}"}, nil},
		"all are":         {"Date,Description,Amount,Status\n10/05/2026,a,1.00,Posted\n10/31/2026,b,-2.00,Posted\n", []string{"not used: Status"}, []string{"leave_out"}},
		"what is said":    {"Date,Description,Amount,Note\n10/05/2026,a,1.00,x\n10/31/2026,b,-2.00,refund of a pending order of May\n", []string{"not used: Note"}, []string{"leave_out"}},
		"other words":     {"Date,Description,Amount,Note\n10/05/2026,a,1.00,spending\n10/31/2026,b,-2.00,appending\n", []string{"not used: Note"}, []string{"leave_out"}},
	} {
		got := written(t, "export.csv", "bank_lines", []byte(c.text))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", name, want, got)
			}
		}
		for _, not := range c.not {
			if strings.Contains(got, not) {
				t.Errorf("%s: %s in\n%s", name, not, got)
			}
		}
	}
}

// A pending row of a provider's balance is money that can't be paid out yet: it counts.
func TestPendingRowsOfASettlementStay(t *testing.T) {
	got := written(t, "export.csv", "settlement_lines", []byte("id,type,amount,fee,net,currency,created,status\nt1,sale,1.00,0.10,0.90,USD,2026-10-05 10:00:00,pending\nt2,sale,2.00,0.10,1.90,USD,2026-10-05 11:00:00,available\n"))
	if strings.Contains(got, "leave_out") || !strings.Contains(got, "not used: status") {
		t.Error(got)
	}
}

// Orders of a shop have a number and a day by whatever word: without them two equal orders
// would be one.
func TestNamesOfAShopInOtherLanguages(t *testing.T) {
	got := written(t, "coin_purchases.csv", "coin_purchases", []byte("Bestellnummer;Datum;Kundennummer;Artikelnummer;Münzen;Preis;Währung;Vorgang\nB-1001;05.10.2026 14:03;K1;coins_500;500;1.004,99;EUR;Kauf\nB-1002;25.10.2026 02:30;K2;coins_500;500;4,99;EUR;Kauf\n"))
	for _, want := range []string{"purchase_id: Bestellnummer", "purchased_at: Datum", "viewer_id: Kundennummer", "sku: Artikelnummer", "coins: Münzen", "gross_amount: Preis", `time_format: "DD.MM.YYYY HH:mm"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "id: content") {
		t.Errorf("ids of its own are not used:\n%s", got)
	}
}
