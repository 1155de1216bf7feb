package pages_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"html"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/pipeline/identity"
)

// keys are the keys of a test's people, by name.
type keys map[string]identity.Signer

func (k keys) of(t *testing.T, name string) identity.Signer {
	t.Helper()
	if k[name] == nil {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		k.take(t, name, private)
	}
	return k[name]
}

func (k keys) take(t *testing.T, name string, private ed25519.PrivateKey) {
	t.Helper()
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if k[name], err = identity.NewSigner(s); err != nil {
		t.Fatal(err)
	}
}

func (k keys) by(t *testing.T, s books.Setting, who string) books.Setting {
	t.Helper()
	signer := k.of(t, who)
	s.By = books.Actor{User: who, OSUser: "ops"}
	s.Signer = func(func(identity.Key) bool) (identity.Signer, func() error, error) {
		return signer, func() error { return nil }, nil
	}
	return s
}

func (k keys) enrol(t *testing.T, s books.Setting, who string) {
	t.Helper()
	_, sig, err := people.Request(t.Context(), people.KeysOptions{Setting: k.by(t, s, who), Key: k.of(t, who).Key()})
	if err == nil {
		_, err = people.Enrol(t.Context(), people.KeysOptions{Setting: k.by(t, s, "cleo"), Person: who, Key: k.of(t, who).Key(), Signature: sig})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// authenticated makes a lake whose administrator is cleo and whose auditor is ann, each
// with a key.
func authenticated(t *testing.T) (books.Setting, keys) {
	t.Helper()
	s, k := trial.Folder(t, "first_period: 2026-10\nauth: {sign: key}\n", nil), keys{}
	if _, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: k.by(t, s, "cleo"), Key: k.of(t, "cleo").Key()}); err != nil {
		t.Fatal(err)
	}
	k.enrol(t, s, "ann")
	if _, err := people.Users(t.Context(), people.UsersOptions{Setting: k.by(t, s, "cleo"), User: "ann", Role: books.RoleAuditor}); err != nil {
		t.Fatal(err)
	}
	return s, k
}

var (
	shownCommand = regexp.MustCompile(`(?s)<pre tabindex="0">(.*?)</pre>`)
	hiddenField  = regexp.MustCompile(`name="(person|code|until|seal|from|token)" value="([^"]*)"`)
)

// challenged asks for a challenge and gives the form, the text to sign and the command.
func (b *browser) challenged(person string) (form url.Values, challenge, command string) {
	b.t.Helper()
	_, text := b.page("/sign-in?person=" + url.QueryEscape(person) + "&from=" + url.QueryEscape("/history"))
	form = url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(text, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	if m := shownCommand.FindStringSubmatch(text); m != nil {
		command = html.UnescapeString(m[1])
	}
	_, challenge, _ = strings.Cut(command, "<<'END'\n")
	return form, strings.TrimSuffix(challenge, "END"), command
}

// send posts a form as it is.
func (b *browser) send(path string, form url.Values) *http.Response {
	b.t.Helper()
	r, err := b.PostForm(b.base+path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = r.Body.Close()
	return r
}

func signed(t *testing.T, signer identity.Signer, text string) string {
	t.Helper()
	sig, err := signer.Sign([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func (b *browser) isIn() bool {
	status, _ := b.page("/history")
	return status == http.StatusOK
}

func TestSignInByKey(t *testing.T) {
	s, k := authenticated(t)
	b := served(t, s, "cleo")
	form, challenge, _ := b.challenged("ann")
	if !strings.HasPrefix(challenge, "carat-sign-in/1\nserver: "+b.base+"\nlake: ") || !strings.Contains(challenge, "\nperson: ann\n") {
		t.Fatalf("what is to be signed is %q", challenge)
	}
	form.Set("signature", strings.ReplaceAll(signed(t, k.of(t, "ann"), challenge), "\n", "\r\n")) // as a browser sends it
	r := b.send("/sign-in", form)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/history" {
		t.Fatalf("%d %s", r.StatusCode, r.Header.Get("Location"))
	}
	status, text := b.page("/history")
	if status != http.StatusOK || strings.Contains(text, "not authenticated</b>") || !strings.Contains(text, "<bdi>ann</bdi>, auditor") {
		t.Errorf("%d: ann, who has signed in, is not told so\n%s", status, text)
	}
	// The same signature opens nothing again, in this browser or another.
	again := served(t, s, "cleo")
	for _, other := range []*browser{b, again} {
		f, _, _ := other.challenged("ann")
		f.Set("signature", form.Get("signature"))
		if r := other.send("/sign-in", f); r.StatusCode != http.StatusForbidden {
			t.Errorf("a signature of another challenge: %d", r.StatusCode)
		}
	}
	stolen := form
	f, _, _ := again.challenged("ann")
	stolen.Set("token", f.Get("token"))
	if r := again.send("/sign-in", stolen); r.StatusCode != http.StatusForbidden || again.isIn() {
		t.Errorf("a challenge of another browser: %d", r.StatusCode)
	}
}

func TestWhoIsNotLetIn(t *testing.T) {
	s, k := authenticated(t)
	for _, c := range []struct {
		name, person string
		sign         func(t *testing.T, challenge string, form url.Values) string
	}{
		{"with another's key", "ann", func(t *testing.T, text string, _ url.Values) string { return signed(t, k.of(t, "cleo"), text) }},
		{"with a key that nobody knows", "ann", func(t *testing.T, text string, _ url.Values) string { return signed(t, k.of(t, "mallory"), text) }},
		{"as somebody whom nobody knows", "mallory", func(t *testing.T, text string, _ url.Values) string { return signed(t, k.of(t, "ann"), text) }},
		{"as another, in the form", "ann", func(t *testing.T, text string, form url.Values) string {
			form.Set("person", "cleo")
			return signed(t, k.of(t, "ann"), text)
		}},
		{"with a later end", "ann", func(t *testing.T, text string, form url.Values) string {
			later := "2027-01-01T00:00:00Z"
			text = strings.Replace(text, form.Get("until"), later, 1)
			form.Set("until", later)
			return signed(t, k.of(t, "ann"), text)
		}},
		{"with a code of their own", "ann", func(t *testing.T, text string, form url.Values) string {
			text = strings.Replace(text, form.Get("code"), "mine", 1)
			form.Set("code", "mine")
			return signed(t, k.of(t, "ann"), text)
		}},
		{"with a line in the name", "ann", func(t *testing.T, text string, form url.Values) string {
			form.Set("person", "ann\ncode: x")
			return signed(t, k.of(t, "ann"), text)
		}},
		{"with what asks for a key", "ann", func(t *testing.T, _ string, _ url.Values) string {
			return signed(t, k.of(t, "ann"), string(identity.KeyRequest("lake", "ann", k.of(t, "ann").Key())))
		}},
		{"without a signature", "ann", func(*testing.T, string, url.Values) string { return "" }},
		{"with nonsense", "ann", func(*testing.T, string, url.Values) string {
			return "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----"
		}},
	} {
		b := served(t, s, "cleo")
		form, challenge, _ := b.challenged(c.person)
		form.Set("signature", c.sign(t, challenge, form))
		if r := b.send("/sign-in", form); r.StatusCode != http.StatusForbidden || b.isIn() {
			t.Errorf("%s: %d", c.name, r.StatusCode)
		}
	}
	// The link of a lake without authentication opens none with it.
	b := served(t, s, "cleo")
	if r := b.post("/open", url.Values{"key": {key}}, "/open/"+key); r.StatusCode != http.StatusForbidden || b.isIn() {
		t.Errorf("the link: %d", r.StatusCode)
	}
	// Whether a name is known, the page doesn't say.
	_, known := b.page("/sign-in?person=ann")
	_, unknown := b.page("/sign-in?person=nobody")
	blur := regexp.MustCompile(`(code|seal|token|until)[":= a-z]*[^"\n<]*|ann|nobody`)
	if blur.ReplaceAllString(known, "") != blur.ReplaceAllString(unknown, "") {
		t.Error("the page of signing in tells known names from others")
	}
	tries := 0
	for range 30 { // by then one waits
		form, challenge, _ := b.challenged("ann")
		form.Set("signature", signed(t, k.of(t, "mallory"), challenge))
		if r := b.send("/sign-in", form); r.StatusCode == http.StatusTooManyRequests {
			if r.Header.Get("Retry-After") == "" {
				t.Error("it isn't said how long to wait")
			}
			break
		}
		tries++
	}
	if tries > 6 {
		t.Errorf("%d wrong tries at once were not told to wait", tries)
	}
	form, challenge, _ := b.challenged("ann")
	form.Set("signature", signed(t, k.of(t, "ann"), challenge))
	if b.send("/sign-in", form); !b.isIn() {
		t.Error("ann is kept out by who failed under her name")
	}
}

// A session is over as soon as the key that began it is, or the person.
func TestSessionEndsWithItsKey(t *testing.T) {
	s, k := authenticated(t)
	b := served(t, s, "cleo")
	form, challenge, _ := b.challenged("ann")
	form.Set("signature", signed(t, k.of(t, "ann"), challenge))
	if b.send("/sign-in", form); !b.isIn() {
		t.Fatal("ann is not let in")
	}
	if _, err := people.Revoke(t.Context(), people.KeysOptions{Setting: k.by(t, s, "cleo"), Person: "ann", Fingerprint: k.of(t, "ann").Key().Fingerprint()}); err != nil {
		t.Fatal(err)
	}
	if b.isIn() {
		t.Error("the key was revoked, and its session lasts")
	}
}

// Where people prove who they are from now on, who had the link has nothing any more.
func TestLinkEndsWithAuthentication(t *testing.T) {
	s, k := trial.Folder(t, "first_period: 2026-10\n", map[string]string{"coin_purchases.csv": trial.PurchaseHeader + "p1,purchase,v1,web,s,1000,USD,10.00,2026-10-02T10:00:00Z\n"}), keys{}
	trial.Ingest(t, s)
	b := opened(t, s, "cleo")
	if !b.isIn() {
		t.Fatal("the link opens nothing")
	}
	on := *s.Config
	on.Auth.On, on.Auth.Sign = true, "key"
	changed := s
	changed.Config = &on
	if _, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: k.by(t, changed, "cleo"), Key: k.of(t, "cleo").Key()}); err != nil {
		t.Fatal(err)
	}
	if b.isIn() {
		t.Error("authentication was switched on, and the link's session lasts")
	}
}

// The command that the page shows is one that a person can run.
func TestShownCommandSigns(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("ssh-keygen is not installed: .ci/run installs it")
		}
		t.Skip("ssh-keygen is not installed")
	}
	s, k := trial.Folder(t, "first_period: 2026-10\nauth: {sign: key}\n", nil), keys{}
	file := filepath.Join(t.TempDir(), "key")
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, pemOf(block), 0o600); err != nil {
		t.Fatal(err)
	}
	k.take(t, "cleo", private)
	if _, err := people.SwitchOn(t.Context(), people.AuthOptions{Setting: k.by(t, s, "cleo"), Key: k.of(t, "cleo").Key()}); err != nil {
		t.Fatal(err)
	}
	b := served(t, s, "cleo")
	form, _, command := b.challenged("cleo")
	out, err := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(command, "~/.ssh/id_ed25519", file)+"\n").Output()
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, out, command)
	}
	form.Set("signature", string(out))
	if r := b.send("/sign-in", form); r.StatusCode != http.StatusSeeOther {
		t.Errorf("what ssh-keygen has signed: %d", r.StatusCode)
	}
	if status, _ := b.page("/months"); status != http.StatusOK {
		t.Errorf("cleo, who has signed in: %d", status)
	}
}
