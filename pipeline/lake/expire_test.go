package lake

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/links"

	"github.com/apache/iceberg-go/table"
)

// Snapshots expire beyond so many, but for those that a tag holds: a state as of then,
// and a run that read one, are told by batch numbers. Their metadata stays for a week,
// and what a table's metadata comes to stays small.
func TestSnapshotsExpire(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	root := t.TempDir()
	l, err := Open(t.Context(), Config{Root: root, Now: func() time.Time { return now }, Clock: func() time.Time { now = now.Add(time.Second); return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const batches = 153
	var third, tagged int64
	var made time.Time
	for i := range batches {
		c := ingest(t, l, gifts(1, 1+i%28), strings.Repeat("x", i+1))
		switch c.Seq {
		case 3:
			third, made = c.Snapshot, c.CommittedAt
		case 5:
			tagged = c.Snapshot
			if err := l.Tag(t.Context(), "close-2026-10-v1", map[string]int64{"gift_events": tagged}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	gift, _ := l.catalog.Table("gift_events")
	meta := gift.Iceberg.Metadata()
	if n := len(meta.Snapshots()); n != chain.KeptSnapshots+1+batches-151 || meta.SnapshotByID(third) != nil || meta.SnapshotByID(tagged) == nil || !chain.HasExpired(meta) {
		t.Fatalf("%d snapshots are left; the third %v, the tagged %v", n, meta.SnapshotByID(third), meta.SnapshotByID(tagged))
	}
	for _, name := range []string{"gift_events", links.Table} {
		lt, _ := l.catalog.Table(name)
		path, err := l.catalog.Here(lt.Location)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() > 256<<10 {
			t.Errorf("the metadata of %s has %d bytes (%v)", name, info.Size(), err)
		}
	}
	upTo := func(tf pipeline.TableFiles) (n int) {
		for _, g := range readAll[pipeline.GiftEvent](t, tf.Files) {
			if tf.UpTo == 0 || g.BatchNo <= tf.UpTo {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		at   AsOf
		want int
	}{{AsOf{}, batches}, {AsOf{Batch: "b000003"}, 3}, {AsOf{Batch: "b000005"}, 5}, {AsOf{Batch: "b000060"}, 60}, {AsOf{Batch: "b000152"}, 152}, {AsOf{Time: made}, 3}} {
		if got := upTo(tableOf(t, l, "gift_events", c.at)); got != c.want {
			t.Errorf("as of %+v: %d rows, want %d", c.at, got, c.want)
		}
	}
	inputs := map[string]int64{"gift_events": third}
	if held, err := l.BatchesOf(t.Context(), inputs); err != nil || len(held) != 3 {
		t.Errorf("%d batches, %v", len(held), err)
	}
	read, err := l.TablesOf(t.Context(), inputs)
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(read, func(tf pipeline.TableFiles) bool { return tf.Name == "gift_events" }); upTo(read[i]) != 3 {
		t.Errorf("a run that read the third snapshot reads %d rows", upTo(read[i]))
	}
	if _, err := l.TablesOf(t.Context(), map[string]int64{"gift_events": 7}); pipeline.KindOf(err) != pipeline.KindVerification {
		t.Errorf("a snapshot that never was is read: %v", err)
	}
	if v, err := l.Verify(t.Context()); err != nil || v.Batches != batches {
		t.Errorf("%+v %v", v, err)
	}
	if s := strays(t, l); len(s) > 0 {
		t.Errorf("strays %v", s)
	}
	lists := func() int {
		found, err := filepath.Glob(filepath.Join(l.catalog.TableDir("gift_events"), "metadata", "snap-*.avro"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	if n := lists(); n != batches {
		t.Errorf("%d lists of manifests, before a week is over", n)
	}
	release()
	now = now.Add(catalog.GCAfter)
	lockTest(t, l)
	if n := lists(); n != len(meta.Snapshots()) {
		t.Errorf("%d lists of manifests a week later, for %d snapshots", n, len(meta.Snapshots()))
	}
	if removed, unknown, err := l.SweepOrphans(t.Context()); err != nil || len(unknown) > 0 {
		t.Errorf("a sweep removes %d and doesn't know %v: %v", removed, unknown, err)
	}
	if _, err := l.Compact(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if v, err := l.Verify(t.Context()); err != nil || v.Batches != batches {
		t.Errorf("%+v %v", v, err)
	}
	// One that is set back, or loses a snapshot that can't have expired, is told.
	snaps := meta.Snapshots()
	gift, _ = l.catalog.Table("gift_events")
	lost := table.NewRemoveSnapshotsUpdate([]int64{snaps[len(snaps)-3].SnapshotID}, false)
	less, err := table.UpdateTableMetadata(gift.Iceberg.Metadata(), []table.Update{lost}, gift.Location)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.catalog.Apply(t.Context(), []catalog.Change{{Name: "gift_events", Base: gift, Meta: less}}, nil); err != nil {
		t.Fatal(err)
	}
	if v, _ := l.Verify(t.Context()); !slices.ContainsFunc(v.Differences, func(d string) bool { return strings.Contains(d, "table gift_events lacks its snapshot") }) {
		t.Errorf("a snapshot taken away: %q", v.Differences)
	}
}
