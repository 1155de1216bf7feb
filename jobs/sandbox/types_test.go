package sandbox

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/xuri/excelize/v2"

	"carat/reports/table"
)

// oneCell gives what a query of one column and one row answers in a format, in this
// process, and its text in the file.
func oneCell(t *testing.T, query, format string) (string, error) {
	t.Helper()
	var b bytes.Buffer
	_, _, err := Task{Memory: "300MB", Threads: 1, Disk: "1GB", Format: format, Query: query}.Answer(t.Context(), t.TempDir(), func(columns []table.Column, types []string) (table.RowWriter, error) {
		return table.NewRowWriter(&b, format, columns, types)
	})
	if err != nil {
		return "", err
	}
	switch format {
	case "csv", "table":
		lines := strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
		return lines[len(lines)-1], nil
	case "json":
		return strings.TrimSuffix(strings.TrimPrefix(b.String(), "[\n{\"x\":"), "}\n]\n"), nil
	case "xlsx":
		book, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		cell, err := book.GetCellValue("answer", "A2")
		if err != nil {
			t.Fatal(err)
		}
		return cell, book.Close()
	case "arrow":
		r, err := ipc.NewFileReader(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		batch, err := r.RecordBatch(0)
		if err != nil {
			t.Fatal(err)
		}
		return batch.Column(0).ValueStr(0), nil
	}
	r, err := file.NewParquetReader(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	rows, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	read, err := rows.ReadTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer read.Release()
	return read.Column(0).Data().Chunk(0).ValueStr(0), nil
}

// Every type has one spelling in every form: DuckDB's own text, but in JSON lists,
// structs and maps are JSON. No form shows how Go holds a value in memory.
func TestEveryTypeInEveryForm(t *testing.T) {
	const quoted = "\x00" // the JSON is the text in quotes
	for _, c := range []struct{ query, text, json string }{
		{"uuid '0195f0a0-0000-7000-8000-000000000001'", "0195f0a0-0000-7000-8000-000000000001", quoted},
		{"[1, 2, null]", "[1, 2, NULL]", "[1,2,null]"},
		{"[1.50::decimal(38, 20), 12345678901234567.89::decimal(38, 20)]", "[1.50000000000000000000, 12345678901234567.89000000000000000000]", `["1.50000000000000000000","12345678901234567.89000000000000000000"]`},
		{"[9223372036854775807]", "[9223372036854775807]", `["9223372036854775807"]`},
		{"['nan'::double]", "[nan]", `["nan"]`},
		{"{'a': 1, 'b c': [date '2026-10-05'], 'd': null::decimal(9, 2), 'e': true}", "{'a': 1, 'b c': [2026-10-05], 'd': NULL, 'e': true}", `{"a":1,"b c":["2026-10-05"],"d":null,"e":true}`},
		{"row(1, 'x')", "(1, x)", quoted},
		{"map {'k': 2, 'l': 3}", "{k=2, l=3}", `{"k":2,"l":3}`},
		{"map {1: [1.5]}", "{1=[1.5]}", `{"1":["1.5"]}`},
		{"[1, 2]::integer[2]", "[1, 2]", "[1,2]"},
		{"union_value(a := 1.5::decimal(4, 2))", "1.50", quoted},
		{"interval 3 days", "3 days", quoted},
		{"interval '14 months 2 days 00:00:01.5'", "1 year 2 months 2 days 00:00:01.5", quoted},
		{"time '10:00'", "10:00:00", quoted},
		{"'10:00:00.123456789'::time_ns", "10:00:00.123456789", quoted},
		{"'10:00:00+02'::timetz", "10:00:00+02", quoted},
		{"'\\x00a'::blob", `\x00a`, `"\\x00a"`},
		{"bit '101'", "101", quoted},
		{"'a'::enum('a', 'b(,')", "a", quoted},
		{"'12345678901234567890123456789012345678901234567890'::bignum", "12345678901234567890123456789012345678901234567890", quoted},
		{"1.50::decimal(4, 2)::variant", "1.50", quoted},
		{`'{"a": 12345678901234567890.10}'::json`, `{"a": 12345678901234567890.10}`, `{"a":12345678901234567890.10}`},
		{"timestamp_s '2026-10-05 10:00:00'", "2026-10-05T10:00:00Z", quoted},
		{"timestamp_ms '2026-10-05 10:00:00.123'", "2026-10-05T10:00:00.123Z", quoted},
		{"timestamp_ns '2026-10-05 10:00:00.123456789'", "2026-10-05T10:00:00.123456789Z", quoted},
		{"340282366920938463463374607431768211455::uhugeint", "340282366920938463463374607431768211455", "340282366920938463463374607431768211455"},
		{"'infinity'::date", "infinity", quoted}, {"'-infinity'::date", "-infinity", quoted},
		{"'infinity'::timestamp", "infinity", quoted}, {"'-infinity'::timestamptz", "-infinity", quoted},
		{"'infinity'::timestamp_s", "infinity", quoted}, {"'-infinity'::timestamp_ms", "-infinity", quoted}, {"'infinity'::timestamp_ns", "infinity", quoted},
		{"'inf'::double", "inf", quoted}, {"'-inf'::float", "-inf", quoted}, {"'nan'::double", "nan", quoted},
	} {
		if c.json == quoted {
			c.json = `"` + c.text + `"`
		}
		for _, format := range table.RowFormats() {
			got, err := oneCell(t, "select "+c.query+" as x", format)
			want := c.text
			switch format {
			case "json":
				want = c.json
			case "table": // a terminal's cell is cut
				if len(want) > table.DefaultCellWidth {
					want = want[:table.DefaultCellWidth-1] + "…"
				}
			case "csv":
				if strings.ContainsAny(want, `",`) {
					want = `"` + strings.ReplaceAll(want, `"`, `""`) + `"`
				}
				if strings.HasPrefix(want, "-") { // not a formula
					want = "'" + want
				}
			case "arrow", "parquet":
				if inexact := strings.Contains(c.query, "inf") || strings.Contains(c.query, "nan"); inexact || strings.HasPrefix(c.query, "timestamp") || strings.Contains(c.query, "uhugeint") {
					continue // they have types of their own there: below
				}
			}
			if err != nil || got != want {
				t.Errorf("%s in %s: %q, want %q (%v)", c.query, format, got, want, err)
			}
		}
	}
}

// Arrow and Parquet have days and instants of their own, of which none is without an
// end, and no number of more than 38 digits: such cells are refused and not bent.
func TestWhatArrowHasNoValueFor(t *testing.T) {
	for query, want := range map[string]string{
		"'infinity'::date": "no day", "'infinity'::timestamp": "no time", "'-infinity'::timestamptz": "no time",
		"340282366920938463463374607431768211455::uhugeint": "more than 38 digits",
	} {
		for _, format := range []string{"arrow", "parquet"} {
			if got, err := oneCell(t, "select "+query+" as x", format); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "cast the column") {
				t.Errorf("%s in %s: %q, %v", query, format, got, err)
			}
		}
	}
	for _, format := range []string{"arrow", "parquet"} {
		if got, err := oneCell(t, "select timestamp_ns '2026-10-05 10:00:00.123456789' as x", format); err != nil || got != "2026-10-05T10:00:00.123456789Z" {
			t.Errorf("%s: %q, %v", format, got, err)
		}
	}
}
