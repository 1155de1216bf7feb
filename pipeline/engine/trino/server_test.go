package trino

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline"
	"carat/sql"
)

// cluster answers as Trino's protocol has it: the first rule whose text a statement holds
// says what comes.
type cluster struct {
	mu    sync.Mutex
	rules []rule
	asked []string
	ready map[string]map[string]any // answers, by where they are fetched
}

type rule struct {
	holds             string
	rows              []string // of one column
	kind, name, fails string   // an error instead
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	if r.Method != http.MethodPost {
		_ = json.NewEncoder(w).Encode(c.ready[r.URL.Path])
		return
	}
	c.asked = append(c.asked, string(body))
	answer := map[string]any{"id": "q", "stats": map[string]any{"state": "FINISHED"}}
	for _, rule := range c.rules {
		if !strings.Contains(string(body), rule.holds) {
			continue
		}
		if rule.fails != "" {
			answer["error"] = map[string]any{"message": rule.fails, "errorName": rule.name, "errorType": rule.kind, "errorCode": 1}
			break
		}
		answer["columns"] = []any{map[string]any{"name": "a", "type": "varchar", "typeSignature": map[string]any{"rawType": "varchar", "arguments": []any{}}}}
		rows := [][]string{}
		for _, text := range rule.rows {
			rows = append(rows, []string{text})
		}
		answer["data"] = rows
		break
	}
	next := fmt.Sprintf("/v1/statement/executing/q%d/1", len(c.asked))
	c.ready[next] = answer
	_ = json.NewEncoder(w).Encode(map[string]any{"id": "q", "nextUri": "http://" + r.Host + next, "stats": map[string]any{"state": "QUEUED"}})
}

// sound is a cluster on which a run can begin.
var sound = []rule{
	{holds: "node_version", rows: []string{"476"}},
	{holds: "show catalogs", rows: []string{"lake", "scratch", "system"}},
	{holds: "at_timezone", rows: []string{"2026-10-25 00:30:00.000001 UTC 2026-10-25 02:30:00 Europe/Berlin UTC"}},
	{holds: `"gift_events$snapshots"`, rows: []string{"1"}},
	{holds: "information_schema.schemata", rows: nil},
}

// opened opens a cluster in which some rules stand before the sound ones, and has a run begin.
func opened(t *testing.T, rules ...rule) (*cluster, error) {
	t.Helper()
	macros, err := sql.Files.ReadFile("dialect/trino.sql")
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{rules: append(rules, sound...), ready: map[string]map[string]any{}}
	at := httptest.NewServer(c)
	t.Cleanup(at.Close)
	s, err := Open(t.Context(), Config{URL: strings.Replace(at.URL, "//", "//carat@", 1), Catalog: "lake", Scratch: "scratch", Lake: "one",
		Attempt: Attempt(time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)), Macros: string(macros)})
	if err != nil {
		return c, err
	}
	defer func() { _ = s.Close() }()
	if err := s.Try(t.Context(), map[string]int64{"gift_events": 7}); err != nil {
		return c, err
	}
	r, err := s.Begin(t.Context(), "0123456789abcdef0123", nil)
	if err != nil {
		return c, err
	}
	if err := r.Create(t.Context(), "led_gift", "led_gift.sql", "select 1 as a", false); err != nil {
		return c, err
	}
	return c, r.End(t.Context())
}

// A cluster that is too old, of other catalogs, of another history, that tells instants
// otherwise, on which others' schemas are, that lets nothing be made or has too little room:
// each is told with what to do, before a model is built or, where it shows only then, after.
func TestWrongClusters(t *testing.T) {
	if _, err := opened(t); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rule rule
		kind pipeline.Kind
		says string
	}{
		{rule{holds: "node_version", rows: []string{"475"}}, pipeline.KindUsage, "it is version 475; models are run on 476 and later; upgrade the cluster"},
		{rule{holds: "node_version", rows: []string{"testversion"}}, pipeline.KindUsage, "it is version testversion"},
		{rule{holds: "show catalogs", rows: []string{"system"}}, pipeline.KindUsage, "it has no catalog lake: it has system; write engine catalog in carat.yaml"},
		{rule{holds: "show catalogs", rows: []string{"lake", "system"}}, pipeline.KindUsage, "it has no catalog scratch"},
		{rule{holds: "at_timezone", rows: []string{"2026-10-25 00:30:00.000 UTC 2026-10-25 02:30:00 Europe/Berlin Asia/Tokyo"}}, pipeline.KindUsage, "-Duser.timezone=UTC"},
		{rule{holds: `"gift_events$snapshots"`, rows: []string{"0"}}, pipeline.KindUsage, "doesn't have snapshot 7 of it: it shows another history, or an older state of this one; its iceberg.jdbc-catalog.connection-url must be"},
		{rule{holds: "create schema", kind: "USER_ERROR", name: "SCHEMA_ALREADY_EXISTS", fails: "Schema exists"}, pipeline.KindInternal, "make schema scratch.carat_try_"},
		{rule{holds: "create schema", kind: "USER_ERROR", name: "PERMISSION_DENIED", fails: "Access Denied"}, pipeline.KindInternal, "give the user of engine url the rights"},
		{rule{holds: "create table tried", kind: "INSUFFICIENT_RESOURCES", name: "MEMORY_LIMIT_EXCEEDED", fails: "Memory limit exceeded for memory connector"}, pipeline.KindInternal, "too little memory or space"},
		{rule{holds: `create table "led_gift"`, kind: "EXTERNAL", name: "ICEBERG_FILESYSTEM_ERROR", fails: "No space left on device"}, pipeline.KindInternal, "build model led_gift.sql: Trino: No space left on device (ICEBERG_FILESYSTEM_ERROR); nothing was published"},
		{rule{holds: `create table "led_gift"`, kind: "INTERNAL_ERROR", name: "REMOTE_HOST_GONE", fails: "Node is gone"}, pipeline.KindInternal, "nothing was published; run again"},
	} {
		_, err := opened(t, c.rule)
		if err == nil || !strings.Contains(err.Error(), c.says) || pipeline.KindOf(err) != c.kind {
			t.Errorf("%s: %v", c.says, err)
		}
	}
}

// A run drops what a killed one of its lake left, and what is a week old of those that hold no
// lock; schemas of other lakes and of others stay.
func TestSweep(t *testing.T) {
	s := &Server{config: Config{Lake: "one"}}
	runs, others := s.prefix(ofRuns), s.prefix(ofOthers)
	young, old := Attempt(time.Date(2026, 11, 30, 11, 0, 0, 0, time.UTC)), Attempt(time.Date(2026, 11, 1, 11, 0, 0, 0, time.UTC))
	c, err := opened(t, rule{holds: "'" + runs + "'", rows: []string{runs + "0123_" + young}}, rule{holds: "'" + others + "'", rows: []string{others + "4567_" + old, others + "89ab_" + young}})
	if err != nil {
		t.Fatal(err)
	}
	var dropped []string
	for _, text := range c.asked {
		if name, ok := strings.CutPrefix(text, "drop schema if exists "); ok && !strings.Contains(name, "0123456789abcdef") && !strings.Contains(name, ofTries) {
			dropped = append(dropped, strings.Trim(name, `"`))
		}
	}
	if want := []string{runs + "0123_" + young, others + "4567_" + old}; strings.Join(dropped, " ") != strings.Join(want, " ") {
		t.Errorf("it dropped %v, not %v", dropped, want)
	}
	for _, text := range c.asked {
		if strings.Contains(text, "schemata") && !strings.Contains(text, "starts_with(schema_name, 'carat_") {
			t.Errorf("it looked for %s", text)
		}
	}
}
