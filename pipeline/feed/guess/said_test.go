package guess_test

import (
	"strings"
	"testing"
)

// says looks for texts in the first layout of a file, and for texts that may not be there.
func says(t *testing.T, name, feed, text string, want, not []string) {
	t.Helper()
	got := written(t, "export.csv", feed, []byte(text))
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s: no %s in\n%s", name, w, got)
		}
	}
	for _, n := range not {
		if strings.Contains(got, n) {
			t.Errorf("%s: %s in\n%s", name, n, got)
		}
	}
}

// What the name of a column says of its values is heeded: the currency, the zone, the unit.
func TestWhatNamesSay(t *testing.T) {
	for name, c := range map[string]struct {
		feed, text string
		want, not  []string
	}{
		"the account's currency, not the card's": {"bank_lines", "Booking Date,Partner Iban,Account Name,Amount (EUR),Original Amount,Original Currency\n2026-10-05,DE1,Main,96.8,96.8,EUR\n2026-10-06,,Main,-46.0,-50.0,USD\n",
			[]string{"amount: Amount (EUR) # such as", "currency: EUR # as Amount (EUR) says", "account: Account Name # ? a guess by its name"}, []string{"Main\n        currency", "currency: Original", "amount: Original", "account: Partner"}},
		"the payment's currency, not the card's": {"bank_lines", "Date,Ref,Orig currency,Orig amount,Amount,Payment currency\n2026-10-05,a,USD,-50.00,-46.00,EUR\n",
			[]string{"amount: Amount #", "currency: Payment currency # ? a guess"}, []string{"currency: Orig", "amount: Orig"}},
		"a column that says the same": {"bank_lines", "Date,Ref,Amount EUR,Currency\n2026-10-05,a,5.00,EUR\n", []string{"currency: Currency #"}, []string{"constants:\n        currency: EUR"}},
		"a column that says another":  {"bank_lines", "Date,Ref,Amount EUR,Currency\n2026-10-05,a,5.00,USD\n", []string{"currency: EUR # as Amount EUR says"}, []string{"currency: Currency"}},
		"two currencies in names":     {"bank_lines", "Date,Ref,Credit (EUR),Debit (USD)\n2026-10-05,a,5.00,\n", []string{`currency: "" # ? the columns are in several, by their names: Credit (EUR), Debit (USD)`}, nil},
		"a word that is a code":       {"bank_lines", "Date,Ref,amount_all\n2026-10-05,a,5.00\n", []string{`currency: "" # ?`}, []string{"currency: ALL"}},
		"a sign in the name":          {"bank_lines", "Date,Ref,Betrag (€)\n2026-10-05,a,5.00\n", []string{"amount: Betrag (€)", "currency: EUR # as Betrag (€) says"}, nil},
		"UTC":                         {"coin_purchases", "order,user,coins,total,currency,created (UTC)\no1,u1,100,9.99,EUR,2026-10-31 23:30:00\n", []string{"time_zone: UTC # as created (UTC) says", "purchased_at: created (UTC) # such as"}, []string{"# time_zone"}},
		"a zone of winter":            {"bank_lines", "Booked (CET),Ref,Amount\n2026-10-05 12:00:00,a,5.00\n", []string{`time_zone: "" # ? Booked (CET) says CET: name the place, such as Europe/Berlin`}, nil},
		"a place":                     {"bank_lines", "Booked (Asia/Tokyo),Ref,Amount\n2026-10-05 12:00:00,a,5.00\n", []string{"time_zone: Asia/Tokyo # as"}, nil},
		"a zone of one of two":        {"payout_events", "payout id,creator,amount,currency,status,requested (UTC),paid\np1,c1,5.00,EUR,paid,2026-10-05 12:00:00,2026-10-06 12:00:00\n", []string{`time_zone: "" # ? requested (UTC) says UTC, paid says nothing`}, nil},
		"a zone in the times too":     {"bank_lines", "Booked (UTC),Ref,Amount\n2026-10-05 12:00:00Z,a,5.00\n", []string{"# time_zone"}, []string{"time_zone: UTC"}},
		"a pair with its currency":    {"bank_lines", "Buchungsdatum;Text;Belastung;Gutschrift;Waehrung\n05.10.2026;a;;5,00;CHF\n06.10.2026;a;5,00;;CHF\n", []string{"amount: {credit: Gutschrift, debit: Belastung}", "currency: Waehrung"}, nil},
		"a pair that says it":         {"bank_lines", "Date;Libellé;Débit euros;Crédit euros\n05/10/2026;a;;5,00\n16/10/2026;a;5,00;\n", []string{"amount: {credit: Crédit euros, debit: Débit euros}", "currency: EUR # as Crédit euros says"}, nil},
		"and without its accents":     {"bank_lines", "Date;Libelle;Debit euros;Credit euros\n05/10/2026;a;;5,00\n16/10/2026;a;5,00;\n", []string{"amount: {credit: Credit euros, debit: Debit euros}", "currency: EUR # as"}, nil},
		"micros":                      {"coin_purchases", "order,user,coins,price_micros,currency,created\no1,u1,100,9990000,EUR,2026-10-31\n", []string{"gross_amount: price_micros", "scale: {gross_amount: 6} # as its name says"}, []string{"cents"}},
	} {
		says(t, name, c.feed, c.text, c.want, c.not)
	}
}
