package stripe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
	"carat/pipeline/source/sourcetest"
)

const reportType = "balance_change_from_activity.itemized.3"

// account is a server that speaks the published API of report runs.
type account struct {
	base    string
	now     time.Time
	mu      sync.Mutex
	content map[string]string // by the month's first day
	until   time.Time         // up to when there is data
	polls   int               // how often a run is pending
	runs    []map[string]any  // oldest first
	made    map[string]string // by idempotency key
	host    string            // of the files; "": the server's own
	fail    []int
	refuse  string // what a run fails with
	pages   int
}

func newAccount(t *testing.T) (*account, *httptest.Server) {
	t.Helper()
	a := &account{now: time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC), until: time.Date(2026, 10, 4, 0, 0, 0, 0, time.UTC), content: map[string]string{}, made: map[string]string{}}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.base = server.URL
	return a, server
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	say := func(status int, kind, message string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]string{"type": kind, "message": message}})
	}
	if r.Header.Get("Authorization") != "Bearer rk_live_quiet" {
		say(401, "invalid_request_error", "Invalid API Key provided: rk_live_q****t")
		return
	}
	if len(a.fail) > 0 {
		status := a.fail[0]
		a.fail = a.fail[1:]
		say(status, "api_error", "Request rate limit exceeded.")
		return
	}
	_ = r.ParseForm()
	path := strings.TrimPrefix(r.URL.Path, "/v1/")
	switch {
	case r.Method == "GET" && path == "reporting/report_types/"+reportType:
		_ = json.NewEncoder(w).Encode(map[string]any{"id": reportType, "object": "reporting.report_type", "data_available_end": a.until.Unix()})
	case r.Method == "GET" && path == "reporting/report_runs":
		a.list(w, r)
	case r.Method == "POST" && path == "reporting/report_runs":
		a.make(w, r, say)
	case r.Method == "GET" && strings.HasPrefix(path, "reporting/report_runs/"):
		a.look(w, strings.TrimPrefix(path, "reporting/report_runs/"), say)
	case r.Method == "GET" && strings.HasPrefix(path, "files/") && strings.HasSuffix(path, "/contents"):
		_, _ = io.WriteString(w, a.content[strings.Split(path, "/")[1]])
	default:
		say(404, "invalid_request_error", "Unrecognized request URL")
	}
}

func (a *account) list(w http.ResponseWriter, r *http.Request) {
	newest := slices.Clone(a.runs)
	slices.Reverse(newest)
	if after := r.URL.Query().Get("starting_after"); after != "" {
		at := slices.IndexFunc(newest, func(one map[string]any) bool { return one["id"] == after })
		newest = newest[at+1:]
	}
	a.pages++
	page := newest[:min(2, len(newest))] // the least that has pages
	_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": page, "has_more": len(newest) > len(page)})
}

func (a *account) make(w http.ResponseWriter, r *http.Request, say func(int, string, string)) {
	parameters := map[string]any{}
	for name, values := range r.PostForm {
		inner, ok := strings.CutPrefix(name, "parameters[")
		if !ok {
			continue
		}
		inner = strings.TrimSuffix(inner, "]")
		if list, ok := strings.CutSuffix(inner, "]["); ok {
			parameters[list] = values
		} else if n, err := strconv.ParseInt(values[0], 10, 64); err == nil {
			parameters[inner] = n
		} else {
			parameters[inner] = values[0]
		}
	}
	if end, _ := parameters["interval_end"].(int64); time.Unix(end, 0).After(a.until) {
		say(400, "invalid_request_error", "the interval ends after the data that is available")
		return
	}
	key := r.Header.Get("Idempotency-Key")
	if id := a.made[key]; id != "" && key != "" {
		a.look(w, id, say)
		return
	}
	one := map[string]any{"id": fmt.Sprintf("frr_%d", len(a.runs)+1), "object": "reporting.report_run", "created": a.now.Unix(), "report_type": r.PostForm.Get("report_type"),
		"parameters": parameters, "status": "pending", "polls": a.polls}
	a.runs, a.made[key] = append(a.runs, one), one["id"].(string)
	_ = json.NewEncoder(w).Encode(one)
}

func (a *account) look(w http.ResponseWriter, id string, say func(int, string, string)) {
	for _, one := range a.runs {
		if one["id"] != id {
			continue
		}
		left := one["polls"].(int)
		one["polls"] = left - 1
		if left <= 0 && one["status"] == "pending" {
			begin := time.Unix(one["parameters"].(map[string]any)["interval_start"].(int64), 0).UTC().Format(time.DateOnly)
			one["status"], one["result"] = "succeeded", map[string]any{"id": "file_1", "url": a.base + a.host + "/v1/files/" + begin + "/contents", "size": len(a.content[begin])}
			if a.host != "" {
				one["result"].(map[string]any)["url"] = a.host + "/v1/files/" + begin + "/contents"
			}
			if a.refuse != "" {
				one["status"], one["error"] = "failed", a.refuse
				delete(one, "result")
			}
		}
		_ = json.NewEncoder(w).Encode(one)
		return
	}
	say(404, "invalid_request_error", "No such report run")
}

func (a *account) open(t *testing.T, base string, change func(*Options)) source.Source {
	t.Helper()
	o := Options{Base: base, Key: "rk_live_quiet", Type: reportType, Columns: []string{"created", "gross"}, Span: source.Daily, Since: time.Date(2026, 10, 1, 5, 0, 0, 0, time.UTC),
		Now: time.Date(2026, 10, 4, 0, 0, 0, 0, time.UTC), Zone: time.UTC, Client: reach.Client(reach.Options{Allow: reach.Loopback, PlainHTTP: true}),
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	a, server := newAccount(t)
	a.polls = 2
	wire := sourcetest.NewWire(t, server.Listener.Addr().String())
	a.base = "http://" + wire.Address()
	sourcetest.Run(t, sourcetest.Place{
		Names: []string{reportType + "-2026-10-01.csv", reportType + "-2026-10-02.csv", reportType + "-2026-10-03.csv"},
		Put: func(_ *testing.T, name, content string) {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.content[strings.TrimSuffix(strings.TrimPrefix(name, reportType+"-"), ".csv")] = content
		},
		Open:    func(t *testing.T) source.Source { return a.open(t, "http://"+wire.Address(), nil) },
		Secrets: []string{"rk_live_quiet"}, Wire: wire,
	})
	if len(a.runs) != 3 {
		t.Errorf("%d runs were made for three reports", len(a.runs))
	}
}

func first(s source.Source, taken string) (string, error) {
	list, err := s.List(context.Background())
	if err != nil {
		return "", err
	}
	list[0].Taken = taken
	d, err := s.Open(context.Background(), list[0], 0)
	if err != nil {
		return "", err
	}
	defer d.Close()
	text, err := io.ReadAll(d)
	return string(text), err
}

// A run that is there is taken, be it on the second page; one that is still made is
// found by the next run; one that is to be looked at again is made anew.
func TestRunsAreNotMadeTwice(t *testing.T) {
	a, server := newAccount(t)
	a.content["2026-10-01"], a.polls = "created,gross\n", 1000
	if _, err := first(a.open(t, server.URL, nil), ""); !errors.Is(err, source.ErrNotReady) {
		t.Fatalf("a run that takes long: %v", err)
	}
	for range 4 { // others' runs come before it
		a.runs = append(a.runs, map[string]any{"id": fmt.Sprintf("frr_other%d", len(a.runs)), "report_type": "payouts.itemized.3", "parameters": map[string]any{}, "status": "succeeded", "polls": 0})
	}
	a.runs[0]["polls"] = 0
	text, err := first(a.open(t, server.URL, nil), "")
	if err != nil || text != "created,gross\n" || len(a.runs) != 5 || a.pages < 3 {
		t.Errorf("%q, %v, %d runs, %d pages", text, err, len(a.runs), a.pages)
	}
	if _, err := first(a.open(t, server.URL, nil), "frr_1"); err != nil || len(a.runs) != 5 {
		t.Errorf("looked at again at once: %v, %d runs", err, len(a.runs))
	}
	a.runs[0]["created"] = a.now.Add(-30 * time.Hour).Unix()
	a.polls = 0
	if _, err := first(a.open(t, server.URL, func(o *Options) { o.Now = a.now }), "frr_1"); err != nil || len(a.runs) != 6 {
		t.Errorf("looked at again a day later: %v, %d runs", err, len(a.runs))
	}
}

func TestWhatStripeAnswers(t *testing.T) {
	a, server := newAccount(t)
	for _, status := range []int{429, 500, 503} {
		a.fail = []int{status}
		var passing *source.Passing
		if _, err := first(a.open(t, server.URL, nil), ""); !errors.As(err, &passing) {
			t.Errorf("%d: %v", status, err)
		}
	}
	a.until = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	if _, err := first(a.open(t, server.URL, nil), ""); !errors.Is(err, source.ErrNotReady) || !strings.Contains(err.Error(), "2026-10-01T12:00:00Z") {
		t.Errorf("data that isn't there yet: %v", err)
	}
	a.until = a.now
	a.refuse = "the account has no such data"
	if _, err := first(a.open(t, server.URL, nil), ""); err == nil || !strings.Contains(err.Error(), a.refuse) {
		t.Errorf("a run that fails: %v", err)
	}
	a.refuse = ""
	if _, err := first(a.open(t, server.URL, nil), ""); err != nil || len(a.runs) != 2 {
		t.Errorf("after a run that failed: %v, %d runs", err, len(a.runs))
	}
	if _, err := first(a.open(t, server.URL, func(o *Options) { o.Key = "rk_live_loud" }), ""); err == nil || !strings.Contains(err.Error(), "the key is not let in") || strings.Contains(err.Error(), "rk_live") {
		t.Errorf("a foreign key: %v", err)
	}
}

// The key goes to Stripe's own hosts alone, whatever the API says.
func TestKeyIsNotSentElsewhere(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked with %q", r.Header.Get("Authorization")) }))
	t.Cleanup(other.Close)
	a, server := newAccount(t)
	a.host = other.URL
	if _, err := first(a.open(t, server.URL, nil), ""); err == nil || !strings.Contains(err.Error(), "on a host that isn't Stripe's own") {
		t.Errorf("%v", err)
	}
}
