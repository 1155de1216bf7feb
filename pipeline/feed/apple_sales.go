package feed

import (
	"strings"

	"carat/pipeline"
)

// readAppleSales reads a sales summary: units by day, SKU, country and price.
// Its proceeds are estimates of one unit, so no money is taken from it: a row
// is an adjustment of zero that says how many units Apple counted on which
// days, for comparing with our own orders long before the fiscal month ends.
func readAppleSales(r *report) error {
	recs := r.records('\t', quotesPlain)
	c, err := recs.header("apple-sales")
	if err != nil {
		return err
	}
	if len(c.names) < 2 {
		return r.resaved(recs.line)
	}
	if err := c.need(r, recs.line, "provider", "sku", "units", "begin date", "end date", "customer currency", "country code", "customer price", "currency of proceeds"); err != nil {
		return err
	}
	ids, zone := newRowIDs(), pacificZone()
	return recs.each(c, func(cells []string) error {
		begin, end := c.cell(cells, "begin date"), c.cell(cells, "end date")
		first, firstOK := appleDate(begin)
		last, lastOK := appleDate(end)
		units, unitsCode := wholeOf(c.cell(cells, "units"))
		price, priceCode := amountOf(c.cell(cells, "customer price"))
		var f pipeline.Fault
		switch {
		case unitsCode != pipeline.CodeOK:
			f = pipeline.Fault{Column: "quantity", Code: unitsCode, Value: c.cell(cells, "units"), Expected: "a whole number in Units"}
		case priceCode != pipeline.CodeOK:
			f = pipeline.Fault{Column: "customer_amount", Code: priceCode, Value: c.cell(cells, "customer price"), Expected: "a decimal with a point in Customer Price"}
		case !firstOK:
			f = pipeline.Fault{Column: "covers_from", Code: pipeline.CodeBadTime, Value: begin, Expected: "a day like 10/31/2026 in Begin Date"}
		case !lastOK || last.Before(first):
			f = pipeline.Fault{Column: "covers_to", Code: pipeline.CodeBadTime, Value: end, Expected: "a day like 10/31/2026 in End Date, not before Begin Date"}
		}
		if f.Code != pipeline.CodeOK {
			return r.out.reject(recs.line, f.Column, f.Code, f.Value, f.Expected)
		}
		if err := r.out.begin(recs.line); err != nil {
			return err
		}
		from, to := daySpan(first, last, zone)
		paid, fits := times(abs(price), units)
		if !fits {
			paid = pipeline.DecimalMax + 1
		}
		currency := c.cell(cells, "currency of proceeds")
		if currency == "" {
			currency = c.cell(cells, "customer currency") // free downloads have none
		}
		r.out.set("line_id", ids.id("apple-sales-"+first.Format("20060102"), identity(c, cells, "units")...))
		r.out.set("channel", pipeline.ChannelApple)
		r.out.set("report_id", "apple-sales-"+strings.TrimSuffix(first.Format("20060102")+"-"+last.Format("20060102"), "-"+first.Format("20060102")))
		r.out.set("sku", c.cell(cells, "sku"))
		r.out.set("country", c.cell(cells, "country code"))
		r.out.set("kind", "adjustment")
		r.out.set("quantity", c.cell(cells, "units"))
		r.out.setAmount("gross_amount", 0)
		r.out.setAmount("net_amount", 0)
		r.out.set("currency", currency)
		r.out.set("customer_currency", c.cell(cells, "customer currency"))
		r.out.setAmount("customer_amount", paid)
		r.out.setMicros("covers_from", from)
		r.out.setMicros("covers_to", to)
		return r.out.end()
	})
}
