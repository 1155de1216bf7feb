package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/published"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Published is what each run published.
func (cat *Catalog) Published() published.List {
	return published.List{DB: cat.db, Bind: cat.bind}
}

// ApplyRun is Apply for the changes that publish a run, whose row it writes: the last
// batch of now is the last that the run read, as the lake is locked. Snapshots of its
// tables expire with it. files are those of each table.
func (cat *Catalog) ApplyRun(ctx context.Context, r published.Run, changes []Change, files map[string][]chain.FileHash, inTx func(*sql.Tx) error) error {
	r.BatchNo = cat.LastBatch()
	for i := range changes {
		snap := changes[i].Meta.CurrentSnapshot()
		t, err := publishedIn(changes[i].Name, snap)
		if err != nil {
			return err
		}
		t.Files = chain.FilesText(files[t.Name])
		r.Tables = append(r.Tables, t)
		r = r.Dated(snap.TimestampMs, chain.DatedAt(snap).UnixMilli())
		if err := cat.expire(&changes[i]); err != nil {
			return fmt.Errorf("table %s: %w", changes[i].Name, err)
		}
	}
	return cat.Apply(ctx, changes, func(tx *sql.Tx) error {
		if err := cat.addPublished(ctx, tx, r); err != nil {
			return err
		}
		if inTx == nil {
			return nil
		}
		return inTx(tx)
	})
}

func (cat *Catalog) addPublished(ctx context.Context, tx *sql.Tx, r published.Run) error {
	if err := cat.Published().Add(ctx, tx, r); err != nil || cat.Recorder.Record == nil {
		return err
	}
	return cat.Recorder.Record(ctx, tx, "carat_published", r.ID)
}

// publishedIn reads what a snapshot's summary says of a run's table; not its files.
func publishedIn(name string, snap *table.Snapshot) (published.Table, error) {
	t := published.Table{Name: name, Snapshot: snap.SnapshotID, NumbersForm: pages.NumbersEncoded}
	p := iceberg.Properties{}
	if snap.Summary != nil {
		p = snap.Summary.Properties
	}
	t.NumbersSHA256, t.FilesSHA256 = p[chain.PropNumbersSHA256], p[chain.PropFilesSHA256]
	var err error
	if t.Rows, err = strconv.ParseInt(p[chain.PropRows], 10, 64); err != nil {
		return t, fmt.Errorf("table %s: snapshot %d: %s: %w", name, snap.SnapshotID, chain.PropRows, err)
	}
	if form := p[chain.PropNumbersForm]; form != "" {
		if t.NumbersForm, err = strconv.Atoi(form); err != nil {
			return t, fmt.Errorf("table %s: snapshot %d: %s: %w", name, snap.SnapshotID, chain.PropNumbersForm, err)
		}
	}
	return t, nil
}

// Said compares what a snapshot of a result table says of its run with what the run's row
// says of the table. It gives the first thing in which they differ, "" for none.
func Said(t published.Table, name string, snap *table.Snapshot) string {
	said, err := publishedIn(name, snap)
	said.Files = t.Files
	switch {
	case err != nil:
		return err.Error()
	case said.Snapshot != t.Snapshot:
		return fmt.Sprintf("its row says snapshot %d", t.Snapshot)
	case said != t:
		return fmt.Sprintf("its row says %d rows, numbers %s and files %s", t.Rows, t.NumbersSHA256, t.FilesSHA256)
	}
	return ""
}

// Runs gives the published runs in order. Of a lake of before they had rows they are what
// the snapshots of the result tables tell.
func (cat *Catalog) Runs(ctx context.Context) ([]published.Run, error) {
	if cat.form < FormRuns {
		return cat.FormerRuns(ctx)
	}
	return cat.Published().Upto(ctx, math.MaxInt64, math.MaxInt64)
}

// HasRun says whether a run was published.
func (cat *Catalog) HasRun(ctx context.Context, id string) (bool, error) {
	if cat.form >= FormRuns {
		return cat.Published().Has(ctx, id)
	}
	runs, err := cat.FormerRuns(ctx)
	return slices.ContainsFunc(runs, func(r published.Run) bool { return r.ID == id }), err
}

// FormerRuns gives the runs that the snapshots of the result tables tell, in order, with
// their files as they lie now: whoever calls compares them with what was committed. What
// a run read is what there was when it was published: under the lock nothing else is.
func (cat *Catalog) FormerRuns(ctx context.Context) ([]published.Run, error) {
	known := map[string]*published.Run{}
	tables := cat.Results()
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		for _, snap := range tables[name].Iceberg.Metadata().Snapshots() {
			if snap.Summary == nil || snap.Summary.Properties[chain.PropRun] == "" {
				continue
			}
			p := snap.Summary.Properties
			r := known[p[chain.PropRun]]
			if r == nil {
				r = &published.Run{ID: p[chain.PropRun], Period: p[chain.PropPeriod]}
				known[r.ID] = r
			}
			t, err := publishedIn(name, &snap)
			if err != nil {
				return nil, err
			}
			paths, err := cat.AddedFiles(&snap)
			if err == nil {
				t.Files, err = cat.hashedFiles(paths)
			}
			if err != nil {
				return nil, fmt.Errorf("run %s: the files of %s can't be read: %w", r.ID, name, err)
			}
			r.Tables = append(r.Tables, t)
			*r = r.Dated(snap.TimestampMs, chain.DatedAt(&snap).UnixMilli())
		}
	}
	all, err := cat.Links(ctx)
	if err != nil {
		return nil, err
	}
	var runs []published.Run
	for _, r := range known {
		for _, l := range all {
			if l.DatedMs <= r.DatedMs {
				r.BatchNo = max(r.BatchNo, l.BatchNo)
			}
		}
		runs = append(runs, *r)
	}
	slices.SortFunc(runs, published.Compare)
	return runs, nil
}
