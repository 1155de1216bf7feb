package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/jobs/schedule"
	"carat/jobs/timetable"
)

// lockedBuffer can be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestScheduleServesAndStops: the daemon tells its health, and ends cleanly
// when it is told to.
// What asks nobody who they are is not served to other machines without a word.
func TestListeningToOtherMachinesIsAsked(t *testing.T) {
	for _, c := range []struct {
		listen   string
		anywhere bool
		may      bool
	}{
		{"127.0.0.1:9464", false, true}, {"localhost:0", false, true}, {"[::1]:9464", false, true}, {"127.9.9.9:1", false, true}, {"", false, true},
		{"0.0.0.0:9464", false, false}, {":9464", false, false}, {"[::]:9464", false, false}, {"10.0.0.1:9464", false, false}, {"example.org:9464", false, false},
		{"0.0.0.0:9464", true, true}, {":9464", true, true}, {"9464", false, false},
	} {
		if err := mayListen(c.listen, c.anywhere); (err == nil) != c.may {
			t.Errorf("%q, %v: %v", c.listen, c.anywhere, err)
		}
	}
}

func TestScheduleServesAndStops(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "carat.yaml"), []byte("jobs: {ingest: {cron: '* * * * *'}}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stderr lockedBuffer
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"carat", "schedule", "--dir", dir, "--listen", "127.0.0.1:0", "--log", "json"}, nil, io.Discard, &stderr)
	}()
	address := regexp.MustCompile(`"address":"([^"]+)"`)
	var host string
	for range 200 {
		if m := address.FindStringSubmatch(stderr.String()); m != nil && strings.Contains(stderr.String(), `"msg":"scheduling"`) {
			host = m[1]
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if host == "" {
		t.Fatalf("it doesn't listen:\n%s", stderr.String())
	}
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ok"} {
		response, err := http.Get("http://" + host + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if strings.TrimSpace(string(body)) != want || response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
	cancel()
	select {
	case code := <-done:
		if code != 0 {
			t.Errorf("exit code %d:\n%s", code, stderr.String())
		}
	case <-time.After(20 * time.Second):
		t.Error("it doesn't stop")
	}
}

// TestMetricsOfTheDocs: every metric that docs/operations.md tells an operator
// to watch is there, and every one that is there is told of.
func TestMetricsOfTheDocs(t *testing.T) {
	m := newScheduleMetrics()
	m.observe(schedule.SlotRun{Slot: timetable.Slot{Job: "ingest", At: time.Unix(1, 0)}, Result: "done", Took: time.Second})
	m.leads(true)
	m.told(schedule.Told{Webhook: "ops", State: "told"})
	there := metricNames(t, m)
	text, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, name := range regexp.MustCompile(`carat_[a-z_]+`).FindAllString(string(text), -1) {
		told[name] = true
		if !there[name] {
			t.Errorf("docs/operations.md names %s, which is no metric", name)
		}
	}
	for name := range there {
		if !told[name] {
			t.Errorf("docs/operations.md doesn't say what to do about %s", name)
		}
	}
	if len(there) < 5 {
		t.Errorf("%d metrics", len(there))
	}
}
