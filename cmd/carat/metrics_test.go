package main

import (
	"encoding/json"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.yaml.in/yaml/v3"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/fetch"
	"carat/jobs/schedule"
)

// metricNames are those that the daemon's registry knows, whether they have a value yet or not.
func metricNames(t *testing.T, m *scheduleMetrics) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	described := make(chan *prometheus.Desc)
	go func() { m.registry.Describe(described); close(described) }()
	of := regexp.MustCompile(`fqName: "([a-z_]+)"`)
	for d := range described {
		names[of.FindStringSubmatch(d.String())[1]] = true
	}
	return names
}

// TestMetricsThatAreNamedExist: what alerts, dashboard and docs name is served, and all that
// is served is explained and drawn.
func TestMetricsThatAreNamedExist(t *testing.T) {
	names := metricNames(t, newScheduleMetrics())
	if len(names) < 15 {
		t.Fatalf("the registry knows %v", names)
	}
	docs := filepath.Join("..", "..", "docs")
	in := map[string]map[string]bool{}
	for _, file := range []string{"operations.md", "deploy/alerts.yaml", "deploy/grafana.json"} {
		in[file] = map[string]bool{}
		for _, name := range regexp.MustCompile(`\bcarat_[a-z_]+`).FindAllString(read(t, filepath.Join(docs, file)), -1) {
			name = strings.TrimSuffix(name, "_bucket")
			in[file][name] = true
			if !names[name] && strings.Count(name, "_") > 1 {
				t.Errorf("%s names %s, which isn't served", file, name)
			}
		}
	}
	for name := range names {
		for _, file := range []string{"operations.md", "deploy/grafana.json"} {
			if !in[file][name] {
				t.Errorf("%s is served, and %s doesn't name it", name, file)
			}
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(docs, "deploy", "alerts.yaml"))), &rules); err != nil || len(rules.Groups) != 1 || len(rules.Groups[0].Rules) < 10 {
		t.Errorf("alerts.yaml: %v, %+v", err, rules)
	}
	var board struct{ Panels []struct{ Title string } }
	if err := json.Unmarshal([]byte(read(t, filepath.Join(docs, "deploy", "grafana.json"))), &board); err != nil || len(board.Panels) < 10 {
		t.Errorf("grafana.json: %v, %+v", err, board)
	}
}

// gathered gives the values by metric and labels.
func gathered(t *testing.T, m *scheduleMetrics) map[string]float64 {
	t.Helper()
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, one := range f.Metric {
			key := f.GetName()
			for _, l := range one.Label {
				key += " " + l.GetValue()
			}
			values[key] = one.GetGauge().GetValue()
		}
	}
	return values
}

// TestMetricsSayWhatStatusSays: of months, feeds and sources; what goes, goes.
func TestMetricsSayWhatStatusSays(t *testing.T) {
	m := newScheduleMetrics()
	at := time.Unix(1_800_000_000, 0)
	m.books.set(&schedule.StatusResult{At: at,
		Periods:   []schedule.PeriodStatus{{Period: "2026-10", Stage: "open", Exceptions: 7, BlockedBy: []string{"a", "b"}, Undecided: []string{"a"}}},
		Feeds:     []schedule.FeedStatus{{Feed: "gift_events", Rows: 100, Rejected: 3, LastIngest: at}, {Feed: "payouts"}},
		LateFeeds: []schedule.LateFeed{{Feed: "payouts"}}, Sources: []fetch.Standing{{Late: "no answer"}, {}},
	})
	got := gathered(t, m)
	for key, want := range map[string]float64{
		"carat_period_stage 2026-10 open": 1, "carat_period_exceptions 2026-10": 7, "carat_period_blocking_controls 2026-10": 2, "carat_period_undecided_controls 2026-10": 1,
		"carat_feed_rows gift_events": 100, "carat_feed_rejected_rows gift_events": 3, "carat_feed_last_ingest_timestamp_seconds gift_events": 1_800_000_000,
		"carat_feed_late payouts": 1, "carat_sources_late": 1, "carat_status_timestamp_seconds": 1_800_000_000,
	} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v in %v", key, got[key], want, slices.Sorted(maps.Keys(got)))
		}
	}
	var many []schedule.PeriodStatus
	for year := 2000; year < 2100; year++ {
		many = append(many, schedule.PeriodStatus{Period: "2026-11", Stage: "closed"})
	}
	m.books.set(&schedule.StatusResult{At: at, Periods: many})
	got = gathered(t, m)
	if _, there := got["carat_period_exceptions 2026-10"]; there || got["carat_period_stage 2026-11 closed"] != 1 || got["carat_sources_late"] != 0 {
		t.Errorf("afterwards %v", got)
	}
}

// TestMetricsAreReadFromTheBooks: after a job ended, and not twice within a minute.
func TestMetricsAreReadFromTheBooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	carat(t, "init", "--dir", dir)
	write(t, filepath.Join(dir, "inbox", "gift_catalog.csv"), "gift_id,valid_from,name,coins\nrose,2026-01-01T00:00:00Z,Rose,1\nlily,2026-01-01T00:00:00Z,Lily,\n")
	file := filepath.Join(dir, "carat.yaml")
	write(t, file, strings.Replace(read(t, file), "max_reject_share: 0.01", "max_reject_share: 0.9", 1))
	carat(t, "ingest", "--dir", dir)
	c, err := config.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	s := books.Setting{Config: c, By: books.Actor{User: books.SchedulerUser, OSUser: "root"}, Clock: func() time.Time { return now }}
	m := newScheduleMetrics()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	wait := func() {
		t.Helper()
		for range 600 {
			m.books.mu.Lock()
			reading := m.books.reading
			m.books.mu.Unlock()
			if !reading {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatal("the books are read for half a minute")
	}
	m.books.refresh(t.Context(), s, log)
	wait()
	first := gathered(t, m)
	if first["carat_feed_rows gift_catalog"] != 1 || first["carat_feed_rejected_rows gift_catalog"] != 1 {
		t.Errorf("read %v", first)
	}
	now = now.Add(30 * time.Second)
	m.books.refresh(t.Context(), s, log)
	wait()
	if again := gathered(t, m); again["carat_status_timestamp_seconds"] != first["carat_status_timestamp_seconds"] {
		t.Error("read again within a minute")
	}
}
