package verify

import (
	"maps"
	"slices"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// liveRows checks that the tables now read the files of all batches and
// compactions, and hold their rows, no more and no fewer.
func (v *verifier) liveRows(want map[string]int64) {
	for _, name := range v.cat.RawNames() {
		t, ok := v.cat.Table(name)
		if !ok {
			continue
		}
		v.liveFiles(name, t.Iceberg.CurrentSnapshot())
		v.numbered(name, t.Iceberg.CurrentSnapshot())
		if name == pages.RejectsTable {
			continue
		}
		got, err := v.cat.CountRows(t.Iceberg.CurrentSnapshot())
		if err != nil {
			v.differ("table %s: its list of files can't be read: %v", name, err)
		} else if got != want[name] {
			v.differ("table %s holds %d rows, its batches have %d", name, got, want[name])
		}
	}
	results := v.cat.Results()
	for _, name := range slices.Sorted(maps.Keys(results)) {
		v.liveFiles(name, results[name].Iceberg.CurrentSnapshot())
	}
}

// liveFiles checks which files a table reads now.
func (v *verifier) liveFiles(name string, snap *table.Snapshot) {
	var have []string
	var err error
	if snap != nil {
		have, err = v.cat.SnapshotFiles(snap)
	}
	if err != nil {
		v.differ("table %s: its list of files can't be read: %v", name, err)
		return
	}
	want := slices.Sorted(maps.Keys(v.live[name]))
	for _, path := range catalog.Without(have, want) {
		v.differ("table %s reads %s, which no %s added", name, path, v.adder(name))
	}
	for _, path := range catalog.Without(want, have) {
		v.differ("table %s doesn't read %s any more", name, path)
	}
}

// numbered checks that all rows that a raw table reads now have a batch_no. That it is
// their batch's is checked where rows are read.
func (v *verifier) numbered(name string, snap *table.Snapshot) {
	if snap == nil || v.cat.Form() < catalog.FormBatchNo {
		return
	}
	files, err := v.cat.DataFiles(snap)
	if err != nil {
		return // told already
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

// runs checks the files of published runs.
func (v *verifier) runs() {
	runs := map[string]bool{}
	tables := v.cat.Results()
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		within := map[string]int{}
		for _, snap := range tables[name].Iceberg.Metadata().Snapshots() {
			if snap.Summary == nil || snap.Summary.Properties[chain.PropRun] == "" {
				continue
			}
			run := snap.Summary.Properties[chain.PropRun]
			if within[run]++; within[run] == 2 {
				v.differ("run %s is twice in table %s: snapshot %d added to it", run, name, snap.SnapshotID)
			}
			runs[run] = true
			v.keeps("run "+run+" in "+name, snap.Summary.Properties)
			paths, err := v.cat.AddedFiles(&snap)
			if err != nil {
				v.differ("run %s: the list of files of %s can't be read: %v", run, name, err)
				continue
			}
			v.live.exchange(name, paths, nil)
			v.hashes("run "+run+" in "+name, paths, snap.Summary.Properties[chain.PropFilesSHA256], "")
		}
	}
	v.report.Runs = len(runs)
}

// keeps notes the end of the chain of records that a snapshot keeps.
func (v *verifier) keeps(where string, props iceberg.Properties) {
	if head := props[chain.PropRecords]; head != "" {
		v.report.Heads = append(v.report.Heads, KeptHead{where, head})
	}
}
