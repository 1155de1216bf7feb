package jobs_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	"carat/sql"
)

// storeOrder is an order as the platform knows it.
type storeOrder struct {
	id, kind, original  string
	channel, country    string
	currency            string
	sku                 string
	coins, minor, units int64 // minor: gross in minor units of two digits
	at                  time.Time
}

// storeMarkets are countries with a currency of two digits, so that the reports
// below can be written with cents alone.
var storeMarkets = []struct{ country, currency string }{{"US", "USD"}, {"DE", "EUR"}, {"FR", "EUR"}, {"GB", "GBP"}}

// drawOrders makes orders of Apple's fiscal October 2026, a few of them refunded.
func drawOrders(seed uint64, n int) []storeOrder {
	rng := rand.New(rand.NewPCG(seed, 1))
	start := time.Date(2026, 9, 28, 12, 0, 0, 0, time.UTC)
	var orders []storeOrder
	for i := range n {
		market := storeMarkets[rng.IntN(len(storeMarkets))]
		pack := []int64{100, 500, 1000}[rng.IntN(3)]
		o := storeOrder{id: fmt.Sprintf("p%03d", i), kind: "purchase", channel: []string{"apple", "google", "web"}[i%3], country: market.country, currency: market.currency,
			sku: fmt.Sprintf("coins_%d", pack), coins: pack, minor: pack - 1, units: 1, at: start.Add(time.Duration(rng.IntN(31*24*3600)) * time.Second)}
		orders = append(orders, o)
		if rng.IntN(5) == 0 {
			o.original, o.id, o.kind, o.units = o.id, o.id+"r", "refund", -1
			o.at = o.at.Add(time.Hour)
			orders = append(orders, o)
		}
	}
	return orders
}

func cents(v int64) string {
	if v < 0 {
		return "-" + cents(-v)
	}
	return fmt.Sprintf("%d.%02d", v/100, v%100)
}

// transactionOf is the store's id of an order; Apple's reports have none.
func (o storeOrder) transaction() string {
	id := o.id
	if o.original != "" {
		id = o.original
	}
	switch o.channel {
	case "google":
		return "GPA.3300-0000-0000-00" + id[1:]
	case "web":
		return "ch_" + id
	}
	return "apple-" + id
}

func purchasesFile(orders []storeOrder) string {
	var b strings.Builder
	b.WriteString("purchase_id,kind,original_purchase_id,viewer_id,channel,store_transaction_id,sku,coins,currency,gross_amount,country,purchased_at\n")
	for _, o := range orders {
		fmt.Fprintf(&b, "%s,%s,%s,v1,%s,%s,%s,%d,%s,%s,%s,%s\n", o.id, o.kind, o.original, o.channel, o.transaction(), o.sku, o.coins, o.currency, cents(o.minor), o.country, o.at.Format(time.RFC3339))
	}
	return b.String()
}

// appleReports writes Apple's report of all territories and the payments
// summary: Apple keeps 30%, and pays dollars and pounds out in euros.
func appleReports(orders []storeOrder) (report, summary, paid string) {
	type key struct{ sku, country, currency, direction string }
	units, price := map[key]int64{}, map[key]int64{}
	for _, o := range orders {
		if o.channel == "apple" {
			k := key{o.sku, o.country, o.currency, map[int64]string{1: "S", -1: "R"}[o.units]}
			units[k] += o.units
			price[k] = o.minor
		}
	}
	var b strings.Builder
	b.WriteString("Start Date\tEnd Date\tVendor Identifier\tQuantity\tPartner Share\tExtended Partner Share\tPartner Share Currency\tSales or Return\tApple Identifier\tProduct Type Identifier\tCountry Of Sale\tPromo Code\tCustomer Price\tCustomer Currency\n")
	owed := map[string]int64{}
	keys := slices.SortedFunc(maps.Keys(units), func(a, b key) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	for _, k := range keys {
		share := price[k] * 7 / 10
		owed[k.currency] += share * units[k]
		shown := price[k]
		if k.direction == "R" {
			shown = -shown
		}
		fmt.Fprintf(&b, "09/27/2026\t10/31/2026\t%s\t%d\t%s\t%s\t%s\t%s\t1500000001\tIA1\t%s\t\t%s\t%s\n", k.sku, units[k], cents(share), cents(share*units[k]), k.currency, k.direction, k.country, cents(shown), k.currency)
	}
	fmt.Fprintf(&b, "Total_Rows\t%d\n", len(keys))
	var s strings.Builder
	s.WriteString("\"iTunes Connect - Payments and Financial Reports\t(October, 2026)\",,,,,,,,,,,\n,,,,,,,,,,,\n" +
		"Region (Currency),Units Sold,Earned,Pre-Tax Subtotal,Input Tax,Adjustments,Withholding Tax,Total Owed,Exchange Rate,Proceeds,Bank Account Currency,\n")
	sum := int64(0)
	for _, currency := range slices.Sorted(maps.Keys(owed)) {
		proceeds := owed[currency] * map[string]int64{"EUR": 100, "USD": 86, "GBP": 115}[currency] / 100
		sum += proceeds
		fmt.Fprintf(&s, "Region (%[1]s),0,%[2]s,%[2]s,0,0,0,%[2]s,1.0,%[3]s,EUR,\n", currency, cents(owed[currency]), cents(proceeds))
	}
	fmt.Fprintf(&s, ",,,,,,,,,,\"%s\" EUR,\n,,,,,,,,,,Paid to EXAMPLE BANK -****1299,\n", cents(sum))
	return b.String(), s.String(), cents(sum)
}

// googleReport writes the earnings report: Google keeps 30%, and pays in the
// buyer's currency.
func googleReport(orders []storeOrder) string {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	b.WriteString("Description,Transaction Date,Transaction Time,Tax Type,Transaction Type,Refund Type,Product Title,Product id,Product Type,Sku Id,Hardware,Buyer Country,Buyer State,Buyer Postal Code,Buyer Currency,Amount (Buyer Currency),Currency Conversion Rate,Merchant Currency,Amount (Merchant Currency)\n")
	for _, o := range orders {
		if o.channel != "google" {
			continue
		}
		types, refund := [2]string{"Charge", "Google fee"}, ""
		if o.units < 0 {
			types, refund = [2]string{"Charge refund", "Google fee refund"}, "Full"
		}
		at := o.at.In(zone)
		for i, amount := range []int64{o.units * o.minor, -o.units * (o.minor * 3 / 10)} {
			fmt.Fprintf(&b, "%s,\"%s\",%s,,%s,%s,Coins,com.example.live,1,%s,,%s,,,%s,%s,1.000000,%s,%s\n", o.transaction(), at.Format("Jan 2, 2006"), at.Format("3:04:05 PM MST"), types[i], refund, o.sku, o.country, o.currency, cents(amount), o.currency, cents(amount))
		}
	}
	return b.String()
}

// googleReceipts are the bank's lines of what Google's report has of September: a
// report is its own payout, due in the month after. October's isn't due yet.
func googleReceipts(orders []storeOrder) string {
	net := map[string]int64{}
	for _, o := range orders {
		if o.channel == "google" && o.at.Before(time.Date(2026, 10, 1, 7, 0, 0, 0, time.UTC)) {
			net[o.currency] += o.units * (o.minor - o.minor*3/10)
		}
	}
	var b strings.Builder
	for _, currency := range slices.Sorted(maps.Keys(net)) {
		fmt.Fprintf(&b, "b_google_%[1]s,acct_%[1]s,2026-10-15T09:00:00Z,%[2]s,%[1]s,GOOGLE PAYMENTS,Google\n", currency, cents(net[currency]))
	}
	return b.String()
}

// stripeReport writes the payout reconciliation of one payout in each currency,
// and the bank's lines of them.
func stripeReport(orders []storeOrder) (report, bank string) {
	var b, receipts strings.Builder
	b.WriteString("balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,charge_id,source_id,trace_id,automatic_payout_id,automatic_payout_effective_at_utc\n")
	receipts.WriteString("line_id,account,booked_at,amount,currency,reference,counterparty\n")
	net := map[string]int64{}
	const paid = "2026-10-31 10:00:00"
	for _, o := range orders {
		if o.channel != "web" {
			continue
		}
		category, fee := "charge", o.minor*3/100
		if o.units < 0 {
			category, fee = "refund", 0
		}
		gross := o.units * o.minor
		net[o.currency] += gross - fee
		fmt.Fprintf(&b, "txn_%s,%s,%s,%s,%s,%s,%s,%s,%s,,,po_%s,%s\n", o.id, o.at.Format(time.DateTime), paid, strings.ToLower(o.currency), cents(gross), cents(fee), cents(gross-fee), category, o.transaction(), o.currency, paid)
	}
	for _, currency := range slices.Sorted(maps.Keys(net)) {
		fmt.Fprintf(&b, "txn_po_%[1]s,%[2]s,%[2]s,%[3]s,%[4]s,0.00,%[4]s,payout,,po_%[1]s,trace_%[1]s,po_%[1]s,%[2]s\n", currency, paid, strings.ToLower(currency), cents(-net[currency]))
		fmt.Fprintf(&receipts, "b_%[1]s,acct_%[1]s,2026-10-31T18:00:00Z,%[2]s,%[1]s,trace_%[1]s,Stripe\n", currency, cents(net[currency]))
	}
	return b.String(), receipts.String()
}

// settlementBreaks runs a period and gives its exceptions of the two matches.
func settlementBreaks(t *testing.T, s books.Setting, period pipeline.Period) []string {
	t.Helper()
	r, err := jobs.Run(context.Background(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: period})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Ingest.Files {
		if f.Result == ingest.FileFailed || f.RowsRejected+f.RowsDuplicate > 0 {
			t.Errorf("%+v", f)
		}
	}
	var judged []string
	for _, c := range r.Reconcile.Controls {
		if c.Control == "purchase_settlement" || c.Control == "settlement_bank" {
			judged = append(judged, c.Control)
		}
	}
	if len(judged) != 2 {
		t.Fatalf("controls %q were run", judged)
	}
	list, err := exceptions.List(context.Background(), exceptions.Options{Setting: s, Period: period})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, c := range list.Columns {
		at[c.Name] = i
	}
	var breaks []string
	for _, row := range list.Rows {
		if slices.Contains(judged, fmt.Sprint(row[at["control"]])) {
			breaks = append(breaks, fmt.Sprint(row[at["control"]], " ", row[at["subject_kind"]], " ", row[at["subject_id"]], " ", row[at["reason"]], " ", row[at["difference"]], " ", row[at["unit"]]))
		}
	}
	slices.Sort(breaks)
	return breaks
}

// Orders meet the reports of Apple, Google and Stripe in their own layouts: every
// order is matched, every payout is in the bank; of what is planted all is found
// and nothing else.
func TestOrdersMeetTheReportsOfTheStores(t *testing.T) {
	const config = "first_period: 2026-09\ntime_zone: America/Los_Angeles\nreporting_currency: EUR\nmax_reject_share: 0\n" +
		"store_fee_rate: {web: \"0.03\"}\nfeeds: {settlement_lines: {accounts: [com.example.live, \"82008200\", EXAMPLE BANK -****1299]}}\n"
	orders := drawOrders(11, 90)
	apple, summary, paid := appleReports(orders)
	google := googleReport(orders)
	stripe, bank := stripeReport(orders)
	inbox := func() map[string]string {
		return map[string]string{
			"coin_purchases.csv": purchasesFile(orders), "82008200_1026_ZZ.txt": apple, "financial_report.csv": summary,
			"PlayApps_202610.csv": google, "Itemized_payout_reconciliation.csv": stripe,
			"bank_lines.csv": bank + googleReceipts(orders) + "b_apple,acct_EUR,2026-11-27T09:00:00Z," + paid + ",EUR,APPLE DISTRIBUTION,Apple\n",
		}
	}
	// November: the reports of October's orders are in, and their time is up.
	if breaks := settlementBreaks(t, trial.Folder(t, config, inbox()), "2026-11"); len(breaks) > 0 {
		t.Errorf("%q", breaks)
	}

	files := inbox()
	find := func(channel string) storeOrder {
		return orders[slices.IndexFunc(orders, func(o storeOrder) bool { return o.channel == channel && o.kind == "purchase" })]
	}
	// Google's report lacks an order, Stripe's has a cent less, Apple's knows
	// nothing of an order that we have, and the bank received less of a payout.
	lost, short, unknown := find("google"), find("web"), find("apple")
	unknown.id = "p999"
	files["coin_purchases.csv"] = purchasesFile(append(slices.Clone(orders), unknown))
	var kept []string
	for _, line := range strings.SplitAfter(google, "\n") {
		if !strings.HasPrefix(line, lost.transaction()+",") {
			kept = append(kept, line)
		}
	}
	files["PlayApps_202610.csv"] = strings.Join(kept, "")
	others := slices.DeleteFunc(slices.Clone(orders), func(o storeOrder) bool { return o.id == lost.id })
	files["bank_lines.csv"] = strings.Replace(files["bank_lines.csv"], googleReceipts(orders), googleReceipts(others), 1)
	charge := func(minor int64) string {
		return fmt.Sprintf("%s,%s,%s,charge,%s,", cents(minor), cents(short.minor*3/100), cents(minor-short.minor*3/100), short.transaction())
	}
	files["Itemized_payout_reconciliation.csv"] = strings.Replace(stripe, charge(short.minor), charge(short.minor-1), 1)
	_, receipt, _ := strings.Cut(bank, "b_USD,acct_USD,2026-10-31T18:00:00Z,")
	usd, _, _ := strings.Cut(receipt, ",")
	files["bank_lines.csv"] = strings.Replace(files["bank_lines.csv"], ","+usd+",USD,", ",0.00,USD,", 1)
	want := []string{
		fmt.Sprintf("purchase_settlement purchase %s missing_in_settlement -%s %s", lost.id, cents(lost.minor), lost.currency),
		fmt.Sprintf("purchase_settlement purchase %s amount -0.01 %s", short.id, short.currency),
		fmt.Sprintf("purchase_settlement settlement apple/%s/%s/%s/2026-09-27T07:00:00Z/2026-11-01T06:59:59Z amount -%s %s",
			unknown.sku, unknown.country, unknown.currency, cents(unknown.minor), unknown.currency),
		fmt.Sprintf("settlement_bank settlement txn_po_USD amount -%s USD", usd),
	}
	if breaks := settlementBreaks(t, trial.Folder(t, config, files), "2026-11"); !slices.Equal(breaks, want) {
		t.Errorf("found %q, want %q", breaks, want)
	}
}
