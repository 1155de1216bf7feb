package google

import (
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/published"
)

// Google Play's reports. Columns: Play Console Help, "Earnings report" and
// "Estimated sales report"; names changed over the years.

// Formats gives the formats of Google Play's reports, in the order in which they are asked.
func Formats() []published.Format {
	return []published.Format{
		{Name: "google-earnings", Feeds: []string{"settlement_lines"}, Sniff: func(head []byte, _ string) bool {
			return published.HasHeader(head, ",;\t", "description", "transaction type", "merchant currency", "amount (merchant currency)")
		}, Read: readGoogleEarnings},
		{Name: "google-sales", Feeds: []string{"coin_purchases"}, Sniff: func(head []byte, _ string) bool {
			return published.HasHeader(head, ",;\t", "order number", "financial status", "charged amount")
		}, Read: readGoogleSales},
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
func readGoogleEarnings(r *published.Report) error {
	recs := r.Records(',', published.QuotesStrict)
	c, err := recs.Header("google-earnings")
	if err != nil {
		return err
	}
	if len(c.Names) == 1 {
		return r.Respaced(recs.Line)
	}
	if err := c.Need(r, recs.Line, "description", "transaction date", "transaction time", "transaction type", "merchant currency", "amount (merchant currency)"); err != nil {
		return err
	}
	g := &googleReport{Report: r, columns: c, ids: published.NewRowIDs(), zone: published.Pacific()}
	return recs.Each(c, func(cells []string) error { return g.row(recs.Line, cells) })
}

type googleReport struct {
	*published.Report
	columns published.Columns
	ids     *published.RowIDs
	zone    *time.Location
}

func (g *googleReport) row(line int64, cells []string) error {
	c := g.columns
	if err := g.CheckAccount(line, c.Cell(cells, googlePackage)); err != nil {
		return err
	}
	order, written := c.Cell(cells, "description"), c.Cell(cells, "transaction type")
	day, clock := c.Cell(cells, "transaction date"), c.Cell(cells, "transaction time")
	amount, paid := c.Cell(cells, "amount (merchant currency)"), c.Cell(cells, "amount (buyer currency)")
	what, known := googleKinds[published.FoldName(written)]
	at, atOK := googleTime(day, clock)
	net, code := published.AmountOf(amount)
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
		return g.Out.Reject(line, f.Column, f.Code, f.Value, f.Expected)
	}
	if err := g.Out.Begin(line); err != nil {
		return err
	}
	local := at.In(g.zone)
	g.Out.Set("line_id", g.ids.ID("google-"+local.Format("20060102"), published.Identity(c, cells, "amount (merchant currency)", "amount (buyer currency)", "currency conversion rate")...))
	g.Out.Set("channel", pipeline.ChannelGoogle)
	g.Out.Set("report_id", "google-"+local.Format("2006-01"))
	g.Out.Set("store_transaction_id", order)
	g.Out.Set("sku", c.Cell(cells, googleSKU))
	g.Out.Set("country", c.Cell(cells, "buyer country"))
	g.Out.Set("kind", what.kind)
	if what.units != "-1" || published.FoldName(c.Cell(cells, "refund type")) != "partial" {
		g.Out.Set("quantity", what.units)
	}
	if what.amount != "gross_amount" {
		g.Out.SetAmount("gross_amount", 0)
	}
	g.Out.SetAmount(what.amount, net)
	g.Out.SetAmount("net_amount", net)
	g.Out.Set("currency", c.Cell(cells, "merchant currency"))
	if currency := c.Cell(cells, "buyer currency"); currency != "" && paid != "" && what.amount == "gross_amount" {
		g.Out.Set("customer_currency", currency)
		g.Out.Set("customer_amount", paid)
	}
	g.Out.SetMicros("transaction_at", at.UnixMicro())
	return g.Out.End()
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
