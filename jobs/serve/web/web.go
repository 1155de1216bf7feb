package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds on what comes in. A page needs far less; an upload has its own.
const (
	HeaderBytes    = 32 << 10
	FormBytes      = 256 << 10
	URLBytes       = 8 << 10
	HeaderTime     = 5 * time.Second  // to send the headers
	ReadTime       = 20 * time.Second // to send all
	WriteTime      = 90 * time.Second // to make and take the answer
	IdleTime       = 60 * time.Second // of a connection without a request
	UploadBytes    = 256 << 20        // of a file that is brought, where one may be
	UploadTime     = 10 * time.Minute // to bring it
	ConnectionsMax = 256              // at a time
)

// ContentPolicy is the Content-Security-Policy of every page: nothing comes from
// outside, nothing is written into the page, and no other page frames it.
const ContentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// FilePolicy is that of what is to be kept, not shown: a browser that shows it all the same
// runs nothing of it, and takes it for no page of this site.
const FilePolicy = "sandbox; default-src 'none'; frame-ancestors 'none'"

// headers are said with every answer. A page may set another cache.
var headers = map[string]string{
	"Content-Security-Policy":      ContentPolicy,
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY", // for browsers that know no frame-ancestors
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Cache-Control":                "no-store", // pages are people's, and rights change
	"X-Robots-Tag":                 "noindex",
}

// Options say where the site is reached.
type Options struct {
	Clock func() time.Time
	// Listen is the address that is listened on, such as 127.0.0.1:8420.
	Listen netip.AddrPort
	// URL is where people reach it, such as https://carat.example; "": at Listen.
	URL *url.URL
	// TLS says that the connection, or the one to the proxy, is encrypted.
	TLS bool
	// Proxies are those from whom a forwarded address is believed; none: nobody.
	Proxies []netip.Prefix
	Log     *slog.Logger
	// API answers programs, below APIPrefix, with no session and no cookie; nil: nothing
	// does. APIRefuse says to them what is refused before.
	API       http.Handler
	APIRefuse func(w http.ResponseWriter, r *http.Request, status int, sentence string)
	// Upload is the path to which a file of UploadBytes may be posted; "": there is none.
	Upload string
	// Attach gives how many bytes may be posted to another path, the form around the
	// file included; 0: no file may. nil: none may anywhere.
	Attach func(path string) int64
}

// Site guards a handler.
type Site struct {
	Options
	Sessions *Sessions
	Throttle *Throttle
	inside   http.Handler
	hosts    []string
	cookie   string
	ending   chan struct{}
}

// New makes a site around a handler.
func New(o Options, inside http.Handler) *Site {
	s := &Site{Options: o, Sessions: NewSessions(), Throttle: NewThrottle(), hosts: hostsOf(o), ending: make(chan struct{})}
	// A `__Host-` cookie needs TLS. On plain loopback there is none, and cookies are of
	// all ports of a host: the name keeps two servers of one machine apart.
	s.cookie = "carat-" + portOf(o.Listen)
	if o.TLS {
		s.cookie = "__Host-carat"
	}
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		Refuse(w, http.StatusForbidden, "the request came from another site")
	}))
	s.inside = protection.Handler(s.withSession(inside))
	return s
}

func portOf(a netip.AddrPort) string {
	_, port, _ := net.SplitHostPort(a.String())
	return port
}

// hostsOf are the hosts that a request may name: where people reach the site, and
// loopback, under its port. Else a name that somebody else resolves to this machine
// would be one of its pages (DNS rebinding).
func hostsOf(o Options) (hosts []string) {
	port := portOf(o.Listen)
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]"} {
		hosts = append(hosts, name+":"+port)
	}
	if o.URL != nil {
		hosts = append(hosts, strings.ToLower(o.URL.Host))
	}
	return hosts
}

// Server is a server of the site with its bounds on headers and times.
func (s *Site) Server() *http.Server {
	server := &http.Server{Handler: s, MaxHeaderBytes: HeaderBytes, ReadHeaderTimeout: HeaderTime, ReadTimeout: ReadTime, WriteTimeout: WriteTime, IdleTimeout: IdleTime,
		ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug)}
	server.RegisterOnShutdown(sync.OnceFunc(func() { close(s.ending) }))
	return server
}

// Ending is closed when the server is told to end: an answer that would last on ends then.
func (s *Site) Ending() <-chan struct{} { return s.ending }

// ServeHTTP judges a request before any page sees it.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	if s.TLS {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler { //nolint:errorlint // it is that very value
				panic(p)
			}
			s.Log.Error("a page failed", "path", r.URL.Path, "panic", p)
			s.refuse(w, r, http.StatusInternalServerError, "the page failed; what happened is in carat's log")
		}
	}()
	switch {
	case len(s.Proxies) > 0 && !s.throughProxy(r):
		s.refuse(w, r, http.StatusForbidden, "this server is reached through its proxy")
		return
	case !slices.Contains(s.hosts, strings.ToLower(r.Host)):
		s.refuse(w, r, http.StatusMisdirectedRequest, "this server isn't that host")
		return
	case len(r.RequestURI) > URLBytes:
		s.refuse(w, r, http.StatusRequestURITooLong, "the address is too long")
		return
	case s.programs(r):
		s.API.ServeHTTP(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost:
		w.Header().Set("Allow", "GET, HEAD, POST")
		s.refuse(w, r, http.StatusMethodNotAllowed, "pages are read with GET and changed with POST")
		return
	}
	most := int64(FormBytes)
	if bytes := s.brings(r); bytes > 0 {
		most = bytes
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	s.inside.ServeHTTP(w, r)
}

// APIPrefix begins the addresses that programs ask for.
const APIPrefix = "/api/"

// programs says whether a program asks, and not a browser's page.
func (s *Site) programs(r *http.Request) bool {
	return s.API != nil && strings.HasPrefix(r.URL.Path, APIPrefix)
}

// refuse says why nothing is answered, as whoever asks reads it.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, status int, sentence string) {
	if s.programs(r) {
		s.APIRefuse(w, r, status, sentence)
		return
	}
	Refuse(w, status, sentence)
}

// Refuse answers with a status and a sentence of carat's own, as text: there is no
// page around it, since nobody knows who asks.
func Refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(sentence + "\n"))
}

// ReadForm reads what was posted: a form of text fields, nothing else, within its
// bounds. The error's status and sentence are for the one who asked.
func ReadForm(r *http.Request) (status int, err error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(strings.ToLower(kind)) != "application/x-www-form-urlencoded" {
		return http.StatusUnsupportedMediaType, errors.New("a form is sent as application/x-www-form-urlencoded")
	}
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return http.StatusRequestEntityTooLarge, errors.New("the form is too large")
		}
		return http.StatusBadRequest, errors.New("the form can't be read")
	}
	return http.StatusOK, nil
}

// Network gives the network of the one who asks, by which guesses are counted: the
// address, of IPv6 the first 64 bits. What a proxy forwarded counts from proxies that
// are known, and only what the last of them says.
func (s *Site) Network(r *http.Request) string {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	addr := from.Addr().Unmap()
	if s.known(addr) {
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, one := range slices.Backward(list) {
			forwarded, err := netip.ParseAddr(strings.TrimSpace(one))
			if err != nil {
				break
			}
			if addr = forwarded.Unmap(); !s.known(addr) {
				break
			}
		}
	}
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	prefix, _ := addr.WithZone("").Prefix(bits)
	return prefix.String()
}

func (s *Site) known(addr netip.Addr) bool {
	return slices.ContainsFunc(s.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// throughProxy says whether a request comes from a proxy that is named, or from this
// machine: anybody else would speak to carat without encryption.
func (s *Site) throughProxy(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && (from.Addr().IsLoopback() || s.known(from.Addr().Unmap()))
}

type sessionKey struct{}

// visit is what is known of the one who asks.
type visit struct {
	session *Session
	secret  string // the cookie's value; "": there is none
}

// SessionOf gives the session of a request; nil: nobody has signed in.
func SessionOf(ctx context.Context) *Session {
	v, _ := ctx.Value(sessionKey{}).(*visit)
	if v == nil {
		return nil
	}
	return v.session
}

// OwnPath is a path of these pages, "" for anything else: nobody is led elsewhere.
func OwnPath(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(text, "\\\r\n\t") || strings.HasPrefix(u.Path, "/sign-in") {
		return ""
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).RequestURI()
}
