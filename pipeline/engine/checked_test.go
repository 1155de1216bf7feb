package engine_test

import (
	"strings"
	"testing"

	"carat/pipeline/engine"
	"carat/pipeline/engine/sqltext"
)

// counting gives the query of a header's count, as judging does.
func counting(source string) string {
	if strings.HasPrefix(source, "select ") {
		return source
	}
	return "select count(*) " + source
}

// judgedBy are the tables that the counts of a control's header read.
func judgedBy(m engine.Model) (tables []string) {
	for _, key := range []string{"checked", "not_compared"} {
		if source := m.Header[key]; source != "" {
			tables = append(tables, sqltext.Tables(counting(source))...)
		}
	}
	return tables
}

// checkedIsNoFewer wants a control to have checked whatever it names: a result that found
// two among one checked is believed by nobody.
func checkedIsNoFewer(t *testing.T, e *engine.Engine, models []engine.Model, model string) {
	t.Helper()
	for _, m := range models {
		if m.Name != model || m.Header["checked"] == "" {
			continue
		}
		counts, err := e.TextsForTest("select found || ' exceptions among ' || checked || ' checked' from (select (select count(*) from " + model + ") as found, (" +
			counting(m.Header["checked"]) + ") as checked) where found > checked")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range counts {
			t.Errorf("%s: %s", model, c)
		}
	}
}
