package pages_test

import (
	"bufio"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/history"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	monthly "carat/jobs/month"
	"carat/jobs/people"
	"carat/jobs/reconcile"
	"carat/pipeline/identity"
	"carat/sql"
)

// named is a configuration whose statements name their payer.
const named = "first_period: 2026-10\nmax_reject_share: 0.9\nentities: {main: {name: Example Live Inc., functional_currency: USD}}\n"

// signable makes a month of which somebody has decided about everything, by settings
// that ask who acts.
func signable(t *testing.T, yaml string, by func(s books.Setting, who string) books.Setting, set func(s books.Setting)) books.Setting {
	t.Helper()
	files := maps.Clone(trial.SmallMonth)
	files["gift_events-2.csv"] = strings.Replace(files["gift_events-2.csv"], "bad,gift,2026-10-07T10:00:00Z,s1,v1,c1,5655,x,1,0\n", "", 1)
	s := trial.Folder(t, yaml, files)
	set(s)
	runMonth(t, by(s, "ann"))
	decideAll(t, by(s, "dora"))
	return s
}

func runMonth(t *testing.T, s books.Setting) {
	t.Helper()
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Logf("the run says: %v", err) // that it is blocked, which people then decide about
	}
}

// decideAll explains or waives whatever needs it.
func decideAll(t *testing.T, s books.Setting) {
	t.Helper()
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: s})
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int { return slices.Index(exceptions.Columns, name) }
	text := "exception_id,status,until,note\n"
	for _, row := range list.Rows {
		switch row[at("severity")] {
		case "block":
			text += row[0].(string) + ",waived,2026-12-31,looked into\n"
		case "review":
			text += row[0].(string) + ",explained,,looked into\n"
		}
	}
	if _, err := monthly.Decide(t.Context(), monthly.DecideOptions{Setting: s, File: "f", Text: []byte(text)}); err != nil {
		t.Fatal(err)
	}
}

func plainly(s books.Setting, who string) books.Setting {
	s.By = books.Actor{User: who, OSUser: "os"}
	return s
}

// give gives people their roles where nobody proves who they are.
func give(t *testing.T, s books.Setting, roles ...[2]string) {
	t.Helper()
	for _, one := range append([][2]string{{"root", books.RoleAdministrator}}, roles...) {
		if _, err := people.Users(t.Context(), people.UsersOptions{Setting: plainly(s, "root"), User: one[0], Role: one[1]}); err != nil {
			t.Fatal(err)
		}
	}
}

const signOffPage = "/months/2026-10/sign-off"

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// form gives the hidden fields of the form on a page that does one thing.
func formOf(t *testing.T, text, do string) url.Values {
	t.Helper()
	for _, one := range strings.Split(text, "<form ")[1:] {
		one, _, _ = strings.Cut(one, "</form>")
		form := url.Values{}
		for _, m := range hiddenInput.FindAllStringSubmatch(one, -1) {
			form.Set(m[1], html.UnescapeString(m[2]))
		}
		if form.Get("do") == do {
			return form
		}
	}
	return nil
}

// asks asks for something by the form of the page of signatures, and gives the page of
// the work when it is over.
func (b *browser) asks(do string, more url.Values) (status int, text string) {
	b.t.Helper()
	_, page := b.page(signOffPage)
	form := formOf(b.t, page, do)
	if form == nil {
		b.t.Fatalf("there is no form to %s:\n%s", do, page)
	}
	maps.Copy(form, more)
	return b.sends(form)
}

// sends sends a form of the page of signatures and waits for the end of what it begins.
func (b *browser) sends(form url.Values) (status int, text string) {
	b.t.Helper()
	r := b.send(signOffPage, form)
	to := r.Header.Get("Location")
	if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/work/") {
		return r.StatusCode, to
	}
	b.follow(to + "/events")
	return b.page(to)
}

// follow reads a live stream to its end.
func (b *browser) follow(path string) (events []string) {
	b.t.Helper()
	r, err := b.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	if kind := r.Header.Get("Content-Type"); kind != "text/event-stream" {
		b.t.Errorf("%s is %s: %d", path, kind, r.StatusCode)
	}
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			events = append(events, text)
		}
	}
	return events
}

func signOffOf(t *testing.T, s books.Setting) *monthly.Standing {
	t.Helper()
	l, err := monthly.Look(t.Context(), monthly.LookOptions{Setting: plainly(s, "eve"), SQL: sql.Files, Period: "2026-10"})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A month is prepared by one, approved by another and opened again with a reason, on
// pages; none of the two signs for the other, and what is in the way is said.
func TestSignOffOnPages(t *testing.T) {
	s := signable(t, named, plainly, func(s books.Setting) {
		give(t, s, [2]string{"ann", books.RolePreparer}, [2]string{"ann", books.RoleApprover}, [2]string{"bob", books.RoleApprover}, [2]string{"dora", books.RoleApprover}, [2]string{"dora", books.RolePreparer}, [2]string{"eve", books.RoleAuditor})
	})
	ann, bob, dora, eve := opened(t, s, "ann"), opened(t, s, "bob"), opened(t, s, "dora"), opened(t, s, "eve")
	// Who decided prepares nothing, who only reads nothing at all.
	if _, text := dora.page(signOffPage); formOf(t, text, "prepare") != nil || !strings.Contains(text, "who decides doesn&#39;t prepare") {
		t.Errorf("dora, who decided, isn't told that she can't prepare:\n%s", text)
	}
	_, text := eve.page(signOffPage)
	for _, do := range []string{"run", "prepare", "approve", "reopen"} {
		if formOf(t, text, do) != nil {
			t.Errorf("an auditor is offered to %s", do)
		}
		form := url.Values{"do": {do}, "reason": {"x"}, "token": {tokenField.FindStringSubmatch(text)[1]}}
		if r := eve.send(signOffPage, form); r.StatusCode != http.StatusForbidden {
			t.Errorf("an auditor asks to %s: %d", do, r.StatusCode)
		}
	}
	if _, text := bob.page(signOffPage); !strings.Contains(text, "nobody has prepared it") || formOf(t, text, "approve") != nil {
		t.Errorf("bob is offered what nobody has prepared:\n%s", text)
	}
	status, text := ann.asks("prepare", nil)
	if status != http.StatusOK || !strings.Contains(text, "October 2026 is prepared by ann") || signOffOf(t, s).Prepared.PreparedBy != "ann" {
		t.Fatalf("prepare: %d\n%s", status, text)
	}
	if _, text := ann.page(signOffPage); formOf(t, text, "approve") != nil || !strings.Contains(text, "who prepares doesn&#39;t approve") {
		t.Errorf("ann, who prepared, is offered to approve:\n%s", text)
	}
	if _, text := dora.page(signOffPage); formOf(t, text, "approve") != nil || !strings.Contains(text, "who decides doesn&#39;t approve") {
		t.Errorf("dora, who decided, is offered to approve:\n%s", text)
	}
	// Whoever asks all the same is refused by the job.
	_, page := bob.page(signOffPage)
	form := formOf(t, page, "approve")
	_, own := ann.page(signOffPage)
	form.Set("token", tokenField.FindStringSubmatch(own)[1])
	if _, text := ann.sends(form); !strings.Contains(text, "who prepares doesn&#39;t approve") || signOffOf(t, s).Closed() {
		t.Errorf("ann approves what she prepared:\n%s", text)
	}
	status, text = bob.asks("approve", nil)
	if l := signOffOf(t, s); status != http.StatusOK || !strings.Contains(text, "closed (version 1) by ann and bob") || l.Lock.ApprovedBy != "bob" {
		t.Fatalf("approve: %d\n%s", status, text)
	}
	if _, text := bob.page(signOffPage); formOf(t, text, "prepare") != nil || formOf(t, text, "approve") != nil {
		t.Errorf("a closed month is offered to be signed:\n%s", text)
	}
	// A reason is wanted, and one that attacks stays text.
	if status, _ := bob.asks("reopen", url.Values{"reason": {" "}}); status != http.StatusConflict || !signOffOf(t, s).Closed() {
		t.Errorf("opened again without a reason: %d", status)
	}
	status, text = bob.asks("reopen", url.Values{"reason": {attack}})
	if l := signOffOf(t, s); status != http.StatusOK || l.Closed() || l.Version != 2 {
		t.Fatalf("reopen: %d\n%s", status, text)
	}
	if _, text := eve.page("/history"); !strings.Contains(text, "reopen") {
		t.Error("the history doesn't tell the reopening")
	}
}

// Where the numbers moved, or somebody decided, since the page was looked at, nothing is
// signed, and the page says what moved.
func TestSignOffOfWhatMoved(t *testing.T) {
	s := signable(t, named, plainly, func(s books.Setting) {
		give(t, s, [2]string{"ann", books.RolePreparer}, [2]string{"bob", books.RoleApprover}, [2]string{"dora", books.RolePreparer}, [2]string{"dora", books.RoleApprover}, [2]string{"eve", books.RoleAuditor})
	})
	ann, bob := opened(t, s, "ann"), opened(t, s, "bob")
	_, seen := ann.page(signOffPage)
	later := trial.PurchaseHeader + "p9,purchase,v9,web,coins-100,100,USD,1.00,2026-10-04T10:00:00Z\n"
	if err := os.WriteFile(filepath.Join(s.Config.Dir, "inbox", "coin_purchases-later.csv"), []byte(later), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Files(t.Context(), ingest.Options{Setting: plainly(s, "ann")}); err != nil {
		t.Fatal(err)
	}
	status, text := ann.sends(formOf(t, seen, "prepare"))
	if status != http.StatusOK || !strings.Contains(text, "its numbers moved since you looked: ") || signOffOf(t, s).Stage != books.StageOpen {
		t.Fatalf("numbers that moved were prepared: %d\n%s", status, text)
	}
	decideAll(t, plainly(s, "dora"))
	if _, text := ann.asks("prepare", nil); signOffOf(t, s).Stage != books.StagePrepared {
		t.Fatalf("looked at again, they are not prepared:\n%s", text)
	}
	// The approver looks; then it is prepared anew.
	_, seen = bob.page(signOffPage)
	if _, text := ann.asks("prepare", nil); !strings.Contains(text, "is prepared by ann") {
		t.Fatalf("prepare anew:\n%s", text)
	}
	if _, text := bob.sends(formOf(t, seen, "approve")); !strings.Contains(text, "it was prepared anew since you looked") || signOffOf(t, s).Closed() {
		t.Errorf("another sign-off was approved than was looked at:\n%s", text)
	}
	// A decision that is changed meanwhile.
	_, seen = bob.page(signOffPage)
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: plainly(s, "dora")})
	if err != nil || len(list.Rows) == 0 {
		t.Fatal(err)
	}
	if _, err := monthly.Decide(t.Context(), monthly.DecideOptions{Setting: plainly(s, "dora"), File: "f", Text: []byte("exception_id,status,until,note\n" + list.Rows[0][0].(string) + ",waived,2026-12-31,another reason\n")}); err != nil {
		t.Fatal(err)
	}
	if _, text := bob.sends(formOf(t, seen, "approve")); !strings.Contains(text, "decided about its exceptions since you looked") || signOffOf(t, s).Closed() {
		t.Errorf("a month was approved whose decisions are others than were looked at:\n%s", text)
	}
	// Nothing is signed by looking at an address, nor without the form's token.
	if r, err := bob.PostForm(bob.base+signOffPage, url.Values{"do": {"approve"}}); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("without a token: %v %v", r, err)
	}
	if bob.page(signOffPage + "?do=approve"); signOffOf(t, s).Closed() {
		t.Error("GET approves")
	}
	_, page := bob.page(signOffPage)
	if r := bob.send(signOffPage, url.Values{"token": formOf(t, page, "approve")["token"], "do": {"destroy\r\nX-Evil: 1"}}); r.StatusCode != http.StatusConflict || r.Header.Get("X-Evil") != "" {
		t.Errorf("something else to do: %d", r.StatusCode)
	}
}

// signIn signs a person in by their key.
func (b *browser) signIn(k keys, who string) {
	b.t.Helper()
	form, challenge, _ := b.challenged(who)
	form.Set("signature", signed(b.t, k.of(b.t, who), challenge))
	if r := b.send("/sign-in", form); r.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("%s is not let in: %d", who, r.StatusCode)
	}
}

// shownText gives what a page shows to be signed, with the form that brings the signature.
func shownText(t *testing.T, text string) (content string, form url.Values, command string) {
	t.Helper()
	m := shownCommand.FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing is shown to be signed:\n%s", text)
	}
	command = html.UnescapeString(m[1])
	_, content, _ = strings.Cut(command, "<<'END'\n")
	content = strings.TrimSuffix(content, "END")
	for _, do := range []string{"prepare", "approve", "reopen"} {
		if form = formOf(t, text, do); form != nil {
			return content, form, command
		}
	}
	t.Fatalf("there is no form for the signature:\n%s", text)
	return "", nil, ""
}

// Where people sign with keys the page shows what is signed and takes the signature: of
// that text, by that key, while nothing of it is another.
func TestSignOffByKey(t *testing.T) {
	k := keys{}
	by := func(s books.Setting, who string) books.Setting { return k.by(t, s, who) }
	s := signable(t, named+"auth: {sign: key}\n", by, func(s books.Setting) {
		if _, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: by(s, "cleo"), Key: k.of(t, "cleo").Key()}); err != nil {
			t.Fatal(err)
		}
		for _, one := range [][2]string{{"ann", books.RolePreparer}, {"bob", books.RoleApprover}, {"dora", books.RolePreparer}, {"eve", books.RoleAuditor}} {
			k.enrol(t, s, one[0])
			if _, err := people.Users(t.Context(), people.UsersOptions{Setting: by(s, "cleo"), User: one[0], Role: one[1]}); err != nil {
				t.Fatal(err)
			}
		}
	})
	ann, bob, eve := served(t, s, "cleo"), served(t, s, "cleo"), served(t, s, "cleo")
	ann.signIn(k, "ann")
	bob.signIn(k, "bob")
	eve.signIn(k, "eve")
	_, text := ann.asks("prepare", nil)
	content, form, _ := shownText(t, text)
	if signOffOf(t, s).Stage != books.StageOpen || !strings.HasPrefix(content, identity.Form+"\nkind: prepare\n") || !strings.Contains(content, "\nperson: ann\n") {
		t.Fatalf("what is to be signed is %q", content)
	}
	if jobs, err := history.Runs(t.Context(), history.RunsOptions{Setting: by(s, "ann"), Limit: 1}); err != nil || !slices.Contains(jobs.Rows[0], any("done")) {
		t.Errorf("that a text was shown is told as a failure: %v %v", jobs, err)
	}
	brings := func(b *browser, form url.Values, signature string) string {
		form = maps.Clone(form)
		form.Set("text", strings.ReplaceAll(form.Get("text"), "\n", "\r\n")) // as a browser sends it
		form.Set("signature", strings.ReplaceAll(signature, "\n", "\r\n"))
		r, err := b.PostForm(b.base+signOffPage, form)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if to := r.Header.Get("Location"); r.StatusCode == http.StatusSeeOther {
			b.follow(to + "/events")
			_, text := b.page(to)
			return text
		}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for name, signature := range map[string]string{"another's": signed(t, k.of(t, "bob"), content), "of another text": signed(t, k.of(t, "ann"), content+"x"), "nonsense": "x"} {
		if text := brings(ann, form, signature); !strings.Contains(text, "is no signature of this text by the key") || !strings.Contains(html.UnescapeString(text), content) || signOffOf(t, s).Stage != books.StageOpen {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	changed := maps.Clone(form)
	changed.Set("text", strings.Replace(form.Get("text"), "2026-10", "2026-11", 1))
	if text := brings(ann, changed, signed(t, k.of(t, "ann"), changed.Get("text"))); signOffOf(t, s).Stage != books.StageOpen || !strings.Contains(text, "nothing was signed") {
		t.Errorf("a text of one's own:\n%s", text)
	}
	old := maps.Clone(form)
	old.Set("at", s.Now.Add(-time.Hour).UTC().Format(time.RFC3339))
	old.Set("signature", signed(t, k.of(t, "ann"), content))
	if status, _ := ann.sends(old); status != http.StatusConflict {
		t.Errorf("a text of an hour ago: %d", status)
	}
	// Somebody decides meanwhile: what was shown is another by now.
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: by(s, "dora")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := monthly.Decide(t.Context(), monthly.DecideOptions{Setting: by(s, "dora"), File: "f", Text: []byte("exception_id,status,until,note\n" + list.Rows[0][0].(string) + ",waived,2026-12-31,anew\n")}); err != nil {
		t.Fatal(err)
	}
	if text := brings(ann, form, signed(t, k.of(t, "ann"), content)); !strings.Contains(text, "nothing was signed") || signOffOf(t, s).Stage != books.StageOpen {
		t.Errorf("a text that is another by now was signed:\n%s", text)
	}
	_, text = ann.asks("prepare", nil)
	content, form, _ = shownText(t, text)
	text = brings(ann, form, signed(t, k.of(t, "ann"), content))
	l := signOffOf(t, s)
	if !strings.Contains(text, "October 2026 is prepared by ann") || l.Prepared.Signed == 0 {
		t.Fatalf("prepare:\n%s", text)
	}
	_, text = bob.asks("approve", nil)
	approval, approve, _ := shownText(t, text)
	if text := brings(bob, approve, signed(t, k.of(t, "bob"), approval)); !strings.Contains(text, "closed (version 1) by ann and bob") {
		t.Fatalf("approve:\n%s", text)
	}
	_, text = bob.asks("reopen", url.Values{"reason": {"a late file\n'END\nrm -rf /"}})
	reopening, reopen, command := shownText(t, text)
	if strings.Count(command, "\nEND") != 1 || strings.Contains(command, "\nrm") {
		t.Errorf("the reason ends the command:\n%s", command)
	}
	if text := brings(bob, reopen, signed(t, k.of(t, "bob"), reopening)); !strings.Contains(text, "is open again") {
		t.Fatalf("reopen:\n%s", text)
	}
	// Each record is what was shown, and its signature is good by itself.
	_, text = eve.page("/history/" + regexp.MustCompile(`number: (\d+)`).FindStringSubmatch(content)[1])
	if !strings.Contains(html.UnescapeString(text), content) {
		t.Errorf("the record is not what was shown:\n%s", text)
	}
}

// A run begun from a page goes on when nobody watches, one at a time; pages are read
// while it holds the lake.
func TestWorkOfAPage(t *testing.T) {
	s := signable(t, named, plainly, func(s books.Setting) {
		give(t, s, [2]string{"ann", books.RolePreparer}, [2]string{"dora", books.RolePreparer}, [2]string{"eve", books.RoleAuditor}, [2]string{"sue", books.RoleSupport})
	})
	ann, dora, eve, sue := opened(t, s, "ann"), opened(t, s, "dora"), opened(t, s, "eve"), opened(t, s, "sue")
	p, err := books.OpenLocked(t.Context(), plainly(s, "ann"), books.RightReconcile) // as a run of the scheduler holds it
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/months", "/months/2026-10", signOffPage, "/exceptions", "/files", "/creators/c1", "/runs", "/history"} {
		if status, _ := eve.page(path); status != http.StatusOK {
			t.Errorf("%s while a run holds the lake: %d", path, status)
		}
	}
	if _, text := ann.asks("run", nil); !strings.Contains(text, "has been writing to it") {
		t.Errorf("a run beside another:\n%s", text)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	_, page := ann.page(signOffPage)
	r := ann.send(signOffPage, formOf(t, page, "run"))
	to := r.Header.Get("Location")
	ann.CloseIdleConnections() // the browser is closed
	events := eve.followOf(ann, to+"/events")
	if n := len(events); n == 0 || !strings.Contains(events[n-1], `"state":"done"`) {
		t.Errorf("its end isn't told: %v", events)
	}
	status, text := ann.page(to)
	if status != http.StatusOK || !strings.Contains(text, "October 2026 was reconciled") {
		t.Errorf("a run begun from a page: %d\n%s", status, text)
	}
	// Another server knows nothing of it, and support sees nothing of what runs.
	if status, _ := dora.page(to); status != http.StatusNotFound {
		t.Errorf("work that another server does: %d", status)
	}
	if status, _ := sue.page(to); status != http.StatusNotFound {
		t.Errorf("support looks at it: %d", status)
	}
	for _, path := range []string{"/work/x", "/work/../runs", "/work/x/events"} {
		if status, _ := ann.page(path); status == http.StatusOK {
			t.Errorf("%s: %d", path, status)
		}
	}
	if _, err := reconcile.Run(t.Context(), reconcile.Options{Setting: plainly(s, "eve"), SQL: sql.Files, Period: "2026-10"}); err == nil {
		t.Error("an auditor runs")
	}
}

// followOf follows a stream of the other's server.
func (b *browser) followOf(other *browser, path string) []string { return other.follow(path) }
