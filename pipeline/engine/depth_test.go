package engine_test

import (
	"context"
	"testing"
)

// What a model waits for is what a reader must understand before it, and what
// must be built before it: rates don't wait for the ledger, lots for the
// matching, or matching for the lots.
const (
	graphDepthMax         = 25 // models in the longest chain of readers
	modelsBeforeLotsMax   = 12 // that led_lot reads, straight or through others
	modelsBeforeMatchMax  = 22 // that led_match_outcome does
	modelsBeforeFXRateMax = 4  // that led_fx_rate does
)

func TestModelsWaitForLittle(t *testing.T) {
	dialect, models := builtinModels(t)
	e := openEngine(t)
	if err := e.ExecForTest(dialect); err != nil {
		t.Fatal(err)
	}
	ordered, reads, err := e.OrderForTest(context.Background(), models)
	if err != nil {
		t.Fatal(err)
	}
	depth, before := map[string]int{}, map[string]map[string]bool{}
	deepest := ""
	for _, m := range ordered {
		all := map[string]bool{}
		for _, r := range reads[m.Name] {
			if before[r] == nil {
				continue // a table of the lake or of the run
			}
			depth[m.Name] = max(depth[m.Name], depth[r])
			all[r] = true
			for further := range before[r] {
				all[further] = true
			}
		}
		depth[m.Name]++
		before[m.Name] = all
		if depth[m.Name] > depth[deepest] {
			deepest = m.Name
		}
	}
	t.Logf("%s is the %dth of its chain", deepest, depth[deepest])
	if depth[deepest] > graphDepthMax {
		t.Errorf("%s is the %dth of its chain of models, more than %d", deepest, depth[deepest], graphDepthMax)
	}
	for model, most := range map[string]int{
		"led_lot": modelsBeforeLotsMax, "led_match_outcome": modelsBeforeMatchMax, "led_fx_rate": modelsBeforeFXRateMax,
	} {
		n := len(before[model])
		t.Logf("%s waits for %d models", model, n)
		if before[model] == nil || n > most {
			t.Errorf("%s waits for %d models, more than %d", model, n, most)
		}
	}
}
