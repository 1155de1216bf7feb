package feed

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
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
	quantity, share, price := c.cell(cells, "quantity"), c.cell(cells, "extended partner share"), c.cell(cells, "customer price")
	l.country, l.shareCurrency, l.buyerCurrency = c.cell(cells, appleCountry), c.cell(cells, "partner share currency"), c.cell(cells, "customer currency")
	var codes [3]pipeline.Code
	l.quantity, codes[0] = wholeOf(quantity)
	l.share, codes[1] = amountOf(share)
	if l.hasPrice = price != ""; l.hasPrice {
		l.price, codes[2] = amountOf(price)
	}
	returned := c.cell(cells, appleSaleOrReturn)
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
	return l, pipeline.Fault{}
}

// put fills in a row what both layouts share. The customer's price includes
// tax; what of it is tax and what is Apple's commission, the report doesn't say.
func (a *appleReport) put(l appleLine, cells []string) {
	a.out.set("channel", pipeline.ChannelApple)
	a.out.set("kind", l.kind)
	sku := a.columns.cell(cells, appleSKU)
	if sku == "" {
		sku = a.columns.cell(cells, appleIdentifier)
	}
	a.out.set("sku", sku)
	a.out.set("country", l.country)
	a.out.set("quantity", string(pipeline.AppendDecimal(nil, l.quantity, 0)))
	a.out.setAmount("net_amount", l.share)
	a.out.set("currency", l.shareCurrency)
	gross := l.share
	if l.hasPrice && l.buyerCurrency != "" {
		paid, fits := times(abs(l.price), l.quantity)
		if !fits {
			paid = pipeline.DecimalMax + 1 // more than the column holds: the row is rejected for it
		}
		a.out.set("customer_currency", l.buyerCurrency)
		a.out.setAmount("customer_amount", paid)
		if l.buyerCurrency == l.shareCurrency {
			gross = paid
		}
	}
	a.out.setAmount("gross_amount", gross)
}

// identity gives what tells one line of a report from another: all cells that
// don't count units or money, by name, so that neither the order of the columns
// nor a new one that is empty changes an id.
func (a *appleReport) identity(cells []string) []string {
	return identity(a.columns, cells, "quantity", "extended partner share")
}

func (a *appleReport) financialRow(line int64, cells []string) error {
	l, f := a.line(line, cells)
	start, startOK := appleDate(a.columns.cell(cells, "start date"))
	end, endOK := appleDate(a.columns.cell(cells, "end date"))
	switch {
	case f.Code != pipeline.CodeOK:
	case !startOK:
		f = pipeline.Fault{Column: "covers_from", Code: pipeline.CodeBadTime, Value: a.columns.cell(cells, "start date"), Expected: "a day like 10/31/2026 in Start Date"}
	case !endOK:
		f = pipeline.Fault{Column: "covers_to", Code: pipeline.CodeBadTime, Value: a.columns.cell(cells, "end date"), Expected: "a day like 10/31/2026 in End Date"}
	case end.Before(start):
		f = pipeline.Fault{Column: "covers_to", Code: pipeline.CodeOutOfRange, Value: a.columns.cell(cells, "end date"), Expected: "a day not before Start Date"}
	}
	if f.Code != pipeline.CodeOK {
		return a.out.reject(line, f.Column, f.Code, f.Value, f.Expected)
	}
	if err := a.out.begin(line); err != nil {
		return err
	}
	from, to := daySpan(start, end, a.zone)
	a.out.set("line_id", a.ids.id("apple-"+end.Format("20060102"), a.identity(cells)...))
	a.out.set("report_id", "apple-"+start.Format("20060102")+"-"+end.Format("20060102")+"-"+l.shareCurrency)
	a.put(l, cells)
	a.out.setMicros("covers_from", from)
	a.out.setMicros("covers_to", to)
	return a.out.end()
}

// countryRow compares a line of the table behind the totals with the lines.
func (a *appleReport) countryRow(line int64, cells []string) error {
	quantity, qc := wholeOf(a.columns.cell(cells, "quantity"))
	share, sc := amountOf(a.columns.cell(cells, "extended partner share"))
	if qc != pipeline.CodeOK || sc != pipeline.CodeOK || !a.columns.fits(cells) {
		return a.refuse(line, "a line of the table of countries that can't be read: %q", cut80([]byte(strings.Join(cells, " ")))).WithHint("download the report again")
	}
	key := a.columns.cell(cells, appleCountry) + " " + a.columns.cell(cells, "partner share currency")
	have := a.perCountry[key]
	delete(a.perCountry, key)
	if h, w := have[0].Big().String(), string(pipeline.AppendDecimal(nil, quantity, 0)); h != w {
		return a.refuse(line, "the table of countries doesn't match the lines: quantity of %s: expected %s, actual %s", key, w, h).WithHint("download the report again")
	}
	if h, w := pipeline.DecimalText(have[1].Big(), pipeline.AmountDigits), pipeline.Amount(share).String(); h != w {
		return a.refuse(line, "the table of countries doesn't match the lines: extended partner share of %s: expected %s, actual %s", key, w, h).WithHint("download the report again")
	}
	return nil
}

// vendorName is how Apple names a report's file: vendor, month and region.
var vendorName = regexp.MustCompile(`^([0-9]{4,12})_[0-9]{4}_[A-Z]`)

// checkVendor refuses a report of another vendor, which only the name says.
func (r *report) checkVendor() error {
	if m := vendorName.FindStringSubmatch(r.name); m != nil {
		return r.checkAccount(0, m[1])
	}
	return nil
}

// checkAccount refuses a report of an account that is not ours. account is
// what the report calls it; "" if it doesn't.
func (r *report) checkAccount(line int64, account string) error {
	if account == "" || len(r.settings.Accounts) == 0 || slices.Contains(r.settings.Accounts, account) {
		return nil
	}
	return r.refuse(line, "a report of the account %q, and carat.yaml takes those of %s", columnName([]byte(account)), strings.Join(r.settings.Accounts, ", ")).
		WithHint("is this the right file? else add it to feeds: %s: accounts", r.feed)
}
