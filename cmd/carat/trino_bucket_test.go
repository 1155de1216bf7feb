package main

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"carat/pipeline/engine/trino/trinotest"
)

// TestTrinoReadsABucket has a month whose lake lies in a bucket built by a cluster that reads
// that bucket with keys of its own, asks for a password over TLS and keeps scratch in an
// Iceberg catalog, and compares each table with what this machine builds. It takes as long as
// the others, so it is done by `make test-trino` alone.
func TestTrinoReadsABucket(t *testing.T) {
	if os.Getenv("CARAT_TRINO_ALL") == "" {
		t.Skip("CARAT_TRINO_ALL isn't set: make test-trino sets it")
	}
	if os.Getenv("CARAT_TRINO_HOME") == "" {
		t.Skip("CARAT_TRINO_HOME names no Trino: make test-trino fetches it")
	}
	bucket := newBucketBooks(t)
	dir, marks := filepath.Join(t.TempDir(), "month"), t.TempDir()
	caratExits(t, 0, "generate", "--out", dir, "--gifts", "200", "--viewers", "60", "--creators", "40", "--files", "month", "--faults", "all")
	bucket.configure(t, dir, "one", "one", "people: "+filepath.Join(t.TempDir(), "persons")+"\n")
	carat := func(want int, args ...string) (stdout, told string) {
		t.Helper()
		return caratBoth(t, want, append([]string{"--dir", dir}, args...)...)
	}
	carat(0, "ingest")
	at, err := url.Parse(bucket.dsn)
	if err != nil {
		t.Fatal(err)
	}
	server := trinotest.Start(t, map[string]string{
		"lake": fmt.Sprintf("connector.name=iceberg\niceberg.catalog.type=jdbc\niceberg.jdbc-catalog.catalog-name=carat\niceberg.jdbc-catalog.driver-class=org.postgresql.Driver\n"+
			"iceberg.jdbc-catalog.connection-url=jdbc:postgresql://%s/one\niceberg.jdbc-catalog.connection-user=carat\niceberg.jdbc-catalog.schema-version=V0\n"+
			"iceberg.jdbc-catalog.default-warehouse-dir=s3://books/one\nfs.native-s3.enabled=true\ns3.endpoint=%s\ns3.region=us-east-1\ns3.path-style-access=true\n"+
			"s3.aws-access-key=AKIAREADER\ns3.aws-secret-key=hush-hush\niceberg.security=READ_ONLY\n", at.Host, bucket.url),
		"marks": "connector.name=iceberg\niceberg.catalog.type=TESTING_FILE_METASTORE\nhive.metastore.catalog.dir=local:///marks\nfs.native-local.enabled=true\nlocal.location=" + marks + "\n",
	})
	gate, refused := passwordGate(t, server.URL)
	plain, err := os.ReadFile(filepath.Join(dir, "carat.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	builtBy := func(engine string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "carat.yaml"), append(slices.Clip(plain), engine...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	builtBy(fmt.Sprintf("engine: {kind: trino, url: %q, catalog: lake, scratch: marks, password: \"${CLUSTER_PASSWORD}\"}\n", gate))
	t.Setenv("CLUSTER_PASSWORD", "other")
	if _, told := carat(2, "reconcile", "--period", "2026-10"); !strings.Contains(told, "see user, password and token of engine in carat.yaml") || refused.Load() == 0 {
		t.Errorf("another password: %s", told)
	}
	writes := bucket.writes.Load()
	t.Setenv("CLUSTER_PASSWORD", "open-sesame")
	built, told := carat(4, "reconcile", "--period", "2026-10")
	run := runOf.FindStringSubmatch(built)
	if run == nil || !strings.Contains(told, "is built by Trino 4") || strings.Contains(built+told, "sesame") || bucket.writes.Load() == writes {
		t.Fatalf("carat reconcile says\n%s\n%s", built, told)
	}
	builtBy("")
	if _, told = carat(4, "reconcile", "--period", "2026-10", "--from-start"); !strings.Contains(told, "run "+run[1]+" comes out the same in every table") {
		t.Errorf("by Trino\n%s\nby this machine\n%s", built, told)
	}
	carat(0, "verify")
}

// passwordGate stands before a cluster as its TLS and its password, as a load balancer does;
// this process's programs trust it. It counts whom it refused.
func passwordGate(t *testing.T, behind string) (gate string, refused *atomic.Int64) {
	t.Helper()
	to, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	to.User = nil
	refused = new(atomic.Int64)
	next := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.SetXForwarded()
		r.Out.Host = r.In.Host
		r.Out.Header.Del("Authorization")
	}}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, ok := r.BasicAuth(); !ok || password != "open-sesame" {
			refused.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(roots, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SSL_CERT_FILE", roots)
	return strings.Replace(server.URL, "https://", "https://carat@", 1), refused
}
