package pages

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/serve/api"
	"carat/jobs/serve/arriving"
	"carat/jobs/serve/creators"
	"carat/jobs/serve/kept"
	"carat/jobs/serve/reading"
	"carat/jobs/serve/room"
	"carat/jobs/serve/signing"
	"carat/jobs/serve/talking"
	"carat/jobs/serve/uploads"
	"carat/jobs/serve/views"
	"carat/jobs/serve/web"
	"carat/jobs/serve/work"
	"carat/pipeline"
	"carat/reports/pages/site"
)

// workTime is how long a page may take to be made.
const workTime = 60 * time.Second

// Options say what the pages are of.
type Options struct {
	books.Setting       // of whoever started the server: By is who that is
	SQL           fs.FS // the models
	Clock         func() time.Time
	// Key opens the pages where nobody is authenticated: it is part of the link that
	// is printed at the start.
	Key string
	Log *slog.Logger
}

// Pages answers the requests of browsers.
type Pages struct {
	Options
	site    *web.Site
	server  string // where people reach it, as they are told to sign
	secret  []byte // of challenges, of this start of the server
	kept    kept.Shelf
	used    signing.Used
	desk    exceptions.Desk
	work    *work.Queue
	streams work.Streams
	brought uploads.Store

	arrivals *arriving.Door
}

// New makes the pages within their site; end gives back what they hold.
func New(o Options, where web.Options) (site *web.Site, end func() error) {
	p := &Pages{Options: o, secret: []byte(web.Random()), server: "http://" + where.Listen.String()}
	if where.URL != nil {
		p.server = where.URL.String()
	}
	p.work = work.New(o.Clock)
	where.Upload, where.Attach = uploadPath, talking.BytesAt
	throttle := web.NewThrottle() // who guesses tokens keeps nobody from signing in
	where.API = api.New(api.Options{Setting: p.Setting, SQL: p.SQL, Clock: p.Clock, Log: p.Log, Throttle: throttle, Server: p.server, Network: func(r *http.Request) string { return p.site.Network(r) }})
	where.APIRefuse = api.Refuse
	p.arrivals = p.door()
	p.site = web.New(where, p.routes())
	return p.site, func() error {
		p.work.Close()
		p.arrivals.Close()
		return errors.Join(p.brought.Close(), p.desk.Close())
	}
}

// places are the pages of the navigation, each with the right without which it isn't
// shown.
var places = []struct {
	site.Place
	Right books.Right
}{
	{site.Place{Path: "/months", Name: "Months"}, books.RightStatus},
	{site.Place{Path: "/exceptions", Name: "Exceptions"}, books.RightExceptions},
	{site.Place{Path: "/files", Name: "Files"}, books.RightTrace},
	creators.Places[0],
	creators.Places[1],
	creators.Places[2],
	{site.Place{Path: "/runs", Name: "Runs"}, books.RightRuns},
	{site.Place{Path: "/trace", Name: "Trace"}, books.RightTrace},
	{site.Place{Path: "/query", Name: "Query"}, books.RightQuery},
	{site.Place{Path: "/history", Name: "History"}, books.RightEvidence},
}

// route is a page by its address.
type route struct {
	pattern string // as net/http's ServeMux reads it
	here    string // the entry of the navigation that it belongs to
	do      func(*visit) (*answer, error)
}

// table is every page that somebody who has signed in asks for.
func (p *Pages) table() []route {
	list := []route{
		{"GET /{$}", "", p.begin},
		{"GET /months", "/months", p.months},
		{"GET /months/{period}", "/months", p.month},
		{"GET /months/{period}/sign-off", "/months", p.signOff},
		{"POST /months/{period}/sign-off", "/months", p.sign},
		{"GET /work/{id}", "/runs", p.workPage},
		{"GET /months/{period}/{section}", "/months", p.section},
		{"GET /exceptions", "/exceptions", p.exceptions},
		{"GET /exceptions.csv", "/exceptions", p.exceptionsFile},
		{"GET /exceptions/decide", "/exceptions", p.bulk},
		{"POST /exceptions/decide", "/exceptions", p.decideBulk},
		{"GET /exceptions/{id}", "/exceptions", p.exception},
		{"POST /exceptions/{id}/decide", "/exceptions", p.decide},
		{"GET " + uploadPath, "/files", p.uploadPage},
		{"POST " + uploadPath, "/files", p.upload},
		{"POST " + uploadPath + "/{id}", "/files", p.takeIn},
		{"GET /files", "/files", p.files},
		{"GET /files/{batch}", "/files", p.batch},
		{"GET /runs", "/runs", p.runs},
		{"GET /runs/{id}", "/runs", p.run},
		{"GET /trace", "/trace", p.trace},
		{"GET /query", "/query", p.query},
		{"POST /query", "/query", p.query},
		{"GET /history", "/history", p.history},
		{"GET /history/accesses", "/history", p.accesses},
		{"GET /history/{record}", "/history", p.record},
	}
	for _, one := range slices.Concat(creators.Routes, reading.Routes, talking.Routes, views.Routes) {
		list = append(list, route{one.Pattern, one.Here, p.lent(one.Do)})
	}
	return list
}

// lent lets a page of another room be asked for as one of these.
func (p *Pages) lent(do func(*room.Visit) (*room.Answer, error)) func(*visit) (*answer, error) {
	return func(v *visit) (*answer, error) {
		a, err := do(&room.Visit{Setting: v.Setting, Ctx: v.ctx, R: v.r, SQL: p.SQL, Limit: v.limit, May: v.may, Links: v.links, Server: p.server})
		if err != nil {
			return nil, err
		}
		of := &answer{template: a.Template, title: a.Title, trail: a.Trail, data: a.Data, to: a.To, status: a.Status}
		if f := a.File; f != nil {
			of.file = &file{name: f.Name, kind: f.Kind, content: f.Content}
		}
		return of, nil
	}
}

func (p *Pages) routes() http.Handler {
	mux := http.NewServeMux()
	for _, a := range site.Assets {
		mux.HandleFunc("GET "+a.Path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", a.Type)
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.Content))
		})
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { web.Refuse(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) {
		web.Refuse(w, http.StatusNotFound, "there is none") // which browsers ask for unasked
	})
	mux.HandleFunc("GET /sign-in", p.signInPage)
	mux.HandleFunc("POST /sign-in", p.signIn)
	p.arrivals.Routes(mux)
	mux.HandleFunc("GET /open/{key}", p.openPage)
	mux.HandleFunc("POST /open", p.open)
	mux.HandleFunc("POST /sign-out", p.signOut)
	mux.HandleFunc("GET /work/{id}/events", p.workEvents)
	for _, one := range p.table() {
		mux.HandleFunc(one.pattern, p.page(one.here, one.do))
	}
	mux.HandleFunc("/", p.page("", func(*visit) (*answer, error) {
		return nil, pipeline.Errorf(pipeline.KindNotFound, "find", "the page", "there is none at this address")
	}))
	return mux
}

// answer is a page as its template reads it.
type answer struct {
	template string
	title    string
	trail    []site.Place
	data     any
	to       string // another page, instead
	status   int    // 0: all is well
	live     bool   // it is asked for again while something runs
	file     *file  // instead of a page
}

// file is something to be kept, not shown: it goes to the browser's downloads.
type file struct {
	name, kind string
	content    []byte
}

// visit is one request of somebody who has signed in.
type visit struct {
	books.Setting
	ctx      context.Context
	r        *http.Request
	session  *web.Session
	standing standing
	limit    int // of rows on a page
}

// may says whether the one who asks has a right.
func (v *visit) may(right books.Right) bool { return v.standing.grants.Allow(v.By, right) }

// rowsOnPage is how many rows of a long list a page shows.
const rowsOnPage = 50

// page makes a page for whoever has signed in.
func (p *Pages) page(here string, do func(*visit) (*answer, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session := web.SessionOf(r.Context())
		if session == nil {
			p.notSignedIn(w, r)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), workTime)
		defer cancel()
		v := &visit{ctx: ctx, r: r, session: session, limit: rowsOnPage, Setting: p.settingOf(session.Person, r)}
		var err error
		if r.Method == http.MethodGet && books.WantLake(v.Setting) == nil { // what it reads is opened once
			if v.Lent, err = books.Open(ctx, v.Setting); err != nil {
				p.failed(w, here, v, err)
				return
			}
			defer func() { _ = v.Lent.Close() }()
		}
		v.standing, err = p.standingOf(ctx, v.Setting, session)
		var a *answer
		if v.vouched() {
			v.Vouch = p.Signer
		}
		if err == nil {
			a, err = do(v)
		}
		if errors.Is(err, errEnded) {
			p.site.Sessions.EndOf(session.Person)
			p.notSignedIn(w, r)
			return
		}
		if err != nil {
			p.failed(w, here, v, err)
			return
		}
		if a.to != "" {
			http.Redirect(w, r, a.to, http.StatusSeeOther)
			return
		}
		if a.file != nil {
			w.Header().Set("Content-Type", a.file.kind)
			w.Header().Set("Content-Disposition", room.Download(a.file.name))
			w.Header().Set("Content-Security-Policy", web.FilePolicy)
			_, _ = w.Write(a.file.content)
			return
		}
		f := v.frame(here)
		f.Title, f.Trail, f.Live = a.title, a.trail, a.live
		p.write(w, cmp.Or(a.status, http.StatusOK), a.template, f, a.data)
	}
}

// settingOf is what a job is given that somebody asks for by a page.
func (p *Pages) settingOf(person string, r *http.Request) books.Setting {
	s := p.Setting
	s.Now, s.Clock, s.Progress = p.Clock(), p.Clock, nil
	s.By = books.Actor{User: person, OSUser: p.By.OSUser}
	s.Arguments = []string{"serve", r.Method, r.URL.Path}
	s.Signer, s.Vouch = nil, nil // the server holds nobody's key
	return s
}

func (v *visit) frame(here string) site.Frame {
	f := site.Frame{Here: here, Person: v.By.User, Roles: v.standing.grants.RolesOf(v.By.User), Proof: v.session.Proof, Token: web.Token(v.r.Context()), Zone: v.Config.Zone}
	for _, one := range places {
		if v.may(one.Right) {
			f.Places = append(f.Places, one.Place)
		}
	}
	if reading.May(v.may) {
		f.Places = append(f.Places, reading.Place)
	}
	return f
}

func (p *Pages) write(w http.ResponseWriter, status int, template string, f site.Frame, data any) {
	b, err := site.Render(template, f, data)
	if err != nil {
		p.Log.Error("a page could not be laid out", "error", err)
		web.Refuse(w, http.StatusInternalServerError, "the page failed; what happened is in carat's log")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// failure is what a page says of an error.
type failure struct{ Heading, Says, Hint string }

// failed tells why there is no page. What only carat's makers can do something about
// is in the log.
func (p *Pages) failed(w http.ResponseWriter, here string, v *visit, err error) {
	f := v.frame(here)
	status, told := http.StatusInternalServerError, failure{Heading: "The page failed", Says: "What happened is in carat's log."}
	var e *pipeline.Error
	if errors.As(err, &e) && e.Kind != pipeline.KindInternal {
		told.Hint = e.Hint
		said := *e
		said.Hint = ""
		told.Says = said.Error()
		status, told.Heading = statusOf(e)
		if status == http.StatusForbidden && slices.Equal(v.standing.grants.RolesOf(v.By.User), []string{books.RoleCreator}) {
			// What is the staff's, and whether it is there, is nothing to a creator.
			status, told = http.StatusNotFound, failure{Heading: "There is nothing here", Says: "There is no page at this address."}
		}
	} else {
		p.Log.Error("a page failed", "path", v.r.URL.Path, "error", err)
	}
	f.Title = told.Heading
	p.write(w, status, "failed", f, told)
}

func statusOf(e *pipeline.Error) (status int, heading string) {
	switch {
	case pipeline.IsRefused(e):
		return http.StatusForbidden, "You have no right to this page"
	case e.Misnamed, e.Kind == pipeline.KindNotFound:
		return http.StatusNotFound, "There is nothing here"
	case e.Kind == pipeline.KindBusy:
		return http.StatusServiceUnavailable, "A run is writing"
	case e.Kind == pipeline.KindBlocked, e.Kind == pipeline.KindLocked:
		return http.StatusConflict, "That is not possible now"
	case e.Kind == pipeline.KindVerification:
		return http.StatusConflict, "The history does not verify"
	}
	return http.StatusBadRequest, "That can't be asked so"
}

// begin leads to the first page that the one who asks may see.
func (p *Pages) begin(v *visit) (*answer, error) {
	for _, one := range places {
		if v.may(one.Right) {
			return &answer{to: one.Path}, nil
		}
	}
	return nil, v.standing.grants.May(v.By, books.RightStatus)
}

// text gives a value of the address, without what can't be meant.
func (v *visit) text(name string) string { return strings.TrimSpace(v.r.URL.Query().Get(name)) }
