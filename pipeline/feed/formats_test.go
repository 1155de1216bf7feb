package feed_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/feed/feedtest"
	"carat/pipeline/feed/typed"
)

func TestNDJSON(t *testing.T) {
	good := `{"event_id":"e1","kind":"gift","original_event_id":null,"sent_at":"2026-10-01T12:00:00Z","stream_id":7137728632142843001,"viewer_id":"v\u00e9\ud83d\ude00\"","creator_id":"c1","gift_id":5655,"quantity":"2","coins":9007199254740993,"diamonds":1,"extra":{"a":[1,{}]}}`
	lines := []string{
		good, "", "  ",
		strings.Replace(good, `"quantity":"2"`, `"quantity":2.0`, 1),
		strings.Replace(good, `9007199254740993`, `1e400`, 1),
		strings.Replace(good, `"kind":"gift"`, `"kind":1`, 1),
		strings.Replace(good, `"kind":"gift",`, ``, 1),
		strings.Replace(good, `"c1"`, `{"id":"c1"}`, 1),
		strings.Replace(good, `"c1"`, `true`, 1),
		strings.Replace(good, `"2026-10-01T12:00:00Z"`, `1790000000000`, 1),
		strings.Replace(good, `"gift_id":5655`, `"gift_id":5655.0`, 1),
		strings.Replace(good, `"coins":`, `"coins":1,"coins":`, 1),
		strings.Replace(good, `"e1"`, `"e\u0000"`, 1),
		strings.Replace(good, `\ud83d\ude00`, `\ud83d`, 1),
		strings.Replace(good, `:1,`, `:01,`, 1),
		good + good, `[1]`, `{"event_id":"e1"`, `null`, good + ",",
		strings.Replace(good, `[1,{}]`, strings.Repeat("[", 5000)+strings.Repeat("]", 5000), 1),
	}
	for _, size := range []int{10, 0} {
		out := feedtest.Read[pipeline.GiftEvent](t, "gift_events.ndjson", []byte("\xEF\xBB\xBF"+strings.Join(lines, "\r\n")), func(o *feed.Options) { o.BlockBytes = size })
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		if len(out.Rows) != 1 {
			t.Fatal(out.Rows)
		}
		r := out.Rows[0]
		if r.EventID != "e1" || r.StreamID != "7137728632142843001" || r.ViewerID != "vé😀\"" || r.GiftID != "5655" || r.Quantity != 2 || r.Coins != 9007199254740993 || r.SourceLine != 1 {
			t.Errorf("row %+v", r)
		}
		if !slices.Equal(out.Report.UnknownColumns, []string{"extra"}) {
			t.Errorf("unknown %q", out.Report.UnknownColumns)
		}
		var got []string
		for _, r := range out.Rejects {
			got = append(got, fmt.Sprintf("%d %s %s %.20q", r.SourceLine, r.Column, r.Code, r.Value))
		}
		want := []string{
			`4 quantity not_a_number "2.0"`, `5 coins not_a_number "1e400"`, `6 kind wrong_type "1"`, `7 kind missing ""`,
			`8 creator_id wrong_type "{\"id\":\"c1\"}"`, `9 creator_id wrong_type "true"`, `10 sent_at bad_time "1790000000000"`,
			`11 gift_id bad_id "5655.0"`, `12  bad_json "{\"event_id\":\"e1\",\"ki"`, `13 event_id bad_id "e\x00"`,
			`14  bad_json "{\"event_id\":\"e1\",\"ki"`, `15  bad_json "{\"event_id\":\"e1\",\"ki"`, `16  bad_json "{\"event_id\":\"e1\",\"ki"`,
			`17  bad_json "[1]"`, `18  bad_json "{\"event_id\":\"e1\""`, `19  bad_json "null"`, `20  bad_json "{\"event_id\":\"e1\",\"ki"`, `21  bad_json "{\"event_id\":\"e1\",\"ki"`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("rejects\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestUnknownColumnsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "{\"k%d\":1}\n", i)
	}
	small := feedtest.Read[pipeline.GiftEvent](t, "gift_events.ndjson", []byte(b.String()), func(o *feed.Options) { o.BlockBytes = 99 })
	large := feedtest.Read[pipeline.GiftEvent](t, "gift_events.ndjson", []byte(b.String()), nil)
	if len(small.Report.UnknownColumns) != typed.MaxUnknownColumns || !slices.Equal(small.Report.UnknownColumns, large.Report.UnknownColumns) || small.Report.UnknownColumns[99] != "k99" {
		t.Errorf("%q", small.Report.UnknownColumns)
	}
	if len(small.Rejects) != 5000 || !slices.Equal(small.Rejects, large.Rejects) {
		t.Errorf("%d and %d rejects", len(small.Rejects), len(large.Rejects))
	}
}

func parquetBytes[T any](t testing.TB, rows []T, options ...parquet.WriterOption) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Columns may have any type that holds the value exactly.
func TestParquetTypes(t *testing.T) {
	type row struct {
		LineID   int64     `parquet:"line_id"`
		Account  string    `parquet:"account"`
		BookedAt time.Time `parquet:"booked_at,timestamp(nanosecond)"`
		Amount   [12]byte  `parquet:"amount,decimal(9:28)"`
		Currency string    `parquet:"currency,dict"`
		Ref      *string   `parquet:"reference,optional"`
		Colour   float64   `parquet:"colour"`
	}
	decimal := func(unscaled int64) (b [12]byte) {
		v := big.NewInt(unscaled)
		if unscaled < 0 {
			v.Add(v, new(big.Int).Lsh(big.NewInt(1), 96))
		}
		v.FillBytes(b[:])
		return b
	}
	ref := "hello"
	at := time.Date(2026, 10, 1, 12, 0, 0, 5000, time.UTC)
	rows := []row{
		{1, "a", at, decimal(-4_250_000_000), "USD", &ref, 1.5},
		{2, "a", at.Add(1), decimal(1), "USD", nil, 1.5},
		{3, "a", at, decimal(1), "USD", nil, 1.5},
		{4, "a", at, decimal(1000), "usd", nil, 1.5},
	}
	out := feedtest.Read[pipeline.BankLine](t, "bank_lines.parquet", parquetBytes(t, rows, parquet.MaxRowsPerRowGroup(2)), nil)
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	want := pipeline.BankLine{LineID: "1", Account: "a", BookedAt: at.UnixMicro(), Amount: -4_250_000, Currency: "USD", Reference: "hello", Entity: "main",
		Lineage: pipeline.Lineage{BatchID: "b000001", SourceLine: 1, IngestedAt: feedtest.TestIngested, AccountingMonth: "2026-10"}}
	if len(out.Rows) != 1 || out.Rows[0] != want {
		t.Errorf("rows %+v", out.Rows)
	}
	var got []string
	for _, r := range out.Rejects {
		got = append(got, fmt.Sprintf("%d %s %s %q", r.SourceLine, r.Column, r.Code, r.Value))
	}
	if !slices.Equal(got, []string{`2 booked_at too_precise "1790856000000005001 ns since 1970"`, `3 amount too_precise "0.000000001"`, `4 currency bad_currency "usd"`}) {
		t.Errorf("rejects %q", got)
	}
	if !slices.Equal(out.Report.UnknownColumns, []string{"colour"}) {
		t.Errorf("unknown %q", out.Report.UnknownColumns)
	}
}

type bankText struct {
	LineID   string `parquet:"line_id"`
	Account  string `parquet:"account"`
	BookedAt string `parquet:"booked_at"`
	Amount   string `parquet:"amount"`
	Currency string `parquet:"currency"`
}

func TestParquetRefusals(t *testing.T) {
	type float struct {
		LineID   string  `parquet:"line_id"`
		Account  string  `parquet:"account"`
		BookedAt string  `parquet:"booked_at"`
		Amount   float64 `parquet:"amount"`
		Currency string  `parquet:"currency"`
	}
	type bare struct {
		LineID   string `parquet:"line_id"`
		Account  string `parquet:"account"`
		BookedAt int64  `parquet:"booked_at"`
		Amount   string `parquet:"amount"`
		Currency string `parquet:"currency"`
	}
	type list struct {
		LineID   string   `parquet:"line_id"`
		Account  []string `parquet:"account"`
		BookedAt string   `parquet:"booked_at"`
		Amount   string   `parquet:"amount"`
		Currency string   `parquet:"currency"`
	}
	good := parquetBytes(t, []bankText{{"1", "a", "2026-10-01T00:00:00Z", "1.5", "USD"}})
	cut := bytes.Clone(good)
	copy(cut[4:60], make([]byte, 56))
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"float":   {parquetBytes(t, []float{{}}), "read bank_lines.parquet: column amount is DOUBLE, a float, which can't hold exact values; write it as DECIMAL(18,6) or text"},
		"no unit": {parquetBytes(t, []bare{{}}), "read bank_lines.parquet: column booked_at is INT(64,true); write it as TIMESTAMP or text"},
		"list":    {parquetBytes(t, []list{{}}), "read bank_lines.parquet: column account is a group or a list; write it as text"},
		"missing": {parquetBytes(t, []struct {
			A string `parquet:"line_id"`
		}{{}}), "read bank_lines.parquet: required columns account, booked_at, amount, currency are missing; found line_id; bank_lines has the columns line_id, account, booked_at, amount, currency, reference, counterparty, statement_id, kind, balance, entity"},
		"cut": {good[:len(good)/2], "read bank_lines.parquet: broken Parquet: "},
		"bad": {cut, "read bank_lines.parquet: broken Parquet: "},
	} {
		out := feedtest.Read[pipeline.BankLine](t, "bank_lines.parquet", c.content, nil)
		if out.Err == nil || !strings.HasPrefix(out.Err.Error(), c.want) || pipeline.KindOf(out.Err) != pipeline.KindBadInput {
			t.Errorf("%s:\n got %v\nwant %s", name, out.Err, c.want)
		}
	}
	if out := feedtest.Read[pipeline.BankLine](t, "bank_lines.parquet", good, nil); out.Err != nil || len(out.Rows) != 1 || out.Rows[0].Amount != 1_500_000 {
		t.Errorf("text columns: %+v", out)
	}
}

// purchaseText is a purchase as texts, good ones and bad ones.
type purchaseText struct {
	PurchaseID         string `parquet:"purchase_id"`
	Kind               string `parquet:"kind"`
	OriginalPurchaseID string `parquet:"original_purchase_id"`
	ViewerID           string `parquet:"viewer_id"`
	Channel            string `parquet:"channel"`
	ResellerID         string `parquet:"reseller_id"`
	SKU                string `parquet:"sku"`
	Coins              string `parquet:"coins"`
	BonusCoins         string `parquet:"bonus_coins"`
	Currency           string `parquet:"currency"`
	GrossAmount        string `parquet:"gross_amount"`
	TaxAmount          string `parquet:"tax_amount"`
	Country            string `parquet:"country"`
	PurchasedAt        string `parquet:"purchased_at"`
	Entity             string `parquet:"entity"`
}

func drawPurchase(t *rapid.T) purchaseText {
	pick := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(t, label) }
	number := func(label string) string {
		return rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,13}(\.[0-9]{1,7})?`), rapid.SampledFrom([]string{"", "0", "1e3", " 1", "x"})).Draw(t, label)
	}
	id := rapid.StringMatching(`[a-z0-9,"\n é-]{0,5}[a-z]`)
	return purchaseText{
		PurchaseID: id.Draw(t, "id"), Kind: pick("kind", "purchase", "refund", "gift"), OriginalPurchaseID: pick("original", "", "p1"),
		ViewerID: id.Draw(t, "viewer"), Channel: pick("channel", "apple", "web", "reseller", "x"), ResellerID: pick("reseller", "", "r1"),
		SKU: pick("sku", "s", ""), Coins: number("coins"), BonusCoins: number("bonus"), Currency: pick("currency", "USD", "JPY", "usd"),
		GrossAmount: number("gross"), TaxAmount: number("tax"), Country: pick("country", "", "DE", "de"),
		PurchasedAt: pick("at", "2026-10-01T12:00:00Z", "2026-10-01 12:00:00.123456", "2026-02-30T00:00:00Z", "1999-01-01T00:00:00Z"),
		Entity:      pick("entity", "", "emea"),
	}
}

// The same values in any format, cut and shared out in any way, give the same
// rows and the same rejects.
func TestFormatsWorkersAndBlocksAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawPurchase), 1, 30).Draw(rt, "rows")
		var table bytes.Buffer
		var lines strings.Builder
		w := csv.NewWriter(&table)
		w.UseCRLF = rapid.Bool().Draw(rt, "crlf")
		kind := reflect.TypeFor[purchaseText]()
		var header []string
		for i := range kind.NumField() {
			header = append(header, kind.Field(i).Tag.Get("parquet"))
		}
		if err := w.Write(header); err != nil {
			rt.Fatal(err)
		}
		for i := range rows {
			object := map[string]string{}
			var cells []string
			for f := range header {
				value := reflect.ValueOf(rows[i]).Field(f).String()
				cells = append(cells, value)
				object[header[f]] = value
			}
			if err := w.Write(cells); err != nil {
				rt.Fatal(err)
			}
			line, err := json.Marshal(object)
			if err != nil {
				rt.Fatal(err)
			}
			fmt.Fprintf(&lines, "%s\n", line)
		}
		w.Flush()
		change := func(o *feed.Options) {
			o.BlockBytes = rapid.SampledFrom([]int{1, 100, 1000, 0}).Draw(rt, "block")
			o.Workers = rapid.IntRange(1, 4).Draw(rt, "workers")
		}
		fromCSV := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", table.Bytes(), change)
		again := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.csv", table.Bytes(), change)
		fromJSON := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.ndjson", []byte(lines.String()), change)
		fromArray := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.json", []byte("[\n"+strings.ReplaceAll(strings.TrimSpace(lines.String()), "\n", ",\n")+"\n]"), change)
		fromParquet := feedtest.Read[pipeline.CoinPurchase](t, "coin_purchases.parquet", parquetBytes(t, rows), change)
		if fromCSV.Err != nil || len(fromCSV.Rows)+len(fromCSV.Rejects) != len(rows) {
			rt.Fatalf("%v: %d rows and %d rejects of %d", fromCSV.Err, len(fromCSV.Rows), len(fromCSV.Rejects), len(rows))
		}
		want, exact := comparable(fromCSV, true), comparable(fromCSV, false)
		if got := comparable(again, false); got != exact {
			rt.Fatalf("the same file again:\n%s\nand\n%s", exact, got)
		}
		for name, out := range map[string]feedtest.Outcome[pipeline.CoinPurchase]{"NDJSON": fromJSON, "a JSON array": fromArray, "Parquet": fromParquet} {
			if got := comparable(out, true); got != want {
				rt.Fatalf("CSV gives\n%s\n%s gives\n%s", want, name, got)
			}
		}
	})
}

// Text made of little else than quotes, commas and ends of lines is cut the
// same way whatever the block size.
func TestBlocksAgreeOnQuotes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := rapid.StringOfN(rapid.SampledFrom([]rune("\"\",\n\ra")), 0, 60, -1).Draw(rt, "text")
		content := []byte("rate_date,base\n,quote,rate" + rows)
		if rapid.Bool().Draw(rt, "header") {
			content = []byte("rate_date,base,quote,rate\n" + rows)
		}
		var want string
		for _, size := range []int{1 << 20, 1, 2, 3, 5, 8, 13, 21} {
			out := feedtest.Read[pipeline.FXRate](t, "fx_rates.csv", content, func(o *feed.Options) { o.BlockBytes = size })
			got := fmt.Sprint(out.Err, out.Rejects, out.Report.RowsRead)
			if want == "" {
				want = got
			}
			if got != want {
				rt.Fatalf("%q in blocks of %d:\n%s\nwant\n%s", content, size, got, want)
			}
		}
	})
}

// comparable gives an outcome as text; without places, since a record's line
// differs between formats, and with ends of lines as CSV reads them.
func comparable(out feedtest.Outcome[pipeline.CoinPurchase], anyFormat bool) string {
	var b strings.Builder
	for _, r := range out.Rows {
		if anyFormat {
			r.SourceLine = 0
		}
		text, err := json.Marshal(r)
		fmt.Fprintln(&b, string(text), err)
	}
	for _, r := range out.Rejects {
		if anyFormat {
			r.SourceLine, r.Source = 0, ""
		}
		fmt.Fprintf(&b, "%+v\n", r)
	}
	fmt.Fprintln(&b, out.Err, out.Report.RowsRead, out.Report.RowsAccepted, out.Report.ControlTotals, out.Report.FirstEvent)
	return strings.ReplaceAll(strings.ReplaceAll(b.String(), `\r\n`, `\n`), "\r\n", "\n")
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte(purchaseSheet))
	f.Add([]byte(strings.ReplaceAll(purchaseSheet, "\n", "\r\n") + "\r\n\"p\"\"1\",\"\n\""))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.CoinPurchase](t, "coin_purchases.csv", content)
		feedtest.CheckIdentity[pipeline.CoinPurchase](t, "coin_purchases.csv", append([]byte(sheetOf(purchaseSheet).header+"\n"), content...))
	})
}

func FuzzNDJSON(f *testing.F) {
	f.Add([]byte(`{"event_id":"e1","kind":"gift","sent_at":"2026-10-01T12:00:00Z","stream_id":1,"viewer_id":"\u00e9\n","creator_id":"c1","gift_id":5655,"quantity":"2","coins":3,"diamonds":1,"x":[{}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		feedtest.CheckIdentity[pipeline.GiftEvent](t, "gift_events.ndjson", append([]byte("{\"event_id\":1}\n"), content...))
		feedtest.CheckIdentity[pipeline.GiftEvent](t, "gift_events.json", append([]byte("[{\"event_id\":1},\n"), content...))
	})
}

func FuzzParquet(f *testing.F) {
	f.Add(parquetBytes(f, []bankText{{"1", "a", "2026-10-01T00:00:00Z", "1.5", "USD"}}))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "bank_lines.parquet")
		if err := os.WriteFile(path, append([]byte("PAR1"), content...), 0o600); err != nil {
			t.Fatal(err)
		}
		feedtest.ReadPath[pipeline.BankLine](t, path, nil)
	})
}
