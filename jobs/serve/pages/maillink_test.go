package pages_test

import (
	"io"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/emersion/go-smtp"

	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
)

// inbox is a mail server that keeps what it is given.
type inbox struct {
	mu      sync.Mutex
	letters []string
}

func (b *inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return b, nil }
func (*inbox) Mail(string, *smtp.MailOptions) error          { return nil }
func (*inbox) Rcpt(string, *smtp.RcptOptions) error          { return nil }
func (*inbox) Reset()                                        {}
func (*inbox) Logout() error                                 { return nil }
func (b *inbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = append(b.letters, string(text))
	return err
}

func (b *inbox) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.letters...)
}

// comes waits until there are so many letters, and gives the last.
func (b *inbox) comes(t *testing.T, n int) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if all := b.all(); len(all) >= n {
			_, body, _ := strings.Cut(all[n-1], "\r\n\r\n")
			text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			return all[n-1] + string(text)
		}
	}
	t.Fatalf("%d letters came, want %d", len(b.all()), n)
	return ""
}

var mailedLink = regexp.MustCompile(`/sign-in/mail/[A-Za-z0-9_-]{43}`)

// mailing makes a lake whose creators get links by mail: rosa is c1, two share an address,
// and ann of the staff has c4's.
func mailing(t *testing.T) (*inbox, books.Setting, keys, *browser) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := &inbox{}
	server := smtp.NewServer(box)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	s, k := trial.Folder(t, "first_period: 2026-10\nauth: {sign: key}\nmail: {server: \""+l.Addr().String()+"\", from: \"pay@example.com\", tls: none}\n", map[string]string{
		"creators.csv": "creator_id,valid_from,display_name,country,currency,email\nc1,2026-01-01T00:00:00Z,Rosa,DE,USD,Rosa@example.org\nc2,2026-01-01T00:00:00Z,B,DE,USD,both@example.org\nc3,2026-01-01T00:00:00Z,C,DE,USD,both@example.org\nc4,2026-01-01T00:00:00Z,D,DE,USD,ann@example.org\n"}), keys{}
	trial.Ingest(t, s)
	if _, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: k.by(t, s, "cleo"), Key: k.of(t, "cleo").Key()}); err != nil {
		t.Fatal(err)
	}
	for _, one := range []people.UsersOptions{{User: "rosa", Role: books.RoleCreator, Creator: "c1"}, {User: "bea", Role: books.RoleCreator, Creator: "c2"}, {User: "cora", Role: books.RoleCreator, Creator: "c3"}, {User: "ann", Role: books.RoleAuditor}} {
		one.Setting = k.by(t, s, "cleo")
		if _, err := people.Users(t.Context(), one); err != nil {
			t.Fatal(err)
		}
	}
	return box, s, k, served(t, s, "cleo")
}

// asks asks for a link, and gives the answer without what is another each time.
func (b *browser) asksForLink(who string) (int, string) {
	b.t.Helper()
	r := b.post("/sign-in/mail", url.Values{"who": {who}}, "/sign-in")
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r.StatusCode, tokenField.ReplaceAllString(string(text), "")
}

// A creator signs in by a link that is mailed to the address of the files, once, within
// fifteen minutes; looking at it uses nothing; and whoever asks for somebody learns nothing.
func TestMailLink(t *testing.T) {
	box, s, k, b := mailing(t)
	status, answer := b.asksForLink("rosa")
	letter := box.comes(t, 1)
	link := mailedLink.FindString(letter)
	if status != http.StatusOK || !strings.Contains(answer, "a letter with a link is on its way") || !strings.Contains(letter, "<Rosa@example.org>") || link == "" || !strings.Contains(letter, b.base+link) {
		t.Fatalf("%d %s\n%s", status, answer, letter)
	}
	// Nobody, the staff, and who shares an address are answered alike, and get none.
	for _, who := range []string{"nobody", "nobody@example.org", "ann", "ann@example.org", "cleo", "bea", "both@example.org", "c1", strings.Repeat("x", 300), "rosa\r\nBcc: eve@example.org", "%"} {
		b.later.Add(int64(2 * time.Hour))
		if status, got := b.asksForLink(who); status != http.StatusOK || got != answer {
			t.Errorf("%.20q is answered %d\n%s", who, status, got)
		}
	}
	b.later.Add(int64(2 * time.Hour))
	if _, got := b.asksForLink("rosa@EXAMPLE.org"); got != answer {
		t.Errorf("by the address: %s", got)
	}
	if link = mailedLink.FindString(box.comes(t, 2)); link == "" || len(box.all()) != 2 {
		t.Fatalf("%d letters", len(box.all()))
	}
	use := func(link string) int {
		t.Helper()
		for range 2 { // looking uses nothing
			if status, text := b.page(link); status != http.StatusOK || !strings.Contains(text, "signs you in once") {
				t.Fatalf("%d %s", status, text)
			}
		}
		return b.post("/sign-in/mail/open", url.Values{"link": {strings.TrimPrefix(link, "/sign-in/mail/")}}, link).StatusCode
	}
	if r, err := b.PostForm(b.base+"/sign-in/mail/open", url.Values{"link": {strings.TrimPrefix(link, "/sign-in/mail/")}}); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("without the form's token: %v %v", r, err)
	}
	if status := use(link); status != http.StatusSeeOther {
		t.Fatalf("the link: %d", status)
	}
	if status, text := b.page("/earnings"); status != http.StatusOK || !strings.Contains(text, "<bdi>rosa</bdi>, creator") || strings.Contains(text, "not authenticated") {
		t.Errorf("%d %s", status, text)
	}
	if status, _ := b.page("/exceptions"); status != http.StatusNotFound {
		t.Errorf("the staff's pages: %d", status)
	}
	other := served(t, s, "cleo")
	if status, _ := other.page("/earnings"); status == http.StatusOK {
		t.Error("another browser is in")
	}
	b.send("/sign-out", url.Values{"token": {""}})
	if status := use(link); status != http.StatusForbidden {
		t.Errorf("the same link once more: %d", status)
	}
	// Too late, by one second.
	b.later.Add(int64(2 * time.Hour))
	b.asksForLink("rosa")
	link = mailedLink.FindString(box.comes(t, 3))
	b.later.Add(int64(15*time.Minute + time.Second))
	if status := use(link); status != http.StatusForbidden {
		t.Errorf("after fifteen minutes: %d", status)
	}
	// Who asks again and again waits; so does who guesses.
	b.later.Add(int64(2 * time.Hour))
	waits := false
	for range 8 {
		status, _ := b.asksForLink("rosa")
		waits = waits || status == http.StatusTooManyRequests
	}
	if !waits {
		t.Error("eight letters in a moment")
	}
	// With the role the session ends.
	b.later.Add(int64(2 * time.Hour))
	n := len(box.all())
	b.asksForLink("rosa")
	if status := use(mailedLink.FindString(box.comes(t, n+1))); status != http.StatusSeeOther {
		t.Fatalf("%d", status)
	}
	if _, err := people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "cleo"), User: "rosa", Role: books.RoleCreator, Revoke: true}); err != nil {
		t.Fatal(err)
	}
	if status, _ := b.page("/earnings"); status != http.StatusSeeOther {
		t.Errorf("rosa is no creator any more, and her session lasts: %d", status)
	}
	for file, text := range trial.BytesBelow(t, s.Config.Dir) {
		if strings.Contains(text, strings.TrimPrefix(link, "/sign-in/mail/")) {
			t.Errorf("%s holds a link", file)
		}
	}
}

// Where nobody proves who they are, and where no mail server is named, there is no such way.
func TestNoMailLink(t *testing.T) {
	s, _ := authenticated(t)
	b := served(t, s, "cleo")
	if _, text := b.page("/sign-in"); strings.Contains(text, "/sign-in/mail") {
		t.Error("it is offered without a mail server")
	}
	if status, _ := b.asksForLink("rosa"); status < 400 {
		t.Errorf("%d", status)
	}
}

func TestMailLinkInABrowser(t *testing.T) {
	ctx, text := chromium(t), axe(t)
	box, _, _, b := mailing(t)
	shots := os.Getenv("CARAT_SHOTS")
	for i, l := range []look{{"desk", 1280, 900, false, "light", true}, {"phone-dark", 390, 844, true, "dark", true}, {"without-script", 1280, 900, false, "light", false}} {
		b.later.Add(int64(2 * time.Hour))
		tab, end := chromedp.NewContext(ctx)
		seen := func(name string, actions ...chromedp.Action[chromedp.Void]) {
			t.Helper()
			if err := chromedp.Do(tab, actions...); err != nil {
				t.Fatalf("%s, %s: %v", l.name, name, err)
			}
			if l.script {
				l.laidOut(t, tab, text, name)
			}
			if shots == "" {
				return
			}
			picture, err := chromedp.Run(tab, chromedp.CaptureScreenshot())
			if err == nil {
				err = os.WriteFile(filepath.Join(shots, l.name+"-mail-"+name+".png"), picture, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		seen("ask", chromedp.EmulateViewport(l.width, l.height, l.emulated()...), l.setup(), chromedp.Navigate(b.base+"/sign-in"), chromedp.WaitVisible(chromedp.CSS("input[name=who]")))
		seen("asked", chromedp.SetValue(chromedp.CSS("input[name=who]"), "rosa"), chromedp.Click(chromedp.CSS("form:has(input[name=who]) button")), chromedp.WaitVisible(chromedp.CSS("p.message")))
		seen("followed", chromedp.Navigate(b.base+mailedLink.FindString(box.comes(t, i+1))), chromedp.WaitVisible(chromedp.CSS("form button")))
		seen("in", chromedp.Click(chromedp.CSS("form button")), chromedp.WaitVisible(chromedp.CSS(".bar")))
		end()
	}
}
