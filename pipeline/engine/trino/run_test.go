package trino

import (
	"strings"
	"testing"
	"time"

	"carat/pipeline"
)

// A cluster reads snapshots: the months of which a run reads no file are left out by their
// name, and batches that don't stand as ever. A table that doesn't say its months is read
// whole; of one that says only some of them nobody knows which rows are meant.
func TestRead(t *testing.T) {
	of := func(month string) string {
		return "/lake/gift_events/data/accounting_month=" + month + "/sent_at_day=1/b.parquet"
	}
	for _, c := range []struct {
		files      []string
		without    []string
		want, says string
	}{
		{[]string{of("2026-10"), of("2026-09"), of("2026-10")}, nil, "accounting_month in ('2026-09', '2026-10')", ""},
		{[]string{of("2026-09")}, []string{"b000002"}, "accounting_month in ('2026-09') and coalesce(\"batch_id\", '') not in ('b000002')", ""},
		{[]string{"/lake/fx_rates/data/b.parquet"}, nil, "", ""},
		{[]string{"/lake/fx_rates/data/b.parquet"}, []string{"b000002"}, "coalesce(\"batch_id\", '') not in ('b000002')", ""},
		{[]string{of("2026-09"), "/lake/gift_events/data/b.parquet"}, nil, "", "read gift_events: 1 of its 2 files don't say of which month they are"},
	} {
		got, err := read(pipeline.TableFiles{Name: "gift_events", Files: c.files, Without: c.without, Columns: []pipeline.Column{{Name: "batch_id"}}})
		if got != c.want || c.says == "" && err != nil || c.says != "" && (err == nil || !strings.HasPrefix(err.Error(), c.says+"; take engine out")) {
			t.Errorf("%v: %q, %v", c.files, got, err)
		}
	}
}

// What a run may still be using stays: only what is a week old is swept, and nothing whose
// name doesn't end with a time.
func TestOlderThan(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		schema string
		want   bool
	}{
		{"carat_again_abc_0123_" + Attempt(now.Add(-longAgo-time.Second)), true},
		{"carat_again_abc_0123_" + Attempt(now.Add(-longAgo+time.Second)), false},
		{"carat_try_abc_" + Attempt(now), false},
		{"carat_try_abc_" + Attempt(now.Add(time.Hour)), false},
		{"carat_try_abc_no-time", false},
	} {
		if got := olderThan(c.schema, Attempt(now), longAgo); got != c.want {
			t.Errorf("%s: %t", c.schema, got)
		}
	}
}
