package exceptions_test

import (
	"fmt"
	"slices"
	"testing"

	"carat/jobs/exceptions"
	"carat/jobs/internal/trial"
	"carat/jobs/reconcile"
	"carat/pipeline/decision"
	"carat/sql"
)

// A desk says of each exception what the list says, in pages, and notices decisions.
func TestDeskSaysWhatTheListSays(t *testing.T) {
	s, _ := trial.Generated(t, 3, "all")
	trial.Ingest(t, s)
	s.By.User = "ann"
	if _, err := reconcile.Run(t.Context(), reconcile.Options{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: s})
	if err != nil {
		t.Fatal(err)
	}
	desk := &exceptions.Desk{}
	defer func() {
		if err := desk.Close(); err != nil {
			t.Error(err)
		}
	}()
	find := func(change func(*exceptions.FindOptions)) *exceptions.Found {
		t.Helper()
		o := exceptions.FindOptions{Setting: s, Tab: exceptions.TabAll, Limit: exceptions.FindMost}
		if change != nil {
			change(&o)
		}
		found, err := desk.Find(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	want := map[string]string{}
	for _, row := range list.Rows {
		want[row[0].(string)] = fmt.Sprint(row...)
	}
	seen, control, one := 0, list.Rows[0][1].(string), ""
	for offset := int64(0); ; offset += 10 {
		page := find(func(o *exceptions.FindOptions) { o.Offset, o.Limit = offset, 10 })
		if page.Total != int64(len(list.Rows)) {
			t.Fatalf("the desk has %d exceptions, the list %d", page.Total, len(list.Rows))
		}
		for _, row := range page.Table.Rows {
			seen++
			if one == "" {
				one = row[0].(string)
			}
			if got := fmt.Sprint(row...); got != want[row[0].(string)] {
				t.Errorf("the desk says\n%s, the list\n%s", got, want[row[0].(string)])
			}
		}
		if len(page.Table.Rows) < 10 {
			break
		}
	}
	if seen != len(list.Rows) {
		t.Errorf("pages have %d exceptions, the list %d", seen, len(list.Rows))
	}
	only := find(func(o *exceptions.FindOptions) { o.Control = control })
	if only.Total == 0 || only.Total+only.Hidden != int64(len(list.Rows)) {
		t.Errorf("of %s: %d, hidden %d, of %d", control, only.Total, only.Hidden, len(list.Rows))
	}
	sum := int64(0)
	for _, row := range find(nil).Causes.Rows {
		sum += row[4].(int64)
	}
	if sum != int64(len(list.Rows)) {
		t.Errorf("causes count %d exceptions of %d", sum, len(list.Rows))
	}
	// A filter's texts are values, whatever they hold.
	if none := find(func(o *exceptions.FindOptions) { o.Text = "' or true or '" }); none.Total != 0 {
		t.Errorf("a text that would be SQL finds %d", none.Total)
	}
	// In the list of one control each is beside its neighbours.
	var ids []string
	for _, row := range only.Table.Rows {
		ids = append(ids, row[0].(string))
	}
	for i, id := range ids {
		before, after, err := desk.Beside(t.Context(), exceptions.FindOptions{Setting: s, Tab: exceptions.TabAll, Control: control}, id)
		if err != nil || i > 0 && before != ids[i-1] || i == 0 && before != "" || i < len(ids)-1 && after != ids[i+1] {
			t.Errorf("beside %d of %d: %q and %q, %v", i, len(ids), before, after, err)
		}
	}
	// A new run is noticed, and so is what was decided by then.
	trial.Decide(t, s, decision.Decision{ExceptionID: one, Status: decision.Explained, Note: "x", By: "ann", At: s.Now})
	s.Now = s.Now.AddDate(0, 0, 1)
	decided := find(func(o *exceptions.FindOptions) { o.Tab = exceptions.TabMine })
	if decided.Total != 1 || decided.Table.Rows[0][0] != one {
		t.Errorf("after a decision mine are %d", decided.Total)
	}
	if undecided := find(func(o *exceptions.FindOptions) { o.Tab = exceptions.TabUndecided }); slices.ContainsFunc(undecided.Table.Rows, func(row []any) bool { return row[0] == one }) {
		t.Error("what was decided is listed as undecided")
	}
	if _, err := desk.Find(t.Context(), exceptions.FindOptions{Setting: s, Tab: "nothing"}); err == nil {
		t.Error("a tab that isn't there is shown")
	}
}
