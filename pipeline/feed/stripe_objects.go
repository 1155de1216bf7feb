package feed

import (
	"strings"

	"carat/pipeline"
)

// minorAmount reads an API amount of a currency in millionths.
func minorAmount(text string, digits int) (int64, pipeline.Code) {
	units, code := wholeOf(text)
	if code != pipeline.CodeOK {
		return 0, code
	}
	scale := int64(1)
	for range pipeline.AmountDigits - digits {
		scale *= 10
	}
	v, fits := times(units, scale)
	if !fits {
		return 0, pipeline.CodeOutOfRange
	}
	return v, pipeline.CodeOK
}

// readStripeBalance reads exported balance transactions of the API: amounts are
// whole numbers of the smallest unit, times are UTC.
func readStripeBalance(r *report) error {
	recs, c, err := r.stripeHeader("stripe-balance", "id", "amount", "created", "currency", "fee", "net", "type")
	if err != nil {
		return err
	}
	return recs.each(c, func(cells []string) error {
		if err := r.checkAccount(recs.line, c.cell(cells, "connected_account_id|account")); err != nil {
			return err
		}
		kind := c.cell(cells, "reporting_category")
		l := stripeLine{
			id: c.cell(cells, "id"), kind: stripeCategories[kind], currency: strings.ToUpper(c.cell(cells, "currency")),
			created: c.cell(cells, "created"), available: c.cell(cells, "available_on"), zone: "Z",
			payout: c.cell(cells, "payout_id|automatic_payout_id"),
		}
		if l.kind == "" {
			kind = c.cell(cells, "type")
			l.kind = stripeTypes[kind]
		}
		if l.kind == "" {
			return r.out.reject(recs.line, "kind", pipeline.CodeUnknownValue, kind, "a type of balance transaction that carat knows")
		}
		source := c.cell(cells, "source")
		if stripeCharge.MatchString(source) {
			l.transaction = source
		}
		if l.kind == "payout" && l.payout == "" {
			l.payout = source
		}
		digits, ok := stripeDigits(l.currency)
		if !ok {
			return r.out.reject(recs.line, "currency", pipeline.CodeBadCurrency, l.currency, "a currency whose smallest unit is known")
		}
		text := [3]string{c.cell(cells, "amount"), c.cell(cells, "fee"), c.cell(cells, "net")}
		for i, into := range []*int64{&l.gross, &l.fee, &l.net} {
			var code pipeline.Code
			if *into, code = minorAmount(text[i], digits); code != pipeline.CodeOK {
				return r.out.reject(recs.line, [3]string{"gross_amount", "fee_amount", "net_amount"}[i], code, text[i], "a whole number of the smallest unit")
			}
		}
		return r.stripeRow(recs.line, l, text[2])
	})
}

// readStripePayouts reads exported payouts of the API: what was sent to the
// bank. Its line has the id of its balance transaction, so that the payout that
// a balance export has as well is not counted twice: it is a conflict.
func readStripePayouts(r *report) error {
	recs, c, err := r.stripeHeader("stripe-payouts", "id", "amount", "arrival_date", "created", "currency", "status")
	if err != nil {
		return err
	}
	return recs.each(c, func(cells []string) error {
		if err := r.checkAccount(recs.line, c.cell(cells, "connected_account_id|account")); err != nil {
			return err
		}
		status, currency := c.cell(cells, "status"), strings.ToUpper(c.cell(cells, "currency"))
		digits, ok := stripeDigits(currency)
		amount, code := minorAmount(c.cell(cells, "amount"), digits)
		kind := "payout"
		switch {
		case !ok:
			return r.out.reject(recs.line, "currency", pipeline.CodeBadCurrency, currency, "a currency whose smallest unit is known")
		case code != pipeline.CodeOK:
			return r.out.reject(recs.line, "gross_amount", code, c.cell(cells, "amount"), "a whole number of the smallest unit")
		case status == "failed", status == "canceled":
			kind, amount = "adjustment", 0 // the money never left
		case status != "paid" && status != "in_transit" && status != "pending":
			return r.out.reject(recs.line, "kind", pipeline.CodeUnknownValue, status, "paid, in_transit, pending, failed or canceled")
		}
		l := stripeLine{id: c.cell(cells, "balance_transaction_id"), kind: kind, currency: currency, gross: -amount, net: -amount,
			created: c.cell(cells, "created"), available: c.cell(cells, "arrival_date"), zone: "Z", payout: c.cell(cells, "id")}
		if l.id == "" {
			l.id = l.payout
		}
		return r.stripeRow(recs.line, l, "")
	})
}

// refuseStripeLinks refuses the table that ties payouts to balance
// transactions: it has no money in it.
func refuseStripeLinks(r *report) error {
	return r.refuse(1, "a table of links between payouts and balance transactions: it holds no amounts").
		WithHint("give the balance transactions, in which payout_id says the same")
}
