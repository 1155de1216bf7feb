package stripe

import (
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/published"
)

// minorAmount reads an API amount of a currency in millionths.
func minorAmount(text string, digits int) (int64, pipeline.Code) {
	units, code := published.WholeOf(text)
	if code != pipeline.CodeOK {
		return 0, code
	}
	scale := int64(1)
	for range pipeline.AmountDigits - digits {
		scale *= 10
	}
	v, fits := published.Times(units, scale)
	if !fits {
		return 0, pipeline.CodeOutOfRange
	}
	return v, pipeline.CodeOK
}

// readStripeBalance reads exported balance transactions of the API: amounts are
// whole numbers of the smallest unit, times are UTC.
func readStripeBalance(r *published.Report) error {
	recs, c, err := stripeHeader(r, "stripe-balance", "id", "amount", "created|created (utc)", "currency", "fee", "net", "type")
	if err != nil {
		return err
	}
	if c.Has(dashboardColumns...) {
		return readDashboard(r, recs, c)
	}
	return recs.Each(c, func(cells []string) error {
		if err := r.CheckAccount(recs.Line, c.Cell(cells, "connected_account_id|account")); err != nil {
			return err
		}
		kind := c.Cell(cells, "reporting_category")
		l := stripeLine{
			id: c.Cell(cells, "id"), kind: stripeKind(r, kind), currency: strings.ToUpper(c.Cell(cells, "currency")),
			created: c.Cell(cells, "created"), available: c.Cell(cells, "available_on"), zone: "Z",
			payout: c.Cell(cells, "payout_id|automatic_payout_id"),
		}
		if l.kind == "" {
			kind = c.Cell(cells, "type")
			l.kind = stripeKind(r, kind)
		}
		if l.kind == "" {
			return r.Out.Reject(recs.Line, "kind", pipeline.CodeUnknownValue, kind, "a type of balance transaction that carat knows"+r.KindHint(kind))
		}
		source := c.Cell(cells, "source")
		if stripeCharge.MatchString(source) {
			l.transaction = source
		}
		if l.kind == "payout" && l.payout == "" {
			l.payout = source
		}
		digits, ok := stripeDigits(l.currency, r.Settings.MinorDigits)
		if !ok {
			return r.Out.Reject(recs.Line, "currency", pipeline.CodeBadCurrency, l.currency, wantDigits)
		}
		text := [3]string{c.Cell(cells, "amount"), c.Cell(cells, "fee"), c.Cell(cells, "net")}
		for i, into := range []*int64{&l.gross, &l.fee, &l.net} {
			var code pipeline.Code
			if *into, code = minorAmount(text[i], digits); code != pipeline.CodeOK {
				return r.Out.Reject(recs.Line, [3]string{"gross_amount", "fee_amount", "net_amount"}[i], code, text[i], "a whole number of the smallest unit")
			}
		}
		return stripeRow(r, recs.Line, l, text[2])
	})
}

// wantDigits is what is expected of a currency of which nobody says how many digits an
// amount has.
const wantDigits = "a currency whose smallest unit Stripe's exports fix, as carat knows them; download the report with decimals in place of the API's export (Reports > Balance), " +
	"or say under feeds: settlement_lines how many digits its amounts have, such as minor_digits: {UGX: 2} where 500 is 5 shillings"

// dashboardColumns tell the dashboard's export of the balance from the API's.
var dashboardColumns = []string{"id", "type", "source", "amount", "fee", "net", "currency", dashboardCreated, dashboardAvailable}

const (
	dashboardCreated   = "created (utc)|created date (utc)"
	dashboardAvailable = "available on (utc)|available on date (utc)"
)

// readDashboard reads the export of the balance that Stripe's dashboard offers: the
// balance transactions with amounts in major units, fees positive, as the API has
// them, and the payout in Transfer.
func readDashboard(r *published.Report, recs *published.Records, c published.Columns) error {
	ours, err := ownColumn(r, recs.Line, c)
	if err != nil {
		return err
	}
	return recs.Each(c, func(cells []string) error {
		written := c.Cell(cells, "type")
		l := stripeLine{
			id: c.Cell(cells, "id"), kind: stripeKind(r, written), currency: c.Cell(cells, "currency"), zone: "Z",
			created: c.Cell(cells, dashboardCreated), available: c.Cell(cells, "transfer date (utc)|"+dashboardAvailable), payout: c.Cell(cells, "transfer"),
		}
		source := c.Cell(cells, "source")
		switch {
		case l.kind == "":
			return r.Out.Reject(recs.Line, "kind", pipeline.CodeUnknownValue, written, "a type of balance transaction that carat knows"+r.KindHint(written))
		case ours != "":
			l.transaction = c.Cell(cells, ours)
		case stripeCharge.MatchString(source):
			l.transaction = source
		}
		if l.kind == "payout" && l.payout == "" {
			l.payout = source
		}
		if l.kind != "payout" {
			l.buyerCurrency, l.buyerAmount = c.Cell(cells, "customer facing currency"), published.Ungroup(c.Cell(cells, "customer facing amount"), ",")
		}
		amount := func(column string) string { return published.Ungroup(c.Cell(cells, column), ",") }
		return majorRow(r, recs.Line, l, amount("amount"), amount("fee"), amount("net"))
	})
}

// readStripePayouts reads exported payouts of the API: what was sent to the
// bank. Its line has the id of its balance transaction, so that the payout that
// a balance export has as well is not counted twice: it is a conflict.
func readStripePayouts(r *published.Report) error {
	recs, c, err := stripeHeader(r, "stripe-payouts", "id", "amount", "arrival_date", "created", "currency", "status")
	if err != nil {
		return err
	}
	return recs.Each(c, func(cells []string) error {
		if err := r.CheckAccount(recs.Line, c.Cell(cells, "connected_account_id|account")); err != nil {
			return err
		}
		status, currency := c.Cell(cells, "status"), strings.ToUpper(c.Cell(cells, "currency"))
		digits, ok := stripeDigits(currency, r.Settings.MinorDigits)
		amount, code := minorAmount(c.Cell(cells, "amount"), digits)
		kind := "payout"
		switch {
		case !ok:
			return r.Out.Reject(recs.Line, "currency", pipeline.CodeBadCurrency, currency, wantDigits)
		case code != pipeline.CodeOK:
			return r.Out.Reject(recs.Line, "gross_amount", code, c.Cell(cells, "amount"), "a whole number of the smallest unit")
		case status == "failed", status == "canceled":
			kind, amount = "adjustment", 0 // the money never left
		case status != "paid" && status != "in_transit" && status != "pending":
			return r.Out.Reject(recs.Line, "kind", pipeline.CodeUnknownValue, status, "paid, in_transit, pending, failed or canceled")
		}
		l := stripeLine{id: c.Cell(cells, "balance_transaction_id"), kind: kind, currency: currency, gross: -amount, net: -amount,
			created: c.Cell(cells, "created"), available: c.Cell(cells, "arrival_date"), zone: "Z", payout: c.Cell(cells, "id")}
		if l.id == "" {
			l.id = l.payout
		}
		return stripeRow(r, recs.Line, l, "")
	})
}

// refuseStripeLinks refuses the table that ties payouts to balance
// transactions: it has no money in it.
func refuseStripeLinks(r *published.Report) error {
	return r.Refuse(1, "a table of links between payouts and balance transactions: it holds no amounts").
		WithHint("give the balance transactions, in which payout_id says the same")
}
