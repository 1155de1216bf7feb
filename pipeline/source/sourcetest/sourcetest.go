// Package sourcetest is what every kind of source must do, for the tests of each. It
// imports the domain of sources alone, and only tests import it.
package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline/source"
)

// Place is somewhere that a source takes files from, under a test's control.
type Place struct {
	Names []string // of three files that can be there, in the order in which they are listed
	Put   func(t *testing.T, name, content string)
	Open  func(t *testing.T) source.Source
	// Secrets are what no error and no origin may hold.
	Secrets []string
	// Content reads what was put from what was taken; nil: it is the same bytes.
	Content func(t *testing.T, taken []byte) string
	// Wire lies between the two, and breaks connections. What the place answers to the
	// second of Names must have more bytes than are let through: long doesn't pack.
	Wire *Wire
}

// Run runs what every kind of source must do in a place that holds nothing.
func Run(t *testing.T, p Place) {
	text := func(taken []byte) string {
		if p.Content != nil {
			return p.Content(t, taken)
		}
		return string(taken)
	}
	ctx := context.Background()
	long := strings.Repeat("0123456789abcdef", 40_000) // of several packets
	contents := []string{"a,b\n1,2\n", long, ""}
	for i, name := range p.Names {
		p.Put(t, name, contents[i])
	}
	s := p.Open(t)
	listed := list(t, s, p.Names)

	t.Run("each is listed with its size and read whole", func(t *testing.T) {
		for i, r := range listed {
			got, taken := take(t, ctx, s, r)
			if text(taken) != contents[i] {
				t.Errorf("%s: %d bytes, and %d were put", r.Name, len(taken), len(contents[i]))
			}
			if r.Size >= 0 && r.Size != int64(len(taken)) || got.Size != int64(len(taken)) {
				t.Errorf("%s: listed with %d bytes, taken with %d, and there are %d", r.Name, r.Size, got.Size, len(taken))
			}
		}
	})
	t.Run("it says that it answers, where its list doesn't", func(t *testing.T) {
		if prober, ok := s.(source.Prober); ok {
			if err := prober.Probe(ctx); err != nil && !errors.Is(err, source.ErrNotReady) {
				t.Error(err)
			}
		}
	})
	t.Run("reading goes on where it stopped, or begins again and says so", func(t *testing.T) {
		_, whole := take(t, ctx, s, listed[1])
		for _, from := range []int64{1, int64(len(whole)) - 1, int64(len(whole))} {
			d, err := s.Open(ctx, listed[1], from)
			if err != nil {
				t.Fatalf("from %d: %v", from, err)
			}
			rest, err := io.ReadAll(d)
			if err := errors.Join(err, d.Close()); err != nil {
				t.Fatalf("from %d: %v", from, err)
			}
			if d.From != 0 && d.From != from || !bytes.Equal(rest, whole[d.From:]) {
				t.Errorf("from %d: it says %d, and gives %d bytes of %d", from, d.From, len(rest), len(whole))
			}
		}
	})
	t.Run("a connection that breaks is made again", func(t *testing.T) {
		cut := p.Open(t)
		defer cut.Close()
		r := list(t, cut, p.Names)[1]
		p.Wire.Cut(200_000)
		if _, taken := take(t, ctx, cut, r); text(taken) != long {
			t.Errorf("%d bytes, and %d were put", len(taken), len(long))
		}
		if !p.Wire.Broke() {
			t.Error("the connection didn't break: too few bytes went over it")
		}
	})
	t.Run("what is larger than the bound is not taken", func(t *testing.T) {
		part := partFile(t)
		_, err := source.Take(ctx, s, listed[1], part, source.Limits{Bytes: 10, Wait: noWait})
		if err == nil || !strings.Contains(err.Error(), "more than max_bytes 10") {
			t.Errorf("%v", err)
		}
	})
	t.Run("another content is another version, or no version is told", func(t *testing.T) {
		p.Put(t, p.Names[0], "a,b\n1,2\n3,4\n")
		again := p.Open(t)
		defer again.Close()
		now := list(t, again, p.Names)[0]
		if now.Version != "" && now.Version == listed[0].Version {
			t.Errorf("version %s before and after", now.Version)
		}
		if _, taken := take(t, ctx, again, now); text(taken) != "a,b\n1,2\n3,4\n" {
			t.Errorf("taken: %q", taken)
		}
	})
	t.Run("what is not there is an error", func(t *testing.T) {
		if d, err := s.Open(ctx, source.Remote{Name: "none-of-them", Version: "1"}, 0); err == nil {
			_ = d.Close()
			t.Error("it was opened")
		}
	})
	t.Run("a context that ended ends it", func(t *testing.T) {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		one := p.Open(t)
		defer one.Close()
		if _, err := source.Take(ended, one, listed[1], partFile(t), source.Limits{Bytes: 1 << 30, Retries: 3, Wait: noWait}); err == nil {
			t.Error("it was taken")
		}
	})
	t.Run("no secret is told", func(t *testing.T) {
		said := s.Origin()
		p.Wire.Stop()
		_ = s.Close()
		gone := p.Open(t)
		defer gone.Close()
		_, err := gone.List(ctx)
		said += fmt.Sprint(err)
		_, err = gone.Open(ctx, listed[1], 0)
		var passing *source.Passing
		if err == nil || !errors.As(err, &passing) {
			t.Errorf("a place that is away may come back, and it says: %v", err)
		}
		said += fmt.Sprintf("%v %+v", err, gone)
		for _, secret := range p.Secrets {
			if strings.Contains(s.Origin()+fmt.Sprint(err), secret) {
				t.Errorf("%q holds a secret", said)
			}
		}
	})
}

// noWait doesn't wait.
func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func partFile(t *testing.T) *os.File {
	t.Helper()
	part, err := os.Create(filepath.Join(t.TempDir(), "part"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = part.Close() })
	return part
}

// take takes a file whole.
func take(t *testing.T, ctx context.Context, s source.Source, r source.Remote) (source.Got, []byte) {
	t.Helper()
	part := partFile(t)
	got, err := source.Take(ctx, s, r, part, source.Limits{Bytes: 1 << 30, Retries: 3, Wait: noWait})
	if err != nil {
		t.Fatalf("take %s: %v", r.Name, err)
	}
	taken, err := os.ReadFile(part.Name())
	if err != nil {
		t.Fatal(err)
	}
	return got, taken
}

// list wants the files of those names, in their order.
func list(t *testing.T, s source.Source, names []string) (listed []source.Remote) {
	t.Helper()
	all, err := s.List(context.Background())
	if err != nil {
		t.Fatalf("list: %v", err)
	}
	for _, r := range all {
		listed = append(listed, r)
		if len(listed) > len(names) || r.Name != names[len(listed)-1] {
			t.Fatalf("listed are %v, and wanted %q", all, names)
		}
	}
	if len(listed) != len(names) {
		t.Fatalf("listed are %v, and wanted %q", all, names)
	}
	return listed
}

// Wire stands between a source and its place, and breaks connections when it is told.
type Wire struct {
	l    net.Listener
	mu   sync.Mutex
	cut  int64
	open []net.Conn
}

// NewWire gives a wire to an address; it ends with the test.
func NewWire(t *testing.T, to string) *Wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{l: l}
	t.Cleanup(w.Stop)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = c.Close()
				continue
			}
			w.mu.Lock()
			w.open = append(w.open, c, far)
			w.mu.Unlock()
			go func() { _, _ = io.Copy(far, c); _ = far.Close() }()
			go func() { w.answer(c, far); _ = c.Close(); _ = far.Close() }()
		}
	}()
	return w
}

// answer passes on what the place says, until the wire is to be cut.
func (w *Wire) answer(to, from net.Conn) {
	buf := make([]byte, 16<<10)
	passed := int64(0)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		if w.cut > 0 {
			if passed += int64(n); passed > w.cut {
				w.cut, err = 0, io.ErrUnexpectedEOF
			}
		}
		w.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// Address is where the wire begins.
func (w *Wire) Address() string { return w.l.Addr().String() }

// Cut breaks the next connection after so many bytes of what it answers.
func (w *Wire) Cut(after int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = after
}

// Broke says whether the connection broke that was to.
func (w *Wire) Broke() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cut == 0
}

// Stop ends the wire and all that goes over it.
func (w *Wire) Stop() {
	_ = w.l.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.open {
		_ = c.Close()
	}
}
