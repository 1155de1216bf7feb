package verify

import (
	"context"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/pages"

	"github.com/apache/iceberg-go"
)

// links gives the links of the chain. Of a lake of before there were links they are
// what its snapshots say, with the files that those added.
func (v *verifier) links(ctx context.Context) ([]chain.Link, error) {
	for _, name := range v.cat.RawNames() {
		if _, ok := v.cat.Table(name); !ok && name != pages.RejectsTable {
			v.differ("table %s is missing", name)
		}
	}
	all, err := v.cat.Links(ctx)
	if err == nil && v.cat.Form() < catalog.FormLinks {
		err = v.cat.FormerFiles(all)
	}
	if err != nil && ctx.Err() == nil {
		v.differ("the links of the chain can't be read: %v", err)
		return nil, nil
	}
	return all, err
}

// snapshots compares what the raw tables' snapshots say of themselves with their links.
func (v *verifier) snapshots(all []chain.Link) {
	known := map[string]chain.Link{}
	for _, l := range all {
		known[l.ID] = l
	}
	for _, name := range v.cat.RawNames() {
		t, ok := v.cat.Table(name)
		if !ok {
			continue
		}
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if said, is, err := chain.LinkOf(name, &snap); err != nil {
				v.differ("table %s: snapshot %d: %v", name, snap.SnapshotID, err)
			} else if is {
				v.snapshot(said, known, snap.Summary.Properties)
			}
		}
	}
}

func (v *verifier) snapshot(said chain.Link, known map[string]chain.Link, p iceberg.Properties) {
	whose := said.Kind + " " + said.ID
	if said.Kind == chain.KindUndo {
		whose = "batch " + said.ID
	}
	l, found := known[said.ID]
	if !found {
		v.differ("table %s: snapshot %d says that it is %s, which is no link of the chain", said.Table, said.Snapshot, whose)
		return
	}
	if seq := p[chain.PropSeq]; seq != "" && seq != strconv.FormatInt(l.BatchNo, 10) {
		v.differ("a batch that calls itself number %s follows where %s should be", seq, l.ID)
	}
	props, err := l.Properties()
	if err != nil {
		return // told with the link
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if strings.HasPrefix(name, "carat.") && p[name] != props[name] {
			v.differ("%s was changed: its snapshot says %s %q, its link %q", whose, name, p[name], props[name])
		}
	}
	if l.Snapshot != said.Snapshot || l.Table != said.Table || l.DatedMs != said.DatedMs {
		v.differ("%s: its row says snapshot %d of %s, dated %d, and it is snapshot %d of %s, dated %d", whose,
			l.Snapshot, l.Table, l.DatedMs, said.Snapshot, said.Table, said.DatedMs)
	}
}

// present looks for the snapshot that a link brought: a table that was set back lacks it.
func (v *verifier) present(whose string, l chain.Link) {
	if t, ok := v.cat.Table(l.Table); ok && t.Iceberg.SnapshotByID(l.Snapshot) == nil && !chain.MayHaveExpired(t.Iceberg.Metadata(), l.DatedMs) {
		v.differ("%s: table %s lacks its snapshot %d", whose, l.Table, l.Snapshot)
	}
}

// upgrade checks the link of an upgrade: what it says of the snapshots before.
func (v *verifier) upgrade(l chain.Link, previous string, before []chain.Link) {
	whose := "upgrade " + l.ID
	p, ok := v.linked(whose, l, previous)
	if !ok {
		return
	}
	if want := chain.SnapshotsText(before); p[chain.PropSnapshots] != want {
		v.differ("%s: its map of snapshots isn't that of the links before it", whose)
	}
	if l.Files != "" || l.Replaced != "" {
		v.differ("%s: its row names files, and an upgrade has none", whose)
	}
}

// mirrored compares the table of links with its mirror in the catalog's database, row
// by row and column by column.
func (v *verifier) mirrored(ctx context.Context, all []chain.Link) {
	if v.cat.Form() < catalog.FormLinks {
		return
	}
	files, err := v.cat.LinkFiles()
	if err != nil {
		v.differ("table %s: its list of files can't be read: %v", links.Table, err)
		return
	}
	held := map[int64]links.Row{}
	for _, path := range files {
		rows, err := links.Decode(path)
		if err != nil {
			v.differ("table %s: file %s can't be read: %v", links.Table, filepath.Base(path), err)
			continue
		}
		for _, r := range rows {
			if _, twice := held[r.LinkNo]; twice {
				v.differ("table %s: link %d is there twice", links.Table, r.LinkNo)
			}
			held[r.LinkNo] = r
		}
	}
	sought, err := v.cat.Mirror().Sought(ctx)
	if err != nil {
		v.differ("%v", err)
	}
	for _, l := range all {
		r, there := held[l.No]
		delete(held, l.No)
		want, err := links.RowOf(l)
		if err != nil {
			continue // told with the link
		}
		switch column := differing(r, want); {
		case !there:
			v.differ("table %s: link %s (%d) is missing", links.Table, l.ID, l.No)
		case column != "":
			v.differ("link %s: the column %s of table %s isn't what carat_links says", l.ID, column, links.Table)
		}
		if s, ok := sought[l.No]; ok && s != links.SoughtOf(want) {
			v.differ("link %s: carat_links would be looked for by %v, and its text says %v", l.ID, s, links.SoughtOf(want))
		}
	}
	for _, no := range slices.Sorted(maps.Keys(held)) {
		v.differ("table %s: link %s (%d) is none of carat_links", links.Table, held[no].LinkID, no)
	}
}

// differing names the first column in which two rows differ; "" for none.
func differing(a, b links.Row) string {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("parquet"), ",")
			return name
		}
	}
	return ""
}
