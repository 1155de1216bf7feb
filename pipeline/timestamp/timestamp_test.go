package timestamp_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	rfc3161 "github.com/digitorus/timestamp"

	"carat/pipeline/timestamp"
	"carat/pipeline/timestamp/authority"
)

var text = []byte("the end of a chain\n")

func pool(t *testing.T, file string) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		t.Fatalf("%s has no certificate", file)
	}
	return p
}

func request(t *testing.T, over []byte, policy string) *timestamp.Request {
	t.Helper()
	r, err := timestamp.NewRequest(sha256.Sum256(over), policy, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stamped asks the authority for a stamp and gives its answer.
func stamped(t *testing.T, a *authority.Authority, r *timestamp.Request) []byte {
	t.Helper()
	answer, err := timestamp.Ask(t.Context(), http.DefaultClient, a.URL, r)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestOpenSSLStamps: what OpenSSL's authority answers passes, and what passes OpenSSL
// verifies.
func TestOpenSSLStamps(t *testing.T) {
	a := authority.New(t)
	roots := pool(t, a.Roots)
	for policy, want := range map[string]string{"": authority.Policy, "1.2.3.4.5": "1.2.3.4.5"} {
		r := request(t, text, policy)
		answer := stamped(t, a, r)
		s, err := r.Check(answer, roots)
		if err != nil {
			t.Fatal(err)
		}
		if s.Policy != want || s.Authority != "CN=signer,O=Example" || s.Root != "CN=root,O=Example" || s.Serial == "" || time.Since(s.Time).Abs() > time.Hour {
			t.Errorf("the stamp says %+v", s)
		}
		if again, err := timestamp.Verify(answer, r.SHA256, roots, want); err != nil || *again != *s {
			t.Errorf("later: %+v, %v", again, err)
		}
		if unknown, err := timestamp.Verify(answer, r.SHA256, nil, ""); err != nil || unknown.Root != "" {
			t.Errorf("without roots: %+v, %v", unknown, err)
		}
		for name, data := range map[string][]byte{"a.tsr": answer, "a.txt": text} {
			if err := os.WriteFile(filepath.Join(a.Dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if out := a.Openssl(t, "ts", "-verify", "-data", "a.txt", "-in", "a.tsr", "-CAfile", "root.pem"); !strings.Contains(out, "Verification: OK") {
			t.Errorf("openssl ts -verify says %s", out)
		}
	}
}

// TestStampOfSomethingElseIsRefused.
func TestStampOfSomethingElseIsRefused(t *testing.T) {
	a, other := authority.New(t), authority.New(t)
	roots := pool(t, a.Roots)
	r := request(t, text, "")
	answer := stamped(t, a, r)
	wants := func(name, says string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", name, err, says)
		}
	}
	verify := func(answer []byte, over []byte, roots *x509.CertPool, policy string) error {
		_, err := timestamp.Verify(answer, sha256.Sum256(over), roots, policy)
		return err
	}
	wants("other bytes", "over other bytes", verify(answer, []byte("the end of another chain\n"), roots, ""))
	wants("another root", "isn't trusted", verify(answer, text, pool(t, other.Roots), ""))
	wants("another policy", "under the policy 1.2.3.4.1, and 1.2.3.4.5 is wanted", verify(answer, text, roots, "1.2.3.4.5"))
	_, err := request(t, text, "").Check(answer, roots)
	wants("another request", "nonce", err)

	// A certificate that isn't there, and one that may do more than stamp.
	a.Openssl(t, "ts", "-query", "-data", "ts.cnf", "-sha256", "-no_nonce", "-out", "bare.tsq")
	without, err := os.ReadFile(filepath.Join(a.Dir, "bare.tsq"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := a.Stamp(without)
	if err != nil {
		t.Fatal(err)
	}
	cnf, err := os.ReadFile(filepath.Join(a.Dir, "ts.cnf"))
	if err != nil {
		t.Fatal(err)
	}
	wants("no certificate", "without the certificate", verify(plain, cnf, roots, ""))
	// OpenSSL signs no stamp with a certificate that may do more; somebody else might.
	wants("a certificate for the web", "(CN=web,O=Example) is not one for stamping time alone", verify(signedBy(t, a, "web", r.SHA256), text, roots, ""))
	if err := verify(signedBy(t, a, "signer", r.SHA256), text, roots, ""); err != nil {
		t.Errorf("a certificate for stamps: %v", err)
	}

	// An authority that refuses says why.
	refused, err := a.Stamp(refusedPolicy(t))
	if err != nil {
		t.Fatal(err)
	}
	wants("a refusal", "it is no stamp: ", verify(refused, text, roots, ""))

	// No byte can be another: of what is signed, of the signature, of the certificate.
	for i := range answer {
		changed := bytes.Clone(answer)
		changed[i] ^= 1
		if s, err := timestamp.Verify(changed, r.SHA256, roots, authority.Policy); err == nil && i > 40 {
			if want, _ := timestamp.Verify(answer, r.SHA256, roots, ""); *s != *want {
				t.Errorf("byte %d: another stamp passes: %+v", i, s)
			}
		}
	}
	for n := range answer {
		if _, err := timestamp.Verify(answer[:n], r.SHA256, roots, ""); err == nil {
			t.Fatalf("the first %d bytes of %d pass", n, len(answer))
		}
	}
}

// signedBy makes a stamp without OpenSSL, with one of the authority's certificates.
func signedBy(t *testing.T, a *authority.Authority, name string, sum [32]byte) []byte {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(a.Dir, name+".pem"), filepath.Join(a.Dir, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := (&rfc3161.Timestamp{HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: time.Now().UTC(), Policy: asn1.ObjectIdentifier{1, 2, 3, 4, 1}, AddTSACertificate: true}).
		CreateResponseWithOpts(pair.Leaf, pair.PrivateKey.(crypto.Signer), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// refusedPolicy is a request under a policy that the authority doesn't have.
func refusedPolicy(t *testing.T) []byte {
	t.Helper()
	der, err := request(t, text, "1.2.3.9").DER()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestAskTellsWhatIsWrong: an authority that is away, says no or sends too much.
func TestAskTellsWhatIsWrong(t *testing.T) {
	a := authority.New(t)
	a.Refuse(http.StatusServiceUnavailable)
	if _, err := timestamp.Ask(t.Context(), http.DefaultClient, a.URL, request(t, text, "")); err == nil || err.Error() != "it answers 503 Service Unavailable" {
		t.Errorf("away: %v", err)
	}
	a.Refuse(0)
	a.Swap(make([]byte, 2<<20))
	if _, err := timestamp.Ask(t.Context(), http.DefaultClient, a.URL, request(t, text, "")); err == nil || !strings.Contains(err.Error(), "longer than a stamp") {
		t.Errorf("too much: %v", err)
	}
	for _, bad := range []string{"1", "a.b", "1..2", "1.2.", "-1.2", "1.99999999999"} {
		if _, err := timestamp.NewRequest([32]byte{}, bad, rand.Reader); err == nil {
			t.Errorf("%q is taken for a policy", bad)
		}
	}
	if _, err := timestamp.NewRequest([32]byte{}, "", bytes.NewReader(nil)); err == nil {
		t.Error("a request without a nonce")
	}
}

// FuzzVerify: whatever an authority answers ends in an error or a stamp.
func FuzzVerify(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x00})
	f.Add([]byte{0x30, 0x80, 0x30, 0x80, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, answer []byte) {
		s, err := timestamp.Verify(answer, [32]byte{}, nil, "")
		if (s == nil) == (err == nil) {
			t.Errorf("%v, %v", s, err)
		}
	})
}
