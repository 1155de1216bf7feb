package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/fetch"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/pipeline"
)

// shop is a server of files, each with a tag for its content.
type shop struct {
	files  map[string]string
	status map[string][]int // of the next answers
	asked  []string
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.URL.Path)
	if list := s.status[r.URL.Path]; len(list) > 0 {
		s.status[r.URL.Path] = list[1:]
		w.WriteHeader(list[0])
		return
	}
	content, ok := s.files[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	tag := fmt.Sprintf(`"%d"`, len(content))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = io.WriteString(w, content)
}

const bankHead = "line_id,account,booked_at,amount,currency\n"

// folder is a folder with sources of that server; waits are what is waited for.
func folder(t *testing.T, s *shop, sources string) (o fetch.Options, waits *[]time.Duration) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	setting := trial.Folder(t, "first_period: 2026-10\nsources:\n"+strings.ReplaceAll(sources, "SERVER", server.URL), nil)
	setting.Variable = func(name string) string { return map[string]string{"TOKEN": "quiet-token"}[name] }
	waits = &[]time.Duration{}
	return fetch.Options{Setting: setting, Wait: func(ctx context.Context, d time.Duration) error { *waits = append(*waits, d); return ctx.Err() }}, waits
}

func results(r *fetch.Result) (list []string) {
	for _, f := range r.Files {
		list = append(list, strings.TrimSpace(f.Source+" "+f.Remote+" "+f.Result+" "+f.File))
	}
	return list
}

func must(t *testing.T, o fetch.Options) *fetch.Result {
	t.Helper()
	r, err := fetch.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func inbox(t *testing.T, s books.Setting, source string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(s.Config.Dir, "inbox", source))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// What is new comes once; what changed comes beside it; what came is read.
func TestFetch(t *testing.T) {
	server := &shop{files: map[string]string{"/out/bank.csv": bankHead + "b1,a,2026-10-01,100,EUR\n"}}
	o, _ := folder(t, server, "  bank: {kind: http, feeds: [bank_lines], url: \"SERVER/out/bank.csv?sig=hush-hush\", token: \"${TOKEN}\", allow: [127.0.0.1]}\n")
	want := func(what string, got []string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	want("first", results(must(t, o)), "bank bank.csv fetched inbox/bank/bank.csv")
	want("again", results(must(t, o)))
	server.files["/out/bank.csv"] += "b2,a,2026-10-02,200,EUR\n"
	second := must(t, o)
	if len(second.Files) != 1 || !strings.HasPrefix(second.Files[0].File, "inbox/bank/bank~") {
		t.Errorf("changed: %+v", second.Files)
	}
	if len(inbox(t, o.Setting, "bank")) != 2 {
		t.Errorf("the inbox holds %v", inbox(t, o.Setting, "bank"))
	}
	r, err := ingest.Files(t.Context(), ingest.Options{Setting: o.Setting})
	if err != nil || len(r.Files) != 2 || len(r.Ignored) > 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	got, err := trial.Query(t.Context(), ask.QueryOptions{Setting: o.Setting, Query: `select f.remote_name, f.version, f.fetched_by, f.shape, count(*)
		from fetched f join batches b on b.source_sha256 = f.source_sha256 group by all order by 2`})
	if err != nil || len(got.Rows) != 2 || fmt.Sprintf("%v %v", got.Rows[0][0], got.Rows[0][1]) != `bank.csv "66"` {
		t.Errorf("%v, %v", got, err)
	}
	origin, err := trial.Query(t.Context(), ask.QueryOptions{Setting: o.Setting, Query: "select distinct origin from fetched"})
	if err != nil || strings.Contains(fmt.Sprint(origin.Rows), "hush") {
		t.Errorf("%v, %v", origin, err)
	}
}

// A source that fails holds up no other, is tried again, and is told without a secret.
func TestSourceThatFails(t *testing.T) {
	server := &shop{files: map[string]string{"/b.csv": bankHead}, status: map[string][]int{"/a.csv": {503, 503, 503, 503, 503}, "/b.csv": {500}, "/c.csv": {403}}}
	o, waits := folder(t, server, `  a: {kind: http, feeds: [bank_lines], url: "SERVER/a.csv?sig=hush-hush", allow: [127.0.0.1], retries: 2}
  b: {kind: http, feeds: [bank_lines], url: "SERVER/b.csv", allow: [127.0.0.1]}
  c: {kind: http, feeds: [bank_lines], url: "SERVER/c.csv", allow: [127.0.0.1]}
  d: {kind: http, feeds: [bank_lines], url: "SERVER/d.csv"}
  e: {kind: http, feeds: [bank_lines], url: "SERVER/e.csv", allow: [127.0.0.1], token_env: NO_SUCH}
  f: {kind: http, feeds: [bank_lines], url: "SERVER/f.csv", allow: [127.0.0.1], late_after: 1h}
`)
	r, err := fetch.Run(t.Context(), o)
	if pipeline.KindOf(err) != pipeline.KindBadInput || len(r.Files) != 5 {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, part := range []string{"fetch from a: a.csv: the server answered 503", "fetch from c: c.csv: the server answered 403", "fetch from d: d.csv: that address is not called: 127.0.0.1 is private",
		"fetch from e: token_env: the environment variable NO_SUCH is not set"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("no %q in\n%v", part, err)
		}
	}
	steps := map[string]string{"a": "it may pass: the next run tries again", "c": "give the user and password, or the token", "d": "see the source in carat.yaml"}
	for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
		var known *pipeline.Error
		if errors.As(one, &known) && !strings.HasPrefix(known.Hint, steps[known.Object]) {
			t.Errorf("%s: the next step is %q", known.Object, known.Hint)
		}
	}
	if strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "fetch from b") || fmt.Sprint(*waits) != "[1s 2s 1s]" {
		t.Errorf("%v, waited %v", err, *waits)
	}
	if got := inbox(t, o.Setting, "b"); !slices.Equal(got, []string{"b.csv"}) {
		t.Errorf("b holds %v", got)
	}
	p, err := books.Open(t.Context(), o.Setting)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "a=it was last reached at"}, {0, "f=no file came yet"}, {48 * time.Hour, "c=it was last reached at"}} {
		s := o.Setting
		s.Now = s.Now.Add(c.after)
		list, err := fetch.Standings(t.Context(), p, s)
		if err != nil {
			t.Fatal(err)
		}
		all := ""
		for _, one := range list {
			all += one.Source + "=" + one.Late + " "
		}
		if strings.Contains(all, c.want) != (c.after > 0 || !strings.HasPrefix(c.want, "a=")) || strings.Contains(all, "hush") {
			t.Errorf("after %v: %s", c.after, all)
		}
	}
}

// A run that dies between a file's name and its record does nothing twice.
func TestCrashBeforeTheRecord(t *testing.T) {
	server := &shop{files: map[string]string{"/bank.csv": bankHead + "b1,a,2026-10-01,100,EUR\n"}}
	o, _ := folder(t, server, "  bank: {kind: http, feeds: [bank_lines], url: \"SERVER/bank.csv\", allow: [127.0.0.1]}\n")
	died := errors.New("died")
	o.Fault = func(step, _ string) error {
		if step == "fetched" {
			return died
		}
		return nil
	}
	if _, err := fetch.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "died") {
		t.Fatal(err)
	}
	o.Fault = nil
	if got := results(must(t, o)); !slices.Equal(got, []string{"bank bank.csv fetched inbox/bank/bank.csv"}) {
		t.Errorf("%q", got)
	}
	if got := inbox(t, o.Setting, "bank"); !slices.Equal(got, []string{"bank.csv"}) {
		t.Errorf("the inbox holds %v", got)
	}
}

// A file of other columns than the one before it is told.
func TestShapeThatChanged(t *testing.T) {
	server := &shop{files: map[string]string{"/bank.csv": bankHead + "b1,a,2026-10-01,100,EUR\n"}}
	o, _ := folder(t, server, "  bank: {kind: http, feeds: [bank_lines], url: \"SERVER/bank.csv\", allow: [127.0.0.1]}\n")
	must(t, o)
	server.files["/bank.csv"] = "line_id,account,booked_at,value,currency\nb1,a,2026-10-01,100,EUR\nb2,a,2026-10-01,100,EUR\n"
	r := must(t, o)
	const want = "its shape changed: amount gone; value new"
	if len(r.Files) != 1 || r.Files[0].Note != want {
		t.Errorf("%+v", r.Files)
	}
	p, err := books.Open(t.Context(), o.Setting)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	list, err := fetch.Standings(t.Context(), p, o.Setting)
	if err != nil || len(list) != 1 || list[0].Changed != want || list[0].ChangedFile != "bank.csv" {
		t.Errorf("%+v, %v", list, err)
	}
}

// A source of several feeds gives only those; control totals come only where they are
// wanted; what is larger than the bound doesn't come.
func TestWhatASourceMayGive(t *testing.T) {
	server := &shop{files: map[string]string{
		"/creators.csv":          "creator_id,valid_from,country,currency\nc1,2026-01-01T00:00:00Z,DE,USD\n",
		"/large.csv":             bankHead + strings.Repeat("x", 200),
		"/x.csv.totals.json":     "{}",
		"/bank_lines.mt940.part": "x",
	}}
	o, _ := folder(t, server, `  a: {kind: http, feeds: [bank_lines, settlement_lines], url: "SERVER/creators.csv", allow: [127.0.0.1]}
  b: {kind: http, feeds: [bank_lines], url: "SERVER/large.csv", allow: [127.0.0.1], max_bytes: 100}
  c: {kind: http, feeds: [bank_lines], url: "SERVER/x.csv.totals.json", allow: [127.0.0.1]}
  d: {kind: http, feeds: [bank_lines], url: "SERVER/x.csv.totals.json", allow: [127.0.0.1], sidecars: true}
  e: {kind: http, feeds: [bank_lines], url: "SERVER/creators.csv", match: ["bank*"], allow: [127.0.0.1]}
`)
	r, err := fetch.Run(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "fetch from b: large.csv: it has 242 bytes, more than max_bytes 100") {
		t.Errorf("%v", err)
	}
	if got := results(r); !slices.Equal(got, []string{"a creators.csv fetched inbox/a/creators.csv", "b large.csv failed", "d x.csv.totals.json fetched inbox/d/x.csv.totals.json"}) {
		t.Errorf("%q", got)
	}
	inputs, ignored, err := ingest.FindInputs(o.Config)
	if err != nil || len(inputs) != 0 {
		t.Errorf("%v, %v", inputs, err)
	}
	reasons := ""
	for _, i := range ignored {
		reasons += i.Name + ": " + i.Reason + "\n"
	}
	if !strings.Contains(reasons, "creators.csv: its name begins with no feed's name") {
		t.Errorf("%s", reasons)
	}
}

// Two runs at a time would write over each other.
func TestOneRunAtATime(t *testing.T) {
	server := &shop{}
	o, _ := folder(t, server, "  bank: {kind: http, feeds: [bank_lines], url: \"SERVER/bank.csv\", allow: [127.0.0.1]}\n")
	var inner error
	server.files = map[string]string{"/bank.csv": bankHead}
	second := o
	o.Fault = func(step, _ string) error {
		if step == "fetched" {
			_, inner = fetch.Run(context.Background(), second)
		}
		return nil
	}
	must(t, o)
	if pipeline.KindOf(inner) != pipeline.KindBusy {
		t.Errorf("%v", inner)
	}
	o.Sources = []string{"bnak"}
	if _, err := fetch.Run(t.Context(), o); err == nil || !strings.Contains(fmt.Sprint(err), "no such source") {
		t.Errorf("%v", err)
	}
	o.Sources, o.Config = nil, &config.Config{}
	if _, err := fetch.Run(t.Context(), o); pipeline.KindOf(err) != pipeline.KindUsage {
		t.Errorf("%v", err)
	}
}
