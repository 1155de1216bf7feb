package schedule

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline"
)

// Who watches a scheduler knows from its start when each job was done last, whatever ran before the restart; a run that
// met bad input is told apart; and a carat.yaml that was changed meanwhile is told, once for each change.
func TestScheduleTellsWhatWasBefore(t *testing.T) {
	dir := t.TempDir()
	const text = "jobs: {ingest: {cron: '0 * * * *'}, backup: {cron: '30 3 * * *'}}"
	file := filepath.Join(dir, config.File)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err := config.Parse([]byte(text), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	start := func(from, until time.Time) (before map[string]time.Time, results, log string) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		clock := &fakeClock{now: from, end: until, run: cancel}
		before = map[string]time.Time{}
		var said bytes.Buffer
		works := map[string]Work{}
		runs := 0
		for _, job := range config.ScheduledJobs {
			works[job] = func(ctx context.Context, now time.Time) error {
				p, err := books.Open(ctx, books.Setting{Config: conf, Now: now})
				if err != nil {
					return err
				}
				defer p.Close()
				record, err := p.Begin(ctx, books.Setting{Config: conf, Now: now}, job, "")
				if err != nil {
					return err
				}
				if err := record.End(ctx, nil); err != nil {
					return err
				}
				if runs++; runs == 2 {
					if err := os.WriteFile(file, []byte(text+"\n# changed\n"), 0o600); err != nil {
						t.Error(err)
					}
					return pipeline.Errorf(pipeline.KindBadInput, "ingest", "a.csv", "no column is one of a feed's")
				}
				return nil
			}
		}
		if err := Run(ctx, Options{Setting: books.Setting{Config: conf, Now: from}, Clock: clock, Work: works, Log: slog.New(slog.NewTextHandler(&said, nil)), Grace: time.Millisecond, Idle: 2 * time.Hour,
			Before:  func(job string, done time.Time) { before[job] = done },
			Observe: func(r SlotRun) { results += r.Job + " " + r.Result + ", " },
		}); err != nil {
			t.Fatal(err)
		}
		return before, results, said.String()
	}
	before, results, log := start(at("2026-10-01T00:30"), at("2026-10-01T03:10"))
	if len(before) != 2 || !before["ingest"].IsZero() || !before["backup"].IsZero() || results != "ingest done, ingest found, ingest done, " || strings.Count(log, "carat.yaml was changed") != 1 {
		t.Errorf("first: %v, %q, %s", before, results, log)
	}
	before, _, log = start(at("2026-10-01T03:20"), at("2026-10-01T03:25"))
	if !before["ingest"].Equal(at("2026-10-01T03:00")) || !before["backup"].IsZero() || strings.Contains(log, "carat.yaml was changed") {
		t.Errorf("after the restart: %v, %s", before, log)
	}
}
