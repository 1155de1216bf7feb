package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	arrowflight "github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// flightBooks are books over which tools ask by Flight SQL.
type flightBooks struct {
	t      *testing.T
	dir    string
	at     string // grpc://127.0.0.1:PORT
	token  string
	client *flightsql.Client
}

// newFlightBooks takes in a small month and serves it.
func newFlightBooks(t *testing.T) *flightBooks {
	t.Helper()
	b := &flightBooks{t: t, dir: filepath.Join(t.TempDir(), "month")}
	caratExits(t, 0, "generate", "--out", b.dir, "--gifts", "300", "--creators", "6", "--viewers", "20", "--files", "month", "--faults", "none")
	caratExits(t, 0, "--dir", b.dir, "ingest")
	b.token = strings.TrimSpace(caratExits(t, 0, "--dir", b.dir, "--user", "aud", "users", "token", "auditor", "--days", "1"))
	cmd := exec.Command("carat", "--dir", b.dir, "serve", "--listen", "127.0.0.1:0", "--flight", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server ended: %v", err)
		}
	})
	for lines := bufio.NewScanner(out); b.at == "" && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "grpc://") {
			b.at = lines.Text()
		}
	}
	if b.at == "" {
		t.Fatal("the server doesn't say where Flight SQL is")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	b.client, err = flightsql.NewClient(strings.TrimPrefix(b.at, "grpc://"), nil, nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.client.Close() })
	return b
}

// by is a context of whoever has a token.
func (b *flightBooks) by(token string) context.Context {
	ctx, cancel := context.WithTimeout(b.t.Context(), 2*time.Minute)
	b.t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
}

// fetched gives the rows of what is ready, as text, and the columns.
func (b *flightBooks) fetched(ctx context.Context, info *arrowflight.FlightInfo, err error) (schema *arrow.Schema, rows [][]string, _ error) {
	if err != nil {
		return nil, nil, err
	}
	reader, err := b.client.DoGet(ctx, info.Endpoint[0].Ticket)
	if err != nil {
		return nil, nil, err
	}
	defer reader.Release()
	for reader.Next() {
		for i := range int(reader.RecordBatch().NumRows()) {
			var row []string
			for _, c := range reader.RecordBatch().Columns() {
				row = append(row, c.ValueStr(i))
			}
			rows = append(rows, row)
		}
	}
	return reader.Schema(), rows, reader.Err()
}

func (b *flightBooks) query(token, text string) (*arrow.Schema, [][]string, error) {
	ctx := b.by(token)
	info, err := b.client.Execute(ctx, text)
	return b.fetched(ctx, info, err)
}

// Tools ask by Flight SQL what `carat query` answers, in its types, by a token; what isn't one
// SELECT over the books, and who has no token, is refused; each query is in the record.
func TestFlightSQL(t *testing.T) {
	t.Parallel()
	b := newFlightBooks(t)
	const coins = "select creator_id, count(*) as gifts, sum(coins) as coins, min(sent_at) as first from gift_events group by all order by 1"
	schema, rows, err := b.query(b.token, coins)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(caratExits(t, 0, "--dir", b.dir, "query", coins, "--format", "csv")), "\n")
	if len(rows) != len(lines)-1 || len(rows) < 3 {
		t.Fatalf("%d rows, and carat query has %d", len(rows), len(lines)-1)
	}
	for i, row := range rows {
		if !strings.HasPrefix(lines[i+1], strings.Join(row[:3], ",")+",") {
			t.Errorf("%v here, and carat query has %s", row, lines[i+1])
		}
	}
	if got := schema.Field(3).Type.String(); got != "timestamp[us, tz=UTC]" {
		t.Errorf("an instant is %s", got)
	}

	// More rows than a batch has come, in order.
	_, rows, err = b.query(b.token, "select cast(n as bigint) as n, cast(n as decimal(38, 9)) as d from range(100000) as r(n) order by n")
	if err != nil || len(rows) != 100_000 || rows[99_999][0] != "99999" || !strings.HasPrefix(rows[7][1], "7") {
		t.Errorf("%d rows, %v", len(rows), err)
	}

	// A token that is ended while it reads reads no more, in seconds; of the twenty million rows not the half has come.
	own := caratExits(t, 0, "--dir", b.dir, "--user", "aud", "users", "token", "auditor", "--days", "1")
	ctx := b.by(strings.TrimSpace(own))
	info, err := b.client.Execute(ctx, "select n, md5(n::varchar) as h from range(20000001) as r(n)")
	if err != nil {
		t.Fatal(err)
	}
	reader, err := b.client.DoGet(ctx, info.Endpoint[0].Ticket)
	if err != nil || !reader.Next() {
		t.Fatal(err)
	}
	ended := time.Now()
	ids := regexp.MustCompile("token:[0-9a-f]{16}").FindAllString(caratExits(t, 0, "--dir", b.dir, "users", "--tokens"), -1)
	caratExits(t, 0, "--dir", b.dir, "--user", "aud", "users", "revoke", "aud", ids[len(ids)-1], "--reason", "lost")
	for reader.Next() {
		if time.Since(ended) > time.Minute {
			t.Fatal("an ended token reads on")
		}
	}
	if err := reader.Err(); status.Code(err) != codes.Unauthenticated {
		t.Errorf("the end of a token: %v", err)
	}
	reader.Release()

	// A statement that is prepared has columns before it has rows.
	ctx = b.by(b.token)
	commented, err := b.client.Prepare(ctx, "select 1::integer as n; -- the end")
	if err != nil || commented.DatasetSchema().NumFields() != 1 || commented.DatasetSchema().Field(0).Name != "n" {
		b.t.Errorf("a comment after the end: %v, %v", commented, err)
	} else if err := commented.Close(ctx); err != nil {
		b.t.Error(err)
	}
	prepared, err := b.client.Prepare(ctx, coins+" ; ")
	if err != nil {
		t.Fatal(err)
	}
	if prepared.DatasetSchema().NumFields() != 4 || prepared.DatasetSchema().Field(0).Name != "creator_id" {
		t.Errorf("%v", prepared.DatasetSchema())
	}
	info, err = prepared.Execute(ctx)
	if _, rows, err := b.fetched(ctx, info, err); err != nil || len(rows) != len(lines)-1 {
		t.Errorf("%d rows of a prepared statement, %v", len(rows), err)
	}
	if err := prepared.Close(ctx); err != nil {
		t.Error(err)
	}
	b.tables()
	b.refused()
	asked := caratExits(t, 0, "--dir", b.dir, "query", "select who, verb, query, outcome from access", "--format", "csv")
	for _, want := range []string{"aud,query,\"" + coins, "copy (select 1) to 'x'"} {
		if !strings.Contains(asked, want) {
			t.Errorf("the record has no %q:\n%s", want, asked)
		}
	}
}

// tables wants the tables to be told, with their columns where these are asked for.
func (b *flightBooks) tables() {
	b.t.Helper()
	ctx := b.by(b.token)
	pattern := "gift\\_%"
	info, err := b.client.GetTables(ctx, &flightsql.GetTablesOpts{TableNameFilterPattern: &pattern, IncludeSchema: true, TableTypes: []string{"TABLE"}})
	if err != nil {
		b.t.Fatal(err)
	}
	reader, err := b.client.DoGet(ctx, info.Endpoint[0].Ticket)
	if err != nil {
		b.t.Fatal(err)
	}
	defer reader.Release()
	var names []string
	for reader.Next() {
		columns := reader.RecordBatch().Column(4).(*array.Binary)
		for i := range int(reader.RecordBatch().NumRows()) {
			name := reader.RecordBatch().Column(2).ValueStr(i)
			names = append(names, name)
			schema, err := arrowflight.DeserializeSchema(columns.Value(i), nil)
			if err != nil {
				b.t.Fatal(err)
			}
			if _, has := schema.FieldsByName("sent_at"); name == "gift_events" && !has {
				b.t.Errorf("gift_events has %v", schema)
			}
		}
	}
	if err := reader.Err(); err != nil || !slices.Contains(names, "gift_events") || slices.Contains(names, "payouts") {
		b.t.Errorf("%v, %v", names, err)
	}
	for name, ask := range map[string]func(context.Context, ...grpc.CallOption) (*arrowflight.FlightInfo, error){"catalogs": b.client.GetCatalogs, "table types": b.client.GetTableTypes} {
		info, err := ask(ctx)
		if _, rows, err := b.fetched(ctx, info, err); err != nil || len(rows) > 1 {
			b.t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
	info, err = b.client.GetSqlInfo(ctx, []flightsql.SqlInfo{flightsql.SqlInfoFlightSqlServerReadOnly})
	if _, rows, err := b.fetched(ctx, info, err); err != nil || len(rows) != 1 {
		b.t.Errorf("%v, %v", rows, err)
	}
}

// refused has what is no query, what the sandbox keeps from files, and those who have no token.
func (b *flightBooks) refused() {
	b.t.Helper()
	for _, c := range []struct {
		token, text string
		code        codes.Code
		says        string
	}{
		{b.token, "copy (select 1) to 'x'", codes.PermissionDenied, "SELECT"},
		{b.token, "drop table gift_events", codes.PermissionDenied, "SELECT"},
		{b.token, "select 1; select 2", codes.PermissionDenied, ""},
		{b.token, "select * from read_csv('/etc/passwd')", codes.PermissionDenied, "read_csv"},
		{b.token, "select * from no_such_table", codes.InvalidArgument, "no_such_table"},
		{b.token, "select " + strings.Repeat("1 + ", 100_000) + "1", codes.InvalidArgument, "too large"},
		{"carat_none", "select 1", codes.Unauthenticated, "carat users token"},
		{strings.Repeat("x", 300), "select 1", codes.Unauthenticated, "carat users token"},
	} {
		_, _, err := b.query(c.token, c.text)
		if got := status.Convert(err); err == nil || got.Code() != c.code || !strings.Contains(got.Message(), c.says) {
			b.t.Errorf("%.60s: %v", c.text, err)
		}
	}
	ctx := b.by(b.token)
	if _, err := b.client.ExecuteUpdate(ctx, "delete from gift_events"); status.Code(err) != codes.Unimplemented {
		b.t.Errorf("an update: %v", err)
	}
	if _, err := b.client.BeginTransaction(ctx); status.Code(err) != codes.Unimplemented {
		b.t.Errorf("a transaction: %v", err)
	}
	none, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	if _, err := b.client.Execute(none, "select 1"); status.Code(err) != codes.Unauthenticated {
		b.t.Errorf("without a token: %v", err)
	}
	// A tool that goes away ends its query.
	gone, leave := context.WithCancel(b.by(b.token))
	info, err := b.client.Execute(gone, "select n from range(5000000) as a(n)")
	if err != nil {
		b.t.Fatal(err)
	}
	reader, err := b.client.DoGet(gone, info.Endpoint[0].Ticket)
	if err == nil {
		leave()
		for reader.Next() {
		}
		reader.Release()
	} else if !errors.Is(err, context.Canceled) {
		b.t.Errorf("a long answer: %v", err)
	}
	leave()
	for end := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) { // its turn is free again
		if _, rows, err := b.query(b.token, "select 1 as one"); err == nil && len(rows) == 1 {
			return
		} else if time.Now().After(end) {
			b.t.Errorf("after a tool went away: %v", err)
			return
		}
	}
}

// TestFlightSQLByADBC asks with ADBC's Python driver, as tools of analysts do.
func TestFlightSQLByADBC(t *testing.T) {
	python := os.Getenv("CARAT_PYTHON")
	if python == "" || exec.CommandContext(t.Context(), python, "-c", "import adbc_driver_flightsql.dbapi, pyarrow").Run() != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CARAT_PYTHON has no adbc-driver-flightsql: .ci/run installs it")
		}
		t.Skip("CARAT_PYTHON has no adbc-driver-flightsql: .ci/run installs it")
	}
	t.Parallel()
	b := newFlightBooks(t)
	const script = `
import sys
import adbc_driver_flightsql.dbapi as flight
from adbc_driver_flightsql import DatabaseOptions

at, token = sys.argv[1:]
with flight.connect(at, db_kwargs={DatabaseOptions.AUTHORIZATION_HEADER.value: "Bearer " + token}, autocommit=True) as books:
    with books.cursor() as c:
        c.execute("select count(*) as gifts, sum(coins) as coins, cast(sum(coins) as decimal(38, 6)) as exact from gift_events")
        t = c.fetch_arrow_table()
        print(t.num_rows, t.column("gifts")[0], t.schema.field("exact").type)
        try:
            c.execute("create table x as select 1 as a")
            c.fetchall()
        except Exception as e:
            print(type(e).__name__)
    tables = [t["table_name"] for k in books.adbc_get_objects(depth="tables").read_all().to_pylist() for s in k["catalog_db_schemas"] or [] for t in s["db_schema_tables"] or []]
    print("gift_events" in tables, books.adbc_get_info()["vendor_name"])
    print(books.adbc_get_table_schema("gift_events").field("sent_at").type)
`
	out, err := exec.CommandContext(t.Context(), python, "-c", script, b.at, b.token).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.ReplaceAll(string(out), b.token, "TOKEN"))
	}
	t.Logf("%s", out)
	gifts := strings.TrimPrefix(caratExits(t, 0, "--dir", b.dir, "query", "select count(*) as n from gift_events", "--format", "csv"), "n\n")
	if want := "1 " + strings.TrimSpace(gifts) + " decimal128(38, 6)\nProgrammingError\n"; !strings.HasPrefix(string(out), want) || !strings.Contains(string(out), "True carat\ntimestamp[us, tz=UTC]\n") {
		t.Errorf("it says\n%s", out)
	}
}
