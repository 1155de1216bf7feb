package google

import (
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/published"
)

// readGoogleSales reads the estimated sales report: an order, or the refund of
// one, on each line. It gives purchases for a platform that has no own record
// of them. The report doesn't know the coins of a SKU, which the configuration
// says, nor the buyer: each order is a viewer of its own.
func readGoogleSales(r *published.Report) error {
	recs := r.Records(',', published.QuotesStrict)
	c, err := recs.Header("google-sales")
	if err != nil {
		return err
	}
	if len(c.Names) == 1 {
		return r.Respaced(recs.Line)
	}
	if err := c.Need(r, recs.Line, "order number", "order charged date", "order charged timestamp", "financial status", googleSKU, googleSaleCurrency, "charged amount"); err != nil {
		return err
	}
	if len(r.Settings.SKUCoins) == 0 {
		return r.Refuse(0, "a sales report of Google Play, which doesn't say how many coins a SKU has").
			WithHint("if your own orders are not in another feed, list the SKUs in carat.yaml: feeds: %s: sku_coins: {coins_100: 100}; if they are, leave this report out", r.Feed)
	}
	return recs.Each(c, func(cells []string) error { return googleSale(r, recs.Line, c, cells) })
}

const googleSaleCurrency = "currency of sale|buyer currency"

// googleSale makes a purchase. A refund repeats the amounts of its order as
// positive ones, or as negative ones: the status is the sign.
func googleSale(r *published.Report, line int64, c published.Columns, cells []string) error {
	if err := r.CheckAccount(line, c.Cell(cells, googlePackage)); err != nil {
		return err
	}
	order, status, sku := c.Cell(cells, "order number"), c.Cell(cells, "financial status"), c.Cell(cells, googleSKU)
	stamp := c.Cell(cells, "order charged timestamp")
	coins, known := r.Settings.SKUCoins[sku]
	seconds, secondsCode := published.WholeOf(stamp)
	text := [2]string{published.Ungroup(c.Cell(cells, "charged amount"), ","), published.Ungroup(c.Cell(cells, "taxes collected"), ",")}
	charged, chargedCode := published.AmountOf(text[0])
	var tax int64
	taxCode := pipeline.CodeOK
	if text[1] != "" {
		tax, taxCode = published.AmountOf(text[1])
	}
	kind := map[string]string{"charged": "purchase", "refund": "refund"}[published.FoldName(status)]
	var f pipeline.Fault
	switch {
	case kind == "":
		f = pipeline.Fault{Column: "kind", Code: pipeline.CodeUnknownValue, Value: status, Expected: "Charged or Refund in Financial Status; of a partial refund the coins can't be known"}
	case !known:
		f = pipeline.Fault{Column: "coins", Code: pipeline.CodeUnknownValue, Value: sku, Expected: "a SKU that feeds: " + r.Feed + ": sku_coins in carat.yaml has"}
	case chargedCode != pipeline.CodeOK:
		f = pipeline.Fault{Column: "gross_amount", Code: chargedCode, Value: text[0], Expected: "a decimal with a point in Charged Amount"}
	case kind == "purchase" && charged < 0:
		f = pipeline.Fault{Column: "gross_amount", Code: pipeline.CodeNegative, Value: text[0], Expected: "an amount that is not below zero, as of what was Charged"}
	case taxCode == pipeline.CodeOK && tax != 0 && charged != 0 && (tax < 0) != (charged < 0):
		f = pipeline.Fault{Column: "tax_amount", Code: pipeline.CodeNegative, Value: text[1], Expected: "taxes on the same side of zero as Charged Amount"}
	case taxCode != pipeline.CodeOK:
		f = pipeline.Fault{Column: "tax_amount", Code: taxCode, Value: text[1], Expected: "a decimal with a point in Taxes Collected"}
	case secondsCode != pipeline.CodeOK || seconds < 0 || seconds > 1e11:
		f = pipeline.Fault{Column: "purchased_at", Code: pipeline.CodeBadTime, Value: stamp, Expected: "seconds since 1970 in Order Charged Timestamp"}
	case order == "":
		f = pipeline.Fault{Column: "purchase_id", Code: pipeline.CodeMissing, Value: "", Expected: "the order's number in Order Number"}
	}
	if f.Code != pipeline.CodeOK {
		return r.Out.Reject(line, f.Column, f.Code, f.Value, f.Expected)
	}
	if err := r.Out.Begin(line); err != nil {
		return err
	}
	id := order
	if kind == "refund" {
		id = order + "-refund"
		r.Out.Set("original_purchase_id", order)
	}
	r.Out.Set("purchase_id", id)
	r.Out.Set("kind", kind)
	r.Out.Set("viewer_id", "google-"+order)
	r.Out.Set("channel", pipeline.ChannelGoogle)
	r.Out.Set("store_transaction_id", order)
	r.Out.Set("sku", sku)
	r.Out.Set("coins", strconv.FormatInt(coins, 10))
	r.Out.Set("currency", c.Cell(cells, googleSaleCurrency))
	r.Out.SetAmount("gross_amount", published.Abs(charged))
	r.Out.SetAmount("tax_amount", published.Abs(tax))
	r.Out.Set("country", strings.ToUpper(c.Cell(cells, "country of buyer|buyer country")))
	r.Out.SetMicros("purchased_at", time.Unix(seconds, 0).UnixMicro())
	return r.Out.End()
}
