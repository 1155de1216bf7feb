package pages_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/jobs/serve/provider/providertest"
	"carat/pipeline/identity"
)

// provided makes a lake whose people sign in by a provider too, and a browser of it. robot
// is whose key the server has; whom the provider calls user-1 is ann.
func provided(t *testing.T) (*providertest.Provider, books.Setting, keys, *browser) {
	t.Helper()
	them := providertest.New(t, nil)
	t.Setenv("OIDC_SECRET", providertest.Secret)
	s, k := trial.Folder(t, "first_period: 2026-10\nauth: {sign: key, oidc: {issuer: \""+them.Issuer()+"\", client_id: "+providertest.ClientID+", client_secret: \"${OIDC_SECRET}\", allow: [127.0.0.0/8], "+
		"groups: {finance: preparer, heads: approver, audit: auditor}}}\n", nil), keys{}
	if err := s.Config.FillSecrets(os.Getenv); err != nil {
		t.Fatal(err)
	}
	cleo := func() books.Setting { return k.by(t, s, "cleo") }
	_, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: cleo(), Key: k.of(t, "cleo").Key()})
	if err == nil {
		k.enrol(t, s, "robot")
		_, err = people.Users(t.Context(), people.UsersOptions{Setting: cleo(), User: "robot", Role: books.RoleScheduler})
	}
	if err == nil {
		_, err = people.Link(t.Context(), people.LinkOptions{Setting: cleo(), Person: "ann", Subject: "user-1"})
	}
	if err != nil {
		t.Fatal(err)
	}
	b := served(t, k.by(t, s, "robot"), "robot")
	them.Clock = func() time.Time { return s.Now.Add(time.Duration(b.later.Load())) }
	them.Groups = []string{"audit", "others"}
	return them, s, k, b
}

var backField = regexp.MustCompile(`name="(token|state|code|error|iss)" value="([^"]*)"`)

// led walks to the provider and back, and gives the form that signs in.
func (b *browser) led(them *providertest.Provider, from string) url.Values {
	b.t.Helper()
	r, err := b.Get(b.base + "/sign-in/provider?from=" + url.QueryEscape(from))
	if err != nil {
		b.t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusSeeOther || !strings.HasPrefix(r.Header.Get("Location"), them.Issuer()+"/authorize?") {
		b.t.Fatalf("%d %s", r.StatusCode, r.Header.Get("Location"))
	}
	back := them.Walk(r.Header.Get("Location"))
	return b.broughtBack(url.Values{"state": {back.State}, "code": {back.Code}})
}

func (b *browser) broughtBack(with url.Values) url.Values {
	b.t.Helper()
	status, text := b.page("/sign-in/provider/back?" + with.Encode())
	form := url.Values{}
	for _, m := range backField.FindAllStringSubmatch(text, -1) {
		form.Set(m[1], m[2])
	}
	if status != http.StatusOK || form.Get("token") == "" {
		b.t.Fatalf("%d %s", status, text)
	}
	return form
}

func (b *browser) arrive(form url.Values) (int, string, *http.Response) {
	b.t.Helper()
	r, err := b.PostForm(b.base+"/sign-in/provider/back", form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	text := &strings.Builder{}
	buffer := make([]byte, 64<<10)
	for n, err := r.Body.Read(buffer); n > 0 || err == nil; n, err = r.Body.Read(buffer) {
		text.Write(buffer[:n])
	}
	return r.StatusCode, text.String(), r
}

func TestSignInByProvider(t *testing.T) {
	them, s, k, b := provided(t)
	if _, text := b.page("/sign-in?from=/history"); !strings.Contains(text, `href="/sign-in/provider?from=%2fhistory"`) {
		t.Errorf("the page of signing in doesn't lead there:\n%s", text)
	}
	form := b.led(them, "/history")
	if b.isIn() {
		t.Fatal("looking at an address has signed somebody in")
	}
	cookie := func() string {
		u, _ := url.Parse(b.base)
		return b.Jar.Cookies(u)[0].Value
	}
	before := cookie()
	status, _, r := b.arrive(form)
	if status != http.StatusSeeOther || r.Header.Get("Location") != "/history" || cookie() == before {
		t.Fatalf("%d %s, another cookie: %v", status, r.Header.Get("Location"), cookie() != before)
	}
	_, text := b.page("/history")
	if !strings.Contains(text, "<bdi>ann</bdi>, auditor") || strings.Contains(text, "not authenticated") || !strings.Contains(text, "sign-in") {
		t.Errorf("ann isn't told so:\n%s", text)
	}
	if status, _ := b.page("/query"); status != http.StatusOK {
		t.Errorf("an auditor by group may not ask: %d", status)
	}
	if status, _ := b.page("/files/upload"); status == http.StatusOK {
		t.Error("an auditor by group may bring files")
	}
	// Twelve hours later it is over, whatever she does.
	for range 26 {
		b.later.Add(int64(29 * time.Minute))
		b.isIn()
	}
	if b.isIn() {
		t.Error("it lasts on")
	}
	// A link that is taken away ends the session at once.
	if status, text, _ = b.arrive(b.led(them, "/")); status != http.StatusSeeOther || !b.isIn() {
		t.Fatalf("%d %s", status, text)
	}
	later := s
	later.Now = later.Now.Add(time.Duration(b.later.Load()))
	if _, err := people.Revoke(t.Context(), people.KeysOptions{Setting: k.by(t, later, "cleo"), Person: "ann", All: true}); err != nil {
		t.Fatal(err)
	}
	if b.isIn() {
		t.Error("ann has ended, and her session lasts")
	}
}

func TestWhoAProviderDoesNotLetIn(t *testing.T) {
	them, _, _, b := provided(t)
	other := served(t, trial.Folder(t, "first_period: 2026-10\n", nil), "x")
	if status, _ := other.page("/sign-in/provider"); status != http.StatusSeeOther { // to the page of signing in: there is no such door
		t.Errorf("where carat.yaml names none: %d", status)
	}
	for name, c := range map[string]struct {
		do     func() url.Values
		status int
		says   string
	}{
		"without the form's token": {func() url.Values { f := b.led(them, "/"); f.Del("token"); return f }, http.StatusForbidden, "not one of this browser"},
		"another state":            {func() url.Values { f := b.led(them, "/"); f.Set("state", "x"); return f }, http.StatusForbidden, "another browser"},
		"the provider refuses": {func() url.Values {
			f := b.led(them, "/")
			f.Set("error", "access_denied")
			return f
		}, http.StatusForbidden, "access_denied"},
		"a text in the refusal": {func() url.Values {
			return b.broughtBack(url.Values{"state": {`"><b>`}, "code": {"<script>"}, "error": {"<b>call us</b>"}})
		}, http.StatusForbidden, "another browser"},
		"nobody whom carat knows": {func() url.Values { them.Subject = "user <b>2</b>"; return b.led(them, "/") }, http.StatusForbidden, "carat users link NAME &#39;user &lt;b&gt;2&lt;/b&gt;&#39;`"},
		"no group":                {func() url.Values { them.Subject, them.Groups = "user-1", nil; return b.led(them, "/") }, http.StatusForbidden, "to put the claim"},
		"a group without a role":  {func() url.Values { them.Groups = []string{"others"}; return b.led(them, "/") }, http.StatusForbidden, "none of the groups has a role here"},
		"another audience": {func() url.Values {
			them.Twist = func(c map[string]any) { c["aud"] = "another" }
			return b.led(them, "/")
		}, http.StatusForbidden, "another program"},
		"it takes no codes": {func() url.Values { them.Broken["/token"] = true; return b.led(them, "/") }, http.StatusBadGateway, "sign in with a key"},
	} {
		them.Subject, them.Groups, them.Twist, them.Broken = "user-1", []string{"audit"}, nil, map[string]bool{}
		b.later.Add(int64(2 * time.Hour)) // none waits for another's failures
		status, text, _ := b.arrive(c.do())
		if status != c.status || !strings.Contains(text, c.says) || b.isIn() {
			t.Errorf("%s: %d, want %d %q:\n%s", name, status, c.status, c.says, text)
		}
		for _, secret := range []string{providertest.Secret, "<b>"} {
			if strings.Contains(text, secret) && secret != "<b>" || strings.Contains(text, "<b>call us") {
				t.Errorf("%s: the page says %s", name, secret)
			}
		}
	}
	them.Subject, them.Groups, them.Twist, them.Broken = "user-1", []string{"audit"}, nil, map[string]bool{}
	for _, from := range []string{"https://evil.example", "//evil.example/x", "/\\evil.example", "/sign-in"} {
		b.later.Add(int64(2 * time.Hour))
		if status, _, r := b.arrive(b.led(them, from)); status != http.StatusSeeOther || r.Header.Get("Location") != "/" {
			t.Errorf("%s leads to %s (%d)", from, r.Header.Get("Location"), status)
		}
	}
	// Whoever tries again and again waits.
	b.later.Add(int64(2 * time.Hour))
	wait := 0
	for range 12 {
		f := b.led(them, "/")
		f.Set("state", "x")
		if status, _, r := b.arrive(f); status == http.StatusTooManyRequests && r.Header.Get("Retry-After") != "" {
			wait++
		}
	}
	if wait == 0 {
		t.Error("nobody waits who guesses")
	}
}

// The server says who signed in, by its own key, and tells the chain nothing of who that is
// at the provider.
func TestProviderIsRecorded(t *testing.T) {
	them, s, k, b := provided(t)
	them.Groups = []string{"finance"}
	if status, text, _ := b.arrive(b.led(them, "/")); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, text)
	}
	p, err := books.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.State.Signed(t.Context(), 1, 0, string(identity.KindSeen))
	if err != nil || len(list) != 1 || list[0].Person != "robot" || list[0].Credential != k.of(t, "robot").Key().Fingerprint() || !strings.Contains(list[0].Content, "subject: ann\n") || !strings.Contains(list[0].Content, "group: finance\n") || strings.Contains(list[0].Content, "user-1") {
		t.Errorf("%+v %v", list, err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
}

// The way there and back in a real browser, with a script engine and without.
func TestProviderInABrowser(t *testing.T) {
	ctx, text := chromium(t), axe(t)
	them, _, _, b := provided(t)
	shots := os.Getenv("CARAT_SHOTS")
	for _, l := range []look{{"desk", 1280, 900, false, "light", true}, {"phone-dark", 390, 844, true, "dark", true}, {"without-script", 1280, 900, false, "light", false}} {
		b.later.Add(int64(2 * time.Hour))
		tab, end := chromedp.NewContext(ctx)
		picture := func(name string) {
			if l.script {
				l.laidOut(t, tab, text, name)
			}
			if shots == "" {
				return
			}
			bytes, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
			if err == nil {
				err = os.WriteFile(filepath.Join(shots, l.name+"-"+name+".png"), bytes, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		them.Subject = "user-1"
		err := chromedp.Do(tab, chromedp.EmulateViewport(l.width, l.height, l.emulated()...), l.setup(), chromedp.Navigate(b.base+"/sign-in?from=/history"), chromedp.WaitVisible(chromedp.CSS("main a.button")))
		if err != nil {
			t.Fatalf("%s: %v", l.name, err)
		}
		picture("signin")
		follow := []chromedp.Action[chromedp.Void]{chromedp.Click(chromedp.CSS("main a.button"))}
		if !l.script {
			follow = append(follow, chromedp.WaitVisible(chromedp.CSS("form[data-go] button")), chromedp.Click(chromedp.CSS("form[data-go] button")))
		}
		if err := chromedp.Do(tab, append(follow, chromedp.WaitVisible(chromedp.CSS(".bar")))...); err != nil {
			t.Fatalf("%s: there and back: %v", l.name, err)
		}
		picture("signed-in")
		them.Subject = "user-unknown"
		if err := chromedp.Do(tab, l.setup()); err != nil {
			t.Fatal(err)
		}
		follow = append([]chromedp.Action[chromedp.Void]{chromedp.Navigate(b.base + "/sign-in"), chromedp.WaitVisible(chromedp.CSS("main a.button"))}, follow...)
		if err := chromedp.Do(tab, append(follow, chromedp.WaitVisible(chromedp.CSS("p.message")))...); err != nil {
			t.Fatalf("%s: nobody whom carat knows: %v", l.name, err)
		}
		picture("unknown")
		end()
	}
}
