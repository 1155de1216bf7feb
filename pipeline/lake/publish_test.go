package lake

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"carat/pipeline"

	"github.com/parquet-go/parquet-go"
)

type resultRow struct {
	Period  *string `parquet:"period,optional,id(1)"`
	RunID   *string `parquet:"run_id,optional,id(2)"`
	Control *string `parquet:"control,optional,id(3)"`
	Amount  *int64  `parquet:"amount,optional,decimal(6:18),id(4)"`
	Ok      *bool   `parquet:"ok,optional,id(5)"`
}

type widerResultRow struct {
	resultRow
	At *int64 `parquet:"at,optional,timestamp(microsecond),id(6)"`
}

// resultFiles stages two result tables of two rows and gives them by table.
func resultFiles(t testing.TB, l *Lake, run string) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	for _, name := range []string{"control_results", "rollforwards"} {
		files[name] = []string{stageResult(t, l, run, name, resultRows(run))}
	}
	return files
}

func resultRows(run string) []resultRow {
	period, control, amount, ok := "2026-10", "gift_price", int64(5), true
	row := resultRow{&period, &run, &control, &amount, &ok}
	return []resultRow{row, row}
}

func stageResult[T any](t testing.TB, l *Lake, run, name string, rows []T) string {
	t.Helper()
	dir, err := l.StagingDir("run-" + run)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name+".parquet")
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPublish(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	calls := 0
	if _, err := l.DB().Exec("create table runs (id text primary key)"); err != nil {
		t.Fatal(err)
	}
	first, err := l.Publish(t.Context(), Run{ID: "run1", Period: "2026-10"}, resultFiles(t, l, "run1"), recordRun("run1"))
	if err != nil || !first {
		t.Fatalf("published %v, %v", first, err)
	}
	again, err := l.Publish(t.Context(), Run{ID: "run1", Period: "2026-10"}, resultFiles(t, l, "run1"), recordRun("run1"))
	if err != nil || again {
		t.Errorf("the same run was published again: %v, %v", again, err)
	}
	tf := tableOf(t, l, "control_results", AsOf{})
	if rows := readAll[resultRow](t, tf.Files); len(rows) != 2 {
		t.Errorf("%d rows, want 2", len(rows))
	}
	want := []pipeline.Column{{ID: 1, Name: "period", Type: "VARCHAR", Optional: true}, {ID: 2, Name: "run_id", Type: "VARCHAR", Optional: true},
		{ID: 3, Name: "control", Type: "VARCHAR", Optional: true}, {ID: 4, Name: "amount", Type: "DECIMAL(18,6)", Optional: true},
		{ID: 5, Name: "ok", Type: "BOOLEAN", Optional: true}}
	for i, c := range want {
		if i >= len(tf.Columns) || tf.Columns[i] != c {
			t.Errorf("column %d is %+v, want %+v", i, tf.Columns, c)
		}
	}

	// A later run brings a column: the table gains it, old files stay.
	at, period := int64(7), "2026-10"
	wider := widerResultRow{resultRow{Period: &period}, &at}
	files := map[string][]string{"control_results": {stageResult(t, l, "run2", "control_results", []widerResultRow{wider})}}
	if _, err := l.Publish(t.Context(), Run{ID: "run2", Period: "2026-10"}, files, recordRun("run2")); err != nil {
		t.Fatal(err)
	}
	tf = tableOf(t, l, "control_results", AsOf{})
	if n := len(tf.Columns); n != 6 || tf.Columns[5].Name != "at" || tf.Columns[5].Type != "TIMESTAMP WITH TIME ZONE" {
		t.Errorf("columns %+v", tf.Columns)
	}
	if len(tf.Files) != 2 {
		t.Errorf("files %v", tf.Files)
	}

	// A transaction that fails leaves no trace.
	broken := errors.New("the run's row is refused")
	_, err = l.Publish(t.Context(), Run{ID: "run3", Period: "2026-10"}, resultFiles(t, l, "run3"), func(*sql.Tx) error { calls++; return broken })
	if !errors.Is(err, broken) || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
	if got := len(tableOf(t, l, "rollforwards", AsOf{}).Files); got != 1 {
		t.Errorf("%d files in rollforwards, want 1", got)
	}
	if v, err := l.Verify(t.Context()); err != nil || v.Runs != 2 {
		t.Errorf("%+v %v", v, err)
	}
}

func TestPublishOfEmptyTables(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	files := map[string][]string{"exceptions": {stageResult(t, l, "r", "exceptions", []resultRow(nil))}}
	if ok, err := l.Publish(t.Context(), Run{ID: "r", Period: "2026-10"}, files, nil); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if tf := tableOf(t, l, "exceptions", AsOf{}); len(tf.Files) != 0 || tf.Snapshot == 0 || len(tf.Columns) != 5 {
		t.Errorf("%+v", tf)
	}
	if ok, err := l.Publish(t.Context(), Run{ID: "r", Period: "2026-10"}, nil, nil); err != nil || ok {
		t.Errorf("the same run was published again: %v %v", ok, err)
	}
}

func TestPublishRefusesWhatIsNoResult(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	for _, c := range []struct {
		run, period, table, want string
	}{
		{"../x", "2026-10", "rollforwards", `publish run "../x": not a plain name`},
		{"r", "October", "rollforwards", `publish run r: "October" is not a month like 2026-10 (from 2000-01 to 2099-12)`},
		{"r", "2026-10", "gift_events", `publish run r: table gift_events: "gift_events" can't be a result table`},
		{"r", "2026-10", "../../x", `publish run r: table ../../x: "../../x" can't be a result table`},
	} {
		_, err := l.Publish(t.Context(), Run{ID: c.run, Period: pipeline.Period(c.period)}, map[string][]string{c.table: {}}, nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}
