package ask_test

import (
	"maps"
	"slices"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/exceptions"
	"carat/jobs/internal/trial"
	"carat/jobs/reconcile"
	"carat/sql"
)

// An id that rows of two tables have is traced to both, in the same order each
// time.
func TestTraceOfAnExceptionHasAnOrder(t *testing.T) {
	files := maps.Clone(trial.SmallMonth)
	files["diamond_adjustments.csv"] = "adjustment_id,creator_id,diamonds,reason,approved_by,adjusted_at\na1,c1,5,bonus,nobody,2026-10-08T10:00:00Z\n"
	files["coin_adjustments.csv"] = "adjustment_id,viewer_id,coins,reason,approved_by,adjusted_at\na1,v1,5,promo,nobody,2026-10-08T10:00:00Z\n"
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nmax_reject_share: 0.5\napprovers: [ann]\n", files)
	trial.Ingest(t, s)
	if _, err := reconcile.Run(t.Context(), reconcile.Options{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: s, Period: "2026-10", Control: "adjustment_authority"})
	if err != nil || len(list.Rows) == 0 {
		t.Fatalf("%v %v", list, err)
	}
	for range 12 { // a random order of two shows in one of a dozen
		roots, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{list.Rows[0][0].(string)}})
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, n := range nodes(roots, "source_line") {
			lines = append(lines, n.ID)
		}
		if want := []string{"diamond_adjustments.csv:2", "coin_adjustments.csv:2"}; !slices.Equal(lines, want) {
			t.Fatalf("traced to %v, want %v", lines, want)
		}
	}
}
