package bucket_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"carat/pipeline/source"
	"carat/pipeline/source/bucket"
	"carat/pipeline/source/reach"
	"carat/pipeline/source/sourcetest"
)

// place is a store with one bucket.
type place struct {
	address string
	clock   gofakes3.TimeSourceAdvancer
	api     *s3.Client
}

func newPlace(t *testing.T) *place {
	t.Helper()
	clock := gofakes3.FixedTimeSource(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))
	server := httptest.NewServer(gofakes3.New(s3mem.New(s3mem.WithTimeSource(clock)), gofakes3.WithTimeSource(clock), gofakes3.WithTimeSkewLimit(0)).Server())
	t.Cleanup(server.Close)
	p := &place{address: server.Listener.Addr().String(), clock: clock}
	p.api = s3.New(s3.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true, RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}, nil
		})})
	if _, err := p.api.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("exports")}); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) put(t *testing.T, name, content string) {
	t.Helper()
	if _, err := p.api.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("exports"), Key: &name, Body: strings.NewReader(content)}); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, address string, versions bool) source.Source {
	t.Helper()
	s, err := bucket.New(bucket.Options{Endpoint: "http://" + address, Bucket: "exports", Prefix: "sales/", AccessKey: "AKIAQUIET", SecretKey: "hush", Versions: versions,
		Client: reach.Client(reach.Options{Allow: reach.Loopback, PlainHTTP: true})})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	p := newPlace(t)
	p.put(t, "elsewhere/z.csv", "z")
	p.put(t, "sales/folder/", "")
	wire := sourcetest.NewWire(t, p.address)
	sourcetest.Run(t, sourcetest.Place{
		Names: []string{"sales/a b.csv", "sales/b/../x.csv", "sales/größe.csv"}, Put: p.put,
		Open:    func(t *testing.T) source.Source { return open(t, wire.Address(), false) },
		Secrets: []string{"hush", "AKIAQUIET"}, Wire: wire,
	})
}

// A bucket that keeps versions gives all of them, so that one that was replaced
// between two runs isn't missed.
func TestVersions(t *testing.T) {
	p := newPlace(t)
	_, err := p.api.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String("exports"),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"first", "second", "first"} {
		p.put(t, "sales/a.csv", content)
		p.clock.Advance(time.Minute)
	}
	s := open(t, p.address, true)
	list, err := s.List(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%v, %v", list, err)
	}
	seen, got := map[string]bool{}, ""
	for _, r := range list {
		d, err := s.Open(t.Context(), r, 0)
		if err != nil {
			t.Fatal(err)
		}
		text := make([]byte, d.Size)
		n, _ := d.Read(text)
		_ = d.Close()
		got += string(text[:n]) + " "
		seen[r.Version] = true
	}
	if len(seen) != 3 || got != "first second first " {
		t.Errorf("%d versions, %q", len(seen), got)
	}
	newest, err := open(t, p.address, false).List(t.Context())
	if err != nil || len(newest) != 1 {
		t.Errorf("without versions: %v, %v", newest, err)
	}
}

// What was replaced since it was listed isn't taken for what was listed.
func TestReplacedSinceItWasListed(t *testing.T) {
	p := newPlace(t)
	p.put(t, "sales/a.csv", "first")
	s := open(t, p.address, false)
	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.put(t, "sales/a.csv", "second, and longer")
	if _, err := s.Open(t.Context(), list[0], 2); err == nil || !strings.Contains(err.Error(), "replaced since it was listed") {
		t.Errorf("%v", err)
	}
}

// Google's store changes Accept-Encoding on the way, and judges the signature by what came;
// it lists versions in a form of its own.
func TestGoogle(t *testing.T) {
	p := newPlace(t)
	p.put(t, "sales/a.csv", "first")
	to := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: p.address}) }}
	asked := 0
	google := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if _, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders="); signed == "" || strings.Contains(signed, "accept-encoding") {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("<Error><Code>SignatureDoesNotMatch</Code></Error>"))
			return
		}
		to.ServeHTTP(w, r)
	}))
	t.Cleanup(google.Close)
	s := open(t, google.Listener.Addr().String(), false)
	list, err := s.List(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	d, err := s.Open(t.Context(), list[0], 2)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(d)
	if err := errors.Join(err, d.Close()); err != nil || string(text) != "rst" || asked != 2 {
		t.Errorf("%q after %d requests, %v", text, asked, err)
	}
	for _, endpoint := range []string{"https://storage.googleapis.com", "https://storage.europe-west3.rep.googleapis.com/"} {
		_, err := bucket.New(bucket.Options{Endpoint: endpoint, Bucket: "exports", AccessKey: "AKIAQUIET", SecretKey: "hush", Versions: true})
		if err == nil || !strings.Contains(err.Error(), "leave versions out") {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestWhatTheStoreAnswers(t *testing.T) {
	code, status := "", 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<Error><Code>" + code + "</Code><Message>no</Message></Error>"))
	}))
	t.Cleanup(server.Close)
	s := open(t, server.Listener.Addr().String(), false)
	for _, c := range []struct {
		status int
		code   string
		passes bool
	}{{403, "AccessDenied", false}, {404, "NoSuchBucket", false}, {503, "SlowDown", true}, {500, "InternalError", true}, {429, "TooMany", true}} {
		status, code = c.status, c.code
		_, err := s.List(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.code) || isPassing(err) != c.passes {
			t.Errorf("%d %s: %v, passes %v", c.status, c.code, err, isPassing(err))
		}
	}
}

func isPassing(err error) bool {
	var p *source.Passing
	return errors.As(err, &p)
}
