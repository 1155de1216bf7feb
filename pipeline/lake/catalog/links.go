package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"sort"

	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/shape"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Mirror reads the links in the database.
func (cat *Catalog) Mirror() links.Mirror { return links.Mirror{DB: cat.db, Bind: cat.bind} }

// Seen gives the number of the last link as last seen: whoever reads looks at no later one.
func (cat *Catalog) Seen() int64 { return cat.LastLink().No }

// LastLink gives the last link as last seen, zero when there is none.
func (cat *Catalog) LastLink() chain.Link {
	cat.mu.Lock()
	defer cat.mu.Unlock()
	return cat.last
}

// noteLast reads the last link. cat.mu is held.
func (cat *Catalog) noteLast(ctx context.Context, no int64) error {
	if no == cat.last.No {
		return nil
	}
	l, found, err := cat.Mirror().At(ctx, no)
	if err != nil || !found {
		return errors.Join(err, fmt.Errorf("link %d is missing", no))
	}
	cat.last = l
	return nil
}

// Links gives all links as last seen, in order. Of a lake of before links they are what
// the snapshots tell.
func (cat *Catalog) Links(ctx context.Context) ([]chain.Link, error) {
	if cat.form < FormLinks {
		return cat.FormerLinks()
	}
	return cat.Mirror().Between(ctx, 1, cat.Seen())
}

// LinkNamed gives the link of an id, and whether there is one.
func (cat *Catalog) LinkNamed(ctx context.Context, id string) (chain.Link, bool, error) {
	if cat.form >= FormLinks {
		return cat.Mirror().Named(ctx, id, cat.Seen())
	}
	all, err := cat.FormerLinks()
	for _, l := range all {
		if l.ID == id {
			return l, true, err
		}
	}
	return chain.Link{}, false, err
}

// LinkOfSnapshot gives the link that brought a snapshot of a table.
func (cat *Catalog) LinkOfSnapshot(ctx context.Context, table string, snapshot int64) (chain.Link, bool, error) {
	return cat.Mirror().OfSnapshot(ctx, table, snapshot, cat.Seen())
}

// LastLinkBy gives the last link of whose snapshots' dates are up to one; zero for none.
func (cat *Catalog) LastLinkBy(ctx context.Context, ms int64) (chain.Link, error) {
	l, _, err := cat.Mirror().LastBy(ctx, ms, cat.Seen())
	return l, err
}

// BatchesOfSource gives the batches that were made of a source file and stand, in order.
func (cat *Catalog) BatchesOfSource(ctx context.Context, feed, sha256 string) ([]chain.CommittedBatch, error) {
	return cat.Mirror().OfSource(ctx, feed, sha256, cat.Seen())
}

// HoldsBytes says whether any batch came from a source file of this size.
func (cat *Catalog) HoldsBytes(ctx context.Context, bytes int64) (bool, error) {
	return cat.Mirror().HoldsBytes(ctx, bytes, cat.Seen())
}

// UndoneBy gives the batches that were taken out up to a batch, and by which.
func (cat *Catalog) UndoneBy(ctx context.Context, seq int64) (map[string]string, error) {
	return cat.Mirror().Undone(ctx, seq, cat.Seen())
}

// LastBatch gives the number of the last batch, 0 when there is none.
func (cat *Catalog) LastBatch() int64 { return cat.LastLink().BatchNo }

// LastBatchID gives the id of the last batch, "" when there is none.
func (cat *Catalog) LastBatchID() string { return chain.BatchIDOrNone(cat.LastBatch()) }

// LastCompaction gives the number of the last compaction, 0 when there is none.
func (cat *Catalog) LastCompaction(ctx context.Context) (int64, error) {
	l, found, err := cat.Mirror().Last(ctx, chain.KindCompaction, cat.Seen())
	if err != nil || !found {
		return 0, err
	}
	return chain.CompactionNumber(l.ID)
}

// LastUpgrade gives the number of the last batch before the last upgrade, 0 for none.
func (cat *Catalog) LastUpgrade(ctx context.Context) (int64, error) {
	l, _, err := cat.Mirror().Last(ctx, chain.KindUpgrade, cat.Seen())
	return l.BatchNo, err
}

// LastChain gives the value of the chain's last link, "" when there is none.
func (cat *Catalog) LastChain() string { return cat.LastLink().Value }

// LinkFiles gives the files of the table of links, as it is now.
func (cat *Catalog) LinkFiles() ([]string, error) {
	t, ok := cat.Table(links.Table)
	if !ok || t.Iceberg.CurrentSnapshot() == nil {
		return nil, nil
	}
	return cat.SnapshotFiles(t.Iceberg.CurrentSnapshot())
}

// ApplyLinked is Apply for changes that are a link of the chain. What can only be known
// of it now is filled in from the first change, whose snapshot it is: its text, which
// the clock may have had a word in, the snapshot and its date.
func (cat *Catalog) ApplyLinked(ctx context.Context, changes []Change, files, replaced []chain.FileHash) error {
	snap := changes[0].Meta.CurrentSnapshot()
	l, err := chain.LinkFrom(changes[0].Props)
	if err != nil {
		return fmt.Errorf("table %s: its new snapshot is no link of the chain: %w", changes[0].Name, err)
	}
	l.Table, l.Snapshot, l.DatedMs = changes[0].Name, snap.SnapshotID, snap.TimestampMs
	l.Files, l.Replaced = chain.FilesText(files), chain.FilesText(replaced)
	return cat.applyLinks(ctx, changes, []chain.Link{l}, nil)
}

// applyLinks applies changes together with the rows of links that follow the last one.
func (cat *Catalog) applyLinks(ctx context.Context, changes []Change, more []chain.Link, inTx func(*sql.Tx) error) error {
	last := cat.Seen()
	for i := range more {
		more[i].No = last + int64(i) + 1
	}
	c, err := cat.linksChange(ctx, last, more)
	if err != nil {
		return fmt.Errorf("table %s: %w", links.Table, err)
	}
	changes = append(changes, c)
	for i := range changes {
		if err := cat.expire(&changes[i]); err != nil {
			return fmt.Errorf("table %s: %w", changes[i].Name, err)
		}
	}
	return cat.Apply(ctx, changes, func(tx *sql.Tx) error {
		for _, l := range more {
			if err := cat.Mirror().Add(ctx, tx, l); err != nil {
				return err
			}
		}
		if inTx == nil {
			return nil
		}
		return inTx(tx)
	})
}

// linksChange builds the next state of the table of links. Every FoldEvery links the
// files that hold one each become one file.
func (cat *Catalog) linksChange(ctx context.Context, last int64, more []chain.Link) (Change, error) {
	base, ok := cat.Table(links.Table)
	if !ok {
		return Change{}, errors.New("no such table")
	}
	c := Change{Name: links.Table, Base: base, Meta: base.Iceberg.Metadata()}
	fold := (last+int64(len(more)))/links.FoldEvery > last/links.FoldEvery
	var old []iceberg.DataFile
	if snap := base.Iceberg.CurrentSnapshot(); fold && snap != nil {
		files, err := cat.DataFiles(snap)
		if err != nil {
			return c, err
		}
		first := last + 1
		for _, f := range files {
			if links.IsSingle(f.FilePath()) {
				old = append(old, f)
				first -= f.Count()
			}
		}
		before, err := cat.Mirror().Between(ctx, first, last)
		if err != nil {
			return c, err
		}
		more = append(before, more...)
	}
	name, err := links.FileOf(more[len(more)-1].ID), error(nil)
	if fold || len(more) > 1 {
		name = links.FoldedFile(more[len(more)-1].ID)
	}
	if name, err = cat.Disk.Unique(name); err != nil {
		return c, err
	}
	f, err := cat.writeLinks(name, more)
	if err != nil {
		return c, err
	}
	props := iceberg.Properties{chain.PropLink: more[len(more)-1].ID}
	c.Meta, c.Props, err = cat.Snapshotted(c, base.Location, shape.NewProperties(base.Iceberg), props, func(tbl *table.Table, tx *table.Transaction, props iceberg.Properties) error {
		df, err := cat.DataFile(ctx, tbl, f)
		if err != nil {
			return err
		}
		if len(old) == 0 {
			return tx.AddDataFiles(ctx, []iceberg.DataFile{df}, props, table.WithoutAutoNameMapping(), table.WithoutDuplicateCheck())
		}
		return tx.NewRewrite(props).ApplyResult(table.CompactionGroupResult{OldDataFiles: old, NewDataFiles: []iceberg.DataFile{df}}).Commit(ctx)
	})
	return c, err
}

// writeLinks writes a file of the table of links, in place: what a commit that fails, or
// is cut short, leaves of it is swept as its metadata is.
func (cat *Catalog) writeLinks(name string, list []chain.Link) (f pages.StagedFile, err error) {
	var rows []links.Row
	for _, l := range list {
		r, err := links.RowOf(l)
		if err != nil {
			return f, err
		}
		rows = append(rows, r)
	}
	content, err := links.Encode(cat.Codec, rows)
	if err != nil {
		return f, err
	}
	to := filepath.Join(cat.TableDir(links.Table), "data", name)
	if err := cat.Disk.MkdirAll(filepath.Dir(to)); err != nil {
		return f, err
	}
	return pages.StagedFile{Rel: name, Path: to, Rows: int64(len(rows))}, cat.files.WriteFile(cat.files.record(to), content)
}

// FormerLinks gives the links that the snapshots of the raw tables tell, in order: where
// the chain lay before there were links. Files lack what carat.files-sha256 is of.
func (cat *Catalog) FormerLinks() ([]chain.Link, error) {
	var all []chain.Link
	for _, name := range cat.RawNames() {
		t, ok := cat.Table(name)
		if !ok {
			continue
		}
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			l, is, err := chain.LinkOf(name, &snap)
			if err != nil {
				return nil, fmt.Errorf("table %s: %w", name, err)
			}
			if is {
				all = append(all, l)
			}
		}
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i], all[j]
		if a.BatchNo != b.BatchNo {
			return a.BatchNo < b.BatchNo
		}
		if ca, cb := a.Kind == chain.KindCompaction, b.Kind == chain.KindCompaction; ca != cb {
			return cb // compactions come after their batch
		}
		return a.ID < b.ID
	})
	for i := range all {
		all[i].No = int64(i) + 1
	}
	return all, nil
}

// FormerFiles fills in the files of links that the snapshots told, hashed as they lie
// now: whoever calls compares them with what the links say.
func (cat *Catalog) FormerFiles(all []chain.Link) error {
	rejects := map[string]table.Snapshot{}
	if t, ok := cat.Table(pages.RejectsTable); ok {
		for _, snap := range t.Iceberg.Metadata().Snapshots() {
			if snap.Summary != nil && snap.Summary.Properties[chain.PropRejectsOf] != "" {
				rejects[snap.Summary.Properties[chain.PropRejectsOf]] = snap
			}
		}
	}
	for i := range all {
		l := &all[i]
		t, _ := cat.Table(l.Table)
		snap := t.Iceberg.SnapshotByID(l.Snapshot)
		var added, gone []string
		var err error
		if l.Kind == chain.KindCompaction {
			added, gone, err = cat.Exchanged(l.Table, snap)
		} else {
			added, err = cat.AddedFiles(snap)
		}
		if err == nil {
			if snap, has := rejects[l.ID]; has {
				more, rerr := cat.AddedFiles(&snap)
				added, err = append(added, more...), rerr
			}
		}
		if err == nil {
			l.Files, err = cat.hashedFiles(added)
		}
		if err == nil {
			l.Replaced, err = cat.hashedFiles(gone)
		}
		if err != nil {
			return fmt.Errorf("link %s: %w", l.ID, err)
		}
	}
	return nil
}

func (cat *Catalog) hashedFiles(paths []string) (string, error) {
	var files []chain.FileHash
	for _, p := range paths {
		sum, err := cat.Disk.HashFile(p)
		if err != nil {
			return "", err
		}
		files = append(files, chain.FileHash{Name: cat.Disk.Relative(p), SHA256: sum.SHA256})
	}
	return chain.FilesText(files), nil
}

// RawNames lists the raw tables, rejects included.
func (cat *Catalog) RawNames() []string {
	names := []string{pages.RejectsTable}
	for name := range cat.raw {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
