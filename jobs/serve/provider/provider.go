package provider

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"carat/pipeline/source/reach"
)

// FlowTime is how long somebody may take at the provider.
const FlowTime = 10 * time.Minute

// Bounds on what is kept and read of a provider.
const (
	flowsMax    = 10_000           // askings that have not ended; past it the oldest end
	flowsOfOne  = 200              // of one network, which is an office at most
	callTime    = 15 * time.Second // of one call, with what it needs before
	answerBytes = 1 << 20          // of one answer of the provider
	knownTime   = 12 * time.Hour   // after which its addresses are asked for again
	groupsMax   = 1000             // that one person is in
	textBytes   = 255              // of a subject, and of a group
	askedBytes  = 4096             // of state and code, as a browser brings them
)

// clockSlack is how far the provider's clock and this one may differ.
const clockSlack = 2 * time.Minute

// Settings say which provider it is.
type Settings struct {
	Issuer, ClientID, Secret string
	GroupsClaim              string   // of the signed token: the groups that somebody is in
	Scopes                   []string // that are asked for besides openid
	Allow                    reach.Allow
	Roots                    *x509.CertPool // nil: those that the machine trusts
	Back                     string         // the address of the page to which the provider leads back
	Clock                    func() time.Time
}

// Provider is one that is asked.
type Provider struct {
	Settings
	client *http.Client

	mu    sync.Mutex
	found *oidc.Provider // what it said of itself; nil: it was not reached yet
	at    time.Time
	flows map[[sha256.Size]byte]flow
}

// flow is one asking, by the hash of its state.
type flow struct {
	browser, network, nonce, verifier, from string
	until                                   time.Time
}

// Said is what the provider says of who signed in.
type Said struct {
	Issuer, Subject string
	Groups          []string
	From            string // the page that was asked for before
}

// New makes a provider; it is called when somebody signs in, not before.
func New(s Settings) *Provider {
	client := reach.Client(reach.Options{Allow: s.Allow, Roots: s.Roots, Timeout: callTime, PlainHTTP: true})
	client.Transport, client.Timeout = bounded{client.Transport}, callTime
	return &Provider{Settings: s, client: client, flows: map[[sha256.Size]byte]flow{}}
}

// bounded reads no more of an answer than a provider has to say.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, answerBytes), answer.Body}
	}
	return answer, err
}

// What was wrong with a sign-in by a provider.
const (
	Down      = "down"      // it was not reached, or is none
	State     = "state"     // no asking of this browser's is open under that name
	Refused   = "refused"   // the provider says that it lets nobody in
	Code      = "code"      // it took the code for none
	Signature = "signature" // not signed by a key of the provider's
	Audience  = "audience"  // for another client
	Nonce     = "nonce"     // for another asking
	Expired   = "expired"   // too old by now
	Clock     = "clock"     // its clock and this one differ
	Claims    = "claims"    // it doesn't say who it is, or in which groups
)

// Failure is the error of a sign-in that was none. Error is for the person; Cause, which
// is for the log, may tell of the provider's network.
type Failure struct {
	What, Says string
	Cause      error
}

func (f *Failure) Error() string { return f.Says }
func (f *Failure) Unwrap() error { return f.Cause }

func failed(what string, cause error, format string, args ...any) error {
	return &Failure{What: what, Says: fmt.Sprintf(format, args...), Cause: cause}
}

// known gives what the provider says of itself, asked for when it is first needed and again
// from time to time.
func (p *Provider) known(ctx context.Context) (*oidc.Provider, error) {
	now := p.Clock()
	p.mu.Lock()
	found, at := p.found, p.at
	p.mu.Unlock()
	if found != nil && now.Sub(at) < knownTime && !now.Before(at) {
		return found, nil
	}
	found, err := oidc.NewProvider(oidc.ClientContext(ctx, p.client), p.Issuer)
	if err == nil {
		err = p.checkAddresses(found)
	}
	if err != nil {
		return nil, p.down(err)
	}
	p.mu.Lock()
	p.found, p.at = found, now
	p.mu.Unlock()
	return found, nil
}

// checkAddresses refuses a provider to which browsers, or the client's secret, would go
// without encryption.
func (p *Provider) checkAddresses(found *oidc.Provider) error {
	for _, text := range []string{found.Endpoint().AuthURL, found.Endpoint().TokenURL} {
		u, err := url.Parse(text)
		if err == nil {
			err = reach.CheckURL(u, p.Allow, true)
		}
		if err != nil {
			return fmt.Errorf("an address that it names: %w", err)
		}
	}
	return nil
}

func host(issuer string) string {
	if u, err := url.Parse(issuer); err == nil {
		return u.Host
	}
	return "that carat.yaml names"
}

func (p *Provider) oauth(found *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: p.Secret, Endpoint: found.Endpoint(), RedirectURL: p.Back, Scopes: append([]string{oidc.ScopeOpenID}, p.Scopes...)}
}

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // which never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Begin begins a sign-in in one browser, that a text of its own names, and gives the
// address of the provider's to which it goes. network is where the browser is, and from the
// page that was asked for.
func (p *Provider) Begin(ctx context.Context, browser, network, from string) (to string, err error) {
	if browser == "" {
		return "", failed(State, nil, "Your browser keeps no cookies, and without one nobody signs in. Let this site keep them.")
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	found, err := p.known(ctx)
	if err != nil {
		return "", err
	}
	state, one := random(), flow{browser: browser, network: network, nonce: random(), verifier: oauth2.GenerateVerifier(), from: from, until: p.Clock().Add(FlowTime)}
	p.keep(state, one)
	return p.oauth(found).AuthCodeURL(state, oidc.Nonce(one.nonce), oauth2.S256ChallengeOption(one.verifier)), nil
}

// keep remembers an asking, and ends the oldest where there are too many: of one network
// first, so that nobody ends those of others by asking again and again.
func (p *Provider) keep(state string, one flow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for hash, f := range p.flows {
		if p.Clock().After(f.until) {
			delete(p.flows, hash)
		}
	}
	p.bound(func(f flow) bool { return f.network == one.network }, flowsOfOne-1)
	p.bound(func(flow) bool { return true }, flowsMax-1)
	p.flows[sha256.Sum256([]byte(state))] = one
}

// bound ends the oldest of some askings until no more than most are left.
func (p *Provider) bound(of func(flow) bool, most int) {
	var hashes [][sha256.Size]byte
	for hash, f := range p.flows {
		if of(f) {
			hashes = append(hashes, hash)
		}
	}
	if len(hashes) <= most {
		return
	}
	slices.SortFunc(hashes, func(a, b [sha256.Size]byte) int { return p.flows[a].until.Compare(p.flows[b].until) })
	for _, hash := range hashes[:len(hashes)-most] {
		delete(p.flows, hash)
	}
}

// take gives the asking of a browser's that a state names, and ends it.
func (p *Provider) take(state, browser string) (one flow, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hash := sha256.Sum256([]byte(state))
	one, there := p.flows[hash]
	if !there || browser == "" || subtle.ConstantTimeCompare([]byte(one.browser), []byte(browser)) != 1 || p.Clock().After(one.until) {
		// Another browser's asking stays open: whoever learned its name can't end it.
		return flow{}, failed(State, nil, "This sign-in was begun in another browser, was used already, or took longer than %d minutes. Begin again.", int(FlowTime.Minutes()))
	}
	delete(p.flows, hash)
	return one, nil
}

// Back is what a browser brings back from the provider.
type Back struct{ Browser, State, Code, Refused, Issuer string }

// End ends a sign-in: it gives what the provider says of who it was. Any other error than a
// Failure is carat's own.
func (p *Provider) End(ctx context.Context, b Back) (said Said, err error) {
	if len(b.State) > askedBytes || len(b.Code) > askedBytes {
		return said, failed(State, nil, "What was brought back is no provider's. Begin again.")
	}
	one, err := p.take(b.State, b.Browser)
	switch {
	case err != nil:
		return said, err
	case b.Issuer != "" && b.Issuer != p.Issuer:
		return said, failed(State, nil, "Another provider has answered than was asked. Begin again.")
	case b.Refused != "":
		return said, failed(Refused, nil, "The provider lets you in nowhere from here: it says %s. Ask whoever runs it.", errorCode(b.Refused))
	case b.Code == "":
		return said, failed(Code, nil, "The provider gave no code. Begin again.")
	}
	calls := &watched{RoundTripper: p.client.Transport}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, &http.Client{Transport: calls, CheckRedirect: p.client.CheckRedirect, Timeout: callTime}), callTime)
	defer cancel()
	found, err := p.known(ctx)
	if err != nil {
		return said, err
	}
	token, err := p.oauth(found).Exchange(ctx, b.Code, oauth2.VerifierOption(one.verifier))
	if err != nil {
		if _, answered := errors.AsType[*oauth2.RetrieveError](err); answered && calls.failed == nil {
			return said, failed(Code, err, "The provider took its own code for none. Begin again; if it stays so, carat's log says what it answered.")
		}
		return said, p.down(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" || len(raw) > answerBytes {
		return said, failed(Claims, nil, "The provider signed nothing that says who you are. It must know carat as a client of OpenID Connect (scope openid).")
	}
	if said, err = p.judge(ctx, found, raw, one); err == nil {
		said.From = one.from
	} else if calls.failed != nil { // its keys could not be read
		err = p.down(calls.failed)
	}
	return said, err
}

func (p *Provider) down(cause error) error {
	return failed(Down, cause, "The provider %s doesn't answer as one does. Try again in a while, or sign in with a key; carat's log says what it answered.", host(p.Issuer))
}

// watched remembers that a call failed, which whoever made it doesn't tell.
type watched struct {
	http.RoundTripper
	failed error
}

func (w *watched) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := w.RoundTripper.RoundTrip(r)
	switch {
	case err != nil:
		w.failed = err
	case answer.StatusCode >= http.StatusInternalServerError:
		w.failed = fmt.Errorf("it answered %s", answer.Status)
	}
	return answer, err
}

// errorCode is the code that a provider's refusal has, if it is one.
func errorCode(text string) string {
	other := func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }
	if len(text) > 50 || strings.ContainsFunc(text, other) {
		return "no more"
	}
	return text
}

// judge reads what the provider signed.
func (p *Provider) judge(ctx context.Context, found *oidc.Provider, raw string, one flow) (said Said, err error) {
	token, err := found.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, SkipClientIDCheck: true, SkipExpiryCheck: true}).Verify(ctx, raw)
	if err != nil {
		return said, failed(Signature, err, "What the provider says is not signed by a key of its own, or names another issuer than %s. Nobody was signed in; tell whoever runs carat.", p.Issuer)
	}
	var claims struct {
		For    *string     `json:"azp"`
		NotYet json.Number `json:"nbf"`
	}
	all := map[string]any{}
	if err := errors.Join(token.Claims(&claims), token.Claims(&all)); err != nil {
		return said, failed(Claims, err, "What the provider signed can't be read.")
	}
	switch {
	case !slices.Contains(token.Audience, p.ClientID), len(token.Audience) > 1 && claims.For == nil, claims.For != nil && *claims.For != p.ClientID:
		return said, failed(Audience, nil, "What the provider signed is for another program than carat. carat.yaml's auth.oidc.client_id must be what the provider calls carat.")
	case subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(one.nonce)) != 1:
		return said, failed(Nonce, nil, "What the provider signed is the answer to another sign-in. Begin again.")
	}
	if err := p.judgeTime(token, claims.NotYet); err != nil {
		return said, err
	}
	if !plain(token.Subject) {
		return said, failed(Claims, nil, "The provider doesn't say who you are in a way that carat can keep.")
	}
	groups, err := groupsOf(all[p.GroupsClaim], p.GroupsClaim)
	if err != nil {
		return said, err
	}
	return Said{Issuer: p.Issuer, Subject: token.Subject, Groups: groups}, nil
}

// judgeTime looks at when the provider signed: it has just done so.
func (p *Provider) judgeTime(token *oidc.IDToken, notYet json.Number) error {
	now := p.Clock()
	before, late := token.IssuedAt, token.Expiry
	if notYet != "" {
		seconds, err := strconv.ParseInt(strings.Split(notYet.String(), ".")[0], 10, 64)
		if err != nil {
			return failed(Claims, err, "The provider doesn't say since when its word holds.")
		}
		if at := time.Unix(seconds, 0); at.After(before) {
			before = at
		}
	}
	clocks := func() string {
		return fmt.Sprintf("it signed at %s, and here it is %s (UTC)", token.IssuedAt.UTC().Format("15:04:05 on 2 January 2006"), now.UTC().Format("15:04:05 on 2 January 2006"))
	}
	switch {
	case token.IssuedAt.Unix() <= 0 || late.Unix() <= 0:
		return failed(Claims, nil, "The provider doesn't say since when and until when its word holds.")
	case before.After(now.Add(clockSlack)):
		return failed(Clock, nil, "The provider's clock and carat's differ: %s. Put the wrong one right.", clocks())
	case now.After(late.Add(clockSlack)):
		return failed(Expired, nil, "The provider's word has ended by now: %s. Begin again; if it stays so, one of the two clocks is wrong.", clocks())
	case now.Sub(token.IssuedAt) > FlowTime+clockSlack:
		return failed(Expired, nil, "The provider's word is too old: %s. Begin again; if it stays so, one of the two clocks is wrong.", clocks())
	}
	return nil
}

// groupsOf reads the claim of groups: a list of texts, or one text.
func groupsOf(claim any, name string) (groups []string, err error) {
	switch v := claim.(type) {
	case string:
		groups = []string{v}
	case []any:
		for _, one := range v {
			text, ok := one.(string)
			if !ok {
				return nil, failed(Claims, nil, "The provider's claim %q is no list of groups.", name)
			}
			groups = append(groups, text)
		}
	case nil:
		return nil, failed(Claims, nil, "The provider doesn't say in which groups you are: it has to put the claim %q into the token that it signs.", name)
	default:
		return nil, failed(Claims, nil, "The provider's claim %q is no list of groups.", name)
	}
	if len(groups) > groupsMax {
		return nil, failed(Claims, nil, "The provider says more than %d groups of you; it has to say only those that carat asks for.", groupsMax)
	}
	slices.Sort(groups)
	return slices.DeleteFunc(slices.Compact(groups), func(g string) bool { return !plain(g) }), nil // what carat.yaml can't name is no group of its
}

// plain says whether a text can be kept: short, and nothing in it that isn't seen.
func plain(text string) bool {
	return text != "" && len(text) <= textBytes && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar })
}
