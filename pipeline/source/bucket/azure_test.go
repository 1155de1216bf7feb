package bucket_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/bucket"
	"carat/pipeline/source/reach"
	"carat/pipeline/source/sourcetest"
)

// The account of the tests.
const (
	azureAccount = "exportsaccount"
	azureKey     = "aHVzaC1odXNoLWtleQ==" // hush-hush-key
	azureSAS     = "?sv=2026-02-06&sp=rl&sig=quiet%2Bsignature%3D"
)

// blobVersion is a version of a blob, as the server keeps it.
type blobVersion struct{ name, content, tag, id, extra string }

// azureServer speaks the published API of Azure Blob Storage
// (https://learn.microsoft.com/rest/api/storageservices/list-blobs and get-blob): two on a
// page with a marker, ETags, versions, ranges, and errors as XML. It judges the signature by
// itself.
type azureServer struct {
	t       *testing.T
	mu      sync.Mutex
	blobs   []blobVersion // the newest of a name last
	count   int
	answers []int // the next answers, which are errors with that status
	code    string
	pages   int
	loops   bool // it lists the same page again and again
}

func newAzureServer(t *testing.T) (*azureServer, string) {
	t.Helper()
	s := &azureServer{t: t}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.Listener.Addr().String()
}

func (s *azureServer) put(_ *testing.T, name, content string) {
	s.add(name, content, "")
}

func (s *azureServer) add(name, content, extra string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.blobs = append(s.blobs, blobVersion{name, content, fmt.Sprintf("0x8DC%09X", s.count), fmt.Sprintf("2026-10-01T00:%02d:00.0000000Z", s.count), extra})
}

func (s *azureServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answers) > 0 {
		status := s.answers[0]
		s.answers = s.answers[1:]
		s.refuse(w, status, s.code)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/"+azureAccount+"/exports")
	switch {
	case !s.signed(r):
		s.refuse(w, http.StatusForbidden, "AuthenticationFailed")
	case !ok || r.Method != http.MethodGet:
		s.refuse(w, http.StatusNotFound, "ContainerNotFound")
	case name == "" && r.URL.Query().Get("restype") == "container" && r.URL.Query().Get("comp") == "list":
		s.list(w, r.URL.Query())
	default:
		s.get(w, r, strings.TrimPrefix(name, "/"))
	}
}

// signed says whether a request is signed with the account's key, or has the signature.
func (s *azureServer) signed(r *http.Request) bool {
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return r.URL.Query().Get("sig") == "quiet+signature="
	}
	var lines, headers, asked []string
	lines = append(lines, r.Method)
	for _, h := range []string{"Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match",
		"If-Unmodified-Since", "Range"} {
		lines = append(lines, r.Header.Get(h))
	}
	for h, v := range r.Header {
		if h = strings.ToLower(h); strings.HasPrefix(h, "x-ms-") {
			headers = append(headers, h+":"+strings.Join(v, ","))
		}
	}
	slices.Sort(headers)
	for q, v := range r.URL.Query() {
		asked = append(asked, "\n"+strings.ToLower(q)+":"+strings.Join(v, ","))
	}
	slices.Sort(asked)
	text := strings.Join(append(lines, headers...), "\n") + "\n/" + azureAccount + r.URL.EscapedPath() + strings.Join(asked, "")
	key, _ := base64.StdEncoding.DecodeString(azureKey)
	sum := hmac.New(sha256.New, key)
	_, _ = io.WriteString(sum, text)
	return authorization == "SharedKey "+azureAccount+":"+base64.StdEncoding.EncodeToString(sum.Sum(nil))
}

func (s *azureServer) refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>no</Message></Error>`, code)
}

// newest says whether a version is its blob's newest.
func (s *azureServer) newest(i int) bool {
	return !slices.ContainsFunc(s.blobs[i+1:], func(b blobVersion) bool { return b.name == s.blobs[i].name })
}

func (s *azureServer) list(w http.ResponseWriter, q url.Values) {
	s.pages++
	versions := strings.Contains(q.Get("include"), "versions")
	var shown []int
	for i, b := range s.blobs {
		if strings.HasPrefix(b.name, q.Get("prefix")) && (versions || s.newest(i)) {
			shown = append(shown, i)
		}
	}
	slices.SortStableFunc(shown, func(a, b int) int { return strings.Compare(s.blobs[a].name, s.blobs[b].name) })
	from, _ := strconv.Atoi(q.Get("marker"))
	to := min(from+2, len(shown))
	next := ""
	if to < len(shown) {
		next = strconv.Itoa(to)
	}
	if s.loops {
		next = "again"
	}
	w.Header().Set("Content-Type", "application/xml")
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="exports"><Blobs>`)
	for _, i := range shown[min(from, to):to] {
		b, version := s.blobs[i], ""
		if versions {
			version = "<VersionId>" + b.id + "</VersionId>"
			if s.newest(i) {
				version += "<IsCurrentVersion>true</IsCurrentVersion>"
			}
		}
		_, _ = io.WriteString(w, "<Blob><Name>")
		_ = xml.EscapeText(w, []byte(b.name))
		_, _ = fmt.Fprintf(w, `</Name>%s<Properties><Last-Modified>Thu, 01 Oct 2026 00:00:00 GMT</Last-Modified><Etag>%s</Etag><Content-Length>%d</Content-Length>
			<BlobType>BlockBlob</BlobType></Properties>%s</Blob>`, version, b.tag, len(b.content), b.extra)
	}
	_, _ = io.WriteString(w, "</Blobs><NextMarker>"+next+"</NextMarker></EnumerationResults>")
}

func (s *azureServer) get(w http.ResponseWriter, r *http.Request, name string) {
	id := r.URL.Query().Get("versionid")
	at := -1
	for i, b := range s.blobs {
		if b.name == name && (id == "" && s.newest(i) || id == b.id) {
			at = i
		}
	}
	if at < 0 {
		s.refuse(w, http.StatusNotFound, "BlobNotFound")
		return
	}
	b := s.blobs[at]
	if match := r.Header.Get("If-Match"); match != "" && match != `"`+b.tag+`"` {
		s.refuse(w, http.StatusPreconditionFailed, "ConditionNotMet")
		return
	}
	w.Header().Set("ETag", `"`+b.tag+`"`)
	w.Header().Set("Last-Modified", "Thu, 01 Oct 2026 00:00:00 GMT")
	content, status := b.content, http.StatusOK
	if span := r.Header.Get("x-ms-range"); span != "" {
		from, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(span, "bytes="), "-"))
		if err != nil || from >= len(content) {
			s.refuse(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
			return
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
		content, status = content[from:], http.StatusPartialContent
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, content)
}

func azureOptions(address string) bucket.AzureOptions {
	return bucket.AzureOptions{Account: azureAccount, Endpoint: "http://" + address + "/" + azureAccount, Container: "exports", Prefix: "sales/", Key: azureKey,
		Client: reach.Client(reach.Options{Allow: reach.Loopback, PlainHTTP: true})}
}

func openAzure(t *testing.T, o bucket.AzureOptions) source.Source {
	t.Helper()
	s, err := bucket.NewAzure(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAzureConformance(t *testing.T) {
	for name, change := range map[string]func(*bucket.AzureOptions){
		"with the account's key": func(*bucket.AzureOptions) {},
		"with a signature":       func(o *bucket.AzureOptions) { o.Key, o.SAS = "", azureSAS },
	} {
		t.Run(name, func(t *testing.T) {
			server, address := newAzureServer(t)
			server.add("elsewhere/z.csv", "z", "")
			server.add("sales/folder", "", "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>")
			server.add("sales/slash/", "", "")
			wire := sourcetest.NewWire(t, address)
			sourcetest.Run(t, sourcetest.Place{
				Names: []string{"sales/a b.csv", "sales/b/../x.csv", "sales/größe.csv"}, Put: server.put,
				Open: func(t *testing.T) source.Source {
					o := azureOptions(wire.Address())
					change(&o)
					return openAzure(t, o)
				},
				Secrets: []string{azureKey, "hush", "quiet"}, Wire: wire,
			})
			if server.pages < 6 {
				t.Errorf("%d pages: the marker wasn't followed", server.pages)
			}
		})
	}
}

// A container that keeps versions gives all of them, and what was replaced since it was
// listed isn't taken for what was listed.
func TestAzureVersions(t *testing.T) {
	server, address := newAzureServer(t)
	for _, content := range []string{"first", "second", "first"} {
		server.put(t, "sales/a.csv", content)
	}
	o := azureOptions(address)
	o.Versions = true
	s := openAzure(t, o)
	list, err := s.List(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%v, %v", list, err)
	}
	got, seen := "", map[string]bool{}
	for _, r := range list {
		d, err := s.Open(t.Context(), r, 1)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(d)
		_ = d.Close()
		if err != nil || d.From != 1 {
			t.Errorf("from %d, %v", d.From, err)
		}
		got += string(text) + " "
		seen[r.Version] = r.Settled
	}
	if len(seen) != 3 || got != "irst econd irst " {
		t.Errorf("%v, %q", seen, got)
	}
	newest := openAzure(t, azureOptions(address))
	if list, err = newest.List(t.Context()); err != nil || len(list) != 1 {
		t.Fatalf("without versions: %v, %v", list, err)
	}
	server.put(t, "sales/a.csv", "fourth")
	if _, err := newest.Open(t.Context(), list[0], 2); err == nil || !strings.Contains(err.Error(), "replaced since it was listed") {
		t.Errorf("%v", err)
	}
}

// What the store refuses is told with what to do; what may be over is tried again.
func TestAzureAnswers(t *testing.T) {
	server, address := newAzureServer(t)
	server.put(t, "sales/a.csv", "first")
	s := openAzure(t, azureOptions(address))
	for _, c := range []struct {
		status int
		code   string
		passes bool
		hint   string
	}{{403, "AuthenticationFailed", false, "see account_key or sas"}, {404, "ContainerNotFound", false, "see bucket"}, {409, "BlobArchived", false, "rehydrated"},
		{503, "ServerBusy", true, ""}, {500, "OperationTimedOut", true, ""}, {429, "TooManyRequests", true, ""}} {
		server.answers, server.code = []int{c.status}, c.code
		_, err := s.List(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.code) || !strings.Contains(err.Error(), c.hint) || isPassing(err) != c.passes {
			t.Errorf("%d %s: %v, passes %v", c.status, c.code, err, isPassing(err))
		}
		server.answers = []int{c.status}
		if _, err := s.Open(t.Context(), source.Remote{Name: "sales/a.csv"}, 0); err == nil || isPassing(err) != c.passes {
			t.Errorf("read: %d %s: %v", c.status, c.code, err)
		}
	}
	server.answers, server.code = []int{503, 503}, "ServerBusy"
	list, err := source.Retry(t.Context(), 2, noWait, func() ([]source.Remote, error) { return s.List(t.Context()) })
	if err != nil || len(list) != 1 {
		t.Errorf("tried again: %v, %v", list, err)
	}
	server.loops = true
	if _, err := s.List(t.Context()); err == nil || !strings.Contains(err.Error(), "again and again") {
		t.Errorf("the same page for ever: %v", err)
	}
	wrong := azureOptions(address)
	wrong.Key = base64.StdEncoding.EncodeToString([]byte("another"))
	if _, err := openAzure(t, wrong).List(t.Context()); err == nil || !strings.Contains(err.Error(), "403 AuthenticationFailed") {
		t.Errorf("another key: %v", err)
	}
}

func noWait(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func TestAzureRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*bucket.AzureOptions)
		want   string
	}{
		"no account":      {func(o *bucket.AzureOptions) { o.Account = "" }, "account: "},
		"an address":      {func(o *bucket.AzureOptions) { o.Account = "x.example/" }, "account: "},
		"no container":    {func(o *bucket.AzureOptions) { o.Container = "" }, "bucket: "},
		"no endpoint":     {func(o *bucket.AzureOptions) { o.Endpoint = "quiet" }, "endpoint: "},
		"no secret":       {func(o *bucket.AzureOptions) { o.Key = "" }, "one of them is needed"},
		"two secrets":     {func(o *bucket.AzureOptions) { o.SAS = azureSAS }, "one of them is needed"},
		"a key in clear":  {func(o *bucket.AzureOptions) { o.Key = "quiet!" }, "account_key: "},
		"not a signature": {func(o *bucket.AzureOptions) { o.Key, o.SAS = "", "quiet" }, "sas: "},
	} {
		o := azureOptions("127.0.0.1:1")
		c.change(&o)
		_, err := bucket.NewAzure(o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "quiet") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
