package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"carat/pipeline/engine"
)

// Random months give, in SQL and in the reference, the same roll-forward of every agency to
// nine decimals, the same payouts on their way and overdue, and the same payouts at rates that
// nobody published.
func TestSimulatePayeesAgainstReference(t *testing.T) {
	dialect, all := builtinModels(t)
	var models []engine.Model
	for _, name := range []string{"ctl_agency_rollforward", "ctl_payout_ageing", "ctl_payout_fx"} {
		for _, m := range needed(all, name) {
			if !slices.ContainsFunc(models, func(have engine.Model) bool { return have.Name == m.Name }) {
				models = append(models, m)
			}
		}
	}
	for seed := uint64(1); seed <= uint64(2*simulated(t)); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			m := drawPayees(rand.New(rand.NewPCG(seed, 19)))
			e := openEngine(t)
			given(t, e, "2026-10", m.tables())
			p := testParameters(t, "2026-10", "2026-10", "UTC")
			p.PayoutDueDays = m.dueDays
			if _, err := e.Reconcile(context.Background(), dialect, models, p, nil); err != nil {
				t.Fatal(err)
			}
			same := func(what, query string, want map[string]bool) {
				t.Helper()
				compareLines(t, what, lotLines(t, e, query), want)
			}
			same("agencies", `select concat_ws(' ', agency_id, accrued_amount, reversed_amount, clawed_back_amount, adjusted_amount, redeemed_amount, returned_amount,
				rounding_amount, closing_amount) from led_agency_rollforward`, m.agencies())
			same("payouts on their way", `select concat_ws(' ', payout_id, cast(net_amount as decimal(18, 2)), age_days, is_overdue) from led_payout_open`, m.open())
			overdue := map[string]bool{}
			for line := range m.open() {
				var id, net string
				var age int
				var isOverdue bool
				if _, err := fmt.Sscan(line, &id, &net, &age, &isOverdue); err != nil {
					t.Fatal(err)
				}
				if isOverdue {
					overdue[id+" "+net] = true
				}
			}
			same("overdue payouts", `select concat_ws(' ', subject_id, cast(actual as decimal(18, 2))) from ctl_payout_ageing where reason = 'overdue'`, overdue)
			same("rates", `select concat_ws(' ', subject_id, cast(expected as bigint), cast(actual as bigint)) from ctl_payout_fx`, m.badlyChanged())
		})
	}
}
