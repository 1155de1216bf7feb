package jobs_test

import (
	"context"
	"strings"
	"testing"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/month"
	"carat/pipeline"
	"carat/sql"
)

// Preparing a month whose run is known runs it again, and signs nothing when a number
// that is to be signed comes out otherwise.
func TestPreparingComparesAKnownRun(t *testing.T) {
	ctx := context.Background()
	s, _ := trial.Generated(t, 7, "none")
	s.By.User = "ann"
	ran, err := jobs.Run(ctx, jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"})
	if err != nil {
		t.Fatal(err)
	}
	forge := func(from, to string) {
		t.Helper()
		p, err := books.Open(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		done, err := p.Lake.DB().Exec("update carat_published set published = replace(published, '" + from + "', '" + to + "')")
		if err != nil {
			t.Fatal(err)
		}
		if n, _ := done.RowsAffected(); n != 1 {
			t.Fatalf("%d runs were published", n)
		}
	}
	p, err := books.Open(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := p.Lake.RunTables(ctx, ran.Reconcile.RunID)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	sum := ""
	for _, one := range tables {
		if one.Table == "rollforwards" {
			sum = one.NumbersSHA256
		}
	}
	if err != nil || sum == "" {
		t.Fatalf("%+v %v", tables, err)
	}
	forged := strings.Repeat("0", len(sum))
	forge(sum, forged)
	if r, err := month.Close(ctx, month.CloseOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "comes out otherwise in rollforwards") {
		t.Fatalf("prepared: %+v %v", r, err)
	}
	forge(forged, sum)
	r, err := month.Close(ctx, month.CloseOptions{Setting: s, SQL: sql.Files, Period: "2026-10"})
	if err != nil || r.RunID != ran.Reconcile.RunID {
		t.Fatalf("%+v %v", r, err)
	}
}
