package feed

import (
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
)

// readGoogleSales reads the estimated sales report: an order, or the refund of
// one, on each line. It gives purchases for a platform that has no own record
// of them. The report doesn't know the coins of a SKU, which the configuration
// says, nor the buyer: each order is a viewer of its own.
func readGoogleSales(r *report) error {
	recs := r.records(',', quotesStrict)
	c, err := recs.header("google-sales")
	if err != nil {
		return err
	}
	if len(c.names) == 1 {
		return r.respaced(recs.line)
	}
	if err := c.need(r, recs.line, "order number", "order charged date", "order charged timestamp", "financial status", googleSKU, googleSaleCurrency, "charged amount"); err != nil {
		return err
	}
	if len(r.settings.SKUCoins) == 0 {
		return r.refuse(0, "a sales report of Google Play, which doesn't say how many coins a SKU has").
			WithHint("if your own orders are not in another feed, list the SKUs in carat.yaml: feeds: %s: sku_coins: {coins_100: 100}; if they are, leave this report out", r.feed)
	}
	return recs.each(c, func(cells []string) error { return r.googleSale(recs.line, c, cells) })
}

const googleSaleCurrency = "currency of sale|buyer currency"

// googleSale makes a purchase. A refund repeats the amounts of its order as
// positive ones, or as negative ones: the status is the sign.
func (r *report) googleSale(line int64, c columns, cells []string) error {
	if err := r.checkAccount(line, c.cell(cells, googlePackage)); err != nil {
		return err
	}
	order, status, sku := c.cell(cells, "order number"), c.cell(cells, "financial status"), c.cell(cells, googleSKU)
	stamp := c.cell(cells, "order charged timestamp")
	coins, known := r.settings.SKUCoins[sku]
	seconds, secondsCode := wholeOf(stamp)
	text := [2]string{ungroup(c.cell(cells, "charged amount"), ","), ungroup(c.cell(cells, "taxes collected"), ",")}
	charged, chargedCode := amountOf(text[0])
	var tax int64
	taxCode := pipeline.CodeOK
	if text[1] != "" {
		tax, taxCode = amountOf(text[1])
	}
	kind := map[string]string{"charged": "purchase", "refund": "refund"}[foldName(status)]
	var f pipeline.Fault
	switch {
	case kind == "":
		f = pipeline.Fault{Column: "kind", Code: pipeline.CodeUnknownValue, Value: status, Expected: "Charged or Refund in Financial Status; of a partial refund the coins can't be known"}
	case !known:
		f = pipeline.Fault{Column: "coins", Code: pipeline.CodeUnknownValue, Value: sku, Expected: "a SKU that feeds: " + r.feed + ": sku_coins in carat.yaml has"}
	case chargedCode != pipeline.CodeOK:
		f = pipeline.Fault{Column: "gross_amount", Code: chargedCode, Value: text[0], Expected: "a decimal with a point in Charged Amount"}
	case taxCode != pipeline.CodeOK:
		f = pipeline.Fault{Column: "tax_amount", Code: taxCode, Value: text[1], Expected: "a decimal with a point in Taxes Collected"}
	case secondsCode != pipeline.CodeOK || seconds < 0 || seconds > 1e11:
		f = pipeline.Fault{Column: "purchased_at", Code: pipeline.CodeBadTime, Value: stamp, Expected: "seconds since 1970 in Order Charged Timestamp"}
	case order == "":
		f = pipeline.Fault{Column: "purchase_id", Code: pipeline.CodeMissing, Value: "", Expected: "the order's number in Order Number"}
	}
	if f.Code != pipeline.CodeOK {
		return r.out.reject(line, f.Column, f.Code, f.Value, f.Expected)
	}
	if err := r.out.begin(line); err != nil {
		return err
	}
	id := order
	if kind == "refund" {
		id = order + "-refund"
		r.out.set("original_purchase_id", order)
	}
	r.out.set("purchase_id", id)
	r.out.set("kind", kind)
	r.out.set("viewer_id", "google-"+order)
	r.out.set("channel", pipeline.ChannelGoogle)
	r.out.set("store_transaction_id", order)
	r.out.set("sku", sku)
	r.out.set("coins", strconv.FormatInt(coins, 10))
	r.out.set("currency", c.cell(cells, googleSaleCurrency))
	r.out.setAmount("gross_amount", abs(charged))
	r.out.setAmount("tax_amount", abs(tax))
	r.out.set("country", strings.ToUpper(c.cell(cells, "country of buyer|buyer country")))
	r.out.setMicros("purchased_at", time.Unix(seconds, 0).UnixMicro())
	return r.out.end()
}
