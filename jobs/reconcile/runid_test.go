package reconcile

import (
	"reflect"
	"slices"
	"testing"

	"carat/jobs/config"
	"carat/pipeline"
	"carat/pipeline/certificate"
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
		id, err := RunID(c, p, first, 1, b, f, nil, nil, nil, decision.Decided{})
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
		id, err := RunID(c, "2026-10", "2026-10", 1, nil, Models{Dialect: "d", List: list}.Files(), nil, nil, nil, decision.Decided{})
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

// A run reads the batches that have rows in months up to its own, whole, and what came
// with no row or belongs to no month; balances of the month after tell how it closed.
func TestReadBy(t *testing.T) {
	batch := func(no int64, feed string, months ...pipeline.Period) pipeline.Batch {
		return pipeline.Batch{ID: pipeline.BatchID(no), Feed: feed, Months: months}
	}
	undo := func(no int64, feed, of string, months ...pipeline.Period) pipeline.Batch {
		b := batch(no, feed, months...)
		b.Undo = &pipeline.Undo{Batch: of}
		return b
	}
	october := []pipeline.Batch{
		batch(1, "creators"), batch(2, "gift_events", "2026-10"), batch(3, "gift_events", "2026-10", "2026-11"), batch(4, "payouts"),
		batch(5, "payouts", "2026-09"), batch(6, "balances", "2026-11"), undo(7, "gift_events", "b000002"), undo(8, "payouts", "b000013", "2026-10"),
	}
	later := []pipeline.Batch{
		batch(11, "gift_events", "2026-11"), batch(12, "gift_events", "2026-11", "2026-12"), batch(13, "payouts", "2026-12"),
		batch(14, "balances", "2026-12"), undo(15, "gift_events", "b000011"), undo(16, "gift_events", "b000012", "2026-11"),
	}
	month := func(table, month string) string {
		return "/l/carat.db/" + table + "/data/accounting_month=" + month + "/x.parquet"
	}
	tables := []pipeline.TableFiles{
		{Name: "creators", Files: []string{"/l/carat.db/creators/data/x.parquet"}},
		{Name: "gift_events", Files: []string{month("gift_events", "2026-10"), month("gift_events", "2026-11"), month("gift_events", "2026-12")}},
		{Name: "payouts", Files: []string{month("payouts", "2026-09"), month("payouts", "2026-12")}},
		{Name: "rejects", Files: []string{"/l/carat.db/rejects/data/x.parquet"}},
		{Name: "journal", Files: []string{"/l/carat.db/journal/data/period=2026-11/x.parquet"}},
	}
	read, files := ReadBy("2026-10", slices.Concat(october, later), tables)
	if !reflect.DeepEqual(read, october) {
		t.Errorf("October reads %+v", read)
	}
	want := []pipeline.TableFiles{tables[0],
		{Name: "gift_events", Files: tables[1].Files[:2], Later: []string{"b000011", "b000012", "b000015", "b000016"}}, // b000003 is read whole
		{Name: "payouts", Files: tables[2].Files[:1]},
		{Name: "rejects", Files: tables[3].Files}, tables[4]}
	for i := range want {
		if want[i].Name == "rejects" {
			slices.Sort(files[i].Later)
			want[i].Later = []string{"b000011", "b000012", "b000013", "b000014", "b000015", "b000016"}
		}
		if !reflect.DeepEqual(files[i], want[i]) {
			t.Errorf("October reads %+v, want %+v", files[i], want[i])
		}
	}
	if len(tables[1].Files) != 3 || tables[1].Later != nil {
		t.Errorf("what was given was changed: %+v", tables[1])
	}
	if all, _ := ReadBy("2026-12", slices.Concat(october, later), tables); len(all) != len(october)+len(later) {
		t.Errorf("December reads %d batches", len(all))
	}
	if old, same := ReadOf(&certificate.Certificate{Format: 1, Period: "2026-10"}, "2026-10", later, tables); len(old) != len(later) || len(same[1].Files) != 3 {
		t.Errorf("a month that was certified before reads %d batches", len(old))
	}

	c, err := config.Parse(nil, "/d", config.File)
	if err != nil {
		t.Fatal(err)
	}
	id := func(opening []OpeningTable, batches ...pipeline.Batch) string {
		t.Helper()
		read, _ := ReadBy("2026-10", batches, nil)
		id, err := RunID(c, "2026-10", "2026-09", 1, read, nil, nil, nil, opening, decision.Decided{})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	opening := []OpeningTable{{"2026-09", "journal", 3, 2, "aa"}}
	base := id(opening, october...)
	if id(opening, slices.Concat(october, later)...) != base {
		t.Error("a batch of a later month makes an earlier month's run another run")
	}
	for _, b := range []pipeline.Batch{batch(21, "creators"), batch(21, "gift_events", "2026-09"), batch(21, "gift_events", "2026-10", "2026-12"), batch(21, "gift_events"),
		batch(21, "balances", "2026-11"), undo(21, "gift_events", "b000003")} {
		if id(opening, slices.Concat(october, []pipeline.Batch{b})...) == base {
			t.Errorf("the same run with %+v", b)
		}
	}
	for _, o := range [][]OpeningTable{nil, {{"2026-09", "journal", 3, 2, "bb"}}, {{"2026-09", "journal", 4, 2, "aa"}}, {{"2025-10", "journal", 3, 2, "aa"}}} {
		if id(o, october...) == base {
			t.Errorf("the same run with the opening %+v", o)
		}
	}
}
