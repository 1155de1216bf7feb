package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// bucketBooks is a month whose lake lies in a bucket, and a database for each catalog.
type bucketBooks struct {
	url     string
	dsn     string
	backend *s3mem.Backend
	writes  atomic.Int64 // requests that write
}

func newBucketBooks(t *testing.T) *bucketBooks {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAQUIET")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hush-hush")
	b := &bucketBooks{dsn: startPostgres(t), backend: s3mem.New()}
	if err := b.backend.CreateBucket("books"); err != nil {
		t.Fatal(err)
	}
	next := gofakes3.New(b.backend, gofakes3.WithTimeSkewLimit(0)).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			b.writes.Add(1)
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// configure makes a folder's lake lie in the bucket, with a catalog in a database of its own.
func (b *bucketBooks) configure(t *testing.T, dir, prefix, database, more string) {
	t.Helper()
	if out, err := exec.Command("psql", "-q", b.dsn, "-c", "create database "+database).CombinedOutput(); err != nil && !strings.Contains(string(out), "already exists") {
		t.Fatalf("%v %s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "carat.yaml"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "lake:") && !strings.HasPrefix(line, "catalog:") && !strings.HasPrefix(line, "people:") {
			kept = append(kept, line)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	config := strings.Join(kept, "") + "lake: \"s3://books/" + prefix + "?endpoint=" + b.url + "\"\ncatalog: \"" + strings.Replace(b.dsn, "/postgres?", "/"+database+"?", 1) + "\"\n" + more
	if err := os.WriteFile(filepath.Join(dir, "carat.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A month is closed on a lake in a bucket as on one in a folder: the same rows, from any
// machine, and through copies there and back. What somebody changed in the bucket is told.
func TestMonthInABucket(t *testing.T) {
	b := newBucketBooks(t)
	dir := t.TempDir()
	carat := func(want int, args ...string) (stdout, told string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		var out, errs bytes.Buffer
		if code := run(ctx, append([]string{"carat"}, args...), []string{"CI=1"}, &out, &errs); code != want {
			t.Fatalf("%v: %d %s", args, code, errs.String())
		}
		if strings.Contains(out.String()+errs.String(), "hush-hush") {
			t.Errorf("%v tells the secret", args)
		}
		return out.String(), errs.String()
	}
	one, machine, folder, two := filepath.Join(dir, "one"), filepath.Join(dir, "machine"), filepath.Join(dir, "folder"), filepath.Join(dir, "two")
	carat(0, "generate", "--out", one, "--gifts", "200", "--creators", "6", "--files", "month", "--faults", "none")
	if err := os.CopyFS(folder, os.DirFS(one)); err != nil {
		t.Fatal(err)
	}
	b.configure(t, one, "one", "one", "")
	_, told := carat(2, "ingest", "--dir", one)
	if !strings.Contains(told, "ingest creators: its files say who somebody is, and the lake lies in a bucket, which keeps no persons; name a folder for them in carat.yaml") {
		t.Errorf("%s", told)
	}
	b.configure(t, one, "one", "one", "people: "+filepath.Join(dir, "persons")+"\n")
	carat(0, "ingest", "--dir", one)
	carat(0, "reconcile", "--period", "2026-10", "--dir", one)
	carat(0, "verify", "--dir", one)

	// Another machine reads it; so does a lake in a folder that came by the same files.
	carat(0, "ingest", "--dir", folder)
	carat(0, "reconcile", "--period", "2026-10", "--dir", folder)
	b.configure(t, machine, "one", "one", "people: "+filepath.Join(dir, "persons")+"\n")
	const lines = "select creator_id, line_no, label, coins, currency, amount from statement_lines order by all"
	want, _ := carat(0, "query", lines, "--format", "csv", "--dir", folder)
	if got, _ := carat(0, "query", lines, "--format", "csv", "--dir", machine); got != want || strings.Count(got, "\n") < 10 {
		t.Errorf("from the bucket\n%s\nfrom the folder\n%s", got, want)
	}
	if _, told := carat(2, "publish", "--out", filepath.Join(dir, "x.duckdb"), "--dir", machine); !strings.Contains(told, "this lake lies in a bucket; read the tables there with any reader of Iceberg") {
		t.Errorf("%s", told)
	}
	carat(0, "backup", "--out", filepath.Join(dir, "backups"), "--dir", machine)
	carat(0, "restore", "--from", filepath.Join(dir, "backups"), "--check", "--dir", machine)
	if _, told := carat(2, "restore", "--from", filepath.Join(dir, "backups"), "--dir", machine); !strings.Contains(told, "a backup is restored into a folder; put a carat.yaml whose `lake` is a folder") {
		t.Errorf("%s", told)
	}

	// To a folder and into another bucket.
	back := filepath.Join(dir, "back")
	if err := os.MkdirAll(back, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(back, "carat.yaml"), []byte("first_period: 2026-10\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _ := carat(0, "copy", machine, back); !strings.Contains(out, "copied s3://books/one") || !strings.Contains(out, ", and verified\n") {
		t.Errorf("%s", out)
	}
	if got, _ := carat(0, "query", lines, "--format", "csv", "--dir", back); got != want {
		t.Errorf("the copy in a folder has\n%s", got)
	}
	b.configure(t, two, "two", "two", "")
	if _, told := carat(2, "copy", back, two); !strings.Contains(told, "a bucket keeps no persons; name a folder for them in the carat.yaml of the copy") {
		t.Errorf("%s", told)
	}
	b.configure(t, two, "two", "two", "people: "+filepath.Join(dir, "persons2")+"\n")
	carat(0, "copy", back, two) // goes on where it was
	if got, _ := carat(0, "query", lines, "--format", "csv", "--dir", two); got != want {
		t.Errorf("the copy in a bucket has\n%s", got)
	}
	carat(0, "reconcile", "--period", "2026-10", "--dir", two)
	if _, told := carat(2, "copy", back, two); !strings.Contains(told, "there is a lake already") {
		t.Errorf("%s", told)
	}
	if _, told := carat(2, "copy", one, machine); !strings.Contains(told, "it is to be copied to where it lies") {
		t.Errorf("%s", told)
	}
	b.refusals(t, carat, dir, one)
}

// refusals are of places that are wrong, which nothing is written to, and of what was changed.
func (b *bucketBooks) refusals(t *testing.T, carat func(want int, args ...string) (string, string), dir, one string) {
	t.Helper()
	wrong := filepath.Join(dir, "wrong")
	before := b.writes.Load()
	for prefix, want := range map[string]string{"one": "it has no catalog of the lake in s3://books/one, which has tables; name the database that has it", "a//b": "its prefix can't be one of objects' keys"} {
		b.configure(t, wrong, prefix, "three", "")
		code := 2
		if prefix == "one" {
			code = 6
		}
		if _, told := carat(code, "status", "--dir", wrong); !strings.Contains(told, want) {
			t.Errorf("%s: %s", prefix, told)
		}
	}
	b.configure(t, wrong, "three", "one", "")
	if _, told := carat(2, "ingest", "--dir", wrong); !strings.Contains(told, "it belongs to another lake") {
		t.Errorf("%s", told)
	}
	if now := b.writes.Load(); now-before > 4 { // a new place is tried, and left as it was
		t.Errorf("%d requests wrote", now-before)
	}
	list, err := b.backend.ListBucket("books", &gofakes3.Prefix{HasPrefix: true, Prefix: "one/raw/"}, gofakes3.ListBucketPage{})
	if err != nil || len(list.Contents) == 0 {
		t.Fatal(list, err)
	}
	if _, err := b.backend.PutObject("books", list.Contents[0].Key, map[string]string{}, strings.NewReader("changed"), 7, nil); err != nil {
		t.Fatal(err)
	}
	if _, told := carat(7, "verify", "--dir", one); !strings.Contains(told, strings.TrimSuffix(strings.TrimPrefix(list.Contents[0].Key, "one/"), ".zst")) {
		t.Errorf("%s", told)
	}
}
