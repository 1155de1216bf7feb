package feed_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed/feedtest"
)

// What files of stores and providers give that were read wrongly once: kind,
// net and currency of each line, or the beginning of what refuses them.
func TestCases(t *testing.T) {
	for name, c := range map[string]struct {
		want    []string
		refused string
	}{
		"06-apple-summary-region-behind-footer/32b-apple-after-footer.csv": {want: []string{"tax -3 HRK", "carried -12 HRK", "payout -100 USD"}},
		"07-stripe-reporting-categories/40-stripe-capital.csv":             {want: []string{"sale 96.8 USD", "adjustment -9.68 USD", "payout -87.12 USD"}},
		"08-stripe-dashboard-export/42-stripe-dashboard.csv":               {want: []string{"sale 96.8 USD", "payout -96.8 USD"}},
		"08-stripe-dashboard-export/43-stripe-payments.csv":                {refused: "it is Stripe's dashboard export of payments"},
		"09-paypal-activity-csv/45-paypal-activity.csv":                    {want: []string{"sale 1491.06 USD", "payout -1400 USD"}},
		"21-apple-summary-older-and-unpaid/30-apple-balance.csv":           {want: []string{"carried 70 INR", "conversion -70 INR", "conversion 0.85 EUR", "payout -21.55 EUR"}},
		"21-apple-summary-older-and-unpaid/30c-apple-unpaid.csv":           {refused: "this month isn't paid yet"},
	} {
		t.Run(name, func(t *testing.T) {
			folder, file, _ := strings.Cut(name, "/")
			out := feedtest.Read[pipeline.SettlementLine](t, file, feedtest.CaseText(t, folder+"/"+file), nil)
			if c.refused != "" {
				if pipeline.KindOf(out.Err) != pipeline.KindBadInput || !strings.Contains(out.Err.Error(), c.refused) {
					t.Errorf("%v", out.Err)
				}
				return
			}
			var got []string
			for _, r := range out.Rows {
				got = append(got, fmt.Sprintf("%s %s %s", r.Kind, pipeline.Amount(r.NetAmount), r.Currency))
			}
			if out.Err != nil || len(out.Rejects) > 0 || !slices.Equal(got, c.want) {
				t.Errorf("%q %q %v", got, feedtest.Texts(out.Rejects), out.Err)
			}
		})
	}
}

// The same month of Google's, with columns renamed and added, has the same ids.
func TestCaseOfGoogleHeaders(t *testing.T) {
	const folder = "02-google-fetched-again-new-header"
	first := feedtest.LineIDs(t, string(feedtest.CaseText(t, folder+"/B0-google-old.csv")))
	for _, name := range []string{"B1-google-renamed.csv", "B2-google-added.csv"} {
		if again := feedtest.LineIDs(t, string(feedtest.CaseText(t, folder+"/"+name))); len(first) != 2 || !slices.Equal(first, again) {
			t.Errorf("%s: %q, first %q", name, again, first)
		}
	}
}
