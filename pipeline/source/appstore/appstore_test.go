package appstore

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/reach"
	"carat/pipeline/source/sourcetest"
)

// apple is a server that speaks the published API.
type apple struct {
	key  *ecdsa.PrivateKey
	now  time.Time
	mu   sync.Mutex
	have map[string]string // by path, date and, of finance reports, region and kind
	fail []int
	asks []string
}

func newApple(t *testing.T) *apple {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &apple{key: key, now: time.Date(2026, 1, 4, 18, 0, 0, 0, time.UTC), have: map[string]string{}}
}

// pem gives the key as a .p8 file.
func (a *apple) pem(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// allowed checks a token as Apple says it does.
func (a *apple) allowed(token string) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("no token")
	}
	var head, claims map[string]any
	for i, into := range []*map[string]any{&head, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(text, into) != nil {
			return errors.New("no JSON")
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err != nil || len(signature) != 64 || !ecdsa.Verify(&a.key.PublicKey, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return errors.New("a foreign signature")
	}
	begin, _ := claims["iat"].(float64)
	end, _ := claims["exp"].(float64)
	if head["alg"] != "ES256" || head["kid"] != "KEY1" || claims["iss"] != "issuer-1" || claims["aud"] != "appstoreconnect-v1" ||
		end-begin > 1200 || int64(begin) > a.now.Unix() || int64(end) <= a.now.Unix() {
		return fmt.Errorf("claims %v %v", head, claims)
	}
	return nil
}

func (a *apple) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	say := func(status int, code, detail string) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Rate-Limit", "user-hour-lim:3500;user-hour-rem:0;")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"status": fmt.Sprint(status), "code": code, "title": code, "detail": detail}}})
	}
	if err := a.allowed(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")); err != nil {
		say(401, "NOT_AUTHORIZED", "Provide a properly configured and signed bearer token")
		return
	}
	if len(a.fail) > 0 {
		status := a.fail[0]
		a.fail = a.fail[1:]
		say(status, "RATE_LIMIT_EXCEEDED", "The request rate limit has been reached.")
		return
	}
	q := r.URL.Query()
	get := func(name string) string { return q.Get("filter[" + name + "]") }
	if get("vendorNumber") != "80012345" || r.Header.Get("Accept") == "" {
		say(400, "PARAMETER_ERROR.INVALID", "Invalid vendor number specified")
		return
	}
	key := ""
	switch r.URL.Path {
	case "/v1/salesReports":
		if get("frequency") != "DAILY" || get("reportType") != "SALES" || get("reportSubType") != "SUMMARY" {
			say(400, "PARAMETER_ERROR.INVALID", "The report type isn't valid")
			return
		}
		key = "sales " + get("reportDate")
	case "/v1/financeReports":
		key = "finance " + get("reportDate") + " " + get("regionCode") + " " + get("reportType")
	}
	a.asks = append(a.asks, key)
	report, ok := a.have[key]
	if !ok {
		say(404, "NOT_FOUND", "There were no sales for the date specified.")
		return
	}
	w.Header().Set("Content-Type", "application/a-gzip")
	_, _ = io.WriteString(w, report)
}

func packed(text string) string {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.NoCompression) // as long as it is, so that it can break on its way
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return b.String()
}

func unpacked(t *testing.T, taken []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(taken))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (a *apple) open(t *testing.T, base string, change func(*Options)) source.Source {
	t.Helper()
	o := Options{Base: base, Issuer: "issuer-1", KeyID: "KEY1", Key: a.pem(t), Vendor: "80012345", Reports: []string{Sales},
		Since: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), Now: a.now, Client: reach.Client(reach.Options{Allow: reach.Loopback, PlainHTTP: true})}
	if change != nil {
		change(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestConformance(t *testing.T) {
	a := newApple(t)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	wire := sourcetest.NewWire(t, server.Listener.Addr().String())
	sourcetest.Run(t, sourcetest.Place{
		Names: []string{"S_D_80012345_20260101.txt.gz", "S_D_80012345_20260102.txt.gz", "S_D_80012345_20260103.txt.gz"},
		Put: func(_ *testing.T, name, content string) {
			a.mu.Lock()
			defer a.mu.Unlock()
			day := strings.TrimSuffix(strings.TrimPrefix(name, "S_D_80012345_"), ".txt.gz")
			a.have["sales "+day[:4]+"-"+day[4:6]+"-"+day[6:]] = packed(content)
		},
		Open:    func(t *testing.T) source.Source { return a.open(t, "http://"+wire.Address(), nil) },
		Content: unpacked, Secrets: []string{a.pem(t), strings.Split(a.pem(t), "\n")[1]}, Wire: wire,
	})
}

func TestFiscalMonths(t *testing.T) {
	zone, err := time.LoadLocation(pacific)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range fiscalMonths(time.Date(2022, 9, 1, 0, 0, 0, 0, zone), time.Date(2026, 11, 1, 12, 0, 0, 0, zone), zone) {
		last := m.To.AddDate(0, 0, -1)
		if last.Weekday() != time.Saturday || m.From.Weekday() != time.Sunday {
			t.Errorf("%s is from a %s to a %s", m.Name, m.From.Weekday(), last.Weekday())
		}
		got = append(got, m.Name+" "+last.Format(time.DateOnly))
	}
	text := strings.Join(got, "\n")
	// Apple's own calendar: fiscal 2022 and 2026 have 52 weeks, fiscal 2023 has 53.
	for _, want := range []string{"2022-12 2022-09-24", "2023-01 2022-10-29", "2023-02 2022-11-26", "2023-03 2022-12-31", "2023-12 2023-09-30",
		"2024-01 2023-11-04", "2025-12 2025-09-27", "2026-01 2025-11-01", "2026-03 2025-12-27", "2026-12 2026-09-26", "2027-01 2026-10-31"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	if len(got) != 1+4*12+1 {
		t.Errorf("%d months:\n%s", len(got), text)
	}
}

func TestFinanceReports(t *testing.T) {
	a := newApple(t)
	a.have["finance 2026-03 Z1 FINANCE_DETAIL"], a.have["finance 2026-03 US FINANCIAL"] = packed("detail"), packed("us")
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	for region, want := range map[string]string{"": "detail", "US": "us"} {
		s := a.open(t, server.URL, func(o *Options) {
			o.Reports, o.Region, o.Since = []string{Finance}, region, time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)
		})
		list, err := s.List(t.Context())
		if err != nil || len(list) != 1 || !strings.Contains(list[0].Name, "80012345_2026-03_") {
			t.Fatalf("%v, %v", list, err)
		}
		d, err := s.Open(t.Context(), list[0], 0)
		if err != nil {
			t.Fatal(err)
		}
		taken, _ := io.ReadAll(d)
		if got := unpacked(t, taken); got != want {
			t.Errorf("region %q: %q", region, got)
		}
	}
}

// A report that isn't there yet is asked for again, one that Apple may still correct
// too; an old one that was taken never.
func TestWhenReportsAreAskedForAgain(t *testing.T) {
	a := newApple(t)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	s := a.open(t, server.URL, func(o *Options) { o.Since, o.Overlap = a.now.AddDate(-2, 0, 0), 3*24*time.Hour })
	list, err := s.List(t.Context())
	if err != nil || len(list) != 365 {
		t.Fatalf("%d reports, %v", len(list), err)
	}
	old, last := list[0], list[len(list)-1]
	if !old.Settled || !old.Stale || last.Stale || last.Settled || !last.Recheck || !list[len(list)-6].Settled || list[len(list)-6].Recheck {
		t.Errorf("old %+v, last %+v", old, last)
	}
	if _, err := s.Open(t.Context(), last, 0); !errors.Is(err, source.ErrNotReady) || !strings.Contains(err.Error(), "There were no sales") {
		t.Errorf("not there: %v", err)
	}
}

func TestWhatAppleAnswers(t *testing.T) {
	a := newApple(t)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	first := func(s source.Source) error {
		list, err := s.List(context.Background())
		if err != nil {
			return err
		}
		_, err = s.Open(context.Background(), list[0], 0)
		return err
	}
	for _, status := range []int{429, 500, 503} {
		a.fail = []int{status}
		var passing *source.Passing
		if err := first(a.open(t, server.URL, nil)); !errors.As(err, &passing) {
			t.Errorf("%d: %v", status, err)
		}
	}
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"a foreign key":    {func(o *Options) { o.Key = newApple(t).pem(t) }, "the key is not let in"},
		"another vendor":   {func(o *Options) { o.Vendor = "1" }, "Invalid vendor number"},
		"another's issuer": {func(o *Options) { o.Issuer = "2" }, "the key is not let in"},
	} {
		if err := first(a.open(t, server.URL, c.change)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := New(Options{Key: "-----BEGIN PRIVATE KEY-----\nquiet\n-----END PRIVATE KEY-----"}); err == nil || strings.Contains(err.Error(), "quiet") {
		t.Errorf("no key: %v", err)
	}
}
