package feed

import (
	"strconv"
	"strings"
	"time"
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
	if len(r.opts.SKUCoins) == 0 {
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
	coins, known := r.opts.SKUCoins[sku]
	seconds, secondsCode := wholeOf(stamp)
	text := [2]string{ungroup(c.cell(cells, "charged amount"), ","), ungroup(c.cell(cells, "taxes collected"), ",")}
	charged, chargedCode := amountOf(text[0])
	var tax int64
	taxCode := codeOK
	if text[1] != "" {
		tax, taxCode = amountOf(text[1])
	}
	kind := map[string]string{"charged": "purchase", "refund": "refund"}[foldName(status)]
	var f fault
	switch {
	case kind == "":
		f = fault{"kind", CodeUnknownValue, status, "Charged or Refund in Financial Status; of a partial refund the coins can't be known"}
	case !known:
		f = fault{"coins", CodeUnknownValue, sku, "a SKU that feeds: " + r.feed + ": sku_coins in carat.yaml has"}
	case chargedCode != codeOK:
		f = fault{"gross_amount", chargedCode, text[0], "a decimal with a point in Charged Amount"}
	case taxCode != codeOK:
		f = fault{"tax_amount", taxCode, text[1], "a decimal with a point in Taxes Collected"}
	case secondsCode != codeOK || seconds < 0 || seconds > 1e11:
		f = fault{"purchased_at", CodeBadTime, stamp, "seconds since 1970 in Order Charged Timestamp"}
	case order == "":
		f = fault{"purchase_id", CodeMissing, "", "the order's number in Order Number"}
	}
	if f.code != codeOK {
		return r.out.reject(line, f.column, f.code, f.value, f.expected)
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
	r.out.set("channel", channelGoogle)
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
