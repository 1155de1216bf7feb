package pages_test

import (
	"errors"
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
	"carat/jobs/creators"
	"carat/jobs/ingest"
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

// A link and its session are of the creator and the mailbox that the letter was for: both end
// when an administrator corrects whose rows a person sees, and when a file brings another
// address, which signs in a week after the one before was told of it, and not before.
func TestMailLinkIsOfOneMailbox(t *testing.T) {
	box, s, k, b := mailing(t)
	open := func(link string) { // what comes of it is seen on the page
		t.Helper()
		b.post("/sign-in/mail/open", url.Values{"link": {strings.TrimPrefix(link, "/sign-in/mail/")}}, link)
	}
	earnings := func(what string, want int) {
		t.Helper()
		if status, text := b.page("/earnings"); status != want {
			t.Errorf("%s: %d, want %d\n%s", what, status, want, text)
		}
	}
	letters := 0
	asks := func() (link string) {
		t.Helper()
		letters++
		b.later.Add(int64(2 * time.Hour))
		b.asksForLink("rosa")
		return mailedLink.FindString(box.comes(t, letters))
	}
	users := func(o people.UsersOptions) {
		t.Helper()
		o.Setting = k.by(t, s, "cleo")
		if _, err := people.Users(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	users(people.UsersOptions{User: "dora", Role: books.RolePreparer})
	link := asks()
	open(link)
	earnings("signed in", http.StatusOK)
	link = asks() // unused for now
	users(people.UsersOptions{User: "rosa", Role: books.RoleCreator, Revoke: true})
	users(people.UsersOptions{User: "rosa", Role: books.RoleCreator, Creator: "c4"})
	earnings("the session of another creator's mailbox", http.StatusSeeOther)
	open(link)
	earnings("the link to another creator's mailbox", http.StatusSeeOther)
	users(people.UsersOptions{User: "rosa", Role: books.RoleCreator, Revoke: true})
	users(people.UsersOptions{User: "rosa", Role: books.RoleCreator, Creator: "c1"})

	open(asks())
	earnings("signed in again", http.StatusOK)
	link = asks()
	bring := func(name, email string) {
		t.Helper()
		text := "creator_id,valid_from,display_name,country,currency,email\nc1,2026-01-01T00:00:00Z,Rosa,DE,USD," + email + "\n"
		file := filepath.Join(s.Config.Dir, "inbox", name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ingest.Files(t.Context(), ingest.Options{Setting: k.by(t, s, "dora"), Files: []string{file}, Feed: "creators"}); err != nil {
			t.Fatal(err)
		}
	}
	bring("creators-2.csv", "evil@example.org")
	earnings("the session, after another address came", http.StatusSeeOther)
	open(link)
	earnings("the link, after another address came", http.StatusSeeOther)
	if letter := asks(); letter != "" {
		t.Error("a link is mailed at once")
	}
	if told := box.all()[letters-1]; !strings.Contains(told, "<Rosa@example.org>") || !strings.Contains(told, "another address than this one") || strings.Contains(told, "evil") {
		t.Errorf("the address before is told\n%s", told)
	}
	if got := waits(t, s); got != "1 creator has another address than before (c1): it signs in seven days after the one before was told; was it them?" {
		t.Errorf("carat status: %q", got)
	}
	none := func(what string) {
		t.Helper()
		before := refusals(t, s)
		b.asksForLink("rosa")
		for end := time.Now().Add(30 * time.Second); refusals(t, s) == before && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		}
		if refusals(t, s) == before {
			t.Errorf("%s: no record says that no link was mailed", what)
		}
		if n := len(box.all()); n != letters {
			t.Errorf("%s: %d letters, want %d\n%s", what, n, letters, box.all()[n-1])
		}
	}
	b.later.Add(int64(6 * 24 * time.Hour))
	none("six days later")
	b.later.Add(int64(24 * time.Hour))
	letters++
	b.asksForLink("rosa")
	letter := box.comes(t, letters)
	if !strings.Contains(letter, "<evil@example.org>") {
		t.Errorf("a week later\n%s", letter)
	}
	open(mailedLink.FindString(letter))
	earnings("by the new address, a week later", http.StatusOK)
}

// waits gives what status says of addresses.
func waits(t *testing.T, s books.Setting) string {
	t.Helper()
	p, err := books.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	text, err := creators.AddressesThatWait(t.Context(), p, s)
	if err := errors.Join(err, p.Close()); err != nil {
		t.Fatal(err)
	}
	return text
}

// refusals counts the records that no link was mailed, for an address that waits.
func refusals(t *testing.T, s books.Setting) (n int) {
	t.Helper()
	p, err := books.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	all, err := p.State.Accesses(t.Context())
	if err := errors.Join(err, p.Close()); err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if strings.Contains(a.Text, "mails rosa no link") && a.Outcome == "done" {
			n++
		}
	}
	return n
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
