package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/schedule"
	"carat/sql"
)

// passingClock is a clock that nobody waits for. Its end ends the schedule.
type passingClock struct {
	mu   sync.Mutex
	now  time.Time
	end  time.Time
	stop context.CancelFunc
}

func (c *passingClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *passingClock) Wait(_ context.Context, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.now) {
		c.now = until
	}
	if !c.now.Before(c.end) {
		c.stop()
	}
}

const workSchedule = `
backup: {to: %s, keep: 3}
mail: {server: %q, tls: none, from: "Payments <pay@example.com>", per_minute: 60000}
jobs:
  ingest: {cron: '0 1 * * *'}
  run: {cron: '0 2 * * *', after: [ingest]}
  close: {cron: '0 3 * * *', after: [run]}
  send: {cron: '0 4 * * *'}
  compact: {cron: '0 5 * * *'}
  verify: {cron: '0 6 * * *', after: [compact]}
  backup: {cron: '0 7 * * *', after: [verify]}
`

// TestScheduleDoesItsWork: every job of the schedule does what its verb does. The
// month is ingested, reconciled and prepared; once a person has approved it its
// statements are mailed, each once; the history is compacted, verified and
// backed up, and what was backed up can be restored.
func TestScheduleDoesItsWork(t *testing.T) {
	t.Parallel()
	dir, folder := filepath.Join(t.TempDir(), "month"), t.TempDir()
	backups, letters := filepath.Join(folder, "backups"), filepath.Join(folder, "letters")
	mail, stop, err := serveMail(letters)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	carat(t, "generate", "--out", dir, "--gifts", "400", "--viewers", "60", "--creators", "25", "--files", "weekly", "--faults", "none")
	file := filepath.Join(dir, "carat.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, fmt.Sprintf(workSchedule, backups, mail)...), 0o644); err != nil {
		t.Fatal(err)
	}
	days := func(from, until string) string {
		t.Helper()
		config, err := config.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		at := func(day string) time.Time {
			d, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		clock := &passingClock{now: at(from), end: at(until), stop: cancel}
		var log lockedBuffer
		s := books.Setting{Config: config, Now: clock.now}
		err = schedule.Run(ctx, schedule.Options{Setting: s, Clock: clock, Work: schedule.WorkOf(s, sql.Files),
			Log: slog.New(slog.NewTextHandler(&log, nil)), Grace: time.Minute, Idle: 2 * time.Hour})
		if err != nil || strings.Contains(log.String(), "level=ERROR") {
			t.Fatalf("%v\n%s", err, log.String())
		}
		return log.String()
	}

	logs := days("2026-11-02", "2026-11-03")
	status := carat(t, "status", "--dir", dir)
	if !strings.Contains(status, "prepared by scheduler") {
		t.Errorf("the month is not prepared:\n%s", status)
	}
	if list, _ := filepath.Glob(filepath.Join(letters, "*")); len(list) > 0 {
		t.Errorf("%d statements of an open month were sent", len(list))
	}
	caratExits(t, 2, "approve", "--dir", dir, "--period", "2026-10", "--user", "scheduler")
	carat(t, "approve", "--dir", dir, "--period", "2026-10", "--user", "cleo")

	logs += days("2026-11-03", "2026-11-04")
	sent, _ := filepath.Glob(filepath.Join(letters, "*.eml"))
	to := map[string]bool{}
	for _, letter := range sent {
		text, err := os.ReadFile(letter)
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(text), "\r\n")
		to[first] = true
	}
	if len(sent) < 20 || len(to) != len(sent) {
		t.Errorf("%d letters to %d creators, want one each", len(sent), len(to))
	}
	folders, _ := filepath.Glob(filepath.Join(backups, "2*"))
	if len(folders) != 2 {
		t.Errorf("%d backups, want one a day", len(folders))
	}
	carat(t, "restore", "--from", backups, "--check")

	runs, err := csv.NewReader(strings.NewReader(carat(t, "runs", "--dir", dir, "--format", "csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, r := range runs {
		if r[3] == "scheduler" && r[6] == "done" {
			recorded[r[1]] = true
		}
	}
	for _, verb := range []string{"ingest", "run", "close", "compact", "backup"} {
		if !recorded[verb] {
			t.Errorf("no run of %s by the scheduler is on record:\n%v", verb, runs)
		}
	}
	// Two days: whatever runs every day ran on each, once.
	for _, job := range []string{"ingest", "run", "close", "send", "compact", "verify", "backup"} {
		if n := len(regexp.MustCompile(`(?m)msg=done .* job=`+job+` `).FindAllString(logs, -1)); n != 2 {
			t.Errorf("%s ran %d times in two days:\n%s", job, n, logs)
		}
	}
}
