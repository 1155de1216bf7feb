package feed

import (
	"strings"
	"time"

	"carat/pipeline"
)

// Google Play's reports. Columns: Play Console Help, "Earnings report" and
// "Estimated sales report"; names changed over the years.

func googleAdapters() []adapter {
	return []adapter{
		{name: "google-earnings", feeds: []string{"settlement_lines"}, sniff: func(head []byte, _ string) bool {
			return hasHeader(head, ",;\t", "description", "transaction type", "merchant currency", "amount (merchant currency)")
		}, read: readGoogleEarnings},
		{name: "google-sales", feeds: []string{"coin_purchases"}, sniff: func(head []byte, _ string) bool {
			return hasHeader(head, ",;\t", "order number", "financial status", "charged amount")
		}, read: readGoogleSales},
	}
}

const (
	googleSKU     = "sku id"
	googlePackage = "product id|package id"
)

// googleKind is what a transaction type of the earnings report is.
type googleKind struct {
	kind   string
	amount string // the column of a settlement line that the money stands in
	units  string
}

// googleKinds are the transaction types. A fee has no gross, so that the lines
// of an order add up column by column: gross + tax + fee = net.
var googleKinds = map[string]googleKind{
	"charge":            {"sale", "gross_amount", "1"},
	"charge refund":     {"refund", "gross_amount", "-1"},
	"google fee":        {"fee", "fee_amount", ""},
	"google fee refund": {"fee", "fee_amount", ""},
	"tax":               {"tax", "tax_amount", ""},
	"tax refund":        {"tax", "tax_amount", ""},
}

// readGoogleEarnings reads an earnings report: several lines for an order, in
// the currency that Google pays in, each at its own instant of Pacific time.
func readGoogleEarnings(r *report) error {
	recs := r.records(',', quotesStrict)
	c, err := recs.header("google-earnings")
	if err != nil {
		return err
	}
	if len(c.names) == 1 {
		return r.respaced(recs.line)
	}
	if err := c.need(r, recs.line, "description", "transaction date", "transaction time", "transaction type", "merchant currency", "amount (merchant currency)"); err != nil {
		return err
	}
	g := &googleReport{report: r, columns: c, ids: newRowIDs(), zone: pacificZone()}
	return recs.each(c, func(cells []string) error { return g.row(recs.line, cells) })
}

// respaced is the error of a report whose commas are gone.
func (r *report) respaced(line int64) error {
	return r.refuse(line, "its columns are not parted by commas, as the publisher does: a spreadsheet saved it again and may have changed numbers and dates").
		WithHint("download the file again and leave it as it is")
}

type googleReport struct {
	*report
	columns columns
	ids     *rowIDs
	zone    *time.Location
}

func (g *googleReport) row(line int64, cells []string) error {
	c := g.columns
	if err := g.checkAccount(line, c.cell(cells, googlePackage)); err != nil {
		return err
	}
	order, written := c.cell(cells, "description"), c.cell(cells, "transaction type")
	day, clock := c.cell(cells, "transaction date"), c.cell(cells, "transaction time")
	amount, paid := c.cell(cells, "amount (merchant currency)"), c.cell(cells, "amount (buyer currency)")
	what, known := googleKinds[foldName(written)]
	at, atOK := googleTime(day, clock)
	net, code := amountOf(amount)
	var f pipeline.Fault
	switch {
	case order == "":
		f = pipeline.Fault{Column: "store_transaction_id", Code: pipeline.CodeMissing, Value: "", Expected: "the order's id in Description"}
	case !known:
		f = pipeline.Fault{Column: "kind", Code: pipeline.CodeUnknownValue, Value: written, Expected: "Charge, Google fee, Tax or their refunds in Transaction Type"}
	case code != pipeline.CodeOK:
		f = pipeline.Fault{Column: "net_amount", Code: code, Value: amount, Expected: "a decimal with a point in Amount (Merchant Currency)"}
	case !atOK:
		f = pipeline.Fault{Column: "transaction_at", Code: pipeline.CodeBadTime, Value: day + " " + clock, Expected: "a time like Oct 1, 2026 3:11:51 AM PDT"}
	}
	if f.Code != pipeline.CodeOK {
		return g.out.reject(line, f.Column, f.Code, f.Value, f.Expected)
	}
	if err := g.out.begin(line); err != nil {
		return err
	}
	local := at.In(g.zone)
	g.out.set("line_id", g.ids.id("google-"+local.Format("20060102"), identity(c, cells, "amount (merchant currency)", "amount (buyer currency)", "currency conversion rate")...))
	g.out.set("channel", pipeline.ChannelGoogle)
	g.out.set("report_id", "google-"+local.Format("2006-01"))
	g.out.set("store_transaction_id", order)
	g.out.set("sku", c.cell(cells, googleSKU))
	g.out.set("country", c.cell(cells, "buyer country"))
	g.out.set("kind", what.kind)
	if what.units != "-1" || foldName(c.cell(cells, "refund type")) != "partial" {
		g.out.set("quantity", what.units)
	}
	if what.amount != "gross_amount" {
		g.out.setAmount("gross_amount", 0)
	}
	g.out.setAmount(what.amount, net)
	g.out.setAmount("net_amount", net)
	g.out.set("currency", c.cell(cells, "merchant currency"))
	if currency := c.cell(cells, "buyer currency"); currency != "" && paid != "" && what.amount == "gross_amount" {
		g.out.set("customer_currency", currency)
		g.out.set("customer_amount", paid)
	}
	g.out.setMicros("transaction_at", at.UnixMicro())
	return g.out.end()
}

// pacificOffsets are the zones that Google writes, one of them in summer.
var pacificOffsets = map[string]int{"PST": -8, "PDT": -7, "UTC": 0, "GMT": 0}

// googleTime reads "Mar 1, 2022" and "3:11:51 AM PST": the abbreviation decides,
// also in the hour that is there twice when summer ends.
func googleTime(day, clock string) (time.Time, bool) {
	clock = strings.Join(strings.Fields(clock), " ") // narrow no-break spaces too
	bare, zone, _ := strings.Cut(clock, " ")
	if half, abbreviation, ok := strings.Cut(zone, " "); ok {
		bare, zone = bare+" "+half, abbreviation
	}
	offset, known := pacificOffsets[zone]
	if !known {
		return time.Time{}, false
	}
	for _, layout := range []string{"Jan 2, 2006 3:04:05 PM", "Jan 2, 2006 15:04:05", "2006-01-02 3:04:05 PM", "2006-01-02 15:04:05"} {
		if t, err := time.ParseInLocation(layout, strings.Join(strings.Fields(day), " ")+" "+bare, time.FixedZone(zone, offset*3600)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
