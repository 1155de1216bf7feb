package feed_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

// bankLayout reads account "a" in euros; change says the rest.
func bankLayout(change func(*feed.Layout)) feed.Layout {
	l := feed.Layout{Separator: ';', TimeFormats: []string{"DD/MM/YYYY"}, ContentID: true,
		Columns: map[string]string{"booked_at": "Date", "amount": "Amount", "reference": "Ref"}, Constants: map[string]string{"account": "a", "currency": "EUR"}}
	change(&l)
	return l
}

// bankTexts reads a file of bank lines and says what its rows are.
func bankTexts(t *testing.T, name, text string, layouts ...feed.Layout) (feedtest.Outcome[pipeline.BankLine], []string) {
	t.Helper()
	out := feedtest.Read[pipeline.BankLine](t, name, []byte(text), func(o *feed.Options) { o.Layouts = layouts })
	var got []string
	for _, r := range out.Rows {
		got = append(got, strings.TrimRight(fmt.Sprintf("%d %s %s %s %s", r.SourceLine, time.UnixMicro(r.BookedAt).UTC().Format(time.RFC3339Nano), pipeline.Amount(r.Amount), r.Currency, r.Reference), " "))
	}
	return out, append(got, feedtest.Texts(out.Rejects)...)
}

func checkBank(t *testing.T, what string, got []string, err error, want ...string) {
	t.Helper()
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%s: %v\n%s\nwant\n%s", what, err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Two columns for the two directions, and a column for the sign.
func TestLayoutDirections(t *testing.T) {
	pair := bankLayout(func(l *feed.Layout) {
		delete(l.Columns, "amount")
		l.Pairs = map[string]feed.LayoutPair{"amount": {Credit: "Credit", Debit: "Debit"}}
	})
	const head = "Date;Ref;Debit;Credit\n"
	out, got := bankTexts(t, "bank_lines.csv", head+"05/10/2026;in;;12.50\n06/10/2026;out;7.25;\n07/10/2026;in;0.00;3\n08/10/2026;out;4;0.00\n09/10/2026;nothing;0;\n"+
		"10/10/2026;none;;\n11/10/2026;both;1;2\n12/10/2026;minus;-3;\n", pair)
	checkBank(t, "debit and credit", got, out.Err,
		"2 2026-10-05T00:00:00Z 12.5 EUR in", "3 2026-10-06T00:00:00Z -7.25 EUR out", "4 2026-10-07T00:00:00Z 3 EUR in", "5 2026-10-08T00:00:00Z -4 EUR out", "6 2026-10-09T00:00:00Z 0 EUR nothing",
		`bank_lines.csv:7 amount missing "": expected an amount in Credit or in Debit`,
		`bank_lines.csv:8 amount not_balanced "2 1": expected an amount in one of Credit and Debit, not in both`,
		`bank_lines.csv:9 amount negative "-3": expected an amount without a minus in Debit, or debit_negative: true in the layout`)
	pair.Pairs["amount"] = feed.LayoutPair{Credit: "Credit", Debit: "Debit", DebitNegative: true}
	out, got = bankTexts(t, "bank_lines.csv", head+"05/10/2026;out;-7.25;\n06/10/2026;in;7.25;\n", pair)
	checkBank(t, "debits with a minus", got, out.Err, "2 2026-10-05T00:00:00Z -7.25 EUR out", `bank_lines.csv:3 amount negative "7.25": expected an amount with a minus in Debit, as debit_negative says`)

	sign := bankLayout(func(l *feed.Layout) {
		l.DecimalComma = true
		l.Signs = map[string]feed.LayoutSign{"amount": {Column: "In/Out", Negative: []string{"Out"}, Positive: []string{"In"}}}
	})
	const words = "Date;Ref;In/Out;Amount\n05/10/2026;a;In;12,50\n06/10/2026;b;OUT;7,25\n07/10/2026;c;Storno;1\n08/10/2026;d;Out;-1\n09/10/2026;e;;1\n"
	out, got = bankTexts(t, "bank_lines.csv", words, sign)
	checkBank(t, "a sign column", got, out.Err, "2 2026-10-05T00:00:00Z 12.5 EUR a", "3 2026-10-06T00:00:00Z -7.25 EUR b",
		`bank_lines.csv:4 amount unknown_value "Storno": expected in In/Out one of Out, In`,
		`bank_lines.csv:5 amount negative "-1": expected a number without a sign: In/Out has it`,
		`bank_lines.csv:6 amount unknown_value "": expected in In/Out one of Out, In`)
}

// How numbers are written, each by what the layout says.
func TestLayoutSpellings(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		spelling         feed.LayoutSpelling
	}{
		{"a currency's sign", "$1,250.00", "1250", feed.LayoutSpelling{CurrencySign: []string{"$"}, Thousands: ","}},
		{"sign and brackets", "$(50.00)", "-50", feed.LayoutSpelling{CurrencySign: []string{"$"}, BracketsNegative: true}},
		{"brackets and sign", "($50.00)", "-50", feed.LayoutSpelling{CurrencySign: []string{"$"}, BracketsNegative: true}},
		{"minus and sign", "-$50.00", "-50", feed.LayoutSpelling{CurrencySign: []string{"$"}}},
		{"brackets and minus", "(-50.00)", "", feed.LayoutSpelling{BracketsNegative: true}},
		{"brackets unsaid", "(50.00)", "", feed.LayoutSpelling{}},
		{"another sign", "£50.00", "", feed.LayoutSpelling{CurrencySign: []string{"$"}}},
		{"a no-break blank and a sign", " -110,7\u00a0€", "-110.7", feed.LayoutSpelling{CurrencySign: []string{"€"}, DecimalComma: true}},
		{"a narrow blank groups", "1\u202f234,56", "1234.56", feed.LayoutSpelling{DecimalComma: true, Thousands: " "}},
		{"a thin blank groups", "1\u2009234,56", "1234.56", feed.LayoutSpelling{DecimalComma: true, Thousands: " "}},
		{"a blank groups unsaid", "1 234,56", "", feed.LayoutSpelling{DecimalComma: true}},
		{"an apostrophe", "1’234.56", "1234.56", feed.LayoutSpelling{Thousands: "'"}},
		{"U+2212", "\u2212110.70", "-110.7", feed.LayoutSpelling{}},
		{"a mark of direction", "\u200e-5.00", "-5", feed.LayoutSpelling{}},
		{"plus", "+20.00", "20", feed.LayoutSpelling{}},
		{"trailing minus", "50.00-", "-50", feed.LayoutSpelling{TrailingSign: true}},
		{"trailing plus", "96.80 +", "96.8", feed.LayoutSpelling{TrailingSign: true}},
		{"trailing minus unsaid", "50.00-", "", feed.LayoutSpelling{}},
		{"two signs", "-50.00-", "", feed.LayoutSpelling{TrailingSign: true}},
		{"DR", "50.00 DR", "-50", feed.LayoutSpelling{NegativeMarks: []string{"DR"}, PositiveMarks: []string{"CR"}}},
		{"cr", "50.00cr", "50", feed.LayoutSpelling{NegativeMarks: []string{"DR"}, PositiveMarks: []string{"CR"}}},
		{"a bare number beside marks", "50.00", "", feed.LayoutSpelling{NegativeMarks: []string{"DR"}, PositiveMarks: []string{"CR"}}},
		{"nought beside marks", "0.00", "0", feed.LayoutSpelling{NegativeMarks: []string{"DR"}, PositiveMarks: []string{"CR"}}},
		{"a bare number beside one mark", "50.00", "50", feed.LayoutSpelling{NegativeMarks: []string{"DR"}}},
		{"a minus beside marks", "-50.00", "-50", feed.LayoutSpelling{NegativeMarks: []string{"DR"}, PositiveMarks: []string{"CR"}}},
		{"lakhs", "1,00,000.00", "100000", feed.LayoutSpelling{Thousands: ","}},
		{"crores", "-12,34,56,789.5", "-123456789.5", feed.LayoutSpelling{Thousands: ","}},
		{"lakhs that are none", "1,000,00.00", "", feed.LayoutSpelling{Thousands: ","}},
		{"no cents", "5.-", "5", feed.LayoutSpelling{}},
		{"no cents, two dashes", "1'234.--", "1234", feed.LayoutSpelling{Thousands: "'"}},
		{"no cents behind a comma", "-5,\u2013 €", "-5", feed.LayoutSpelling{DecimalComma: true, CurrencySign: []string{"€"}}},
		{"no cents, and a sign may stand behind", "5.-", "", feed.LayoutSpelling{TrailingSign: true}},
		{"no whole part", ".5", "0.5", feed.LayoutSpelling{}},
		{"an exponent", "1e3", "", feed.LayoutSpelling{}},
		{"a wrong group", "12,34.5", "", feed.LayoutSpelling{Thousands: ","}},
	} {
		out, got := bankTexts(t, "bank_lines.csv", "Date;Ref;Amount\n05/10/2026;r;"+c.text+"\n", bankLayout(func(l *feed.Layout) { l.Spelling = c.spelling }))
		switch {
		case out.Err != nil || len(got) != 1:
			t.Errorf("%s: %v %q", c.name, out.Err, got)
		case c.want == "" && (len(out.Rejects) != 1 || out.Rejects[0].Code != "not_a_number"):
			t.Errorf("%s: %q is read as %s", c.name, c.text, got[0])
		case c.want != "" && got[0] != "2 2026-10-05T00:00:00Z "+c.want+" EUR r":
			t.Errorf("%s: %q, want %s", c.name, got[0], c.want)
		}
	}
}

// Equal rows are as many rows as there are; the ids are those of the same rows in
// a file that is called, ordered or spelled otherwise.
func TestLayoutContentIDs(t *testing.T) {
	layout := bankLayout(func(l *feed.Layout) { l.DecimalComma = true })
	first, got := bankTexts(t, "bank_lines.csv", "Date;Ref;Amount\n06/10/2026;fee;-1,50\n06/10/2026;fee;-1,50\n07/10/2026;in;20,00\n", layout)
	checkBank(t, "equal rows", got, first.Err, "2 2026-10-06T00:00:00Z -1.5 EUR fee", "3 2026-10-06T00:00:00Z -1.5 EUR fee", "4 2026-10-07T00:00:00Z 20 EUR in")
	other := bankLayout(func(l *feed.Layout) {
		l.Separator, l.TimeFormats, l.Constants = ',', []string{"YYYY-MM-DD"}, map[string]string{"currency": "EUR"}
		l.Columns = map[string]string{"booked_at": "Day", "amount": "Sum", "reference": "Text", "account": "Account"}
	})
	second, _ := bankTexts(t, "bank_lines-2.csv", "Account,New,Sum,Text,Day\na,x,20,in,2026-10-07\na,x,-1.5,fee,2026-10-06\na,y,-1.500,fee,2026-10-06\n", other)
	ids := func(out feedtest.Outcome[pipeline.BankLine]) (ids []string) {
		for _, r := range out.Rows {
			ids = append(ids, r.LineID)
		}
		slices.Sort(ids)
		return ids
	}
	if a, b := ids(first), ids(second); len(slices.Compact(slices.Clone(a))) != 3 || !slices.Equal(a, b) {
		t.Errorf("ids %q and %q", a, b)
	}
}

// Times: counted from 1970, in two columns, in several formats, in a zone of the
// layout's own; a text that two formats read as two days is none.
func TestLayoutTimes(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		change           func(*feed.Layout)
	}{
		{"seconds", "1790770530;", "2026-09-30T12:15:30Z", func(l *feed.Layout) { l.TimeFormats = []string{"epoch_seconds"} }},
		{"a fraction of a second", "1790770530.25;", "2026-09-30T12:15:30.25Z", func(l *feed.Layout) { l.TimeFormats = []string{"epoch_seconds"} }},
		{"milliseconds", "1790770530250;", "2026-09-30T12:15:30.25Z", func(l *feed.Layout) { l.TimeFormats = []string{"epoch_milliseconds"} }},
		{"microseconds", "1790770530250001;", "2026-09-30T12:15:30.250001Z", func(l *feed.Layout) { l.TimeFormats = []string{"epoch_microseconds"} }},
		{"seconds taken for milliseconds", "1790770530;", "out_of_range", func(l *feed.Layout) { l.TimeFormats = []string{"epoch_milliseconds"} }},
		{"two columns", "05.10.2026;14:30", "2026-10-05T14:30:00Z", func(l *feed.Layout) {
			delete(l.Columns, "booked_at")
			l.TimeFormats, l.Joined = []string{"DD.MM.YYYY HH:mm"}, map[string][]string{"booked_at": {"Date", "Time"}}
		}},
		{"the second of two formats", "2026-10-05;", "2026-10-05T00:00:00Z", func(l *feed.Layout) { l.TimeFormats = []string{"DD/MM/YYYY", "YYYY-MM-DD"} }},
		{"two days", "05/10/2026;", "bad_time", func(l *feed.Layout) { l.TimeFormats = []string{"DD/MM/YYYY", "MM/DD/YYYY"} }},
		{"one day of two formats", "25/10/2026;", "2026-10-25T00:00:00Z", func(l *feed.Layout) { l.TimeFormats = []string{"DD/MM/YYYY", "MM/DD/YYYY"} }},
		{"a zone", "05/10/2026 14:30;", "2026-10-05T12:30:00Z", func(l *feed.Layout) {
			l.TimeFormats, l.TimeZone = []string{"DD/MM/YYYY HH:mm"}, "Europe/Berlin"
		}},
		{"a zone that is named", "05/10/2026 14:30 CEST;", "2026-10-05T12:30:00Z", func(l *feed.Layout) { l.TimeFormats = []string{"DD/MM/YYYY HH:mm Z"} }},
		{"hours from Greenwich", "05/10/2026 14:30 GMT+2;", "2026-10-05T12:30:00Z", func(l *feed.Layout) { l.TimeFormats = []string{"DD/MM/YYYY HH:mm Z"} }},
		{"an offset without a colon", "05/10/2026 14:30:01.5+0230;", "2026-10-05T12:00:01.5Z", func(l *feed.Layout) { l.TimeFormats = []string{"DD/MM/YYYY HH:mm:ssZ"} }},
		{"UTC to the minute", "2026-10-05T12:00Z;", "2026-10-05T12:00:00Z", func(l *feed.Layout) { l.TimeFormats = []string{"YYYY-MM-DDTHH:mmZ"} }},
		{"behind p.m.", "10/5/2026 2:30 PM PST;", "2026-10-05T22:30:00Z", func(l *feed.Layout) { l.TimeFormats = []string{"M/D/YYYY h:mm AM Z"} }},
		{"a zone that nobody knows", "05/10/2026 14:30 XYZ;", "bad_time", func(l *feed.Layout) { l.TimeFormats = []string{"DD/MM/YYYY HH:mm Z"} }},
		{"no zone where one belongs", "05/10/2026 14:30;", "bad_time", func(l *feed.Layout) { l.TimeFormats = []string{"DD/MM/YYYY HH:mm Z"} }},
		{"an hour that spring skips", "29/03/2026 02:30;", "expected a time that clocks of Europe/Berlin showed: they went forward over this one; say in carat.yaml which time_zone it is, or have the file written in UTC", func(l *feed.Layout) {
			l.TimeFormats, l.TimeZone = []string{"DD/MM/YYYY HH:mm"}, "Europe/Berlin"
		}},
		{"p.m. behind a narrow blank", "10/5/2026, 2:30\u202fp.m.;", "2026-10-05T14:30:00Z", func(l *feed.Layout) { l.TimeFormats = []string{"M/D/YYYY, h:mm AM"} }},
	} {
		layout := bankLayout(c.change)
		layout.Columns["amount"] = "Amount"
		out, got := bankTexts(t, "bank_lines.csv", "Ref;Amount;Date;Time\nr;1;"+c.text+"\n", layout)
		if out.Err != nil || len(got) != 1 || !strings.Contains(got[0], c.want) {
			t.Errorf("%s: %v %q, want %s", c.name, out.Err, got, c.want)
		}
	}
	berlin := bankLayout(func(l *feed.Layout) { l.TimeFormats, l.TimeZone = []string{"DD/MM/YYYY HH:mm"}, "Europe/Berlin" })
	out, _ := bankTexts(t, "bank_lines.csv", "Date;Ref;Amount\n25/10/2026 02:30;a;1\n25/10/2026 03:30;a;1\n25/10/2026 02:59;a;1\n", berlin)
	if want := "2 times, the first 2026-10-25T02:30:00, come twice in Europe/Berlin, when clocks go back: the earlier is meant"; len(out.Report.Notes) != 1 || !strings.HasPrefix(out.Report.Notes[0], want) {
		t.Errorf("%q", out.Report.Notes)
	}
}

// Amounts in the smallest unit, whole numbers with zeros behind a point, turned
// signs, kinds by sign.
func TestLayoutAmounts(t *testing.T) {
	layout := feed.Layout{Columns: map[string]string{"purchase_id": "id", "original_purchase_id": "of", "viewer_id": "user", "coins": "coins", "gross_amount": "paid", "store_fee_amount": "fee", "currency": "cur", "purchased_at": "at"},
		TimeFormats: []string{"epoch_milliseconds"}, Constants: map[string]string{"channel": "web", "sku": "any"}, Scale: map[string]int{"gross_amount": feed.LayoutMinorUnits, "store_fee_amount": 2},
		Negated: []string{"store_fee_amount"}, Absolute: []string{"coins", "gross_amount", "store_fee_amount"}, KindBySign: &feed.LayoutBySign{Of: "gross_amount", Positive: "purchase", Negative: "refund"}}
	const text = "id,of,user,coins,paid,fee,cur,at\np1,,v,100.0,1999,-60,USD,1790770530250\np2,,v,100,1999,-60.5,JPY,1790770530250\np3,p1,v,-100,-1999,60,USD,1790770530250\n" +
		"p4,,v,100.5,1,0,USD,1790770530250\np5,,v,1,0,0,USD,1790770530250\np6,,v,1,5,0,XYZ,1790770530250\np7,,v,1,12345,0,KWD,1790770530250\np8,,v,1,12.50,0,USD,1790770530250\n"
	read := func(text string, l feed.Layout) (feedtest.Outcome[pipeline.CoinPurchase], []string) {
		out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(text), func(o *feed.Options) { o.Layouts = []feed.Layout{l} })
		var got []string
		for _, r := range out.Rows {
			got = append(got, fmt.Sprintf("%s %s %d %s %s %s", r.PurchaseID, r.Kind, r.Coins, pipeline.Amount(r.GrossAmount), r.Currency, pipeline.Amount(*r.StoreFeeAmount)))
		}
		return out, append(got, feedtest.Texts(out.Rejects)...)
	}
	out, got := read(text, layout)
	checkBank(t, "amounts", got, out.Err, "p1 purchase 100 19.99 USD 0.6", "p2 purchase 100 1999 JPY 0.605", "p3 refund 100 19.99 USD 0.6", "p7 purchase 1 12.345 KWD 0",
		`coin_purchases.csv:5 coins not_a_number "100.5": expected a whole number, at least 1`,
		`coin_purchases.csv:6 gross_amount out_of_range "0.00": expected a number above or below zero, by which the layout tells the kind`,
		`coin_purchases.csv:7 gross_amount bad_currency "XYZ": expected a currency, whose smallest unit the layout counts`,
		`coin_purchases.csv:9 gross_amount too_precise "12.50": expected a whole number of the currency's smallest unit, as the layout's scale says`)

	// A dropped sign that nothing else tells would count a refund as a purchase.
	layout.KindBySign, layout.Constants = nil, map[string]string{"channel": "web", "sku": "any", "kind": "purchase"}
	out, _ = read("id,of,user,coins,paid,fee,cur,at\np1,,v,1,1,0,USD,1790770530250\np2,,v,-1,-1,0,USD,1790770530250\n", layout)
	if want := "read coin_purchases.csv:3: coins of rows of kind purchase is above zero at line 2 and below zero at line 3, and the layout says absolute: the two would count alike; " +
		"say in the layout what the sign means, such as kind_by_sign: {of: coins, positive: …, negative: …}, or take coins out of absolute"; out.Err == nil || out.Err.Error() != want {
		t.Errorf("%v", out.Err)
	}
}

// What a condition leaves out is read, counted and summed.
func TestLayoutLeavesOut(t *testing.T) {
	layout := bankLayout(func(l *feed.Layout) {
		l.LeaveOut = []feed.LayoutCondition{
			{Reason: "not booked", All: []feed.LayoutTest{{Column: "State", Is: []string{"pending", "HELD"}}, {Column: "Ref", IsNot: []string{"keep"}}}},
			{All: []feed.LayoutTest{{Column: "Date", Begins: []string{"total"}}}},
			{All: []feed.LayoutTest{{Column: "Amount", Empty: true}}},
		}
	})
	out, got := bankTexts(t, "bank_lines.csv", "Date;Ref;Amount;State\n05/10/2026;a;1.50;Booked\n05/10/2026;b;2.25;Pending\n05/10/2026;c;x;Held\n05/10/2026;keep;4;Held\n05/10/2026;d;;Booked\nTotal;7.75\n;;;\n;;;;;\n", layout)
	checkBank(t, "left out", got, out.Err, "2 2026-10-05T00:00:00Z 1.5 EUR a", "5 2026-10-05T00:00:00Z 4 EUR keep")
	if want := `[{"condition":"not booked: State is \"pending\" or \"HELD\" and Ref is not \"keep\"","rows":2,"sums":{"amount":"2.25"},"unread":{"amount":1}},` +
		`{"condition":"Amount is empty","rows":1},{"condition":"Date begins with \"total\"","rows":1}]`; pipeline.LeftOutText(out.Report.LeftOut) != want || out.Report.RowsRead != 6 {
		t.Errorf("%s of %d", pipeline.LeftOutText(out.Report.LeftOut), out.Report.RowsRead)
	}
	if got := out.Report.LeftOut[0].Added(); !slices.Equal(got, []string{"amount 2.25", "1 row whose amount is no number"}) {
		t.Errorf("%q", got)
	}
	// Money of several currencies is no sum.
	mixed := bankLayout(func(l *feed.Layout) {
		l.LeaveOut = []feed.LayoutCondition{{All: []feed.LayoutTest{{Column: "State", Is: []string{"Pending"}}}}}
		delete(l.Constants, "currency")
		l.Columns["currency"] = "Cur"
	})
	out, _ = bankTexts(t, "bank_lines.csv", "Date;Ref;Amount;State;Cur\n05/10/2026;a;1.50;Pending;EUR\n05/10/2026;b;2;Pending;USD\n05/10/2026;c;0.25;Pending;EUR\n05/10/2026;d;9;Booked;USD\n", mixed)
	if len(out.Report.LeftOut) != 1 || !slices.Equal(out.Report.LeftOut[0].Added(), []string{"amount 1.75 EUR", "amount 2 USD"}) || out.Report.LeftOut[0].Sums["amount"] != "3.75" {
		t.Errorf("%v: %+v", out.Err, out.Report.LeftOut)
	}
	before := []pipeline.LeftOut{{Condition: out.Report.LeftOut[0].Condition, Rows: 3, Sums: map[string]string{"amount": "3.75"}}}
	if !pipeline.SameLeftOut(out.Report.LeftOut, before) || !pipeline.SameLeftOut(out.Report.LeftOut, out.Report.LeftOut) || pipeline.SameLeftOut(out.Report.LeftOut, nil) {
		t.Error("a record from before sums by currency is another one")
	}
	other := []pipeline.LeftOut{{Condition: before[0].Condition, Rows: 3, Sums: before[0].Sums, SumsOf: map[string]map[string]string{"amount": {"EUR": "1.74", "USD": "2.01"}}}}
	if pipeline.SameLeftOut(out.Report.LeftOut, other) {
		t.Error("other sums by currency are the same")
	}

	layout.Columns["amount"], layout.LeaveOut = "Amount", layout.LeaveOut[:1]
	sidecar := int64(2)
	counted := feedtest.Read[pipeline.BankLine](t, "bank_lines.csv", []byte("Date;Ref;Amount;State\n05/10/2026;a;1.50;Booked\n05/10/2026;b;2.25;Pending\n"), func(o *feed.Options) {
		o.Layouts, o.Totals = []feed.Layout{layout}, &feed.Totals{Name: "t", Rows: &sidecar, Sums: map[string]string{"amount": "3.75"}}
	})
	if counted.Err != nil || counted.Report.ControlTotals["amount"] != "1.5" {
		t.Errorf("a sidecar counts the whole file: %v %v", counted.Err, counted.Report.ControlTotals)
	}
}

// Several layouts of a feed: told by the header, else by the file's name.
func TestLayoutsOfAFeed(t *testing.T) {
	north := bankLayout(func(l *feed.Layout) { l.Name = "north" })
	south := bankLayout(func(l *feed.Layout) {
		l.Name, l.Separator = "south", ','
		l.Columns, l.Constants = map[string]string{"booked_at": "Jour", "amount": "Montant"}, map[string]string{"account": "b", "currency": "CHF"}
	})
	for text, want := range map[string]string{
		"Some bank\n\nDate;Ref;Amount\n05/10/2026;a;1\n":                               "layout:north 4 2026-10-05T00:00:00Z 1 EUR a",
		"\"x\ny\",\nMontant,Jour,Other\n1,05/10/2026,a\n":                              "layout:south 4 2026-10-05T00:00:00Z 1 CHF",
		"line_id,account,booked_at,amount,currency\nb1,a,2026-10-05T00:00:00Z,1,EUR\n": "csv 2 2026-10-05T00:00:00Z 1 EUR",
	} {
		out, got := bankTexts(t, "bank_lines.csv", text, north, south)
		if out.Err != nil || len(got) != 1 || out.Report.Format.String()+" "+got[0] != want {
			t.Errorf("%v %s %q, want %s", out.Err, out.Report.Format, got, want)
		}
	}
	twin := north
	twin.Name = "twin"
	out, _ := bankTexts(t, "bank_lines.csv", "Date;Ref;Amount\n05/10/2026;a;1\n", north, twin)
	if want := `read bank_lines.csv:1: it fits several layouts of feeds: bank_lines: layout north, layout twin; say under each which files it is for: files: ["bank-a-*.csv"]`; out.Err == nil || out.Err.Error() != want {
		t.Errorf("%v", out.Err)
	}
	twin.Files = []string{"bank_lines-twin*"}
	if out, _ := bankTexts(t, "bank_lines-twin.csv", "Date;Ref;Amount\n05/10/2026;a;1\n", north, twin); out.Err != nil || out.Report.Format.String() != "layout:twin" {
		t.Errorf("%v %s", out.Err, out.Report.Format)
	}
	out, _ = bankTexts(t, "bank_lines.csv", "Date;Ref;Amuont\n05/10/2026;a;1\n", north)
	if want := `column "Amount", which feeds: bank_lines: layout north says is amount, is not there; found Date, Ref, Amuont; did you mean "Amuont"?`; out.Err == nil || !strings.Contains(out.Err.Error(), want) {
		t.Errorf("%v", out.Err)
	}
	out, _ = bankTexts(t, "bank_lines.csv", "Date;Ref;Amount;amount\n05/10/2026;a;1;2\n", north)
	if want := `column "Amount", which the layout uses, is there twice`; out.Err == nil || !strings.Contains(out.Err.Error(), want) {
		t.Errorf("%v", out.Err)
	}
	bare := bankLayout(func(l *feed.Layout) {
		l.NoHeader, l.Columns = true, map[string]string{"booked_at": "1", "amount": "3"}
	})
	bareOut, got := bankTexts(t, "bank_lines.csv", "05/10/2026;a;1\n06/10/2026;b;2\n", bare)
	checkBank(t, "no header", got, bareOut.Err, "1 2026-10-05T00:00:00Z 1 EUR", "2 2026-10-06T00:00:00Z 2 EUR")
}

// JSON by the line and in an array, nested keys, numbers as they are written.
func TestLayoutObjects(t *testing.T) {
	layout := bankLayout(func(l *feed.Layout) {
		l.TimeFormats, l.Columns = []string{"epoch_milliseconds"}, map[string]string{"booked_at": "at", "amount": "money.minor", "currency": "money.currency", "reference": "note"}
		l.Scale = map[string]int{"amount": feed.LayoutMinorUnits}
		l.LeaveOut = []feed.LayoutCondition{{All: []feed.LayoutTest{{Column: "test", Is: []string{"true"}}}}}
	})
	rows := []string{`{"at":1790770530250,"money":{"minor":-1999,"currency":"USD"},"note":"a","test":false}`, `{"money":{"currency":"JPY","minor":5},"at":"1790770530250","tags":["x"]}`,
		`{"at":1790770530250,"money":{"minor":1,"currency":"USD"},"test":true}`, `{"at":1790770530250,"money":{"minor":1e3,"currency":"USD"}}`, `{"at":1,"at":2}`}
	for name, text := range map[string]string{"bank_lines.ndjson": strings.Join(rows, "\n"), "bank_lines.json": "[" + strings.Join(rows, ",\n") + "]"} {
		out, got := bankTexts(t, name, text, layout)
		checkBank(t, name, got, out.Err, "1 2026-09-30T12:15:30.25Z -19.99 USD a", "2 2026-09-30T12:15:30.25Z 5 JPY",
			"4 2026-09-30T12:15:30.25Z 10 USD", name+`:5  bad_json "{\"at\":1,\"at\":2}": expected every key once`)
		if out.Report.RowsLeftOut != 1 || out.Report.Format.String() != "layout" {
			t.Errorf("%+v", out.Report)
		}
	}
}

// Sheets: rows before the header, dates and numbers as cells or as texts, a time
// of the day in a cell of its own.
func TestLayoutSheets(t *testing.T) {
	day := time.Date(2026, 10, 6, 0, 0, 0, 0, time.UTC)
	book := feedtest.WorkbookOf(t, func(f *excelize.File) {
		if _, err := f.NewSheet("October"); err != nil {
			t.Fatal(err)
		}
		for i, row := range [][]any{{"Statement of October"}, {}, {"Date", "Time", "Ref", "Amount"}, {day, 0.5, "x", 1234.5}, {"06/10/2026", nil, "y", "(7.25)"}, {day, "14:30", "z", 1},
			{day, nil, 1234567890123456789.0, 19.989999999999998}, {day, nil, "w", 2, "beyond"}} {
			if err := f.SetSheetRow("October", fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}, []any{"nothing here"})
	layout := bankLayout(func(l *feed.Layout) {
		l.Sheet, l.BracketsNegative = "October", true
		delete(l.Columns, "booked_at")
		l.Joined = map[string][]string{"booked_at": {"Date", "Time"}}
	})
	out, got := bankTexts(t, "bank_lines.xlsx", string(book), layout)
	checkBank(t, "a sheet", got, out.Err, "4 2026-10-06T12:00:00Z 1234.5 EUR x", "5 2026-10-06T00:00:00Z -7.25 EUR y",
		`bank_lines.xlsx:6 booked_at bad_time "46301 14:30": expected a date and a time that are both cells of dates, or both texts`,
		`bank_lines.xlsx:7 reference bad_id "1234567890123450000": expected a text: as a number it lost digits`,
		`bank_lines.xlsx:8  wrong_field_count "beyond": expected no cell beyond the header's last`)
	layout.Sheet = "November"
	out, _ = bankTexts(t, "bank_lines.xlsx", string(book), layout)
	if want := `no sheet is called "November"; found Sheet1, October`; out.Err == nil || !strings.Contains(out.Err.Error(), want) {
		t.Errorf("%v", out.Err)
	}
}

// A layout's text gives the same layout.
func TestLayoutText(t *testing.T) {
	layout := bankLayout(func(l *feed.Layout) {
		l.Pairs, l.Signs = map[string]feed.LayoutPair{"x": {Credit: "c", Debit: "d"}}, map[string]feed.LayoutSign{"y": {Column: "c", Negative: []string{"n"}}}
		l.LeaveOut, l.KindBySign = []feed.LayoutCondition{{All: []feed.LayoutTest{{Column: "a", Filled: true}}}}, &feed.LayoutBySign{Of: "amount"}
		l.Spelling = feed.LayoutSpelling{DecimalComma: true, CurrencySign: []string{"€"}}
	})
	again, err := feed.ParseLayout(layout.Text())
	if err != nil || again.Text() != layout.Text() || again.SHA256() != layout.SHA256() || !strings.Contains(layout.Text(), `"separator":";"`) {
		t.Errorf("%v\n%s\n%s", err, layout.Text(), again.Text())
	}
	if _, err := feed.ParseLayout(`{"colums":{}}`); err == nil {
		t.Error("a key that no layout has was taken")
	}
}

// The sign beside an amount gives a row its currency where the layout says so; where a
// layout has the signs of several, an amount in another currency than its row's is none.
func TestLayoutCurrencyBySign(t *testing.T) {
	const text = "Date;Ref;Amount\n05/10/2026;a;$5.00\n05/10/2026;b;€5.00\n05/10/2026;c;5.00\n"
	out, got := bankTexts(t, "bank_lines.csv", text, bankLayout(func(l *feed.Layout) {
		delete(l.Constants, "currency")
		l.CurrencyBySign = map[string]string{"$": "USD", "€": "EUR"}
	}))
	checkBank(t, "by sign", got, out.Err, "2 2026-10-05T00:00:00Z 5 USD a", "3 2026-10-05T00:00:00Z 5 EUR b", `bank_lines.csv:4 currency missing "": expected an ISO 4217 currency code like USD`)
	out, got = bankTexts(t, "bank_lines.csv", text, bankLayout(func(l *feed.Layout) { l.CurrencySign = []string{"$", "€"} }))
	checkBank(t, "two signs, one currency", got, out.Err, "3 2026-10-05T00:00:00Z 5 EUR b", "4 2026-10-05T00:00:00Z 5 EUR c",
		`bank_lines.csv:2 amount bad_currency "$5.00": expected an amount in EUR, as the row is; if the signs tell the currencies, say currency_by_sign: {"$": USD, …} and leave currency out of columns and constants`)
	out, got = bankTexts(t, "bank_lines.csv", "Date;Ref;Amount\n05/10/2026;a;5.00 EUR\n05/10/2026;b;5.00 €\n", bankLayout(func(l *feed.Layout) { l.CurrencySign = []string{"€", "EUR"} }))
	checkBank(t, "two spellings of one", got, out.Err, "2 2026-10-05T00:00:00Z 5 EUR a", "3 2026-10-05T00:00:00Z 5 EUR b")
}

// Which of several sheets with the same columns is meant is said, or the workbook is
// refused: what is in the others would be missing.
func TestLayoutOfSeveralSheets(t *testing.T) {
	book := string(feedtest.WorkbookOf(t, func(f *excelize.File) {
		for sheet, rows := range map[string][][]any{"October": {{"Report"}, {"Date", "Ref", "Amount"}, {"06/10/2026", "x", 1}, {"06/10/2026", "x", 1}},
			"November": {{"Date", "Ref", "Amount"}, {"07/11/2026", "y", 2}}, "Cover": {{"Bank"}}} {
			if _, err := f.NewSheet(sheet); err != nil {
				t.Fatal(err)
			}
			for i, row := range rows {
				if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &row); err != nil {
					t.Fatal(err)
				}
			}
		}
		for i, sheet := range []string{"October", "November", "Cover"} {
			if err := f.MoveSheet(sheet, f.GetSheetName(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.DeleteSheet("Sheet1"); err != nil {
			t.Fatal(err)
		}
	}, []any{"none"}))
	for name, c := range map[string]struct {
		change func(*feed.Layout)
		want   []string
		err    string
	}{
		"unsaid": {func(*feed.Layout) {}, nil, `read bank_lines.xlsx: its first sheet is not the only one with these columns, and nothing says which are meant: so has November; ` +
			`say so under feeds: bank_lines: layout in carat.yaml: sheet: "*" reads all that have the columns, sheet: ["November"] these alone`},
		"one": {func(l *feed.Layout) { l.Sheet = "November" }, []string{"2 2026-11-07T00:00:00Z 2 EUR y"}, ""},
		"all": {func(l *feed.Layout) { l.Sheet = "*" }, []string{"3 2026-10-06T00:00:00Z 1 EUR x", "4 2026-10-06T00:00:00Z 1 EUR x", "6 2026-11-07T00:00:00Z 2 EUR y"}, ""},
		"some": {func(l *feed.Layout) { l.Sheets = []string{"November", "October"} },
			[]string{"2 2026-11-07T00:00:00Z 2 EUR y", "5 2026-10-06T00:00:00Z 1 EUR x", "6 2026-10-06T00:00:00Z 1 EUR x"}, ""},
	} {
		out, got := bankTexts(t, "bank_lines.xlsx", book, bankLayout(c.change))
		switch {
		case c.err != "" && (out.Err == nil || out.Err.Error() != c.err):
			t.Errorf("%s: %v", name, out.Err)
		case c.err == "":
			checkBank(t, name, got, out.Err, c.want...)
		}
		if name == "all" && !slices.Equal(out.Report.Notes, []string{"several sheets were read: October has the lines 1 to 4, November has the lines 5 to 6", "sheets without the columns of the layout were left alone: Cover"}) {
			t.Errorf("%q", out.Report.Notes)
		}
	}
}

// An array that an object holds is read where the layout says which; of a page that says
// there are more, a part is missing.
func TestLayoutOfAnArrayInAnObject(t *testing.T) {
	layout := bankLayout(func(l *feed.Layout) {
		l.Rows, l.TimeFormats, l.Scale = "data", []string{"epoch_seconds"}, map[string]int{"amount": 2}
		l.Columns = map[string]string{"booked_at": "created", "amount": "net", "reference": "id"}
	})
	const rows = `{"id":"a","net":-150,"created":1790770530,"tags":[{"x":1}]},` + "\n" + `{"id":"b","net":1.5e2,"created":1790770531}`
	for name, c := range map[string]struct {
		text, err string
		want      []string
	}{
		"a list":       {"{\n \"object\": \"list\",\n \"data\": [\n" + rows + "\n ],\n \"has_more\": false\n}\n", "", []string{"4 2026-09-30T12:15:30Z -1.5 EUR a", "5 2026-09-30T12:15:31Z 1.5 EUR b"}},
		"on one line":  {`{"object":"list","data":[{"id":"b","net":150,"created":1790770531}],"has_more":false}`, "", []string{"1 2026-09-30T12:15:31Z 1.5 EUR b"}},
		"a page":       {`{"has_more": true, "data":[{"id":"b","net":150,"created":1790770531}]}`, "a list that goes on (has_more): it is one page of several; fetch the other pages too", nil},
		"cut":          {`{"data":[{"id":"b","net":150,"created":1790770531}`, "a JSON array that ends in the middle", nil},
		"cut behind":   {`{"data":[{"id":"b","net":150,"created":1790770531}],"has_more"`, "a JSON object that ends in the middle", nil},
		"another list": {`{"items":[{"id":"b","net":150,"created":1790770531}]}`, `no array data is at the beginning of its object; say under layout: rows: of which key the rows are the value`, nil},
	} {
		out, got := bankTexts(t, "bank_lines.json", c.text, layout)
		switch {
		case c.err != "" && (out.Err == nil || !strings.Contains(out.Err.Error(), c.err)):
			t.Errorf("%s: %v %q", name, out.Err, got)
		case c.err == "":
			checkBank(t, name, got, out.Err, c.want...)
		}
	}
}
