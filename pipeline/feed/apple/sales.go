package apple

import (
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/published"
)

// salesIdentity are the columns that a line's id is made of: those of the header
// of 28 columns but for the units.
var salesIdentity = []string{
	"provider", "provider country", "sku|vendor identifier", "developer|developer name", "title", "version", appleProductType, "developer proceeds", "begin date",
	"end date", "customer currency", "country code", "currency of proceeds", appleIdentifier, "customer price", "promo code",
	"parent identifier", "subscription", "period", "category", "cmb", "device", "supported platforms", "proceeds reason",
	"preserved pricing", "client", "order type",
}

// readAppleSales reads a sales summary: units by day, SKU, country and price.
// Its proceeds are estimates of one unit, so no money is taken from it: a row
// is an adjustment of zero that says how many units Apple counted on which
// days, for comparing with our own orders long before the fiscal month ends.
func readAppleSales(r *published.Report) error {
	recs := r.Records('\t', published.QuotesPlain)
	c, err := recs.Header("apple-sales")
	if err != nil {
		return err
	}
	if len(c.Names) < 2 {
		return resaved(r, recs.Line)
	}
	if err := c.Need(r, recs.Line, "provider", "sku", "units", "begin date", "end date", "customer currency", "country code", "customer price", "currency of proceeds"); err != nil {
		return err
	}
	r.Renamed(c, recs.Line, salesIdentity, "units")
	ids, zone := published.NewRowIDs(), published.Pacific()
	return recs.Each(c, func(cells []string) error {
		begin, end := c.Cell(cells, "begin date"), c.Cell(cells, "end date")
		first, firstOK := appleDate(begin)
		last, lastOK := appleDate(end)
		units, unitsCode := published.WholeOf(c.Cell(cells, "units"))
		price, priceCode := published.AmountOf(c.Cell(cells, "customer price"))
		var f pipeline.Fault
		switch {
		case unitsCode != pipeline.CodeOK:
			f = pipeline.Fault{Column: "quantity", Code: unitsCode, Value: c.Cell(cells, "units"), Expected: "a whole number in Units"}
		case priceCode != pipeline.CodeOK:
			f = pipeline.Fault{Column: "customer_amount", Code: priceCode, Value: c.Cell(cells, "customer price"), Expected: "a decimal with a point in Customer Price"}
		case !firstOK:
			f = pipeline.Fault{Column: "covers_from", Code: pipeline.CodeBadTime, Value: begin, Expected: "a day like 10/31/2026 in Begin Date"}
		case !lastOK || last.Before(first):
			f = pipeline.Fault{Column: "covers_to", Code: pipeline.CodeBadTime, Value: end, Expected: "a day like 10/31/2026 in End Date, not before Begin Date"}
		}
		if f.Code != pipeline.CodeOK {
			return r.Out.Reject(recs.Line, f.Column, f.Code, f.Value, f.Expected)
		}
		if err := r.Out.Begin(recs.Line); err != nil {
			return err
		}
		from, to := daySpan(first, last, zone)
		paid, fits := published.Times(published.Abs(price), units)
		if !fits {
			paid = pipeline.DecimalMax + 1
		}
		currency := c.Cell(cells, "currency of proceeds")
		if currency == "" {
			currency = c.Cell(cells, "customer currency") // free downloads have none
		}
		r.Out.Set("line_id", ids.ID("apple-sales-"+first.Format("20060102"), published.Identity(c, cells, salesIdentity, nil)...))
		r.Out.Set("channel", pipeline.ChannelApple)
		r.Out.Set("report_id", "apple-sales-"+strings.TrimSuffix(first.Format("20060102")+"-"+last.Format("20060102"), "-"+first.Format("20060102")))
		r.Out.Set("sku", c.Cell(cells, "sku"))
		r.Out.Set("country", c.Cell(cells, "country code"))
		r.Out.Set("kind", "adjustment")
		r.Out.Set("quantity", c.Cell(cells, "units"))
		r.Out.SetAmount("gross_amount", 0)
		r.Out.SetAmount("net_amount", 0)
		r.Out.Set("currency", currency)
		r.Out.Set("customer_currency", c.Cell(cells, "customer currency"))
		r.Out.SetAmount("customer_amount", paid)
		r.Out.SetMicros("covers_from", from)
		r.Out.SetMicros("covers_to", to)
		return r.Out.End()
	})
}
