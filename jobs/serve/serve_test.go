package serve

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/pipeline/identity"
)

// An address is served only where it is safe to.
func TestWhereItIsServed(t *testing.T) {
	const url = "https://carat.example.com"
	for _, c := range []struct {
		name          string
		authenticated bool
		o             Options
		refused       string // "": it is served
		tls           bool
	}{
		{"loopback", false, Options{Listen: "127.0.0.1:0"}, "", false},
		{"loopback by name", false, Options{Listen: "localhost:0"}, "", false},
		{"loopback, IPv6", false, Options{Listen: "[::1]:0"}, "", false},
		{"loopback by TLS", false, Options{Listen: "127.0.0.1:0", CertFile: "c", KeyFile: "k"}, "", true},
		{"everybody, nobody authenticated", false, Options{Listen: "0.0.0.0:0"}, "nobody is authenticated", false},
		{"everybody by TLS, nobody authenticated", false, Options{Listen: "0.0.0.0:0", CertFile: "c", KeyFile: "k", URL: url}, "nobody is authenticated", false},
		{"a network, nobody authenticated", false, Options{Listen: "192.0.2.1:0"}, "nobody is authenticated", false},
		{"a proxy, nobody authenticated", false, Options{Listen: "127.0.0.1:0", Proxies: []string{"10.0.0.0/24"}, URL: url}, "nobody is authenticated", false},
		{"loopback, authenticated", true, Options{Listen: "127.0.0.1:0"}, "", false},
		{"everybody without TLS", true, Options{Listen: "0.0.0.0:0", URL: url}, "nothing is encrypted", false},
		{"everybody by TLS", true, Options{Listen: "0.0.0.0:0", CertFile: "c", KeyFile: "k", URL: url}, "", true},
		{"everybody by TLS, nobody knows where", true, Options{Listen: "0.0.0.0:0", CertFile: "c", KeyFile: "k"}, "under a name that carat can't know", false},
		{"behind a proxy", true, Options{Listen: "0.0.0.0:0", Proxies: []string{"10.0.0.0/24"}, URL: url}, "", true},
		{"behind a proxy, nobody knows where", true, Options{Listen: "127.0.0.1:0", Proxies: []string{"127.0.0.1/32"}}, "where it is reached", false},
		{"behind everybody", true, Options{Listen: "127.0.0.1:0", Proxies: []string{"0.0.0.0/0"}, URL: url}, "is everybody", false},
		{"behind nonsense", true, Options{Listen: "127.0.0.1:0", Proxies: []string{"proxy"}, URL: url}, "--behind-proxy", false},
		{"half a certificate", true, Options{Listen: "127.0.0.1:0", CertFile: "c"}, "goes with its key", false},
		{"a URL without TLS", true, Options{Listen: "127.0.0.1:0", URL: url}, "nothing here is encrypted", false},
		{"a plain URL", true, Options{Listen: "127.0.0.1:0", CertFile: "c", KeyFile: "k", URL: "http://carat.example.com"}, "is none", false},
		{"a URL with a path", true, Options{Listen: "127.0.0.1:0", CertFile: "c", KeyFile: "k", URL: url + "/carat"}, "is none", false},
		{"a URL with a name", true, Options{Listen: "127.0.0.1:0", CertFile: "c", KeyFile: "k", URL: "https://ann@carat.example.com"}, "is none", false},
		{"no address", true, Options{Listen: "carat.example.com:1"}, "it is no address", false},
		{"no port", true, Options{Listen: "127.0.0.1"}, "missing port", false},
	} {
		w, err := c.o.where(c.authenticated)
		switch {
		case c.refused == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("%s: %v, want it refused since %s", c.name, err, c.refused)
		case err == nil && w.TLS != c.tls:
			t.Errorf("%s: encrypted %v, want %v", c.name, w.TLS, c.tls)
		}
	}
}

// Where people sign in by a provider the server has a scheduler's key, or doesn't start.
func TestWhoSaysWhoSignedIn(t *testing.T) {
	s := trial.Folder(t, "first_period: 2026-10\nauth: {sign: key, oidc: {issuer: \"https://login.example.com\", client_id: carat, groups: {finance: preparer}}}\n", nil)
	keys := map[string]identity.Signer{}
	by := func(who, key string) books.Setting {
		if keys[key] == nil {
			_, private, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			one, err := ssh.NewSignerFromKey(private)
			if err != nil {
				t.Fatal(err)
			}
			if keys[key], err = identity.NewSigner(one); err != nil {
				t.Fatal(err)
			}
		}
		mine := s
		mine.By = books.Actor{User: who, OSUser: "ops"}
		mine.Signer = func(want func(identity.Key) bool) (identity.Signer, func() error, error) {
			if !want(keys[key].Key()) {
				return nil, nil, errors.New("there is none")
			}
			return keys[key], func() error { return nil }, nil
		}
		return mine
	}
	all := func(identity.Key) bool { return true }
	cleo := by("cleo", "cleo")
	signer, _, err := cleo.Signer(all)
	if err == nil {
		_, err = people.SwitchOn(t.Context(), people.AuthOptions{Setting: cleo, Key: signer.Key()})
	}
	if err != nil {
		t.Fatal(err)
	}
	starts := func(who, key, want string) {
		t.Helper()
		o := Options{Setting: by(who, key)}
		if key == "" {
			o.Signer = nil
		}
		if err := o.vouches(t.Context()); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s with %q: %v, want %q", who, key, err, want)
		}
	}
	starts("cleo", "cleo", "cleo is none")
	if _, err := people.Users(t.Context(), people.UsersOptions{Setting: cleo, User: "robot", Role: books.RoleScheduler}); err != nil {
		t.Fatal(err)
	}
	starts("robot", "robot", "robot has none")
	robot := by("robot", "robot")
	signer, _, err = robot.Signer(all)
	if err != nil {
		t.Fatal(err)
	}
	_, sig, err := people.Request(t.Context(), people.KeysOptions{Setting: robot, Key: signer.Key()})
	if err == nil {
		_, err = people.Enrol(t.Context(), people.KeysOptions{Setting: cleo, Person: "robot", Key: signer.Key(), Signature: sig})
	}
	if err != nil {
		t.Fatal(err)
	}
	starts("robot", "", "robot has none")
	starts("robot", "other", "by its key")
	starts("robot", "robot", "")
}
