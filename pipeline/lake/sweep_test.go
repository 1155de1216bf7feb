package lake

import (
	"strconv"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/shape"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// From some batches on iceberg-go merges a table's manifests, and writes some that
// no snapshot needs in the end. They are not left, not listed, and a sweep keeps
// the history whole. A lake that was made when it merged them later is no other.
func TestManyBatchesKeepTheirManifests(t *testing.T) {
	const batches = 4*shape.ManifestsAtMost + 3
	root := t.TempDir()
	l := openTest(t, root)
	lockTest(t, l)
	lt, _ := l.catalog.Table("gift_events")
	meta, err := table.UpdateTableMetadata(lt.Iceberg.Metadata(), []table.Update{table.NewRemovePropertiesUpdate([]string{table.ManifestMinMergeCountKey})}, lt.Location)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.catalog.Apply(t.Context(), []catalog.Change{{Name: "gift_events", Base: lt, Meta: meta}}, nil); err != nil {
		t.Fatal(err)
	}
	for i := range batches {
		ingest(t, l, gifts(1, 1+i%28), strings.Repeat("x", i+1))
		if i%13 != 0 && i < batches-3 {
			continue
		}
		if s := strays(t, l); len(s) > 0 {
			t.Fatalf("after %d batches: strays %v", i+1, s)
		}
	}
	lt, _ = l.catalog.Table("gift_events")
	manifests, err := l.catalog.Manifests(lt.Iceberg.CurrentSnapshot())
	if err != nil || len(manifests) >= shape.ManifestsAtMost {
		t.Fatalf("%d manifests are not merged (%v)", len(manifests), err)
	}
	if removed, unknown, err := l.SweepOrphans(t.Context()); err != nil || removed > 0 || len(unknown) > 0 {
		t.Errorf("a sweep removes %d files and doesn't know %v: %v", removed, unknown, err)
	}
	if v, err := l.Verify(t.Context()); err != nil || len(v.Differences) > 0 {
		t.Errorf("verify: %v %v", err, v.Differences)
	}
	rows := 0
	for _, one := range readAll[pipeline.GiftEvent](t, tableOf(t, openTest(t, root), "gift_events", AsOf{}).Files) {
		rows += int(one.Coins)
	}
	if rows != batches {
		t.Errorf("%d rows, want %d", rows, batches)
	}
}

// What a sweep takes away is no longer listed, also where an earlier carat
// listed what no snapshot needs.
func TestSweepUnlists(t *testing.T) {
	l := openTest(t, t.TempDir())
	lockTest(t, l)
	ingest(t, l, gifts(4, 1), "x")
	stray := l.catalog.TableDir("gift_events") + "/metadata/stray-m0.avro"
	if err := l.disk.Write(stray, []byte("merged")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.DB().Exec("insert into carat_files (path, sha256, bytes, gone) values (?, ?, 6, 0)", l.disk.Relative(stray), strings.Repeat("0", 64)); err != nil {
		t.Fatal(err)
	}
	if removed, _, err := l.SweepOrphans(t.Context()); err != nil || removed != 1 {
		t.Fatalf("removed %d, %v", removed, err)
	}
	if v, err := l.Verify(t.Context()); err != nil || len(v.Differences) > 0 {
		t.Errorf("verify: %v %v", err, v.Differences)
	}
}

// A manifest is merged with others up to a size, however many files the table has: the
// history is whole over several, and each commit writes no more than so much anew. A lake
// that was made before gets the size with its next batch.
func TestManifestsKeepToASize(t *testing.T) {
	const size, batches = 16 << 10, 40 // about 90 files a manifest
	root := t.TempDir()
	l := openTest(t, root)
	lockTest(t, l)
	own := func(update table.Update) {
		t.Helper()
		lt, _ := l.catalog.Table("gift_events")
		meta, err := table.UpdateTableMetadata(lt.Iceberg.Metadata(), []table.Update{update}, lt.Location)
		if err == nil {
			err = l.catalog.Apply(t.Context(), []catalog.Change{{Name: "gift_events", Base: lt, Meta: meta}}, nil)
		}
		if err == nil {
			err = l.catalog.RefreshRaw(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	own(table.NewRemovePropertiesUpdate([]string{table.ManifestTargetSizeBytesKey}))
	ingest(t, l, gifts(1, 1), "x")
	lt, _ := l.catalog.Table("gift_events")
	if is := lt.Iceberg.Properties()[table.ManifestTargetSizeBytesKey]; is != strconv.Itoa(shape.ManifestBytes) {
		t.Fatalf("manifests are merged up to %q bytes", is)
	}
	own(table.NewSetPropertiesUpdate(iceberg.Properties{table.ManifestTargetSizeBytesKey: strconv.Itoa(size)}))
	for i := 1; i < batches; i++ {
		ingest(t, l, gifts(16, 1+i%24), strings.Repeat("x", i+1))
	}
	lt, _ = l.catalog.Table("gift_events")
	manifests, err := l.catalog.Manifests(lt.Iceberg.CurrentSnapshot())
	if err != nil {
		t.Fatal(err)
	}
	merged := 0
	for _, m := range manifests {
		if m.Length() > size {
			t.Errorf("a manifest has %d bytes", m.Length())
		}
		if m.ExistingDataFiles()+m.AddedDataFiles() > 1 {
			merged++
		}
	}
	if merged < 2 || len(manifests) >= 2*shape.ManifestsAtMost {
		t.Errorf("%d of %d manifests are merged ones", merged, len(manifests))
	}
	if s := strays(t, l); len(s) > 0 {
		t.Errorf("strays %v", s)
	}
	if v, err := l.Verify(t.Context()); err != nil || len(v.Differences) > 0 {
		t.Errorf("verify: %v %v", err, v.Differences)
	}
	if rows := len(readAll[pipeline.GiftEvent](t, tableOf(t, openTest(t, root), "gift_events", AsOf{}).Files)); rows != 1+16*(batches-1) {
		t.Errorf("%d rows, want %d", rows, 1+16*(batches-1))
	}
}

// What a commit leaves of a table in memory is what its file says.
func TestCommittedIsWhatWasWritten(t *testing.T) {
	root := t.TempDir()
	l := openTest(t, root)
	lockTest(t, l)
	for i := range 3 {
		ingest(t, l, gifts(2, 1+i), strings.Repeat("x", i+1))
		for _, name := range []string{"gift_events", links.Table} {
			own, _ := l.catalog.Table(name)
			read, err := l.catalog.AtLocation(t.Context(), name, own.Location)
			if err != nil {
				t.Fatal(err)
			}
			if !own.Iceberg.Metadata().Equals(read.Metadata()) {
				t.Errorf("batch %d: %s is otherwise in memory than in its file", i+1, name)
			}
			if snap := own.Iceberg.CurrentSnapshot(); snap == nil || !snap.Equals(*read.CurrentSnapshot()) {
				t.Errorf("batch %d: %s has another snapshot in memory than in its file", i+1, name)
			}
		}
	}
}
