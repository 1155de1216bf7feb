package verify

import (
	"context"
	"errors"
	"maps"
	"slices"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/published"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// liveRows checks that the tables now read the files of all batches and
// compactions, and hold their rows, no more and no fewer. It reads each manifest once.
func (v *verifier) liveRows(want map[string]int64) {
	for _, name := range v.cat.RawNames() {
		t, ok := v.cat.Table(name)
		if !ok {
			continue
		}
		files, ok := v.liveFiles(name, t.Iceberg.CurrentSnapshot())
		if !ok {
			continue
		}
		v.numbered(name, files)
		var got int64
		for _, f := range files {
			got += f.Count()
		}
		if name != pages.RejectsTable && got != want[name] {
			v.differ("table %s holds %d rows, its batches have %d", name, got, want[name])
		}
	}
	results := v.cat.Results()
	for _, name := range slices.Sorted(maps.Keys(results)) {
		v.liveFiles(name, results[name].Iceberg.CurrentSnapshot())
	}
}

// liveFiles checks which files a table reads now, and gives them; false when they can't be
// listed.
func (v *verifier) liveFiles(name string, snap *table.Snapshot) (files []iceberg.DataFile, ok bool) {
	var have []string
	var err error
	if snap != nil {
		files, err = v.cat.DataFiles(snap)
	}
	for _, f := range files {
		path, herr := v.cat.Here(f.FilePath())
		have, err = append(have, path), errors.Join(err, herr)
	}
	if err != nil {
		v.differ("table %s: its list of files can't be read: %v", name, err)
		return nil, false
	}
	slices.Sort(have)
	want := slices.Sorted(maps.Keys(v.live[name]))
	for _, path := range catalog.Without(have, want) {
		v.differ("table %s reads %s, which no %s added", name, path, v.adder(name))
	}
	for _, path := range catalog.Without(want, have) {
		v.differ("table %s doesn't read %s any more", name, path)
	}
	return files, true
}

// numbered checks that all rows that a raw table reads now have a batch_no. That it is
// their batch's is checked where rows are read.
func (v *verifier) numbered(name string, files []iceberg.DataFile) {
	if v.cat.Form() < catalog.FormBatchNo {
		return
	}
	for _, f := range files {
		if !catalog.Numbered(f) {
			v.differ("table %s: rows of %s have no batch_no", name, f.FilePath())
		}
	}
}

// adder is what adds files to a table.
func (v *verifier) adder(name string) string {
	if _, raw := v.cat.RawTable(name); raw || name == pages.RejectsTable {
		return "batch"
	}
	return "run"
}

// runs checks the files of published runs, and what their snapshots say of themselves.
func (v *verifier) runs(ctx context.Context) {
	all, err := v.cat.Runs(ctx)
	if err != nil {
		v.differ("what runs published can't be read: %v", err)
		return
	}
	known := map[string]published.Run{}
	for _, r := range all {
		known[r.ID] = r
		for _, t := range r.Tables {
			v.published(r, t)
		}
	}
	v.report.Runs = len(known)
	tables := v.cat.Results()
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		within := map[string]int{}
		for _, snap := range tables[name].Iceberg.Metadata().Snapshots() {
			if snap.Summary == nil || snap.Summary.Properties[chain.PropRun] == "" {
				continue
			}
			run := snap.Summary.Properties[chain.PropRun]
			v.keeps("run "+run+" in "+name, snap.Summary.Properties)
			if within[run]++; within[run] == 2 {
				v.differ("run %s is twice in table %s: snapshot %d added to it", run, name, snap.SnapshotID)
				continue
			}
			t, found := known[run].Table(name)
			if what := catalog.Said(t, name, &snap); !found {
				v.differ("table %s: snapshot %d says that it is of run %s, which published nothing there", name, snap.SnapshotID, run)
			} else if what != "" {
				v.differ("run %s in %s was changed: snapshot %d: %s", run, name, snap.SnapshotID, what)
			}
		}
	}
}

// published checks one table of a run: its files, and that the snapshot that brought them
// is there, unless it can have expired.
func (v *verifier) published(r published.Run, t published.Table) {
	whose := "run " + r.ID + " in " + t.Name
	paths, err := v.cat.PathsOf(t.Files)
	if err != nil {
		v.differ("%s: its list of files can't be read: %v", whose, err)
		return
	}
	v.live.exchange(t.Name, paths, nil)
	if v.hashes(whose, paths, t.FilesSHA256, t.Files) && chain.Hash(t.Files) != t.FilesSHA256 {
		v.differ("%s: its list of files was changed: it gives %s, carat.files-sha256 says %s", whose, chain.Hash(t.Files), t.FilesSHA256)
	}
	have, ok := v.cat.Table(t.Name)
	if !ok || have.Iceberg.SnapshotByID(t.Snapshot) == nil && !chain.MayHaveExpired(have.Iceberg.Metadata(), r.DatedMs) {
		v.differ("%s: table %s lacks its snapshot %d", whose, t.Name, t.Snapshot)
	}
}

// keeps notes the end of the chain of records that a snapshot keeps.
func (v *verifier) keeps(where string, props iceberg.Properties) {
	if head := props[chain.PropRecords]; head != "" {
		v.report.Heads = append(v.report.Heads, KeptHead{where, head})
	}
}
