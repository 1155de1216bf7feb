package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Options say how a client calls.
type Options struct {
	Allow Allow
	Roots *x509.CertPool // who may vouch for the other side; nil: whom the machine trusts
	// Timeout bounds the wait for an answer's beginning; 0: a minute. What comes after
	// it is bounded by the context.
	Timeout time.Duration
	// Pace, if not nil, is asked before each request.
	Pace func(ctx context.Context) error
	// PlainHTTP lets addresses under Allow be called without TLS.
	PlainHTTP bool
}

// Dialer gives a dialer that judges each address that it is about to call.
func (allow Allow) Dialer() *net.Dialer {
	return &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: it has no number", ErrForbidden)
		}
		return allow.Check(to.Addr())
	}}
}

// Client gives a client for requests over HTTPS that follows redirects within one
// host alone. A proxy that the environment names is called wherever it lies; whether
// the host behind it may be called is judged before.
func Client(o Options) *http.Client {
	return &http.Client{Transport: &checked{Transport(o), o}, CheckRedirect: sameHost}
}

// Transport is how a client dials, for whoever judges requests by other rules.
func Transport(o Options) *http.Transport {
	proxies := &proxied{allow: o.Allow, known: map[string]bool{}}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	dialer, plain := o.Allow.Dialer(), &net.Dialer{Timeout: 30 * time.Second}
	return &http.Transport{
		Proxy: proxies.of, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots}, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: 30 * time.Second, ResponseHeaderTimeout: o.Timeout, MaxIdleConns: 4, IdleConnTimeout: 30 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
		// What is taken is kept as it was sent.
		DisableCompression: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if proxies.has(address) {
				return plain.DialContext(ctx, network, address)
			}
			return dialer.DialContext(ctx, network, address)
		},
	}
}

// redirectsMax bounds how many redirects are followed.
const redirectsMax = 5

func sameHost(request *http.Request, via []*http.Request) error {
	if first := via[0].URL; request.URL.Host != first.Host || request.URL.Scheme != first.Scheme {
		return fmt.Errorf("%w: it redirects to another host", ErrForbidden)
	}
	if len(via) >= redirectsMax {
		return errors.New("it redirects more than five times")
	}
	return nil
}

// checked refuses requests that are not over HTTPS, and paces them.
type checked struct {
	*http.Transport
	o Options
}

// RoundTrip does one request.
func (c *checked) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := CheckURL(request.URL, c.o.Allow, c.o.PlainHTTP); err != nil {
		return nil, err
	}
	if c.o.Pace != nil {
		if err := c.o.Pace(request.Context()); err != nil {
			return nil, err
		}
	}
	return c.Transport.RoundTrip(request)
}

// CheckURL says why a URL isn't called: only https:// is, and http:// to an address
// that is written as such and allowed. The error doesn't repeat it.
func CheckURL(u *url.URL, allow Allow, plain bool) error {
	host := u.Hostname()
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "" || u.Opaque != "":
		return errors.New("it is no address that begins with https://")
	case u.User != nil:
		return errors.New("a name or a password doesn't belong into an address")
	case err == nil && allow.Check(ip) != nil:
		return allow.Check(ip)
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && plain && err == nil && within(allow, ip.Unmap()):
		return nil
	case u.Scheme == "http":
		return errors.New("http can be read and changed by others on the way; use https (http only to an address of a private network that is under allow)")
	}
	return errors.New("it is no address that begins with https://")
}

// proxied knows the proxies that the environment names.
type proxied struct {
	allow Allow
	mu    sync.Mutex
	known map[string]bool
}

func (p *proxied) has(address string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[address]
}

func (p *proxied) of(request *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(request)
	if err != nil || proxy == nil {
		return nil, err
	}
	// Where names can only be resolved behind the proxy, it decides.
	if list, err := net.DefaultResolver.LookupNetIP(request.Context(), "ip", request.URL.Hostname()); err == nil {
		for _, a := range list {
			if err := p.allow.Check(a); err != nil {
				return nil, err
			}
		}
	}
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}[proxy.Scheme]
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[net.JoinHostPort(proxy.Hostname(), port)] = true
	return proxy, nil
}

// Pace gives a bound of so many requests a minute; nil for none.
func Pace(perMinute int, wait func(context.Context, time.Duration) error) func(context.Context) error {
	if perMinute <= 0 {
		return nil
	}
	begun := false
	return func(ctx context.Context) error {
		if !begun {
			begun = true
			return nil
		}
		return wait(ctx, time.Minute/time.Duration(perMinute))
	}
}

// WithoutURL takes the address, which may hold a secret, out of a client's error.
func WithoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// Pending says whether an answer asks to come again: too many requests, or a fault
// of the server that may be over; and after how long, 0 if it doesn't say.
func Pending(answer *http.Response) (after time.Duration, again bool) {
	switch answer.StatusCode {
	case http.StatusTooManyRequests, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
	default:
		return 0, false
	}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 && seconds < 86_400 {
		after = time.Duration(seconds) * time.Second
	}
	return after, true
}

// answerBytes is how much of an answer that nobody wants is read, so that its
// connection can serve again.
const answerBytes = 64 << 10

// Drop reads and closes an answer that nobody wants.
func Drop(answer *http.Response) {
	_, _ = io.CopyN(io.Discard, answer.Body, answerBytes)
	_ = answer.Body.Close()
}
