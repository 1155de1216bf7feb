package adyen

import (
	"cmp"
	"regexp"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// Adyen's settlement detail report: CSV, one line for each transaction, fee and
// payout of a batch. Amounts stand in a column for each direction, in the gross
// currency (GC) and in the net currency (NC); what Adyen keeps is its commission,
// or markup, scheme fees and interchange. Columns: Adyen Docs, "Settlement details
// report".

// Formats gives the formats of Adyen's reports.
func Formats() []published.Format {
	return []published.Format{{Name: "adyen-settlement", Feeds: []string{"settlement_lines"}, Sniff: func(head []byte, _ string) bool {
		return published.HasHeader(head, ",;\t", needed...)
	}, Read: read}}
}

// The columns that the report must have, each by its spellings.
var needed = []string{"psp reference", "merchant account", "type", "creation date", "timezone|time zone", grossCurrency, grossDebit, grossCredit, netCurrency, netDebit, netCredit, "batch number"}

const (
	grossCurrency = "gross currency"
	grossDebit    = "gross debit (gc)|gross debit"
	grossCredit   = "gross credit (gc)|gross credit"
	netCurrency   = "net currency"
	netDebit      = "net debit (nc)|net debit"
	netCredit     = "net credit (nc)|net credit"
)

// fees are the columns of what Adyen keeps.
var fees = []string{"commission (nc)|commission", "markup (nc)|markup", "scheme fees (nc)|scheme fees", "interchange (nc)|interchange"}

// identity are the columns that ids are made of: none of money.
var identity = []string{"merchant account", "psp reference", "merchant reference", "creation date", "type", "modification reference", "batch number"}

// kinds are the types that Adyen documents, folded.
var kinds = map[string]string{
	"settled": "sale", "settledininstallment": "sale", "settledininstallments": "sale", "settledexternally": "sale", "settledexternallywithinfo": "sale", "settledreversed": "refund", "advancement": "adjustment",
	"refunded": "refund", "refundedreversed": "refund", "refundedexternally": "refund", "refundedexternallywithinfo": "refund", "refundedininstallment": "refund", "refundedininstallments": "refund",
	"chargeback": "chargeback", "secondchargeback": "chargeback", "chargebackreversed": "chargeback", "chargebackreversedexternally": "chargeback", "chargebackexternally": "chargeback", "chargebackexternallywithinfo": "chargeback", "chargebackininstallment": "chargeback",
	"fee": "fee", "misccosts": "fee", "invoicededuction": "fee", "chargebackfee": "dispute_fee",
	"merchantpayout": "payout", "paymentcost": "fee", "bankinstructionreturned": "payout", "internalcompanypayout": "transfer",
	"balancetransfer": "carried", "depositcorrection": "reserve", "matchedstatement": "adjustment", "manualcorrected": "adjustment", "reserveadjustment": "reserve",
	"paidout": "disbursement", "paidoutreversed": "disbursement", "epapaid": "adjustment", "balancetransferin": "carried",
}

// payoutReference is what Adyen writes into the text of a payout's transfer.
var payoutReference = regexp.MustCompile(`\bTX[0-9A-Z]{6,40}XT\b`)

type reader struct {
	*published.Report
	recs *published.Records
	c    published.Columns
	ids  *published.RowIDs
	ours string
}

func read(r *published.Report) error {
	recs := r.Records(',', published.QuotesStrict)
	c, err := recs.Header("adyen-settlement")
	if err != nil {
		return err
	}
	if len(c.Names) == 1 {
		return r.Respaced(recs.Line)
	}
	if err := c.Need(r, recs.Line, needed...); err != nil {
		return err
	}
	r.Renamed(c, recs.Line, identity, append(fees, needed...)...)
	a := &reader{Report: r, recs: recs, c: c, ids: published.NewRowIDs(), ours: published.FoldName(r.Settings.TransactionColumn)}
	if a.ours != "" && !c.Has(a.ours) {
		return r.Refuse(recs.Line, "the column %q, which carat.yaml says holds the order id, is not there", lex.ColumnName([]byte(a.ours))).
			WithHint("mend feeds: %s: transaction_column", r.Feed)
	}
	return recs.Each(c, a.row)
}

// kind is that of a type, as the configuration says or as carat knows it.
func (a *reader) kind(text string) string {
	if kind, ok := a.Settings.Kinds[text]; ok {
		return kind
	}
	return kinds[strings.ReplaceAll(published.FoldName(text), " ", "")]
}

func (a *reader) row(cells []string) error {
	line, c := a.recs.Line, a.c
	if err := a.CheckAccount(line, c.Cell(cells, "merchant account")); err != nil {
		return err
	}
	text := c.Cell(cells, "type")
	kind := a.kind(text)
	if kind == "" {
		return a.Out.Reject(line, "kind", pipeline.CodeUnknownValue, text, "a type of Adyen's that carat knows"+a.KindHint(text))
	}
	at, ok, doubt := a.LocalTime("2006-01-02 15:04:05", c.Cell(cells, "creation date"), c.Cell(cells, "timezone|time zone"), a.Settings.Zone)
	if !ok {
		return a.Out.Reject(line, "transaction_at", pipeline.CodeBadTime, c.Cell(cells, "creation date")+" "+c.Cell(cells, "timezone|time zone"), cmp.Or(doubt, "a time like 2026-10-05 12:00:00 with a zone such as CET"))
	}
	m, column, bad := a.amounts(cells, kind)
	if bad != pipeline.CodeOK {
		return a.Out.Reject(line, column, bad, m.text, m.expected)
	}
	if side := contradicts(text, m.gross); side != "" {
		return a.Out.Reject(line, "gross_amount", pipeline.CodeOutOfRange, pipeline.Amount(m.gross).String(), "an amount that is not "+side+" zero, of a line of type "+text)
	}
	if err := a.Out.Begin(line); err != nil {
		return err
	}
	batch := c.Cell(cells, "batch number")
	report := "adyen-" + c.Cell(cells, "merchant account") + "-" + batch
	a.Out.Set("line_id", a.ids.ID("adyen", published.Identity(c, cells, identity, nil)...))
	a.Out.Set("channel", pipeline.ChannelWeb)
	a.Out.Set("counterparty", "adyen")
	a.Out.Set("report_id", report)
	if order := c.Cell(cells, published.FirstOf(a.ours, "psp reference")); order != "" && kind != "payout" {
		a.Out.Set("store_transaction_id", order)
	}
	a.Out.Set("kind", kind)
	a.Out.SetAmount("gross_amount", m.gross)
	a.Out.SetAmount("fee_amount", m.fee)
	a.Out.SetAmount("net_amount", m.net)
	a.Out.Set("currency", m.currency)
	if m.buyerCurrency != "" && m.buyerCurrency != m.currency {
		a.Out.Set("customer_currency", m.buyerCurrency)
		a.Out.SetAmount("customer_amount", m.buyer)
	}
	a.Out.SetMicros("transaction_at", at)
	if kind == "payout" {
		reference := payoutReference.FindString(c.Cell(cells, "modification reference") + " " + c.Cell(cells, "merchant reference"))
		a.Out.Set("bank_reference", published.FirstOf(reference, report))
	}
	return a.Out.End()
}

// contradicts says on which side of zero an amount stands where its type has none: what
// was settled comes in, and what was refunded or charged back goes out.
func contradicts(kind string, gross int64) string {
	switch strings.ReplaceAll(published.FoldName(kind), " ", "") {
	case "settled", "settledininstallment":
		if gross < 0 {
			return "below"
		}
	case "refunded", "refundedexternally", "chargeback", "secondchargeback", "chargebackexternally":
		if gross > 0 {
			return "above"
		}
	}
	return ""
}

// amounts are those of a line, in millionths; text and expected say what is wrong.
type amounts struct {
	gross, fee, net, buyer  int64
	currency, buyerCurrency string
	text, expected          string
}

// amounts reads the money of a line and proves gross - fees = net where both are in
// one currency. Where they aren't, gross is what net and fees make it.
func (a *reader) amounts(cells []string, kind string) (m amounts, column string, bad pipeline.Code) {
	m.currency, m.buyerCurrency = strings.ToUpper(a.c.Cell(cells, netCurrency)), strings.ToUpper(a.c.Cell(cells, grossCurrency))
	if m.currency == "" {
		m.currency = m.buyerCurrency
	}
	net, ok := a.pair(cells, netCredit, netDebit, &m)
	if !ok {
		return m, "net_amount", pipeline.CodeNotANumber
	}
	if m.buyer, ok = a.pair(cells, grossCredit, grossDebit, &m); !ok {
		return m, "gross_amount", pipeline.CodeNotANumber
	}
	var kept int64
	for _, column := range fees {
		if text := a.c.Cell(cells, column); text != "" {
			v, code := published.AmountOf(text)
			if code != pipeline.CodeOK {
				m.text, m.expected = text, "a decimal with a point"
				return m, "fee_amount", code
			}
			kept += v
		}
	}
	m.net, m.fee, m.gross = net, -kept, net+kept
	hasGross := a.c.Cell(cells, grossCredit) != "" || a.c.Cell(cells, grossDebit) != ""
	switch {
	case kind == "fee" || kind == "dispute_fee":
		m.gross, m.fee = 0, net
	case hasGross && m.buyerCurrency == m.currency && m.gross != m.buyer:
		m.text, m.expected = pipeline.Amount(net).String(), "gross "+pipeline.Amount(m.buyer).String()+" less fees "+pipeline.Amount(kept).String()
		return m, "net_amount", pipeline.CodeNotBalanced
	}
	if !hasGross {
		m.buyerCurrency = ""
	}
	return m, "", pipeline.CodeOK
}

// pair reads an amount of two columns, one for each direction.
func (a *reader) pair(cells []string, credit, debit string, m *amounts) (int64, bool) {
	var v [2]int64
	for i, column := range []string{credit, debit} {
		text := a.c.Cell(cells, column)
		if text == "" {
			continue
		}
		n, code := published.AmountOf(text)
		if code != pipeline.CodeOK || n < 0 {
			m.text, m.expected = text, "a decimal with a point and no sign"
			return 0, false
		}
		v[i] = n
	}
	if v[0] != 0 && v[1] != 0 {
		m.text, m.expected = a.c.Cell(cells, credit)+" "+a.c.Cell(cells, debit), "an amount in one of its two columns"
		return 0, false
	}
	return v[0] - v[1], true
}
