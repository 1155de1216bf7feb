package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"carat/pipeline/lake/store/object"
)

// Run holds a store against the contract. open gives an empty one.
func Run(t *testing.T, open func(t *testing.T) object.Store) {
	for name, test := range map[string]func(*testing.T, object.Store){
		"put and read": putAndRead, "put twice": putTwice, "put what isn't so": putOther, "ranges": ranges, "list": list, "delete": deletes,
		"put at once": putAtOnce, "keys": badKeys, "replaced while open": replaced, "cancelled": cancelled, "a writer that fails": failingWriter,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Filled gives bytes that are the same each time and don't repeat.
func Filled(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

// Put puts bytes.
func Put(t *testing.T, s object.Store, key string, content []byte) {
	t.Helper()
	if err := s.Put(t.Context(), key, object.Bytes(content)); err != nil {
		t.Fatal(err)
	}
}

// Want compares an object with bytes.
func Want(t *testing.T, s object.Store, key string, want []byte) {
	t.Helper()
	var got bytes.Buffer
	sum, err := s.Get(t.Context(), key, &got)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) || sum != object.Bytes(want).Sum {
		t.Fatalf("%s: %d bytes, %+v; want %d", key, got.Len(), sum, len(want))
	}
}

// WantNone asserts that there is nothing at all.
func WantNone(t *testing.T, s object.Store) {
	t.Helper()
	if keys := keysOf(t, s, ""); len(keys) > 0 {
		t.Fatalf("there is %v", keys)
	}
}

func keysOf(t *testing.T, s object.Store, prefix string) (keys []string) {
	t.Helper()
	if err := s.List(t.Context(), prefix, func(i object.Info) error { keys = append(keys, i.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	return keys
}

func wantNotThere(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%v, and nothing is there", err)
	}
}

func putAndRead(t *testing.T, s object.Store) {
	for key, content := range map[string][]byte{
		"carat.db/gifts/data/accounting_month=2026-10/sent_at_day=2026-10-05/b000001 ü+&.parquet": Filled(3 << 20), "empty": nil, "small": []byte("x"),
	} {
		Put(t, s, key, content)
		Want(t, s, key, content)
		if info, err := s.Stat(t.Context(), key); err != nil || info != (object.Info{Key: key, Size: int64(len(content))}) {
			t.Errorf("%+v, %v", info, err)
		}
	}
	_, err := s.Stat(t.Context(), "smal")
	wantNotThere(t, err)
	_, err = s.Stat(t.Context(), "carat.db/gifts")
	wantNotThere(t, err)
	_, err = s.Get(t.Context(), "missing", io.Discard)
	wantNotThere(t, err)
	_, err = s.Open(t.Context(), "missing/too")
	wantNotThere(t, err)
	if s.Origin() == "" {
		t.Error("it doesn't say where it lies")
	}
}

// What was put stays: the same bytes again are no error, others are refused.
func putTwice(t *testing.T, s object.Store) {
	Put(t, s, "a/b", []byte("first"))
	Put(t, s, "a/b", []byte("first"))
	for _, other := range []string{"other", "", "first and more"} {
		if err := s.Put(t.Context(), "a/b", object.Bytes([]byte(other))); !errors.Is(err, object.ErrTaken) {
			t.Errorf("%q: %v", other, err)
		}
	}
	Want(t, s, "a/b", []byte("first"))
	if keys := keysOf(t, s, ""); len(keys) != 1 {
		t.Errorf("%v", keys)
	}
}

// Content that isn't what its sum says is not put.
func putOther(t *testing.T, s object.Store) {
	c := object.Bytes([]byte("what was hashed"))
	c.ReaderAt = strings.NewReader("what was chAnged")
	if err := s.Put(t.Context(), "a", c); err == nil {
		t.Error("it was put")
	}
	c.ReaderAt = strings.NewReader("short")
	if err := s.Put(t.Context(), "a", c); err == nil {
		t.Error("half of it was put")
	}
	WantNone(t, s)
}

func ranges(t *testing.T, s object.Store) {
	content := Filled(100_000)
	Put(t, s, "a", content)
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if o.Size() != 100_000 {
		t.Errorf("%d bytes", o.Size())
	}
	for _, r := range []struct{ from, length int }{{0, 4}, {99_992, 8}, {50_000, 20_000}, {0, 100_000}, {99_999, 1}} {
		got := make([]byte, r.length)
		if n, err := o.ReadAt(got, int64(r.from)); n != r.length || err != nil && err != io.EOF || !bytes.Equal(got, content[r.from:r.from+r.length]) {
			t.Errorf("%+v: %d, %v", r, n, err)
		}
	}
	got := make([]byte, 20)
	if n, err := o.ReadAt(got, 99_990); n != 10 || err != io.EOF || !bytes.Equal(got[:n], content[99_990:]) {
		t.Errorf("over the end: %d, %v", n, err)
	}
	if n, err := o.ReadAt(got, 100_000); n != 0 || err != io.EOF {
		t.Errorf("at the end: %d, %v", n, err)
	}
	if _, err := o.ReadAt(got, -1); err == nil {
		t.Error("before the beginning")
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			piece := make([]byte, 1000)
			if _, err := o.ReadAt(piece, int64(i)*1000); err != nil || !bytes.Equal(piece, content[i*1000:(i+1)*1000]) {
				t.Errorf("side by side: %v", err)
			}
		})
	}
	all.Wait()
}

func list(t *testing.T, s object.Store) {
	WantNone(t, s)
	keys := []string{"a-b", "a.b", "a/b/c", "a/b/d", "a/c", "a0", "b", "größe/ä", "z/=1"}
	for _, key := range slices.Backward(keys) {
		Put(t, s, key, []byte(key))
	}
	for prefix, want := range map[string][]string{
		"": keys, "a": keys[:6], "a/": keys[2:5], "a/b": keys[2:4], "a/b/": keys[2:4], "a/b/c": keys[2:3], "b/": nil, "x/y": nil, "a.b": keys[1:2], "größe/": keys[7:8],
	} {
		if got := keysOf(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", prefix, got, want)
		}
	}
	stop := errors.New("enough")
	n := 0
	if err := s.List(t.Context(), "", func(i object.Info) error { n++; return stop }); !errors.Is(err, stop) || n != 1 {
		t.Errorf("%d, %v", n, err)
	}
	if err := s.List(t.Context(), "a0", func(i object.Info) error {
		if i.Size != 2 {
			t.Errorf("%+v", i)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func deletes(t *testing.T, s object.Store) {
	Put(t, s, "a/b", []byte("first"))
	Put(t, s, "a/bc", []byte("stays"))
	for range 2 {
		if err := s.Delete(t.Context(), "a/b"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Get(t.Context(), "a/b", io.Discard)
	wantNotThere(t, err)
	Put(t, s, "a/b", []byte("second"))
	Want(t, s, "a/b", []byte("second"))
	Want(t, s, "a/bc", []byte("stays"))
	if err := s.Delete(t.Context(), "never/there"); err != nil {
		t.Error(err)
	}
}

// Of several who put at once one wins, and the others are told.
func putAtOnce(t *testing.T, s object.Store) {
	const writers = 8
	var mu sync.Mutex
	var won []int
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			err := s.Put(t.Context(), "same/key", object.Bytes(fmt.Appendf(nil, "of writer %d", i)))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won = append(won, i)
			case !errors.Is(err, object.ErrTaken):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Fatalf("%v won", won)
	}
	Want(t, s, "same/key", fmt.Appendf(nil, "of writer %d", won[0]))
}

func badKeys(t *testing.T, s object.Store) {
	for _, key := range []string{"", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\nb", "a\\b", "a\x00", "\xff", strings.Repeat("a", 251), strings.Repeat("a/", 500) + "a"} {
		_, got := s.Get(t.Context(), key, io.Discard)
		_, opened := s.Open(t.Context(), key)
		_, stat := s.Stat(t.Context(), key)
		for i, err := range []error{s.Put(t.Context(), key, object.Bytes([]byte("x"))), got, opened, stat, s.Delete(t.Context(), key)} {
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%q, %d: %v", key, i, err)
			}
		}
	}
	WantNone(t, s)
}

func replaced(t *testing.T, s object.Store) {
	Put(t, s, "a", []byte("first of all"))
	o, err := s.Open(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if err := s.Delete(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	Put(t, s, "a", []byte("second is it"))
	got := make([]byte, 5)
	if _, err := o.ReadAt(got, 0); err == nil && string(got) != "first" || err != nil && !errors.Is(err, object.ErrChanged) {
		t.Errorf("%q, %v", got, err)
	}
}

func cancelled(t *testing.T, s object.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, "a", object.Bytes([]byte("x"))); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	WantNone(t, s)
}

var errWriter = errors.New("the disk is full")

type writer struct{ tries *int }

func (w writer) Write([]byte) (int, error) { *w.tries++; return 0, errWriter }

func failingWriter(t *testing.T, s object.Store) {
	Put(t, s, "a", Filled(1000))
	tries := 0
	if _, err := s.Get(t.Context(), "a", writer{&tries}); !errors.Is(err, errWriter) || tries != 1 {
		t.Errorf("%d tries, %v", tries, err)
	}
}
