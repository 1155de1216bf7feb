package bank_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// bai2Text is two groups: accounts in dollars, in yen and in dinars, with
// continuations inside fields and inside a text.
const bai2Text = "01,BANKUS33,ACME,261106,0600,17,80,,2/\r\n" +
	"02,ACME,BANKUS33,1,261105,2400,USD,2/   \r\n" +
	"03,0012345678,,010,+100000,,,015,250050,,/\r\n" +
	"88,040,250050,,,100,200150,3,S,1,2,3,400,50100,2,,/\r\n" +
	"16,142,150000,Z,20261105001,ST-A1B2C3,ACME PAY  TRANSFER, ORIG CO NAME:ACME PAY INC   ORIG ID:123/\r\n" +
	"16,195,50000,V,261105,,0000000,TR-9/\r\n" +
	"88,EREF: PO-2026-11-7 /\r\n" +
	"88,DBNM: ACME EUROPE/\r\n" +
	"16,475,50000,D,2,0,20000,1,30000,CHK/77,,CHECK PAID / 12, AND MORE\r\n" +
	"16,399,150,S,100,50/\r\n88,0,REF4/\r\n88,,INTEREST/\r\n" +
	"16,698,100,,,,/\r\n" +
	"16,890,,,,,NEW TERMS/\r\n" +
	"49,1100600,13/\r\n" +
	"98,1100600,1,15/\r\n" +
	"02,ACME,BANKUS33,1,261105,2400,JPY,2/\r\n" +
	"03,99-1,,010,-5000,,,015,7000,,/\r\n" +
	"16,165,12000,1,J1,,PAYOUT/\r\n" +
	"49,14000,3/\r\n" +
	"03,99-2,BHD,010,0,,,015,-1234,,/\r\n" +
	"16,661,1234,0,B1,,/\r\n" +
	"49,0,3/\r\n" +
	"98,14000,2,8/\r\n" +
	"99,1114600,2,25/\r\n"

func TestBAI2(t *testing.T) {
	out := readBank(t, "prior-day.txt", []byte(bai2Text), nil)
	want := []string{
		`5 0012345678 2026-11-05 1500 USD "ST-A1B2C3 ACME PAY TRANSFER, ORIG CO NAME:ACME PAY INC ORIG ID:123" "ACME PAY INC"`,
		`6 0012345678 2026-11-05 500 USD "PO-2026-11-7" "ACME EUROPE"`,
		`9 0012345678 2026-11-05 -500 USD "CHECK PAID / 12, AND MORE" ""`,
		`10 0012345678 2026-11-05 1.5 USD "INTEREST" ""`,
		`13 0012345678 2026-11-05 -1 USD "" ""`,
		`19 99-1 2026-11-05 12000 JPY "PAYOUT" ""`,
		`22 99-2 2026-11-05 -1.234 BHD "B1" ""`,
	}
	if out.Err != nil || !slices.Equal(bankTexts(out.Rows), want) || len(out.Rejects) != 0 || out.Report.Format.Name != "bai2" || out.Report.Format.Feed != "bank_lines" {
		t.Errorf("%v %s %q\n got %q\nwant %q", out.Err, out.Report.Format, feedtest.Texts(out.Rejects), bankTexts(out.Rows), want)
	}
	if notes := []string{"left out: 1 entries that move no money (type code 890)"}; !slices.Equal(out.Report.Notes, notes) {
		t.Errorf("notes %q", out.Report.Notes)
	}
	// The same statement fetched again, on another day, in a file of its own, gives
	// the same ids; no two lines share one.
	again := readBank(t, "again.bai", []byte(strings.NewReplacer("\r\n", "\n", "261106,0600,17", "261107,0700,18").Replace(bai2Text)), nil)
	ids := bankIDs(out.Rows)
	if again.Err != nil || !slices.Equal(ids, bankIDs(again.Rows)) {
		t.Errorf("other ids: %v %q", again.Err, bankIDs(again.Rows))
	}
	alone := "01,BANKUS33,ACME,261107,0600,9,,,2/\n" + strings.ReplaceAll(bai2Text[strings.Index(bai2Text, "02,ACME,BANKUS33,1,261105,2400,JPY"):strings.Index(bai2Text, "99,1114600")], "\r\n", "\n") + "99,14000,1,10/\n"
	if one := readBank(t, "one.bai", []byte(alone), nil); one.Err != nil || !slices.Equal(bankIDs(one.Rows), ids[5:]) {
		t.Errorf("a group alone: %v %q", one.Err, bankIDs(one.Rows))
	}
	if both := readBank(t, "both.bai", []byte(bai2Text+bai2Text), nil); both.Err != nil || len(both.Rows) != 14 {
		t.Errorf("two files in one: %v %d", both.Err, len(both.Rows))
	}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 7 {
		t.Errorf("ids %q", ids)
	}
}

// A report of a day that isn't over and the day's own give a movement one id, by
// the bank's reference; without one it can't be taken before the day is over.
func TestBAI2Interim(t *testing.T) {
	interim := "01,BANKUS33,ACME,261105,1200,17,,,2/\n02,ACME,BANKUS33,1,261105,1200,USD,3/\n03,0012345678,,,,,/\n" +
		"16,142,150000,Z,20261105001,ST-A1B2C3,ACME PAY  TRANSFER, ORIG CO NAME:ACME PAY INC   ORIG ID:123/\n16,399,5,,,,INTEREST/\n49,150005,4/\n98,150005,1,6/\n99,150005,1,8/"
	out := readBank(t, "intraday.txt", []byte(interim), nil)
	day := readBank(t, "prior-day.txt", []byte(bai2Text), nil)
	rejected := []string{`intraday.txt:5 line_id missing "": expected the bank's reference, without which an entry of a day that isn't over can't be told from the day's own report`}
	if out.Err != nil || len(out.Rows) != 1 || out.Rows[0].LineID != day.Rows[0].LineID || bankLineText(out.Rows[0])[1:] != bankLineText(day.Rows[0])[1:] || !slices.Equal(feedtest.Texts(out.Rejects), rejected) {
		t.Errorf("%v %q %q", out.Err, bankTexts(out.Rows), feedtest.Texts(out.Rejects))
	}
	if want := []string{"1 accounts without an opening and a closing ledger balance (010, 015): their control totals alone prove them whole"}; !slices.Equal(out.Report.Notes, want) {
		t.Errorf("notes %q", out.Report.Notes)
	}
}

// Two groups of a day that follow from each other are other bookings, though the
// bank gives them one reference; without references they are told apart too.
func TestBAI2OneReference(t *testing.T) {
	group := func(opening, closing int, entries ...string) string {
		control := opening + closing + 5*len(entries)
		return fmt.Sprintf("02,C,B,1,261105,,EUR,2/\n03,7,,010,%d,,,015,%d,,/\n%s\n49,%d,%d/\n98,%d,1,%d/\n", opening, closing, strings.Join(entries, "\n"), control, len(entries)+2, control, len(entries)+4)
	}
	for name, fee := range map[string]string{"one reference": "16,698,5,,F1,,FEE/", "none": "16,698,5,,,,FEE/"} {
		text := "01,B,C,261106,,1,,,2/\n" + group(100, 90, fee, fee) + group(90, 85, fee) + "99,,2/"
		out := readBank(t, "b.txt", []byte(text), nil)
		ids := bankIDs(out.Rows)
		slices.Sort(ids)
		if out.Err != nil || len(slices.Compact(ids)) != 3 {
			t.Errorf("%s: %v %q", name, out.Err, ids)
		}
	}
}

func TestBAI2Refused(t *testing.T) {
	change := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(bai2Text, pairs[i]) {
				t.Fatalf("no %q to change", pairs[i])
			}
		}
		return strings.NewReplacer(pairs...).Replace(bai2Text)
	}
	again := "; fetch the file again"
	for name, c := range map[string]struct{ text, want string }{
		"an amount":          {change("16,142,150000", "16,142,150001"), `:3: the own total of account 0012345678 (100) doesn't match its entries: expected 2001.5 in 3 items, found 2001.51 in 3` + again + `; if the bank sends only totals, ask it for the details (16)`},
		"the items":          {change("400,50100,2,", "400,50100,3,"), `:3: the own total of account 0012345678 (400) doesn't match its entries: expected 501 in 3 items, found 501 in 2` + again + `; if the bank sends only totals, ask it for the details (16)`},
		"a balance":          {change("015,7000", "015,7001"), `:18: statement 2026-11-05 of account 99-1 doesn't add up: opening -5000 + 1 entries 12000 = 7000, but closing 7001, difference 1; fetch the statement again; if the bank sends it so, ask the bank`},
		"a direction":        {change("16,165,12000", "16,465,12000"), `:18: statement 2026-11-05 of account 99-1 doesn't add up: opening -5000 + 1 entries -12000 = -17000, but closing 7000, difference 24000; fetch the statement again; if the bank sends it so, ask the bank`},
		"account's control":  {change("49,14000", "49,14001"), `:20: the control total of the account doesn't match its amounts: expected 14001, added up 14000, difference -1` + again},
		"account's records":  {change("49,14000,3", "49,14000,4"), `:20: the account's own number of records is 4, found 3` + again},
		"group's control":    {change("98,14000", "98,14001"), `:24: the control total of the group doesn't match its amounts: expected 14001, added up 14000, difference -1` + again},
		"group's accounts":   {change("98,14000,2", "98,14000,3"), `:24: the group's own number of accounts is 3, found 2` + again},
		"group's records":    {change("98,14000,2,8", "98,14000,2,9"), `:24: the group's own number of records is 9, found 8` + again},
		"file's control":     {change("99,1114600", "99,1"), `:25: the control total of the file doesn't match its amounts: expected 1, added up 1114600, difference 1114599` + again},
		"file's groups":      {change("99,1114600,2", "99,1114600,1"), `:25: the file's own number of groups is 1, found 2` + again},
		"file's records":     {change("99,1114600,2,25", "99,1114600,2,24"), `:25: the file's own number of records is 24, found 25` + again},
		"cut":                {bai2Text[:strings.Index(bai2Text, "99,1114600")], `:24: the file ends without its trailer (99): a part of it is missing` + again},
		"no account trailer": {change("49,14000,3/\r\n", ""), `:20: a record 03 where none can be: one before it is missing` + again},
		"no group trailer":   {change("98,1100600,1,15/\r\n", ""), `:16: a record 02 where none can be: one before it is missing` + again},
		"no account":         {change("03,99-1,,010,-5000,,,015,7000,,/\r\n", ""), `:18: a record 16 where none can be: one before it is missing` + again},
		"deleted":            {change("BANKUS33,1,261105,2400,JPY", "BANKUS33,2,261105,2400,JPY"), `:17: a group that deletes what was sent before (group status 2); ask the bank what it means; carat takes groups of status 1 and 3`},
		"no day":             {change("261105,2400,JPY", "05.11.26,2400,JPY"), `:17: a group whose as-of date is "05.11.26", not YYMMDD`},
		"a currency":         {change("99-2,BHD", "99-2,XYZ"), `:21: an account in "XYZ", which is no ISO 4217 currency`},
		"a point":            {change("16,165,12000", "16,165,120.00"), `:19: the amount of an entry (16) is "120.00", not a whole number of at most 18 digits`},
		"a sign":             {change("16,165,12000", "16,165,-12000"), `:19: the amount of an entry (16) is "-12000", not a whole number of at most 18 digits`},
		"no amount":          {change("16,165,12000", "16,165,"), `:19: the amount of an entry (16) is "", not a whole number of at most 18 digits`},
		"a type code":        {change("16,165,12000", "16,ACH,12000"), `:19: an entry (16) with the type code "ACH", which is not of three digits`},
		"a shifted balance":  {change(",010,-5000,,,015", ",010,-5000,,015"), `:18: an account (03) with "7000" where a type code of three digits should be`},
		"on one line":        {change("49,14000,3/\r\n03", "49,14000,3/ 03"), `:20: several records on one line; ask the bank for a file with a record on each line`},
		"a strange line":     {change("49,14000,3/", "50,14000,3/"), `:20: a line that begins with none of BAI2's records (01, 02, 03, 16, 49, 88, 98, 99): "50,14000,3/"` + again},
		"no number":          {change("03,99-1,", "03,,"), `:18: an account (03) without its number`},
	} {
		out := readBank(t, "b.txt", []byte(c.text), nil)
		if out.Err == nil || out.Err.Error() != "read b.txt"+c.want || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("%s:\n got %v\nwant read b.txt%s", name, out.Err, c.want)
		}
	}
	other := readBank(t, "b.txt", []byte(bai2Text), func(o *feed.Options) { o.Accounts = []string{"0012345678"} })
	if want := "read b.txt:18: account 99-1 is none of ours; carat.yaml names them: feeds: bank_lines: accounts: [0012345678]"; other.Err == nil || other.Err.Error() != want {
		t.Errorf("another account: %v", other.Err)
	}
}

// Any movements, written with their totals, come back with their amounts; one
// that is changed, lost or doubled refuses the file.
func TestBAI2AddsUp(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		opening := rapid.Int64Range(-1e12, 1e12).Draw(rt, "opening")
		amounts := rapid.SliceOfN(rapid.Int64Range(-1e12, 1e12), 1, 12).Draw(rt, "amounts")
		text := func(lost, times int) string {
			closing, control := opening, new(big.Int)
			var details []string
			for i, a := range amounts {
				closing += a
				code, size := "195", a
				if a < 0 {
					code, size = "495", -a
				}
				control.Add(control, big.NewInt(size))
				n := 1
				if i == lost {
					n = times
				}
				for range n {
					details = append(details, fmt.Sprintf("16,%s,%d,,R%d,,X/", code, size, i))
				}
			}
			control.Add(control, big.NewInt(opening+closing))
			all := append([]string{"01,B,C,261106,,1,,,2/", "02,C,B,1,261105,,EUR,/", fmt.Sprintf("03,7,,010,%d,,,015,%d,,/", opening, closing)}, details...)
			return strings.Join(append(all, fmt.Sprintf("49,%d,%d/", control, len(amounts)+2), fmt.Sprintf("98,%d,1,%d/", control, len(amounts)+4), fmt.Sprintf("99,%d,1,%d/", control, len(amounts)+6)), "\n")
		}
		out := readBank(t, "b.txt", []byte(text(-1, 0)), nil)
		if out.Err != nil || len(out.Rows) != len(amounts) {
			rt.Fatal(out.Err)
		}
		for i, r := range out.Rows {
			if r.Amount != amounts[i]*10_000 {
				rt.Fatalf("%d became %d", amounts[i], r.Amount)
			}
		}
		bad := text(rapid.IntRange(0, len(amounts)-1).Draw(rt, "which"), rapid.SampledFrom([]int{0, 2}).Draw(rt, "times"))
		if out := readBank(t, "b.txt", []byte(bad), nil); out.Err == nil {
			rt.Fatalf("taken:\n%s", bad)
		}
	})
}

func FuzzBAI2(f *testing.F) {
	f.Add([]byte(bai2Text))
	f.Add([]byte("01,B,C,261106,,1,,,2/\n02,C,B,1,261105,,,/\n03,7,,/\n88,010,5,,,015,6,,/\n16,100,1,D,1,\n88,0,1,R/\n88,,text/\n49,12,6/\n98,12,1,8/\n99,12,1,10/"))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.BankLine](t, "bank_lines.txt", content)
		feedtest.CheckIdentity[pipeline.BankLine](t, "bank_lines.txt", append([]byte("01,B,C,261106,,1,,,2/\n02,C,B,1,261105,,,/\n03,7,,010,5,,,/\n"), content...))
	})
}
