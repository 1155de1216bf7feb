package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// foreign names what another program did: its snapshots, and whatever else of a
// table isn't as carat committed it last.
func (v *verifier) foreign(ctx context.Context) {
	tables := v.cat.Tables()
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		for _, snap := range tables[name].Iceberg.Metadata().Snapshots() {
			if !chain.IsOwn(&snap) {
				v.differ("table %s: snapshot %d (%s) is none of carat's: no batch, run or compaction made it", name, snap.SnapshotID, described(&snap))
			}
		}
	}
	ledger, complete, err := v.cat.Ledger(ctx)
	if err != nil {
		v.differ("%v", err)
		return
	}
	if !complete {
		return // an older carat wrote the lake and nothing was written since
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		v.table(ctx, name, tables[name], ledger[name])
		delete(ledger, name)
	}
	for _, name := range slices.Sorted(maps.Keys(ledger)) {
		v.differ("table %s is missing: the catalog doesn't name it any more", name)
	}
}

// described says what a snapshot did, by its own summary.
func described(snap *table.Snapshot) string {
	at := time.UnixMilli(snap.TimestampMs).UTC().Format(time.RFC3339)
	if snap.Summary == nil {
		return at
	}
	text := string(snap.Summary.Operation) + " at " + at
	for _, p := range []struct{ name, words string }{{"added-records", "rows added"}, {"deleted-records", "rows deleted"}} {
		if n := snap.Summary.Properties[p.name]; n != "" && n != "0" {
			text += ", " + n + " " + p.words
		}
	}
	return text
}

// table compares a table with what carat committed last to it.
func (v *verifier) table(ctx context.Context, name string, t *catalog.Table, last catalog.Ledgered) {
	if last.Location == "" {
		v.differ("table %s was added by another program: carat never committed to it", name)
		return
	}
	if t.Location != last.Location {
		v.differ("table %s: the catalog names the metadata file %s, carat's last is %s%s", name, base(t.Location), base(last.Location), v.moved(ctx, name, t, last))
		return
	}
	path, err := v.cat.Here(t.Location)
	if err != nil {
		v.differ("table %s: %v", name, err)
		return
	}
	if sum, err := v.sums.hash(path); err != nil || sum != last.SHA256 {
		v.differ("table %s: its metadata file %s was changed: its SHA-256 is %s, and was %s when carat committed it", name, base(t.Location), sum, last.SHA256)
	}
}

func base(location string) string { return location[strings.LastIndex(location, "/")+1:] }

// moved tells what of a table another program changed, where carat's last state
// of it can still be read.
func (v *verifier) moved(ctx context.Context, name string, t *catalog.Table, last catalog.Ledgered) string {
	was, err := v.cat.AtLocation(ctx, name, last.Location)
	if err != nil {
		return ", which can't be read"
	}
	var what []string
	a, b := was.Metadata(), t.Iceberg.Metadata()
	if !a.CurrentSchema().Equals(b.CurrentSchema()) {
		what = append(what, "its columns were changed: "+schemaText(a.CurrentSchema(), b.CurrentSchema()))
	}
	if x, y := snapshotID(a), snapshotID(b); x != y {
		what = append(what, fmt.Sprintf("its newest snapshot was %d and is %d", x, y))
	}
	if !maps.Equal(a.Properties(), b.Properties()) {
		what = append(what, "its properties were changed")
	}
	if spec, other := a.PartitionSpec(), b.PartitionSpec(); !spec.Equals(other) {
		what = append(what, "its partitions were changed")
	}
	x, y := refs(a), refs(b)
	for _, ref := range slices.Sorted(maps.Keys(x)) {
		if ref != table.MainBranch && y[ref] != x[ref] {
			what = append(what, "its tag "+ref+" was moved or taken away")
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(y)) {
		if _, had := x[ref]; !had {
			what = append(what, "its tag or branch "+ref+" was added")
		}
	}
	if len(what) == 0 {
		return ""
	}
	return ": " + strings.Join(what, "; ")
}

func snapshotID(m table.Metadata) int64 {
	if snap := m.CurrentSnapshot(); snap != nil {
		return snap.SnapshotID
	}
	return 0
}

func refs(m table.Metadata) map[string]int64 {
	all := map[string]int64{}
	for name, ref := range m.Refs() {
		all[name] = ref.SnapshotID
	}
	return all
}

// schemaText names the columns in which two schemas differ.
func schemaText(before, after *iceberg.Schema) string {
	spelled := func(s *iceberg.Schema) map[int]string {
		all := map[int]string{}
		for _, f := range s.Fields() {
			all[f.ID] = f.Name + " " + f.Type.String()
		}
		return all
	}
	a, b := spelled(before), spelled(after)
	var what []string
	for _, id := range slices.Sorted(maps.Keys(a)) {
		switch now, there := b[id]; {
		case !there:
			what = append(what, a[id]+" is gone")
		case now != a[id]:
			what = append(what, a[id]+" is "+now)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b)) {
		if _, had := a[id]; !had {
			what = append(what, b[id]+" was added")
		}
	}
	return strings.Join(what, ", ")
}
