package paypal

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// PayPal's settlement report (STL) and transaction detail report (TRR): CSV whose
// first field says what a row is. RH and FH begin report and file, SH a section
// (an account), CH names the columns of the SB rows behind it; SF, SC, RF, RC and
// FF are control totals of section, report and file. Amounts have no point and
// no sign: minor units, and CR or DR beside them. Layout: PayPal's "Settlement
// report" and "Transaction detail report" specifications.
//
// A report that begins with RH must have its totals. An extract that begins with
// a section has none that it must have; those that it has must match. What begins
// with RH or FH ends with FF: without it the end is missing, whatever totals are there.

// payPalStamp is how PayPal writes times.
const payPalStamp = "2006/01/02 15:04:05 -0700"

var payPalRows = []string{"RH", "FH", "SH", "CH", "SB", "SF", "SC", "RF", "RC", "FF"}

// isPayPal tells a report by its first rows.
func isPayPal(head []byte, _ string) bool {
	kind := rowKind(firstLine(head))
	if kind == "RH" || kind == "FH" {
		return true
	}
	// A CSV of ours could have a column SH; it has no row CH with these names.
	return (kind == "SH" || kind == "CH") && bytes.Contains(head, []byte("Transaction Event Code"))
}

func firstLine(head []byte) []byte {
	line, _, _ := bytes.Cut(head, lex.Newline)
	return line
}

// rowKind gives the first field of a row, "" if it is none of PayPal's.
func rowKind(line []byte) string {
	field, _, _ := bytes.Cut(lex.TrimEOL(line), []byte{','})
	kind := strings.Trim(string(field), `"`)
	for _, known := range payPalRows {
		if kind == known {
			return kind
		}
	}
	return ""
}

// payPal reads one report.
type payPal struct {
	*published.Report
	whole   bool // it began with RH
	begun   bool // RH or FH was there: it ends with FF
	account string
	from    string // of the section, as UTC instants
	until   string
	day     string // the section's first day, in the report's own zone
	columns map[string]int
	width   int
	all     *payPalTally
	section *payPalTally // nil outside
	ids     *published.RowIDs
	last    string // the kind of the last row
	end     int64  // its line
	header  bool   // a CH was seen in the section
}

// Formats gives the formats of PayPal's reports, in the order in which they are asked.
func Formats() []published.Format {
	return []published.Format{
		{Name: "paypal-report", Feeds: []string{"settlement_lines"}, Fine: lex.FineWrong, Sniff: isPayPal, Read: readPayPal},
		{Name: "paypal-activity", Feeds: []string{"settlement_lines"}, Fine: lex.FineWrong, Sniff: isActivity, Read: readActivity},
		{Name: "paypal-payouts", Feeds: []string{"provider_payments"}, Fine: lex.FineWrong, Sniff: isPayPalPayouts, Read: readPayPalPayouts},
		{Name: "paypal-payouts-upload", Feeds: []string{"provider_payments"}, Sniff: isPayoutUpload, Read: readPayoutUpload},
	}
}

func readPayPal(r *published.Report) error {
	p := &payPal{Report: r, all: newPayPalTally(), ids: published.NewRowIDs()}
	rows := r.Records(',', published.QuotesStrict)
	for {
		cells, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return p.ended()
		case errors.Is(err, published.ErrBadQuote):
			return r.Refuse(rows.Line, "broken quotes: %q", lex.Cut80(rows.Raw)).WithHint("fetch the report again")
		case err != nil:
			return err
		}
		if err := p.take(strings.TrimSpace(cells[0]), cells[1:], rows.Line); err != nil {
			return err
		}
	}
}

// take judges one row by its kind.
func (p *payPal) take(kind string, cells []string, line int64) error {
	p.end = line
	if p.last == "FF" {
		return p.Refuse(line, "a row behind the file's end (FF)").WithHint("fetch each report as a file of its own")
	}
	first := p.last == ""
	p.last = kind
	switch kind {
	case "RH":
		if !first {
			return p.Refuse(line, "a second report begins (RH)").WithHint("fetch each report as a file of its own")
		}
		p.whole, p.begun = true, true
	case "FH":
		p.begun = true
	case "SH":
		return p.begins(cells, line)
	case "CH":
		return p.names(cells, line)
	case "SB":
		return p.body(cells, line)
	case "SF", "SC":
		return p.sectionTotal(kind, cells, line)
	case "RF", "RC", "FF":
		return p.reportTotal(kind, cells, line)
	default:
		return p.Refuse(line, "a row of kind %q, which is none of %s", lex.Cut80([]byte(kind)), strings.Join(payPalRows, ", "))
	}
	return nil
}

// begins opens a section: SH, from, until, account.
func (p *payPal) begins(cells []string, line int64) error {
	if err := p.closes(line); err != nil {
		return err
	}
	if len(cells) < 3 || cells[2] == "" {
		return p.Refuse(line, "a section (SH) without its account").WithHint("a section is SH, from, until, account")
	}
	from, err := time.Parse(payPalStamp, cells[0])
	if err == nil {
		_, err = time.Parse(payPalStamp, cells[1])
		p.from, p.until, p.day = payPalTime(cells[0]), payPalTime(cells[1]), from.Format(time.DateOnly)
	}
	if err != nil {
		return p.Refuse(line, "a section (SH) whose times are %q and %q", lex.Cut80([]byte(cells[0])), lex.Cut80([]byte(cells[1]))).
			WithHint("PayPal writes times like 2026/01/06 00:00:00 -0800")
	}
	p.account = cells[2]
	p.section, p.header = newPayPalTally(), false
	p.section.line = line
	return p.OwnAccount(p.account, line)
}

// names takes the columns of the rows behind it.
func (p *payPal) names(cells []string, line int64) error {
	p.columns, p.width = map[string]int{}, len(cells)
	for i, cell := range cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		if _, twice := p.columns[name]; twice && name != "" {
			return p.Refuse(line, "column %q is there twice", lex.ColumnName([]byte(cell)))
		}
		p.columns[name] = i
	}
	p.header = true
	for _, need := range []string{"Transaction ID", "Transaction Event Code", "Transaction Initiation Date", "Transaction Debit or Credit",
		"Gross Transaction Amount", "Gross Transaction Currency", "Fee Debit or Credit", "Fee Amount", "Fee Currency"} {
		if _, ok := p.columns[strings.ToLower(need)]; !ok {
			return p.Refuse(line, "column %q is missing", need)
		}
	}
	return nil
}

// payPalRow is a row's money.
type payPalRow struct {
	gross, fee published.Money // minor units, signed
	currency   string
	digits     int
	hasFee     bool
}

// body makes a settlement line of an SB row.
func (p *payPal) body(cells []string, line int64) error {
	if p.section == nil || !p.header {
		return p.Refuse(line, "a row (SB) before its section (SH) and its columns (CH)")
	}
	if len(cells) != p.width {
		return p.Refuse(line, "%d fields, where the columns (CH) are %d", len(cells)+1, p.width+1).WithHint("fetch the report again")
	}
	at := func(name string) string {
		if i, ok := p.columns[strings.ToLower(name)]; ok {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	money, err := p.money(at, line)
	if err != nil {
		return err
	}
	if p.section.footed[money.currency] {
		return p.Refuse(line, "a row in %s behind the section's totals (SF) of %s", lex.Shown(money.currency), lex.Shown(money.currency)).WithHint("fetch the report again")
	}
	for _, tally := range []*payPalTally{p.section, p.all} {
		tally.add(money)
	}
	code := strings.ToUpper(at("Transaction Event Code"))
	switch {
	case !payPalMoves(code):
		p.Leave("authorisations, which move no money")
		return nil
	case payPalPending(at("Transactional Status")):
		p.Leave("transactions that are pending or denied")
		return nil
	}
	return p.line(at, code, money, line)
}

// money reads the amounts of a row. Without them the totals can't be proven, so
// an error refuses the file.
func (p *payPal) money(at func(string) string, line int64) (row payPalRow, err error) {
	row.currency = at("Gross Transaction Currency")
	if !pipeline.IsCurrency(row.currency) {
		return row, p.Refuse(line, "Gross Transaction Currency is %q, no currency", lex.Cut80([]byte(row.currency)))
	}
	if fee := at("Fee Currency"); fee != "" && fee != row.currency {
		return row, p.Refuse(line, "a fee in %s on an amount in %s", lex.Shown(fee), row.currency)
	}
	var ok bool
	if row.digits, ok = payPalDigits(row.currency, p.Settings.MinorDigits); !ok {
		return row, p.Refuse(line, "amounts in %s have no point, and whether PayPal's last digits are decimals isn't known", row.currency).
			WithHint("compare one amount with PayPal's pages and say so in carat.yaml: feeds: %s: minor_digits: {%s: 0} if 10000 means 10,000, {%s: 2} if it means 100",
				p.Feed, row.currency, row.currency)
	}
	if _, err = payPalAmount(at("Gross Transaction Amount"), at("Transaction Debit or Credit"), &row.gross); err != nil {
		return row, p.Refuse(line, "Gross Transaction Amount %w", err)
	}
	row.hasFee, err = payPalAmount(at("Fee Amount"), at("Fee Debit or Credit"), &row.fee)
	if err != nil && at("Fee Amount") != "" {
		return row, p.Refuse(line, "Fee Amount %w", err)
	}
	return row, nil
}

// line makes the row.
func (p *payPal) line(at func(string) string, code string, m payPalRow, line int64) error {
	if err := p.Out.Begin(line); err != nil {
		return err
	}
	kind := payPalKind(code, m.gross.Sign() >= 0)
	net := new(big.Int).Add(&m.gross, &m.fee)
	p.Out.Set("line_id", p.ids.ID("paypal", p.account, at("Transaction ID"), code, m.currency))
	p.Out.Set("channel", pipeline.ChannelWeb)
	p.Out.Set("counterparty", "paypal")
	p.Out.Set("report_id", "paypal-"+p.account+"-"+p.day)
	p.Out.Set("store_transaction_id", at("Transaction ID"))
	p.Out.Set("kind", kind)
	p.Out.Set("gross_amount", pipeline.DecimalText(&m.gross, m.digits))
	if m.hasFee {
		p.Out.Set("fee_amount", pipeline.DecimalText(&m.fee, m.digits))
	}
	p.Out.Set("net_amount", pipeline.DecimalText(net, m.digits))
	p.Out.Set("currency", m.currency)
	p.Out.Set("customer_currency", m.currency)
	p.Out.Set("customer_amount", pipeline.DecimalText(&m.gross, m.digits))
	p.Out.Set("transaction_at", payPalTime(at("Transaction Initiation Date")))
	p.Out.Set("settled_at", payPalTime(at("Transaction Completion Date")))
	p.Out.Set("covers_from", p.from)
	p.Out.Set("covers_to", p.until)
	if kind == "payout" {
		p.Out.Set("bank_reference", at("Bank Reference ID"))
	}
	return p.Out.End()
}

// payPalTime gives a time as the columns read it; what is none is left as it
// is, for the column to reject.
func payPalTime(text string) string {
	t, err := time.Parse(payPalStamp, text)
	if err != nil {
		return text
	}
	return t.UTC().Format(time.RFC3339Nano)
}
