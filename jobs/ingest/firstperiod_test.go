package ingest_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	"carat/reports/table"
)

const (
	octoberSale   = trial.PurchaseHeader + "p1,purchase,v1,web,s,100,USD,1.00,2026-10-31T23:30:00Z\n"
	septemberSale = trial.PurchaseHeader + "p0,purchase,v1,web,s,100,USD,1.00,2026-09-30T10:00:00Z\n"
	opening       = "subject_kind,subject_id,as_of,coins\nviewer,v1,2026-10-01T00:00:00Z,5\n"
)

func months(t *testing.T, s books.Setting, table string) string {
	t.Helper()
	rows, err := trial.Query(context.Background(), ask.QueryOptions{Setting: s, Query: "select distinct accounting_month from " + table + " order by 1"})
	if err != nil {
		t.Fatal(err)
	}
	return firstColumn(rows)
}

func firstColumn(t *table.Table) string {
	var texts []string
	for _, r := range t.Rows {
		texts = append(texts, r[0].(string))
	}
	return strings.Join(texts, " ")
}

func TestFirstPeriodIsFixedByTheFirstIngest(t *testing.T) {
	s := trial.Folder(t, "feeds: {}", map[string]string{"coin_purchases.csv": octoberSale, "balances.csv": opening})
	r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
	if err != nil || r.FirstPeriod != "2026-10" {
		t.Fatalf("first period %q, %v", r.FirstPeriod, err)
	}
	// The opening is dated at the end of September, which is closed.
	if got := months(t, s, "balances"); got != "2026-10" {
		t.Errorf("the opening is booked in %q", got)
	}
	// A late row of an earlier month is a prior-period item.
	late := filepath.Join(s.Config.Dir, "coin_purchases-late.csv")
	if err := os.WriteFile(late, []byte(septemberSale), 0o644); err != nil {
		t.Fatal(err)
	}
	if r, err = ingest.Files(context.Background(), ingest.Options{Setting: s, Files: []string{late}}); err != nil || r.FirstPeriod != "2026-10" {
		t.Fatalf("first period %q, %v", r.FirstPeriod, err)
	}
	if got := months(t, s, "coin_purchases"); got != "2026-10" {
		t.Errorf("purchases are booked in %q", got)
	}
	other := *s.Config
	other.FirstPeriod = "2026-09"
	s.Config = &other
	_, err = ingest.Files(context.Background(), ingest.Options{Setting: s})
	if pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "use first_period 2026-09: this lake began with 2026-10 and its months are booked by that; set first_period to 2026-10") {
		t.Errorf("another first period: %v", err)
	}
}

func TestFirstPeriodFollowsTheTimeZone(t *testing.T) {
	s := trial.Folder(t, "feeds: {}\ntime_zone: Europe/Berlin", map[string]string{"coin_purchases.csv": octoberSale})
	r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
	if err != nil || r.FirstPeriod != "2026-11" {
		t.Errorf("first period %q, %v; 23:30 UTC on the 31st is November in Berlin", r.FirstPeriod, err)
	}
}

func TestOpeningsBeforeAnyEventAreRefused(t *testing.T) {
	s := trial.Folder(t, "feeds: {}", map[string]string{"balances.csv": opening})
	r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
	if pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "ingest balances.csv: no event was ingested yet, so the first period is not known; set first_period in carat.yaml, or ingest events with it") {
		t.Errorf("openings alone: %v", err)
	}
	if len(r.Files) != 1 || r.Files[0].Result != ingest.FileFailed {
		t.Errorf("result %+v", r)
	}
	s.Config.FirstPeriod = "2026-10"
	if r, err = ingest.Files(context.Background(), ingest.Options{Setting: s}); err != nil || r.Files[0].Result != ingest.FileIngested || r.FirstPeriod != "2026-10" {
		t.Errorf("with first_period: %+v, %v", r, err)
	}
}
