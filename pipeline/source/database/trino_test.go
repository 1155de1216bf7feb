package database_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline/source"
	"carat/pipeline/source/database"
	"carat/pipeline/source/sourcetest"
)

// trinoTable is what a query over the test's Trino gives: of the rows, those whose instant
// is in the window that it is asked for.
type trinoTable struct {
	columns []map[string]string
	rows    []trinoRow
}

type trinoRow struct {
	at     time.Time
	values []any
}

// trinoServer speaks Trino's published protocol
// (https://trino.io/docs/current/develop/client-protocol.html): a statement is posted and
// then asked for page by page at nextUri, the last page again if it is asked for again;
// transactions by their headers; errors as an object; gateways that answer 503.
type trinoServer struct {
	t           *testing.T
	mu          sync.Mutex
	tables      map[string]*trinoTable
	open        map[string]bool // transactions
	pages       map[string][]map[string]any
	transaction int
	statements  []string
	left        int // statements that were given up
	busy        int // so many of the next requests for pages answer 503
	elsewhere   bool
	failure     map[string]string // of the next query
	status      int               // of the next statement
}

func newTrinoServer(t *testing.T) (*trinoServer, string) {
	t.Helper()
	s := &trinoServer{t: t, tables: map[string]*trinoTable{}, open: map[string]bool{}, pages: map[string][]map[string]any{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.Listener.Addr().String()
}

func (s *trinoServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user, password, _ := r.BasicAuth(); user != "reader" || password != "quiet" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	part := strings.Split(strings.TrimPrefix(r.URL.Path, "/v1/statement"), "/")
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/v1/statement":
		s.begin(w, r)
	case r.Method == http.MethodDelete:
		s.left++
		w.WriteHeader(http.StatusNoContent)
	case s.busy > 0:
		s.busy--
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == http.MethodGet && len(part) == 4: // /executing/ID/N
		n, _ := strconv.Atoi(part[3])
		s.answer(w, r, part[2], n)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// begin plans a statement: it waits for its turn on the first pages, as in a real one.
func (s *trinoServer) begin(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	text, id := string(body), fmt.Sprintf("q%d", len(s.statements))
	s.statements = append(s.statements, text)
	if s.status != 0 {
		w.WriteHeader(s.status)
		s.status = 0
		return
	}
	for name, want := range map[string]string{"X-Trino-User": "reader", "X-Trino-Time-Zone": "UTC", "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME", "X-Trino-Catalog": "shop", "X-Trino-Schema": "public"} {
		if got := r.Header.Get(name); got != want {
			s.t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	transaction := r.Header.Get("X-Trino-Transaction-Id")
	fail := func(kind, name, message string) {
		s.pages[id] = []map[string]any{{}, {"error": map[string]any{"message": message, "errorName": name, "errorType": kind, "errorCode": 1}}}
	}
	switch {
	case text == "START TRANSACTION READ ONLY" && transaction == "NONE":
		s.transaction++
		name := fmt.Sprintf("t%d", s.transaction)
		s.open[name] = true
		w.Header().Set("X-Trino-Started-Transaction-Id", name)
		s.pages[id] = []map[string]any{{}, {}}
	case !s.open[transaction]:
		fail("USER_ERROR", "UNKNOWN_TRANSACTION", "Unknown transaction ID: "+transaction)
	case text == "ROLLBACK":
		delete(s.open, transaction)
		s.pages[id] = []map[string]any{{}}
	case strings.HasPrefix(strings.ToLower(text), "create table"):
		fail("USER_ERROR", "READ_ONLY_VIOLATION", "Cannot execute write in a read-only transaction")
	case s.failure != nil:
		fail(s.failure["type"], s.failure["name"], s.failure["message"])
		s.failure = nil
	default:
		s.query(id, text)
	}
	s.answer(w, r, id, 0)
}

// query plans a query: what is bound is read out of EXECUTE IMMEDIATE.
func (s *trinoServer) query(id, text string) {
	if text == "select 1 as a" {
		s.pages[id] = []map[string]any{{}, {"columns": []map[string]string{{"name": "a", "type": "integer"}}, "data": []any{[]any{1}}}}
		return
	}
	statement, using, ok := strings.Cut(strings.TrimPrefix(text, "EXECUTE IMMEDIATE '"), "' USING ")
	bound := strings.Split(using, ", ")
	window := make([]time.Time, len(bound))
	for i, one := range bound {
		var err error
		if window[i], err = time.Parse("TIMESTAMP '2006-01-02 15:04:05.000000 UTC'", one); err != nil {
			s.t.Errorf("%q: %v", one, err)
		}
	}
	statement = strings.ReplaceAll(statement, "''", "'")
	table := s.tables[statement]
	if !ok || table == nil || strings.Count(statement, "?") < 2 || len(window) != 2 {
		s.pages[id] = []map[string]any{{"error": map[string]any{"message": "line 1:1: no table of " + statement, "errorName": "TABLE_NOT_FOUND", "errorType": "USER_ERROR"}}}
		return
	}
	pages := []map[string]any{{}, {}, {"columns": table.columns}}
	for _, row := range table.rows {
		if !row.at.Before(window[0]) && row.at.Before(window[1]) {
			pages = append(pages, map[string]any{"columns": table.columns, "data": []any{row.values}})
		}
	}
	s.pages[id] = append(pages, map[string]any{"columns": table.columns})
}

func (s *trinoServer) answer(w http.ResponseWriter, r *http.Request, id string, n int) {
	pages := s.pages[id]
	if n >= len(pages) {
		w.WriteHeader(http.StatusGone)
		return
	}
	page := map[string]any{"id": id, "infoUri": "http://" + r.Host + "/ui/" + id, "stats": map[string]any{"state": "RUNNING"}}
	for k, v := range pages[n] {
		page[k] = v
	}
	if n+1 < len(pages) {
		host := r.Host
		if s.elsewhere {
			host = "elsewhere.example"
		}
		page["nextUri"] = fmt.Sprintf("http://%s/v1/statement/executing/%s/%d", host, id, n+1)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(page)
}

func trinoDSN(address string) string {
	return "trino://reader:quiet@" + address + "/shop/public?tls=false"
}

const trinoDays = "select content from days where day >= ? and day < ? order by name"

func TestTrinoConformance(t *testing.T) {
	server, address := newTrinoServer(t)
	table := &trinoTable{columns: []map[string]string{{"name": "content", "type": "varchar"}}}
	server.tables[trinoDays] = table
	wire := sourcetest.NewWire(t, address)
	sourcetest.Run(t, sourcetest.Place{
		Names: []string{"orders-2026-10-01.parquet", "orders-2026-10-02.parquet", "orders-2026-10-03.parquet"},
		Put: func(t *testing.T, name, content string) {
			at, err := time.Parse("orders-2006-01-02.parquet", name)
			if err != nil {
				t.Fatal(err)
			}
			server.mu.Lock()
			defer server.mu.Unlock()
			table.rows = slices.DeleteFunc(table.rows, func(r trinoRow) bool { return r.at.Equal(at) })
			table.rows = append(table.rows, trinoRow{at, []any{content}})
		},
		Open: func(t *testing.T) source.Source {
			return open(t, options(trinoDSN(wire.Address()), "select content from days where day >= :from and day < :to order by name;"))
		},
		Content: func(t *testing.T, taken []byte) string {
			_, cells := rows(t, taken)
			if len(cells) != 1 {
				t.Fatalf("%d rows", len(cells))
			}
			return cells[0][0]
		},
		Secrets: []string{"quiet"}, Wire: wire,
	})
	if len(server.open) > 2 { // of connections that broke
		t.Errorf("%d transactions are left open", len(server.open))
	}
}

// Each value to its last digit.
func TestTrinoTypes(t *testing.T) {
	place, address := newTrinoServer(t)
	at := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	var table trinoTable
	want := map[string]string{}
	values, nulls := []any{}, []any{}
	for _, c := range []struct {
		name, typed string
		value       any
		want        string
	}{
		{"id", "bigint", json.Number("9223372036854775807"), "INT(64,true) 9223372036854775807"},
		{"small", "smallint", -32768, "INT(64,true) -32768"},
		{"amount", "decimal(38,9)", "12345678901234567890123456789.000000001", "STRING 12345678901234567890123456789.000000001"},
		{"paid_at", "timestamp(6) with time zone", "2026-10-01 01:00:00.123456 +05:30", "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS) 1790796600123456"},
		{"berlin_at", "timestamp(3) with time zone", "2026-10-01 02:00:00.123 Europe/Berlin", "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS) 1790812800123000"},
		{"utc_at", "timestamp(0) with time zone", "2026-10-01 00:00:00 UTC", "TIMESTAMP(isAdjustedToUTC=true,unit=MICROS) 1790812800000000"},
		{"booked", "timestamp(6)", "2026-10-25 02:30:00.000001", "TIMESTAMP(isAdjustedToUTC=false,unit=MICROS) 1792895400000001"},
		{"fine", "timestamp(9)", "2026-10-25 02:30:00.000000001", "STRING 2026-10-25 02:30:00.000000001"},
		{"finer", "timestamp(12) with time zone", "2026-10-25 02:30:00.000000000001 UTC", "STRING 2026-10-25 02:30:00.000000000001 UTC"},
		{"day", "date", "2026-10-01", "DATE 20727"},
		{"ok", "boolean", true, "STRING true"},
		{"ratio", "double", json.RawMessage("1.0E10"), "STRING 10000000000"},
		{"part", "real", 0.1, "STRING 0.1"},
		{"none", "double", "NaN", "STRING NaN"},
		{"note", "varchar(20)", "é\n\"x\" ''", "STRING é\n\"x\" ''"},
		{"list", "array(decimal(3,2))", []string{"1.10"}, `STRING ["1.10"]`},
	} {
		table.columns = append(table.columns, map[string]string{"name": c.name, "type": c.typed})
		values, nulls, want[c.name] = append(values, c.value), append(nulls, nil), c.want
	}
	nulls[slices.IndexFunc(table.columns, func(c map[string]string) bool { return c["name"] == "note" })] = ""
	table.rows = []trinoRow{{at, values}, {at.Add(time.Hour), nulls}}
	place.tables["select * from orders where paid_at >= ? and paid_at < ? and ':from' <> '' order by id desc -- not :to"] = &table
	types(t, server{address: address, scheme: "trino"}, want)
}

// A value that isn't one instant, or none that can be kept, is refused with what to ask for.
func TestTrinoTimesThatAreNone(t *testing.T) {
	server, address := newTrinoServer(t)
	for _, c := range []struct{ typed, value, want string }{
		{"timestamp(3) with time zone", "2026-10-25 02:30:00.000 Europe/Berlin", "comes twice, when clocks go back; ask for it in UTC: at at time zone 'UTC' as at"},
		{"timestamp(3) with time zone", "2026-11-01 01:30:00.000 America/New_York", "comes twice"},
		{"timestamp(3) with time zone", "2026-04-05 01:45:00.000 Australia/Lord_Howe", "comes twice"},
		{"timestamp(3) with time zone", "2026-10-25 02:30:00.000 Nowhere/Here", "is not known; ask for it in UTC"},
		{"timestamp(3) with time zone", "2026-10-25 02:30:00.000", "is no time with a zone"},
		{"timestamp(3) with time zone", "+12026-10-25 02:30:00.000 UTC", "is no time with a zone"},
		{"timestamp(3)", "-0001-10-25 02:30:00.000", "is no time"},
		{"bigint", "12.5", "is no whole number"},
		{"timestamp(3) with time zone", "2026-03-29 02:30:00.000 Europe/Berlin", "is no time with a zone"},
		{"timestamp(3) with time zone", "2026-10-25 03:30:00.000 Europe/Berlin", ""},
		{"timestamp(3) with time zone", "2026-10-25 01:59:59.999 Europe/Berlin", ""},
	} {
		server.tables["select at from t where a >= ? and a < ?"] = &trinoTable{columns: []map[string]string{{"name": "at", "type": c.typed}},
			rows: []trinoRow{{time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), []any{c.value}}}}
		_, _, err := read(t, open(t, options(trinoDSN(address), "select at from t where a >= :from and a < :to")), 1)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !errors.Is(err, source.ErrContent) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %s: %v", c.typed, c.value, err)
		}
	}
}

// What Trino answers that is no page, and what is done about it.
func TestTrinoAnswers(t *testing.T) {
	server, address := newTrinoServer(t)
	const query, planned = "select a from t where a >= :from and a < :to", "select a from t where a >= ? and a < ?"
	server.tables[planned] = &trinoTable{columns: []map[string]string{{"name": "a", "type": "double"}}, rows: []trinoRow{{time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), []any{1}}}}
	ask := func(query string, change func(*database.Options)) error {
		o := options(trinoDSN(address), query)
		if change != nil {
			change(&o)
		}
		_, _, err := read(t, open(t, o), 1)
		return err
	}
	server.busy = 2
	if err := ask(query, nil); err != nil {
		t.Errorf("a gateway that is busy twice: %v", err)
	}
	for _, c := range []struct {
		kind, name string
		passes     bool
	}{{"USER_ERROR", "SYNTAX_ERROR", false}, {"INSUFFICIENT_RESOURCES", "QUERY_QUEUE_FULL", true}, {"INTERNAL_ERROR", "SERVER_SHUTTING_DOWN", true}, {"EXTERNAL", "JDBC_ERROR", true}} {
		server.failure = map[string]string{"type": c.kind, "name": c.name, "message": "said"}
		var passing *source.Passing
		if err := ask(query, nil); err == nil || !strings.Contains(err.Error(), "said ("+c.name+")") || errors.As(err, &passing) != c.passes {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, status := range []int{401, 404, 503, 429} {
		server.status = status
		var passing *source.Passing
		if err := ask(query, nil); err == nil || !strings.Contains(err.Error(), strconv.Itoa(status)) || errors.As(err, &passing) != (status > 404) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if err := ask(query, func(o *database.Options) { o.Exact = []string{"a"} }); err == nil || !strings.Contains(err.Error(), "keeps no exact decimals") || server.left == 0 {
		t.Errorf("%v, and %d statements were given up", err, server.left)
	}
	if err := ask(query, func(o *database.Options) { o.DSN = strings.Replace(o.DSN, "quiet", "loud", 1) }); err == nil || strings.Contains(err.Error(), "loud") || !strings.Contains(err.Error(), "see user and password") {
		t.Errorf("another password: %v", err)
	}
	server.elsewhere = true
	if err := ask(query, nil); err == nil || !strings.Contains(err.Error(), "another address") {
		t.Errorf("%v", err)
	}
	server.elsewhere = false
	if len(server.open) > 1 { // of the one that was led elsewhere
		t.Errorf("transactions are left open: %v", server.open)
	}
	prober, ok := open(t, options(trinoDSN(address), query)).(source.Prober)
	if !ok || prober.Probe(t.Context()) != nil || !slices.Contains(server.statements, "create table carat_doctor_trial (a integer)") {
		t.Errorf("%q", server.statements)
	}
}

// Only a query is asked of Trino, over TLS, and what is wrong with a DSN is told without it.
func TestTrinoRefused(t *testing.T) {
	const good, window = "trino://reader:quiet@trino.example:8443/shop/public", " where at >= :from and at < :to"
	for name, c := range map[string]struct{ dsn, query, want string }{
		"a query":                {good, "select a from t" + window, ""},
		"behind comments":        {good, "/* insert */ -- delete\n ( /* x */ SELECT a from t" + window + ")", ""},
		"with a name":            {good, "with x as (select 1) select * from x" + window, ""},
		"insert":                 {good, "insert into t select a from t" + window, `it begins with "insert"`},
		"delete behind comments": {good, "/* select */ delete from t" + window, `it begins with "delete"`},
		"a procedure":            {good, "call system.runtime.kill_query(query_id => :from, message => :to)", `it begins with "call"`},
		"another statement":      {good, "execute immediate 'delete from t' using :from, :to", `it begins with "execute"`},
		"a plan that runs":       {good, "explain analyze insert into t select a" + window, `it begins with "explain"`},
		"nothing":                {good, "/* :from :to", "it begins with"},
		"two statements":         {good, "select a from t" + window + "; drop table t", "more than one statement"},
		"no user":                {"trino://trino.example/shop", "select a" + window, "it is no address such as trino://"},
		"in clear":               {good + "?tls=false", "select a" + window, "have it use TLS"},
		"perhaps":                {good + "?tls=quiet", "select a" + window, "tls is true or false"},
		"another parameter":      {good + "?session=quiet", "select a" + window, "no parameter that is taken"},
		"three parts":            {good + "/quiet", "select a" + window, "it is no address such as trino://"},
		"a token":                {"trino://reader@trino.example/shop?access_token=quiet", "select a" + window, ""},
	} {
		s, err := database.New(options(c.dsn, c.query))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) || err != nil && strings.Contains(err.Error(), "quiet") {
			t.Errorf("%s: %v", name, err)
		}
		if s != nil && strings.Contains(s.Origin(), "quiet") {
			t.Errorf("%s: %s", name, s.Origin())
		}
	}
}
