package bank_test

import (
	"slices"
	"strings"
	"testing"

	"carat/pipeline/feed/feedtest"
)

// What some banks leave blank: the entry date, the type, the currency of the
// closing balance.
func TestMT940Blanks(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"no entry date": {":20:A\n:25:77\n:28:1/1\n:60F:C261105USD10,00\n:61:261105    CD5,25NTRFPO-9//\n/ABC/CREDIT\n:61:261106    RC0,25S123x\n:61:261106C1,NTRFNONREF\n:62F:C261106USD16,00\n-\n",
			[]string{`5 77 2026-11-05 5.25 USD "PO-9" ""`, `7 77 2026-11-06 -0.25 USD "x" ""`, `8 77 2026-11-06 1 USD "" ""`}},
		"no type": {":20:A\n:25:77\n:28C:1\n:60F:C261105HUF10,00\n:61:2611051106CF5,25S   PO 9\n:61:2611051106DF0,25    y//z\n:61:2611051106CF1,\n:61:2611051106CF1,N\n:61:2611051106CF1,NTR w\n:62F:C261106HUF18,00\n",
			[]string{`5 77 2026-11-06 5.25 HUF "PO 9" ""`, `6 77 2026-11-06 -0.25 HUF "y" ""`, `7 77 2026-11-06 1 HUF "" ""`, `8 77 2026-11-06 1 HUF "" ""`, `9 77 2026-11-06 1 HUF "w" ""`}},
		"no currency at the end": {":20:A\n:25:77\n:28:1/1\n:NS:22Acme\n23Account\n:60F:C261105EUR0,00\n:61:2611051106CR5,25S0519\n:NS:01PAYOUT\n02po_9\n17TRANSFER\n:61:261106CR0,75S051NONREF\n:NS:01PAYOUT\n02po_8\n" +
			":62M:C2611066,00\n-\n:20:B\n:25:77\n:28:1/2\n:60M:C261106EUR6,00\n:62F:C2611066,00\n",
			[]string{`7 77 2026-11-06 5.25 EUR "9" ""`, `11 77 2026-11-06 0.75 EUR "PAYOUT po_8" ""`}},
	} {
		out := readBank(t, "b.sta", []byte(c.text), nil)
		if got := bankTexts(out.Rows); out.Err != nil || len(out.Rejects) != 0 || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v %q\n got %q\nwant %q", name, out.Err, feedtest.Texts(out.Rejects), got, c.want)
		}
	}
	// A message that goes on with a statement has the currency of the part before.
	parts := ":20:A\n:25:77\n:60F:C261105JPY0,\n:61:261106C5,NTRFA\n:62M:C2611065,\n-\n:20:A\n:25:77\n:60M:C2611065,\n:61:261106C5,NTRFB\n:62F:C26110610,\n-\n"
	out := readBank(t, "b.sta", []byte(parts), nil)
	if got := bankTexts(out.Rows); out.Err != nil || len(got) != 2 || !strings.Contains(got[1], " 5 JPY ") {
		t.Errorf("parts: %v %q", out.Err, got)
	}
	// That of another account says nothing of it.
	other := readBank(t, "b.sta", []byte(strings.Replace(parts, ":25:77\n:60M", ":25:78\n:60M", 1)), nil)
	if other.Err == nil || !strings.Contains(other.Err.Error(), "b.sta:9: a balance (:60M:)") {
		t.Errorf("another account: %v", other.Err)
	}
	// Without a currency at the beginning nothing says which it is.
	bare := readBank(t, "b.sta", []byte(":20:A\n:25:77\n:60F:C2611050,00\n:62F:C261106EUR0,00\n"), nil)
	if want := `read b.sta:3: a balance (:60F:) of "C2611050,00", which is not C or D, date, currency, amount`; bare.Err == nil || bare.Err.Error() != want {
		t.Errorf("no currency: %v", bare.Err)
	}
}

// A camt entry whose text is written with codes has them too.
func TestCamtCodedTexts(t *testing.T) {
	coded := camtNtry("10", "CRDT", "<AddtlNtryInf>/TRTP/SEPA OVERBOEKING/IBAN/NL00BANK0123456789/NAME/ACME PAY/REMI/PAYOUT po_77/EREF/TR-77</AddtlNtryInf>") +
		camtNtry("2", "CRDT", "<NtryDtls><TxDtls><AddtlTxInf>/ORDP//NAME/ACME EU/REMI/STL-9</AddtlTxInf></TxDtls></NtryDtls>")
	out := readBank(t, "c.xml", []byte(camtDoc("053.001.02", camtStmt("S1", camtBal("OPBD", "0")+camtBal("CLBD", "12")+coded))), nil)
	var got []string
	for _, r := range out.Rows {
		got = append(got, r.Reference+" of "+r.Counterparty)
	}
	if want := []string{"TR-77 of ACME PAY", "STL-9 of ACME EU"}; out.Err != nil || !slices.Equal(got, want) {
		t.Errorf("%v %q", out.Err, got)
	}
}

// The published inputs.
func TestMT940Cases(t *testing.T) {
	for path, want := range map[string][]string{
		"14-mt940-blank-entry-date/12-blank-entry-date.sta": {`2026-10-12 -212.39 USD "/PT/FT/PY/FEE" ""`, `2026-10-12 1000 USD "/ABC/CREDIT" ""`},
		"15-mt940-blank-type/05-blank-type.sta":             {`2026-10-11 -2402 HUF "X" ""`, `2026-10-11 50000 HUF "PAYOUT 1" ""`},
		"17-mt940-closing-without-currency/08-nocurrency.sta": {`2026-10-20 5000 EUR "68790452" ""`, `2026-10-22 20000 EUR "" ""`,
			`2026-10-22 20000 EUR "" ""`},
		"19-bank-reference-inside-the-text/10-abn.sta": {`2026-10-19 10 EUR "PO-2026-10-0001" "STRIPE PAYMENTS"`, `2026-10-19 10 EUR "PO-2026-10-0002" "STRIPE PAYMENTS"`},
	} {
		out := readBankPath(t, feedtest.CaseFile(t, path), nil)
		var got []string
		for _, text := range bankTexts(out.Rows) {
			got = append(got, strings.SplitN(text, " ", 3)[2])
		}
		if out.Err != nil || len(out.Rejects) != 0 || !slices.Equal(got, want) {
			t.Errorf("%s: %v %q\n got %q\nwant %q", path, out.Err, feedtest.Texts(out.Rejects), got, want)
		}
	}
}
