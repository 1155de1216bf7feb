package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"carat/jobs/books"
	"carat/jobs/schedule"
)

// Metrics of the books themselves. They are what carat status says, read after a job ended
// and not when somebody asks, so that asking often costs nothing.

// statusPause is how long the books aren't read again for metrics, however many jobs end.
const statusPause = time.Minute

// periodsTold bounds the months that are told: those that can still change, and some before.
const periodsTold = 13

// bookMetrics are the gauges of the books.
type bookMetrics struct {
	stage      *prometheus.GaugeVec
	exceptions *prometheus.GaugeVec
	blocked    *prometheus.GaugeVec
	undecided  *prometheus.GaugeVec
	rows       *prometheus.GaugeVec
	rejected   *prometheus.GaugeVec
	ingested   *prometheus.GaugeVec
	late       *prometheus.GaugeVec
	sources    prometheus.Gauge
	read       prometheus.Gauge

	mu      sync.Mutex
	reading bool
	last    time.Time
	under   sync.WaitGroup // readings under way
}

func newBookMetrics(registry *prometheus.Registry) *bookMetrics {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
		registry.MustRegister(g)
		return g
	}
	m := &bookMetrics{
		stage:      gauge("carat_period_stage", "1 for the stage that a month is in: open, prepared or closed.", "period", "stage"),
		exceptions: gauge("carat_period_exceptions", "Exceptions of a month's last run.", "period"),
		blocked:    gauge("carat_period_blocking_controls", "Controls that hold up a month's close: with a blocking exception that nobody waived.", "period"),
		undecided:  gauge("carat_period_undecided_controls", "Controls of a month with an exception that needs a decision.", "period"),
		rows:       gauge("carat_feed_rows", "Rows accepted from a feed's files, in all.", "feed"),
		rejected:   gauge("carat_feed_rejected_rows", "Rows of a feed's files that were rejected, in all.", "feed"),
		ingested:   gauge("carat_feed_last_ingest_timestamp_seconds", "When a file of the feed was ingested last, in seconds since 1970.", "feed"),
		late:       gauge("carat_feed_late", "1 for a feed that is expected daily and didn't come.", "feed"),
	}
	m.sources = prometheus.NewGauge(prometheus.GaugeOpts{Name: "carat_sources_late", Help: "Sources that files are fetched from and that are late or failing."})
	m.read = prometheus.NewGauge(prometheus.GaugeOpts{Name: "carat_status_timestamp_seconds", Help: "When the metrics of periods, feeds and sources were read from the books, in seconds since 1970."})
	registry.MustRegister(m.sources, m.read)
	return m
}

// refresh reads the books again, in the background and one reading at a time; a reading that
// fails leaves the metrics as they were, with the time that they are of.
func (m *bookMetrics) refresh(ctx context.Context, s books.Setting, log *slog.Logger) {
	m.mu.Lock()
	now := s.Clock()
	if m.reading || !m.last.IsZero() && now.Sub(m.last) < statusPause {
		m.mu.Unlock()
		return
	}
	m.reading, m.last = true, now
	m.mu.Unlock()
	m.under.Go(func() {
		s.Now = now
		s.Progress = nil
		status, err := schedule.Status(ctx, s)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.reading = false
		if err != nil {
			if ctx.Err() == nil {
				log.Warn("the metrics of the books are not read", "error", err)
			}
			return
		}
		m.set(status)
	})
}

// wait waits for a reading that is under way: the lake is nobody's any more when the daemon
// has stopped.
func (m *bookMetrics) wait() { m.under.Wait() }

// set sets the gauges to what the books say. What is no longer there goes.
func (m *bookMetrics) set(status *schedule.StatusResult) {
	for _, g := range []*prometheus.GaugeVec{m.stage, m.exceptions, m.blocked, m.undecided, m.rows, m.rejected, m.ingested, m.late} {
		g.Reset()
	}
	periods := status.Periods
	periods = periods[max(0, len(periods)-periodsTold):]
	for _, p := range periods {
		period := string(p.Period)
		m.stage.WithLabelValues(period, p.Stage).Set(1)
		m.exceptions.WithLabelValues(period).Set(float64(p.Exceptions))
		m.blocked.WithLabelValues(period).Set(float64(len(p.BlockedBy)))
		m.undecided.WithLabelValues(period).Set(float64(len(p.Undecided)))
	}
	for _, f := range status.Feeds {
		m.rows.WithLabelValues(f.Feed).Set(float64(f.Rows))
		m.rejected.WithLabelValues(f.Feed).Set(float64(f.Rejected))
		if !f.LastIngest.IsZero() {
			m.ingested.WithLabelValues(f.Feed).Set(float64(f.LastIngest.Unix()))
		}
	}
	for _, f := range status.LateFeeds {
		m.late.WithLabelValues(f.Feed).Set(1)
	}
	late := 0
	for _, one := range status.Sources {
		if one.Late != "" {
			late++
		}
	}
	m.sources.Set(float64(late))
	m.read.Set(float64(status.At.Unix()))
}
