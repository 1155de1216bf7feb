package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"carat/pipeline/engine"
)

// Random months of two entities in three currencies give, in SQL and in the
// reference, the same balances of money and the same exchange differences, to
// the last unit; the journal, the bridge and what explains account 7020 tell
// one item at one rate; and the entities' balances combine.
func TestSimulateExchangeAgainstReference(t *testing.T) {
	dialect, all := builtinModels(t)
	var models []engine.Model
	for _, name := range []string{"mart_fx_explained", "mart_group_balances", "ctl_journal_bridge", "ctl_journal_balance", "ctl_fx_rate"} {
		for _, m := range needed(all, name) {
			if !slices.ContainsFunc(models, func(have engine.Model) bool { return have.Name == m.Name }) {
				models = append(models, m)
			}
		}
	}
	for seed := uint64(1); seed <= uint64(2*simulated(t)); seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) { simulateExchange(t, dialect, models, seed) })
	}
}

func simulateExchange(t *testing.T, dialect string, models []engine.Model, seed uint64) {
	m := drawExchange(rand.New(rand.NewPCG(seed, 15)))
	e := openEngine(t)
	given(t, e, "2026-10", m.tables())
	p := testParameters(t, "2026-10", "2026-10", "UTC")
	p.Entities = []engine.Entity{{ID: "main", FunctionalCurrency: "USD", Revenue: "gross"}, {ID: "de", FunctionalCurrency: "EUR", Revenue: "net"}}
	if _, err := e.Reconcile(context.Background(), dialect, models, p, nil); err != nil {
		t.Fatal(err)
	}
	same := func(what, query string, want map[string]bool) {
		t.Helper()
		compareLines(t, what, lotLines(t, e, query), want)
	}
	balances, differences := m.reference()
	same("balances of money", `select concat_ws(' ', entity, role, currency, cast(sum(amount) as decimal(38, 6)), coalesce(cast(sum(functional_amount) as decimal(38, 6)), 0))
		from led_posting where role in ('cash', 'clearing', 'store_receivable', 'provider_receivable', 'reseller_receivable', 'counterparty_payable', 'tax_payable')
		group by entity, role, currency having sum(amount) <> 0 or sum(functional_amount) <> 0`, balances)
	same("exchange differences", `select concat_ws(' ', entity, cast(sum(functional_amount) as decimal(38, 6))) from led_posting where role = 'fx_difference' group by entity`, differences)
	none := map[string]bool{}
	same("what is left unexplained of account 7020", `select entity from (
			select entity, functional_debit - functional_credit as amount from led_trial_balance where account like '7020%'
			union all select entity, -total from mart_fx_explained)
		group by entity having sum(amount) <> 0`, none)
	same("rests that are more than rounding", `select entity || ' ' || rest from mart_fx_explained where abs(rest) >= 0.01`, none)
	same("what journal and bridge tell differently", `select subject_id || ' ' || reason || ' ' || detail from ctl_journal_bridge`, none)
	same("what the journal leaves open", `select subject_id || ' ' || reason || ' ' || detail from ctl_journal_balance`, none)
	same("rates that are missing or stale", `select subject_id || ' ' || reason from ctl_fx_rate`, none)
	same("entities that don't come to zero", `select level || ' ' || coalesce(entity, '') from mart_group_balances group by level, entity
		having sum(closing) is distinct from 0 or sum(opening) is distinct from 0 or count(closing) < count(*)`, none)
}
