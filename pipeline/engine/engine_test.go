package engine_test

import (
	"context"
	"slices"
	"testing"
)

func sortTexts(list []string) { slices.Sort(list) }

// A month with no rows at all is balanced, and every result table exists.
func TestEmptyMonth(t *testing.T) {
	e := openEngine(t)
	given(t, e, "2026-10", nil)
	dialect, models := builtinModels(t)
	p := testParameters(t, "2026-10", "2026-10", "UTC")
	p.KeepModels = false
	outcome, err := e.Reconcile(context.Background(), dialect, models, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := outcome.Status(); got != "balanced" {
		t.Errorf("status %s, want balanced", got)
	}
	files, err := e.Export(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"control_results", "creator_balances", "exceptions", "rollforwards", "statement_lines", "statement_summaries", "viewer_balances"} {
		if len(files[table]) != 1 {
			t.Errorf("no file for %s", table)
		}
	}
}
