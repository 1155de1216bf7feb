package trino

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strings"
	"testing"

	client "github.com/trinodb/trino-go-client/trino"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// TestValuesComeExactly puts texts as Trino gives them into a table of every type that
// models have, and reads them back.
func TestValuesComeExactly(t *testing.T) {
	ctx := context.Background()
	d, err := duckdb.Open(ctx, duckdb.Config{TempDir: t.TempDir(), Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Exec(ctx, `create table all_types (text varchar, yes boolean, small integer, big bigint, number ubigint, day date, moment timestamptz,
		d4 decimal(4, 2), d9 decimal(9, 2), d18 decimal(18, 6), d38 decimal(38, 9))`); err != nil {
		t.Fatal(err)
	}
	conn := d.Connections()[0]
	list, err := describe(ctx, conn, "all_types")
	if err != nil || len(list) != 11 {
		t.Fatal(list, err)
	}
	rows := [][]string{
		{"it's a longer text, 猫", "true", "-7", "-9223372036854775808", "-1", "1969-12-31", "2026-10-25 00:30:00.000001 UTC", "-99.99", "1234567.8", "-999999999999.999999", "12345678901234567890123456789.123456789"},
		{"", "false", "0", "9223372036854775807", "1", "9999-12-31", "0001-01-01 00:00:00.000000 UTC", "0.00", "-0.01", "0.000001", "-0.000000001"},
		nil,
	}
	w, err := duckdb.AppendTo(conn, "all_types")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for i, c := range list {
			cell := sql.NullString{}
			if row != nil {
				cell = sql.NullString{String: row[i], Valid: true}
			}
			if err := put(w, c, cell); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		w.Done()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := d.Texts(ctx, "select concat_ws('|', text, yes, small, big, number, day, epoch_us(moment), d4, d9, d18, d38) from all_types order by small nulls last")
	want := []string{
		"it's a longer text, 猫|true|-7|-9223372036854775808|18446744073709551615|1969-12-31|1792888200000001|-99.99|1234567.80|-999999999999.999999|12345678901234567890123456789.123456789",
		"|false|0|9223372036854775807|1|9999-12-31|-62135596800000000|0.00|-0.01|0.000001|-0.000000001",
		"",
	}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"), err)
	}
}

// TestValuesThatDoNotFit has texts that a column can't hold exactly: none is rounded.
func TestValuesThatDoNotFit(t *testing.T) {
	for _, c := range []struct{ kind, text string }{
		{"DECIMAL(18,6)", "1.0000001"}, {"DECIMAL(4,2)", "100.00"}, {"DECIMAL(18,6)", "1e3"}, {"DECIMAL(18,6)", "NaN"}, {"BIGINT", "9223372036854775808"}, {"INTEGER", "1.5"},
		{"DATE", "2026-02-30"}, {"TIMESTAMP WITH TIME ZONE", "2026-10-01 00:00:00 Europe/Berlin"}, {"BOOLEAN", "maybe"}, {"DOUBLE", "1.5"}, {"HUGEINT", "1"},
	} {
		if err := put(nil, column{"x", c.kind}, sql.NullString{String: c.text, Valid: true}); err == nil {
			t.Errorf("%s as %s is taken", c.text, c.kind)
		}
	}
}

func TestLiterals(t *testing.T) {
	for _, c := range []struct{ kind, text, want string }{
		{"VARCHAR", "it's", "'it''s'"}, {"BIGINT", "-5", "-5"}, {"BOOLEAN", "true", "true"}, {"DATE", "2026-10-01", "date '2026-10-01'"},
		{"DECIMAL(38,6)", "-1.500000", "decimal '-1.500000'"}, {instantKind, "2026-10-01 00:00:00.000001 UTC", "timestamp '2026-10-01 00:00:00.000001 UTC'"},
	} {
		if got := literal(c.kind, sql.NullString{String: c.text, Valid: true}); got != c.want {
			t.Errorf("%s: %s, want %s", c.kind, got, c.want)
		}
	}
	if got := literal("BIGINT", sql.NullString{}); got != "null" {
		t.Errorf("no value is %s", got)
	}
}

// TestFailuresSayWhatToDo has what a cluster, a gateway and a network say.
func TestFailuresSayWhatToDo(t *testing.T) {
	s := &Server{config: Config{URL: "https://carat:hidden@trino.example:8443"}}
	for _, c := range []struct {
		err  error
		says string
		kind pipeline.Kind
	}{
		{&client.ErrTrino{Message: "Query exceeded per-node memory limit", ErrorName: "EXCEEDED_LOCAL_MEMORY_LIMIT", ErrorType: "INSUFFICIENT_RESOURCES"}, "too little memory", pipeline.KindInternal},
		{&client.ErrTrino{Message: "Access Denied", ErrorName: "PERMISSION_DENIED", ErrorType: "USER_ERROR"}, "rights", pipeline.KindInternal},
		{&client.ErrTrino{Message: "line 1:1", ErrorName: "SYNTAX_ERROR", ErrorType: "USER_ERROR"}, "take engine out", pipeline.KindInternal},
		{&client.ErrQueryFailed{StatusCode: 401, Reason: errors.New("no")}, "password", pipeline.KindUsage},
		{&client.ErrQueryFailed{StatusCode: 503, Reason: errors.New("no")}, "is the coordinator up", pipeline.KindInternal},
		{&net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused to carat:hidden@")}, "is the coordinator up", pipeline.KindInternal},
		{errors.New(strings.Repeat("x", 5000)), "nothing was published", pipeline.KindInternal},
	} {
		err := s.failure(context.Background(), "build model", "m.sql", c.err)
		if text := err.Error(); !strings.Contains(text, c.says) || strings.Contains(text, "hidden") || len(text) > 1000 || pipeline.KindOf(err) != c.kind {
			t.Errorf("%v\nis told as\n%v", c.err, text)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.failure(ctx, "build model", "m.sql", errors.New("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that is stopped says %v", err)
	}
}
