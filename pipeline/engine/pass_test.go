package engine_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"carat/pipeline/engine"
	"carat/pipeline/engine/lotpass"
)

// The text of every model that a pass makes is the one it was written for, and
// a pass waits for all that these read. Who changes the text looks at the pass
// too, and writes the new hash there.
func TestPassesAreOfTheModelsText(t *testing.T) {
	dialect, models := builtinModels(t)
	e := openEngine(t)
	if err := e.ReadDialectForTest(dialect); err != nil {
		t.Fatal(err)
	}
	_, reads, err := e.OrderForTest(context.Background(), models)
	if err != nil {
		t.Fatal(err)
	}
	for _, pass := range lotpass.Passes() {
		var made []string
		for _, m := range pass.Makes {
			made = append(made, m.Name)
			i := slices.IndexFunc(models, func(x engine.Model) bool { return x.Name == m.Name })
			if i < 0 || models[i].SHA256 != m.SHA256 {
				t.Errorf("%s is not of the text that the pass was written for: look at the pass, then write %s there", m.Name, models[i].SHA256)
			}
			for _, r := range reads[m.Name] {
				if !slices.Contains(made, r) && !slices.Contains(pass.Reads, r) {
					t.Errorf("the pass that makes %s does not wait for %s", m.Name, r)
				}
			}
		}
	}
}

// passTables are the tables that passes make.
func passTables() (names []string) {
	for _, pass := range lotpass.Passes() {
		for _, m := range pass.Makes {
			names = append(names, m.Name)
		}
	}
	return names
}

// Random histories of twenty seeds, three months each: the passes make the
// tables that the models' text says, row for row, by day and gift by gift, with
// and without inactivity.
func TestSimulatePassesAgainstSQL(t *testing.T) {
	dialect, models := builtinModels(t)
	models = slices.Concat(needed(models, "led_lot_movement"), needed(models, "led_wallet_suspect"))
	slices.SortFunc(models, func(a, b engine.Model) int { return strings.Compare(a.Name, b.Name) })
	models = slices.CompactFunc(models, func(a, b engine.Model) bool { return a.Name == b.Name })
	for round := range uint64(simulated(t)) {
		var histories [][]bookRow
		for seed := range uint64(20) {
			r := rand.New(rand.NewPCG(20*round+seed, 19))
			for i := range 40 {
				histories = append(histories, drawHistory(r, fmt.Sprintf("v%02d%02d", seed, i), []string{"main", "eu"}[r.IntN(2)], r.IntN(3) > 0))
			}
		}
		for i, clawback := range []string{"none", "full"} {
			for _, period := range lotMonths {
				p := testParameters(t, period, lotMonths[0], "America/New_York")
				p.BreakageMonths, p.Clawback, p.KeepModels = 1-i, clawback, true
				p.Entities = []engine.Entity{{ID: "main", FunctionalCurrency: "USD"}, {ID: "eu", FunctionalCurrency: "EUR"}}
				p.Channels = []engine.Channel{{Name: "apple", StoreFeeRate: 300_000_000}, {Name: "web", StoreFeeRate: 29_000_000}}
				t.Run(fmt.Sprintf("seeds=%d,%s,%s", 20*round, clawback, period), func(t *testing.T) { passesAgainstSQL(t, dialect, models, histories, p) })
			}
		}
	}
}

// passesAgainstSQL reconciles as a run does, which of so few viewers compares
// all, and compares rows and columns once more by itself, from the SQL alone.
func passesAgainstSQL(t *testing.T, dialect string, models []engine.Model, histories [][]bookRow, p engine.Parameters) {
	tables := map[bool]map[string]map[string]bool{true: {}, false: {}}
	for _, without := range []bool{false, true} {
		e := openEngine(t)
		lotTables(t, e, histories)
		p.WithoutPasses = without
		if _, err := e.Reconcile(context.Background(), dialect, models, p, nil); err != nil {
			t.Fatal(err)
		}
		for line := range lotLines(t, e, "select concat_ws(' ', viewer_id, model, differing_rows) from run_lot_differences") {
			t.Errorf("a run's own comparison: %s", line)
		}
		for _, table := range passTables() {
			rows := lotLines(t, e, "select cast(m as varchar) || ' x' || count(*) from "+table+" as m group by m")
			for line := range lotLines(t, e, "select 'column ' || column_name || ' ' || data_type from duckdb_columns() where table_name = '"+table+"'") {
				rows[line] = true
			}
			if len(rows) < 20 {
				t.Errorf("%s has %d rows and columns: nothing is compared", table, len(rows))
			}
			tables[without][table] = rows
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range passTables() {
		compareLines(t, table, tables[false][table], tables[true][table])
	}
}

// A pass that computes wrongly is noticed: the control blocks and names the
// viewer, and the rows published are those of the models' text.
func TestWrongPassBlocks(t *testing.T) {
	dialect, models := builtinModels(t)
	for lead, spoil := range map[string]string{
		"led_viewer_day": "update led_lot_given set after = after + 1, value = value - 1 where viewer_no = (select min(viewer_no) from led_lot_given)",
		"led_lot_event":  "update led_lot_replay set after = after + 1 where viewer_no = (select min(viewer_no) from led_lot_replay where step = 'open')",
	} {
		r := rand.New(rand.NewPCG(4, 4))
		var histories [][]bookRow
		for i := range 20 {
			histories = append(histories, drawHistory(r, fmt.Sprintf("v%04d", i), "main", i%2 == 0))
		}
		open := map[bool]map[string]bool{}
		for _, wrong := range []bool{true, false} {
			e := openEngine(t)
			lotTables(t, e, histories)
			e.TamperForTest(func(conn *sql.Conn, made string) error {
				if made != lead || !wrong {
					return nil
				}
				_, err := conn.ExecContext(context.Background(), spoil)
				return err
			})
			p := testParameters(t, "2026-10", "2026-10", "UTC")
			p.KeepModels = true
			outcome, err := e.Reconcile(context.Background(), dialect, models, p, nil)
			if err != nil {
				t.Fatal(err)
			}
			c := outcome.Controls[slices.IndexFunc(outcome.Controls, func(c engine.ControlResult) bool { return c.Control == "lots_as_specified" })]
			if c.Checked != 20 || wrong != (c.Exceptions == 1) || wrong && (c.Severity != "block" || outcome.Status() != "blocked") {
				t.Errorf("%s, wrong %t: %+v", lead, wrong, c)
			}
			open[wrong] = lotLines(t, e, openLots)
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
		}
		compareLines(t, "open lots of a run whose pass was wrong", open[true], open[false])
	}
}
