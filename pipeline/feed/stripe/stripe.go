package stripe

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// Stripe's reports and exports of API objects. Columns: Stripe Docs, "Report
// types": balance_change_from_activity.itemized and
// payout_reconciliation.itemized; API reference, balance transactions and
// payouts. A user chooses the columns of a report and their order.

// Formats gives the formats of Stripe's reports and exports, in the order in which they are asked.
func Formats() []published.Format {
	return []published.Format{
		{Name: "stripe-report", Feeds: []string{"settlement_lines"}, Sniff: func(head []byte, _ string) bool {
			return published.HasHeader(head, ",;\t", "balance_transaction_id", "reporting_category")
		}, Read: readStripeReport},
		{Name: "stripe-balance", Feeds: []string{"settlement_lines"}, Sniff: func(head []byte, _ string) bool {
			return published.HasHeader(head, ",;\t", "id", "amount", "available_on", "created", "currency", "fee", "net", "type") ||
				published.HasHeader(head, ",;\t", dashboardColumns...)
		}, Read: readStripeBalance},
		{Name: "stripe-payouts", Feeds: []string{"settlement_lines"}, Sniff: func(head []byte, _ string) bool {
			return published.HasHeader(head, ",;\t", "id", "amount", "arrival_date", "created", "currency", "status")
		}, Read: readStripePayouts},
		{Name: "stripe-payout-links", Feeds: []string{"settlement_lines"}, Sniff: func(head []byte, _ string) bool {
			c := published.FirstRecord(head, ',')
			return c.Has("payout_id", "balance_transaction_id") && !c.Has("reporting_category")
		}, Read: refuseStripeLinks},
	}
}

// stripeLine is one balance transaction, from whichever layout.
type stripeLine struct {
	id, kind, currency string
	gross, fee, net    int64
	created, available string // times as the file has them
	zone               string // "Z" for columns in UTC
	transaction        string
	payout             string
	bankReference      string
	buyerCurrency      string
	buyerAmount        string
}

// readStripeReport reads an itemized report. Its amounts are decimals in major
// units; a column whose name ends in _utc is in UTC, another in the zone that
// the report was asked for, which is that of the feed.
func readStripeReport(r *published.Report) error {
	recs, c, err := stripeHeader(r, "stripe-report", "balance_transaction_id", "created_utc|created", "currency", "gross", "fee", "net", "reporting_category")
	if err != nil {
		return err
	}
	ours, err := ownColumn(r, recs.Line, c)
	if err != nil {
		return err
	}
	return recs.Each(c, func(cells []string) error {
		if err := r.CheckAccount(recs.Line, c.Cell(cells, "gateway_account|account_id|connected_account")); err != nil {
			return err
		}
		category := c.Cell(cells, "reporting_category")
		l := stripeLine{
			id: c.Cell(cells, "balance_transaction_id"), kind: stripeKind(r, category), currency: c.Cell(cells, "currency"),
			payout: c.Cell(cells, "automatic_payout_id"), bankReference: c.Cell(cells, "trace_id"),
			buyerCurrency: c.Cell(cells, "customer_facing_currency"), buyerAmount: c.Cell(cells, "customer_facing_amount"),
		}
		l.created, l.zone = c.Cell(cells, "created_utc"), "Z"
		if l.created == "" {
			l.created, l.zone = c.Cell(cells, "created"), ""
		}
		l.available = c.Cell(cells, "automatic_payout_effective_at_utc|available_on_utc")
		if l.zone == "" {
			l.available = c.Cell(cells, "automatic_payout_effective_at|available_on")
		}
		l.transaction = c.Cell(cells, "charge_id")
		if source := c.Cell(cells, "source_id"); l.transaction == "" && stripeCharge.MatchString(source) {
			l.transaction = source
		}
		if ours != "" {
			l.transaction = c.Cell(cells, ours)
		}
		if source := c.Cell(cells, "source_id"); l.kind == "payout" && l.payout == "" {
			l.payout = source
		}
		if l.kind == "" {
			return r.Out.Reject(recs.Line, "kind", pipeline.CodeUnknownValue, category, "a reporting_category that carat knows"+r.KindHint(category))
		}
		return majorRow(r, recs.Line, l, c.Cell(cells, "gross"), c.Cell(cells, "fee"), c.Cell(cells, "net"))
	})
}

// ownColumn gives the folded name of the column that holds our order id; "" if the
// configuration names none.
func ownColumn(r *published.Report, line int64, c published.Columns) (string, error) {
	ours := strings.ToLower(r.Settings.TransactionColumn)
	if ours != "" && !c.Has(ours) {
		return "", r.Refuse(line, "the column %q, which carat.yaml says holds the order id, is not there", lex.ColumnName([]byte(ours))).
			WithHint("mend feeds: %s: transaction_column, or download the report with that column", r.Feed)
	}
	return ours, nil
}

// majorRow makes a settlement line of amounts in major units.
func majorRow(r *published.Report, line int64, l stripeLine, gross, fee, net string) error {
	var code [3]pipeline.Code
	text := [3]string{gross, fee, net}
	l.gross, code[0] = published.AmountOf(text[0])
	l.fee, code[1] = published.AmountOf(text[1])
	l.net, code[2] = published.AmountOf(text[2])
	for i, column := range []string{"gross_amount", "fee_amount", "net_amount"} {
		if code[i] != pipeline.CodeOK {
			return r.Out.Reject(line, column, code[i], text[i], "a decimal with a point")
		}
	}
	return stripeRow(r, line, l, text[2])
}

// stripeCharge tells a charge's id from those of other objects.
var stripeCharge = regexp.MustCompile(`^(ch|py)_`)

// stripeHeader reads the header of one of Stripe's files.
func stripeHeader(r *published.Report, format string, need ...string) (*published.Records, published.Columns, error) {
	recs := r.Records(',', published.QuotesStrict)
	c, err := recs.Header(format)
	if err == nil && len(c.Names) == 1 {
		err = r.Respaced(recs.Line)
	}
	if err == nil {
		err = c.Need(r, recs.Line, need...)
	}
	return recs, c, err
}

// stripeRow makes a settlement line. A fee that Stripe bills by itself stands in
// the file's gross column; in the line it is a fee, so that gross + fee = net
// holds column by column.
func stripeRow(r *published.Report, line int64, l stripeLine, net string) error {
	if l.gross-l.fee != l.net {
		return r.Out.Reject(line, "net_amount", pipeline.CodeNotBalanced, net, "gross - fee = "+pipeline.Amount(l.gross-l.fee).String())
	}
	if err := r.Out.Begin(line); err != nil {
		return err
	}
	gross, fee := l.gross, -l.fee
	switch {
	case l.kind == "fee":
		gross, fee = 0, l.net
	case l.kind == "tax":
		r.Out.SetAmount("tax_amount", gross)
		r.Out.Set("tax_kind", "input") // on Stripe's fees
		gross = 0
	}
	r.Out.Set("line_id", l.id)
	r.Out.Set("channel", pipeline.ChannelWeb)
	r.Out.Set("counterparty", "stripe")
	r.Out.Set("payout_id", l.payout)
	report := "stripe-" + l.payout
	if l.payout == "" {
		month, _, _ := strings.Cut(stripeTime(l.created, l.zone), " ")
		report = "stripe-" + month[:min(len(month), len("2026-10"))]
	}
	r.Out.Set("report_id", report)
	r.Out.Set("store_transaction_id", l.transaction)
	r.Out.Set("kind", l.kind)
	switch l.kind {
	case "sale":
		r.Out.Set("quantity", "1")
	}
	r.Out.SetAmount("gross_amount", gross)
	r.Out.SetAmount("fee_amount", fee)
	r.Out.SetAmount("net_amount", l.net)
	r.Out.Set("currency", strings.ToUpper(l.currency))
	if l.buyerCurrency != "" && l.buyerAmount != "" {
		r.Out.Set("customer_currency", strings.ToUpper(l.buyerCurrency))
		r.Out.Set("customer_amount", l.buyerAmount)
	}
	r.Out.Set("transaction_at", stripeTime(l.created, l.zone))
	r.Out.Set("settled_at", stripeTime(l.available, l.zone))
	if l.kind == "payout" {
		reference := l.bankReference
		if reference == "" {
			reference = l.payout
		}
		r.Out.Set("bank_reference", reference)
	}
	return r.Out.End()
}

// stripeMinutes is a time without seconds, as the dashboard writes it.
var stripeMinutes = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}$`)

// stripeTime adds the seconds and the zone that a time was not written with. Seconds since
// 1970, as the API gives them, are UTC.
func stripeTime(text, zone string) string {
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && len(text) == len("1790770530") {
		return time.Unix(seconds, 0).UTC().Format(time.RFC3339) // as the API counts
	}
	if stripeMinutes.MatchString(text) {
		text += ":00"
	}
	if text == "" || strings.HasSuffix(text, "Z") {
		return text
	}
	return text + zone
}

// stripeDigits gives the digits behind the point of an API amount, which is a
// whole number of the smallest unit: Stripe Docs, "Supported currencies",
// zero-decimal and three-decimal currencies. They are not ISO 4217's in every
// case: krona amounts of the API have two digits. Of the Ugandan shilling the
// documentation says both, so that the configuration must.
func stripeDigits(currency string, told map[string]int) (digits int, ok bool) {
	if digits, ok = told[currency]; ok {
		return digits, true
	}
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0, true
	case "BHD", "JOD", "KWD", "OMR", "TND":
		return 3, true
	case "UGX":
		return 0, false
	}
	return 2, pipeline.IsCurrency(currency)
}
