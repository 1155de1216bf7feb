package bank_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// mt940Text is two messages of one statement, with what banks write around them.
const mt940Text = "\x01\r\n" +
	"{1:F01BANKDEFFAXXX0000000000}{2:I940X}{4:\r\n" +
	":20:M1\r\n:25:DE02 1203/0020 51\r\n:28C:00012/001\r\n:60F:C261001EUR0,40\r\n" +
	":61:2610021002CR79,7NTRFBANK77//B1\r\nsupplement\r\n:86:166?00GUTSCHRIFT?20BANK77 and?21 more?32PayPal?33 Europe?60\xE9nd\r\n" +
	":61:2610021002DR0,NMSCNONREF//NONREF\r\nonly a supplement\r\n" +
	":61:261003RC5,105FMSCx/1\r\n:86:free text\r\n  in two lines\r\n" +
	":62M:C261003EUR74,995\r\n-}\r\n" +
	":20:M2\r\n:25:DE02 1203/0020 51\r\n:28C:12/2\r\n:60M:C261003EUR74,995\r\n" +
	":61:2612310102RD5,NTRFNONREF\r\n:61:2701021231D80,NTRFNONREF\r\n:61:261230ECR9,NTRFNONREF\r\n" +
	":61:2602300230C0,105NTRFNONREF\r\n:62F:C261231EUR0,1\r\n:64:C261231EUR0,1\r\n:86:about the statement\r\n:90D:1EUR80,\r\n-\x03\r\n"

func TestMT940(t *testing.T) {
	out := readBank(t, "bank.sta", []byte(mt940Text), nil)
	want := []string{
		`7 DE021203/002051 2026-10-02 79.7 EUR "BANK77" "PayPal Europe"`,
		`10 DE021203/002051 2026-10-02 0 EUR "only a supplement" ""`,
		`12 DE021203/002051 2026-10-03 -5.105 EUR "x/1" ""`,
		`21 DE021203/002051 2027-01-02 5 EUR "" ""`,
		`22 DE021203/002051 2026-12-31 -80 EUR "" ""`,
		`24 DE021203/002051 2026-02-28 0.105 EUR "" ""`,
	}
	if out.Err != nil || !slices.Equal(bankTexts(out.Rows), want) || len(out.Rejects) != 0 || out.Report.Format.Name != "mt940" {
		t.Errorf("%v %s\n got %q\nwant %q", out.Err, out.Report.Format, bankTexts(out.Rows), want)
	}
	notes := []string{"line 24: a 30 February of the calendar of interest was read as the last day of the month", "left out: 1 entries that are expected, not booked (EC, ED)",
		"4 amounts have more decimals than their currency has, the first -5.105 EUR on line 12"}
	if !slices.Equal(out.Report.Notes, notes) {
		t.Errorf("notes %q", out.Report.Notes)
	}
	again := readBank(t, "other.txt", []byte(strings.ReplaceAll(mt940Text, "\r\n", "\n")), nil)
	ids := bankIDs(out.Rows)
	if !slices.Equal(ids, bankIDs(again.Rows)) {
		t.Errorf("other keys: %q", bankIDs(again.Rows))
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 6 {
		t.Errorf("keys %q", ids)
	}
}

func TestMT940Refused(t *testing.T) {
	change := func(old, new string) string {
		if !strings.Contains(mt940Text, old) {
			t.Fatalf("no %q to change", old)
		}
		return strings.Replace(mt940Text, old, new, 1)
	}
	for name, c := range map[string]struct{ text, want string }{
		"doesn't add up":   {change("CR79,7", "CR79,71"), `:15: statement 00012/001 of account DE021203/002051 doesn't add up: opening 0.4 + 3 entries 74.605 = 75.005, but closing 74.995, difference -0.01; fetch the statement again; if the bank sends it so, ask the bank`},
		"cut":              {mt940Text[:strings.Index(mt940Text, ":62F:")], `:18: statement 12/2 of account DE021203/002051 has no closing balance: that it is whole can't be proven; fetch the statement again`},
		"no opening":       {change(":60F:C261001EUR0,40\r\n", ""), `:4: statement 00012/001 of account DE021203/002051 has no opening balance: that it is whole can't be proven; fetch the statement again`},
		"another currency": {change("CR79,7", "CD79,7"), `:7: an entry (:61:) in a currency that ends with D on an account in EUR`},
		"closing currency": {change(":62M:C261003EUR", ":62M:C261003USD"), `:15: the closing balance of statement 00012/001 is in USD, its account in EUR`},
		"a point":          {change("79,7N", "79.7N"), `:7: an entry (:61:) that is not as SWIFT writes it: "2610021002CR79.7NTRFBANK77//B1"; it is value date, booking date, C or D, amount with a comma, type, references`},
		"too fine":         {change("79,7N", "79,1234567N"), `:7: an entry (:61:) of "79,1234567": not an amount: more decimal places than the column keeps`},
		"a bad balance":    {change("EUR0,40", "EUR0.40"), `:6: a balance (:60F:) of "C261001EUR0.40", which is not C or D, date, currency, amount`},
		"own totals":       {change("1EUR80,", "2EUR80,"), `:28: the statement's own totals (:90D:) don't match its entries: expected 2 of 80, found 1 of 80; fetch the statement again`},
		"two encodings":    {change("free text", "fr\u00e9e text"), `:13: lines in UTF-8 and lines in another encoding in one file; fetch the file again`},
		"no account":       {change(":25:DE02 1203/0020 51", ":25: "), `:4: a statement without its account (:25:)`},
		"two accounts":     {change(":28C:00012/001", ":25:X"), `:5: a second account (:25:) in one statement`},
	} {
		out := readBank(t, "bank.sta", []byte(c.text), nil)
		if out.Err == nil || out.Err.Error() != "read bank.sta"+c.want || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("%s:\n got %v\nwant read bank.sta%s", name, out.Err, c.want)
		}
	}
	out := readBank(t, "bank.sta", []byte(change(":61:261003RC", ":61:269903RC")), func(o *feed.Options) { o.MaxRejectShare = 1_000_000_000 })
	if want := []string{`bank.sta:12 booked_at bad_time "2026-99-03": expected an RFC 3339 time of at most microseconds, like 2026-10-01T12:00:00Z, or a day`}; out.Err != nil || !slices.Equal(feedtest.Texts(out.Rejects), want) {
		t.Errorf("%v %q", out.Err, feedtest.Texts(out.Rejects))
	}
	other := readBank(t, "bank.sta", []byte(mt940Text), func(o *feed.Options) { o.Accounts = []string{"DE02"} })
	if want := "read bank.sta:4: account DE021203/002051 is none of ours; carat.yaml names them: feeds: bank_lines: accounts: [DE02]"; other.Err == nil || other.Err.Error() != want {
		t.Errorf("another account: %v", other.Err)
	}
}

// The published samples. One has a closing balance that doesn't follow from its
// entries; one an entry behind its end.
func TestMT940Samples(t *testing.T) {
	folder := filepath.Join(feedtest.SamplesFolder(t), "mt940", "wolph-mt940")
	all := func(o *feed.Options) { o.MaxRejectShare = 1_000_000_000 }
	polish := readBankPath(t, filepath.Join(folder, "mt940.sta"), nil)
	sum := int64(0) // 0.43 - 0.40
	for _, r := range polish.Rows {
		sum += r.Amount
	}
	if polish.Err != nil || len(polish.Rows) != 3 || pipeline.Amount(sum).String() != "0.03" || polish.Rows[2].Currency != "PLN" ||
		!strings.HasPrefix(polish.Rows[2].Reference, "911 TRANSAKCJA COLLECT; ID IPH: XX000000000003;") {
		t.Errorf("mt940.sta: %v %q", polish.Err, bankTexts(polish.Rows))
	}
	lines := readBankPath(t, filepath.Join(folder, "multiline.sta"), all)
	if lines.Err != nil || len(lines.Rows) != 1 || len(lines.Rejects) != 1 || pipeline.Amount(lines.Rows[0].Amount).String() != "-5" || // 11.40 - 16.40
		time.UnixMicro(lines.Rows[0].BookedAt).UTC().Format(time.DateOnly) != "2004-08-04" || lines.Rows[0].Counterparty != "NOM DU DO / BENEFICIAIRE 11 NOM DU DO / BENEFICIAIRE 22" {
		t.Errorf("multiline.sta: %v %q", lines.Err, bankTexts(lines.Rows))
	}
	if want := `multiline.sta:38  unknown_value ":61:2212191220C119,NMSC341241773/1XXXXX//O/341241774": expected entries inside a statement, before its closing balance (:62F:)`; feedtest.Texts(lines.Rejects)[0] != want {
		t.Errorf("multiline.sta: %q", feedtest.Texts(lines.Rejects))
	}
	swiss := readBankPath(t, filepath.Join(folder, "postfinance.sta"), nil)
	if want := `read postfinance.sta:27: statement 999/2 of account 123456789 doesn't add up: opening 229.2 + 2 entries -69.8 = 159.4, but closing 159.6, difference 0.2; fetch the statement again; if the bank sends it so, ask the bank`; swiss.Err == nil || swiss.Err.Error() != want {
		t.Errorf("postfinance.sta: %v", swiss.Err)
	}
}

func FuzzMT940(f *testing.F) {
	feedtest.AddSamples(f, "mt940/*/*.sta")
	f.Add([]byte(mt940Text))
	f.Add([]byte(":20:a\n:25:b\n:60F:C261001EUR0,\n:61:261001C1,NTRFx\n:62F:C261001EUR1,\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.BankLine](t, "bank_lines.sta", content)
		feedtest.CheckIdentity[pipeline.BankLine](t, "bank_lines.sta", append([]byte(":20:a\n:25:b\n:60F:C261001EUR0,\n"), content...))
	})
}
