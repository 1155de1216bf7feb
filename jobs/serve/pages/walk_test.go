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
	for range 100 { // another page may be on its way
		whole, err := chromedp.Run(w.tab, chromedp.Evaluate[bool]("document.documentElement !== null && document.readyState === 'complete'"))
		if err == nil && whole || !w.look.script {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
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

// A list is gone through by keys alone, what they do is told by one of them, and nobody
// who types is disturbed.
func TestKeys(t *testing.T) {
	ctx, axe := chromium(t), axe(t)
	b := served(t, lake(t), "an-preparer")
	l := look{"desk", 1280, 900, false, "light", true}
	press := func(key string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.KeyEvent(key)); err != nil {
			t.Fatal(err)
		}
	}
	says := func(expression string) string {
		t.Helper()
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	err := chromedp.Do(ctx, chromedp.EmulateViewport(l.width, l.height), l.setup(), chromedp.Navigate(b.base+"/open/"+key), chromedp.Click(chromedp.CSS("main button")), chromedp.WaitVisible(chromedp.CSS(".bar")),
		chromedp.Navigate(b.base+"/exceptions?tab=all"), chromedp.WaitVisible(chromedp.CSS("tbody")))
	if err != nil {
		t.Fatal(err)
	}
	const at = `document.activeElement.closest("tr") ? String([...document.querySelectorAll("main tbody tr")].filter(r => r.querySelector("a")).indexOf(document.activeElement.closest("tr"))) : document.activeElement.name || ""`
	press("j")
	press("j")
	if got := says(at); got != "1" {
		t.Errorf("j twice stands at %q", got)
	}
	press("k")
	if got := says(at); got != "0" {
		t.Errorf("k stands at %q", got)
	}
	const chosen = `String(document.querySelectorAll("main td input:checked").length)`
	says(`document.querySelector("main td input").closest("tr").querySelector("a").focus(), ""`) // behind the causes, of which none is chosen
	for want := range 3 {                                                                        // chosen, two chosen, one let go
		if want == 1 {
			press("j")
		}
		press("x")
		if got := says(chosen); got != []string{"1", "2", "1"}[want] {
			t.Errorf("%s are chosen after x number %d", got, want+1)
		}
	}
	one := says(`document.querySelector("main td input:checked").value`)
	press("d")
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS("form.decide"))); err != nil {
		t.Fatal(err)
	}
	if got := says(`document.querySelector("form.decide button").textContent + location.search`); !strings.HasPrefix(got, "Decide about 1?") || !strings.Contains(got, "id="+one) {
		t.Errorf("d with one that is chosen leads to %q", got)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(b.base+"/exceptions/"+one), chromedp.WaitVisible(chromedp.CSS("form.decide"))); err != nil {
		t.Fatal(err)
	}
	press("a")
	if got := says(at); got != "to" {
		t.Errorf("a stands at %q", got)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(b.base+"/exceptions?tab=all"), chromedp.WaitVisible(chromedp.CSS("tbody"))); err != nil {
		t.Fatal(err)
	}
	press("?")
	if got := says(`String(document.getElementById("keys").open)`); got != "true" {
		t.Errorf("? tells nothing: %s", got)
	}
	if axe != "" {
		violations(t, ctx, axe, "the keys")
	}
	if shots := os.Getenv("CARAT_SHOTS"); shots != "" {
		picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil || os.WriteFile(filepath.Join(shots, "keys.png"), picture, 0o600) != nil {
			t.Error(err)
		}
	}
	press("\u001b")
	if err := chromedp.Do(ctx, chromedp.WaitNotPresent(chromedp.CSS("#keys[open]"))); err != nil {
		t.Fatal(err)
	}
	press("/")
	for range 20 { // the dialog that closed gives the focus back, on a busy machine a moment later than it is gone
		if says(at) == "text" {
			break
		}
		time.Sleep(100 * time.Millisecond)
		press("/")
	}
	if got := says(at); got != "text" {
		t.Errorf("/ stands at %q", got)
	}
	press("j")
	press("?")
	if got := says(`document.activeElement.value + document.getElementById("keys").open`); !strings.HasSuffix(got, "j?false") {
		t.Errorf("who types is disturbed: %q", got)
	}
}

// A file is chosen in a real browser, looked into and taken in: on a phone, and on a desk
// without a script engine.
func TestUploadInABrowser(t *testing.T) {
	ctx, axe := chromium(t), axe(t)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	s := trial.Folder(t, "first_period: 2026-10\nmax_reject_share: 0.9\n", nil)
	b := served(t, s, "ann")
	for i, l := range []look{{"phone", 390, 844, true, "light", true}, {"without-script", 1280, 900, false, "dark", false}} {
		name := []string{"coin_purchases.csv", "coin_purchases-2.csv"}[i]
		file := filepath.Join(t.TempDir(), name)
		text := trial.PurchaseHeader + "p" + name + ",purchase,v1,web,s,1000,USD,10.00,2026-10-02T10:00:00Z\np3,purchase,v1,web,s,\"" + "<b>x</b>" + "\",USD,10.00,2026-10-02T10:00:00Z\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		tab, end := chromedp.NewContext(ctx)
		w := &walker{t: t, tab: tab, who: "upload-" + l.name, base: b.base, look: l, axe: axe}
		w.do("open", chromedp.EmulateViewport(l.width, l.height, l.emulated()...), l.setup(), chromedp.Navigate(b.base+"/open/"+key), chromedp.Click(chromedp.CSS("main button")), chromedp.WaitVisible(chromedp.CSS(".bar")))
		w.goes("/upload")
		w.looked("choose")
		w.do("bring it", chromedp.SetUploadFiles(chromedp.CSS("input[name=file]"), []string{file}), chromedp.Click(chromedp.CSS("main form button")))
		w.until("Would be ingested")
		w.do("take it in", chromedp.Click(chromedp.CSS("main form button")))
		w.until("of whose rows 1 accepted, 1 rejected")
		end()
	}
}

// The pages of creators are looked at as a creator and as support do: on a desk and on a
// phone, in both themes, without a script engine; a creator asks and reads the answer.
func TestCreatorsInABrowser(t *testing.T) {
	ctx, axe := chromium(t), axe(t)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	s := copied(t)
	for _, l := range []look{{"phone", 390, 844, true, "light", true}, {"desk-dark", 1280, 900, false, "dark", true}, {"desk", 1280, 900, false, "light", true}, {"phone-dark", 390, 844, true, "dark", true}, {"without-script", 1280, 900, false, "light", false}} {
		begin := func(who string) (*walker, func()) {
			b := served(t, s, who)
			tab, end := chromedp.NewContext(ctx)
			w := &walker{t: t, tab: tab, who: who + "-" + l.name, base: b.base, look: l, axe: axe}
			w.do("open", chromedp.EmulateViewport(l.width, l.height, l.emulated()...), l.setup(), chromedp.Navigate(b.base+"/open/"+key), chromedp.Click(chromedp.CSS("main button")), chromedp.WaitVisible(chromedp.CSS(".bar")))
			return w, end
		}
		rosa, end := begin("rosa")
		rosa.looked("earnings")
		rosa.goes("/earnings/2026-10/main/USD/2")
		rosa.looked("line")
		rosa.do("ask", chromedp.SetValue(chromedp.CSS("textarea[name=text]"), "Why is that so little? I counted more roses than these."), chromedp.Click(chromedp.CSS("form:has(textarea[name=text]) button")), chromedp.WaitVisible(chromedp.CSS("article")))
		rosa.until("waits for an answer")
		end()
		sue, end := begin("sue")
		sue.goes("/creators/c1")
		sue.looked("creator")
		sue.goes("/questions")
		sue.looked("questions")
		sue.do("answer", chromedp.SetValue(chromedp.CSS("textarea[name=text]"), "The line has every rose of October; those of 1 November are in the next."), chromedp.Click(chromedp.CSS("form:has(textarea[name=text]) button")), chromedp.WaitVisible(chromedp.CSS("article")))
		sue.until("those of 1 November are in the next") // what is typed is no text of the page
		end()
		rosa, end = begin("rosa")
		rosa.goes("/earnings/questions")
		rosa.until("The line has every rose of October")
		end()
	}
}
