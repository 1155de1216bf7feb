package guard_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/month"
	"carat/sql"
)

// closeGenerated closes a generated month without faults.
func closeGenerated(t *testing.T) books.Setting {
	t.Helper()
	ctx := context.Background()
	s, _ := trial.Generated(t, 7, "none")
	s.By.User = "ann"
	if _, err := jobs.Run(ctx, jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	if _, err := month.Close(ctx, month.CloseOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	s.By.User = "bob"
	if _, err := month.Approve(ctx, month.ApproveOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// A closed month comes out the same when it is run again; what was changed
// since is named.
func TestReperform(t *testing.T) {
	ctx := context.Background()
	s := closeGenerated(t)
	r, err := guard.Reperform(ctx, guard.ReperformOptions{Setting: s, Period: "2026-10"})
	if err != nil || !r.Same() || len(r.Tables) < 5 {
		t.Fatalf("Reperform = %+v, %v", r, err)
	}
	results, err := filepath.Glob(filepath.Join(s.Config.Lake, "carat.db", "rollforwards", "data", "*", "*.parquet"))
	if err != nil || len(results) != 1 {
		t.Fatalf("results: %v, %v", results, err)
	}
	text, err := os.ReadFile(results[0])
	if err != nil {
		t.Fatal(err)
	}
	forged := append([]byte(nil), text...)
	forged[len(forged)/3] ^= 1
	for _, change := range [][]byte{forged, text} {
		if err := os.WriteFile(results[0], change, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err = guard.Reperform(ctx, guard.ReperformOptions{Setting: s, Period: "2026-10"})
		want := ""
		if &change[0] == &forged[0] {
			want = "rollforwards"
		}
		if err != nil || strings.Join(r.Differing(), ",") != want {
			t.Errorf("differing %v, %v; want %q", r.Differing(), err, want)
		}
	}
	texts, err := filepath.Glob(filepath.Join(s.Config.Lake, "certificates", "sql", "*.sql"))
	if err != nil || len(texts) == 0 {
		t.Fatal(texts, err)
	}
	if err := os.WriteFile(texts[0], []byte("select 1"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err = guard.Reperform(ctx, guard.ReperformOptions{Setting: s, Period: "2026-10"})
	if err != nil || r.Same() || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "it was changed: its SHA-256 is ") {
		t.Errorf("with SQL changed: %+v, %v", r, err)
	}
}
