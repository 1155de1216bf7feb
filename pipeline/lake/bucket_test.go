package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/store/bucket"
	"carat/pipeline/lake/store/object"
	"carat/pipeline/lake/store/storetest"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// bucketPlace is a bucket behind a network, with the database of its lake's catalog.
type bucketPlace struct {
	network *storetest.Network
	address string // of the lake
	dsn     string
	cut     atomic.Int64 // the request from which on the network is gone; 0: never
	asked   atomic.Int64
}

func bucketOptions() bucket.Options {
	return bucket.Options{
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		}),
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Stall: 2 * time.Second,
	}
}

// newBucketPlace makes an empty bucket.
func newBucketPlace(t *testing.T, dsn string) *bucketPlace {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("lakes"); err != nil {
		t.Fatal(err)
	}
	p := &bucketPlace{dsn: dsn, network: storetest.NewNetwork(gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server())}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, cut := p.asked.Add(1), p.cut.Load()
		switch {
		case cut > 0 && n == cut:
			storetest.Lose(w, r, p.network)
		case cut > 0 && n > cut:
			storetest.Refuse(w, r, p.network)
		}
		p.network.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.address = "s3://lakes/one?endpoint=" + server.URL
	return p
}

func (p *bucketPlace) config(root string) Config {
	return Config{Root: root, Bucket: p.address, BucketOptions: bucketOptions(), CatalogDSN: p.dsn}
}

// open opens the lake on a machine, whose cache is a folder.
func (p *bucketPlace) open(t *testing.T, root string) *Lake {
	t.Helper()
	l, err := Open(t.Context(), p.config(root))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func (p *bucketPlace) store(t *testing.T) *bucket.Bucket {
	t.Helper()
	at, err := bucket.Parse(p.address)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bucket.Open(t.Context(), at, bucketOptions())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (p *bucketPlace) keys(t *testing.T) (keys []string) {
	t.Helper()
	if err := p.store(t).List(t.Context(), "", func(i object.Info) error { keys = append(keys, i.Key); return nil }); err != nil {
		t.Fatal(err)
	}
	return keys
}

// clone copies bucket and database. Nobody may have the lake open.
func (p *bucketPlace) clone(t *testing.T, name string) *bucketPlace {
	t.Helper()
	db, err := sql.Open("pgx", strings.Replace(p.dsn, "/base?", "/postgres?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("create database " + name + " template base"); err != nil {
		t.Fatal(err)
	}
	c := newBucketPlace(t, strings.Replace(p.dsn, "/base?", "/"+name+"?", 1))
	from, to := p.store(t), c.store(t)
	for _, key := range p.keys(t) {
		var text strings.Builder
		if _, err := from.Get(t.Context(), key, &text); err != nil {
			t.Fatal(err)
		}
		storetest.Put(t, to, key, []byte(text.String()))
	}
	return c
}

// verify verifies the bucket's bytes.
func (p *bucketPlace) verify(t *testing.T) (Verification, error) {
	t.Helper()
	c := p.config(t.TempDir())
	c.Fresh = true
	l, err := Open(t.Context(), c)
	if err != nil {
		return Verification{}, err
	}
	defer l.Close()
	return l.Verify(t.Context())
}

// baseDatabase makes the database that clones are made of.
func baseDatabase(t *testing.T, dsn string) string {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("create database base"); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(dsn, "/postgres?", "/base?", 1)
}

// straysIn lists the objects that the lake doesn't refer to.
func (p *bucketPlace) straysIn(t *testing.T, l *Lake) (found []string) {
	t.Helper()
	if err := l.catalog.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	known, err := l.sweeper().Referred(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range p.keys(t) {
		if key != "lake.json" && !known[filepath.Join(l.cfg.Root, key)] {
			found = append(found, key)
		}
	}
	return found
}

// A lake in a bucket is written by one machine, read by another that has none of its files,
// and verified by the bucket's bytes.
func TestLakeInABucket(t *testing.T) {
	p := newBucketPlace(t, startPostgres(t))
	one := p.open(t, t.TempDir())
	release, err := one.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := ingestWithRejects(t, one); err != nil {
		t.Fatal(err)
	}
	smallFiles(t, one, 4)
	if _, err := one.DB().Exec("create table runs (id text primary key)"); err != nil {
		t.Fatal(err)
	}
	if ok, err := one.Publish(t.Context(), Run{ID: "run1", Period: "2026-10"}, resultFiles(t, one, "run1"), recordRun("run1")); err != nil || !ok {
		t.Fatal(ok, err)
	}
	want := sortedGifts(t, one, AsOf{})
	other := p.open(t, t.TempDir())
	if _, err := other.Lock(t.Context()); pipeline.KindOf(err) != pipeline.KindBusy {
		t.Errorf("a second writer: %v", err)
	}
	release()
	if got := sortedGifts(t, other, AsOf{}); !slices.Equal(got, want) {
		t.Errorf("another machine reads %d rows, want %d", len(got), len(want))
	}
	if got := sortedGifts(t, other, AsOf{Batch: "b000001"}); len(got) != 8 {
		t.Errorf("%d rows as of the first batch", len(got))
	}
	if _, err := other.Lock(t.Context()); err != nil {
		t.Fatal(err)
	}
	if done, err := other.Compact(t.Context(), nil); err != nil || len(done) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := sortedGifts(t, one, AsOf{}); !slices.Equal(got, want) {
		t.Errorf("after a compaction: %d rows, want %d", len(got), len(want))
	}
	if v, err := p.verify(t); err != nil || v.Batches != 5 || v.Runs != 1 || v.Compactions != 1 {
		t.Errorf("%+v %v", v, err)
	}
	if s := p.straysIn(t, other); len(s) > 0 {
		t.Errorf("strays %v", s)
	}
	meta, _ := other.catalog.Table("gift_events")
	if location := meta.Iceberg.Metadata().Location(); location != "s3://lakes/one/carat.db/gift_events" {
		t.Errorf("the table's location is %s", location)
	}
	feed, _ := pipeline.FeedByName("creators")
	_, err = NewStage[pipeline.Creator](t.Context(), other, feed, other.NextBatchID())
	if pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "which keeps no persons; name a folder for them in carat.yaml") {
		t.Errorf("%v", err)
	}
	checkCertificates(t, one, other)
	checkChangedObjects(t, p, one)
	checkOtherPlaces(t, p)
}

// checkCertificates: what locks a month waits for its lock where any machine finds it, and
// lies in the bucket then.
func checkCertificates(t *testing.T, one, other *Lake) {
	t.Helper()
	if err := one.StageCertificate("2026-10", 1, "close-2026-10-v1", []byte("{}"), []byte("list")); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Lake{one, other} {
		if text, err := l.Certificate("2026-10", 1); err != nil || string(text) != "{}" {
			t.Errorf("%q, %v", text, err)
		}
	}
	if err := other.PlaceCertificate("2026-10", 1); err != nil {
		t.Fatal(err)
	}
	sum, err := other.SaveSQL([]byte("select 1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Keep("timestamps/heads/x.json", []byte("stamped")); err != nil {
		t.Fatal(err)
	}
	text, err := one.SQLText(sum)
	list, lerr := one.CertifiedStatements("2026-10", 1)
	stamp, serr := one.Read("timestamps/heads/x.json")
	if err := errors.Join(err, lerr, serr); err != nil || string(text) != "select 1" || string(list) != "list" || string(stamp) != "stamped" {
		t.Errorf("%q, %q, %q, %v", text, list, stamp, err)
	}
	if names, err := other.Files(); err != nil || !slices.Contains(names, "certificates/2026-10/1.json") || slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "staging") }) {
		t.Errorf("%v, %v", names, err)
	}
}

// checkChangedObjects: an object that was changed or deleted behind carat's back is named, by
// whoever reads it first and by verify; a cache that has its bytes hides nothing.
func checkChangedObjects(t *testing.T, p *bucketPlace, one *Lake) {
	t.Helper()
	files := tableOf(t, one, "gift_events", AsOf{}).Files
	key := one.disk.Relative(files[0])
	s := p.store(t)
	var kept strings.Builder
	if _, err := s.Get(t.Context(), key, &kept); err != nil {
		t.Fatal(err)
	}
	put := func(content string) {
		t.Helper()
		if err := s.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if content != "" {
			storetest.Put(t, s, key, []byte(content))
		}
	}
	changed := []byte(kept.String())
	changed[len(changed)/2] ^= 1
	put(string(changed))
	third := p.open(t, t.TempDir())
	_, err := third.Table(t.Context(), "gift_events", AsOf{})
	if pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "read object s3://lakes/one/"+key+": it was changed: ") || !strings.Contains(err.Error(), "find out who writes to the bucket besides carat") {
		t.Errorf("a changed object: %v", err)
	}
	if _, err := p.verify(t); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), key) {
		t.Errorf("verify of a changed object: %v", err)
	}
	put("")
	_, err = third.Table(t.Context(), "gift_events", AsOf{})
	if err == nil || !strings.Contains(err.Error(), key+": the bucket has no such object") {
		t.Errorf("a deleted object: %v", err)
	}
	if _, err := p.verify(t); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), key) {
		t.Errorf("verify of a deleted object: %v", err)
	}
	put(kept.String())
	if _, err := p.verify(t); err != nil {
		t.Error(err)
	}
}

// checkOtherPlaces: a bucket without its catalog, with another's, and a catalog of a lake
// elsewhere are told with what to do, and nothing is written.
func checkOtherPlaces(t *testing.T, p *bucketPlace) {
	t.Helper()
	before := p.keys(t)
	c := p.config(t.TempDir())
	c.CatalogDSN = ""
	wantUsage := func(c Config, want string) {
		t.Helper()
		l, err := Open(t.Context(), c)
		if err == nil {
			_ = l.Close()
		}
		if kind := pipeline.KindOf(err); err == nil || kind != pipeline.KindUsage && kind != pipeline.KindNotFound || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	wantUsage(c, "open lake s3://lakes/one: it lies in a bucket, and its catalog in no database that other machines reach; name a database of PostgreSQL in carat.yaml")
	db, err := sql.Open("pgx", p.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("create database empty"); err != nil {
		t.Fatal(err)
	}
	c.CatalogDSN = strings.Replace(p.dsn, "/postgres?", "/empty?", 1)
	wantUsage(c, "it has no catalog of the lake in s3://lakes/one, which has tables; name the database that has it in `catalog` of carat.yaml")
	c.CatalogDSN, c.Bucket = p.dsn, strings.Replace(p.address, "lakes/one", "lakes/two", 1)
	wantUsage(c, "it belongs to another lake")
	wantUsage(Config{Root: t.TempDir(), CatalogDSN: p.dsn}, "it belongs to another lake")
	c.Bucket = strings.Replace(p.address, "lakes/one", "missing/one", 1)
	wantUsage(c, "there is no bucket of the name missing")
	if begun, err := Begun(t.Context(), c); err == nil || begun {
		t.Errorf("%v, %v", begun, err)
	}
	c.Bucket = strings.Replace(p.address, "lakes/one", "lakes/four", 1)
	p.network.Asked()
	if begun, err := Begun(t.Context(), c); err != nil || begun {
		t.Errorf("%v, %v", begun, err)
	}
	for _, request := range p.network.Asked() { // whoever only looks writes nothing
		if !strings.HasPrefix(request, "GET ") && !strings.HasPrefix(request, "HEAD ") {
			t.Error(request)
		}
	}
	if after := p.keys(t); !slices.Equal(after, before) {
		t.Errorf("it wrote %v", after)
	}
	// A copy of the objects elsewhere has the lake's id, and not its catalog.
	s, two := p.store(t), &bucketPlace{dsn: p.dsn, address: strings.Replace(p.address, "lakes/one", "lakes/three", 1)}
	var id strings.Builder
	if _, err := s.Get(t.Context(), "lake.json", &id); err != nil {
		t.Fatal(err)
	}
	storetest.Put(t, two.store(t), "lake.json", []byte(id.String()))
	wantUsage(two.config(t.TempDir()), "open lake s3://lakes/three: it is a copy, and its catalog belongs to the lake in s3://lakes/one")
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "lake.json"), []byte(id.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	wantUsage(Config{Root: folder, CatalogDSN: p.dsn}, "it is a copy, and its catalog belongs to the lake in s3://lakes/one")
}

// The cache keeps to its bound once the lake is closed, and what is gone from it is fetched
// again.
func TestCacheOfABucketIsBounded(t *testing.T) {
	p := newBucketPlace(t, startPostgres(t))
	c := p.config(t.TempDir())
	c.CacheBytes = 1
	for i := range 2 {
		l, err := Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		release, err := l.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ingest(t, l, gifts(4, 1+i), fmt.Sprint(i))
		if rows := sortedGifts(t, l, AsOf{}); len(rows) != 4*(i+1) {
			t.Errorf("%d rows", len(rows))
		}
		reader := p.open(t, c.Root) // another carat of this machine has it open
		if _, err := reader.Table(t.Context(), "gift_events", AsOf{}); err != nil {
			t.Fatal(err)
		}
		release()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if got := readAll[pipeline.GiftEvent](t, tableOf(t, reader, "gift_events", AsOf{}).Files); len(got) != 4*(i+1) {
			t.Errorf("what another uses was evicted: %d rows", len(got))
		}
		reader.cfg.CacheBytes = 1
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
		left := 0
		for _, folder := range []string{"carat.db", "raw"} {
			_ = filepath.WalkDir(filepath.Join(c.Root, folder), func(_ string, e os.DirEntry, err error) error {
				if err == nil && !e.IsDir() {
					left++
				}
				return nil
			})
		}
		if left > 0 {
			t.Errorf("%d files stay in the cache", left)
		}
	}
}

// The network goes at a request of an ingest, a publication or a compaction: the request is
// done, its answer is lost, and no later one arrives. The next machine finds all of it or
// nothing, and nothing lying about.
func TestNetworkGoesAtAnyRequest(t *testing.T) {
	base := newBucketPlace(t, baseDatabase(t, startPostgres(t)))
	l := base.open(t, t.TempDir())
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	smallFiles(t, l, 4)
	if _, err := l.DB().Exec("create table runs (id text primary key)"); err != nil {
		t.Fatal(err)
	}
	release()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for name, do := range map[string]func(*Lake) error{
		"ingest": func(l *Lake) error { return ingestWithRejects(t, l) },
		"publish": func(l *Lake) error {
			_, err := l.Publish(t.Context(), Run{ID: "run1", Period: "2026-10"}, resultFiles(t, l, "run1"), recordRun("run1"))
			return err
		},
		"compact": func(l *Lake) error { _, err := l.Compact(t.Context(), nil); return err },
	} {
		t.Run(name, func(t *testing.T) {
			done, undone := 0, 0
			for n := int64(1); ; n += crashStride(6) {
				there, through := networkGoes(t, base, fmt.Sprintf("%s%d", name, n), n, do)
				if there {
					done++
				} else {
					undone++
				}
				if through {
					break
				}
			}
			t.Logf("counted: stopped at %d requests before it was there, and at %d after", undone, done)
			if done == 0 || undone < 2 {
				t.Errorf("there at %d, not there at %d", done, undone)
			}
		})
	}
}

// networkGoes does something while the network goes at request n, and looks from another
// machine. through: there were fewer requests.
func networkGoes(t *testing.T, base *bucketPlace, name string, n int64, do func(*Lake) error) (there, through bool) {
	t.Helper()
	p := base.clone(t, name)
	l, err := Open(t.Context(), p.config(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	start := p.asked.Load()
	p.cut.Store(start + n)
	err = do(l)
	through = p.asked.Load() < start+n
	if through && err != nil {
		t.Fatalf("request %d: %v", n, err)
	}
	if err != nil && !strings.Contains(err.Error(), "see whether http://127.0.0.1") && !errors.Is(err, errPowerCut) {
		t.Errorf("request %d: %v", n, err)
	}
	release()
	_ = l.Close()
	p.cut.Store(0)

	after := p.open(t, t.TempDir())
	defer after.Close()
	if release, err = after.Lock(t.Context()); err != nil {
		t.Fatalf("request %d: %v", n, err)
	}
	defer release()
	if _, err := p.verify(t); err != nil {
		t.Errorf("request %d: %v", n, err)
	}
	if s := p.straysIn(t, after); len(s) > 0 {
		t.Errorf("request %d: strays %v", n, s)
	}
	links, err := after.catalog.Links(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	runs, err := after.RunIDs(t.Context(), AsOf{})
	if err != nil {
		t.Fatal(err)
	}
	there = len(links)+len(runs) > 4
	if rows := len(sortedGifts(t, after, AsOf{})); rows != 32 && rows != 40 {
		t.Errorf("request %d: %d rows", n, rows)
	}
	if !there {
		if err := do(after); err != nil {
			t.Errorf("request %d: again: %v", n, err)
		}
		if s := p.straysIn(t, after); len(s) > 0 {
			t.Errorf("request %d, again: strays %v", n, s)
		}
	}
	return there, through
}
