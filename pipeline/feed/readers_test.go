package feed_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
)

var updateReaders = flag.Bool("update-readers", false, "write testdata/readers.txt")

// What each reader gives of a file stays, or it is another version of it: else a file that was
// kept and is read again by `carat verify` would seem to be altered.
func TestReadersGiveTheSameRows(t *testing.T) {
	var got []string
	add := func(name string, report feed.Report, rows any, err error) {
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text, err := json.Marshal([]any{rows, report.ControlTotals, report.RowsRead, report.RowsRejected})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		got = append(got, fmt.Sprintf("%s %s %d %s", name, report.Format.Name, feed.ReaderVersion(report.Format.Name), hex.EncodeToString(sum[:8])))
	}
	reports, err := filepath.Glob("*/testdata/reports/*")
	if err != nil || len(reports) < 11 {
		t.Fatalf("%q, %v", reports, err)
	}
	for _, path := range reports {
		if strings.HasSuffix(path, "google-sales.csv") {
			o := feedtest.ReadPath[pipeline.CoinPurchase](t, path, func(o *feed.Options) { o.SKUCoins = map[string]int64{"coins_100": 100} })
			add(filepath.Base(path), o.Report, o.Rows, o.Err)
			continue
		}
		o := feedtest.ReadPath[pipeline.SettlementLine](t, path, nil)
		add(filepath.Base(path), o.Report, o.Rows, o.Err)
	}
	for name, text := range map[string]string{
		"bank_lines.csv":    "line_id,account,booked_at,amount,currency\nb1,a,2026-10-01,100.50,EUR\nb2,a,2026-10-02T10:00:00Z,-1,USD\nb3,a,x,1,USD\n",
		"bank_lines.ndjson": `{"line_id":"b1","account":"a","booked_at":"2026-10-01","amount":"100.50","currency":"EUR"}` + "\n",
		"bank_lines.sta": ":20:T\n:25:10020030/1234567\n:28C:1/1\n:60F:C261001EUR100,00\n:61:2610021002C250,00NTRFREF//BANKREF\n:86:166?00CREDIT?20SVWZ+PAYOUT 7?32ACME\n" +
			":61:2610031003D50,00NMSCFEE\n:86:805?20FEES\n:62F:C261003EUR300,00\n-\n",
	} {
		o := feedtest.Read[pipeline.BankLine](t, name, []byte(text), nil)
		add(name, o.Report, o.Rows, o.Err)
	}
	slices.Sort(got)
	const path = "testdata/readers.txt"
	text := strings.Join(got, "\n") + "\n"
	if *updateReaders {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != text {
		t.Errorf("a reader gives other rows than before, %v: raise the version of its format in readers (formats.go), and write %s anew with -update-readers\ngot\n%swant\n%s", err, path, text, want)
	}
}

// The version of a batch's format is that of its reader, however the file was packed.
func TestReaderVersion(t *testing.T) {
	for _, format := range append(feed.Formats(), "csv.gzip", "camt.053.zip", "layout:a.b.zstd") {
		if v := feed.ReaderVersion(format); v < 1 {
			t.Errorf("%s: %d", format, v)
		}
	}
}
