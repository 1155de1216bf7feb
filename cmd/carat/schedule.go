package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"

	"carat/jobs/schedule"
	"carat/pipeline"
	"carat/sql"
)

// scheduleCommand is `carat schedule`: the daemon.
func scheduleCommand(a *app) *cobra.Command {
	var listen, logs string
	var anywhere bool
	var grace time.Duration
	cmd := &cobra.Command{
		Use:   "schedule",
		Short: "run the jobs of carat.yaml at their times",
		Long: `Runs until it is told to stop (SIGTERM or SIGINT). A job that runs then may
finish within --grace. Missed times are caught up, none is run twice; a second
scheduler of the same lake waits and takes over. /healthz, /readyz and /metrics
are served on --listen; --listen "" serves nothing.`,
		Example: `  carat schedule --log json
  carat schedule --listen 0.0.0.0:9464 --listen-anywhere --grace 2m`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			s.Progress = a.trace.progress(nil) // a daemon's log has no bar
			log, err := a.logger(logs)
			if err != nil {
				return err
			}
			if err := mayListen(listen, anywhere); err != nil {
				return err
			}
			m := newScheduleMetrics()
			m.trace = a.trace
			stop, err := serveSchedule(listen, m, log)
			if err != nil {
				return err
			}
			defer stop()
			m.after = func() { m.books.refresh(cmd.Context(), s, log) }
			defer m.books.wait()
			return schedule.Run(cmd.Context(), schedule.Options{
				Setting: s, Clock: wallClock{}, Work: schedule.WorkOf(s, sql.Files), Log: log, Grace: grace,
				Observe: m.observe, Before: m.before, Leads: m.leads, Told: m.told, LeftAlone: m.leftAlone,
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:9464", "address of /healthz, /readyz and /metrics; empty: none")
	cmd.Flags().BoolVar(&anywhere, "listen-anywhere", false, "let --listen be an address that other machines reach")
	cmd.Flags().StringVar(&logs, "log", "text", "text or json")
	cmd.Flags().DurationVar(&grace, "grace", 30*time.Second, "how long a job may go on after a signal to stop")
	return cmd
}

func (a *app) logger(format string) (*slog.Logger, error) {
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(a.stderr, nil)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.stderr, nil)), nil
	default:
		return nil, pipeline.Errorf(pipeline.KindUsage, "read flag", "--log", "%q is not one of text, json", format)
	}
}

// wallClock is the machine's clock.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) Wait(ctx context.Context, until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// scheduleMetrics are what /metrics tells.
type scheduleMetrics struct {
	registry *prometheus.Registry
	runs     *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	last     *prometheus.GaugeVec
	leading  prometheus.Gauge
	notices  *prometheus.CounterVec
	left     prometheus.Gauge
	ready    atomic.Bool
	books    *bookMetrics
	after    func() // reads the books again
	trace    *tracer
}

func newScheduleMetrics() *scheduleMetrics {
	m := &scheduleMetrics{
		registry: prometheus.NewRegistry(),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "carat_job_runs_total", Help: "Runs of scheduled jobs, by how they ended."}, []string{"job", "result"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "carat_job_seconds", Help: "How long runs of scheduled jobs took.",
			Buckets: []float64{0.1, 1, 5, 15, 60, 300, 900, 1800, 2700, 3600}}, []string{"job"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "carat_job_last_done_timestamp_seconds", Help: "The last slot that was done, in seconds since 1970."}, []string{"job"}),
	}
	m.leading = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "carat_schedule_leading", Help: "1 while this scheduler runs the jobs; 0 while another does, or the database is away."})
	m.notices = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "carat_notices_total", Help: "Calls of webhooks, by what became of them: told, pending (tried again) or failed."}, []string{"webhook", "state"})
	m.left = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "carat_inbox_left_alone", Help: "Files of the inbox that the last ingest left there, since they are no input."})
	m.registry.MustRegister(m.runs, m.seconds, m.last, m.leading, m.notices, m.left)
	m.books = newBookMetrics(m.registry)
	m.after = func() {}
	return m
}

func (m *scheduleMetrics) leads(yes bool) {
	m.ready.Store(yes)
	m.leading.Set(map[bool]float64{true: 1}[yes])
	if yes {
		m.after()
	}
}

// before begins the series of a job: a first failure is a change that way, and a restart forgets no age.
func (m *scheduleMetrics) before(job string, done time.Time) {
	for _, result := range []string{"done", "found", "failed", "pending"} {
		m.runs.WithLabelValues(job, result)
	}
	if !done.IsZero() {
		m.last.WithLabelValues(job).Set(float64(done.Unix()))
	}
}

func (m *scheduleMetrics) leftAlone(files int) { m.left.Set(float64(files)) }

func (m *scheduleMetrics) told(t schedule.Told) { m.notices.WithLabelValues(t.Webhook, t.State).Inc() }

func (m *scheduleMetrics) observe(r schedule.SlotRun) {
	m.runs.WithLabelValues(r.Job, r.Result).Inc()
	m.seconds.WithLabelValues(r.Job).Observe(r.Took.Seconds())
	if r.Done() {
		m.last.WithLabelValues(r.Job).Set(float64(r.At.Unix()))
	}
	m.trace.slot(r)
	m.after()
}

// mayListen refuses an address that other machines can reach, unless that is
// wanted: what is served there asks nobody who they are.
func mayListen(listen string, anywhere bool) error {
	if listen == "" || anywhere {
		return nil
	}
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "listen on", listen, "%w", err).WithHint("give an address and a port, such as 127.0.0.1:9464")
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, "listen on", listen, "other machines reach it, and whoever asks is told which jobs ran and failed").
		WithHint("give --listen-anywhere too if that is wanted, behind a firewall")
}

// serveSchedule serves the daemon's health on an address; stop ends it.
func serveSchedule(listen string, m *scheduleMetrics, log *slog.Logger) (stop func(), err error) {
	if listen == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, pipeline.Errorf(pipeline.KindUsage, "listen on", listen, "%w", err).WithHint("give a free address with --listen, or --listen \"\" for none")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !m.ready.Load() {
			http.Error(w, "another scheduler leads, or the database is away", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: m.trace.handler(mux), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			log.Error("health is not served any more", "error", err)
		}
	}()
	log.Info("listening", "address", l.Addr().String())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
	}, nil
}
