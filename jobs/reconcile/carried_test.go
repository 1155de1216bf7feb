package reconcile

import (
	"testing"

	"carat/jobs/config"
	"carat/jobs/config/cluster"
	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/engine"
)

// What asks for what older rows did to each lot is never carried forward.
func TestAsksForHistory(t *testing.T) {
	rates := []pipeline.TableFiles{{Name: "fx_rates", Files: []string{"a"}}, {Name: "breakage_rates", Files: []string{"b"}}}
	reads := func(table string) Models {
		return Models{List: []engine.Model{{SQL: "select 1 from led_lot_take"}, {UserMade: true, SQL: "select 1 from " + table}}}
	}
	for want, got := range map[string]string{
		"":                                asksForHistory(&config.Config{Clawback: "none"}, reads("led_lot_balance"), append(rates[:1:1], pipeline.TableFiles{Name: "breakage_rates"})),
		"coins break by inactivity":       asksForHistory(&config.Config{Clawback: "none", BreakageMonths: 1}, Models{}, nil),
		"refunds take back from creators": asksForHistory(&config.Config{Clawback: "full"}, Models{}, nil),
		"breakage is taken ahead":         asksForHistory(&config.Config{Clawback: "none"}, Models{}, rates),
		"a control of your own reads gifts, or what happened to each lot": asksForHistory(&config.Config{Clawback: "none"}, reads("Led_Lot_Take"), nil),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := asksForHistory(&config.Config{Clawback: "none", Engine: cluster.Engine{Kind: cluster.Trino}}, Models{}, nil); got != "" {
		t.Errorf("a cluster asks for it: %s", got)
	}
}

// A cluster is told of the raw tables as the run reads them, and of earlier gifts always: of
// none where the run reads all its months from the start.
func TestRawOf(t *testing.T) {
	of := func(month string) string {
		return "/lake/gift_events/data/accounting_month=" + month + "/sent_at_day=1/b.parquet"
	}
	tables := []pipeline.TableFiles{{Name: "gift_events", Files: []string{of("2026-09"), of("2026-10")}}, {Name: "payouts"}, {Name: "statements"}}
	for _, c := range []struct {
		tables       []pipeline.TableFiles
		now, earlier int
	}{{tables, 2, 0}, {engine.SplitEarlier(tables, "2026-10"), 1, 1}} {
		files := map[string]int{}
		for _, one := range rawOf(c.tables) {
			files[one.Name] = len(one.Files)
		}
		if len(files) != 3 || files["gift_events"] != c.now || files["earlier_gift_events"] != c.earlier {
			t.Errorf("%v", files)
		}
	}
}

// A batch that came or went after a month was closed is told when it is of that month or of
// one before.
func TestMovedSince(t *testing.T) {
	batch := func(no int64, feed string, months ...pipeline.Period) pipeline.Batch {
		return pipeline.Batch{ID: pipeline.BatchID(no), Feed: feed, Months: months}
	}
	undo := func(no, of int64) pipeline.Batch {
		return pipeline.Batch{ID: pipeline.BatchID(no), Feed: "gift_events", Undo: &pipeline.Undo{Batch: pipeline.BatchID(of)}}
	}
	known := []pipeline.Batch{batch(1, "gift_events", "2026-09"), batch(2, "gift_events", "2026-10"), batch(9, "fx_rates")}
	c := &certificate.Certificate{Period: "2026-10", LastBatch: pipeline.BatchID(9)}
	for _, one := range []struct {
		since []pipeline.Batch
		want  string
	}{
		{nil, ""},
		{[]pipeline.Batch{batch(10, "gift_events", "2026-11"), batch(11, "fx_rates", "2026-09"), batch(12, "payouts"), batch(13, "gift_events", "2026-11", "2026-12")}, ""},
		{[]pipeline.Batch{batch(10, "gift_events", "2026-11"), undo(11, 10)}, ""},
		{[]pipeline.Batch{undo(10, 2)}, "b000002 was taken out of the history after the month before was closed"},
		{[]pipeline.Batch{undo(10, 9)}, "b000009 was taken out of the history after the month before was closed"},
		{[]pipeline.Batch{batch(10, "gift_events", "2026-11", "2026-10")}, "b000010 has rows of a closed month and came after it was closed"},
		{[]pipeline.Batch{batch(10, "coin_purchases", "2026-08")}, "b000010 has rows of a closed month and came after it was closed"},
	} {
		if got := movedSince(append(known[:3:3], one.since...), c, "2026-10"); got != one.want {
			t.Errorf("%+v: %q, want %q", one.since, got, one.want)
		}
	}
}
