package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

const fee = "Date,Ref,Amount\n2026-10-31,FEE,-1.50\n"

// accounts is a carat.yaml with a layout for each account's exports.
func accounts(of ...string) string {
	yaml := "first_period: 2026-10\nfeeds:\n  bank_lines:\n    layout:\n"
	for i := 0; i < len(of); i += 3 {
		yaml += "      - {name: " + of[i] + ", files: [\"" + of[i+1] + "\"], time_format: YYYY-MM-DD, columns: {booked_at: Date, reference: Ref, amount: Amount}, constants: {account: " + of[i+2] + ", currency: EUR}, id: content}\n"
	}
	return yaml
}

// under gives the folder under another carat.yaml.
func under(t *testing.T, s books.Setting, yaml string) books.Setting {
	t.Helper()
	c, err := config.Parse([]byte(yaml), s.Config.Dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	s.Config = c
	return s
}

// became gives what an ingest makes of each file, and what it tells of them.
func became(t *testing.T, s books.Setting) (results []string, told string, err error) {
	t.Helper()
	var notes []string
	s.Progress = func(e books.Event) {
		if e.Note != "" {
			notes = append(notes, e.Note)
		}
	}
	r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
	for _, f := range r.Files {
		results = append(results, f.File+" "+f.Result+" "+f.Batch)
	}
	return results, strings.Join(notes, "\n"), err
}

// held gives the lines of the lake.
func held(t *testing.T, s books.Setting) (lines []string) {
	t.Helper()
	got, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, Query: "select account || ' ' || amount || ' ' || batch_id from bank_lines order by 1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range got.Rows {
		lines = append(lines, row[0].(string))
	}
	return lines
}

func rename(t *testing.T, s books.Setting, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(s.Config.Dir, "inbox", from), filepath.Join(s.Config.Dir, "inbox", to)); err != nil {
		t.Fatal(err)
	}
}

// Two accounts' exports of one fee are the same bytes, and both are money: side by side,
// each under a layout of its own, they are two files, and each is taken once.
func TestTheSameBytesOfTwoAccountsAreTwoFiles(t *testing.T) {
	ctx := context.Background()
	s := trial.Folder(t, accounts("opera", "a-*.csv", "A", "reser", "b-*.csv", "B"), map[string]string{"a-1.csv": fee, "a-2.csv": fee, "b-1.csv": fee, "b-2.csv": fee})
	results, _, err := became(t, s)
	if want := []string{"a-1.csv ingested b000001", "a-2.csv already ingested b000001", "b-1.csv ingested b000002", "b-2.csv already ingested b000002"}; err != nil || !slices.Equal(results, want) {
		t.Fatalf("%v %v", results, err)
	}
	both := []string{"A -1.500000 b000001", "B -1.500000 b000002"}
	wantLines(t, "both", held(t, s), both...)
	for range 2 { // once more, also when the tables were compacted
		results, told, err := became(t, s)
		if want := []string{"a-1.csv already ingested b000001", "a-2.csv already ingested b000001", "b-1.csv already ingested b000002", "b-2.csv already ingested b000002"}; err != nil || told != "" || !slices.Equal(results, want) {
			t.Fatalf("%v %q %v", results, told, err)
		}
		if dry, err := ingest.DryRun(ctx, ingest.Options{Setting: s}); err != nil || dry[2].Batch != "b000002" {
			t.Fatalf("%+v %v", dry, err)
		}
		if _, err := guard.Compact(ctx, guard.CompactOptions{Setting: s}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := guard.Verify(ctx, guard.VerifyOptions{Setting: s}); err != nil {
		t.Error(err)
	}
	// One of them out: the other stands, and the one comes again.
	if _, err := ingest.Undo(ctx, ingest.UndoOptions{Setting: s, Batch: "b000001", Reason: "x"}); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "one out", held(t, s), both[1])
	results, _, err = became(t, s)
	if want := []string{"a-1.csv ingested b000004", "a-2.csv already ingested b000004", "b-1.csv already ingested b000002", "b-2.csv already ingested b000002"}; err != nil || !slices.Equal(results, want) {
		t.Fatalf("%v %v", results, err)
	}
	if _, err := guard.Verify(ctx, guard.VerifyOptions{Setting: s}); err != nil {
		t.Error(err)
	}
}

// One file under another name is no second one: it isn't taken, nor passed over in silence.
func TestAFileUnderTheNameOfAnotherAccountIsRefused(t *testing.T) {
	s := trial.Folder(t, accounts("opera", "a-*.csv", "A", "reser", "b-*.csv", "B"), map[string]string{"a-1.csv": fee, "a-9.csv": "Date,Ref,Amount\n2026-10-31,FEE,-2.50\n"})
	if _, _, err := became(t, s); err != nil {
		t.Fatal(err)
	}
	rename(t, s, "a-1.csv", "b-1.csv")
	for range 2 { // also when it comes again
		results, _, err := became(t, s)
		if pipeline.KindOf(err) != pipeline.KindBadInput || !strings.Contains(err.Error(), "b-1.csv: its bytes are those of a-1.csv (b000001), which was read by layout opera with account A, currency EUR; by layout reser, with account B") ||
			!strings.Contains(err.Error(), "if both are files of their own, have a-1.csv lie in the inbox beside it") {
			t.Fatal(results, err)
		}
	}
	dry, err := ingest.DryRun(context.Background(), ingest.Options{Setting: s})
	if len(dry) != 2 || dry[1].Result != ingest.FileWouldFail || pipeline.KindOf(err) != pipeline.KindBadInput {
		t.Errorf("%v, %+v", err, dry)
	}
	wantLines(t, "once", held(t, s), "A -1.500000 b000001", "A -2.500000 b000002")
	// It was B's: taken out, it comes in as that.
	if _, err := ingest.Undo(context.Background(), ingest.UndoOptions{Setting: s, Batch: "b000001", Reason: "of B"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := became(t, s); err != nil {
		t.Fatal(err)
	}
	wantLines(t, "of B", held(t, s), "A -2.500000 b000002", "B -1.500000 b000004")
}

// Another layout is no other file: what stands is told to stand, and how it would be read anew.
func TestAFileWhoseLayoutIsMendedIsNoOtherFile(t *testing.T) {
	s := trial.Folder(t, accounts("opera", "a-*.csv", "A", "reser", "b-*.csv", "B"), map[string]string{"a-1.csv": fee, "a-2.csv": fee})
	if _, _, err := became(t, s); err != nil {
		t.Fatal(err)
	}
	for name, yaml := range map[string]string{
		"other constants":  accounts("opera", "a-*.csv", "C", "reser", "b-*.csv", "B"),
		"one layout":       accounts("opera", "*.csv", "C"),
		"another's layout": accounts("reser", "a-*.csv", "B", "opera", "c-*.csv", "A"),
	} {
		results, told, err := became(t, under(t, s, yaml))
		if err != nil || !slices.Equal(results, []string{"a-1.csv already ingested b000001", "a-2.csv already ingested b000001"}) ||
			!strings.Contains(told, "it stands as b000001, read by layout opera with account A, currency EUR; carat.yaml says account ") || !strings.Contains(told, "`carat undo b000001 --reason …` takes it out") {
			t.Errorf("%s: %v %q %v", name, results, told, err)
		}
	}
	wantLines(t, "once", held(t, s), "A -1.500000 b000001")
	// Names that no longer part the accounts part no files: the copy is refused under B.
	results, _, err := became(t, under(t, s, accounts("both", "a-1.csv", "C", "reser", "a-2.csv", "B")))
	if err == nil || !slices.Equal(results, []string{"a-1.csv already ingested b000001", "a-2.csv failed "}) {
		t.Errorf("%v %v", results, err)
	}
	wantLines(t, "still once", held(t, s), "A -1.500000 b000001")
}

// What a layout's constants say, its SQL says too.
func TestTheSameBytesUnderOtherSQLAreTwoFiles(t *testing.T) {
	yaml := "first_period: 2026-10\nfeeds:\n  bank_lines:\n    layout:\n"
	for _, one := range []string{"a", "b"} {
		yaml += "      - {name: " + one + ", files: [\"" + one + "-*.csv\"], id: content, sql: \"select line, '" + one + "' as account, 'EUR' as currency, Ref as reference, Amount as amount, \\\"Date\\\" || 'T00:00:00Z' as booked_at from file\"}\n"
	}
	s := trial.Folder(t, yaml, map[string]string{"a-1.csv": fee, "b-1.csv": fee})
	results, _, err := became(t, s)
	if err != nil || !slices.Equal(results, []string{"a-1.csv ingested b000001", "b-1.csv ingested b000002"}) {
		t.Fatalf("%v %v", results, err)
	}
	wantLines(t, "both", held(t, s), "a -1.500000 b000001", "b -1.500000 b000002")
	if results, told, err := became(t, s); err != nil || told != "" || !slices.Equal(results, []string{"a-1.csv already ingested b000001", "b-1.csv already ingested b000002"}) {
		t.Fatalf("%v %q %v", results, told, err)
	}
}
