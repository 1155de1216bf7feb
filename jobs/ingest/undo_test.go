package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/jobs/reconcile"
	"carat/pipeline"
	sqlmodels "carat/sql"
)

const bankHead = "line_id,account,booked_at,amount,currency\n"

// linesOf gives what the table bank_lines holds.
func linesOf(t *testing.T, s books.Setting, asOf string) (lines []string) {
	t.Helper()
	got, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, AsOf: asOf,
		Query: "select line_id || ' ' || regexp_replace(cast(amount as varchar), '\\.?0+$', '') || ' ' || batch_id || ':' || source_line from bank_lines order by 1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range got.Rows {
		lines = append(lines, fmt.Sprint(row[0]))
	}
	return lines
}

func wantLines(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// A batch that was read wrongly goes out; what other files had that was dropped
// against it comes in from their kept sources; states of before stay as they were.
func TestUndo(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{
		"bank_lines-1.csv": bankHead + "b1,a,2026-10-01,100,EUR\nb2,a,2026-10-01,200,EUR\nb9,a,2026-10-01,9,EUR\n",
		"bank_lines-2.csv": bankHead + "b1,a,2026-10-01,1,EUR\nb2,a,2026-10-01,200,EUR\nb3,a,2026-10-01,3,EUR\n",
		"bank_lines-4.csv": bankHead + "c1,a,2026-10-01,1,EUR\nc1,a,2026-10-01,1,EUR\n",
		"bank_lines-3.csv": bankHead + "b1,a,2026-10-01,1,EUR\nb4,a,2026-10-01,4,EUR\nb9,a,2026-10-01,9,EUR\n",
	})
	ctx := context.Background()
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	before := linesOf(t, s, "")
	wantLines(t, "before", before, "b1 100 b000001:2", "b2 200 b000001:3", "b3 3 b000002:4", "b4 4 b000003:3", "b9 9 b000001:4", "c1 1 b000004:2")
	for _, c := range []struct {
		batch, reason string
		kind          pipeline.Kind
		want          string
	}{
		{"b000001", " ", pipeline.KindUsage, "a reason is needed"},
		{"b000009", "x", pipeline.KindNotFound, "the history has no such batch"},
	} {
		if _, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: c.batch, Reason: c.reason}); pipeline.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.batch, err)
		}
	}
	r, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000001", Reason: "in cents"})
	if err != nil || r.By != "b000005" || len(r.Again) != 2 || r.Rows != 3 {
		t.Fatalf("%+v %v", r, err)
	}
	after := []string{"b1 1 b000005:2", "b2 200 b000005:3", "b3 3 b000002:4", "b4 4 b000003:3", "b9 9 b000006:4", "c1 1 b000004:2"}
	wantLines(t, "after", linesOf(t, s, ""), after...)
	wantLines(t, "as of before", linesOf(t, s, "b000004"), before...)
	conflicts, err := trial.Query(ctx, ask.QueryOptions{Setting: s, Query: "select count(*) from rejects"})
	if err != nil || fmt.Sprint(conflicts.Rows[0][0]) != "0" {
		t.Errorf("conflicts with what is out: %v %v", conflicts, err)
	}
	records, err := trial.Query(ctx, ask.QueryOptions{Setting: s, Query: "select batch_id, undoes, undo_reason, undone_by from batches order by 1"})
	if err != nil || fmt.Sprintf("%v %v %v", records.Rows[0][3], records.Rows[4][1], records.Rows[4][2]) != "b000005 b000001 in cents" {
		t.Errorf("%v %v", records, err)
	}
	if v, err := guard.Verify(ctx, guard.VerifyOptions{Setting: s}); err != nil {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000001", Reason: "again"}); err == nil || !strings.Contains(err.Error(), "b000005 has taken it out already") {
		t.Errorf("%v", err)
	}

	// The same file may come again.
	again, err := ingest.Files(ctx, ingest.Options{Setting: s, Files: []string{filepath.Join(s.Config.Dir, "inbox", "bank_lines-1.csv")}})
	if err != nil || again.Files[0].Result != ingest.FileIngested || again.Files[0].RowsDuplicate != 2 || again.Files[0].RowsRejected != 1 {
		t.Errorf("%+v %v", again, err)
	}
}

// A batch that nothing was dropped against goes out by a batch without rows.
func TestUndoAlone(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{"bank_lines-1.csv": bankHead + "b1,a,2026-10-01,100,EUR\n", "fx_rates-1.csv": "rate_date,base,quote,rate\n2026-10-01,EUR,USD,1.1\n"})
	ctx := context.Background()
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	// Of a reference feed a version comes back in its place, not behind later ones.
	for i, rate := range []string{"1.2", "1.1", "1.3"} {
		if err := os.WriteFile(filepath.Join(s.Config.Dir, "inbox", fmt.Sprintf("fx_rates-%d.csv", i+2)), []byte("rate_date,base,quote,rate\n2026-10-01,EUR,USD,"+rate+"\n2026-10-0"+fmt.Sprint(i+2)+",EUR,USD,2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	r, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000002", Reason: "not ours"})
	if err != nil || r.By != "b000006" || len(r.Again) != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	wantLines(t, "after", linesOf(t, s, ""))
	if r, err = ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000003", Reason: "wrong"}); err != nil || len(r.Again) != 0 {
		t.Fatalf("%+v %v", r, err)
	}
	rates, err := trial.Query(ctx, ask.QueryOptions{Setting: s, Query: "select string_agg(batch_id || ' ' || rate::decimal(3,1), ', ' order by batch_id) from fx_rates where rate_date = date '2026-10-01'"})
	if err != nil || fmt.Sprint(rates.Rows[0][0]) != "b000001 1.1, b000004 1.1, b000005 1.3" {
		t.Errorf("%v %v", rates.Rows, err)
	}
	if v, err := guard.Verify(ctx, guard.VerifyOptions{Setting: s}); err != nil {
		t.Errorf("%+v %v", v, err)
	}
}

// An undo that is cut short between two files that it reads again is gone on with by
// the same call, in the name and for the reason of the first; no month is reconciled in
// between, and nothing comes in twice.
func TestUndoCutShort(t *testing.T) {
	head := bankHead + "b1,a,2026-10-01,100,EUR\nb2,a,2026-10-02,100,EUR\nb3,a,2026-10-03,100,EUR\n"
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{
		"bank_lines-1.csv": head,
		"bank_lines-2.csv": bankHead + "b1,a,2026-10-01,1,EUR\nc2,a,2026-10-01,2,EUR\n",
		"bank_lines-3.csv": bankHead + "b2,a,2026-10-02,100,EUR\nc3,a,2026-10-01,3,EUR\n",
		"bank_lines-4.csv": bankHead + "b3,a,2026-10-03,3,EUR\nb1,a,2026-10-01,9,EUR\nc4,a,2026-10-01,4,EUR\n",
	})
	ctx := context.Background()
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	died := errors.New("died")
	cut := s
	cut.By.User = "ann"
	for call, want := range []string{"b000002", "b000003", "b000004"} {
		cut.Fault = func(step, object string) error {
			if step == "read again" && object == want {
				return died
			}
			return nil
		}
		_, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: cut, Batch: "b000001", Reason: fmt.Sprint("call ", call)})
		if !errors.Is(err, died) {
			t.Fatalf("call %d: %v", call, err)
		}
		cut.By.User = "bob"
		_, err = reconcile.Run(ctx, reconcile.Options{Setting: s, SQL: sqlmodels.Files, Period: "2026-10"})
		if told := err != nil && strings.Contains(err.Error(), "b000001 was taken out of the history, and what was dropped against it in "); told != (call > 0) {
			t.Errorf("call %d, reconciled: %v", call, err)
		}
	}
	r, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000001", Reason: "the last call"})
	if err != nil || r.By != "b000005" || len(r.Again) != 1 || r.Again[0].Batch != "b000007" {
		t.Fatalf("%+v %v", r, err)
	}
	wantLines(t, "after", linesOf(t, s, ""), "b1 1 b000005:2", "b2 100 b000006:2", "b3 3 b000007:2", "c2 2 b000002:3", "c3 3 b000003:3", "c4 4 b000004:4")
	records, err := trial.Query(ctx, ask.QueryOptions{Setting: s, Query: "select distinct undo_reason from batches where undoes is not null"})
	if err != nil || fmt.Sprint(records.Rows) != "[[call 1]]" {
		t.Errorf("%v %v", records, err)
	}
	if _, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000001", Reason: "once more"}); err == nil || !strings.Contains(err.Error(), "has taken it out already") {
		t.Errorf("%v", err)
	}
	if v, err := guard.Verify(ctx, guard.VerifyOptions{Setting: s}); err != nil {
		t.Errorf("%+v %v", v, err)
	}
}

// Files that share rows are taken out whole in whichever order: also what an undo before
// brought in from them. What they leave is what other files have, and their right reading
// comes after.
func TestUndoOfFilesThatShareRows(t *testing.T) {
	files := map[string]string{
		"bank_lines-1.csv": bankHead + "a,x,2026-10-01,1,EUR\nb,x,2026-10-02,2,EUR\n",
		"bank_lines-2.csv": bankHead + "b,x,2026-10-02,2,EUR\nc,x,2026-10-03,3,EUR\n",
		"bank_lines-3.csv": bankHead + "a,x,2026-10-01,1,EUR\nb,x,2026-10-02,2,EUR\nc,x,2026-10-03,3,EUR\nd,x,2026-10-04,4,EUR\n",
	}
	ctx := context.Background()
	for _, order := range [][]string{{"b000001", "b000002"}, {"b000002", "b000001"}, {"b000001", "b000002", "b000003"}, {"b000001", "b000003", "b000002"}, {"b000003", "b000002", "b000001"}, {"b000002", "b000003", "b000001"}} {
		s := trial.Folder(t, "first_period: 2026-10\n", files)
		if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
			t.Fatal(err)
		}
		for _, batch := range order {
			if _, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: batch, Reason: "day and month were swapped"}); err != nil {
				t.Fatalf("%v: %s: %v", order, batch, err)
			}
		}
		var rows []string // without the batches, which differ
		for _, l := range linesOf(t, s, "") {
			rows = append(rows, l[:strings.LastIndex(l, " ")])
		}
		want := []string{"a 1", "b 2", "c 3", "d 4"} // all are in the third file
		if len(order) == 3 {
			want = nil
		}
		wantLines(t, fmt.Sprint(order), rows, want...)
		if v, err := guard.Verify(ctx, guard.VerifyOptions{Setting: s}); err != nil {
			t.Errorf("%v: %+v %v", order, v, err)
		}
		if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
			t.Fatal(err)
		}
		rows = rows[:0]
		for _, l := range linesOf(t, s, "") {
			rows = append(rows, l[:strings.LastIndex(l, " ")])
		}
		wantLines(t, fmt.Sprint(order, ", ingested again"), rows, "a 1", "b 2", "c 3", "d 4")
	}
}

// What came in from a file when another was taken out is part of that file: it goes
// with it, and not alone. Cut short between the two, the same call goes on, and until then no
// month is reconciled.
func TestUndoTakesReadingsAlong(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\n", map[string]string{
		"bank_lines-1.csv": bankHead + "a,x,2026-10-01,1,EUR\nb,x,2026-10-02,2,EUR\n",
		"bank_lines-2.csv": bankHead + "b,x,2026-10-02,2,EUR\nc,x,2026-10-03,3,EUR\n",
	})
	ctx := context.Background()
	if _, err := ingest.Files(ctx, ingest.Options{Setting: s}); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000001", Reason: "swapped"}); err != nil {
		t.Fatal(err)
	}
	_, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000003", Reason: "swapped"})
	if pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "its rows are of bank_lines-2.csv, the file of b000002") {
		t.Errorf("a reading alone: %v", err)
	}
	died := errors.New("died")
	cut := s
	cut.Fault = func(step, object string) error {
		if step == "undo" && object == "b000002" {
			return died
		}
		return nil
	}
	if _, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: cut, Batch: "b000002", Reason: "swapped"}); !errors.Is(err, died) {
		t.Fatalf("not cut: %v", err)
	}
	_, err = reconcile.Run(ctx, reconcile.Options{Setting: s, SQL: sqlmodels.Files, Period: "2026-10"})
	if err == nil || !strings.Contains(err.Error(), "what was dropped against it in b000002 is still to be read again") {
		t.Errorf("reconciled in between: %v", err)
	}
	r, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000002", Reason: "swapped"})
	if err != nil || r.Batch != "b000002" || len(r.Readings) != 0 || len(r.Again) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	wantLines(t, "after", linesOf(t, s, ""))
}
