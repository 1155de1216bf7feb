package web_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/jobs/serve/web"
)

// clock is one that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// trial is a site with three pages: the token of forms, signing in as whoever is
// posted, and who one is.
type trial struct {
	*web.Site
	clock *clock
	o     web.Options
}

func made(t *testing.T, change func(*web.Options)) *trial {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	o := web.Options{Clock: c.now, Listen: netip.MustParseAddrPort("127.0.0.1:8420"), Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&o)
	}
	mux := http.NewServeMux()
	s := &trial{clock: c, o: o}
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, web.Token(r.Context())) })
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		if one := web.SessionOf(r.Context()); one != nil {
			fmt.Fprint(w, one.Person)
		}
	})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("secret text") })
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		s.SignIn(w, r, web.Session{Person: r.PostFormValue("person"), Proof: "key"})
	})
	mux.HandleFunc("POST /act", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "done") })
	mux.HandleFunc("POST /sign-out", func(w http.ResponseWriter, r *http.Request) { s.SignOut(w, r) })
	s.Site = web.New(o, mux)
	return s
}

// ask sends one request; headers as "Name: value".
func (s *trial) ask(method, target, body string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "http://127.0.0.1:8420"+target, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:50000"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		switch name {
		case "Host":
			r.Host = value
		case "Remote":
			r.RemoteAddr = value
		default:
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// cookieOf gives the cookie that an answer sets, as it is sent back.
func cookieOf(t *testing.T, r *http.Response) string {
	t.Helper()
	if len(r.Cookies()) != 1 {
		t.Fatalf("the answer sets %v", r.Cookies())
	}
	return r.Cookies()[0].Name + "=" + r.Cookies()[0].Value
}

// signedIn gives the cookie of somebody who has signed in.
func (s *trial) signedIn(t *testing.T, person string) string {
	t.Helper()
	page := s.ask("GET", "/token", "")
	before := cookieOf(t, page)
	r := s.ask("POST", "/sign-in", url.Values{"person": {person}, web.TokenField: {text(t, page)}}.Encode(), "Cookie: "+before)
	if r.StatusCode != http.StatusOK {
		t.Fatalf("sign in: %d %s", r.StatusCode, text(t, r))
	}
	after := cookieOf(t, r)
	if after == before {
		t.Fatal("the cookie of before is that of the session: whoever planted it would be signed in, too")
	}
	if who := text(t, s.ask("GET", "/who", "", "Cookie: "+before)); who != "" {
		t.Fatalf("the cookie of before belongs to %s", who)
	}
	return "Cookie: " + after
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	s := made(t, nil)
	for _, target := range []string{"/token", "/nowhere", "/panic", "/../../etc/passwd"} {
		r := s.ask("GET", target, "")
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", target, name, got, want)
			}
		}
		if strings.Contains(text(t, r), "secret text") {
			t.Errorf("%s tells what failed inside", target)
		}
	}
}

func TestCookie(t *testing.T) {
	plain := made(t, nil).ask("GET", "/token", "").Cookies()[0]
	if plain.Name != "carat-8420" || plain.Secure || !plain.HttpOnly || plain.SameSite != http.SameSiteLaxMode || plain.Path != "/" || plain.Domain != "" {
		t.Errorf("on loopback: %v", plain)
	}
	tls := made(t, func(o *web.Options) { o.TLS = true }).ask("GET", "/token", "").Cookies()[0]
	if tls.Name != "__Host-carat" || !tls.Secure || !tls.HttpOnly || tls.SameSite != http.SameSiteLaxMode || tls.Path != "/" || tls.Domain != "" {
		t.Errorf("by TLS: %v", tls)
	}
}

// A name that somebody else points at this machine (DNS rebinding) is none of its pages.
func TestHost(t *testing.T) {
	s := made(t, func(o *web.Options) { o.TLS = true; o.URL = &url.URL{Scheme: "https", Host: "carat.example"} })
	for host, want := range map[string]int{
		"127.0.0.1:8420": 200, "localhost:8420": 200, "[::1]:8420": 200, "carat.example": 200, "CARAT.example": 200,
		"evil.example": 421, "evil.example:8420": 421, "localhost": 421, "localhost:8421": 421, "carat.example.evil.example": 421, "": 421, "carat.example:1": 421, "127.0.0.1.nip.io:8420": 421,
	} {
		if r := s.ask("GET", "/who", "", "Host: "+host); r.StatusCode != want {
			t.Errorf("host %q: %d, want %d", host, r.StatusCode, want)
		}
	}
}

func TestPostsOfOthersAreRefused(t *testing.T) {
	s := made(t, nil)
	cookie := s.signedIn(t, "ann")
	token := text(t, s.ask("GET", "/token", "", cookie))
	good := url.Values{"person": {"ann"}, web.TokenField: {token}}.Encode()
	other := text(t, s.ask("GET", "/token", ""))
	for _, c := range []struct {
		name, body string
		headers    []string
		want       int
	}{
		{"its own", good, nil, 200},
		{"its own, said so", good, []string{"Sec-Fetch-Site: same-origin"}, 200},
		{"without a token", "person=ann", nil, 403},
		{"with an empty one", "person=ann&token=", nil, 403},
		{"with that of another browser", "person=ann&token=" + other, nil, 403},
		{"with its token in the address", "person=ann", []string{"X-Token: " + token}, 403},
		{"from another site", good, []string{"Sec-Fetch-Site: cross-site"}, 403},
		{"from a sibling", good, []string{"Sec-Fetch-Site: same-site"}, 403},
		{"from another origin", good, []string{"Origin: https://evil.example"}, 403},
		{"from nowhere", good, []string{"Origin: null"}, 403},
		{"as JSON", `{"token":"` + token + `"}`, []string{"Content-Type: application/json"}, 415},
		{"as text", good, []string{"Content-Type: text/plain"}, 415},
		{"as parts", good, []string{"Content-Type: multipart/form-data; boundary=x"}, 415},
		{"that is huge", good + "&x=" + strings.Repeat("x", web.FormBytes), nil, 413},
		{"that is none", "%zz", nil, 400},
	} {
		if r := s.ask("POST", "/act", c.body, append(c.headers, cookie)...); r.StatusCode != c.want {
			t.Errorf("a form %s: %d, want %d: %s", c.name, r.StatusCode, c.want, text(t, r))
		}
	}
	if r := s.ask("POST", "/act?token="+token, "person=ann", cookie); r.StatusCode != 403 {
		t.Errorf("a token in the address passed: %d", r.StatusCode)
	}
}

func TestOnlyThreeMethods(t *testing.T) {
	s := made(t, nil)
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "PROPFIND"} {
		if r := s.ask(method, "/who", ""); r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, r.StatusCode)
		}
	}
	if r := s.ask("GET", "/who?x="+strings.Repeat("x", web.URLBytes), ""); r.StatusCode != http.StatusRequestURITooLong {
		t.Errorf("a long address: %d", r.StatusCode)
	}
}

func TestSessionsEnd(t *testing.T) {
	s := made(t, nil)
	who := func(cookie string) string { return text(t, s.ask("GET", "/who", "", cookie)) }
	idle := s.signedIn(t, "ann")
	s.clock.move(web.IdleMax - time.Second)
	if who(idle) != "ann" {
		t.Error("it ended early")
	}
	s.clock.move(web.IdleMax)
	if got := who(idle); got != "" {
		t.Errorf("idle for half an hour, and it is still %s", got)
	}
	long := s.signedIn(t, "bob")
	for range 12*60/20 - 1 {
		s.clock.move(20 * time.Minute)
		if who(long) != "bob" {
			t.Fatal("it ended while it was used")
		}
	}
	s.clock.move(20 * time.Minute)
	if got := who(long); got != "" {
		t.Errorf("after twelve hours it is still %s", got)
	}
	out := s.signedIn(t, "cleo")
	token := text(t, s.ask("GET", "/token", "", out))
	s.ask("POST", "/sign-out", "token="+token, out)
	if got := who(out); got != "" {
		t.Errorf("signed out, and it is still %s", got)
	}
	first := s.signedIn(t, "dora")
	for range 20 {
		s.clock.move(time.Second)
		s.signedIn(t, "dora")
	}
	if got := who(first); got != "" {
		t.Error("one person has more than twenty sessions")
	}
	last := s.signedIn(t, "dora")
	s.Sessions.EndOf("dora")
	if who(last) != "" {
		t.Error("a person's sessions were ended, and one lasts")
	}
	back := s.signedIn(t, "ann")
	s.clock.move(-time.Hour)
	if who(back) != "" {
		t.Error("a session from the future lasts")
	}
}

func TestWaitingGrowsAndNobodyIsLockedOut(t *testing.T) {
	th := web.NewThrottle()
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	for range 5 {
		if w := th.Wait(now, "account ann"); w != 0 {
			t.Fatalf("one waits %s among the first tries", w)
		}
		th.Failed(now, "account ann", "network 10.0.0.1/32")
	}
	if w := th.Wait(now, "account ann"); w != time.Second {
		t.Errorf("the sixth waits %s", w)
	}
	if w := th.Wait(now, "account bob", "network 10.0.0.1/32"); w == 0 {
		t.Error("another name of the same network doesn't wait")
	}
	tried := 0
	for range 10_000 { // a try every second
		now = now.Add(time.Second)
		if th.Wait(now, "account ann") == 0 {
			tried++
			th.Failed(now, "account ann")
		}
	}
	if tried > 45 {
		t.Errorf("of 10,000 tries %d were judged", tried)
	}
	if w := th.Wait(now.Add(5*time.Minute), "account ann"); w != 0 {
		t.Errorf("after the longest wait one still waits %s: that is a lock-out", w)
	}
	th.Passed("account ann")
	if w := th.Wait(now, "account ann"); w != 0 {
		t.Errorf("who signed in waits %s", w)
	}
}

// What a proxy forwards is believed of proxies that are named, and of the last of them.
func TestForwardedAddresses(t *testing.T) {
	s := made(t, func(o *web.Options) {
		o.TLS, o.URL = true, &url.URL{Scheme: "https", Host: "carat.example"}
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}
	})
	for _, c := range []struct{ remote, forwarded, want string }{
		{"10.0.0.7:1", "203.0.113.9", "203.0.113.9/32"},
		{"10.0.0.7:1", "198.51.100.1, 203.0.113.9", "203.0.113.9/32"},
		{"10.0.0.7:1", "198.51.100.1, 10.0.0.8", "198.51.100.1/32"},
		{"10.0.0.7:1", "", "10.0.0.7/32"},
		{"10.0.0.7:1", "nonsense", "10.0.0.7/32"},
		{"10.0.0.7:1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"192.0.2.1:1", "203.0.113.9", "192.0.2.1/32"},
	} {
		r := httptest.NewRequest("GET", "https://carat.example/", nil)
		r.RemoteAddr = c.remote
		r.Header.Set("X-Forwarded-For", c.forwarded)
		if got := s.Network(r); got != c.want {
			t.Errorf("%s for %q: %s, want %s", c.remote, c.forwarded, got, c.want)
		}
	}
	for remote, want := range map[string]int{"10.0.0.7:1": 200, "127.0.0.1:1": 200, "192.0.2.1:1": 403} {
		if r := s.ask("GET", "/who", "", "Host: carat.example", "Remote: "+remote); r.StatusCode != want {
			t.Errorf("from %s: %d, want %d", remote, r.StatusCode, want)
		}
	}
}

// Over a real connection: what is too slow or too large is cut off, and a header can't
// be put into an answer.
func TestConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for a bound of seconds")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := made(t, func(o *web.Options) { o.Listen = netip.MustParseAddrPort(l.Addr().String()) })
	server := s.Server()
	server.ReadHeaderTimeout = 200 * time.Millisecond
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	slow, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fmt.Fprintf(slow, "GET /who HTTP/1.1\r\nHost: %s\r\n", l.Addr())
	_ = slow.SetReadDeadline(time.Now().Add(10 * time.Second))
	if b, err := io.ReadAll(slow); err != nil || strings.Contains(string(b), "200 OK") {
		t.Errorf("a client that never ends its headers: %q, %v", b, err)
	}
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar}
	r, err := http.NewRequest("GET", "http://"+l.Addr().String()+"/who", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Large", strings.Repeat("x", 64<<10))
	got, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Body.Close()
	if got.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("headers of 64 KiB: %d", got.StatusCode)
	}
}
