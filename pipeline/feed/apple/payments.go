package apple

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

const (
	appleRegion  = "region (currency)|country or region (currency)|country/region (currency)|territory (currency)|region"
	appleBalance = "balance|opening balance|beginning balance|previous balance|balance carried over|carried over|balance brought forward"
)

// applePaymentsTitle is what the first line of a payments summary says, and the
// fiscal month that it is of.
var (
	applePaymentsTitle = regexp.MustCompile(`Payments and Financial Reports\s*\(([A-Za-z]+),?\s+([0-9]{4})\)`)
	regionCurrency     = regexp.MustCompile(`^(.*)\(([A-Z]{3})\)$`)
	sumPaid            = regexp.MustCompile(`^([0-9][0-9.,]*) ([A-Z]{3})$`)
)

func sniffApplePayments(head []byte, _ string) bool {
	line, _, _ := bytes.Cut(head, lex.Newline)
	return applePaymentsTitle.Match(bytes.Join(bytes.Fields(line), []byte{' '}))
}

// applePayments is a payments summary while it is read.
type applePayments struct {
	*published.Report
	columns  published.Columns
	month    string // 2026-10
	from, to int64
	ids      *published.RowIDs
	paid     map[string]pipeline.Sum // proceeds of the regions, by bank currency
	said     map[string]int64        // what the footer says was paid
	saidAt   map[string]int64        // and in which line
}

// readApplePayments reads the payments summary of a fiscal month: for each
// region what is owed in its currency and what Apple changed it into, and the
// sums that were paid to the bank. Proceeds / total owed is the true rate; both
// are kept. The lines of a currency, reports and summary together, come to zero.
func readApplePayments(r *published.Report) error {
	p := &applePayments{Report: r, ids: published.NewRowIDs(), paid: map[string]pipeline.Sum{}, said: map[string]int64{}, saidAt: map[string]int64{}}
	recs := r.Records(',', published.QuotesLoose)
	if err := p.title(recs); err != nil {
		return err
	}
	footer := false
	for {
		cells, err := recs.Next()
		switch {
		case errors.Is(err, io.EOF):
			return p.check(recs.Lines)
		case err != nil:
			return err
		case strings.Trim(strings.Join(cells, ""), " ") == "":
		case p.columns.Names == nil:
			err = p.header(recs.Line, cells)
		case strings.TrimSpace(cells[0]) == "":
			footer = true
			err = p.footer(recs.Line, cells)
		case footer && !regionCurrency.MatchString(strings.TrimSpace(cells[0])):
			err = p.Refuse(recs.Line, "text behind the sums paid: %q", lex.Cut80(recs.Raw)).WithHint(compareHint)
		default: // also behind the sums paid
			err = p.region(recs.Line, cells)
		}
		if err != nil {
			return err
		}
	}
}

// compareHint is what to do with a summary or report that contradicts itself, or
// that says more than is known of such files: nothing of it was taken.
const compareHint = "compare it with the same month in App Store Connect: if it was changed on the way, download it again; if Apple shows the same, its layout is one that carat doesn't know"

// header reads the names of the columns. Before Apple has paid, those of the
// payment are missing.
func (p *applePayments) header(line int64, cells []string) error {
	p.columns = published.ColumnsOf("apple-payments", cells)
	if err := p.columns.Need(p.Report, line, appleRegion, "earned", "total owed"); err != nil {
		return err
	}
	if !p.columns.Has("proceeds") {
		return p.Refuse(line, "this month isn't paid yet: the summary has no column Proceeds").
			WithHint("download it when Apple has paid, about five weeks after the end of the fiscal month; what comes to less than Apple pays out is carried over into the summary of a later month")
	}
	return p.columns.Need(p.Report, line, "bank account currency")
}

func (p *applePayments) title(recs *published.Records) error {
	cells, err := recs.Next()
	if errors.Is(err, io.EOF) {
		return lex.EmptyFile(p.Name)
	}
	if err != nil {
		return err
	}
	m := applePaymentsTitle.FindStringSubmatch(strings.Join(strings.Fields(strings.Join(cells, " ")), " "))
	if m == nil {
		return p.Refuse(recs.Line, "no title like Payments and Financial Reports (October, 2026)").WithHint("download the summary again")
	}
	month, err := time.Parse("January 2006", m[1]+" "+m[2])
	if err != nil || month.Year() < 2008 {
		return p.Refuse(recs.Line, "%q is no fiscal month", lex.Cut80([]byte(m[1]+" "+m[2]))).WithHint("download the summary in English")
	}
	first, last := FiscalMonth(month.Year(), month.Month())
	p.month = month.Format("2006-01")
	p.from, p.to = daySpan(first, last, published.Pacific())
	noteOpening(p.Report, p.from, p.to)
	return nil
}

// amounts of a region's line, in the order of summaryColumns.
var summaryColumns = [...]string{"earned", "pre-tax subtotal", "input tax", "adjustments", "withholding tax", "total owed", "proceeds", appleBalance}

const (
	earned = iota
	subtotal
	inputTax
	adjustments
	withholding
	totalOwed
	proceeds
	balance
)

// region makes the rows of one region: what was paid of it, and what else than
// sales changed what is owed. A summary is one payment, so a line that can't be
// read refuses the whole of it. A region without proceeds isn't paid: Apple carries
// what it owes forward to a later month, which has it as carried over.
func (p *applePayments) region(line int64, cells []string) error {
	c := p.columns
	name := c.Cell(cells, appleRegion)
	m := regionCurrency.FindStringSubmatch(name)
	bank := c.Cell(cells, "bank account currency")
	v, err := p.amounts(line, name, cells)
	if m == nil || !pipeline.IsCurrency(m[2]) || !c.Fits(cells) || bank != "" && !pipeline.IsCurrency(bank) {
		return p.Refuse(line, "a region that can't be read: %q", lex.Cut80([]byte(strings.Join(cells, ",")))).WithHint(compareHint)
	}
	if err != nil {
		return err
	}
	carried, ok := carriedOver(v)
	if !ok {
		return p.Refuse(line, "the report's own total doesn't add up: total owed of %s: expected %s, actual %s", name,
			pipeline.Amount(v[earned]+carried+v[inputTax]+v[adjustments]+v[withholding]), pipeline.Amount(v[totalOwed])).WithHint(compareHint)
	}
	l := summaryLine{line: line, region: strings.TrimSpace(m[1]) + " " + m[2], currency: m[2]}
	for _, change := range []struct {
		what, kind, taxKind string
		amount              int64
	}{
		{"carried over", "carried", "", carried},
		{"input tax", "tax", "input", v[inputTax]},
		{"adjustments", "adjustment", "", v[adjustments]},
		{"withholding tax", "tax", "withheld", v[withholding]},
	} {
		l.what, l.kind, l.taxKind, l.amount = change.what, change.kind, change.taxKind, change.amount
		if err := p.row(l); err != nil {
			return err
		}
	}
	if v[proceeds] == 0 {
		if v[totalOwed] != 0 {
			p.Note("%s: %s isn't paid: Apple owes %s %s on", lex.Place(p.Name, line), name, pipeline.Amount(v[totalOwed]), m[2])
		}
		l.what, l.kind, l.taxKind, l.amount = "carried forward", "carried", "", -v[totalOwed]
		return p.row(l)
	}
	if bank == "" {
		return p.Refuse(line, "proceeds of %s without the currency of the bank account", name).WithHint(compareHint)
	}
	paid := p.paid[bank]
	paid.Add(v[proceeds])
	p.paid[bank] = paid
	if m[2] == bank && v[totalOwed] == v[proceeds] {
		return nil
	}
	l.what, l.kind, l.taxKind, l.amount, l.otherCurrency, l.otherAmount = "changed", "conversion", "", -v[totalOwed], bank, -v[proceeds]
	if err := p.row(l); err != nil {
		return err
	}
	l.what, l.currency, l.amount, l.otherCurrency, l.otherAmount = "proceeds", bank, v[proceeds], m[2], v[totalOwed]
	return p.row(l)
}

// amounts reads a region's amounts. One that is not there is 0; a subtotal, what
// was earned and carried over.
func (p *applePayments) amounts(line int64, name string, cells []string) (v [len(summaryColumns)]int64, err error) {
	for i, column := range summaryColumns {
		text := published.Ungroup(p.columns.Cell(cells, column), ",")
		if text == "" && i != earned && i != totalOwed {
			continue
		}
		var code pipeline.Code
		if v[i], code = published.AmountOf(text); code != pipeline.CodeOK {
			first, _, _ := strings.Cut(column, "|")
			return v, p.Refuse(line, "%s of %s is %q, not an amount", first, name, lex.Cut80([]byte(text))).WithHint(compareHint)
		}
	}
	if p.columns.Cell(cells, "pre-tax subtotal") == "" {
		v[subtotal] = v[earned] + v[balance]
	}
	return v, nil
}

// carriedOver gives what a region was owed from before: the subtotal's part that
// wasn't earned in the month, and the balance where the subtotal leaves it out.
// False says that the total owed adds up with neither.
func carriedOver(v [len(summaryColumns)]int64) (carried int64, ok bool) {
	carried = v[subtotal] - v[earned]
	others := v[earned] + v[inputTax] + v[adjustments] + v[withholding]
	if others+carried != v[totalOwed] && others+carried+v[balance] == v[totalOwed] {
		carried += v[balance]
	}
	return carried, others+carried == v[totalOwed]
}

// summaryLine is a row of a summary.
type summaryLine struct {
	line                    int64
	region, what            string
	kind, taxKind           string
	currency, otherCurrency string
	amount, otherAmount     int64
}

// row makes a row; one of nothing is left out.
func (p *applePayments) row(l summaryLine) error {
	if l.amount == 0 && l.otherAmount == 0 {
		return nil
	}
	if err := p.Out.Begin(l.line); err != nil {
		return err
	}
	p.Out.Set("line_id", p.ids.ID("apple-payment-"+p.month, l.region, l.what))
	p.Out.Set("channel", pipeline.ChannelApple)
	p.Out.Set("report_id", "apple-payment-"+p.month)
	p.Out.Set("kind", l.kind)
	gross := l.amount
	if l.kind == "tax" {
		p.Out.SetAmount("tax_amount", l.amount)
		p.Out.Set("tax_kind", l.taxKind)
		gross = 0
	}
	p.Out.SetAmount("gross_amount", gross)
	p.Out.SetAmount("net_amount", l.amount)
	p.Out.Set("currency", l.currency)
	if l.otherCurrency != "" {
		p.Out.Set("customer_currency", l.otherCurrency)
		p.Out.SetAmount("customer_amount", l.otherAmount)
	}
	p.Out.SetMicros("covers_from", p.from)
	p.Out.SetMicros("covers_to", p.to)
	return p.Out.End()
}

// footer finds the sum that was paid, and to which account.
func (p *applePayments) footer(line int64, cells []string) error {
	for _, cell := range cells {
		cell = strings.TrimSpace(cell)
		if account, ok := strings.CutPrefix(cell, "Paid "); ok {
			if err := p.CheckAccount(line, strings.TrimPrefix(account, "to ")); err != nil {
				return err
			}
			continue
		}
		m := sumPaid.FindStringSubmatch(cell)
		if m == nil && (regionCurrency.MatchString(cell) || strings.ContainsAny(cell, "0123456789")) {
			return p.Refuse(line, "beside the sums paid: %q", lex.Cut80([]byte(strings.Join(cells, ",")))).WithHint(compareHint)
		}
		if m == nil {
			continue
		}
		amount, code := published.AmountOf(published.Ungroup(m[1], ","))
		if code != pipeline.CodeOK {
			return p.Refuse(line, "the sum paid is %q, not an amount", lex.Cut80([]byte(cell))).WithHint(compareHint)
		}
		if _, twice := p.said[m[2]]; twice {
			return p.Refuse(line, "a second sum paid in %s", m[2]).WithHint(compareHint)
		}
		p.said[m[2]], p.saidAt[m[2]] = amount, line
	}
	return nil
}

// check compares the sums paid with the regions, and makes their rows: the bank
// receives one sum in a currency, whatever the regions.
func (p *applePayments) check(lines int64) error {
	if p.columns.Names == nil {
		return p.Refuse(lines, "the summary ends before its columns").WithHint("download it again")
	}
	var currencies []string
	for c := range p.paid {
		currencies = append(currencies, c)
	}
	for c := range p.said {
		currencies = append(currencies, c)
	}
	slices.Sort(currencies)
	for _, c := range slices.Compact(currencies) {
		have := pipeline.DecimalText(p.paid[c].Big(), pipeline.AmountDigits)
		said, ok := p.said[c]
		if !ok && have == "0" {
			continue
		}
		if !ok {
			return p.Refuse(lines, "the summary ends without the sum paid in %s: a part of it is missing", c).WithHint(compareHint)
		}
		if want := pipeline.Amount(said).String(); want != have {
			return p.Refuse(lines, "the report's own total doesn't match its lines: proceeds in %s: expected %s, actual %s", c, want, have).
				WithHint(compareHint)
		}
		if err := p.row(summaryLine{line: p.saidAt[c], region: c, what: "paid", kind: "payout", currency: c, amount: -said}); err != nil {
			return err
		}
	}
	return nil
}
