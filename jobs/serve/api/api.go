package api

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/people"
	"carat/jobs/serve/web"
	"carat/pipeline"
)

// Prefix begins every address.
const Prefix = "/api/v1"

// Bounds on what programs ask.
const (
	workTime    = 60 * time.Second
	atOnceMax   = 8 // requests that are worked on at a time
	tokenMax    = 200
	rowsDefault = 100
	rowsMax     = 1000      // of a page of JSON
	rowsMaxFile = 100_000   // of Arrow and Parquet
	bytesMax    = 64 << 20  // of an answer to a query
	bodyMax     = 256 << 10 // of a query
)

// Options say what is read.
type Options struct {
	books.Setting
	SQL      fs.FS // the models
	Clock    func() time.Time
	Log      *slog.Logger
	Throttle *web.Throttle
	Network  func(r *http.Request) string // of whoever asks
	Server   string                       // where people reach it
}

// API answers the requests of programs.
type API struct {
	Options
	turn chan struct{}
	mux  *http.ServeMux
}

// New makes it.
func New(o Options) *API {
	a := &API{Options: o, turn: make(chan struct{}, atOnceMax), mux: http.NewServeMux()}
	document := a.document()
	a.mux.HandleFunc("GET "+Prefix+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document) // it tells of the program, and nothing of the books
	})
	for _, e := range endpoints {
		a.mux.HandleFunc(e.method+" "+Prefix+e.path, a.asked(e))
		a.mux.HandleFunc(Prefix+e.path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Replace(e.method, "GET", "GET, HEAD", 1))
			refuse(w, r, problem{Status: http.StatusMethodNotAllowed, Detail: "it is asked with " + e.method})
		})
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, problem{Status: http.StatusNotFound, Detail: "there is nothing at this address", Hint: "GET " + Prefix + "/openapi.json lists what there is"})
	})
	return a
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// call is one request of a program whose token is good.
type call struct {
	books.Setting
	ctx    context.Context
	r      *http.Request
	sql    fs.FS
	offset int64
	limit  int64
}

// asked makes the answer of an endpoint.
func (a *API) asked(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), workTime)
		defer cancel()
		s, ok := a.known(ctx, w, r)
		if !ok {
			return
		}
		select {
		case a.turn <- struct{}{}:
			defer func() { <-a.turn }()
		case <-ctx.Done():
			w.Header().Set("Retry-After", "5")
			refuse(w, r, problem{Status: http.StatusServiceUnavailable, Detail: "too much is asked at a time"})
			return
		}
		ctx, stop := web.WhileStill(ctx, people.ErrToken, func(ctx context.Context) error {
			again := s
			again.Now = a.Clock()
			_, err := people.Bearer(ctx, again, bearer(r))
			return err
		})
		defer stop()
		c := &call{Setting: s, ctx: ctx, r: r, sql: a.SQL}
		form, err := formOf(r)
		if err == nil {
			err = c.page(e, form)
		}
		if err == nil && e.answer != nil {
			err = e.answer(c, w, form)
		} else if err == nil {
			err = c.rows(e, w, form)
		}
		if err != nil {
			a.failed(w, r, err)
		}
	}
}

// bearer gives the token of a request; "" for none, several, and what can't be one.
func bearer(r *http.Request) string {
	headers := r.Header.Values("Authorization")
	if len(headers) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(headers[0], " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "bearer") || len(token) > tokenMax {
		return ""
	}
	return token
}

// known says who asks, by their token; what is none is refused, whoever guesses waits.
func (a *API) known(ctx context.Context, w http.ResponseWriter, r *http.Request) (s books.Setting, ok bool) {
	now, network := a.Clock(), "network "+a.Network(r)
	s = a.Setting
	s.Now, s.Clock, s.Progress, s.Signer, s.Vouch = now, a.Clock, nil, nil, nil
	s.Arguments = []string{"serve", r.Method, r.URL.Path}
	headers := r.Header.Values("Authorization")
	err := error(people.ErrToken)
	if token := bearer(r); token != "" {
		s.By, err = people.Bearer(ctx, s, token)
	}
	switch wait := a.Throttle.Wait(now, network); {
	case errors.Is(err, people.ErrToken) && wait > 0: // who has a good one isn't kept out by others of that network
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		refuse(w, r, problem{Status: http.StatusTooManyRequests, Detail: "too many tries with what is no token"})
		return s, false
	case errors.Is(err, people.ErrToken):
		if len(headers) > 0 {
			a.Throttle.Failed(now, network)
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="carat"`)
		refuse(w, r, problem{Status: http.StatusUnauthorized, Detail: "a token that is good is wanted, as `Authorization: Bearer …`", Hint: "its owner makes one: `carat users token ROLE`"})
		return s, false
	case err != nil:
		a.failed(w, r, err)
		return s, false
	}
	return s, true
}

// failed tells why there is no answer. What only carat's makers can do something about is
// in the log.
func (a *API) failed(w http.ResponseWriter, r *http.Request, err error) {
	var own *problem
	var e *pipeline.Error
	switch {
	case errors.As(err, &own):
		refuse(w, r, *own)
	case errors.Is(err, context.DeadlineExceeded):
		refuse(w, r, problem{Status: http.StatusServiceUnavailable, Detail: "it took too long", Hint: "ask for less"})
	case errors.As(err, &e) && e.Kind != pipeline.KindInternal:
		said := *e
		said.Hint = ""
		refuse(w, r, problem{Status: statusOf(e), Detail: said.Error(), Hint: e.Hint})
	default:
		a.Log.Error("the API failed", "path", r.URL.Path, "error", err)
		refuse(w, r, problem{Status: http.StatusInternalServerError, Detail: "what happened is in carat's log"})
	}
}

func statusOf(e *pipeline.Error) int {
	switch {
	case pipeline.IsRefused(e):
		return http.StatusForbidden
	case e.Misnamed, e.Kind == pipeline.KindNotFound:
		return http.StatusNotFound
	case e.Kind == pipeline.KindBusy:
		return http.StatusServiceUnavailable
	case e.Kind == pipeline.KindBlocked, e.Kind == pipeline.KindLocked, e.Kind == pipeline.KindVerification:
		return http.StatusConflict
	}
	return http.StatusBadRequest
}
