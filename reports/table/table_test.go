package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"
	"unicode"

	"carat/pipeline"

	"pgregory.net/rapid"
)

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func sample() *Table {
	noon := time.Date(2026, 10, 5, 14, 0, 0, 0, time.FixedZone("", 7200))
	amount, none := pipeline.Amount(-5_500_000), (*pipeline.Amount)(nil)
	return &Table{
		Columns: []Column{{"control", Text}, {"checked", Number}, {"difference", Decimal}, {"at", Time}, {"day", Date}, {"passed", Bool}},
		Rows: [][]any{
			{"gift_price", 1234, "12.500", noon, noon, true},
			{"贈り物", int64(7), &amount, nil, nil, false},
			{"=cmd|' /C calc'!A0", big.NewInt(-9), none, noon, noon, nil},
		},
	}
}

func written(t *testing.T, table *Table, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := table.Write(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableForms(t *testing.T) {
	for format, want := range map[string]string{
		"table": `
control             checked  difference  at                    day         passed
------------------  -------  ----------  --------------------  ----------  ------
gift_price             1234        12.5  2026-10-05T12:00:00Z  2026-10-05  true
贈り物                    7        -5.5                                    false
=cmd|' /C calc'!A0       -9              2026-10-05T12:00:00Z  2026-10-05
`,
		"json": `
[
{"control":"gift_price","checked":1234,"difference":"12.5","at":"2026-10-05T12:00:00Z","day":"2026-10-05","passed":true},
{"control":"贈り物","checked":7,"difference":"-5.5","at":null,"day":null,"passed":false},
{"control":"=cmd|' /C calc'!A0","checked":-9,"difference":null,"at":"2026-10-05T12:00:00Z","day":"2026-10-05","passed":null}
]
`,
		"csv": `
control,checked,difference,at,day,passed
gift_price,1234,12.5,2026-10-05T12:00:00Z,2026-10-05,true
贈り物,7,-5.5,,,false
'=cmd|' /C calc'!A0,-9,,2026-10-05T12:00:00Z,2026-10-05,
`,
	} {
		if got := written(t, sample(), format); got != want[1:] {
			t.Errorf("%s:\n%s\nwant:\n%s", format, got, want[1:])
		}
	}
}

func TestTableEmpty(t *testing.T) {
	table := &Table{Columns: []Column{{"a", Text}, {"b", Number}}}
	for format, want := range map[string]string{"table": "a  b\n-  -\n", "json": "[]\n", "csv": "a,b\n"} {
		if got := written(t, table, format); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
}

func TestTableErrors(t *testing.T) {
	err := sample().Write(&bytes.Buffer{}, "xml")
	if err == nil || err.Error() != `write table: unknown format "xml"; use table, json or csv` || pipeline.KindOf(err) != pipeline.KindUsage {
		t.Errorf("got %v", err)
	}
	short := sample()
	short.Rows[1] = short.Rows[1][:2]
	err = short.Write(&bytes.Buffer{}, "csv")
	if err == nil || err.Error() != "write table: row 2 has 2 cells for 6 columns" || pipeline.KindOf(err) != pipeline.KindInternal {
		t.Errorf("got %v", err)
	}
	if err := sample().Write(brokenWriter{}, "json"); err == nil || err.Error() != "write table: disk full" {
		t.Errorf("got %v", err)
	}
}

func TestTableAlignsPoints(t *testing.T) {
	table := &Table{Columns: []Column{{"amount", Decimal}}, Rows: [][]any{{"1"}, {"-20.25"}, {nil}, {"0.000100"}, {"100"}}}
	want := `
  amount
--------
  1
-20.25

  0.0001
100
`
	if got := written(t, table, "table"); got != want[1:] {
		t.Errorf("got:\n%s", got)
	}
}

func TestTableStripsTerminalEscapes(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[31mred\x1b[0m":               "red",
		"\x1b]0;title\x07x":                "x",
		"\x1b]8;;http://x\x1b\\link":       "link",
		"\x1bcreset":                       "reset",
		"\u009b31mred":                     "red",
		"a\tb\nc\r":                        "a b c",
		"bell\x07\x00\x7f":                 "bell",
		"\u202Eevil\u2066":                 "evil",
		"\x1b":                             "",
		"\x1b[":                            "",
		"\x1b]unended":                     "unended",
		"bad\xffutf":                       "bad\uFFFDutf",
		"zürich":                           "zürich",
		strings.Repeat("x", 70):            strings.Repeat("x", 59) + "…",
		strings.Repeat("贈", 40):            strings.Repeat("贈", 29) + "…",
		strings.Repeat("e\u0301", 60):      strings.Repeat("e\u0301", 60),
		strings.Repeat("1234567890", 6):    strings.Repeat("1234567890", 6),
		"\x1b[999;999\x1b[31mtwice\x1b[0m": "twice",
	} {
		table := &Table{Columns: []Column{{"c", Text}}, Rows: [][]any{{in}}}
		lines := strings.Split(written(t, table, "table"), "\n")
		if got := lines[2]; got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// A query may give what carat's own tables never hold.
func TestTableQueryValues(t *testing.T) {
	kinds := []Column{{"n", Number}}
	for _, c := range []struct {
		value any
		json  string
	}{
		{2.5e6, "2500000"}, {1e-7, "0.0000001"}, {math.NaN(), `"nan"`}, {math.Inf(-1), `"-inf"`}, {math.Inf(1), `"inf"`}, {int32(-7), "-7"}, {uint8(7), "7"},
		{(*int64)(nil), "null"}, {[]byte("x"), `"x"`},
	} {
		table := &Table{Columns: kinds, Rows: [][]any{{c.value}}}
		if got, want := written(t, table, "json"), "[\n{\"n\":"+c.json+"}\n]\n"; got != want {
			t.Errorf("%v gave %s", c.value, got)
		}
	}
}

// A value that has no spelling is refused in every form, and never written as Go
// prints it.
func TestNoValueIsWrittenAsGoPrintsIt(t *testing.T) {
	for _, value := range []any{[]any{1, "a"}, map[string]any{"a": 1}, struct{ Days, Months int }{3, 1}, [16]byte{1}, &struct{}{}} {
		const want = "write column odd: it holds a value of a kind that carat doesn't write"
		err := (&Table{Columns: []Column{{Name: "odd"}}, Rows: [][]any{{value}}}).Write(&bytes.Buffer{}, "json")
		if err == nil || pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("a table with %T: %v", value, err)
		}
		for _, format := range RowFormats() {
			w, err := NewRowWriter(&bytes.Buffer{}, format, []Column{{Name: "odd"}}, []string{"VARCHAR"})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write([]any{value}); err == nil || pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), want) {
				t.Errorf("%s with %T: %v", format, value, err)
			}
		}
	}
}

// A text that is JSON is itself in JSON, on one line; one that only says so is a text.
func TestJSONCells(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":[1,"2"]}`: `{"a":[1,"2"]}`, "[1,\n 2]": `[1,2]`, `{"a":`: `"{\"a\":"`, `1] , [2`: `"1] , [2"`, `[12345678901234567890123.10]`: `[12345678901234567890123.10]`,
	} {
		table := &Table{Columns: []Column{{"n", JSON}}, Rows: [][]any{{text}}}
		if got, want := written(t, table, "json"), "[\n{\"n\":"+want+"}\n]\n"; got != want {
			t.Errorf("%q gave %s", text, got)
		}
	}
}

// A number that is no number is text: quoted in JSON, neutralised in CSV.
func TestTableHostileNumbers(t *testing.T) {
	table := &Table{
		Columns: []Column{{"n", Number}, {"d", Decimal}},
		Rows:    [][]any{{"=1+1", "-1+cmd"}, {"01", "1e9"}, {"1}", "."}, {"", "-"}},
	}
	if got, want := written(t, table, "csv"), "n,d\n'=1+1,'-1+cmd\n01,1e9\n1},.\n,'-\n"; got != want {
		t.Errorf("csv %q, want %q", got, want)
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(written(t, table, "json")), &rows); err != nil {
		t.Fatal(err)
	}
	if rows[0]["n"] != "=1+1" || rows[1]["d"] != "1e9" {
		t.Errorf("got %v", rows)
	}
}

// Whatever the texts, JSON gives them back, CSV too but for the apostrophe and
// controls, and the terminal gets one printable line a row.
func TestTableAnyText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.String().Draw(rt, "text")
		table := &Table{Columns: []Column{{"a", Text}, {"b", Text}}, Rows: [][]any{{text, "end"}}}
		var rows []map[string]string
		if err := json.Unmarshal([]byte(written(t, table, "json")), &rows); err != nil || rows[0]["a"] != text {
			rt.Fatalf("JSON %v %q", err, rows)
		}
		records, err := csv.NewReader(strings.NewReader(written(t, table, "csv"))).ReadAll()
		if err != nil || len(records) != 2 || len(records[1]) != 2 {
			rt.Fatalf("CSV %v %q", err, records)
		}
		if got := records[1][0]; got != "" && strings.ContainsRune("=+-@\t\r", rune(got[0])) {
			rt.Fatalf("CSV holds a formula: %q", got)
		}
		aligned := written(t, table, "table")
		if strings.Count(aligned, "\n") != 3 {
			rt.Fatalf("a row took several lines: %q", aligned)
		}
		for _, r := range strings.ReplaceAll(aligned, "\n", "") {
			if unicode.IsControl(r) {
				rt.Fatalf("a control reached the terminal: %q", aligned)
			}
		}
	})
}
