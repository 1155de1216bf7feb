package source_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carat/pipeline/source"
)

// No remote name is a path, hidden, an option, or the same as another's.
func TestLocalNames(t *testing.T) {
	seen := map[string]string{}
	for remote, want := range map[string]string{
		"bank.sta":                     "bank.sta",
		"Umsätze Oktober.csv":          "Ums%C3%A4tze Oktober.csv",
		"../../etc/passwd":             "%2E.%2F..%2Fetc%2Fpasswd",
		"/etc/passwd":                  "%2Fetc%2Fpasswd",
		"..":                           "%2E.",
		".":                            "%2E",
		"":                             "%",
		".hidden.csv":                  "%2Ehidden.csv",
		"-rf":                          "%2Drf",
		"a\x00b\nc":                    "a%00b%0Ac",
		"a%2Fb":                        "a%252Fb",
		"a/b":                          "a%2Fb",
		"a\\b":                         "a%5Cb",
		" x ":                          "%20x%20",
		"con:aux":                      "con%3Aaux",
		"s.totals.json":                "s.totals.json",
		"sales/2026/10/part-1.parquet": "sales%2F2026%2F10%2Fpart-1.parquet",
	} {
		got := source.LocalName(remote)
		if got != want || filepath.Base(got) != got || strings.HasPrefix(got, ".") {
			t.Errorf("%q becomes %q, and wanted %q", remote, got, want)
		}
		if other, there := seen[got]; there {
			t.Errorf("%q and %q become %q", remote, other, got)
		}
		seen[got] = remote
	}
	a, b := strings.Repeat("a", 400)+"1.csv.gz", strings.Repeat("a", 401)+"1.csv.gz"
	if la, lb := source.LocalName(a), source.LocalName(b); la == lb || len(la) > 200 || !strings.HasSuffix(la, "a1.csv.gz") {
		t.Errorf("long names become %q and %q", la, lb)
	}
	for local, want := range map[string]string{"a.csv": "a~12345678.csv", "a.csv.gz": "a~12345678.csv.gz", "a": "a~12345678", "orders-2026-10-01.parquet": "orders-2026-10-01~12345678.parquet"} {
		if got := source.Numbered(local, "123456789abc"); got != want {
			t.Errorf("%s again is %s", local, got)
		}
	}
}

func TestWindows(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		w, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	names := func(span, since, now string) (text string) {
		list, err := source.Windows(span, at(since), at(now), zone)
		for _, w := range list {
			text += fmt.Sprintf("%s:%v ", w.Name, w.To.Sub(w.From).Hours())
		}
		return text + fmt.Sprint(err)
	}
	for _, c := range [][4]string{
		{source.Daily, "2026-10-24 13:00", "2026-10-26 23:59", "2026-10-24:24 2026-10-25:25 <nil>"}, // the day with two hours at two
		{source.Daily, "2026-03-28 13:00", "2026-03-31 00:00", "2026-03-28:24 2026-03-29:23 2026-03-30:24 <nil>"},
		{source.Daily, "2026-03-28 13:00", "2026-03-28 23:59", "<nil>"},
		{source.Monthly, "2025-12-31 13:00", "2026-03-01 00:00", "2025-12:744 2026-01:744 2026-02:672 <nil>"},
		{source.Monthly, "2026-02-01 00:00", "2026-02-28 00:00", "<nil>"},
	} {
		if got := names(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%s from %s to %s: %s", c[0], c[1], c[2], got)
		}
	}
	if got := names(source.Daily, "1990-01-01 00:00", "2026-03-01 00:00"); !strings.Contains(got, "more than 4000 windows") {
		t.Errorf("thirty-six years of days: %s", got)
	}
}

// What may pass is tried again, with what the other side asks to wait; what stays isn't.
func TestRetry(t *testing.T) {
	asked := &source.Passing{Err: errors.New("busy"), After: 90 * time.Second}
	for name, c := range map[string]struct {
		fails []error
		waits string
		err   string
	}{
		"well":             {nil, "[]", "<nil>"},
		"twice":            {[]error{source.Passes("a"), source.Passes("b")}, "[1s 2s]", "<nil>"},
		"too often":        {[]error{source.Passes("a"), source.Passes("b"), source.Passes("c"), source.Passes("d")}, "[1s 2s 4s]", "d"},
		"asked to wait":    {[]error{fmt.Errorf("list: %w", asked)}, "[1m30s]", "<nil>"},
		"asked for long":   {[]error{&source.Passing{Err: errors.New("tomorrow"), After: time.Hour}}, "[]", "tomorrow"},
		"what stays":       {[]error{errors.New("no such bucket")}, "[]", "no such bucket"},
		"what isn't there": {[]error{source.ErrNotReady}, "[]", "it is not there yet"},
	} {
		waits := []time.Duration{}
		n := 0
		_, err := source.Retry(t.Context(), 3, func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }, func() (int, error) {
			if n++; n <= len(c.fails) {
				return 0, c.fails[n-1]
			}
			return 1, nil
		})
		if fmt.Sprint(waits) != c.waits || fmt.Sprint(err) != c.err {
			t.Errorf("%s: waited %v, %v", name, waits, err)
		}
	}
}

// broken is a source whose reading breaks off after some bytes, and whose sizes lie.
type broken struct {
	content string
	after   []int // of each reading
	says    int64
	whole   bool // goes on where it broke
	from    []int64
}

func (b *broken) Origin() string                                { return "" }
func (b *broken) List(context.Context) ([]source.Remote, error) { return nil, nil }
func (b *broken) Close() error                                  { return nil }

func (b *broken) Open(_ context.Context, _ source.Remote, from int64) (*source.Download, error) {
	if b.whole {
		from = 0
	}
	b.from = append(b.from, from)
	text := b.content[from:]
	if len(b.after) > 0 {
		text, b.after = text[:b.after[0]], b.after[1:]
	}
	return &source.Download{ReadCloser: io.NopCloser(strings.NewReader(text)), Size: b.says, From: from}, nil
}

func TestTake(t *testing.T) {
	for name, c := range map[string]struct {
		b       broken
		version string
		before  string // what an attempt before left
		from    string
		err     string
	}{
		"in one go":            {broken{content: "0123456789", says: 10}, "1", "", "[0]", ""},
		"broken and gone on":   {broken{content: "0123456789", says: 10, after: []int{4, 3}}, "1", "", "[0 4 7]", ""},
		"broken and begun new": {broken{content: "0123456789", says: 10, after: []int{4}, whole: true}, "1", "", "[0 0]", ""},
		"of an attempt before": {broken{content: "0123456789", says: 10}, "1", "0123", "[4]", ""},
		"of no version":        {broken{content: "0123456789", says: 10, after: []int{4}}, "", "xxxx", "[0 0]", ""},
		"no size is told":      {broken{content: "0123456789", says: -1}, "1", "", "[0]", ""},
		"too often":            {broken{content: "0123456789", says: 10, after: []int{1, 1, 1}}, "1", "", "[0 1 2]", "it broke off after 3 of 10 bytes"},
		"larger than told":     {broken{content: "0123456789", says: 5}, "1", "", "[0 0 0]", "it gave 10 bytes and said 5"},
		"larger than wanted":   {broken{content: strings.Repeat("x", 21), says: -1}, "1", "", "[0]", "more than max_bytes 20"},
	} {
		t.Run(name, func(t *testing.T) {
			part, err := os.Create(filepath.Join(t.TempDir(), "part"))
			if err != nil {
				t.Fatal(err)
			}
			defer part.Close()
			if _, err := part.WriteString(c.before); err != nil {
				t.Fatal(err)
			}
			got, err := source.Take(t.Context(), &c.b, source.Remote{Name: "x", Version: c.version, Size: -1}, part,
				source.Limits{Bytes: 20, Retries: 2, Wait: func(context.Context, time.Duration) error { return nil }})
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) || c.err == "" && err != nil {
				t.Errorf("%v", err)
			}
			if fmt.Sprint(c.b.from) != c.from {
				t.Errorf("opened from %v, and wanted %s", c.b.from, c.from)
			}
			text, _ := os.ReadFile(part.Name())
			if err == nil && (string(text) != c.b.content || got.Size != 10) {
				t.Errorf("%q, %+v", text, got)
			}
		})
	}
}
