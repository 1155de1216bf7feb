package arriving

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/people"
	"carat/jobs/serve/provider"
	"carat/jobs/serve/web"
	"carat/pipeline"
)

// Where the way to the provider begins, and where it leads back to.
const (
	Path     = "/sign-in/provider"
	PathBack = Path + "/back"
)

// ProofProvider is how somebody proved who they are who signed in so.
const ProofProvider = "provider"

// Shown is what the page of signing in says.
type Shown struct {
	Wrong string // why nobody was let in; "": nothing was
	From  string // the page that was asked for
	Back  *Back  // what was brought back, to be sent on; nil: nothing was
	Asked bool   // a link was asked for by mail
	Link  string // the secret of a link that was followed; "": none was
}

// Back is what a browser was led back with.
type Back struct{ State, Code, Refused, Issuer string }

// Options say whose door it is.
type Options struct {
	books.Setting        // of whoever runs the server, whose key says who signed in
	Server        string // where people reach the pages
	Clock         func() time.Time
	Log           *slog.Logger
	Site          func() *web.Site
	// Head gives the end of the chain of records.
	Head func(r *http.Request) (record int64, sha256 string, err error)
	Show func(w http.ResponseWriter, r *http.Request, status int, shown Shown)
}

// Door lets in who signs in by a provider, and creators by a link that is mailed.
type Door struct {
	Options
	provider *provider.Provider // nil: carat.yaml names none
	links    *links
}

// New makes a door.
func New(o Options) *Door {
	d := &Door{Options: o, links: newLinks()}
	if c := o.Config.Auth.OIDC; c.Issuer != "" {
		d.provider = provider.New(provider.Settings{Issuer: c.Issuer, ClientID: c.ClientID, Secret: c.Secret.Reveal(), GroupsClaim: c.GroupsClaim, Scopes: c.Scopes, Allow: c.Allow,
			Back: strings.TrimSuffix(o.Server, "/") + PathBack, Clock: o.Clock})
	}
	return d
}

// Mails says whether links can be mailed.
func (d *Door) Mails() bool { return d.Config.Auth.On && d.Config.Mail.Server != "" }

// Close waits for the letters that are being written.
func (d *Door) Close() { d.links.wait.Wait() }

// Routes adds the door's addresses.
func (d *Door) Routes(mux *http.ServeMux) {
	if d.provider != nil {
		mux.HandleFunc("GET "+Path, d.leave)
		mux.HandleFunc("GET "+PathBack, d.comeBack)
		mux.HandleFunc("POST "+PathBack, d.arrive)
	}
	if d.Mails() {
		mux.HandleFunc("POST "+pathMail, d.ask)
		mux.HandleFunc("GET "+pathMail+"/{secret}", d.followed)
		mux.HandleFunc("POST "+pathOpen, d.open)
	}
}

// setting is what a job is given that the server does for somebody who has not signed in.
func (d *Door) setting(r *http.Request) books.Setting {
	s := d.Setting
	s.Now, s.Clock, s.Progress = d.Clock(), d.Clock, nil
	s.Arguments = []string{"serve", r.Method, Path}
	return s
}

// leave leads to the provider. It is a link and no form, since a form's answer may not lead
// to another site.
func (d *Door) leave(w http.ResponseWriter, r *http.Request) {
	from := web.OwnPath(r.URL.Query().Get("from"))
	to, err := d.provider.Begin(r.Context(), web.Token(r.Context()), d.Site().Network(r), from)
	if err != nil {
		d.refuse(w, r, from, err)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// comeBack shows what was brought back as a form that is sent on: looking at an address
// signs nobody in.
func (d *Door) comeBack(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	d.Show(w, r, http.StatusOK, Shown{Back: &Back{State: q.Get("state"), Code: q.Get("code"), Refused: q.Get("error"), Issuer: q.Get("iss")}})
}

// arrive begins a session for whom the provider says it is.
func (d *Door) arrive(w http.ResponseWriter, r *http.Request) {
	now, network := d.Clock(), "network "+d.Site().Network(r)
	if d.wait(w, r, now, network) {
		return
	}
	said, err := d.provider.End(r.Context(), provider.Back{Browser: web.Token(r.Context()), State: r.PostFormValue("state"), Code: r.PostFormValue("code"), Refused: r.PostFormValue("error"), Issuer: r.PostFormValue("iss")})
	if err != nil {
		if f, ok := errors.AsType[*provider.Failure](err); !ok || f.What != provider.Down {
			d.Site().Throttle.Failed(now, network)
		}
		d.refuse(w, r, "", err)
		return
	}
	account := "provider's " + said.Subject
	if d.wait(w, r, now, account) {
		return
	}
	seen, err := people.SignedIn(r.Context(), people.SeenOptions{Setting: d.setting(r), Issuer: said.Issuer, Subject: said.Subject, Groups: said.Groups})
	if err == nil {
		err = d.begin(w, r, seen)
	}
	if err != nil {
		d.Site().Throttle.Failed(now, account)
		if errors.Is(err, people.ErrUnknown) {
			err = &Unknown{Subject: said.Subject}
		}
		d.refuse(w, r, said.From, err)
		return
	}
	d.Site().Throttle.Passed(account)
	to := said.From
	if to == "" {
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// Unknown is the error of somebody whom the provider knows, and nobody has said who that is
// here. They are told what an administrator needs.
type Unknown struct{ Subject string }

func (u *Unknown) Error() string {
	quoted := u.Subject
	if strings.ContainsFunc(quoted, func(r rune) bool { return !strings.ContainsRune(harmless, r) }) {
		quoted = "'" + strings.ReplaceAll(quoted, "'", `'\''`) + "'" // it is typed where it could be a command
	}
	return "The provider knows you, and carat doesn't know who you are here. Tell an administrator of carat that the provider calls you " + u.Subject + "; they run `carat users link NAME " + quoted + "`."
}

// harmless are the letters that a shell takes as they are.
const harmless = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:@-"

func (d *Door) begin(w http.ResponseWriter, r *http.Request, seen people.Seen) error {
	no, sum, err := d.Head(r)
	if err == nil {
		d.Site().SignIn(w, r, web.Session{Person: seen.Person, Proof: ProofProvider, Credential: seen.Link, Record: no, RecordSHA256: sum})
	}
	return err
}

// wait tells whoever failed too often to wait.
func (d *Door) wait(w http.ResponseWriter, r *http.Request, now time.Time, name string) bool {
	wait := d.Site().Throttle.Wait(now, name)
	if wait <= 0 {
		return false
	}
	seconds := int(wait.Seconds()) + 1
	w.Header().Set("Retry-After", fmt.Sprint(seconds))
	d.Show(w, r, http.StatusTooManyRequests, Shown{Wrong: fmt.Sprintf("Too many tries: wait %d seconds, then begin again.", seconds)})
	return true
}

// refuse says why nobody was let in.
func (d *Door) refuse(w http.ResponseWriter, r *http.Request, from string, err error) {
	status, says := http.StatusForbidden, ""
	if f, ok := errors.AsType[*provider.Failure](err); ok {
		says = f.Says
		if f.What == provider.Down {
			status = http.StatusBadGateway
		}
		if f.Cause != nil {
			d.Log.Warn("a sign-in by the provider failed", "what", f.What, "error", f.Cause)
		}
	} else if none, ok := errors.AsType[*people.NoRole](err); ok {
		says = "The provider knows you, and here you are not let in: " + none.Says + ". Ask whoever runs the provider, or an administrator of carat."
	} else if unknown, ok := errors.AsType[*Unknown](err); ok {
		says = unknown.Error()
	} else if known, ok := errors.AsType[*pipeline.Error](err); ok && known.Kind == pipeline.KindBusy {
		status, says = http.StatusServiceUnavailable, "carat is writing just now. Begin again in a moment."
	} else {
		d.Log.Error("a sign-in by the provider failed", "error", err)
		status, says = http.StatusInternalServerError, "You were not let in; what happened is in carat's log. You can still sign in with a key."
	}
	d.Show(w, r, status, Shown{Wrong: says, From: from})
}
