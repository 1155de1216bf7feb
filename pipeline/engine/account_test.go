package engine_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"carat/pipeline"
)

// TestAccountRoles keeps the roles that carat.yaml may name and the chart of
// accounts alike.
func TestAccountRoles(t *testing.T) {
	dialect, models := builtinModels(t)
	e := openEngine(t)
	given(t, e, "2026-10", nil)
	p := testParameters(t, "2026-10", "2026-10", "UTC")
	if _, err := e.Reconcile(context.Background(), dialect, needed(models, "led_account"), p, nil); err != nil {
		t.Fatal(err)
	}
	chart, err := e.TextsForTest("select role from led_account where entity = 'main' order by account_rank")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(chart)
	roles := pipeline.AccountRoles()
	slices.Sort(roles)
	if !reflect.DeepEqual(chart, roles) {
		t.Errorf("chart of accounts:\n%v\nroles of carat.yaml:\n%v", chart, roles)
	}
}
