package reconcile

import (
	"testing"

	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/engine"
)

func TestRunID(t *testing.T) {
	conf := func(text string) *config.Config {
		c, err := config.Parse([]byte(text), "/d", config.File)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	batches := []pipeline.Batch{{ID: "b000001", Feed: "payouts", SourceSHA256: "aa", RowsSHA256: "bb", RowsRead: 3, RowsAccepted: 3}, {ID: "b000002", Feed: "creators"}}
	models := []sqlFile{{"ctl_a", "11"}, {"dialect", "22"}}
	id := func(c *config.Config, p, first pipeline.Period, b []pipeline.Batch, f []sqlFile) string {
		id, err := RunID(c, p, first, 1, b, f, nil, nil, decision.Decided{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	base := id(conf(""), "2026-10", "2026-10", batches, models)
	if len(base) != 2*runIDBytes {
		t.Errorf("id %q", base)
	}
	same := map[string]string{
		"order of batches":   id(conf(""), "2026-10", "2026-10", []pipeline.Batch{batches[1], batches[0]}, models),
		"memory and threads": id(conf("memory: 1GB\nthreads: 2\nlake: other"), "2026-10", "2026-10", batches, models),
		"name of the entity": id(conf("entities: {main: {name: Acme, functional_currency: USD}}"), "2026-10", "2026-10", batches, models),
		"order of SQL files": id(conf(""), "2026-10", "2026-10", batches, []sqlFile{models[1], models[0]}),
	}
	for what, got := range same {
		if got != base {
			t.Errorf("%s changes the run", what)
		}
	}
	rejected := append([]pipeline.Batch(nil), batches...)
	rejected[0].RowsRejected, rejected[0].RowsAccepted = 1, 2
	other := map[string]string{
		"period":       id(conf(""), "2026-11", "2026-10", batches, models),
		"first period": id(conf(""), "2026-10", "2026-09", batches, models),
		"a batch less": id(conf(""), "2026-10", "2026-10", batches[:1], models),
		"rejects":      id(conf(""), "2026-10", "2026-10", rejected, models),
		"SQL":          id(conf(""), "2026-10", "2026-10", batches, []sqlFile{{"ctl_a", "12"}, models[1]}),
		"time zone":    id(conf("time_zone: Asia/Tokyo"), "2026-10", "2026-10", batches, models),
		"store fee":    id(conf("store_fee_rate: {web: 0.04}"), "2026-10", "2026-10", batches, models),
		"expected":     id(conf("feeds: {payouts: {expected: daily}}"), "2026-10", "2026-10", batches, models),
		"currency":     id(conf("entities: {main: {functional_currency: EUR}}"), "2026-10", "2026-10", batches, models),
	}
	seen := map[string]string{base: "base"}
	for what, got := range other {
		if before, ok := seen[got]; ok {
			t.Errorf("%s gives the same run as %s", what, before)
		}
		seen[got] = what
	}
}

// A model is known by its name: where its file lies is no part of the run.
func TestRunIDOfMovedModels(t *testing.T) {
	id := func(list ...engine.Model) string {
		t.Helper()
		c, err := config.Parse(nil, "/d", config.File)
		if err != nil {
			t.Fatal(err)
		}
		id, err := RunID(c, "2026-10", "2026-10", 1, nil, Models{Dialect: "d", List: list}.Files(), nil, nil, decision.Decided{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	lot := engine.Model{Name: "led_lot", Path: "ledger/led_lot.sql", SHA256: "11"}
	own := engine.Model{Name: "ctl_own", Path: "controls/own.sql", SHA256: "22", UserMade: true}
	moved, renamed := lot, lot
	moved.Path, renamed.Name = "ledger/lots/led_lot.sql", "led_lots"
	ownMoved := own
	ownMoved.Path = "controls/ours/own.sql"
	before := id(lot, own)
	if id(ownMoved, moved) != before {
		t.Error("moved models are another run")
	}
	if id(renamed, own) == before {
		t.Error("a model of another name is the same run")
	}
}
