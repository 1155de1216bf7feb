package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"carat/jobs/books"
	"carat/jobs/schedule"
	"carat/pipeline"
)

// Traces are sent where OpenTelemetry's own variables say, over HTTP (OTLP), and nowhere unless one of
// these does: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT. They tell names of verbs, jobs,
// models, tables and months, and counts: no row, no file's name, no person, no argument.

// tracesTimeout bounds how long the end of a command waits for its spans to be taken.
const tracesTimeout = 5 * time.Second

// tracer makes spans of what a command does: one for the command, one for each step that its
// jobs tell of (a file, a model, the close package), one for each slot of the schedule and each
// request of the daemon. A nil tracer makes none.
type tracer struct {
	provider *sdktrace.TracerProvider
	clock    func() time.Time

	mu    sync.Mutex
	ctx   context.Context // of the command's span
	span  trace.Span
	steps map[string]trace.Span
	last  time.Time // of the last event: a model began when the one before it was done
	lost  error     // why spans weren't taken
}

// traced says whether the environment names a receiver.
func traced(variable func(string) string) bool {
	return !strings.EqualFold(variable("OTEL_SDK_DISABLED"), "true") &&
		(variable("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "")
}

// newTracer begins the trace of a command; nil when nobody asked for one.
func newTracer(ctx context.Context, variable func(string) string, clock func() time.Time, verb string) (*tracer, error) {
	if !traced(variable) {
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	t := tracerOf(ctx, sdktrace.NewBatchSpanProcessor(exporter), clock, verb)
	// By itself OpenTelemetry prints what goes wrong, in a form of its own.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.lost = err
	}))
	return t, nil
}

// tracerOf begins a trace whose spans go to a processor.
func tracerOf(ctx context.Context, to sdktrace.SpanProcessor, clock func() time.Time, verb string) *tracer {
	t := &tracer{clock: clock, steps: map[string]trace.Span{}, last: clock()}
	t.provider = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(to), sdktrace.WithResource(
		resource.NewSchemaless(attribute.String("service.name", "carat"), attribute.String("service.version", version))))
	t.ctx, t.span = t.tracer().Start(ctx, "carat "+verb, trace.WithTimestamp(clock()))
	return t
}

func (t *tracer) tracer() trace.Tracer { return t.provider.Tracer("carat") }

// objectsTold are the steps whose objects are names of carat's own, and not of files.
var objectsTold = map[string]bool{"reconcile": true, "package": true, "statements": true, "evidence": true, "compact": true}

// tell makes spans of what a job tells.
func (t *tracer) tell(e books.Event) {
	if t == nil || e.Note != "" {
		return // a note quotes what was read
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.clock()
	began := t.last
	t.last = now
	key := e.Step + "\x00" + e.Object
	s, open := t.steps[key]
	if !open {
		step, _, _ := strings.Cut(e.Step, " ") // "re-perform 2026-10"
		_, s = t.tracer().Start(t.ctx, step, trace.WithTimestamp(began))
		if objectsTold[step] {
			s.SetAttributes(attribute.String("carat.object", e.Object))
		}
		t.steps[key] = s
	}
	if e.Finished || e.Unit == "models" { // a model is told of when it is done
		s.SetAttributes(attribute.Int64("carat.done", e.Done), attribute.String("carat.unit", e.Unit))
		s.End(trace.WithTimestamp(now))
		delete(t.steps, key)
	}
}

// progress is a display and the trace beside it.
func (t *tracer) progress(display books.Progress) books.Progress {
	if t == nil {
		return display
	}
	return func(e books.Event) {
		t.tell(e)
		if display != nil {
			display(e)
		}
	}
}

// slot makes a span of a run of the schedule that is over.
func (t *tracer) slot(r schedule.SlotRun) {
	if t == nil {
		return
	}
	now := t.clock()
	_, s := t.tracer().Start(t.ctx, "job "+r.Job, trace.WithNewRoot(), trace.WithLinks(trace.LinkFromContext(t.ctx)), trace.WithTimestamp(now.Add(-r.Took)),
		trace.WithAttributes(attribute.String("carat.slot", r.Key), attribute.String("carat.result", r.Result)))
	if !r.Done() {
		s.SetStatus(codes.Error, r.Result)
	}
	s.End(trace.WithTimestamp(now))
}

// answered is a response whose status is remembered.
type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

// handler makes a span of each request that the mux answers.
func (t *tracer) handler(mux *http.ServeMux) http.Handler {
	if t == nil {
		return mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := t.clock()
		one := &answered{ResponseWriter: w, status: http.StatusOK}
		mux.ServeHTTP(one, r)
		_, route := mux.Handler(r)
		t.request(strings.TrimPrefix(route, "GET "), began, one.status)
	})
}

// request makes a span of a request of the daemon that is over.
func (t *tracer) request(route string, began time.Time, status int) {
	if t == nil {
		return
	}
	_, s := t.tracer().Start(t.ctx, "GET "+route, trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began),
		trace.WithAttributes(attribute.String("http.route", route), attribute.Int("http.response.status_code", status)))
	if status >= 500 {
		s.SetStatus(codes.Error, "")
	}
	s.End(trace.WithTimestamp(t.clock()))
}

// end ends the command's span with its outcome, and waits for the spans to be taken, shortly: a receiver
// that is away holds nobody up.
func (t *tracer) end(err error) error {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	now := t.clock()
	for _, s := range t.steps {
		s.End(trace.WithTimestamp(now)) // cut short
	}
	t.steps = map[string]trace.Span{}
	t.mu.Unlock()
	if err != nil {
		kind := pipeline.KindOf(err)
		t.span.SetAttributes(attribute.Int("carat.exit_code", exitCodes[kind]))
		t.span.SetStatus(codes.Error, "")
	}
	t.span.End(trace.WithTimestamp(now))
	ctx, cancel := context.WithTimeout(context.Background(), tracesTimeout)
	defer cancel()
	err = t.provider.Shutdown(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	return cmp.Or(err, t.lost)
}
