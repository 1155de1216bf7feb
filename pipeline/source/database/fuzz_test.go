package database

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"carat/pipeline/source/reach"
)

// What is bound is what was written, with a marker for each :from and :to, and one
// statement.
func FuzzBind(f *testing.F) {
	for _, query := range []string{
		"select * from t where at >= :from and at < :to", "select ':from', \":to\" from t where a >= :from and a < :to;", "select a::date from t where b > :from -- :to\n and b < :to",
		"select 1 where :from < :to; drop table t", "select /* ; */ 1 where :from < :to", ":from:to", "select 'a\\'' where :from < :to ;;", ":from_ :to", "$1 ? :from :to", "select '", ";:from;:to",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if strings.Contains(query, "\x01") {
			return // the marks of this test
		}
		text, order, err := bind(query, func(n int) string { return fmt.Sprintf("\x01%d\x01", n) })
		if err != nil {
			if text != "" || order != nil {
				t.Errorf("%q, %v and %v", text, order, err)
			}
			return
		}
		froms := 0
		for i, from := range order {
			name := ":to"
			if from {
				name = ":from"
				froms++
			}
			mark := fmt.Sprintf("\x01%d\x01", i+1)
			if strings.Count(text, mark) != 1 {
				t.Fatalf("%q has marker %d %d times", text, i+1, strings.Count(text, mark))
			}
			text = strings.Replace(text, mark, name, 1)
		}
		if froms == 0 || froms == len(order) {
			t.Errorf("%q is bound without both ends of the window", query)
		}
		written := strings.TrimSpace(query)
		if text != written && text != strings.TrimSpace(strings.TrimSuffix(written, ";")) && text != strings.TrimSuffix(written, ";") {
			t.Errorf("%q is bound as %q", written, text)
		}
	})
}

// says is a server that answers everything with the same text and status.
type says struct {
	status int
	text   []byte
}

func (a says) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"X-Trino-Started-Transaction-Id": {"t1"}}, ContentLength: -1, Body: io.NopCloser(bytes.NewReader(a.text)), Request: r}, nil
}

// FuzzTrinoAnswers reads what a server might answer to a statement: it ends; what comes of it
// are rows with a cell for each column, no more cells than the text has room for, or an error
// that holds no secret.
func FuzzTrinoAnswers(f *testing.F) {
	f.Add(200, []byte(`{"id":"q","columns":[{"name":"a","type":"bigint"},{"name":"b","type":"timestamp(6) with time zone"}],"data":[[1,"2026-10-01 00:00:00.000000 UTC"],[null,null]]}`))
	f.Add(200, []byte(`{"nextUri":"https://trino.example/v1/statement/executing/q/1","columns":[{"name":"a","type":"double"}],"data":[[1.0E10]]}`))
	f.Add(200, []byte(`{"nextUri":"https://elsewhere.example/x"}`))
	f.Add(200, []byte(`{"error":{"message":"no","errorName":"SYNTAX_ERROR","errorType":"USER_ERROR"}}`))
	f.Add(200, []byte(`{"columns":[{"name":"a","type":"array(row(x varchar))"}],"data":[[[["x"]]],[1,2],[]]}`))
	f.Add(200, []byte(`{"data":[[1]]}`))
	f.Add(401, []byte(``))
	f.Add(503, []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, text []byte) {
		if status < 200 || status > 499 || status == 408 || status == 425 || status == 429 || bytes.Contains(text, []byte("quiet-word")) {
			return
		}
		e, err := newTrino("trino://reader:quiet-word@trino.example/shop", reach.Loopback)
		if err != nil {
			t.Fatal(err)
		}
		e.(*trino).client = &http.Client{Transport: says{status, text}}
		told := func(err error) {
			if strings.Contains(err.Error(), "quiet-word") {
				t.Errorf("%v", err)
			}
		}
		a, err := e.ask(t.Context(), "select ?", []time.Time{time.Unix(0, 0)})
		if err != nil {
			told(err)
			return
		}
		cells := 0
		for {
			row, err := a.next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					told(err)
				}
				break
			}
			if cells += len(row); len(row) != len(a.columns()) || cells > len(text) {
				t.Fatalf("%d cells of %d columns, %d of %q", len(row), len(a.columns()), cells, text)
			}
		}
		if err := a.close(); err != nil {
			t.Error(err)
		}
	})
}

// FuzzTrinoCell reads values: an instant that is taken is the one that its own text says, at
// the same wall time of its zone, and no other instant has that text; a whole number or a
// number keeps its value.
func FuzzTrinoCell(f *testing.F) {
	for _, c := range [][2]string{{"timestamp(3) with time zone", `"2026-10-25 02:30:00.000 Europe/Berlin"`}, {"timestamp(6) with time zone", `"2026-03-29 03:00:00.000001 Europe/Berlin"`},
		{"timestamp(6) with time zone", `"2026-10-01 01:00:00.123456 +05:30"`}, {"timestamp(3) with time zone", `"2026-04-05 01:45:00.000 Australia/Lord_Howe"`}, {"bigint", "9223372036854775808"},
		{"double", "1.0E10"}, {"real", `"NaN"`}, {"varchar", `"\u00e9"`}, {"date", "null"}, {"decimal(38,9)", `"0.000000001"`}} {
		f.Add(c[0], []byte(c[1]))
	}
	f.Fuzz(func(t *testing.T, typed string, raw []byte) {
		c := trinoColumn("a", typed)
		cell, err := trinoCell(c, raw)
		if err != nil || cell == nil || c.kind != instant {
			if err != nil && cell != nil {
				t.Errorf("%q and %v", cell, err)
			}
			return
		}
		at, err := time.Parse("2006-01-02 15:04:05.999999Z07:00", string(cell))
		if err != nil {
			t.Skip() // a year that no calendar has: refused when it is written
		}
		text := strings.Trim(string(raw), `"`)
		wall, name, _ := strings.Cut(text[min(11, len(text)):], " ")
		zone, err := time.LoadLocation(name)
		if err != nil || strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
			return
		}
		if got := at.In(zone).Format("2006-01-02 15:04:05"); !strings.HasPrefix(text, got) {
			t.Errorf("%s is read as %s", text, got)
		}
		for _, by := range []time.Duration{-2 * time.Hour, -time.Hour, -30 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour} {
			if same := at.Add(by).In(zone).Format("2006-01-02 15:04:05.000000"); same == at.In(zone).Format("2006-01-02 15:04:05.000000") {
				t.Errorf("%s (%s) is also %s", text, wall, at.Add(by))
			}
		}
	})
}
