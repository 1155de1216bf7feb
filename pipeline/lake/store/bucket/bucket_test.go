package bucket_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
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

const secret = "hush-hush-hush"

var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIAQUIET", SecretAccessKey: secret}, nil
})

// server is a server of S3 with one bucket, behind a network.
func server(t *testing.T) (*storetest.Network, string) {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("lakes"); err != nil {
		t.Fatal(err)
	}
	network := storetest.NewNetwork(gofakes3.New(backend, gofakes3.WithTimeSkewLimit(0)).Server())
	s := httptest.NewServer(network)
	t.Cleanup(s.Close)
	return network, s.URL
}

// options wait for nothing.
func options() bucket.Options {
	return bucket.Options{Credentials: credentials, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, PageKeys: 2, Stall: 200 * time.Millisecond}
}

func open(t *testing.T, url, prefix string) *bucket.Bucket {
	t.Helper()
	p, err := bucket.Parse("s3://lakes/" + prefix + "?endpoint=" + url)
	if err != nil {
		t.Fatal(err)
	}
	b, err := bucket.Open(t.Context(), p, options())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConformance(t *testing.T) {
	for _, prefix := range []string{"", "one/two"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) object.Store {
				_, url := server(t)
				if prefix != "" { // what lies beside it is none of its objects
					storetest.Put(t, open(t, url, "one/two-and-more"), "x", []byte("x"))
					storetest.Put(t, open(t, url, "one"), "two0", []byte("x"))
				}
				return open(t, url, prefix)
			})
		})
	}
}

// Whatever the network does once or a few times, what was asked for is done, once.
func TestBadNetwork(t *testing.T) {
	content := storetest.Filled(300_000)
	network, url := server(t)
	s := open(t, url, "lake")
	n := 0
	for name, fault := range map[string]storetest.Fault{
		"a connection that is refused": storetest.Refuse, "an answer that is lost": storetest.Lose, "no answer": storetest.Hang,
		"an answer that doesn't come, of what was done": storetest.HangAfter,
		"503": storetest.Answer(503, "SlowDown"), "500": storetest.Answer(500, "InternalError"), "429": storetest.Answer(429, "TooManyRequests"),
		"409": storetest.Answer(409, "ConditionalRequestConflict"),
	} {
		t.Run(name, func(t *testing.T) {
			n++
			key := "a/" + strings.Repeat("x", n)
			network.Then(fault, fault)
			storetest.Put(t, s, key, content)
			network.Then(fault, fault)
			storetest.Want(t, s, key, content)
			network.Then(fault)
			if info, err := s.Stat(t.Context(), key); err != nil || info.Size != 300_000 {
				t.Errorf("%+v, %v", info, err)
			}
			network.Then(fault)
			keys := 0
			if err := s.List(t.Context(), key, func(object.Info) error { keys++; return nil }); err != nil || keys != 1 {
				t.Errorf("%d keys, %v", keys, err)
			}
			o, err := s.Open(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			network.Then(fault)
			got := make([]byte, 1000)
			if _, err := o.ReadAt(got, 5000); err != nil || !bytes.Equal(got, content[5000:6000]) {
				t.Error(err)
			}
			network.Then(fault)
			if err := s.Delete(t.Context(), key); err != nil {
				t.Error(err)
			}
			if network.Left() > 0 {
				t.Errorf("%d faults did not strike", network.Left())
			}
		})
	}
}

// A put that happened though its answer was lost is not taken for somebody else's, and what
// another put there meanwhile is not taken for ours.
func TestLostAnswer(t *testing.T) {
	network, url := server(t)
	s := open(t, url, "lake")
	network.Then(storetest.Lose, storetest.Answer(400, "RequestTimeout"), storetest.Answer(503, "SlowDown"))
	storetest.Put(t, s, "ours", []byte("ours"))
	storetest.Want(t, s, "ours", []byte("ours"))
	network.Then(func(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
		storetest.Put(t, open(t, url, "lake"), "theirs", []byte("theirs"))
		return storetest.Refuse(w, r, next)
	})
	if err := s.Put(t.Context(), "theirs", object.Bytes([]byte("ours"))); !errors.Is(err, object.ErrTaken) {
		t.Errorf("%v", err)
	}
	storetest.Want(t, s, "theirs", []byte("theirs"))

	// The last try happened, and no answer came at all.
	lost := storetest.On(http.MethodPut, storetest.Lose)
	network.Then(lost, storetest.Refuse, storetest.Refuse, storetest.Refuse, storetest.Refuse, storetest.Refuse, storetest.Refuse)
	storetest.Put(t, s, "late", []byte("late"))
	if network.Left() > 0 {
		t.Errorf("%d faults did not strike", network.Left())
	}
}

// A download that ends early goes on where it ended, in the same object; what is read is
// never short.
func TestTruncatedDownload(t *testing.T) {
	network, url := server(t)
	s := open(t, url, "lake")
	content := storetest.Filled(500_000)
	storetest.Put(t, s, "a", content)
	for name, fault := range map[string]storetest.Fault{"ended": storetest.Truncate, "stalled": storetest.Stall} {
		network.Then(fault, fault, fault)
		storetest.Want(t, s, "a", content)
		o, err := s.Open(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		network.Then(fault, fault)
		got := make([]byte, 100_000)
		if _, err := o.ReadAt(got, 1000); err != nil || !bytes.Equal(got, content[1000:101_000]) {
			t.Errorf("%s: %v", name, err)
		}
		if network.Left() > 0 {
			t.Errorf("%d faults did not strike", network.Left())
		}
	}
	// Another object in its place is not put together with the first.
	network.Then(func(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
		other := open(t, url, "lake")
		defer func() {
			if err := other.Delete(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			storetest.Put(t, other, "a", storetest.Filled(400_000))
		}()
		return storetest.Truncate(w, r, next)
	})
	if _, err := s.Get(t.Context(), "a", io.Discard); !errors.Is(err, object.ErrChanged) {
		t.Errorf("%v", err)
	}
}

// Who answers nothing but 503, and who isn't there, is told after some tries, with what to
// do; nothing was put.
func TestServerThatStaysAway(t *testing.T) {
	network, url := server(t)
	s := open(t, url, "lake")
	for range 40 {
		network.Then(storetest.Answer(503, "SlowDown"))
	}
	err := s.Put(t.Context(), "a", object.Bytes([]byte("x")))
	told(t, err, pipeline.KindInternal, "put object s3://lakes/lake/a: the store answered 503 SlowDown, 7 times; see whether "+url+" can be reached from here, and run again")
	network.Clear()
	storetest.WantNone(t, s)
}

func told(t *testing.T, err error, kind pipeline.Kind, want string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("no error; want %s", want)
	case !strings.Contains(err.Error(), want):
		t.Errorf("%v\nwant %s", err, want)
	case pipeline.KindOf(err) != kind:
		t.Errorf("%v is of kind %d", err, pipeline.KindOf(err))
	case strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "AKIAQUIET"):
		t.Errorf("%v tells credentials", err)
	}
}

// A bucket that isn't there or isn't ours, and credentials that are wrong, are told with what
// to do.
func TestWrongBucket(t *testing.T) {
	network, url := server(t)
	p := bucket.Place{Bucket: "other", Prefix: "lake", Endpoint: url}
	_, err := bucket.Open(t.Context(), p, options())
	told(t, err, pipeline.KindUsage, "open bucket s3://other/lake at "+url+": there is no bucket of the name other (the store answered 404 NoSuchBucket); create it, or name the right bucket")
	p.Bucket = "lakes"
	for code, c := range map[string]struct {
		status int
		want   string
	}{
		"AccessDenied":          {403, "it lets these credentials not do that (the store answered 403 AccessDenied); is the bucket yours? The credentials need s3:ListBucket"},
		"InvalidAccessKeyId":    {403, "it takes the credentials for wrong (the store answered 403 InvalidAccessKeyId); check AWS_ACCESS_KEY_ID"},
		"SignatureDoesNotMatch": {403, "check AWS_ACCESS_KEY_ID"},
		"RequestTimeTooSkewed":  {403, "set the clock"},
		"PermanentRedirect":     {301, "it lies in another region, or behind another endpoint (the store answered 301 PermanentRedirect); add its region"},
	} {
		network.Then(storetest.Answer(c.status, code))
		_, err := bucket.Open(t.Context(), p, options())
		told(t, err, pipeline.KindUsage, c.want)
	}
	p.Endpoint = "http://127.0.0.1:1"
	_, err = bucket.Open(t.Context(), p, options())
	told(t, err, pipeline.KindInternal, "connection refused, 7 times; see whether http://127.0.0.1:1 can be reached")
	o := options()
	o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("none: " + secret)
	})
	_, err = bucket.Open(t.Context(), p, o)
	told(t, err, pipeline.KindUsage, "there are no credentials for it; give them as AWS's tools take them")
}

// A server that overwrites though it was told not to is refused, and so is one that knows no
// condition.
func TestConditional(t *testing.T) {
	network, url := server(t)
	s := open(t, url, "lake")
	if err := s.Conditional(t.Context(), "probe/1"); err != nil {
		t.Error(err)
	}
	network.Then(storetest.On(http.MethodPut, storetest.Unconditional), storetest.On(http.MethodPut, storetest.Unconditional))
	told(t, s.Conditional(t.Context(), "probe/2"), pipeline.KindUsage, "it puts an object in the place of another, though it was told not to; use a server that keeps to `If-None-Match: *`")
	network.Then(storetest.Answer(501, "NotImplemented"))
	told(t, s.Conditional(t.Context(), "probe/3"), pipeline.KindUsage, "its server knows no `If-None-Match: *`")
	storetest.WantNone(t, s)
}

// A delete that the bucket's rules forbid is told.
func TestObjectLock(t *testing.T) {
	network, url := server(t)
	s := open(t, url, "lake")
	storetest.Put(t, s, "a", nil)
	network.Then(storetest.Answer(403, "AccessDenied"))
	told(t, s.Delete(t.Context(), "a"), pipeline.KindUsage, "delete object s3://lakes/lake/a: it lets these credentials not do that")
}

func TestParse(t *testing.T) {
	for text, want := range map[string]bucket.Place{
		"s3://b":          {Bucket: "b"},
		"s3://b/":         {Bucket: "b"},
		"s3://b/one/two/": {Bucket: "b", Prefix: "one/two"},
		"s3://b/p?endpoint=http://127.0.0.1:9000&region=eu-central-1": {Bucket: "b", Prefix: "p", Endpoint: "http://127.0.0.1:9000", Region: "eu-central-1"},
	} {
		if got, err := bucket.Parse(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"s3://": "it is no address of a bucket", "s3:///x": "no address", "gs://b/x": "no address", "s3://me:pw@b/x": "no address", "s3://b/x#y": "no address", "s3://b:9000/x": "a port belongs to the endpoint",
		"s3://b/a//b": "its prefix", "s3://b/../a": "its prefix", "s3://b/a%20\n": "no address", "s3://b/x?endpoint=minio:9000": "its endpoint is no address", "s3://b/x?endpoint=http://u:p@h": "its endpoint",
		"s3://b/x?secret=y": "secret: there is no such setting", "s3://b/x?region=": "region: it is to be given once", "s3://b/" + strings.Repeat("a", 200): "its prefix", "s3://b/a%3Fb": "its prefix",
	} {
		_, err := bucket.Parse(text)
		told(t, err, pipeline.KindUsage, want)
	}
	p := bucket.Place{Bucket: "b", Prefix: "p", Endpoint: "http://h"}
	if p.Location() != "s3://b/p" || p.String() != "s3://b/p at http://h" || (bucket.Place{Bucket: "b"}).Location() != "s3://b" {
		t.Errorf("%s, %s", p.Location(), p)
	}
}

// moto starts a server of S3 that others wrote, in a process of its own, and makes a bucket
// in it. `.ci/run` installs it; where it isn't the test is skipped by name.
func moto(t *testing.T) (address string) {
	t.Helper()
	python := os.Getenv("CARAT_PYTHON")
	if python == "" || exec.Command(python, "-c", "import moto.server").Run() != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CARAT_PYTHON has no moto: .ci/run installs it")
		}
		t.Skip("CARAT_S3 names no server, and CARAT_PYTHON has no moto: .ci/run installs it")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(at, ":")
	cmd := exec.Command(python, "-m", "moto.server", "-H", "127.0.0.1", "-p", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://"+at+"/lakes", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				break
			}
			err = errors.New(answer.Status)
		}
		if time.Now().After(end) {
			t.Fatalf("moto doesn't come up: %v", err)
		}
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAQUIET")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	return "s3://lakes/suite?region=us-east-1&endpoint=http://" + at
}

// The suite on a server that is none of this process: the one that CARAT_S3 names,
// s3://BUCKET/PREFIX?endpoint=URL, whose credentials the SDK's chain finds, else moto. Each
// test is below a prefix of its own.
func TestConformanceOfAServer(t *testing.T) {
	address := os.Getenv("CARAT_S3")
	if address == "" {
		address = moto(t)
	}
	n := 0
	storetest.Run(t, func(t *testing.T) object.Store {
		p, err := bucket.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		n++
		p.Prefix = strings.TrimPrefix(fmt.Sprintf("%s/%d-%d", p.Prefix, time.Now().UnixNano(), n), "/")
		b, err := bucket.Open(t.Context(), p, bucket.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Conditional(t.Context(), "probe"); err != nil {
			t.Fatal(err)
		}
		return b
	})
}
