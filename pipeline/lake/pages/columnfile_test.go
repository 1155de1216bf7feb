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
	"github.com/parquet-go/parquet-go/format"
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

// writtenByColumns gives the file that the rows of a batch make.
func writtenByColumns[T any](t *testing.T, k kit, feed string, rows []T, page int) string {
	t.Helper()
	columns, described := columnsAndFeed[T](t, feed)
	layout, err := NewTableLayout[T](k.codec, BloomColumns(described), NoBounds(feed), columns)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	w := layout.Stage(k.codec, page, StagedFile{Path: path}, 1_792_000_000_000_000)
	form := NewRowEncoder(columns)
	for i := range rows {
		w.Add(form.Append(nil, unsafe.Pointer(&rows[i])))
	}
	staged, err := w.Store(k.disk, "b000007")
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := store.HashFile(path); err != nil || sum != staged.SHA256 || staged.Rows != int64(len(rows)) {
		t.Errorf("%s: %+v, SHA-256 %s, %v", feed, staged, sum, err)
	}
	return path
}

func columnsComeBack[T any](t *testing.T, k kit, feed string) {
	t.Run(feed, func(t *testing.T) {
		columns, _ := columnsAndFeed[T](t, feed)
		rng := rand.New(rand.NewPCG(11, uint64(len(feed))))
		for _, c := range []struct{ rows, page int }{{1, PageBytes}, {63, 64}, {5000, 2000}, {3000, PageBytes}} {
			rows := make([]T, c.rows)
			for i := range rows {
				rows[i] = randomRow[T](rng, columns, int64(10+i))
			}
			path := writtenByColumns(t, k, feed, rows, c.page)
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

// sameFooter compares with what parquet-go itself says of the same rows.
func sameFooter[T any](t *testing.T, k kit, feed, path string, rows []T) {
	t.Helper()
	_, described := columnsAndFeed[T](t, feed)
	other := filepath.Join(t.TempDir(), "other.parquet")
	w, err := NewFileWriter[T](k.disk, k.codec, other, "", PageBytes, BloomColumns(described), NoBounds(feed))
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

// Every table's rows come back from the files that blocks write, and the
// footers say of them what parquet-go's say.
func TestColumnFilesHoldTheirRows(t *testing.T) {
	codec, err := NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	k := kit{codec: codec, disk: &store.Disk{Root: t.TempDir()}}
	columnsComeBack[pipeline.FXRate](t, k, "fx_rates")
	columnsComeBack[pipeline.GiftPrice](t, k, "gift_catalog")
	columnsComeBack[pipeline.CoinPackage](t, k, "coin_packages")
	columnsComeBack[pipeline.ConversionRate](t, k, "conversion_rates")
	columnsComeBack[pipeline.Creator](t, k, "creators")
	columnsComeBack[pipeline.PayoutRule](t, k, "payout_rules")
	columnsComeBack[pipeline.Reseller](t, k, "resellers")
	columnsComeBack[pipeline.Balance](t, k, "balances")
	columnsComeBack[pipeline.CoinPurchase](t, k, "coin_purchases")
	columnsComeBack[pipeline.GiftEvent](t, k, "gift_events")
	columnsComeBack[pipeline.Payout](t, k, "payouts")
	columnsComeBack[pipeline.DiamondAdjustment](t, k, "diamond_adjustments")
	columnsComeBack[pipeline.CoinAdjustment](t, k, "coin_adjustments")
	columnsComeBack[pipeline.SettlementLine](t, k, "settlement_lines")
	columnsComeBack[pipeline.ProviderPayment](t, k, "provider_payments")
	columnsComeBack[pipeline.BankLine](t, k, "bank_lines")
}

// A table that was laid out otherwise than the column writer knows is refused
// before anything is written.
func TestColumnLayoutRefusesWhatItCannotWrite(t *testing.T) {
	c := columnLayout{Column: Column{held: heldInt32}, isInt32: true,
		meta: format.ColumnMetaData{Encoding: []format.Encoding{format.Plain, format.RLEDictionary}}}
	if _, err := c.encodingOf(); err == nil {
		t.Error("a dictionary of days is taken")
	}
}
