package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"carat/jobs/books"
)

func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := &progress{w: &out, terminal: true, clock: func() time.Time { return now }}
	p.tell(books.Event{Step: "ingest", Object: "a.csv", Done: 1, Total: 4, Unit: "bytes"})
	p.tell(books.Event{Step: "ingest", Object: "a.csv", Done: 2, Total: 4, Unit: "bytes"}) // too soon to draw
	now = now.Add(time.Second)
	p.tell(books.Event{Step: "ingest", Object: "a\x1b]0;x\a.csv", Done: 3, Total: 4, Unit: "bytes"})
	p.tell(books.Event{Step: "ingest", Object: "a.csv", Note: `column "x" is ignored`})
	p.clear()
	want := "\r\x1b[Kingest [######..................]  25% a.csv" +
		"\r\x1b[Kingest [##################......]  75% a\uFFFD]0;x\uFFFD.csv" +
		"\r\x1b[Kcarat: ingest a.csv: column \"x\" is ignored\n"
	if out.String() != want {
		t.Errorf("got  %q\nwant %q", out.String(), want)
	}
}

func TestProgressElsewhere(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, clock: time.Now}
	p.tell(books.Event{Step: "ingest", Object: "a.csv", Done: 1, Total: 4, Unit: "bytes"})
	p.tell(books.Event{Step: "ingest", Object: "a.csv", Done: 12345, Unit: "rows", Finished: true})
	p.tell(books.Event{Step: "ingest", Object: "b\u202evsc\ncarat: ingest all: done.csv", Done: 1, Unit: "rows", Finished: true})
	p.tell(books.Event{Step: "ingest", Object: "c\n.csv", Note: "left alone"})
	p.clear()
	if want := "carat: ingest a.csv: 12,345 rows\n" +
		"carat: ingest b\uFFFDvsc\uFFFDcarat: ingest all: done.csv: 1 row\n" +
		"carat: ingest c\uFFFD.csv: left alone\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestGrouped(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567", -12: "-12"} {
		if got := grouped(n); got != want {
			t.Errorf("grouped(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestLongLinesAreCut(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, terminal: true, clock: time.Now}
	p.tell(books.Event{Step: "ingest", Object: strings.Repeat("x", 500), Done: 1, Total: 2})
	if n := len([]rune(strings.TrimPrefix(out.String(), "\r\x1b[K"))); n != barWidth {
		t.Errorf("%d columns, want %d", n, barWidth)
	}
}
