package stripe_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/stripe"
)

// says is an API that answers everything with the same text and status.
type says struct {
	status int
	text   []byte
}

func (a says) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, ContentLength: -1,
		Body: io.NopCloser(bytes.NewReader(a.text)), Request: r}, nil
}

// FuzzAnswers reads what the API might answer: it ends, and no error holds the key.
func FuzzAnswers(f *testing.F) {
	f.Add(200, []byte(`{"data":[{"id":"frr_1","report_type":"x","parameters":{"interval_start":1,"columns":["a"]},"status":"pending"}],"has_more":true}`))
	f.Add(200, []byte(`{"id":"frr_1","status":"succeeded","data_available_end":9999999999,"result":{"id":"file_1","size":1,"url":"https://files.stripe.com/v1/files/file_1/contents"}}`))
	f.Add(200, []byte(`{"status":"succeeded","data_available_end":9999999999,"result":{"url":"https://elsewhere.example/x"}}`))
	f.Add(200, []byte(`{"data_available_end":-1}`))
	f.Add(401, []byte(`{"error":{"message":"Invalid API Key provided: rk_****hush"}}`))
	f.Add(500, []byte("no"))
	f.Fuzz(func(t *testing.T, status int, text []byte) {
		if status < 200 || status > 599 || bytes.Contains(text, []byte("quiet-key")) {
			return
		}
		now := time.Date(2026, 10, 3, 0, 0, 0, 0, time.UTC)
		s, err := stripe.New(stripe.Options{Key: "quiet-key", Type: "balance.1", Span: source.Daily, Since: now.AddDate(0, 0, -2), Now: now, Zone: time.UTC,
			Client: &http.Client{Transport: says{status, text}}, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.List(t.Context())
		if err != nil || len(list) == 0 {
			t.Fatalf("%v, %v", list, err)
		}
		d, err := s.Open(t.Context(), list[0], 0)
		if err != nil {
			if strings.Contains(err.Error(), "quiet-key") {
				t.Errorf("%v", err)
			}
			return
		}
		_ = d.Close()
	})
}
