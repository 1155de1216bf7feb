package feed_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

func purchasesBy(change func(*feed.Layout), zone string) func(*feed.Options) {
	return func(o *feed.Options) {
		l := feed.Layout{Columns: map[string]string{"purchase_id": "id", "viewer_id": "v", "sku": "s", "coins": "c", "gross_amount": "g", "purchased_at": "t"},
			Constants: map[string]string{"channel": "web", "currency": "EUR", "kind": "purchase"}, TimeFormats: []string{"YYYY-MM-DD HH:mm:ss Z"}}
		if change != nil {
			change(&l)
		}
		o.Layouts = []feed.Layout{l}
		o.Zone, _ = time.LoadLocation(zone)
	}
}

// CST is China's where the feed is China's, America's where it is America's, and nobody's elsewhere.
func TestAnAbbreviationOfSeveralZonesIsTheFeedsOwn(t *testing.T) {
	for _, c := range []struct{ zone, written, want string }{
		{"Asia/Shanghai", "CST", "2026-10-24T18:30:00Z"}, {"America/Chicago", "CST", "2026-10-25T08:30:00Z"}, {"Asia/Kolkata", "IST", "2026-10-24T21:00:00Z"},
		{"Europe/Berlin", "CST", ""}, {"Europe/Berlin", "AST", ""}, {"UTC", "IST", ""}, {"Europe/Berlin", "PDT", "2026-10-25T09:30:00Z"}, {"UTC", "GMT+08:00", "2026-10-24T18:30:00Z"},
	} {
		out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte("id,v,s,c,g,t\np1,v1,s,1,1.00,2026-10-25 02:30:00 "+c.written+"\n"), purchasesBy(nil, c.zone))
		switch {
		case c.want == "":
			if len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0].Expected, "zones of several countries are called "+c.written) {
				t.Errorf("%+v: rows %+v, rejects %+v", c, out.Rows, out.Rejects)
			}
		case len(out.Rows) != 1 || time.UnixMicro(out.Rows[0].PurchasedAt).UTC().Format(time.RFC3339) != c.want:
			t.Errorf("%+v: rows %+v, rejects %+v", c, out.Rows, out.Rejects)
		}
		paypal := "Date,Time,TimeZone,Name,Type,Status,Currency,Gross,Fee,Net,Transaction ID\n10/25/2026,02:30:00," + c.written + ",n,Express Checkout Payment,Completed,EUR,1.00,0,1.00,T1\n"
		paid := feedtest.Read[pipeline.SettlementLine](t, "settlement_lines.csv", []byte(paypal), func(o *feed.Options) { o.Zone, _ = time.LoadLocation(c.zone) })
		switch {
		case c.want == "":
			if len(paid.Rejects) != 1 || !strings.Contains(paid.Rejects[0].Expected, "zones of several countries") {
				t.Errorf("PayPal %+v: rows %+v, rejects %+v", c, paid.Rows, paid.Rejects)
			}
		case len(paid.Rows) != 1 || time.UnixMicro(*paid.Rows[0].TransactionAt).UTC().Format(time.RFC3339) != c.want:
			t.Errorf("PayPal %+v: rows %+v, rejects %+v", c, paid.Rows, paid.Rejects)
		}
	}
}

// A file of minuses alone isn't taken for purchases; where nothing says which sign is meant, it is told.
func TestAMinusUnderAConstantKind(t *testing.T) {
	const refund = "id,v,s,c,g,t\nr1,v1,s,-100,-9.99,2026-10-05 00:00:00 Z\n"
	absolute := func(l *feed.Layout) { l.Absolute = []string{"gross_amount", "coins"} }
	out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(refund), purchasesBy(absolute, "UTC"))
	if out.Err == nil || !strings.Contains(out.Err.Error(), "every row is a purchase") || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
		t.Errorf("%v, %+v", out.Err, out.Rows)
	}
	refunds := func(l *feed.Layout) {
		absolute(l)
		l.Constants["kind"] = "refund"
		l.Constants["original_purchase_id"] = "p1"
	}
	out = feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(refund), purchasesBy(refunds, "UTC"))
	if out.Err != nil || len(out.Rows) != 1 || len(out.Report.Notes) != 2 || !strings.HasPrefix(out.Report.Notes[0], "coins is below zero in all rows") {
		t.Errorf("a refund by its kind: %v, %+v, %q", out.Err, out.Rows, out.Report.Notes)
	}
	negated := func(l *feed.Layout) { l.Negated = []string{"gross_amount", "coins"} }
	for text, good := range map[string]int{refund: 1, strings.ReplaceAll(refund, "-100,-9", "100,9"): 0} {
		if out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte(text), purchasesBy(negated, "UTC")); out.Err != nil || len(out.Rows) != good {
			t.Errorf("negated: %v, %+v, %+v", out.Err, out.Rows, out.Rejects)
		}
	}
	debits := func(o *feed.Options) {
		o.Layouts = []feed.Layout{{Columns: map[string]string{"line_id": "id", "amount": "a", "booked_at": "t"}, Absolute: []string{"amount"},
			Constants: map[string]string{"provider": "bank", "currency": "EUR", "status": "paid"}, TimeFormats: []string{"YYYY-MM-DD"}}}
	}
	paid := feedtest.Read[pipeline.ProviderPayment](t, "provider_payments.csv", []byte("id,a,t\np1,-5.00,2026-10-05\n"), debits)
	if paid.Err != nil || len(paid.Rows) != 1 || len(paid.Report.Notes) != 1 || !strings.Contains(paid.Report.Notes[0], "negated: [amount]") {
		t.Errorf("%v, %+v, %q", paid.Err, paid.Rows, paid.Report.Notes)
	}
	paid = feedtest.Read[pipeline.ProviderPayment](t, "provider_payments.csv", []byte("id,a,t\np1,5.00,2026-10-05\n"), debits)
	if paid.Err != nil || len(paid.Rows) != 1 || len(paid.Report.Notes) != 0 {
		t.Errorf("%v, %+v, %q", paid.Err, paid.Rows, paid.Report.Notes)
	}
}

// What is read in two ways says so, and a reading that no row could have is none.
func TestTimesThatTwoFormatsRead(t *testing.T) {
	for _, c := range []struct {
		formats        []string
		text, want, is string
	}{
		{[]string{"MM/DD/YYYY", "DD/MM/YYYY"}, "10/05/2026", "", "MM/DD/YYYY and DD/MM/YYYY read this as two times"},
		{[]string{"MM/DD/YYYY", "DD/MM/YYYY"}, "10/25/2026", "2026-10-25T00:00:00Z", ""},
		{[]string{"epoch_milliseconds", "epoch_seconds"}, "1790000001", "2026-09-21T14:13:21Z", ""},
		{[]string{"epoch_milliseconds", "epoch_seconds"}, "1790000001000", "2026-09-21T14:13:21Z", ""},
	} {
		out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", []byte("id,v,s,c,g,t\np1,v1,s,1,1.00,"+c.text+"\n"), purchasesBy(func(l *feed.Layout) { l.TimeFormats = c.formats }, "UTC"))
		if c.want == "" && (len(out.Rejects) != 1 || !strings.Contains(out.Rejects[0].Expected, c.is)) ||
			c.want != "" && (len(out.Rows) != 1 || time.UnixMicro(out.Rows[0].PurchasedAt).UTC().Format(time.RFC3339) != c.want) {
			t.Errorf("%+v: rows %+v, rejects %+v", c, out.Rows, out.Rejects)
		}
	}
	out := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.ndjson", []byte(`{"id":"p1","v":"v1","s":"s","c":1,"g":1,"t":1.790000001e12}`+"\n"),
		purchasesBy(func(l *feed.Layout) { l.TimeFormats = []string{"epoch_milliseconds"} }, "UTC"))
	if len(out.Rows) != 1 || out.Rows[0].PurchasedAt != 1_790_000_001_000_000 {
		t.Errorf("rows %+v, rejects %+v", out.Rows, out.Rejects)
	}
}

// Carat's own columns in JSON may have numbers with a power of ten, as machines write them; texts may not.
func TestOwnColumnsOfJSONWithAPowerOfTen(t *testing.T) {
	line := func(id, amount string) string {
		return `{"line_id":"` + id + `","account":"a","booked_at":"2026-10-01","amount":` + amount + `,"currency":"EUR"}` + "\n"
	}
	out := feedtest.Read[pipeline.BankLine](t, "bank_lines.ndjson", []byte(line("b1", "1.005e2")+line("b2", "-25E-2")+line("b3", "1e+3")+line("b4", `"1e2"`)+line("b5", "1e-7")+line("b6", "1e400")), nil)
	var amounts []string
	for _, r := range out.Rows {
		amounts = append(amounts, pipeline.Amount(r.Amount).String())
	}
	if !slices.Equal(amounts, []string{"100.5", "-0.25", "1000"}) || len(out.Rejects) != 3 {
		t.Errorf("%v, %q, %q", out.Err, amounts, feedtest.Texts(out.Rejects))
	}
}

// A dash stands for nothing where an amount has two columns; a row with neither names both.
func TestADashForNothingInOneOfTwoColumns(t *testing.T) {
	pair := func(o *feed.Options) {
		o.Layouts = []feed.Layout{{Columns: map[string]string{"booked_at": "Date"}, Pairs: map[string]feed.LayoutPair{"amount": {Credit: "Cr", Debit: "Dr"}}, TimeFormats: []string{"YYYY-MM-DD"},
			Constants: map[string]string{"account": "a", "currency": "EUR"}, ContentID: true, Values: map[string]map[string]string{"amount": {"nil": ""}}}}
	}
	out := feedtest.Read[pipeline.BankLine](t, "bank_lines.csv", []byte("Date,Cr,Dr\n2026-10-01,-,96.80\n2026-10-02,50.00, – \n2026-10-03,nil,7\n2026-10-04,,\n2026-10-05,-,nil\n2026-10-06,x,1\n"), pair)
	var amounts, rejects []string
	for _, r := range out.Rows {
		amounts = append(amounts, pipeline.Amount(r.Amount).String())
	}
	for _, r := range out.Rejects {
		rejects = append(rejects, r.Code+" "+r.Expected)
	}
	if !slices.Equal(amounts, []string{"-96.8", "50", "-7"}) || !slices.Equal(rejects, []string{"missing an amount in Cr or in Dr", "missing an amount in Cr or in Dr",
		"not_a_number a number like 1234.56, as the layout says"}) {
		t.Errorf("%v, %q, %q", out.Err, amounts, rejects)
	}
}
