// Package authority is a time stamping authority for tests: OpenSSL's `ts`, with a root, a
// certificate for stamping and an HTTP server on this machine.
//
// It promises nothing to anybody but tests, and imports nothing of carat's.
package authority

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Authority is a running one.
type Authority struct {
	URL   string
	Roots string // the file of its root, in PEM
	Dir   string // of its keys; signer.pem and other.pem are certificates

	mu     sync.Mutex
	refuse int // the status that it answers instead of a stamp; 0: none
	swap   []byte
}

// Policy is under which it stamps, unless another of 1.2.3.4.x is asked for.
const Policy = "1.2.3.4.1"

const config = `
[tsa]
default_tsa = ts
[ts]
dir = .
serial = ./serial
crypto_device = builtin
signer_cert = ./signer.pem
certs = ./root.pem
signer_key = ./signer.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[stamping]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[web]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = critical, timeStamping, serverAuth
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
`

// New makes an authority; without openssl the test is skipped, in CI it fails.
func New(t *testing.T) *Authority {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("openssl is not here: .ci/run installs it")
		}
		t.Skip("openssl is not here")
	}
	a := &Authority{Dir: t.TempDir()}
	a.Roots = filepath.Join(a.Dir, "root.pem")
	for name, text := range map[string]string{"ts.cnf": config, "serial": "01\n"} {
		if err := os.WriteFile(filepath.Join(a.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := func(name string) []string {
		return []string{"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-subj", "/O=Example/CN=" + name}
	}
	a.Openssl(t, append(key("root"), "-x509", "-days", "3650", "-out", "root.pem", "-config", "ts.cnf", "-extensions", "root")...)
	for _, one := range []struct{ name, section string }{{"signer", "stamping"}, {"web", "web"}} {
		a.Openssl(t, append(key(one.name), "-out", one.name+".csr", "-config", "ts.cnf")...)
		a.Openssl(t, "x509", "-req", "-in", one.name+".csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "3650", "-out", one.name+".pem",
			"-extfile", "ts.cnf", "-extensions", one.section)
	}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.URL = server.URL
	return a
}

// Openssl runs openssl in the authority's folder and gives what it prints.
func (a *Authority) Openssl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := a.run(args...)
	if err != nil {
		t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (a *Authority) run(args ...string) (string, error) {
	cmd := exec.Command("openssl", args...)
	cmd.Dir = a.Dir
	// A request for a certificate wants a section of names, of which -subj has all.
	cmd.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Refuse makes it answer with a status from now on; 0: with stamps again.
func (a *Authority) Refuse(status int) { a.mu.Lock(); a.refuse = status; a.mu.Unlock() }

// Swap makes it answer with these bytes whatever it is asked; nil: with stamps again.
func (a *Authority) Swap(answer []byte) { a.mu.Lock(); a.swap = answer; a.mu.Unlock() }

// Stamp answers a request in DER.
func (a *Authority) Stamp(request []byte, more ...string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	query := filepath.Join(a.Dir, "query.tsq")
	reply := filepath.Join(a.Dir, "reply.tsr")
	if err := os.WriteFile(query, request, 0o600); err != nil {
		return nil, err
	}
	if out, err := a.run(append([]string{"ts", "-reply", "-config", "ts.cnf", "-section", "ts", "-queryfile", query, "-out", reply}, more...)...); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(reply)
}

// ServeHTTP answers as RFC 3161 has it.
func (a *Authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	refuse, swap := a.refuse, a.swap
	a.mu.Unlock()
	if refuse != 0 {
		http.Error(w, "no stamps today", refuse)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/timestamp-query" {
		http.Error(w, "not a request for a stamp", http.StatusBadRequest)
		return
	}
	answer := swap
	if answer == nil {
		if answer, err = a.Stamp(body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "application/timestamp-reply")
	_, _ = io.Copy(w, bytes.NewReader(answer))
}
