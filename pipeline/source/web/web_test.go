package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
	"carat/pipeline/source/sourcetest"
	"carat/pipeline/source/web"
)

// site is a server with one file and a tag for each of its contents.
type site struct {
	mu      sync.Mutex
	content string
	ask     []http.Header
	fail    []int // statuses of the next answers
}

func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ask = append(s.ask, r.Header.Clone())
	if len(s.fail) > 0 {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(s.fail[0])
		s.fail = s.fail[1:]
		return
	}
	tag := fmt.Sprintf(`"%d-%x"`, len(s.content), s.content[:min(8, len(s.content))])
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = io.WriteString(w, s.content)
}

func client() *http.Client {
	return reach.Client(reach.Options{Allow: reach.Loopback, PlainHTTP: true})
}

func TestConformance(t *testing.T) {
	// One address is one file: the suite's other two are sources of their own.
	contents := map[string]*site{}
	mux := http.NewServeMux()
	for _, name := range []string{"a.csv", "b.csv", "c.csv"} {
		contents[name] = &site{}
		mux.Handle("/"+name, contents[name])
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	wire := sourcetest.NewWire(t, server.Listener.Addr().String())
	sourcetest.Run(t, sourcetest.Place{
		Names: []string{"a.csv", "b.csv", "c.csv"},
		Put: func(_ *testing.T, name, content string) {
			s := contents[name]
			s.mu.Lock()
			defer s.mu.Unlock()
			s.content = content
		},
		Open: func(t *testing.T) source.Source {
			all := several{}
			for _, name := range []string{"a.csv", "b.csv", "c.csv"} {
				one, err := web.New(web.Options{URL: "http://" + wire.Address() + "/" + name + "?sig=hush", Token: "quiet", Client: client()})
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, one)
			}
			return all
		},
		Secrets: []string{"hush", "quiet"}, Wire: wire,
	})
}

// several are sources of one file each.
type several []source.Source

func (s several) Origin() string { return s[0].Origin() }

func (s several) List(ctx context.Context) (all []source.Remote, err error) {
	for _, one := range s {
		list, err := one.List(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func (s several) Open(ctx context.Context, r source.Remote, from int64) (*source.Download, error) {
	for _, one := range s {
		if list, _ := one.List(ctx); list[0].Name == r.Name {
			return one.Open(ctx, r, from)
		}
	}
	return nil, errors.New("there is none")
}

func (s several) Close() error { return nil }

func TestOnlyWhatChangedIsRead(t *testing.T) {
	at := &site{content: "Date,USD\n"}
	server := httptest.NewServer(at)
	t.Cleanup(server.Close)
	s, err := web.New(web.Options{URL: server.URL + "/stats/eurofxref-hist.csv", User: "ann", Password: "quiet", Client: client()})
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.Open(context.Background(), source.Remote{Name: "eurofxref-hist.csv"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if d.Close(); d.Version == "" || d.Size != 9 {
		t.Errorf("version %q, size %d", d.Version, d.Size)
	}
	if _, err := s.Open(context.Background(), source.Remote{Taken: d.Version}, 0); !errors.Is(err, source.ErrUnchanged) {
		t.Errorf("asked again: %v", err)
	}
	if user, password, ok := (&http.Request{Header: at.ask[1]}).BasicAuth(); !ok || user != "ann" || password != "quiet" {
		t.Errorf("let in as %q %q", user, password)
	}
	at.content = "Date,USD\n2026-10-01,1.1\n"
	if d, err = s.Open(context.Background(), source.Remote{Taken: d.Version}, 0); err != nil || d.Size != 24 {
		t.Errorf("changed: %v", err)
	}
}

func TestWhatTheServerAnswers(t *testing.T) {
	at := &site{}
	server := httptest.NewServer(at)
	t.Cleanup(server.Close)
	s, err := web.New(web.Options{URL: server.URL + "/rates.csv", Client: client()})
	if err != nil {
		t.Fatal(err)
	}
	for status, want := range map[int]string{404: "not there yet", 204: "not there yet", 403: "the server answered 403 Forbidden", 429: "passes in 7s", 503: "passes in 7s", 500: "passes in 7s"} {
		at.fail = []int{status}
		_, err := s.Open(context.Background(), source.Remote{}, 0)
		var passing *source.Passing
		got := fmt.Sprint(err)
		if errors.As(err, &passing) {
			got = fmt.Sprintf("passes in %v", passing.After)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%d: %s, and wanted %s", status, got, want)
		}
	}
}

// An answer that ends with its connection looks whole wherever that breaks: it is read twice,
// and taken if both readings are the same.
func TestAnswerThatDoesNotSayWhereItEnds(t *testing.T) {
	whole := "a,b\n1,2\n3,4\n"
	var mu sync.Mutex
	var gives []string // of the next connections
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = http.ReadRequest(bufio.NewReader(c))
			mu.Lock()
			body := whole
			if len(gives) > 0 {
				body, gives = gives[0], gives[1:]
			}
			mu.Unlock()
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\n"+body)
			_ = c.Close()
		}
	}()
	s, err := web.New(web.Options{URL: "http://" + l.Addr().String() + "/a.csv", Client: client()})
	if err != nil {
		t.Fatal(err)
	}
	take := func(bodies ...string) (string, error) {
		mu.Lock()
		gives = bodies
		mu.Unlock()
		part, err := os.Create(filepath.Join(t.TempDir(), "part"))
		if err != nil {
			t.Fatal(err)
		}
		defer part.Close()
		if _, err := source.Take(t.Context(), s, source.Remote{Name: "a.csv", Size: -1}, part, source.Limits{Bytes: 1 << 20, Wait: source.Sleep}); err != nil {
			return "", err
		}
		b, err := os.ReadFile(part.Name())
		return string(b), err
	}
	if got, err := take(); err != nil || got != whole {
		t.Errorf("twice the same: %q, %v", got, err)
	}
	var passing *source.Passing
	for _, bodies := range [][]string{{whole[:8], whole}, {whole, whole[:4]}} {
		if got, err := take(bodies...); !errors.As(err, &passing) || !strings.Contains(err.Error(), "doesn't say where the file ends") {
			t.Errorf("%q: %q, %v", bodies, got, err)
		}
	}
}

// What a server answers is told with its status, and who is not let in with nothing else.
func TestStatusIsTold(t *testing.T) {
	s := &site{}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	one, err := web.New(web.Options{URL: server.URL + "/a.csv?token=hush", Client: client()})
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[int]string{401: "the server answered 401 Unauthorized", 302: "the server answered 302 Found", 500: "the server answered 500 Internal Server Error", 404: "it is not there yet: the server answered 404 Not Found; check url if it should be"} {
		s.fail = []int{code}
		_, err := one.Open(t.Context(), source.Remote{Name: "a.csv"}, 0)
		var status *source.Status
		if err == nil || err.Error() != want || code != 404 && (!errors.As(err, &status) || status.Code != code) || code == 404 && !errors.Is(err, source.ErrNotReady) {
			t.Errorf("%d: %v", code, err)
		}
	}
}
