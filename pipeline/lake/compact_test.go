package lake

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/lake/compact"
	"carat/pipeline/lake/pages"
)

// smallFiles ingests batches of gifts of the same days, and one with a reject,
// from a given batch on.
func smallFiles(t testing.TB, l *Lake, batches int) {
	t.Helper()
	for range batches {
		ingest(t, l, gifts(8, 5), "file "+l.NextBatchID())
	}
}

// sortedGifts gives all rows of a state in one order.
func sortedGifts(t testing.TB, l *Lake, at AsOf) []pipeline.GiftEvent {
	t.Helper()
	rows := readAll[pipeline.GiftEvent](t, tableOf(t, l, "gift_events", at).Files)
	slices.SortFunc(rows, func(a, b pipeline.GiftEvent) int {
		return cmp.Or(strings.Compare(a.BatchID, b.BatchID), cmp.Compare(a.SourceLine, b.SourceLine))
	})
	return rows
}

// Compaction changes no row, now or as of any batch; each batch's rows still
// have the hash that its snapshot tells, and the chain goes on.
func TestCompactChangesNoRow(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	smallFiles(t, l, 5)
	states := map[AsOf][]pipeline.GiftEvent{}
	note := func() {
		states[AsOf{}] = sortedGifts(t, l, AsOf{})
		batches, err := l.Batches(t.Context(), AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range batches {
			states[AsOf{Batch: h.ID}] = sortedGifts(t, l, AsOf{Batch: h.ID})
		}
	}
	check := func(compactions int) {
		t.Helper()
		for at, want := range states {
			if got := sortedGifts(t, l, at); !reflect.DeepEqual(got, want) {
				t.Errorf("as of %+v: %d rows, want %d", at, len(got), len(want))
			}
		}
		v, err := l.Verify(t.Context())
		if err != nil || v.Compactions != compactions {
			t.Errorf("%+v %v", v, err)
		}
		batches, err := l.Batches(t.Context(), AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batches {
			groups, n, err := l.rawInfo[b.Table].Hash(t.Context(), tableOf(t, l, b.Table, AsOf{}).Files, b.ID, nil)
			if d := pages.DigestOf(groups, n); err != nil || d.SHA256 != b.RowsSHA256 {
				t.Errorf("batch %s has %d rows with the hash %s in the files of now, its snapshot says %s (%v)", b.ID, n, d.SHA256, b.RowsSHA256, err)
			}
		}
		if s := strays(t, l); len(s) > 0 {
			t.Errorf("strays %v", s)
		}
	}
	note()
	before := tableOf(t, l, "gift_events", AsOf{Batch: "b000004"})
	done, err := l.Compact(t.Context(), nil)
	if err != nil || len(done) != 1 || done[0].Table != "gift_events" || done[0].FilesBefore != 10 || done[0].FilesAfter != 2 || done[0].Rows != 40 {
		t.Fatalf("%+v %v", done, err)
	}
	check(1)
	if after := tableOf(t, l, "gift_events", AsOf{Batch: "b000004"}); !reflect.DeepEqual(before, after) {
		t.Error("the files of a state before the compaction changed")
	}
	if n := len(tableOf(t, l, "gift_events", AsOf{}).Files); n != 2 {
		t.Errorf("%d files", n)
	}
	if again, err := l.Compact(t.Context(), nil); err != nil || len(again) != 0 {
		t.Errorf("a second compaction did %+v, %v", again, err)
	}
	if got := l.NextBatchID(); got != "b000006" {
		t.Errorf("the next batch is %s", got)
	}
	compacted := l.catalog.LastChain()
	next := ingest(t, l, gifts(8, 5), "the next")
	if next.PreviousChain != compacted || compacted == "" {
		t.Errorf("the next batch follows %s, the compaction's chain value is %s", next.PreviousChain, compacted)
	}
	smallFiles(t, l, 2)
	note()
	if done, err = l.Compact(t.Context(), nil); err != nil || len(done) != 1 || done[0].FilesBefore != 8 || done[0].Rows != 64 {
		t.Fatalf("%+v %v", done, err)
	}
	check(2)
	// Another process sees the same.
	other := openTest(t, l.Root())
	if got := other.catalog.LastChain(); got != l.catalog.LastChain() {
		t.Errorf("opened anew the chain ends with %s, want %s", got, l.catalog.LastChain())
	}
}

// Rejects are compacted too, and every kind of value comes back as it was.
func TestCompactKeepsEveryValue(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	feed, _ := pipeline.FeedByName("coin_purchases")
	maybe := func() *int64 {
		if random.IntN(2) == 0 {
			return nil
		}
		v := random.Int64() - random.Int64()
		return &v
	}
	text := func() string { return []string{"", "x", "Ünïcødé", strings.Repeat("long", 50)}[random.IntN(4)] }
	var want []pipeline.CoinPurchase
	for range compact.FilesMin {
		id := l.NextBatchID()
		s, err := NewStage[pipeline.CoinPurchase](t.Context(), l, feed, id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Raw().Write([]byte(id)); err != nil {
			t.Fatal(err)
		}
		rows := make([]pipeline.CoinPurchase, 300)
		for i := range rows {
			rows[i] = pipeline.CoinPurchase{PurchaseID: fmt.Sprintf("%s-%d", id, i), Kind: "purchase", OriginalPurchaseID: text(), ViewerID: "v" + text(), Channel: "web",
				ResellerID: text(), StoreTransactionID: text(), SKU: "s" + text(), Coins: random.Int64(), BonusCoins: maybe(), Currency: "USD",
				GrossAmount: -random.Int64(), TaxAmount: maybe(), StoreFeeAmount: maybe(), Country: text(), PurchasedAt: gifts(1, 5)[0].SentAt + random.Int64N(3600e6), Entity: "main",
				Lineage: pipeline.Lineage{SourceLine: int64(2 + i/2), IngestedAt: 17, AccountingMonth: "2026-10"}}
		}
		write(t, s, rows, 100)
		if err := s.AddRejects([]pipeline.Reject{{Feed: feed.Name, Code: "missing", Value: text(), OtherLine: maybe(), Lineage: pipeline.Lineage{SourceLine: 99, IngestedAt: 17}}}); err != nil {
			t.Fatal(err)
		}
		b := batchOf(300)
		b.RowsRead, b.RowsRejected, b.Source = 301, 1, "coin_purchases.csv"
		if _, err := s.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			rows[i].BatchID = id
			if rows[i].BatchNo, err = pipeline.BatchNo(id); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, rows...)
	}
	rejects := readAll[pipeline.Reject](t, tableOf(t, l, pages.RejectsTable, AsOf{}).Files)
	done, err := l.Compact(t.Context(), nil)
	if err != nil || len(done) != 2 || done[0].Table != "coin_purchases" || done[1].Table != pages.RejectsTable {
		t.Fatalf("%+v %v", done, err)
	}
	files := tableOf(t, l, "coin_purchases", AsOf{}).Files
	got := readAll[pipeline.CoinPurchase](t, files)
	byID := func(a, b pipeline.CoinPurchase) int { return strings.Compare(a.PurchaseID, b.PurchaseID) }
	slices.SortFunc(got, byID)
	slices.SortFunc(want, byID)
	if len(files) != 1 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d files; the rows are not what they were", len(files))
	}
	if got := readAll[pipeline.Reject](t, tableOf(t, l, pages.RejectsTable, AsOf{}).Files); !reflect.DeepEqual(got, rejects) {
		t.Errorf("rejects %+v, want %+v", got, rejects)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// A crash at any step of a compaction leaves the table compacted or as it was,
// verified, and nothing lying about once the next writer has swept.
func TestCompactCrashAtAnyStep(t *testing.T) {
	base := t.TempDir()
	l := openTest(t, base)
	lockTest(t, l)
	smallFiles(t, l, 4)
	want := sortedGifts(t, l, AsOf{})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	outcomes := map[bool]int{}
	for n := int64(1); ; n += crashStride(4) {
		root := filepath.Join(t.TempDir(), "lake")
		copyLake(t, base, root)
		cut := &powerCut{cause: errPowerCut}
		crashed, err := Open(t.Context(), Config{Root: root, Fault: cut.fault})
		if err != nil {
			t.Fatal(err)
		}
		release, err := crashed.Lock(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cut.left.Store(n)
		cut.armed.Store(true)
		_, err = crashed.Compact(t.Context(), nil)
		release()
		_ = crashed.Close()
		reached := cut.left.Load() <= 0
		if !reached && err != nil {
			t.Fatalf("step %d: %v", n, err)
		}
		after := openTest(t, root)
		release, err = after.Lock(t.Context())
		if err != nil {
			t.Fatalf("step %d: lock: %v", n, err)
		}
		if _, err := after.Verify(t.Context()); err != nil {
			t.Errorf("step %d: %v", n, err)
		}
		if s := strays(t, after); len(s) > 0 {
			t.Errorf("step %d: strays %v", n, s)
		}
		if got := sortedGifts(t, after, AsOf{}); !reflect.DeepEqual(got, want) {
			t.Errorf("step %d: %d rows, want %d", n, len(got), len(want))
		}
		files := len(tableOf(t, after, "gift_events", AsOf{}).Files)
		if files != 8 && files != 2 {
			t.Errorf("step %d: %d files", n, files)
		}
		outcomes[files == 2]++
		if done, err := after.Compact(t.Context(), nil); err != nil || len(done) != 1 && files == 8 {
			t.Errorf("step %d: again: %+v %v", n, done, err)
		}
		release()
		_ = after.Close()
		_ = os.RemoveAll(root)
		if !reached {
			break
		}
	}
	t.Logf("counted: a compaction stopped at %d steps before it was done, and at %d after", outcomes[false], outcomes[true])
	if outcomes[true] == 0 || outcomes[false] < 5 {
		t.Errorf("compacted and not compacted after a crash: %v", outcomes)
	}
}

// Whatever is changed about a compaction, Verify names it; and a row that its
// writer lost would be missed.
func TestVerifySeesCompactions(t *testing.T) {
	base := t.TempDir()
	l := openTest(t, base)
	lockTest(t, l)
	smallFiles(t, l, 4)
	if _, err := l.Compact(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	day := "carat.db/gift_events/data/accounting_month=2026-10/sent_at_day=2026-10-06/"
	for _, c := range []struct {
		name   string
		change func(t *testing.T, root string) error
		want   string
	}{
		{"a byte of a compacted file", func(t *testing.T, root string) error {
			return flipByte(filepath.Join(root, day+"c000001-00001.parquet"), 100)
		}, "compaction c000001: file "},
		{"a compacted file gone", func(t *testing.T, root string) error {
			return os.Remove(filepath.Join(root, day+"c000001-00001.parquet"))
		}, "sent_at_day=2026-10-06/c000001-00001.parquet is missing"},
		{"a replaced file gone", func(t *testing.T, root string) error {
			return os.Remove(filepath.Join(root, day+"b000002-00000-00.parquet"))
		}, "batch b000002: file "},
		{"a property", func(t *testing.T, root string) error {
			metas, err := filepath.Glob(filepath.Join(root, "carat.db/gift_events/metadata/*.metadata.json"))
			if err != nil {
				return err
			}
			for _, path := range metas {
				text, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), `"carat.rows":"32"`, `"carat.rows":"31"`)), 0o600); err != nil {
					return err
				}
			}
			return nil
		}, `compaction c000001 was changed: its snapshot says carat.rows "31", its link "32"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "lake")
			copyLake(t, base, root)
			if err := c.change(t, root); err != nil {
				t.Fatal(err)
			}
			_, err := openTest(t, root).Verify(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || pipeline.KindOf(err) != pipeline.KindVerification {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestCompactedRowsAreCompared(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	smallFiles(t, l, 4)
	files := tableOf(t, l, "gift_events", AsOf{}).Files
	gift := l.compactors["gift_events"]
	to := filepath.Join(t.TempDir(), "x.parquet")
	if _, err := gift.Write(t.Context(), l.disk, l.codec, files[:3], to, "x.parquet"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		others []string
		want   string
	}{
		{files[:3], ""},
		{files[:4], "4 rows are missing, the first is batch b000004 line 2"},
		{files[:2], "row 9 is one too many: batch b000003 line 2"},
		{append(slices.Clone(files[:2]), files[4]), "row 5 is not batch b000001 line 6 as it was"},
	} {
		err := gift.Equal(t.Context(), to, c.others)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

// flipByte flips a bit of one byte of a file.
func flipByte(path string, at int64) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	content[at] ^= 1
	return os.WriteFile(path, content, 0o600)
}

// A feed of a file a day leaves one or two files in a day's folder. Those of months
// before the newest become one file; in the newest month four are awaited.
func TestCompactAFileADay(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	smallFiles(t, l, 2) // two files in a day of one month
	if done, err := l.Compact(t.Context(), nil); err != nil || len(done) != 0 {
		t.Fatalf("in the newest month: %+v %v", done, err)
	}
	rows := gifts(1, 5)
	for i := range rows {
		rows[i].AccountingMonth = "2026-12" // after it
		rows[i].SentAt += 60 * 24 * 3600 * 1e6
	}
	ingest(t, l, rows, "a later month")
	done, err := l.Compact(t.Context(), nil)
	if err != nil || len(done) != 1 || done[0].FilesBefore < 2 || done[0].FilesAfter >= done[0].FilesBefore {
		t.Fatalf("in a month before: %+v %v", done, err)
	}
	if _, err := l.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if done, err := l.Compact(t.Context(), nil); err != nil || len(done) != 0 {
		t.Errorf("again: %+v %v", done, err)
	}
}
