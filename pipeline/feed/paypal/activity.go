package paypal

import (
	"cmp"
	"regexp"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// PayPal's activity download: CSV, one line for each event of an account, in the
// words and the spelling of the language of whoever downloads it. It is read in
// English: thousands are grouped by commas, and the order of day and month is told
// by a day above 12. Columns: PayPal, "Activity download".

// activityColumns are those by which the download is told.
var activityColumns = []string{"date", "time", "timezone|time zone", "type", "status", "currency", "gross", "fee", "net", "transaction id"}

func isActivity(head []byte, _ string) bool {
	return published.HasHeader(head, ",;\t", activityColumns...)
}

// activityKinds are PayPal's types, folded; a payment is a sale when it comes in.
var activityKinds = map[string]string{
	"payment refund": "refund", "payment reversal": "chargeback", "refund": "refund", "reversal": "chargeback",
	"chargeback": "chargeback", "chargeback reversal": "chargeback", "chargeback settlement": "chargeback", "chargeback fee": "dispute_fee", "fee reversal": "fee",
	"general withdrawal": "payout", "general withdrawal - bank account": "payout", "user initiated withdrawal": "payout", "general transfer": "transfer",
	"bank deposit to pp account": "payout", "general funding of paypal account": "payout", "user initiated deposit": "payout", "return of withdrawal": "payout", "reversal of withdrawal": "payout",
	"general currency conversion": "conversion", "user initiated currency conversion": "conversion", "mass payment": "disbursement", "mass pay payment": "disbursement", "payouts": "disbursement",
	"payment review hold": "reserve", "payment review release": "reserve", "payment hold": "reserve", "payment release": "reserve", "hold on balance for dispute investigation": "reserve",
	"cancellation of hold for dispute resolution": "reserve", "general hold": "reserve", "general hold release": "reserve", "reserve hold": "reserve", "reserve release": "reserve",
	"hold on available balance": "reserve", "account correction": "adjustment", "general credit": "adjustment", "general account correction": "adjustment", "partner fee": "fee",
	"non payment related fees": "fee", "general account adjustment": "adjustment", "tax collected by partner": "tax",
}

// activityHeld bounds the rows that wait until one tells the order of day and month.
const activityHeld = 10_000

// The two orders of a date.
var (
	slashed  = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4})$`)
	dayFirst = "2/1/2006"
	dayLast  = "1/2/2006"
)

type activity struct {
	*published.Report
	recs   *published.Records
	c      published.Columns
	ids    *published.RowIDs
	layout string // of dates; "" until one tells
	held   []heldRow
}

type heldRow struct {
	line  int64
	cells []string
}

func readActivity(r *published.Report) error {
	recs := r.Records(',', published.QuotesStrict)
	c, err := recs.Header("paypal-activity")
	if err != nil {
		return err
	}
	if len(c.Names) == 1 {
		return r.Respaced(recs.Line)
	}
	if err := c.Need(r, recs.Line, activityColumns...); err != nil {
		return err
	}
	a := &activity{Report: r, recs: recs, c: c, ids: published.NewRowIDs()}
	if err := recs.Each(c, a.wait); err != nil {
		return err
	}
	if len(a.held) > 0 {
		return a.undecided()
	}
	return nil
}

func (a *activity) undecided() error {
	if date := a.c.Cell(a.held[0].cells, "date"); !slashed.MatchString(date) {
		return a.Refuse(a.held[0].line, "its dates are written as %s, and not as PayPal's download in English has them, 10/20/2026", lex.Shown(date)).
			WithHint("download it in English and leave it as it is; or describe the file as a layout of settlement_lines in carat.yaml, with its time_format (docs/formats.md)")
	}
	return a.Refuse(a.held[0].line, "no date of it has a day above 12, so that day and month can't be told apart").
		WithHint("download a whole month; or describe the file as a layout of settlement_lines in carat.yaml, with its time_format (docs/formats.md)")
}

// wait holds rows back until a date tells the order of day and month.
func (a *activity) wait(cells []string) error {
	if a.layout == "" {
		date := slashed.FindStringSubmatch(a.c.Cell(cells, "date"))
		switch {
		case date == nil: // another form: the row is judged by itself
		case len(date[1]) == 2 && date[1] > "12":
			a.layout = dayFirst
		case len(date[2]) == 2 && date[2] > "12":
			a.layout = dayLast
		}
	}
	if a.layout == "" {
		if a.held = append(a.held, heldRow{a.recs.Line, cells}); len(a.held) > activityHeld {
			return a.undecided()
		}
		return nil
	}
	for _, row := range a.held {
		if err := a.row(row.line, row.cells); err != nil {
			return err
		}
	}
	a.held = nil
	return a.row(a.recs.Line, cells)
}

func (a *activity) row(line int64, cells []string) error {
	if status := a.c.Cell(cells, "status"); !strings.EqualFold(status, "completed") {
		a.Leave("events whose status is " + lex.Shown(status))
		return nil
	}
	var v [3]int64
	for i, column := range []string{"gross", "fee", "net"} {
		text := a.c.Cell(cells, column)
		var code pipeline.Code
		if v[i], code = published.AmountOf(published.Ungroup(text, ",")); code != pipeline.CodeOK {
			return a.Out.Reject(line, column+"_amount", code, text, "a number like 1,234.56")
		}
	}
	if v[0]+v[1] != v[2] {
		return a.Out.Reject(line, "net_amount", pipeline.CodeNotBalanced, a.c.Cell(cells, "net"), "gross and fee together")
	}
	text := a.c.Cell(cells, "type")
	kind := a.kind(text, v[0])
	if kind == "" {
		return a.Out.Reject(line, "kind", pipeline.CodeUnknownValue, text, "a type of PayPal's that carat knows"+a.KindHint(text))
	}
	when := a.c.Cell(cells, "date") + " " + a.c.Cell(cells, "time")
	at, ok, doubt := a.LocalTime(a.layout+" 15:04:05", when, a.c.Cell(cells, "timezone|time zone"), a.Settings.Zone)
	if !ok {
		return a.Out.Reject(line, "transaction_at", pipeline.CodeBadTime, when+" "+a.c.Cell(cells, "timezone|time zone"), cmp.Or(doubt, "a date and a time as in the rows before, with a zone such as PDT or GMT+08:00"))
	}
	id := a.c.Cell(cells, "transaction id")
	if id == "" {
		return a.Out.Reject(line, "line_id", pipeline.CodeMissing, "", "a Transaction ID")
	}
	if err := a.Out.Begin(line); err != nil {
		return err
	}
	a.Out.Set("line_id", a.ids.ID("paypal-activity", id, published.FoldName(text), a.c.Cell(cells, "currency")))
	a.Out.Set("channel", pipeline.ChannelWeb)
	a.Out.Set("counterparty", "paypal")
	a.Out.Set("report_id", "paypal-activity-"+lex.InstantText(at)[:len("2026-10-01")])
	switch kind {
	case "payout":
		a.Out.Set("bank_reference", id)
	case "refund", "chargeback":
		a.Out.Set("store_transaction_id", published.FirstOf(a.c.Cell(cells, "reference txn id"), id))
	default:
		a.Out.Set("store_transaction_id", id)
	}
	a.Out.Set("kind", kind)
	if kind == "tax" {
		a.Out.Set("tax_kind", "sales")
	}
	a.Out.SetAmount("gross_amount", v[0])
	a.Out.SetAmount("fee_amount", v[1])
	a.Out.SetAmount("net_amount", v[2])
	a.Out.Set("currency", a.c.Cell(cells, "currency"))
	a.Out.SetMicros("transaction_at", at)
	return a.Out.End()
}

// kind is that of a type, as the configuration says or as carat knows it.
func (a *activity) kind(text string, gross int64) string {
	if kind, ok := a.Settings.Kinds[text]; ok {
		return kind
	}
	folded := published.FoldName(text)
	if kind, ok := activityKinds[folded]; ok {
		return kind
	}
	if !strings.HasSuffix(folded, " payment") {
		return ""
	}
	if gross < 0 {
		return "adjustment" // that we sent
	}
	return "sale"
}
