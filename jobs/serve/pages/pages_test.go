package pages_test

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/exceptions"
	"carat/jobs/internal/trial"
	monthly "carat/jobs/month"
	"carat/jobs/people"
	"carat/jobs/serve/pages"
	"carat/jobs/serve/web"
	"carat/pipeline"
	"carat/sql"
)

// attack is what a file's texts try: each of them would be markup, or end an attribute.
const attack = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>`

// month is a small month whose names, ids and reasons attack whoever lays them out.
func month() map[string]string {
	files := maps.Clone(trial.SmallMonth)
	quoted := `"` + strings.ReplaceAll(attack, `"`, `""`) + `"`
	files["gift_catalog.csv"] += "5656,2026-01-01T00:00:00Z," + quoted + ",7\n"
	files["creators.csv"] += "c2,2026-01-01T00:00:00Z," + quoted + ",DE,USD,bob@example.org\n"
	files["gift_events-3.csv"] = "event_id,kind,sent_at,stream_id,viewer_id,creator_id,gift_id,quantity,coins,diamonds\n" +
		`"<script>g9</script>""'>",gift,2026-10-08T10:00:00Z,s1,v1,c2,5656,1,9,4` + "\n" +
		"g10,gift,2026-10-08T11:00:00Z,s1,v1,c1,5655,1,2,1\ng11,gift,2026-10-08T11:00:00Z,s1,v1,c1,5655,1,3,1\n" +
		`"<b>bad</b>",gift,2026-10-08T10:00:00Z,s1,v1,c2,5656,"<i>x</i>",9,4` + "\n"
	return files
}

// shared is the lake that the tests of reading look into: nobody changes it.
var shared = sync.OnceValues(func() (books.Setting, error) {
	dir, err := os.MkdirTemp("", "pages-")
	if err != nil {
		return books.Setting{}, err
	}
	if err := os.Mkdir(filepath.Join(dir, "inbox"), 0o755); err != nil {
		return books.Setting{}, err
	}
	for name, text := range month() {
		if err := os.WriteFile(filepath.Join(dir, "inbox", name), []byte(text), 0o644); err != nil {
			return books.Setting{}, err
		}
	}
	c, err := config.Parse([]byte("first_period: 2026-10\nmax_reject_share: 0.9\n"), dir, config.File)
	if err != nil {
		return books.Setting{}, err
	}
	s := books.Setting{Config: c, Now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), By: books.Actor{User: "root", OSUser: "os"}}
	if _, err := jobs.Run(t0(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		if _, ok := err.(interface{ Unwrap() error }); !ok {
			return s, err
		}
	}
	s.By.User = "root"
	for _, one := range append([][2]string{{"an-administrator", books.RoleAdministrator}}, roles()...) {
		o := people.UsersOptions{Setting: s, User: one[0], Role: one[1]}
		if one[1] == books.RoleCreator {
			o.Creator = "c1"
		}
		if _, err := people.Users(t0(), o); err != nil {
			return s, err
		}
		s.By.User = "an-administrator"
	}
	return s, nil
})

func roles() (list [][2]string) {
	for _, role := range books.Roles {
		if role != books.RoleAdministrator {
			list = append(list, [2]string{"an-" + role, role})
		}
	}
	return list
}

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := shared(); err == nil {
		_ = os.RemoveAll(s.Config.Dir)
	}
	if s, err := closedMonth(); s.Config != nil {
		_, _ = err, os.RemoveAll(s.Config.Dir)
	}
	os.Exit(code)
}

func lake(t *testing.T) books.Setting {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// browser is somebody who asks pages of a server over one lake.
type browser struct {
	*http.Client
	t     *testing.T
	base  string
	later *atomic.Int64 // how much later it is than the lake's setting says
}

const key = "the-key-of-the-link"

// opened gives a browser of somebody who has opened the pages by the link.
func opened(t *testing.T, s books.Setting, user string) *browser {
	t.Helper()
	b := served(t, s, user)
	if r := b.post("/open", url.Values{"key": {key}}, "/open/"+key); r.StatusCode != http.StatusSeeOther {
		t.Fatalf("open: %d", r.StatusCode)
	}
	return b
}

// served gives a browser that knows nothing yet.
func served(t *testing.T, s books.Setting, user string) *browser {
	t.Helper()
	s.By.User = user
	server := httptest.NewUnstartedServer(nil)
	later := &atomic.Int64{}
	clock := func() time.Time { return s.Now.Add(time.Duration(later.Load())) }
	site, end := pages.New(pages.Options{Setting: s, SQL: sql.Files, Clock: clock, Key: key, Log: slog.New(slog.NewTextHandler(t.Output(), nil))},
		web.Options{Clock: clock, Listen: netip.MustParseAddrPort(server.Listener.Addr().String()), Log: slog.New(slog.DiscardHandler)})
	server.Config = site.Server()
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := end(); err != nil {
			t.Error(err)
		}
	})
	return &browser{Client: &http.Client{Jar: jar(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t: t, base: server.URL, later: later}
}

// page asks for a page and gives its status and text.
func (b *browser) page(path string) (int, string) {
	b.t.Helper()
	r, err := b.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if strings.Contains(r.Header.Get("Content-Type"), "html") && r.StatusCode != http.StatusSeeOther && r.StatusCode != http.StatusTemporaryRedirect {
		harmless(b.t, path, string(text))
	}
	return r.StatusCode, string(text)
}

var tokenField = regexp.MustCompile(`name="token" value="([0-9a-f]*)"`)

// post sends a form with the token of a page that holds it.
func (b *browser) post(path string, form url.Values, of string) *http.Response {
	b.t.Helper()
	_, text := b.page(of)
	if found := tokenField.FindStringSubmatch(text); found != nil {
		form.Set("token", found[1])
	}
	r, err := b.PostForm(b.base+path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = r.Body.Close() })
	return r
}

// harmless wants no page to hold what a browser would run, or what the policy forbids,
// whatever texts it shows, to lead nowhere else, and its parts to be there for whoever
// doesn't see it.
func harmless(t *testing.T, path, text string) {
	t.Helper()
	ids := map[string]bool{}
	for z := html.NewTokenizer(strings.NewReader(text)); z.Next() != html.ErrorToken; {
		tag := z.Token()
		if tag.Type != html.StartTagToken && tag.Type != html.SelfClosingTagToken {
			continue
		}
		if tag.Data == "script" && strings.HasPrefix(tag.String(), `<script src="/static/`) && strings.HasSuffix(tag.String(), `/site.js" defer="">`) && z.Next() == html.EndTagToken {
			continue // the one script, which is a file
		}
		if slices.Contains([]string{"script", "style", "iframe", "object", "embed", "base", "img", "i"}, tag.Data) {
			t.Errorf("%s has a tag %s", path, tag)
		}
		for _, a := range tag.Attr {
			switch {
			case tag.Data == "meta" && a.Key == "http-equiv" && !strings.Contains(text, `<noscript><meta http-equiv="refresh" content="3"></noscript>`):
				t.Errorf("%s has a tag %s", path, tag)
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", strings.ContainsAny(a.Key, `"'<`):
				t.Errorf("%s has an attribute %s", path, tag)
			case slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key):
				if !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") || strings.HasPrefix(a.Val, "//") || strings.Contains(a.Val, "\\") {
					t.Errorf("%s leads to %s", path, a.Val)
				}
			case a.Key == "id" && ids[a.Val]:
				t.Errorf("%s has the id %s twice", path, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			}
		}
	}
	for _, want := range []string{`<html lang="en">`, "<title>", `<main id="main"`, "<h1", `class="skip"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s has no %s", path, want)
		}
	}
	if n := strings.Count(text, "<h1"); n != 1 {
		t.Errorf("%s has %d headings of the first rank", path, n)
	}
}

// found gives what stands in an address for what a test's lake has: an exception's id.
func found(t *testing.T, path string) string {
	t.Helper()
	if !strings.Contains(path, "EXCEPTION") {
		return path
	}
	s := lake(t)
	s.By.User = "an-auditor"
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: s})
	if err != nil || len(list.Rows) == 0 {
		t.Fatalf("the lake has no exception: %v", err)
	}
	return strings.ReplaceAll(path, "EXCEPTION", list.Rows[0][0].(string))
}

// pageRights are the pages, each with the right without which it is refused.
var pageRights = []struct {
	path  string
	right books.Right
}{
	{"/months", books.RightStatus},
	{"/months/2026-10", books.RightEvidence},
	{"/months/2026-10/sign-off", books.RightEvidence},
	{"/months/2026-10/exceptions", books.RightEvidence},
	{"/months/2026-10/creators", books.RightEvidence},
	{"/exceptions", books.RightExceptions},
	{"/exceptions?tab=all&period=2026-10", books.RightExceptions},
	{"/exceptions/EXCEPTION", books.RightExceptions},
	{"/exceptions/EXCEPTION/talk", books.RightExceptions},
	{"/exceptions.csv?period=2026-10", books.RightExceptions},
	{"/files", books.RightTrace},
	{"/files/b000001", books.RightTrace},
	{"/upload", books.RightIngest},
	{"/creators", books.RightCreators},
	{"/creators/c1", books.RightCreators},
	{"/creators/c1/2026-10/main/USD/1", books.RightCreators},
	{"/earnings", books.RightEarnings},
	{"/questions", books.RightAnswer},
	{"/runs", books.RightRuns},
	{"/runs/1", books.RightRuns},
	{"/trace", books.RightTrace},
	{"/trace?id=c2", books.RightTrace},
	{"/query", books.RightQuery},
	{"/history", books.RightEvidence},
	{"/history/1", books.RightEvidence},
	{"/history/accesses", books.RightEvidence},
}

// Each role, and who has none, sees the pages that the table of rights says, and no
// other: by the navigation and by the address.
func TestEveryPageHasItsRight(t *testing.T) {
	s := lake(t)
	for _, role := range append(slices.Clone(books.Roles), "nobody") {
		b := opened(t, s, "an-"+role)
		for _, one := range pageRights {
			may := slices.Contains(books.Rights[one.right], role)
			path := found(t, one.path)
			status, text := b.page(path)
			switch {
			case may && status != http.StatusOK:
				t.Errorf("%s, %s: %d, want it shown\n%s", role, one.path, status, text)
			case !may && role == books.RoleCreator:
				if status != http.StatusNotFound || strings.Contains(text, "administrator") {
					t.Errorf("%s, %s: %d, want that there is no such page", role, one.path, status)
				}
			case !may && status != http.StatusForbidden:
				t.Errorf("%s, %s: %d, want it refused", role, one.path, status)
			case !may && !strings.Contains(text, "an administrator grants roles"):
				t.Errorf("%s, %s: it isn't said who grants the right", role, one.path)
			}
			top, _, _ := strings.Cut(strings.TrimPrefix(one.path, "/"), "/")
			if got := strings.Contains(text, `<li><a href="/`+strings.SplitN(top, "?", 2)[0]+`"`); got != may && one.path != "/upload" && !strings.ContainsAny(one.path[1:], "/.") {
				t.Errorf("%s: %s in the navigation %v, want %v", role, one.path, got, may)
			}
		}
	}
}

func TestNobodySeesAPageUnasked(t *testing.T) {
	s := lake(t)
	b := served(t, s, "an-auditor")
	for _, one := range pageRights {
		if status, text := b.page(one.path); status != http.StatusSeeOther || strings.Contains(text, "<main") {
			t.Errorf("%s without a session: %d", one.path, status)
		}
	}
	for _, wrong := range []string{"", "x", key + "x", strings.ToUpper(key)} {
		if r := b.post("/open", url.Values{"key": {wrong}}, "/open/x"); r.StatusCode != http.StatusForbidden {
			t.Errorf("the key %q: %d", wrong, r.StatusCode)
		}
	}
	if r, err := b.PostForm(b.base+"/open", url.Values{"key": {key}}); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("the right key without the form's token: %v %v", r, err)
	}
	for _, path := range []string{"/static/../pages.go", "/static/x/site.css", "/%2e%2e/%2e%2e/etc/passwd", "/months/..%2f..%2fcarat.yaml", "/open/%3Cscript%3E"} {
		if status, text := b.page(path); status == http.StatusOK && !strings.HasPrefix(path, "/open/") || strings.Contains(text, "root:") {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// Nobody is led to another site, whatever the address of the sign-in says.
func TestSignInLeadsNowhereElse(t *testing.T) {
	b := served(t, lake(t), "an-auditor")
	for _, from := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "/%5cevil.example", "javascript:alert(1)", "/ok\r\nX-Evil: 1", "///evil.example", "/sign-in?from=//evil.example"} {
		r, err := b.Get(b.base + "/sign-in?person=ann&from=" + url.QueryEscape(from))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.Header.Get("Location") != "" || r.Header.Get("X-Evil") != "" || regexp.MustCompile(`(href|action)="[^"]*evil`).Match(text) {
			t.Errorf("%q leads to %v\n%s", from, r.Header, text)
		}
	}
}

// opened anew for writing: a lake of one's own.
func ownLake(t *testing.T) books.Setting {
	t.Helper()
	s := trial.Folder(t, "first_period: 2026-10\nmax_reject_share: 0.9\nentity: main\nentities: {main: {functional_currency: USD}, other: {functional_currency: USD}}\n", month())
	s.By = books.Actor{User: "ann", OSUser: "os"}
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil && pipeline.KindOf(err) != pipeline.KindBlocked {
		t.Log(err)
	}
	return s
}

// Two decide at once: the second is told who was first and what, and nothing typed is
// lost. What a session that has ended was typed into is shown, too.
func TestTwoDecideAtOnce(t *testing.T) {
	s := ownLake(t)
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: s})
	if err != nil || len(list.Rows) == 0 {
		t.Fatalf("no exception: %v", err)
	}
	id := list.Rows[0][0].(string)
	path := "/exceptions/" + id
	ann, bob := opened(t, s, "ann"), opened(t, s, "bob")
	shown := func(b *browser) url.Values {
		_, text := b.page(path)
		form := url.Values{}
		for _, m := range regexp.MustCompile(`<input type="hidden" name="(token|decided|difference|list)" value="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			form.Set(m[1], m[2])
		}
		return form
	}
	first, second := shown(ann), shown(bob)
	for form, note := range map[*url.Values]string{&first: "the feed was late", &second: "=SUM(A1), " + attack} {
		form.Set("status", "explained")
		form.Set("note", note)
	}
	send := func(b *browser, form url.Values) (int, string) {
		r, err := b.PostForm(b.base+path+"/decide", form)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != http.StatusSeeOther {
			harmless(t, path, string(text))
		}
		return r.StatusCode, string(text)
	}
	if status, text := send(ann, first); status != http.StatusSeeOther {
		t.Fatalf("ann decides: %d %s", status, text)
	}
	if status, text := send(bob, second); status != http.StatusServiceUnavailable || !strings.Contains(text, "ann decided about it meanwhile") || !strings.Contains(text, "the feed was late") || !strings.Contains(text, "=SUM(A1), &lt;script&gt;") {
		t.Errorf("bob decides, too: %d\n%s", status, text)
	}
	again := shown(bob)
	again.Set("status", "explained")
	again.Set("note", second.Get("note"))
	if status, text := send(bob, again); status != http.StatusSeeOther {
		t.Errorf("bob, who has seen ann's: %d %s", status, text)
	}
	after, err := exceptions.List(t.Context(), exceptions.Options{Setting: s})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range after.Rows {
		if row[0] == id && row[slices.Index(exceptions.Columns, "note")] != second.Get("note") {
			t.Errorf("the note is %q, and was typed as %q", row[slices.Index(exceptions.Columns, "note")], second.Get("note"))
		}
	}
	wrong := shown(bob)
	wrong.Set("status", "waived")
	wrong.Set("note", "kept")
	if status, text := send(bob, wrong); status != http.StatusBadRequest || !strings.Contains(text, ">kept</textarea>") {
		t.Errorf("a waiver without its day: %d", status)
	}
	// Nothing is changed by looking at an address.
	if status, _ := bob.page(path + "/decide?status=explained&note=x"); status == http.StatusOK {
		t.Error("GET decides")
	}
	// A session that ends in mid-form: nothing typed is lost.
	form := shown(bob)
	form.Set("note", "typed for an hour")
	bob.later.Store(int64(time.Hour))
	if status, text := send(bob, form); status != http.StatusUnauthorized || !strings.Contains(text, "typed for an hour</textarea>") {
		t.Errorf("after the session: %d\n%s", status, text)
	}
}

// Who is limited to an entity sees nothing of another: not in the list, not by an id that
// they guess, not by a count, and nothing that is of all.
func TestWhatIsOfAnotherEntity(t *testing.T) {
	s := ownLake(t)
	s.By.User = "root"
	if _, err := people.Users(t.Context(), people.UsersOptions{Setting: s, User: "root", Role: books.RoleAdministrator}); err != nil {
		t.Fatal(err)
	}
	for user, entity := range map[string]string{"here": "main", "elsewhere": "other"} {
		if _, err := people.Users(t.Context(), people.UsersOptions{Setting: s, User: user, Role: books.RoleAuditor, Entities: []string{entity}}); err != nil {
			t.Fatal(err)
		}
	}
	as := s
	as.By.User = "here"
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: as})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list.Rows, func(row []any) bool { return row[slices.Index(exceptions.Columns, "entity")] == "main" })
	if i < 0 {
		t.Fatal("the lake has no exception of main")
	}
	id := list.Rows[i][0].(string)
	own, other := opened(t, s, "here"), opened(t, s, "elsewhere")
	if status, text := own.page("/exceptions/" + id); status != http.StatusOK || !strings.Contains(text, id) {
		t.Errorf("an exception of one's own entity: %d", status)
	}
	if status, _ := own.page("/creators/c1"); status != http.StatusOK {
		t.Errorf("a creator of one's own entity: %d", status)
	}
	for _, path := range []string{"/exceptions/" + id, "/creators/c1"} {
		if status, text := other.page(path); status != http.StatusNotFound || strings.Contains(text, "USD") {
			t.Errorf("%s of another entity: %d\n%s", path, status, text)
		}
	}
	if status, text := other.page("/exceptions?tab=all"); status != http.StatusOK || strings.Contains(text, id) || !strings.Contains(text, "all (0)") {
		t.Errorf("the list of another entity: %d\n%s", status, text)
	}
	if _, text := other.page("/exceptions.csv"); strings.Contains(text, id) {
		t.Error("the file has an exception of another entity")
	}
	for _, path := range []string{"/months", "/runs", "/runs/1", "/months/2026-10", "/trace?id=c1", "/query", "/files", "/files/b000001", "/history"} {
		for _, b := range []*browser{own, other} {
			if status, _ := b.page(path); status != http.StatusForbidden {
				t.Errorf("%s, which is of all: %d", path, status)
			}
		}
	}
}

// Many are decided about exactly as they were shown: when one of them was decided about
// meanwhile, none is.
func TestManyAreDecidedAsTheyWereShown(t *testing.T) {
	s := ownLake(t)
	s.By.User = "ann"
	b := opened(t, s, "ann")
	const path = "/exceptions/decide?control=gift_price"
	shown := func() url.Values {
		_, text := b.page(path)
		form := url.Values{"status": {"explained"}, "note": {"all of one file"}}
		for _, m := range regexp.MustCompile(`<input type="hidden" name="(token|list)" value="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			form.Set(m[1], m[2])
		}
		return form
	}
	undecided := func() (n int) {
		list, err := exceptions.List(t.Context(), exceptions.Options{Setting: s})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range list.Rows {
			if row[slices.Index(exceptions.Columns, "control")] == "gift_price" && row[slices.Index(exceptions.Columns, "status")] == "open" {
				n++
			}
		}
		return n
	}
	before := undecided()
	if before < 2 {
		t.Fatalf("the lake has %d exceptions of prices: too few for this test", before)
	}
	form := shown()
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: s})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list.Rows, func(row []any) bool { return row[slices.Index(exceptions.Columns, "control")] == "gift_price" })
	other := s
	other.By.User = "bob"
	if _, err := monthly.Decide(t.Context(), monthly.DecideOptions{Setting: other, File: "f", Text: []byte("exception_id,status,note\n" + list.Rows[i][0].(string) + ",explained,bob was first\n")}); err != nil {
		t.Fatal(err)
	}
	if r := b.send(path, form); r.StatusCode != http.StatusConflict || undecided() != before-1 {
		t.Errorf("a list that has changed: %d, undecided %d of %d", r.StatusCode, undecided(), before)
	}
	if r := b.send(path, shown()); r.StatusCode != http.StatusSeeOther || undecided() != 0 {
		t.Errorf("the list as it is: %d, undecided %d", r.StatusCode, undecided())
	}
}
