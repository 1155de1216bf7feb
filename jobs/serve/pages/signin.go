package pages

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"carat/jobs/names"
	"carat/jobs/serve/arriving"
	"carat/jobs/serve/signing"
	"carat/jobs/serve/web"
	"carat/pipeline/identity"
	"carat/reports/pages/site"
)

// signingIn is what the page of signing in shows.
type signingIn struct {
	Authenticated bool // people sign with keys; else with the printed link
	signing.Challenge
	Text  string // to be signed; "": the name is asked first
	Seal  string // over the challenge, for this browser
	Wrong string // why the last try was none
	Lost  []lost // what was typed into a form whose session had ended
	From  string // the page that was asked for
	// Provider is where somebody can sign in without a key; "": nowhere. Mail says that
	// creators can by a link.
	Provider string
	Mail     bool
	Arrival  arriving.Shown
}

// lost is a field of a form that could not be taken.
type lost struct{ Name, Text string }

// notSignedIn leads to the page of signing in. What was typed into a form is shown
// there, so that nothing of it is lost.
func (p *Pages) notSignedIn(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		to := "/sign-in"
		if r.URL.Path != "/" {
			to += "?" + url.Values{"from": {r.URL.RequestURI()}}.Encode()
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	data := signingIn{Wrong: "Your session has ended. What you typed is below: copy it, sign in, and send it again."}
	for name, values := range r.PostForm {
		if text := strings.Join(values, "\n"); name != web.TokenField && text != "" {
			data.Lost = append(data.Lost, lost{name, text})
		}
	}
	slices.SortFunc(data.Lost, func(a, b lost) int { return strings.Compare(a.Name, b.Name) })
	p.showSignIn(w, r, http.StatusUnauthorized, data)
}

func (p *Pages) showSignIn(w http.ResponseWriter, r *http.Request, status int, data signingIn) {
	st, err := p.standingOf(r.Context(), p.settingOf("", r), nil)
	if err != nil {
		p.Log.Error("who may sign in can't be read", "error", err)
		web.Refuse(w, http.StatusInternalServerError, "who may sign in can't be read; what happened is in carat's log")
		return
	}
	data.Authenticated = st.people != nil && st.people.On
	if issuer := p.Config.Auth.OIDC.Issuer; st.people != nil && st.people.Provides(issuer) {
		u, _ := url.Parse(issuer) // which was judged
		data.Provider = u.Host
	}
	data.Mail = data.Authenticated && p.arrivals.Mails()
	p.write(w, status, "signin", site.Frame{Title: "Sign in", Token: web.Token(r.Context()), Zone: p.Config.Zone, Scripted: data.Arrival.Back != nil}, data)
}

// signInPage asks for the name, then shows what that person is to sign.
func (p *Pages) signInPage(w http.ResponseWriter, r *http.Request) {
	data := signingIn{From: web.OwnPath(r.URL.Query().Get("from"))}
	if name := strings.TrimSpace(r.URL.Query().Get("person")); name != "" {
		person, err := names.User(name)
		if err != nil {
			data.Wrong = "That is no name of a user: letters, digits and _ . @ - +"
			p.showSignIn(w, r, http.StatusBadRequest, data)
			return
		}
		st, err := p.standingOf(r.Context(), p.settingOf("", r), nil)
		if err == nil && st.people != nil && st.people.On {
			// Whoever asks is shown one, whether or not the person is known.
			data.Challenge = signing.NewChallenge(p.server, st.lake, person, p.Clock())
			data.Text, data.Seal = data.Challenge.Text(), data.Challenge.Seal(p.secret, web.Token(r.Context()))
		}
	}
	p.showSignIn(w, r, http.StatusOK, data)
}

// errSignature is what everybody is told whose try was none, whatever was wrong.
var errSignature = errors.New("that is no signature of this text by a key of that person")

// signIn judges a signed challenge.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) {
	now := p.Clock()
	d := signingIn{Challenge: signing.Challenge{Server: p.server, Person: r.PostFormValue("person"), Code: r.PostFormValue("code"), Until: r.PostFormValue("until")}, From: web.OwnPath(r.PostFormValue("from"))}
	if name, err := names.User(d.Person); err != nil || name != d.Person {
		d.Person = ""
	}
	account, network := "account "+d.Person, "network "+p.site.Network(r)
	st, err := p.standingOf(r.Context(), p.settingOf("", r), nil)
	d.Lake = st.lake
	if err == nil {
		err = p.proved(r, st, d, now)
	}
	// Who signs is let in, whoever else failed under that name or from that network: a signature can't be guessed.
	if wait := p.site.Throttle.Wait(now, account, network); err != nil && wait > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
		d.Wrong = fmt.Sprintf("Too many tries: wait %d seconds, then ask again.", int(wait.Seconds())+1)
		p.showSignIn(w, r, http.StatusTooManyRequests, signingIn{Wrong: d.Wrong, From: d.From})
		return
	}
	if err != nil {
		p.site.Throttle.Failed(now, account, network)
		p.showSignIn(w, r, http.StatusForbidden, signingIn{Wrong: "That is no signature of this text by a key of that person. Ask again.", From: d.From})
		return
	}
	key, _ := identity.Verify([]byte(d.Challenge.Text()), signing.Clean(r.PostFormValue("signature")))
	p.site.Throttle.Passed(account)
	p.site.SignIn(w, r, web.Session{Person: d.Person, Proof: proofKey, Credential: key.Fingerprint(), Record: st.head, RecordSHA256: st.sha256})
	if d.From == "" {
		d.From = "/"
	}
	http.Redirect(w, r, d.From, http.StatusSeeOther)
}

// proved says whether a challenge of this server, for this browser, not used before
// and not too old, was signed by a key of the person.
func (p *Pages) proved(r *http.Request, st standing, d signingIn, now time.Time) error {
	seal := d.Challenge.Seal(p.secret, web.Token(r.Context()))
	until, err := time.Parse(time.RFC3339, d.Until)
	switch {
	case err != nil, subtle.ConstantTimeCompare([]byte(seal), []byte(r.PostFormValue("seal"))) != 1, now.After(until), st.people == nil || !st.people.On:
		return errSignature
	}
	key, err := identity.Verify([]byte(d.Challenge.Text()), signing.Clean(r.PostFormValue("signature")))
	if err != nil {
		return err
	}
	for _, c := range st.people.KeysOf(d.Person) {
		if c.Key.Same(key) && !ended(c, now) {
			if !p.used.Take(d.Code, until, now) {
				return errSignature
			}
			return nil
		}
	}
	return errSignature
}

// ended says whether a key has ended by itself: that of a recovered administrator does.
func ended(c *identity.Credential, now time.Time) bool {
	return !c.Until.IsZero() && now.After(c.Until)
}

// openPage shows the button that opens the pages where nobody is authenticated.
// Looking at it changes nothing.
func (p *Pages) openPage(w http.ResponseWriter, r *http.Request) {
	p.write(w, http.StatusOK, "open", site.Frame{Title: "Open", Token: web.Token(r.Context()), Zone: p.Config.Zone}, r.PathValue("key"))
}

// open opens the pages to whoever has the link that was printed at the start.
func (p *Pages) open(w http.ResponseWriter, r *http.Request) {
	now, network := p.Clock(), "network "+p.site.Network(r)
	st, err := p.standingOf(r.Context(), p.settingOf("", r), nil)
	if err != nil {
		p.Log.Error("the pages could not be opened", "error", err)
		web.Refuse(w, http.StatusInternalServerError, "the books can't be opened; what happened is in carat's log")
		return
	}
	sum, want := sha256.Sum256([]byte(r.PostFormValue("key"))), sha256.Sum256([]byte(p.Key))
	switch {
	case p.site.Throttle.Wait(now, network) > 0:
		p.showSignIn(w, r, http.StatusTooManyRequests, signingIn{Wrong: "Too many tries: wait a little, then open the link again."})
		return
	case p.Key == "", st.people != nil && st.people.On, subtle.ConstantTimeCompare(sum[:], want[:]) != 1:
		p.site.Throttle.Failed(now, network)
		p.showSignIn(w, r, http.StatusForbidden, signingIn{Wrong: "That is not the link that was printed at the start."})
		return
	}
	p.site.SignIn(w, r, web.Session{Person: p.By.User, Proof: proofLink, Record: st.head, RecordSHA256: st.sha256})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// door is where who signs in otherwise than by a key comes in.
func (p *Pages) door() *arriving.Door {
	return arriving.New(arriving.Options{Setting: p.Setting, Server: p.server, Clock: p.Clock, Log: p.Log, Site: func() *web.Site { return p.site },
		Head: func(r *http.Request) (int64, string, error) {
			st, err := p.standingOf(r.Context(), p.settingOf("", r), nil)
			return st.head, st.sha256, err
		},
		Show: func(w http.ResponseWriter, r *http.Request, status int, shown arriving.Shown) {
			p.showSignIn(w, r, status, signingIn{Wrong: shown.Wrong, From: shown.From, Arrival: shown})
		}})
}

func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) {
	p.site.SignOut(w, r)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
