package schedule

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/fetch"
	"carat/jobs/ingest"
	"carat/pipeline"
	"carat/pipeline/state"
)

// receiver is a webhook that keeps what it is given, and answers what it is
// told to.
type receiver struct {
	*httptest.Server
	mu      sync.Mutex
	status  int // answered; 0: 200
	got     []Notice
	bodies  []string
	headers []http.Header
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if request.Method != http.MethodPost {
			t.Errorf("method %s", request.Method)
		}
		if r.status != 0 {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(r.status)
			return
		}
		var n Notice
		_ = json.Unmarshal(body, &n)
		r.got, r.bodies, r.headers = append(r.got, n), append(r.bodies, string(body)), append(r.headers, request.Header)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// kinds gives "kind subject" of what came since the last call.
func (r *receiver) kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []string{}
	for _, n := range r.got {
		list = append(list, n.Kind+" "+n.Subject)
	}
	r.got = nil
	return list
}

func wantKinds(t *testing.T, r *receiver, want ...string) {
	t.Helper()
	if got := r.kinds(); !reflect.DeepEqual(got, append([]string{}, want...)) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestScheduleTellsFailures: a failed job is told once, whatever the restarts;
// the next failure not before the span is over; a good run makes it over.
func TestScheduleTellsFailures(t *testing.T) {
	dir, hook := t.TempDir(), newReceiver(t)
	config := "feeds: {}\njobs: {ingest: {cron: '0 * * * *', retries: 0}}\nnotifications: {ops: {url: '" + hook.URL + "', every: 3h}}"
	fails := true
	work := func(context.Context, *fakeClock, string) error {
		if fails {
			return pipeline.Errorf(pipeline.KindUsage, "read model", "x.sql", "no header")
		}
		return nil
	}
	scheduleFor(t, dir, config, at("2026-10-01T05:30"), at("2026-10-01T06:10"), work)
	wantKinds(t, hook, "job_failed ingest")
	if n := hook.bodies[0]; !strings.Contains(n, `"detail":"read model x.sql: no header"`) || !strings.Contains(n, `"text":"The job ingest failed."`) {
		t.Errorf("told %s", n)
	}
	// A restart tells nothing twice.
	scheduleFor(t, dir, config, at("2026-10-01T06:20"), at("2026-10-01T06:50"), work)
	wantKinds(t, hook)
	// It fails again at 7, 8 and 9: told once more, at 9.
	scheduleFor(t, dir, config, at("2026-10-01T06:55"), at("2026-10-01T09:30"), work)
	wantKinds(t, hook, "job_failed ingest")
	if got := hook.headers[1].Get("Idempotency-Key"); got == "" || got == hook.headers[0].Get("Idempotency-Key") {
		t.Errorf("another failure has the key %q of the first", got)
	}
	// A good run, and a bad one hours later.
	fails = false
	scheduleFor(t, dir, config, at("2026-10-01T09:40"), at("2026-10-01T12:30"), work)
	wantKinds(t, hook)
	fails = true
	scheduleFor(t, dir, config, at("2026-10-01T12:40"), at("2026-10-01T13:10"), work)
	wantKinds(t, hook, "job_failed ingest")
	// A file that was refused is told; that the month is blocked is another kind.
	for _, kind := range []pipeline.Kind{pipeline.KindBlocked, pipeline.KindBadInput} {
		from := at("2026-10-02T00:30").Add(time.Duration(kind) * 10 * time.Hour)
		scheduleFor(t, dir, config, from, from.Add(4*time.Hour), func(context.Context, *fakeClock, string) error {
			return pipeline.Errorf(kind, "ingest", "x.csv", "not a feed")
		})
	}
	for _, got := range hook.kinds() {
		if got != "job_failed ingest" {
			t.Errorf("told %s", got)
		}
	}
}

// TestReceiverThatIsAway: jobs run on, the notice is tried again with longer
// and longer waits, and told once when the receiver is back.
func TestReceiverThatIsAway(t *testing.T) {
	dir, hook := t.TempDir(), newReceiver(t)
	config := "feeds: {}\njobs: {ingest: {cron: '0 6 * * *', retries: 0}, verify: {cron: '0,30 * * * *'}}\n" +
		"notifications: {ops: {url: '" + hook.URL + "', retries: 20}}"
	hook.answer(http.StatusServiceUnavailable)
	work := func(_ context.Context, c *fakeClock, job string) error {
		if c.Now().After(at("2026-10-01T08:20")) {
			hook.answer(0)
		}
		if job == "ingest" {
			return pipeline.Errorf(pipeline.KindUsage, "read model", "x.sql", "no header")
		}
		return nil
	}
	ran := scheduleFor(t, dir, config, at("2026-10-01T05:50"), at("2026-10-01T08:10"), work)
	wantRan(t, ran, "01T06:00 ingest", "01T06:00 verify", "01T06:30 verify", "01T07:00 verify", "01T07:30 verify", "01T08:00 verify")
	wantKinds(t, hook)
	r := statusOf(t, dir, config, at("2026-10-01T08:10"))
	if len(r.Webhooks) != 1 || r.Webhooks[0] != "ops: job_failed/ingest is not told yet (the receiver answered 503; tried again)" {
		t.Errorf("status says %q", r.Webhooks)
	}
	scheduleFor(t, dir, config, at("2026-10-01T08:15"), at("2026-10-01T10:15"), work)
	wantKinds(t, hook, "job_failed ingest")
	if r := statusOf(t, dir, config, at("2026-10-01T10:15")); len(r.Webhooks) != 0 {
		t.Errorf("status says %q", r.Webhooks)
	}
}

func statusOf(t *testing.T, dir, text string, now time.Time) *StatusResult {
	t.Helper()
	config, err := config.Parse([]byte(text), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Status(t.Context(), books.Setting{Config: config, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhatAReceiverAnswers: what can pass is tried again, what can't is given
// up; neither tells the address, the token or the key.
func TestWhatAReceiverAnswers(t *testing.T) {
	hook := newReceiver(t)
	release := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer hanging.Close()
	defer close(release)
	for _, c := range []struct {
		status  int
		url     string
		error   string
		canPass bool
	}{
		{200, hook.URL + "/s3cret", "", false},
		{204, hook.URL + "/s3cret", "", false},
		{302, hook.URL + "/s3cret", "the receiver answered 302, a redirect, and carat follows none", false},
		{404, hook.URL + "/s3cret", "the receiver answered 404", false},
		{429, hook.URL + "/s3cret", "the receiver answered 429", true},
		{500, hook.URL + "/s3cret", "the receiver answered 500", true},
		{0, "http://127.0.0.1:1/s3cret", "call the receiver: dial tcp 127.0.0.1:1: connect: connection refused", true},
		{0, hanging.URL + "/s3cret", "call the receiver: no answer within the timeout", true},
		{0, "https://user:s3cret@[::1/x", "url: it is no address that begins with https:// or http://", false},
		{0, "ftp://s3cret", "url: it is no address that begins with https:// or http://", false},
		{0, "http://example.com/s3cret", "the token is not sent over http, where others can read it; use https", false},
	} {
		hook.answer(c.status)
		w := config.Webhook{URL: config.Secret{Variable: "HOOK"}, Token: config.Secret{Variable: "TOKEN"}, SigningKey: config.Secret{Variable: "KEY"}, Timeout: 100 * time.Millisecond,
			ContentType: config.JsonContentType}
		values := map[string]string{"HOOK": c.url, "TOKEN": "t0ken", "KEY": "k3y"}
		o := NotifyOptions{Setting: books.Setting{Config: &config.Config{}, Now: at("2026-10-01T06:00"), Variable: func(name string) string { return values[name] }}}
		err := o.post(t.Context(), w, Notice{ID: "a1", Kind: noticeTest})
		if got := fmt.Sprint(err); err == nil && c.error != "" || err != nil && got != c.error || canPass(err) != c.canPass {
			t.Errorf("%d %s: %v (can pass: %v), want %q", c.status, c.url, err, canPass(err), c.error)
		}
		for _, secret := range []string{"s3cret", "t0ken", "k3y"} {
			if strings.Contains(fmt.Sprint(err), secret) {
				t.Errorf("an error tells a secret: %v", err)
			}
		}
	}
}

// TestNoticeIsSigned by an independent reckoning of the signature, with
// secrets from files and a template for a chat.
func TestNoticeIsSigned(t *testing.T) {
	dir, hook := t.TempDir(), newReceiver(t)
	for name, text := range map[string]string{"url": hook.URL + "/x\n", "token": "t0ken\n", "key": "k3y\n",
		"chat.tmpl": `{"text": {{json (printf "%s: %s" .Kind .Text)}}}`, "bad.tmpl": `{"text": "{{.Detail}}"}`, "wrong.tmpl": `{{.Nme}}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config, err := config.Parse([]byte("notifications: {chat: {url_file: url, token_file: token, signing_key_file: key, template: chat.tmpl}}"), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	o := NotifyOptions{Setting: books.Setting{Config: config, Now: at("2026-10-01T06:00")}}
	n := Notice{ID: "a1", Kind: "job_failed", Text: `a "quoted" </script>` + "\n", Detail: `"`}
	w := config.Notifications["chat"]
	if err := o.post(t.Context(), w, n); err != nil {
		t.Fatal(err)
	}
	var body struct{ Text string }
	if err := json.Unmarshal([]byte(hook.bodies[0]), &body); err != nil || body.Text != "job_failed: "+n.Text {
		t.Errorf("posted %s, %v", hook.bodies[0], err)
	}
	mac := hmac.New(sha256.New, []byte("k3y"))
	fmt.Fprintf(mac, "%d.%s", o.Now.Unix(), hook.bodies[0])
	h := hook.headers[0]
	if h.Get("X-Carat-Signature") != "sha256="+hex.EncodeToString(mac.Sum(nil)) || h.Get("Authorization") != "Bearer t0ken" || h.Get("Idempotency-Key") != "a1" {
		t.Errorf("headers %v", h)
	}
	for template, want := range map[string]string{
		"bad.tmpl":   "what comes out is no JSON; write values as {{json .Text}}, without quotes around them",
		"wrong.tmpl": "can't evaluate field Nme",
		"none.tmpl":  "no such file or directory",
	} {
		w.Template = template
		if err := o.post(t.Context(), w, n); err == nil || !strings.Contains(err.Error(), want) || canPass(err) {
			t.Errorf("%s: %v", template, err)
		}
	}
	w.Template, w.Token.File = "", "gone"
	if err := o.post(t.Context(), w, n); err == nil || !strings.HasPrefix(err.Error(), "token_file: read ") {
		t.Errorf("a token that is not there: %v", err)
	}
	if len(hook.bodies) != 1 {
		t.Errorf("%d were posted, want 1", len(hook.bodies))
	}
}

// TestWhatIsTold: each kind is told when it begins to be so, and once.
func TestWhatIsTold(t *testing.T) {
	hooks := map[string]config.Webhook{"all": {Every: time.Hour}, "ready": {Every: time.Hour, On: []string{config.NoticePeriodReady}}}
	had := map[string]map[string]state.Notice{"all": {}, "ready": {}}
	now := at("2026-11-01T06:00")
	told := func(r *StatusResult) (list []string) {
		now = now.Add(2 * time.Hour)
		conditions, known := conditions(r, nil, time.UTC)
		for _, name := range []string{"all", "ready"} {
			changed, err := settleNotices("lake", name, hooks[name], had[name], now, conditions, known)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range changed {
				if n.State == state.NoticePending {
					list = append(list, name+" "+n.Key)
					n.State, n.ToldAt = state.NoticeTold, now
				}
				had[name][n.Key] = n
			}
		}
		return list
	}
	want := func(got []string, want ...string) {
		t.Helper()
		if !reflect.DeepEqual(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	month := PeriodStatus{Period: "2026-10", Stage: books.StageOpen, BlockedBy: []string{"gift_conversion", "withholding"}}
	r := &StatusResult{Periods: []PeriodStatus{month}, LateFeeds: []LateFeed{{Feed: "gift_events", Why: "expected daily"}}}
	want(told(r), "all feed_late/gift_events", "all control_blocked/2026-10/gift_conversion", "all control_blocked/2026-10/withholding")
	want(told(r))
	want(told(nil)) // where the months stand isn't known: nothing is over either
	month.BlockedBy = []string{"withholding"}
	r.Periods[0] = month
	want(told(r))
	month.BlockedBy = []string{"gift_conversion", "withholding"} // again
	r.Periods[0], r.LateFeeds = month, nil
	want(told(r), "all control_blocked/2026-10/gift_conversion")
	month.BlockedBy, month.Stage, month.PreparedAt, month.Undecided = nil, books.StagePrepared, now, []string{"gift_price"}
	r.Periods[0] = month
	want(told(r)) // an undecided exception is not ready
	month.Undecided = nil
	r.Periods[0] = month
	want(told(r), "all period_ready/2026-10", "ready period_ready/2026-10")
	month.PreparedAt = now.Add(time.Minute) // prepared again
	r.Periods[0] = month
	want(told(r), "all period_ready/2026-10", "ready period_ready/2026-10")
	month.Stage = books.StageClosed
	r.Periods[0] = month
	want(told(r))
	r.LeftAlone = []ingest.IgnoredFile{{Name: "notes.txt", Reason: "no feed"}}
	want(told(r), "all file_left_alone/notes.txt")
	want(told(r))
	r.LeftAlone[0].Reason = "a folder"
	want(told(r), "all file_left_alone/notes.txt")
	for i := range 30 { // a folder that was unpacked there
		r.LeftAlone = append(r.LeftAlone, ingest.IgnoredFile{Name: fmt.Sprint("x", i), Reason: "no feed"})
	}
	if got := told(r); len(got) != leftAloneTold-1 {
		t.Errorf("%d files are told of, want %d", len(got), leftAloneTold-1)
	}
}

// A source that is late or gives another shape is told of, each time that happens anew; one
// that stands well isn't.
func TestNoticesOfSources(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	list, _ := conditions(&StatusResult{Sources: []fetch.Standing{
		{Source: "well", LastAt: at}, {Source: "bank", LastAt: at, Late: "nothing since 2026-10-30"}, {Source: "new", Late: "nothing yet"},
		{Source: "store", LastAt: at, Changed: "it has no column fee any more", ChangedFile: "11.csv"},
	}}, nil, time.UTC)
	var got []string
	for _, c := range list {
		got = append(got, c.Key+" ("+c.Event+"): "+c.Text+" "+c.Detail)
	}
	want := []string{
		"source_late/bank (2026-11-02T09:00:00Z): The source bank is late. nothing since 2026-10-30",
		"source_late/new (never): The source new is late. nothing yet",
		"source_shape/store (11.csv): The source store gave a file that looks otherwise than the one before it. 11.csv: it has no column fee any more",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A file that nearly fits is told as what is missing, another as left alone.
func TestNoticesOfFilesThatNearlyFit(t *testing.T) {
	list, _ := conditions(&StatusResult{LeftAlone: []ingest.IgnoredFile{
		{Name: "RELEVE-2.csv", Reason: "its columns are those of feeds: bank_lines", Near: true}, {Name: "notes.txt", Reason: "no feed"},
	}}, nil, time.UTC)
	var got []string
	for _, c := range list {
		got = append(got, c.Key+": "+c.Text+" "+c.Detail)
	}
	want := []string{
		"file_left_alone/RELEVE-2.csv: The file RELEVE-2.csv of the inbox nearly fits and was not taken: what it holds is missing. its columns are those of feeds: bank_lines",
		"file_left_alone/notes.txt: The file notes.txt of the inbox was left alone. no feed",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What the daemon leaves alone in the inbox it says, each file once for its reason,
// and how many there are.
func TestFilesLeftAloneAreLogged(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "inbox", "gift_events-folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"notes.txt": "hello", "statement.qif": "!Type:Bank\nD10/05' 26\nT-1.00\nPFee\n^\n",
		"bank_lines-5.qif": "!Type:Bank\nD10/05' 26\nT-1.00\nPFee\n^\n",
		"payouts.doc":      "x", "payouts-9.totals.json": "{}", ".DS_Store": "x", "bank_lines.csv": "line_id\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, "inbox", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	conf, err := config.Parse([]byte("feeds: {}\n"), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	var counts []int
	s := &scheduler{o: Options{Setting: books.Setting{Config: conf}, LeftAlone: func(n int) { counts = append(counts, n) }}}
	log := slog.New(slog.NewTextHandler(&logged, nil))
	s.tellLeftAlone(log)
	s.tellLeftAlone(log) // nothing is new
	for name, reason := range map[string]string{
		"gift_events-folder": "a folder", "notes.txt": "its name begins with no feed", "statement.qif": "QIF", "bank_lines-5.qif": "it is a QIF file", "payouts.doc": "does not end in",
		"payouts-9.totals.json": "control totals of no file",
	} {
		found := 0
		for line := range strings.Lines(logged.String()) {
			if strings.Contains(line, "file="+name+" ") && strings.Contains(line, reason) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s with %q is logged %d times:\n%s", name, reason, found, logged.String())
		}
	}
	if !reflect.DeepEqual(counts, []int{6, 6}) || strings.Contains(logged.String(), "DS_Store") || strings.Contains(logged.String(), "bank_lines.csv") {
		t.Errorf("%v\n%s", counts, logged.String())
	}
	if err := os.Remove(filepath.Join(dir, "inbox", "notes.txt")); err != nil {
		t.Fatal(err)
	}
	if s.tellLeftAlone(log); counts[2] != 5 {
		t.Errorf("%v", counts)
	}
}

// TestNotifyWithoutWebhooks says what to add.
func TestNotifyWithoutWebhooks(t *testing.T) {
	config, err := config.Parse(nil, t.TempDir(), config.File)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Notify(t.Context(), NotifyOptions{Setting: books.Setting{Config: config}, Log: slog.New(slog.DiscardHandler)})
	if pipeline.KindOf(err) != pipeline.KindUsage || !strings.HasPrefix(err.Error(), "notify webhooks: carat.yaml names none; add `notifications: ") {
		t.Errorf("%v", err)
	}
}
