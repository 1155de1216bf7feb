package pages_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/people"
)

// tokenFor makes a token of somebody's.
func tokenFor(t *testing.T, s books.Setting, who, role string) string {
	t.Helper()
	token, _, err := people.MakeToken(t.Context(), people.TokenOptions{Setting: plainly(s, who), Role: role, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// program is something that asks with a token and knows no cookie.
type program struct {
	t     *testing.T
	base  string
	token string
}

func (p program) asks(method, path, body string, headers ...string) (*http.Response, []byte) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.base+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if !strings.HasPrefix(path, "/api/") {
		return answer, text
	}
	if len(answer.Header.Values("Set-Cookie")) > 0 || answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("Access-Control-Allow-Origin") != "" {
		p.t.Errorf("%s %s: headers %v", method, path, answer.Header)
	}
	if answer.StatusCode >= 400 {
		p.problem(method+" "+path, answer, text)
	}
	return answer, text
}

// problem wants an answer to be one of RFC 9457.
func (p program) problem(name string, r *http.Response, text []byte) {
	p.t.Helper()
	var got struct {
		Type, Title, Detail, Instance string
		Status                        int
	}
	if err := json.Unmarshal(text, &got); err != nil || got.Status != r.StatusCode || got.Type != "about:blank" || got.Title == "" || got.Detail == "" || r.Header.Get("Content-Type") != "application/problem+json" || r.StatusCode >= 500 {
		p.t.Errorf("%s: %d %s is no problem as RFC 9457 has it: %s %v", name, r.StatusCode, r.Header.Get("Content-Type"), text, err)
	}
}

type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		OperationID string
		Parameters  []struct {
			Name, In string
			Required bool
		}
		Responses map[string]struct {
			Content map[string]struct{ Schema any }
		}
	}
	Components struct{ Schemas map[string]any }
}

// valid says why a value is not what a schema says, of the words that the document uses.
func (d document) valid(schema, value any, at string) error {
	s, _ := schema.(map[string]any)
	if ref, _ := s["$ref"].(string); ref != "" {
		return d.valid(d.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")], value, at)
	}
	kind := map[bool]string{true: "null"}[value == nil]
	switch v := value.(type) {
	case string:
		kind = "string"
		if p, _ := s["pattern"].(string); p != "" && !regexp.MustCompile(p).MatchString(v) {
			return fmt.Errorf("%s: %q doesn't match %s", at, v, p)
		}
		if s["format"] == "date-time" {
			if _, err := time.Parse(time.RFC3339Nano, v); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		}
	case bool:
		kind = "boolean"
	case json.Number:
		if kind = "number"; !strings.ContainsAny(v.String(), ".eE") {
			kind = "integer"
		}
	case []any:
		kind = "array"
		for i, one := range v {
			if err := d.valid(s["items"], one, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		kind = "object"
		properties, _ := s["properties"].(map[string]any)
		for name, one := range v {
			if properties[name] == nil {
				if s["additionalProperties"] == false {
					return fmt.Errorf("%s.%s isn't in the document", at, name)
				}
				continue
			}
			if err := d.valid(properties[name], one, at+"."+name); err != nil {
				return err
			}
		}
		required, _ := s["required"].([]any)
		for _, name := range required {
			if _, has := v[name.(string)]; !has {
				return fmt.Errorf("%s.%s is missing", at, name)
			}
		}
	}
	switch want := s["type"].(type) {
	case string:
		if want != kind {
			return fmt.Errorf("%s is %s, want %s", at, kind, want)
		}
	case []any:
		if !slices.Contains(want, any(kind)) {
			return fmt.Errorf("%s is %s, want %v", at, kind, want)
		}
	}
	return nil
}

func described(t *testing.T, p program) (d document) {
	t.Helper()
	p.token = ""
	r, text := p.asks("GET", "/api/v1/openapi.json", "")
	if err := json.Unmarshal(text, &d); err != nil || r.StatusCode != http.StatusOK || d.OpenAPI != "3.1.0" || len(d.Paths) < 9 {
		t.Fatalf("%d %v\n%s", r.StatusCode, err, text)
	}
	return d
}

// apiRights are the addresses of the API, each with the right without which it is refused.
var apiRights = map[string]books.Right{
	"get /api/v1/months": books.RightStatus, "get /api/v1/months/{period}/controls": books.RightEvidence, "get /api/v1/months/{period}/statements": books.RightCreators, "get /api/v1/exceptions": books.RightExceptions,
	"get /api/v1/decisions": books.RightEvidence, "get /api/v1/runs": books.RightRuns, "get /api/v1/creators/{id}/statements": books.RightCreators, "get /api/v1/creators/{id}/payouts": books.RightCreators, "post /api/v1/query": books.RightQuery,
}

const aQuery = `{"query": "select creator_id, sum(diamonds) as diamonds, cast(1.5 as decimal(18,2)) as d from gift_events group by all order by all"}`

// Every address of the API is in its document and the other way round, is for whom the
// table of rights says by the one role of a token, and answers what its schema says, as JSON,
// Arrow and Parquet.
func TestAPIIsAsItsDocumentSays(t *testing.T) {
	s := copied(t)
	b := served(t, s, "root")
	p := program{t, b.base, ""}
	d := described(t, p)
	tokens := map[string]string{}
	for who, role := range map[string]string{"root": books.RoleAdministrator, "ann": books.RolePreparer, "bob": books.RoleApprover, "sue": books.RoleSupport, "aud": books.RoleAuditor} {
		tokens[role] = tokenFor(t, s, who, role)
	}
	found := 0
	for path, operations := range d.Paths {
		for method, o := range operations {
			right, known := apiRights[method+" "+path]
			if !known {
				t.Errorf("nobody says who may %s %s", method, path)
			}
			found++
			address := strings.NewReplacer("{period}", "2026-10", "{id}", url.PathEscape(other)).Replace(path)
			body := map[bool]string{true: aQuery}[method == "post"]
			for role, token := range tokens {
				p.token = token
				may := slices.Contains(books.Rights[right], role)
				r, text := p.asks(strings.ToUpper(method), address, body)
				if may != (r.StatusCode == http.StatusOK) || !may && r.StatusCode != http.StatusForbidden {
					t.Errorf("%s, %s: %d, want %v: %.300s", role, path, r.StatusCode, may, text)
				}
				if !may || role == books.RolePreparer || role == books.RoleApprover {
					continue
				}
				var value any
				in := json.NewDecoder(bytes.NewReader(text))
				in.UseNumber()
				if err := in.Decode(&value); err != nil {
					t.Errorf("%s: %v", path, err)
				} else if err := d.valid(o.Responses["200"].Content["application/json"].Schema, value, path); err != nil {
					t.Errorf("%v\n%.600s", err, text)
				}
				for media, magic := range map[string]string{"application/vnd.apache.arrow.file": "ARROW1", "application/vnd.apache.parquet": "PAR1"} {
					if r, file := p.asks(strings.ToUpper(method), address, body, "Accept", media); r.StatusCode != http.StatusOK || !bytes.HasPrefix(file, []byte(magic)) || r.Header.Get("Content-Type") != media {
						t.Errorf("%s as %s: %d %.200q", path, media, r.StatusCode, file)
					}
				}
			}
			p.token = ""
			if r, text := p.asks(strings.ToUpper(method), address, body); r.StatusCode != http.StatusUnauthorized || r.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s without a token: %d %s", path, r.StatusCode, text)
			}
			p.token = tokens[books.RoleAuditor]
			for _, wrong := range []string{"DELETE", "OPTIONS", "PUT"} {
				if r, _ := p.asks(wrong, address, ""); r.StatusCode != http.StatusMethodNotAllowed || !strings.HasPrefix(r.Header.Get("Allow"), strings.ToUpper(method)) {
					t.Errorf("%s %s: %d, allowed %s", wrong, path, r.StatusCode, r.Header.Get("Allow"))
				}
			}
		}
	}
	if found != len(apiRights) {
		t.Errorf("%d addresses, want %d", found, len(apiRights))
	}
}

// Whoever has no token that is good is told nothing; who guesses waits, and keeps nobody
// from signing in; what is asked wrongly is told, and nothing fails.
func TestAPIRefuses(t *testing.T) {
	s := copied(t)
	token := tokenFor(t, s, "aud", books.RoleAuditor)
	b := opened(t, s, "aud")
	p := program{t, b.base, token}
	for name, c := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"another page":            {"GET", "/api/v1/people", "", nil, 404},
		"up and away":             {"GET", "/api/v1/creators/..%2f..%2fcarat.yaml/statements", "", nil, 404},
		"nobody":                  {"GET", "/api/v1/creators/nobody/payouts", "", nil, 404},
		"no month":                {"GET", "/api/v1/months/2026-13/controls", "", nil, 404},
		"a month not run":         {"GET", "/api/v1/months/2026-11/controls", "", nil, 404},
		"text with NUL":           {"GET", "/api/v1/creators/a%00b/payouts", "", nil, 400},
		"bytes that are no UTF-8": {"GET", "/api/v1/creators/%ff%fe/payouts", "", nil, 400},
		"no limit":                {"GET", "/api/v1/runs?limit=0", "", nil, 400},
		"a limit beyond":          {"GET", "/api/v1/runs?limit=1001", "", nil, 400},
		"a limit beyond numbers":  {"GET", "/api/v1/runs?limit=99999999999999999999", "", nil, 400},
		"no cursor":               {"GET", "/api/v1/runs?cursor=x", "", nil, 400},
		"an empty cursor":         {"GET", "/api/v1/runs?cursor=", "", nil, 400},
		"another list's cursor":   {"GET", "/api/v1/runs?cursor=YWFhYWFhYWFhYWFhIDE", "", nil, 400},
		"an unknown parameter":    {"GET", "/api/v1/runs?user=ann", "", nil, 400},
		"one that stands twice":   {"GET", "/api/v1/runs?limit=1&limit=2", "", nil, 400},
		"no control":              {"GET", "/api/v1/exceptions?control=x", "", nil, 404},
		"no truth":                {"GET", "/api/v1/exceptions?resolved=perhaps", "", nil, 400},
		"no form":                 {"GET", "/api/v1/runs", "", []string{"Accept", "text/html"}, 406},
		"a form's query":          {"POST", "/api/v1/query", "query=select+1", []string{"Content-Type", "application/x-www-form-urlencoded"}, 400},
		"no JSON":                 {"POST", "/api/v1/query", "{", nil, 400},
		"two":                     {"POST", "/api/v1/query", `{"query":"select 1"}{"query":"select 2"}`, nil, 400},
		"more than a query":       {"POST", "/api/v1/query", `{"query":"select 1","user":"root"}`, nil, 400},
		"an empty one":            {"POST", "/api/v1/query", `{"query":" "}`, nil, 400},
		"no SELECT":               {"POST", "/api/v1/query", `{"query":"drop table gift_events"}`, nil, 403},
		"a file":                  {"POST", "/api/v1/query", `{"query":"select * from read_csv('/etc/passwd')"}`, nil, 403},
		"no batch":                {"POST", "/api/v1/query", `{"query":"select 1","as_of":"b999999"}`, nil, 404},
		"a large one":             {"POST", "/api/v1/query", `{"query":"` + strings.Repeat("x", 300<<10) + `"}`, nil, 413},
		"a long address":          {"GET", "/api/v1/exceptions?control=" + strings.Repeat("x", 9<<10), "", nil, 414},
		"a post that changes":     {"POST", "/api/v1/exceptions", `{"status":"waived"}`, nil, 405},
		"two tokens":              {"GET", "/api/v1/months", "", []string{"Authorization", "Bearer x"}, 401},
	} {
		if r, text := p.asks(c.method, c.path, c.body, c.headers...); r.StatusCode != c.status || bytes.Contains(text, []byte("root:")) {
			t.Errorf("%s: %d, want %d: %.300s", name, r.StatusCode, c.status, text)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", b.base+"/api/v1/months", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	if answer, err := http.DefaultClient.Do(r); err != nil || answer.StatusCode != http.StatusMisdirectedRequest || answer.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("another host: %v %v", answer, err)
	}
	// A browser's session is no token, and a token opens no page.
	if answer, err := b.Get(b.base + "/api/v1/months"); err != nil || answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a session: %v %v", answer, err)
	}
	if answer, _ := p.asks("GET", "/months", ""); answer.Request.URL.Path != "/sign-in" {
		t.Errorf("a token opens %s", answer.Request.URL)
	}
	for range 6 {
		p.token = "carat_wrong"
		_, _ = p.asks("GET", "/api/v1/months?access_token="+token, "")
	}
	if answer, _ := p.asks("GET", "/api/v1/months", ""); answer.StatusCode != http.StatusTooManyRequests || answer.Header.Get("Retry-After") == "" {
		t.Errorf("after many tries: %d", answer.StatusCode)
	}
	if status, _ := b.page("/months"); status != http.StatusOK {
		t.Errorf("who has signed in waits too: %d", status)
	}
	p.token = token
	if answer, text := p.asks("GET", "/api/v1/months", ""); answer.StatusCode != http.StatusOK {
		t.Errorf("a good token is kept out by others of its network: %d %s", answer.StatusCode, text)
	}
	b.later.Store(int64(time.Hour))
	if answer, text := p.asks("GET", "/api/v1/months", ""); answer.StatusCode != http.StatusOK {
		t.Errorf("after an hour: %d %s", answer.StatusCode, text)
	}
	b.later.Store(int64(25 * time.Hour))
	if answer, _ := p.asks("GET", "/api/v1/months", ""); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a token that has ended: %d", answer.StatusCode)
	}
}

// A list is read page by page, each row once and none twice; the example of the docs does
// so in Python.
func TestAPIPages(t *testing.T) {
	s := copied(t)
	b := served(t, s, "root")
	p := program{t, b.base, tokenFor(t, s, "aud", books.RoleAuditor)}
	list, err := exceptions.List(t.Context(), exceptions.Options{Setting: plainly(s, "aud"), Period: "2026-10"})
	if err != nil || len(list.Rows) < 4 {
		t.Fatalf("%v", err)
	}
	wanted := map[string][]string{"exception_id": exceptionIDs(list.Rows), "creator_id": {"c1", other}}
	for path, name := range map[string]string{"/api/v1/exceptions?period=2026-10&limit=3": "exception_id", "/api/v1/months/2026-10/statements?limit=1": "creator_id"} {
		var got []string
		for next := path; next != ""; {
			r, text := p.asks("GET", next, "")
			var page struct {
				Data []map[string]any
				Next *string
			}
			if err := json.Unmarshal(text, &page); err != nil || r.StatusCode != http.StatusOK || len(page.Data) == 0 || len(got) > 100 {
				t.Fatalf("%s: %d %v %s", next, r.StatusCode, err, text)
			}
			for _, row := range page.Data {
				got = append(got, row[name].(string))
			}
			if next = ""; page.Next != nil {
				next = path + "&cursor=" + *page.Next
				if !strings.Contains(r.Header.Get("Link"), *page.Next) {
					t.Errorf("Link: %s", r.Header.Get("Link"))
				}
			}
		}
		if !slices.Equal(got, wanted[name]) {
			t.Errorf("%s: %v, want %v", path, got, wanted[name])
		}
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("no python3 is installed")
		}
		t.Skip("no python3 is installed")
	}
	text, err := os.ReadFile("../../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "```python\n")
	example, _, _ = strings.Cut(example, "```")
	cmd := exec.CommandContext(t.Context(), python, "-c", example)
	cmd.Env = append(os.Environ(), "CARAT_URL="+b.base, "CARAT_TOKEN="+p.token)
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != len(list.Rows) || !strings.Contains(string(out), list.Rows[0][0].(string)) {
		t.Errorf("the example of the docs: %v\n%s", err, out)
	}
}

func exceptionIDs(rows [][]any) (ids []string) {
	for _, row := range rows {
		ids = append(ids, row[0].(string))
	}
	return ids
}
