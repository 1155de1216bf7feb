package engine_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"carat/pipeline/chart"
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
	inSQL, err := e.TextsForTest("select role from led_account where entity = 'main' order by account_rank")
	if err != nil {
		t.Fatal(err)
	}
	numbered, err := e.TextsForTest(`select role || ' ' || split_part(account, ' ', 1) || ' ' || case kind when 'asset' then 'sheet' when 'liability' then 'sheet' when 'equity' then 'equity' else 'result' end
from led_account where entity = 'main' order by account_rank`)
	if err != nil {
		t.Fatal(err)
	}
	// An account of each role's number and its own role agrees with itself; of another side it is refused.
	for _, text := range numbered {
		var role, number, side string
		if _, err := fmt.Sscan(text, &role, &number, &side); err != nil {
			t.Fatal(err)
		}
		for other, otherSide := range map[string]string{"cash": "sheet", "retained_earnings": "equity", "gift_revenue": "result"} {
			wrong := chart.Check(map[string]string{other: number + " Other"})
			if refused := len(wrong) > 0; refused != (side != otherSide) && other != role {
				t.Errorf("%s at the account %s of %s, %s: %v", other, number, role, side, wrong)
			}
		}
	}
	slices.Sort(inSQL)
	roles := chart.Roles()
	slices.Sort(roles)
	if !reflect.DeepEqual(inSQL, roles) {
		t.Errorf("chart of accounts:\n%v\nroles of carat.yaml:\n%v", inSQL, roles)
	}
}
