package lake

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"

	"github.com/parquet-go/parquet-go"
)

type giftStage = Stage[pipeline.GiftEvent, *pipeline.GiftEvent]

func openTest(t testing.TB, root string) *Lake {
	t.Helper()
	l, err := Open(t.Context(), Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func lockTest(t testing.TB, l *Lake) {
	t.Helper()
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
}

// gifts makes n small gift rows, four a day from the given day of October on.
func gifts(n, fromDay int) []pipeline.GiftEvent {
	rows := make([]pipeline.GiftEvent, n)
	for i := range rows {
		at := time.Date(2026, 10, fromDay, 6*(i%4), 0, 0, 0, time.UTC).AddDate(0, 0, i/4)
		rows[i] = pipeline.GiftEvent{EventID: fmt.Sprintf("e%06d", i), Kind: "gift", SentAt: at.UnixMicro(), StreamID: "s1",
			ViewerID: fmt.Sprintf("v%d", i%7), CreatorID: fmt.Sprintf("c%d", i%3), GiftID: "rose", Quantity: 1, Coins: 1, Diamonds: 1, Entity: "main",
			Lineage: pipeline.Lineage{SourceLine: int64(i + 2), IngestedAt: 1, AccountingMonth: "2026-10"}}
	}
	return rows
}

// write puts rows into a stage in blocks of blockRows.
func write[T any, P pages.RowPointer[T]](t testing.TB, s *Stage[T, P], rows []T, blockRows int) {
	t.Helper()
	for seq := 0; seq*blockRows < len(rows); seq++ {
		b, err := s.OpenBlock(seq)
		if err != nil {
			t.Fatal(err)
		}
		part := rows[seq*blockRows : min((seq+1)*blockRows, len(rows))]
		for i := 0; i < len(part); i += pipeline.BatchRows {
			if err := b.Write(part[i:min(i+pipeline.BatchRows, len(part))]); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func batchOf(accepted int64) pipeline.Batch {
	return pipeline.Batch{Format: "csv", Source: "gift_events.csv", RowsRead: accepted, RowsAccepted: accepted,
		ControlTotals: map[string]string{"coins": fmt.Sprint(accepted)}, IngestedAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
}

// ingest commits rows as the next batch of gift_events.
func ingest(t testing.TB, l *Lake, rows []pipeline.GiftEvent, source string) chain.CommittedBatch {
	t.Helper()
	s := stageGifts(t, l, rows, source)
	c, err := s.Commit(t.Context(), batchOf(int64(len(rows))))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func stageGifts(t testing.TB, l *Lake, rows []pipeline.GiftEvent, source string) *giftStage {
	t.Helper()
	feed, _ := pipeline.FeedByName("gift_events")
	s, err := NewStage[pipeline.GiftEvent](t.Context(), l, feed, l.NextBatchID())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Raw().Write([]byte(source)); err != nil {
		t.Fatal(err)
	}
	write(t, s, rows, 10)
	return s
}

func tableOf(t testing.TB, l *Lake, name string, at AsOf) pipeline.TableFiles {
	t.Helper()
	tables, err := l.Tables(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	for _, tf := range tables {
		if tf.Name != name {
			continue
		}
		if one, err := l.Table(t.Context(), name, at); err != nil || !reflect.DeepEqual(one, tf) {
			t.Errorf("Table gives %+v, %v; Tables gives %+v", one, err, tf)
		}
		return tf
	}
	t.Fatalf("no table %s", name)
	return pipeline.TableFiles{}
}

func TestTableThatIsNotThere(t *testing.T) {
	l := openTest(t, t.TempDir())
	if _, err := l.Table(t.Context(), "x", AsOf{}); pipeline.KindOf(err) != pipeline.KindNotFound || err.Error() != "read table x: the lake has no such table" {
		t.Errorf("error %v", err)
	}
}

func readAll[T any](t testing.TB, paths []string) []T {
	t.Helper()
	var all []T
	for _, p := range paths {
		rows, err := parquet.ReadFile[T](p)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rows...)
	}
	return all
}

func TestBatchIsStagedCommittedAndReadBack(t *testing.T) {
	root := filepath.Join(t.TempDir(), "lake")
	l := openTest(t, root)
	lockTest(t, l)
	rows := gifts(25, 5)
	s := stageGifts(t, l, rows, "the file")
	if err := s.AddRejects([]pipeline.Reject{{Feed: "gift_events", Source: "gift_events.csv", Code: "missing", Lineage: pipeline.Lineage{SourceLine: 99}}}); err != nil {
		t.Fatal(err)
	}
	if got := tableOf(t, l, "gift_events", AsOf{}).Files; len(got) != 0 {
		t.Fatalf("staged files are in the table: %v", got)
	}
	b := batchOf(25)
	b.RowsRead, b.RowsRejected = 26, 1
	c, err := s.Commit(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != "b000001" || c.Seq != 1 || c.Chain == "" || c.PreviousChain != "" || c.RowsSHA256 == "" {
		t.Errorf("committed %+v", c)
	}
	if want := time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC); !c.FirstEvent.Equal(want) {
		t.Errorf("first event %v, want %v", c.FirstEvent, want)
	}
	tf := tableOf(t, l, "gift_events", AsOf{})
	if got := readAll[pipeline.GiftEvent](t, tf.Files); len(got) != 25 {
		t.Errorf("%d rows read back, want 25", len(got))
	} else if got[0].BatchID != "b000001" || got[0].EventID != "e000000" {
		t.Errorf("first row %+v", got[0])
	}
	if !strings.Contains(tf.Files[0], "/accounting_month=2026-10/sent_at_day=2026-10-05/b000001-00000-00.parquet") {
		t.Errorf("file %s", tf.Files[0])
	}
	if got := readAll[pipeline.Reject](t, tableOf(t, l, "rejects", AsOf{}).Files); len(got) != 1 || got[0].BatchID != "b000001" {
		t.Errorf("rejects %+v", got)
	}
	if _, err := os.Stat(filepath.Join(root, "staging", "b000001")); !os.IsNotExist(err) {
		t.Errorf("the staging folder is still there: %v", err)
	}
	made, err := l.FindSources(t.Context(), "gift_events", c.SourceSHA256)
	if err != nil || len(made) != 1 || made[0].ID != "b000001" {
		t.Errorf("FindSources: %+v %v", made, err)
	}
	may, err := l.MayHoldSource(t.Context(), 8)
	mayNot, err9 := l.MayHoldSource(t.Context(), 9)
	if !may || mayNot || err != nil || err9 != nil {
		t.Error("MayHoldSource doesn't know the size 8")
	}
	r, err := l.RawFile("gift_events", c.SourceSHA256)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw := make([]byte, 20)
	if n, _ := r.Read(raw); string(raw[:n]) != "the file" {
		t.Errorf("raw bytes %q", raw[:n])
	}
}

func TestBatchWithoutRowsIsOneSnapshot(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	first := ingest(t, l, nil, "only a header")
	second := ingest(t, l, gifts(4, 5), "more")
	third := ingest(t, l, nil, "again nothing")
	if second.PreviousChain != first.Chain || third.PreviousChain != second.Chain {
		t.Errorf("the chain is broken: %v %v %v", first, second, third)
	}
	batches, err := l.Batches(t.Context(), AsOf{})
	if err != nil || len(batches) != 3 {
		t.Fatalf("%d batches, %v", len(batches), err)
	}
	if got := len(tableOf(t, l, "gift_events", AsOf{}).Files); got != 1 {
		t.Errorf("%d files, want 1", got)
	}
	if got := len(tableOf(t, l, "gift_events", AsOf{Batch: "b000001"}).Files); got != 0 {
		t.Errorf("%d files as of the first batch, want 0", got)
	}
	if batches[1].ControlTotals["coins"] != "4" {
		t.Errorf("control totals %v", batches[1].ControlTotals)
	}
}
