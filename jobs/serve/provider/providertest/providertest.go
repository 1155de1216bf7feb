// Package providertest is a provider of OpenID Connect for tests: it signs real tokens,
// wants the client's secret and PKCE, takes each code once, and can be wrong in every way
// that a test asks for. It imports nothing of carat.
package providertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// The client that the provider knows.
const (
	ClientID = "carat-test"
	Secret   = "s3cret-of-the-client"
)

// Provider is a provider that runs as long as its test.
type Provider struct {
	t      testing.TB
	server *httptest.Server
	key    *ecdsa.PrivateKey

	mu    sync.Mutex
	codes map[string]url.Values // what each was asked for with

	// Subject and Groups are who signs in next.
	Subject string
	Groups  []string
	// Clock is the provider's.
	Clock func() time.Time
	// Twist changes the claims before they are signed; nil: nothing does.
	Twist func(claims map[string]any)
	// SignWith signs in the place of the key that the provider shows; nil: that one.
	SignWith *ecdsa.PrivateKey
	// Broken are the paths that answer with an error.
	Broken map[string]bool
}

// New starts a provider with a clock.
func New(t testing.TB, clock func() time.Time) *Provider {
	t.Helper()
	p := &Provider{t: t, key: Key(t), codes: map[string]url.Values{}, Clock: clock, Subject: "user-1", Broken: map[string]bool{}}
	p.server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.server.Close)
	return p
}

// Key makes a key.
func Key(t testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Issuer is the provider's name, and where it is.
func (p *Provider) Issuer() string { return p.server.URL }

// Stop ends the provider.
func (p *Provider) Stop() { p.server.Close() }

func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	if p.Broken[r.URL.Path] {
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		p.write(w, map[string]any{"issuer": p.Issuer(), "authorization_endpoint": p.Issuer() + "/authorize", "token_endpoint": p.Issuer() + "/token", "jwks_uri": p.Issuer() + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256"}, "response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}})
	case "/keys":
		p.write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	case "/authorize":
		p.authorize(w, r)
	case "/token":
		p.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) write(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(what); err != nil {
		p.t.Error(err)
	}
}

func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("nonce") == "" || !strings.Contains(" "+q.Get("scope")+" ", " openid ") {
		http.Error(w, "that is no asking of the client's", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = q
	p.mu.Unlock()
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"state": {q.Get("state")}, "code": {code}}.Encode(), http.StatusSeeOther)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	p.mu.Lock()
	asked := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if id != ClientID || secret != Secret || asked == nil || asked.Get("redirect_uri") != r.PostFormValue("redirect_uri") || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(sum[:]) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		return
	}
	now := p.Clock()
	claims := map[string]any{"iss": p.Issuer(), "sub": p.Subject, "aud": ClientID, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": asked.Get("nonce"), "groups": p.Groups}
	if p.Twist != nil {
		p.Twist(claims)
	}
	p.write(w, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 300, "id_token": p.sign(claims)})
}

func (p *Provider) sign(claims map[string]any) string {
	var key crypto.Signer = p.key
	if p.SignWith != nil {
		key = p.SignWith
	}
	text, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", "1"))
	if err != nil {
		p.t.Error(err)
		return ""
	}
	signed, err := s.Sign(text)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	compact, err := signed.CompactSerialize()
	if err != nil {
		p.t.Error(err)
	}
	return compact
}

// Back is what the provider leads a browser back with.
type Back struct{ State, Code string }

// Walk is a browser that goes where it was led to, and is led back.
func (p *Provider) Walk(to string) Back {
	p.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(to)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	u, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || answer.StatusCode != http.StatusSeeOther {
		p.t.Fatalf("the provider answered %s %v", answer.Status, err)
	}
	return Back{State: u.Query().Get("state"), Code: u.Query().Get("code")}
}
