package pages

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/lake/store"

	"github.com/parquet-go/parquet-go"
)

// randomRow fills a row: few and many different values, empty and absent ones,
// extreme numbers, texts longer than the page index takes.
func randomRow[T any](rng *rand.Rand, columns []Column, line int64) T {
	var row T
	for _, c := range columns {
		at := unsafe.Add(unsafe.Pointer(&row), c.offset)
		absent := c.Optional && rng.IntN(3) == 0
		number := []int64{0, 1, int64(rng.IntN(900)), -1 - int64(rng.IntN(9)), 1 << 62, -1 << 63, rng.Int64()}[rng.IntN(7)]
		switch {
		case c.Name == colSourceLine:
			*(*int64)(at) = line
		case c.Name == colIngestedAt:
			*(*int64)(at) = 1_792_000_000_000_000
		case c.Name == colBatchID:
			*(*string)(at) = "b000007"
		case absent:
		case c.held == heldString:
			*(*string)(at) = []string{"x", "ü", fmt.Sprint("prefix-", rng.IntN(5000)), fmt.Sprint(rng.Uint64()), fmt.Sprintf("%070dü", rng.IntN(3))}[rng.IntN(5)]
			if !c.Optional && rng.IntN(20) == 0 {
				*(*string)(at) = ""
			}
		case c.held == heldInt64:
			*(*int64)(at) = number
		case c.held == heldInt32:
			*(*int32)(at) = int32(number)
		case c.held == heldInt64Pointer:
			*(**int64)(at) = &number
		}
	}
	return row
}

// kit is what files are written with.
type kit struct {
	codec *Codec
	disk  *store.Disk
}

// columnsAndFeed gives a feed, whose rows are T.
func columnsAndFeed[T any](t *testing.T, name string) ([]Column, pipeline.Feed) {
	t.Helper()
	columns, err := columnsOf(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	feed, ok := pipeline.FeedByName(name)
	if !ok {
		t.Fatalf("no feed %s", name)
	}
	return columns, feed
}

// writtenFromHeld gives the file that the rows of a batch make.
func writtenFromHeld[T any, P RowPointer[T]](t *testing.T, k kit, feed string, rows []T, page int) string {
	t.Helper()
	columns, described := columnsAndFeed[T](t, feed)
	path := filepath.Join(t.TempDir(), "rows.parquet")
	w, err := NewRowFile[T, P](k.disk, k.codec, columns, StagedFile{Path: path}, page, BloomColumns(described))
	if err != nil {
		t.Fatal(err)
	}
	form := NewRowEncoder(columns)
	for i := range rows {
		if err := w.Add(form.Append(nil, unsafe.Pointer(&rows[i])), "b000007", 1_792_000_000_000_000); err != nil {
			t.Fatal(err)
		}
	}
	staged, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := store.HashFile(path); err != nil || sum != staged.SHA256 || staged.Rows != int64(len(rows)) || staged.MinLine != 10 || staged.MaxLine != int64(9+len(rows)) {
		t.Errorf("%s: %+v, SHA-256 %s, %v", feed, staged, sum, err)
	}
	return path
}

func rowsComeBack[T any, P RowPointer[T]](t *testing.T, k kit, feed string) {
	t.Run(feed, func(t *testing.T) {
		columns, _ := columnsAndFeed[T](t, feed)
		rng := rand.New(rand.NewPCG(11, uint64(len(feed))))
		for _, c := range []struct{ rows, page int }{{1, PageBytes}, {63, 64}, {5000, 2000}, {3000, PageBytes}} {
			rows := make([]T, c.rows)
			for i := range rows {
				rows[i] = randomRow[T](rng, columns, int64(10+i))
				P(&rows[i]).Origin().BatchNo = 7 // the writer knows it, and writes it
			}
			path := writtenFromHeld[T, P](t, k, feed, rows, c.page)
			got := readFile[T](t, path)
			if len(got) != len(rows) {
				t.Fatalf("%d rows came back of %d", len(got), len(rows))
			}
			for i := range rows {
				if !reflect.DeepEqual(got[i], rows[i]) {
					t.Fatalf("%d rows, pages of %d: row %d is %+v, want %+v", c.rows, c.page, i, got[i], rows[i])
				}
			}
			if err := ReadPages(path); err != nil {
				t.Error(err)
			}
			sameFooter(t, k, feed, path, rows)
		}
	})
}

func readFile[T any](t testing.TB, path string) []T {
	t.Helper()
	rows, err := parquet.ReadFile[T](path)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// sameFooter compares with what is written of the same rows as they are.
func sameFooter[T any](t *testing.T, k kit, feed, path string, rows []T) {
	t.Helper()
	_, described := columnsAndFeed[T](t, feed)
	other := filepath.Join(t.TempDir(), "other.parquet")
	w, err := NewFileWriter[T](k.disk, k.codec, other, "", PageBytes, BloomColumns(described))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got, want := openParquet(t, path), openParquet(t, other)
	if !reflect.DeepEqual(got.Metadata().Schema, want.Metadata().Schema) || !reflect.DeepEqual(got.Metadata().ColumnOrders, want.Metadata().ColumnOrders) ||
		got.Metadata().CreatedBy != want.Metadata().CreatedBy {
		t.Errorf("%s: the schema differs", feed)
	}
	for i, chunk := range got.RowGroups()[0].ColumnChunks() {
		a, b := got.Metadata().RowGroups[0].Columns[i].MetaData, want.Metadata().RowGroups[0].Columns[i].MetaData
		name := a.PathInSchema[0]
		if !reflect.DeepEqual(a.Statistics, b.Statistics) || a.NumValues != b.NumValues || a.Type != b.Type || !slices.Equal(a.Encoding, b.Encoding) {
			t.Errorf("%s.%s: %+v, want %+v", feed, name, a, b)
		}
		checkPageIndex(t, got, i, chunk)
		if filter := chunk.BloomFilter(); (filter != nil) != (b.BloomFilterOffset != 0) {
			t.Errorf("%s.%s: its bloom filter is %v", feed, name, filter)
		} else if filter != nil {
			for _, v := range columnValues(t, chunk) {
				if found, err := filter.Check(v); err != nil || !found {
					t.Errorf("%s.%s: the bloom filter doesn't know %v, %v", feed, name, v, err)
				}
			}
		}
	}
}

func openParquet(t *testing.T, path string) *parquet.File {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func columnValues(t *testing.T, chunk parquet.ColumnChunk) (values []parquet.Value) {
	t.Helper()
	pages := chunk.Pages()
	defer pages.Close()
	for {
		page, err := pages.ReadPage()
		if err != nil {
			return values
		}
		some := make([]parquet.Value, page.NumValues())
		n, _ := page.Values().ReadValues(some)
		for _, v := range some[:n] {
			values = append(values, v.Clone())
		}
	}
}

// checkPageIndex holds the page index against the pages.
func checkPageIndex(t *testing.T, f *parquet.File, column int, chunk parquet.ColumnChunk) {
	t.Helper()
	places := f.OffsetIndexes()[column].PageLocations
	index := f.ColumnIndexes()[column]
	pages := chunk.Pages()
	defer pages.Close()
	row := int64(0)
	for i := 0; ; i++ {
		page, err := pages.ReadPage()
		if err != nil {
			if i != len(places) {
				t.Errorf("column %d: %d pages, %d in the index; %v", column, i, len(places), err)
			}
			return
		}
		if places[i].FirstRowIndex != row {
			t.Errorf("column %d, page %d begins at row %d, the index says %d", column, i, row, places[i].FirstRowIndex)
		}
		row += page.NumRows()
		if len(index.NullPages) == 0 {
			continue
		}
		kind := chunk.Type()
		low, high, any := pageBounds(t, page, kind)
		if index.NullPages[i] == any || index.NullCounts[i] != page.NumNulls() {
			t.Errorf("column %d, page %d: null page %v, %d nulls", column, i, index.NullPages[i], index.NullCounts[i])
		}
		if !any {
			continue
		}
		if kind.Compare(kind.Kind().Value(index.MinValues[i]), low) > 0 || kind.Compare(kind.Kind().Value(index.MaxValues[i]), high) < 0 {
			t.Errorf("column %d, page %d: bounds %x to %x don't hold %v to %v", column, i, index.MinValues[i], index.MaxValues[i], low, high)
		}
	}
}

func pageBounds(t *testing.T, page parquet.Page, kind parquet.Type) (low, high parquet.Value, any bool) {
	t.Helper()
	values := make([]parquet.Value, page.NumValues())
	n, _ := page.Values().ReadValues(values)
	for _, v := range values[:n] {
		if v.IsNull() {
			continue
		}
		if !any || kind.Compare(v, low) < 0 {
			low = v.Clone()
		}
		if !any || kind.Compare(v, high) > 0 {
			high = v.Clone()
		}
		any = true
	}
	return low, high, any
}

// Every table's rows come back from the files that blocks write; footers say of
// them what they say of the same rows written as they are, and page indexes and
// bloom filters hold what the pages hold.
func TestRowFilesHoldTheirRows(t *testing.T) {
	codec, err := NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	k := kit{codec: codec, disk: &store.Disk{Root: t.TempDir()}}
	rowsComeBack[pipeline.FXRate](t, k, "fx_rates")
	rowsComeBack[pipeline.GiftPrice](t, k, "gift_catalog")
	rowsComeBack[pipeline.CoinPackage](t, k, "coin_packages")
	rowsComeBack[pipeline.ConversionRate](t, k, "conversion_rates")
	rowsComeBack[pipeline.Creator](t, k, "creators")
	rowsComeBack[pipeline.PayoutRule](t, k, "payout_rules")
	rowsComeBack[pipeline.Reseller](t, k, "resellers")
	rowsComeBack[pipeline.Balance](t, k, "balances")
	rowsComeBack[pipeline.CoinPurchase](t, k, "coin_purchases")
	rowsComeBack[pipeline.GiftEvent](t, k, "gift_events")
	rowsComeBack[pipeline.Payout](t, k, "payouts")
	rowsComeBack[pipeline.DiamondAdjustment](t, k, "diamond_adjustments")
	rowsComeBack[pipeline.CoinAdjustment](t, k, "coin_adjustments")
	rowsComeBack[pipeline.SettlementLine](t, k, "settlement_lines")
	rowsComeBack[pipeline.ProviderPayment](t, k, "provider_payments")
	rowsComeBack[pipeline.BankLine](t, k, "bank_lines")
	rowsComeBack[pipeline.Agency](t, k, "agencies")
	rowsComeBack[pipeline.AgencyPayout](t, k, "agency_payouts")
	rowsComeBack[pipeline.AgencyAdjustment](t, k, "agency_adjustments")
}

// Until November 2026 carat put the pages of feeds' files together itself, with
// bounds for some columns only. Such files are read and hashed as ever.
func TestFilesOfTheOldPageWriterAreRead(t *testing.T) {
	for _, c := range []struct {
		file, sha256 string
		hash         func(path string) ([]GroupDigest, int64, error)
	}{
		{"gift_events-by-columns.parquet", "c9f266b3126d537f4ee67861535912f3b73671bb6caa958445d9e7273268be49", hashOf[pipeline.GiftEvent](t)},
		{"coin_purchases-by-columns.parquet", "0644349fd147783bb8fed9bd7aab6d998686410368a9ed05feece016f9f3c6b4", hashOf[pipeline.CoinPurchase](t)},
		{"settlement_lines-by-columns.parquet", "e59ea43b49dd322e4bdb6eff6f1889e654724fb59e48272dfad85f8cdb854aa1", hashOf[pipeline.SettlementLine](t)},
	} {
		path := filepath.Join("testdata", c.file)
		groups, rows, err := c.hash(path)
		if got := DigestOf(groups, rows); err != nil || got.SHA256 != c.sha256 || got.Rows != 200 {
			t.Errorf("%s: %+v, %v", c.file, got, err)
		}
		if err := ReadPages(path); err != nil {
			t.Errorf("%s: %v", c.file, err)
		}
	}
}

func hashOf[T any, P RowPointer[T]](t *testing.T) func(string) ([]GroupDigest, int64, error) {
	t.Helper()
	columns, err := columnsOf(reflect.TypeFor[T]())
	if err != nil {
		t.Fatal(err)
	}
	return func(path string) ([]GroupDigest, int64, error) {
		return hashFiles[T, P](t.Context(), columns, []string{path}, "", nil)
	}
}
