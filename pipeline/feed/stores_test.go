package feed

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"carat/pipeline"
)

// settled adds up what a report gave: lines and net by kind and currency, the
// amounts exactly.
func settled(rows []pipeline.SettlementLine) []string {
	type sum struct{ lines, quantity, gross, tax, fee, net, paid int64 }
	sums := map[string]sum{}
	for _, r := range rows {
		key := r.Channel + " " + r.Kind + " " + r.Currency
		s := sums[key]
		s.lines++
		s.gross += r.GrossAmount
		s.net += r.NetAmount
		for into, v := range map[*int64]*int64{&s.quantity: r.Quantity, &s.tax: r.TaxAmount, &s.fee: r.FeeAmount, &s.paid: r.CustomerAmount} {
			if v != nil {
				*into += *v
			}
		}
		sums[key] = s
	}
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(sums)) {
		s := sums[key]
		texts = append(texts, fmt.Sprintf("%s: %d lines, %d units, gross %s, tax %s, fee %s, net %s, paid %s", key, s.lines, s.quantity,
			pipeline.Amount(s.gross), pipeline.Amount(s.tax), pipeline.Amount(s.fee), pipeline.Amount(s.net), pipeline.Amount(s.paid)))
	}
	return texts
}

// What the samples give. The totals were added up outside of carat, and Apple's
// agree with the reports' own control lines; what a summary says was paid is in
// its footer.
func TestSettlementSamples(t *testing.T) {
	folder := samplesFolder(t)
	for path, want := range map[string][]string{
		"apple-financial/fedoco-apple-slicer/45545510_0914_CH.txt": {
			`apple sale CHF: 4 lines, 29 units, gross 51, tax 0, fee 0, net 33.15, paid 51`,
		},
		"apple-financial/fedoco-apple-slicer/45545510_0914_EU.txt": {
			`apple refund EUR: 1 lines, -1 units, gross -19.99, tax 0, fee 0, net -12.17, paid -19.99`,
			`apple sale EUR: 5 lines, 20 units, gross 359.82, tax 0, fee 0, net 219.06, paid 359.82`,
		},
		"apple-financial/matisiekpl-appstore-sdk-go/financial.tsv": {
			`apple sale USD: 2 lines, 6 units, gross 49.44, tax 0, fee 0, net 34.65, paid 49.44`,
		},
		"apple-financial/fedoco-apple-slicer/financial_report.csv": {
			`apple adjustment CHF: 1 lines, 0 units, gross -33.15, tax 0, fee 0, net -33.15, paid -26.53`,
			`apple adjustment EUR: 2 lines, 0 units, gross 27.69, tax 0, fee 0, net 27.69, paid 175.15`,
			`apple adjustment JPY: 1 lines, 0 units, gross -142, tax 0, fee 0, net -142, paid -1.16`,
			`apple payout EUR: 1 lines, 0 units, gross -234.58, tax 0, fee 0, net -234.58, paid 0`,
			`apple tax JPY: 1 lines, 0 units, gross 0, tax -37, fee 0, net -37, paid 0`,
		},
		"apple-financial/skymatic-reverse-charger/financial_report.csv": {
			`apple adjustment CAD: 1 lines, 0 units, gross -70.1, tax 0, fee 0, net -70.1, paid -48.32`,
			`apple adjustment CHF: 1 lines, 0 units, gross -33.15, tax 0, fee 0, net -33.15, paid -26.53`,
			`apple adjustment EUR: 4 lines, 0 units, gross 1056.49, tax 0, fee 0, net 1056.49, paid 1328.45`,
			`apple adjustment JPY: 1 lines, 0 units, gross -142, tax 0, fee 0, net -142, paid -1.16`,
			`apple adjustment USD: 1 lines, 0 units, gross -1083.2, tax 0, fee 0, net -1083.2, paid -980.48`,
			`apple payout EUR: 1 lines, 0 units, gross -1263.38, tax 0, fee 0, net -1263.38, paid 0`,
			`apple tax JPY: 1 lines, 0 units, gross 0, tax -37, fee 0, net -37, paid 0`,
		},
		"apple-sales/matisiekpl-appstore-sdk-go/sales.tsv": {
			`apple adjustment AED: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment EUR: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment GBP: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment ILS: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment INR: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
			`apple adjustment KZT: 8 lines, 17 units, gross 0, tax 0, fee 0, net 0, paid 8740`,
			`apple adjustment MXN: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 119`,
			`apple adjustment RUB: 21 lines, 674 units, gross 0, tax 0, fee 0, net 0, paid 63169`,
			`apple adjustment SAR: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 22.99`,
			`apple adjustment USD: 9 lines, 17 units, gross 0, tax 0, fee 0, net 0, paid 4.49`,
			`apple adjustment ZAR: 1 lines, 1 units, gross 0, tax 0, fee 0, net 0, paid 0`,
		},
		"google-earnings/uituit-process-PlayApps-csv/PlayApps_yyyymm.csv": {
			`google fee HKD: 5 lines, 0 units, gross 0, tax 0, fee -61.93, net -61.93, paid 0`,
			`google refund HKD: 1 lines, -1 units, gross -58, tax 0, fee 0, net -58, paid -248`,
			`google sale HKD: 4 lines, 4 units, gross 82.883, tax 0, fee 0, net 82.883, paid 105`,
		},
		"stripe/wikimedia-SmashPig/settlement_report.csv": {
			`web chargeback USD: 1 lines, 0 units, gross 3.35, tax 0, fee 0, net 3.35, paid 3.35`,
			`web fee USD: 2 lines, 0 units, gross 0, tax 0, fee -1, net -1, paid 0`,
			`web refund USD: 1 lines, 0 units, gross -10, tax 0, fee 0, net -10, paid -10`,
			`web sale USD: 2 lines, 2 units, gross 35, tax 0, fee -0.95, net 34.05, paid 35`,
			`settlement_report.csv:8 net_amount not_balanced "23.05": expected gross - fee = 24`,
		},
		"stripe/hledger/stripe.csv": {
			`web refund USD: 1 lines, 0 units, gross -0.77, tax 0, fee 0, net -0.77, paid 0`,
			`web sale USD: 1 lines, 1 units, gross 12, tax 0, fee 0, net 12, paid 0`,
		},
		"stripe/fivetran/balance_transaction_data.csv": {
			`web payout USD: 1 lines, 0 units, gross -187.59, tax 0, fee 0, net -187.59, paid 0`,
			`web sale USD: 8 lines, 8 units, gross 211303.18, tax 0, fee -6482.18, net 204821, paid 0`,
		},
		"stripe/fivetran/payout_data.csv": {
			`web payout USD: 15 lines, 0 units, gross -214715.24, tax 0, fee 0, net -214715.24, paid 0`,
		},
		"stripe/fivetran/payout_balance_transaction_data.csv": {
			`read payout_balance_transaction_data.csv:1: a table of links between payouts and balance transactions: it holds no amounts; give the balance transactions, in which payout_id says the same`,
		},
	} {
		out := readPath[pipeline.SettlementLine](t, filepath.Join(folder, filepath.FromSlash(path)), nil)
		got := settled(out.rows)
		for _, r := range out.rejects {
			got = append(got, rejectText(r))
		}
		if out.err != nil {
			got = append(got, out.err.Error())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n got %q\nwant %q", path, got, want)
		}
	}
}
