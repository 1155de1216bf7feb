package pages_test

import (
	"database/sql"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/guard"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
)

const talkedConfig = "first_period: 2026-10\nmax_reject_share: 0.9\nentity: main\nentities: {main: {functional_currency: USD}, other: {functional_currency: USD}}\n"

// talked is a lake of one's own with exceptions, in which ann and pia prepare, eve prepares
// another entity alone, bob approves and aud audits.
func talked(t *testing.T) (s books.Setting, page string) {
	t.Helper()
	s = lake(t)
	page = found(t, "/exceptions/EXCEPTION")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(s.Config.Dir)); err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse([]byte(talkedConfig), dir, config.File)
	if err != nil {
		t.Fatal(err)
	}
	s.Config = c
	s.By.User = "an-administrator"
	for _, one := range []people.UsersOptions{{User: "ann", Role: books.RolePreparer}, {User: "pia", Role: books.RolePreparer}, {User: "eve", Role: books.RolePreparer, Entities: []string{"other"}}, {User: "bob", Role: books.RoleApprover}, {User: "aud", Role: books.RoleAuditor}} {
		one.Setting = s
		if _, err := people.Users(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	return s, page
}

var seenField = regexp.MustCompile(`name="seen" value="(\d+)"`)

// says posts what somebody says, as the form stands on the page that they see now.
func (b *browser) says(page, text, to string) (int, string) {
	b.t.Helper()
	_, shown := b.page(page)
	form := url.Values{"text": {text}, "to": {to}}
	if m := seenField.FindStringSubmatch(shown); m != nil {
		form.Set("seen", m[1])
	}
	r := b.post(page+"/talk", form, page)
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.StatusCode, string(answer)
}

// People talk about an exception and give it to each other: what a text holds is shown as
// text, what can't be kept stays in the form, two who give it away at once are told of each
// other, and whoever may not see it reads and says nothing.
func TestTalk(t *testing.T) {
	s, page := talked(t)
	ann, bob, aud, eve := opened(t, s, "ann"), opened(t, s, "bob"), opened(t, s, "aud"), opened(t, s, "eve")
	if _, text := ann.page(page); !strings.Contains(text, "Nobody has said anything about it yet.") || !strings.Contains(text, `action="`+page+`/talk"`) {
		t.Errorf("before anything was said\n%s", text)
	}
	said := attack + "\n=cmd|' /C calc'!A1"
	if status, text := ann.says(page, strings.ReplaceAll(said, "\n", "\r\n"), "bob"); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, text)
	}
	for _, b := range []*browser{ann, bob, aud} {
		_, text := b.page(page)
		if !strings.Contains(text, "It lies with <b><bdi>bob</bdi></b>") || !strings.Contains(text, "=cmd|&#39; /C calc&#39;!A1") || !strings.Contains(text, "&lt;script&gt;alert(1)") {
			t.Errorf("what was said\n%s", text)
		}
	}
	if _, text := aud.page(page); strings.Contains(text, `action="`+page+`/talk"`) {
		t.Error("an auditor is offered to say something")
	}
	if status, _ := aud.says(page, "I say", ""); status != http.StatusForbidden {
		t.Errorf("an auditor says something: %d", status)
	}
	if r, err := ann.PostForm(ann.base+page+"/talk", url.Values{"text": {"without a token"}}); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("without the form's token: %v %v", r, err)
	}
	for typed, want := range map[[2]string]string{{"", ""}: "it says nothing", {" \r\n", ""}: "it says nothing", {strings.Repeat("x", 4001), ""}: "longer than 4000 characters", {"turned \u202e round", ""}: "turns the order of a line around",
		{"words that stay", "no name!"}: "no name of a user", {"words that stay", "aud"}: "aud may not decide about it", {"words that stay", "eve"}: "eve may not decide about it", {"words that stay", "nobody"}: "nobody may not decide about it"} {
		status, text := ann.says(page, typed[0], typed[1])
		if status != http.StatusBadRequest || !strings.Contains(text, want) || len(typed[0]) > 10 && !strings.Contains(text, typed[0]) {
			t.Errorf("%.20q to %q: %d, want %q and what was typed\n%.3000s", typed[0], typed[1], status, want, text)
		}
	}
	// Another entity's, and what there isn't, are told alike.
	for _, path := range []string{page, "/exceptions/0123456789abcdef0123", "/exceptions/%27%20or%20true--"} {
		status, text := eve.page(path + "/talk")
		again, _ := eve.says(path, "hello", "")
		if status != http.StatusNotFound || again != http.StatusNotFound || strings.Contains(text, "cmd|") {
			t.Errorf("eve, %s: %d, and %d when she says something", path, status, again)
		}
	}
	// It is bob's to do, and no longer when he gives it on.
	mine := func(b *browser) bool {
		_, text := b.page("/exceptions?tab=mine")
		return strings.Contains(text, `href="`+page)
	}
	if !mine(bob) || mine(ann) {
		t.Errorf("the list of what is bob's %v, ann's %v", mine(bob), mine(ann))
	}
	_, old := ann.page(page)
	if status, _ := bob.says(page, "", "pia"); status != http.StatusSeeOther || mine(bob) {
		t.Errorf("bob gives it on: %d, still his: %v", status, mine(bob))
	}
	form := url.Values{"text": {"I take it"}, "to": {"ann"}, "seen": {seenField.FindStringSubmatch(old)[1]}, "token": {tokenField.FindStringSubmatch(old)[1]}}
	r, err := ann.PostForm(ann.base+page+"/talk", form)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if r.StatusCode != http.StatusConflict || !strings.Contains(string(text), "bob gave it to pia meanwhile") || !strings.Contains(string(text), "I take it") {
		t.Errorf("ann, who saw it with bob: %d\n%s", r.StatusCode, text)
	}
	form.Set("to", "") // a word alone is in nobody's way
	if r, err = ann.PostForm(ann.base+page+"/talk", form); err != nil || r.StatusCode != http.StatusSeeOther {
		t.Errorf("ann says a word: %v %v", r, err)
	}
	// Many at once: each is kept.
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			one := url.Values{"text": {"at once"}, "seen": {"0"}, "token": form["token"]}
			if r, err := ann.PostForm(ann.base+page+"/talk", one); err != nil || r.StatusCode != http.StatusSeeOther {
				t.Errorf("at once: %v %v", r, err)
			}
		})
	}
	all.Wait()
	if _, text := ann.page(page + "/talk"); strings.Count(text, "at once") != 8 {
		t.Errorf("%d of 8 comments at once are there", strings.Count(text, "at once"))
	}
	s.By.User = "aud"
	if _, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s}); err != nil {
		t.Error(err)
	}
	// In the history there is no word of it, and that it was said is.
	for file, text := range trial.BytesBelow(t, s.Config.Dir) {
		if strings.Contains(text, "I take it") && !strings.Contains(file, "people") {
			t.Errorf("%s holds what was said", file)
		}
	}
	if _, text := aud.page("/history/accesses"); !strings.Contains(text, "gives it to pia") {
		t.Errorf("that it was given is no access\n%s", text)
	}
	// What another program writes there is refused, and not shown.
	db, err := sql.Open("sqlite", filepath.Join(s.Config.Lake, "people", "people.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	done, err := db.ExecContext(t.Context(), "update comments set comment = 'forged' where comment = 'I take it'")
	if n, _ := done.RowsAffected(); err != nil || n != 1 || db.Close() != nil {
		t.Fatalf("%d rows %v", n, err)
	}
	if status, text := ann.page(page + "/talk"); status != http.StatusConflict || strings.Contains(text, "forged") {
		t.Errorf("a comment that was changed: %d\n%s", status, text)
	}
}
