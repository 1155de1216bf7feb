package engine_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Why a model reads rows of earlier months though the run begins with what the closed month
// left: what it costs grows with every month, so each says what it would take to read less.
const (
	wantsNamed     = "named by a row of the month: joined by its key, and all are read to find it"
	wantsOpen      = "stays open until it is matched: what is open isn't carried"
	wantsOwner     = "who or what ever was, for numbers and names"
	wantsUncarried = "of viewers whose coins aren't carried forward: debts, reversals of earlier gifts, chargebacks won"
	wantsLots      = "every lot ever, spent or not: sales by month (led_lot_cohort), refunds of them and expected breakage aren't carried"
	wantsVersions  = "a payout's first and last version, in whatever month it was asked for"
	wantsAll       = "judged or counted anew over all months: a control's finding of a closed month stands in a later one too"
	wantsMovements = "movements of all months, of which readers take those of the month; the rows are few"
)

// readsEarlier are the models of a run that read raw rows of months before its own, which a
// month that is carried forward should do without.
var readsEarlier = map[string]string{
	"ctl_adjustment_authority": wantsAll,
	"ctl_agency_rollforward":   wantsOwner,
	"ctl_bank_balance":         wantsAll,
	"ctl_completeness":         wantsAll,
	"ctl_purchase_settlement":  wantsOwner,
	"led_account":              wantsOwner,
	"led_agency_clawback":      wantsMovements,
	"led_agency_movement":      wantsMovements,
	"led_breakage_ahead":       wantsLots,
	"led_cash_opening":         wantsAll,
	"led_clawback":             wantsMovements,
	"led_clawed_gift":          wantsMovements,
	"led_compared_account":     wantsOwner,
	"led_creator_activity":     wantsMovements,
	"led_creator_subject":      wantsOwner,
	"led_diamond_movement":     wantsMovements,
	"led_earlier_batch":        wantsAll,
	"led_earlier_named_gift":   wantsNamed,
	"led_feed_day":             wantsOwner,
	"led_fx_day":               "the days on which lots were bought and payouts asked for, so that rates wait for no ledger",
	"led_fx_need":              "the days of lots, whose rates are asked for again: days that a closed month asked for aren't carried",
	"led_hold_balance":         "since the instant from which a hold counts: from the month before it on",
	"led_live_row":             "gifts of a live recorder, told by one column that is empty of all others",
	"led_line_apart":           wantsOpen,
	"led_lot":                  wantsLots,
	"led_lot_break":            "the last months in which a viewer bought, where breakage is by inactivity: they aren't carried",
	"led_lot_source":           wantsUncarried,
	"led_match_item":           wantsOpen,
	"led_match_line":           wantsOpen,
	"led_match_payout":         wantsOpen,
	"led_named_gift":           wantsMovements,
	"led_payment_fee":          wantsNamed,
	"led_payout_taken":         wantsNamed,
	"led_payout_version":       wantsVersions,
	"led_provider_payment":     wantsOpen,
	"led_purchase_tax":         wantsLots,
	"led_quarter_day":          "the days of lots: those of earlier months are told anew",
	"led_rate_point":           wantsVersions,
	"led_reached_gift":         wantsUncarried,
	"led_receivable_balance":   wantsNamed,
	"led_refund":               wantsNamed,
	"led_rejected_row":         wantsAll,
	"led_report_payout":        wantsOpen,
	"led_settled_day":          wantsOpen,
	"led_settlement_payout":    wantsOpen,
	"led_tax_line":             wantsNamed,
	"led_tax_paid":             wantsMovements,
	"led_viewer":               wantsOwner,
	"led_viewer_replayed":      wantsUncarried,
	"mart_decided_matches":     wantsNamed,
	"mart_prior_period_items":  "rows of earlier months that count in this one: found by their day, not by their month",
}

var (
	// the feeds of events, and what a run that is carried forward keeps apart of gifts; gifts
	// themselves are of the month (pipeline/engine/history), and balances are openings
	eventRows = regexp.MustCompile(`\b(?:from|join)\s+(?:stg_|raw_)(agency_adjustments|agency_payouts|bank_lines|batch_rows|coin_adjustments|coin_purchases|` +
		`diamond_adjustments|earlier_gift_events|late_terms|payouts|provider_payments|rejects|settlement_lines|tax_payments)\b`)
	ofTheMonth = regexp.MustCompile(`\baccounting_month = run\.period\b(\s+as\b)?|\brun\.period = (?:\w+\.)?accounting_month\b|\bnot run\.carries\b`)
	comments   = regexp.MustCompile(`(?m)--.*$`)
)

// readsOtherMonths says whether a part of a model takes rows of events without asking that
// they are of the run's month.
func readsOtherMonths(text string) bool {
	for _, part := range strings.Split(comments.ReplaceAllString(text, ""), "select") {
		if !eventRows.MatchString(part) {
			continue
		}
		bound := false
		for _, found := range ofTheMonth.FindAllStringSubmatch(part, -1) {
			bound = bound || found[1] == "" // a column that says so is no bound
		}
		if !bound {
			return true
		}
	}
	return false
}

// A model that reads rows of earlier months makes each month dearer than the one before: none
// slips in unseen, and one that no longer does leaves the list. Of what a model reads through
// others these answer.
func TestModelsThatReadEarlierMonths(t *testing.T) {
	_, models := builtinModels(t)
	var found []string
	for _, m := range models {
		if strings.HasPrefix(m.Name, "stg_") || strings.HasPrefix(m.Name, "evi_") || !readsOtherMonths(m.SQL) {
			continue // a view of all rows, or asked for one exception alone
		}
		if found = append(found, m.Name); readsEarlier[m.Name] == "" {
			t.Errorf("%s reads rows of events of all months: take those of the period, of what the closed month left, or of what a row names, or say in readsEarlier why it can't", m.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(readsEarlier)) {
		if !slices.Contains(found, name) {
			t.Errorf("%s reads no rows of earlier months: take it out of readsEarlier", name)
		}
	}
}

func TestReadsOtherMonths(t *testing.T) {
	for text, want := range map[string]bool{
		"select a from stg_payouts cross join run where accounting_month = run.period":                     false,
		"select a from stg_payouts inner join run\n    on run.period = stg_payouts.accounting_month":       false,
		"select a from stg_payouts cross join run where accounting_month < run.period and not run.carries": false,
		"select a from led_payout_version":                                                                                    false,
		"-- from stg_payouts\nselect a from stg_balances":                                                                     false,
		"select a from stg_payouts cross join run where accounting_month <= run.period":                                       true,
		"select accounting_month = run.period as is_new from stg_payouts cross join run":                                      true,
		"select a from run where accounting_month = run.period union all select a from led_x left join stg_payouts on true":   true,
		"with x as (select a from stg_payouts cross join run where accounting_month = run.period)\nselect a from raw_rejects": true,
	} {
		if got := readsOtherMonths(text); got != want {
			t.Errorf("%t of %s", got, text)
		}
	}
}
