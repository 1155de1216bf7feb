package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"carat/jobs/books"
	"carat/jobs/schedule"
	"carat/jobs/timetable"
)

// TestTraceOfACommand: a span of the command, and below it one of each file, model and step,
// without what files and people are called.
func TestTraceOfACommand(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	clock := func() time.Time { now = now.Add(time.Second); return now }
	spans := tracetest.NewInMemoryExporter()
	tr := tracerOf(t.Context(), sdktrace.NewSimpleSpanProcessor(spans), clock, "run")
	tell := tr.progress(nil)
	tell(books.Event{Step: "ingest", Object: "payouts of Ann.csv", Done: 1, Total: 2, Unit: "bytes"})
	tell(books.Event{Step: "ingest", Object: "payouts of Ann.csv", Note: "Ann's own words"})
	tell(books.Event{Step: "ingest", Object: "payouts of Ann.csv", Done: 7, Unit: "rows", Finished: true})
	tell(books.Event{Step: "reconcile", Object: "led_gift", Done: 1, Total: 2, Unit: "models"})
	tell(books.Event{Step: "reconcile", Object: "led_lot", Done: 2, Total: 2, Unit: "models"})
	tell(books.Event{Step: "reconcile", Object: "2026-10", Done: 42, Unit: "controls", Finished: true})
	tell(books.Event{Step: "statements", Object: "2026-10", Done: 1, Unit: "statements"})
	tr.slot(schedule.SlotRun{Slot: timetable.Slot{Job: "ingest", Key: "k"}, Result: "failed", Took: 3 * time.Second})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusServiceUnavailable) })
	tr.handler(mux).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/readyz?token=secret", nil))
	root := tr.span.SpanContext()
	tr.span.SetStatus(codes.Unset, "")
	if err := tr.provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := spans.GetSpans() // shutting down forgets them
	var got []string
	for _, s := range kept {
		line := s.Name
		for _, a := range s.Attributes {
			line += " " + string(a.Key) + "=" + a.Value.String()
		}
		if s.Parent.SpanID() == root.SpanID() {
			line += " below"
		}
		got = append(got, line+" "+s.EndTime.Sub(s.StartTime).String()+" "+s.Status.Code.String())
	}
	want := `ingest carat.done=7 carat.unit=rows below 3s Unset
reconcile carat.object=led_gift carat.done=1 carat.unit=models below 1s Unset
reconcile carat.object=led_lot carat.done=2 carat.unit=models below 1s Unset
reconcile carat.object=2026-10 carat.done=42 carat.unit=controls below 1s Unset
job ingest carat.slot=k carat.result=failed 3s Error
GET /readyz http.route=/readyz http.response.status_code=503 1s Error`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("spans:\n%s\nwant\n%s", text, want)
	}
	if err := tr.end(errors.New("x")); err != nil {
		t.Error(err)
	}
	var none *tracer // nobody asked
	none.tell(books.Event{Step: "x"})
	none.slot(schedule.SlotRun{})
	if none.end(nil) != nil || none.progress(nil) != nil || none.handler(mux) != http.Handler(mux) {
		t.Error("without a tracer something is made")
	}
}

// TestTracesGoWhereTheEnvironmentSays, and nowhere else; a receiver that is away costs the traces
// alone.
func TestTracesGoWhereTheEnvironmentSays(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var paths []string
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		paths, body = append(paths, r.URL.Path), append(body, text...)
	}))
	defer server.Close()
	dir := filepath.Join(t.TempDir(), "secret-folder")
	run := func(env ...string) (string, error) {
		cmd := exec.Command("carat", "check", "--dir", dir)
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	for _, env := range [][]string{nil, {"OTEL_SDK_DISABLED=true", "OTEL_EXPORTER_OTLP_ENDPOINT=" + server.URL}} {
		_, _ = run(env...)
		if len(paths) > 0 {
			t.Errorf("%v: called %v", env, paths)
		}
	}
	_, _ = run("OTEL_EXPORTER_OTLP_ENDPOINT=" + server.URL)
	mu.Lock()
	if len(paths) != 1 || paths[0] != "/v1/traces" || !strings.Contains(string(body), "carat check") || strings.Contains(string(body), "secret-folder") {
		t.Errorf("called %v with %q", paths, body)
	}
	mu.Unlock()
	out, _ := run("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_TIMEOUT=1000")
	if !strings.Contains(out, "traces were not taken") {
		t.Errorf("away: %q", out)
	}
}
