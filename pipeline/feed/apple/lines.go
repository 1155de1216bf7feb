package apple

import (
	"regexp"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// appleDate reads MM/DD/YYYY.
func appleDate(text string) (time.Time, bool) {
	t, err := time.Parse("01/02/2006", text)
	return t, err == nil
}

// appleLine is one line of a financial report, its numbers read.
type appleLine struct {
	kind          string
	quantity      int64
	share         int64 // extended partner share: what Apple owes
	price         int64
	hasPrice      bool
	country       string
	shareCurrency string
	buyerCurrency string
}

// line reads what both layouts share. A fault with a code says what is wrong.
func (a *appleReport) line(line int64, cells []string) (l appleLine, f pipeline.Fault) {
	c := a.columns
	quantity, share, price := c.Cell(cells, "quantity"), c.Cell(cells, "extended partner share"), c.Cell(cells, "customer price")
	l.country, l.shareCurrency, l.buyerCurrency = c.Cell(cells, appleCountry), c.Cell(cells, "partner share currency"), c.Cell(cells, "customer currency")
	var codes [3]pipeline.Code
	l.quantity, codes[0] = published.WholeOf(quantity)
	l.share, codes[1] = published.AmountOf(share)
	if l.hasPrice = price != ""; l.hasPrice {
		l.price, codes[2] = published.AmountOf(price)
	}
	returned := c.Cell(cells, appleSaleOrReturn)
	if codes[0] != pipeline.CodeOK || codes[1] != pipeline.CodeOK {
		a.lost(line)
	} else {
		a.amount.Add(l.share)
		if returned != "R" {
			a.units.Add(l.quantity)
		}
		key := l.country + " " + l.shareCurrency
		sums := a.perCountry[key]
		sums[0].Add(l.quantity)
		sums[1].Add(l.share)
		a.perCountry[key] = sums
	}
	switch {
	case codes[0] != pipeline.CodeOK:
		return l, pipeline.Fault{Column: "quantity", Code: codes[0], Value: quantity, Expected: "a whole number in Quantity"}
	case codes[1] != pipeline.CodeOK:
		return l, pipeline.Fault{Column: "net_amount", Code: codes[1], Value: share, Expected: "a decimal with a point in Extended Partner Share"}
	case codes[2] != pipeline.CodeOK:
		return l, pipeline.Fault{Column: "customer_amount", Code: codes[2], Value: price, Expected: "a decimal with a point in Customer Price"}
	}
	switch returned {
	case "S":
		l.kind = "sale"
	case "R":
		l.kind = "refund"
	default:
		return l, pipeline.Fault{Column: "kind", Code: pipeline.CodeUnknownValue, Value: returned, Expected: "S or R in Sale or Return"}
	}
	return l, l.contradicts(quantity, share)
}

// contradicts says whether a line's signs are not those of what it says it is: a
// return has both its quantity and its share below zero, a sale neither.
func (l appleLine) contradicts(quantity, share string) pipeline.Fault {
	expected := "a sale (S), whose Quantity and Extended Partner Share are not below zero"
	wrong := l.quantity < 0 || l.share < 0
	if l.kind == "refund" {
		expected = "a return (R), whose Quantity and Extended Partner Share are not above zero"
		wrong = l.quantity > 0 || l.share > 0
	}
	switch {
	case !wrong:
		return pipeline.Fault{}
	case l.share == 0 || (l.share < 0) != (l.kind == "refund"):
		return pipeline.Fault{Column: "net_amount", Code: pipeline.CodeOutOfRange, Value: share, Expected: expected}
	}
	return pipeline.Fault{Column: "quantity", Code: pipeline.CodeOutOfRange, Value: quantity, Expected: expected}
}

// put fills in a row what both layouts share. The customer's price includes
// tax; what of it is tax and what is Apple's commission, the report doesn't say.
func (a *appleReport) put(l appleLine, cells []string) {
	a.Out.Set("channel", pipeline.ChannelApple)
	a.Out.Set("kind", l.kind)
	sku := a.columns.Cell(cells, appleSKU)
	if sku == "" {
		sku = a.columns.Cell(cells, appleIdentifier)
	}
	a.Out.Set("sku", sku)
	a.Out.Set("country", l.country)
	a.Out.Set("quantity", string(pipeline.AppendDecimal(nil, l.quantity, 0)))
	a.Out.SetAmount("net_amount", l.share)
	a.Out.Set("currency", l.shareCurrency)
	gross := l.share
	if l.hasPrice && l.buyerCurrency != "" {
		paid, fits := published.Times(published.Abs(l.price), l.quantity)
		if !fits {
			paid = pipeline.DecimalMax + 1 // more than the column holds: the row is rejected for it
		}
		a.Out.Set("customer_currency", l.buyerCurrency)
		a.Out.SetAmount("customer_amount", paid)
		if l.buyerCurrency == l.shareCurrency {
			gross = paid
		}
	}
	a.Out.SetAmount("gross_amount", gross)
}

// The columns that a line's id is made of, each by the name of the header of
// 2014 and 2020: all that don't count units or money.
var (
	financialIdentity = []string{
		"start date", "end date", "upc", "isrc/isbn", appleSKU, "partner share", "partner share currency", "sales or return|sale or return",
		appleIdentifier, "artist/show/developer/author|developer name|developer", "title", "label/studio/network/developer/publisher", "grid",
		appleProductType, "isan/other identifier", appleCountry, "pre-order flag", "promo code", "customer price", "customer currency",
	}
	detailIdentity = []string{
		"transaction date", "settlement date", appleIdentifier, "sku|vendor identifier", "title", "developer name|developer|artist/show/developer/author",
		appleProductType, appleCountry, "partner share", "partner share currency", "customer price", "customer currency",
		"sale or return|sales or return", "promo code", "order type", "region",
	}
)

// identity gives what tells one line of a report from another.
func (a *appleReport) identity(cells []string) []string {
	columns := financialIdentity
	if a.detail {
		columns = detailIdentity
	}
	return published.Identity(a.columns, cells, columns, nil)
}

func (a *appleReport) financialRow(line int64, cells []string) error {
	l, f := a.line(line, cells)
	start, startOK := appleDate(a.columns.Cell(cells, "start date"))
	end, endOK := appleDate(a.columns.Cell(cells, "end date"))
	switch {
	case f.Code != pipeline.CodeOK:
	case !startOK:
		f = pipeline.Fault{Column: "covers_from", Code: pipeline.CodeBadTime, Value: a.columns.Cell(cells, "start date"), Expected: "a day like 10/31/2026 in Start Date"}
	case !endOK:
		f = pipeline.Fault{Column: "covers_to", Code: pipeline.CodeBadTime, Value: a.columns.Cell(cells, "end date"), Expected: "a day like 10/31/2026 in End Date"}
	case end.Before(start):
		f = pipeline.Fault{Column: "covers_to", Code: pipeline.CodeOutOfRange, Value: a.columns.Cell(cells, "end date"), Expected: "a day not before Start Date"}
	}
	if f.Code != pipeline.CodeOK {
		return a.Out.Reject(line, f.Column, f.Code, f.Value, f.Expected)
	}
	if err := a.Out.Begin(line); err != nil {
		return err
	}
	from, to := daySpan(start, end, a.zone)
	noteOpening(a.Report, from, to)
	a.Out.Set("line_id", a.ids.ID("apple-"+end.Format("20060102"), a.identity(cells)...))
	a.Out.Set("report_id", "apple-"+start.Format("20060102")+"-"+end.Format("20060102")+"-"+l.shareCurrency)
	a.put(l, cells)
	a.Out.SetMicros("covers_from", from)
	a.Out.SetMicros("covers_to", to)
	return a.Out.End()
}

// countryRow compares a line of the table behind the totals with the lines.
func (a *appleReport) countryRow(line int64, cells []string) error {
	quantity, qc := published.WholeOf(a.columns.Cell(cells, "quantity"))
	share, sc := published.AmountOf(a.columns.Cell(cells, "extended partner share"))
	if qc != pipeline.CodeOK || sc != pipeline.CodeOK || !a.columns.Fits(cells) {
		return a.Refuse(line, "a line of the table of countries that can't be read: %q", lex.Cut80([]byte(strings.Join(cells, " ")))).WithHint(compareHint)
	}
	key := a.columns.Cell(cells, appleCountry) + " " + a.columns.Cell(cells, "partner share currency")
	have := a.perCountry[key]
	delete(a.perCountry, key)
	if h, w := have[0].Big().String(), string(pipeline.AppendDecimal(nil, quantity, 0)); h != w {
		return a.Refuse(line, "the table of countries doesn't match the lines: quantity of %s: expected %s, actual %s", key, w, h).WithHint(compareHint)
	}
	if h, w := pipeline.DecimalText(have[1].Big(), pipeline.AmountDigits), pipeline.Amount(share).String(); h != w {
		return a.Refuse(line, "the table of countries doesn't match the lines: extended partner share of %s: expected %s, actual %s", key, w, h).WithHint(compareHint)
	}
	return nil
}

// vendorName is how Apple names a report's file: vendor, month and region.
var vendorName = regexp.MustCompile(`^([0-9]{4,12})_[0-9]{4}_[A-Z]`)

// checkVendor refuses a report of another vendor, which only the name says.
func checkVendor(r *published.Report) error {
	if m := vendorName.FindStringSubmatch(r.Name); m != nil {
		return r.CheckAccount(0, m[1])
	}
	return nil
}
