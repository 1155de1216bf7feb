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
	googlePackage = "product id|package id|package name"
	googleDay     = "transaction date"
	googleClock   = "transaction time"
	googleType    = "transaction type"
	googleAmount  = "amount (merchant currency)"
)

// googleIdentity are the columns that a line's id is made of: those of 2022's
// header but for money and its rate, each by the name that it had then.
var googleIdentity = []string{
	"description", googleDay, googleClock, "tax type", googleType, "refund type", "product title|app title", googlePackage, "product type",
	googleSKU, "hardware|device|device model", "buyer country|country of buyer", "buyer state|state of buyer",
	"buyer postal code|buyer postcode|buyer zip code|postal code of buyer", "buyer currency", "merchant currency",
	"base plan id", "offer id",
}

// googleLater are the columns that came later or count money: no part of an id.
var googleLater = []string{
	googleAmount, "amount (buyer currency)", "currency conversion rate", "group id", "first usd 1m eligible", "service fee %", "fee description",
	"promotion id", "sales channel",
}

// googleKind is what a transaction type of the earnings report is.
type googleKind struct {
	spelled string
	kind    string
	amount  string // the column of a settlement line that the money stands in
	units   string
	sign    int // of the money, which is none on the other side of zero; 0: either
}

// googleKinds are the transaction types. A fee has no gross, so that the lines
// of an order add up column by column: gross + tax + fee = net.
var googleKinds = map[string]googleKind{
	"charge":            {"Charge", "sale", "gross_amount", "1", 1},
	"charge refund":     {"Charge refund", "refund", "gross_amount", "-1", -1},
	"google fee":        {"Google fee", "fee", "fee_amount", "", -1},
	"google fee refund": {"Google fee refund", "fee", "fee_amount", "", 1},
	"tax":               {"Tax", "tax", "tax_amount", "", 0},
	"tax refund":        {"Tax refund", "tax", "tax_amount", "", 0},
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
	if err := c.Need(r, recs.Line, "description", googleDay, googleClock, googleType, "merchant currency", googleAmount); err != nil {
		return err
	}
	r.Renamed(c, recs.Line, googleIdentity, googleLater...)
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
	order, written := c.Cell(cells, "description"), c.Cell(cells, googleType)
	day, clock := c.Cell(cells, googleDay), c.Cell(cells, googleClock)
	amount, paid := c.Cell(cells, googleAmount), c.Cell(cells, "amount (buyer currency)")
	what, known := g.kind(written)
	at, atOK := googleTime(day, clock)
	net, code := published.AmountOf(amount)
	var f pipeline.Fault
	switch {
	case order == "":
		f = pipeline.Fault{Column: "store_transaction_id", Code: pipeline.CodeMissing, Value: "", Expected: "the order's id in Description"}
	case !known:
		f = pipeline.Fault{Column: "kind", Code: pipeline.CodeUnknownValue, Value: written, Expected: "Charge, Google fee, Tax or their refunds in Transaction Type" + g.KindHint(written)}
	case code != pipeline.CodeOK:
		f = pipeline.Fault{Column: "net_amount", Code: code, Value: amount, Expected: "a decimal with a point in Amount (Merchant Currency)"}
	case what.sign > 0 && net < 0, what.sign < 0 && net > 0:
		side := map[int]string{1: "below", -1: "above"}[what.sign]
		f = pipeline.Fault{Column: "net_amount", Code: pipeline.CodeOutOfRange, Value: amount, Expected: "an amount that is not " + side + " zero, of a " + what.spelled}
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
	g.Out.Set("line_id", g.ids.ID("google-"+local.Format("20060102"), g.identity(cells, what, local)...))
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
	if what.kind == "tax" {
		g.Out.Set("tax_kind", "sales") // of the order
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

// kind says what a transaction type is: what the configuration says, else ours.
func (g *googleReport) kind(written string) (googleKind, bool) {
	what, known := googleKinds[published.FoldName(written)]
	if kind := g.Settings.Kinds[written]; kind != "" {
		if what.spelled == "" {
			what.spelled = written
		}
		what.kind, what.amount, what.units, what.sign = kind, "gross_amount", "", 0
		switch kind {
		case "fee", "dispute_fee":
			what.amount = "fee_amount"
		case "tax":
			what.amount = "tax_amount"
		}
		known = true
	}
	return what, known
}

// identity gives what tells one line of a report from another. The day, the time
// and the type are written as the report of 2022 does, however they are spelled.
func (g *googleReport) identity(cells []string, what googleKind, local time.Time) []string {
	return published.Identity(g.columns, cells, googleIdentity, map[string]string{
		googleDay: local.Format("Jan 2, 2006"), googleClock: local.Format("3:04:05 PM MST"), googleType: what.spelled})
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
