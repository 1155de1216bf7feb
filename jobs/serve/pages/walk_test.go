package pages_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
)

// walker is a person in a real browser, with a key that the server doesn't have.
type walker struct {
	t    *testing.T
	tab  context.Context
	k    keys
	who  string
	base string
	look look
	axe  string
}

// do does something in the browser.
func (w *walker) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	for _, one := range actions {
		if err := chromedp.Do(w.tab, one); err != nil {
			w.t.Fatalf("%s, %s: %v\n%s", w.who, what, err, w.text("body"))
		}
	}
}

func (w *walker) text(selector string) string {
	text, err := chromedp.Run(w.tab, chromedp.Text(chromedp.CSS(selector), chromedp.AtLeast(0)))
	if err != nil {
		return ""
	}
	return text
}

// until waits for a page that says something: what runs, ends.
func (w *walker) until(says string) {
	w.t.Helper()
	for range 600 {
		if strings.Contains(w.text("main"), says) {
			w.looked(says)
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	w.t.Fatalf("%s waits in vain for %q:\n%s", w.who, says, w.text("main"))
}

// looked judges the page as the look says, and keeps its picture where somebody wants it.
func (w *walker) looked(name string) {
	w.t.Helper()
	if w.look.script {
		w.look.laidOut(w.t, w.tab, w.axe, w.who+": "+name)
	}
	if shots := os.Getenv("CARAT_SHOTS"); shots != "" {
		picture, err := chromedp.Run(w.tab, chromedp.CaptureScreenshot())
		if err == nil {
			err = os.WriteFile(filepath.Join(shots, "walk-"+w.who+"-"+strings.ReplaceAll(name, " ", "-")+".png"), picture, 0o600)
		}
		if err != nil {
			w.t.Error(err)
		}
	}
}

// signs signs what the page shows, and brings the signature.
func (w *walker) signs() {
	w.t.Helper()
	_, content, ok := strings.Cut(w.text("pre"), "<<'END'\n")
	if !ok {
		w.t.Fatalf("%s is shown nothing to sign:\n%s", w.who, w.text("main"))
	}
	content = strings.TrimSuffix(strings.TrimRight(content, "\n"), "END")
	w.do("bring the signature", chromedp.SetValue(chromedp.CSS("textarea[name=signature]"), signed(w.t, w.k.of(w.t, w.who), content)), chromedp.Click(chromedp.CSS("textarea[name=signature] ~ button, form:has(textarea[name=signature]) > button")))
}

// walk begins the walk of a person who signs in.
func walk(t *testing.T, ctx context.Context, base string, k keys, who string, l look, axe string) *walker {
	t.Helper()
	tab, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	w := &walker{t: t, tab: tab, k: k, who: who, base: base, look: l, axe: axe}
	w.do("look", chromedp.EmulateViewport(l.width, l.height, l.emulated()...), l.setup(), chromedp.Navigate(base+"/"), chromedp.WaitVisible(chromedp.CSS("input[name=person]")),
		chromedp.SetValue(chromedp.CSS("input[name=person]"), who), chromedp.Click(chromedp.CSS("main button")), chromedp.WaitVisible(chromedp.CSS("textarea[name=signature]")))
	w.signs()
	w.do("come in", chromedp.WaitVisible(chromedp.CSS(".bar")))
	return w
}

// goes goes to a page by its address.
func (w *walker) goes(path string) {
	w.t.Helper()
	w.do("go to "+path, chromedp.Navigate(w.base+path), chromedp.WaitVisible(chromedp.CSS("h1")))
}

// A blocked month is walked from its exceptions to its approval by people in a real
// browser who sign with keys: one waives what blocks on a desk, one prepares it without a
// script engine, one approves it on a phone; then support reads the final statement.
func TestWalkOfAMonth(t *testing.T) {
	ctx, axe := chromium(t), axe(t)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil { // one browser, in which each has a tab in turn
		t.Fatal(err)
	}
	k := keys{}
	files := map[string]string{}
	for name, text := range trial.SmallMonth {
		files[name] = strings.Replace(text, "bad,gift,2026-10-07T10:00:00Z,s1,v1,c1,5655,x,1,0\n", "", 1)
	}
	s := trial.Folder(t, named+"auth: {sign: key}\n", files)
	by := func(who string) books.Setting { return k.by(t, s, who) }
	if _, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: by("cleo"), Key: k.of(t, "cleo").Key()}); err != nil {
		t.Fatal(err)
	}
	for _, one := range [][2]string{{"ann", books.RolePreparer}, {"bob", books.RoleApprover}, {"dora", books.RolePreparer}, {"sue", books.RoleSupport}} {
		k.enrol(t, s, one[0])
		if _, err := people.Users(t.Context(), people.UsersOptions{Setting: by("cleo"), User: one[0], Role: one[1]}); err != nil {
			t.Fatal(err)
		}
	}
	runMonth(t, by("ann"))
	base := served(t, s, "cleo").base

	dora := walk(t, ctx, base, k, "dora", look{"desk", 1280, 900, false, "light", true}, axe)
	dora.goes("/exceptions?period=2026-10")
	dora.do("decide about all", chromedp.Click(chromedp.CSS(`a[href^="/exceptions/decide"]`)), chromedp.WaitVisible(chromedp.CSS("form.decide")),
		chromedp.SetValue(chromedp.CSS("select[name=status]"), "waived"), chromedp.SetValue(chromedp.CSS("input[name=until]"), "2026-12-31"),
		chromedp.SetValue(chromedp.CSS("textarea[name=note]"), "looked into: the files come in November"), chromedp.Click(chromedp.CSS("form.decide button")), chromedp.WaitVisible(chromedp.CSS("textarea[name=signature]")))
	dora.looked("sign a decision")
	dora.signs()
	dora.do("see it", chromedp.WaitVisible(chromedp.CSS(".tabs")))
	dora.goes(signOffPage)
	dora.until("who decides doesn't prepare")

	ann := walk(t, ctx, base, k, "ann", look{"without-script", 1280, 900, false, "dark", false}, axe)
	ann.goes(signOffPage)
	ann.looked("sign-off")
	ann.do("prepare", chromedp.Click(chromedp.CSS(`form:has(input[value=prepare]) button`)))
	ann.until("This is what you sign")
	ann.signs()
	ann.until("October 2026 is prepared by ann")
	ann.goes(signOffPage)
	ann.until("ann is preparer, and this is for the approver")

	bob := walk(t, ctx, base, k, "bob", look{"phone-dark", 390, 844, true, "dark", true}, axe)
	bob.goes(signOffPage)
	bob.until("Nobody has approved it yet")
	bob.do("approve", chromedp.Click(chromedp.CSS(`form:has(input[value=approve]) button`)))
	bob.until("This is what you sign")
	bob.signs()
	bob.until("closed (version 1) by ann and bob")

	sue := walk(t, ctx, base, k, "sue", look{"phone", 390, 844, true, "light", true}, axe)
	sue.goes("/creators/c1")
	sue.until("final")
	sue.goes(signOffPage)
	sue.until("You have no right to this page")
}
