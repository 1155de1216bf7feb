package compact

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/store"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Bounds of compaction. They count rows, because rows are what reading and
// verifying a file costs memory for.
const (
	// A file below this is small, and so is what an earlier compaction made of
	// few rows.
	smallRows = 1 << 18
	// A file that compaction writes holds up to this many rows; they are sorted
	// in memory, about 150 bytes each.
	fileRows = 1 << 20
	// Fewer small files in a folder are left alone while files still come for its
	// month: rewriting two into one saves a reader little, and the old files stay.
	FilesMin = 4
	// In a month before the newest two are enough: a feed of a file a day leaves
	// no more in a day's folder, and nothing is added to them again and again.
	filesMinBefore = 2
)

// Compacted is what compaction made of one table.
type Compacted struct {
	Table       string
	FilesBefore int // small files that the table no longer reads
	FilesAfter  int // files in their place
	Rows        int64
	BytesBefore int64
	BytesAfter  int64
}

// Rewriter compacts the raw tables of a lake.
type Rewriter struct {
	Catalog    *catalog.Catalog
	Codec      *pages.Codec
	Compactors map[string]pages.Compactor // by raw table
	Now        func() time.Time
}

// Compact rewrites the small files of each raw table's folders as few larger
// ones, in the order of batch and line. It changes no row. Each table is one
// transaction and one link of the hash chain. Earlier snapshots, and the files
// that they read, stay: a state as of an earlier batch is read as it was then.
// The lake must be locked. On an error the tables done before stay compacted.
func (w *Rewriter) Compact(ctx context.Context, done func(Compacted)) ([]Compacted, error) {
	if err := w.Catalog.Refresh(ctx); err != nil {
		return nil, w.Catalog.Disk.Fail("compact", w.Catalog.Disk.Root, err)
	}
	return w.each(ctx, w.plan, done)
}

// Number rewrites the files of raw tables in which rows lack their batch_no, in the same
// way and with the same proof: it writes the number, and changes nothing else.
func (w *Rewriter) Number(ctx context.Context, done func(Compacted)) ([]Compacted, error) {
	if err := w.Catalog.Refresh(ctx); err != nil {
		return nil, w.Catalog.Disk.Fail("number", w.Catalog.Disk.Root, err)
	}
	return w.each(ctx, w.unnumbered, done)
}

// each rewrites of each raw table what plan gives.
func (w *Rewriter) each(ctx context.Context, plan planner, done func(Compacted)) ([]Compacted, error) {
	var all []Compacted
	for _, name := range w.Catalog.RawNames() {
		c, err := w.table(ctx, name, plan)
		if err != nil {
			return all, w.Catalog.Disk.Fail("compact table", name, err)
		}
		if c.FilesBefore == 0 {
			continue
		}
		all = append(all, c)
		if done != nil {
			done(c)
		}
	}
	return all, nil
}

// group is the small files of one folder that become one file.
type group struct {
	folder string // below the table's data folder
	files  []iceberg.DataFile
}

// planner finds what to rewrite in a table.
type planner func(name string, t *catalog.Table) ([]group, error)

// plan finds the small files of a table.
func (w *Rewriter) plan(name string, t *catalog.Table) ([]group, error) {
	groups, err := w.groups(name, t, func(f iceberg.DataFile) bool { return f.Count() < smallRows })
	newest := ""
	for _, g := range groups {
		newest = max(newest, month(g.folder))
	}
	return slices.DeleteFunc(groups, func(g group) bool {
		if month(g.folder) < newest {
			return len(g.files) < filesMinBefore
		}
		return len(g.files) < FilesMin
	}), err
}

// unnumbered finds the files of a table in which rows lack their batch_no.
func (w *Rewriter) unnumbered(name string, t *catalog.Table) ([]group, error) {
	return w.groups(name, t, func(f iceberg.DataFile) bool { return !catalog.Numbered(f) })
}

// groups puts the wanted files of a table's folders together, as far as they become one file.
func (w *Rewriter) groups(name string, t *catalog.Table, wanted func(iceberg.DataFile) bool) ([]group, error) {
	snap := t.Iceberg.CurrentSnapshot()
	if snap == nil {
		return nil, nil
	}
	files, err := w.Catalog.DataFiles(snap)
	if err != nil {
		return nil, err
	}
	folders := map[string][]iceberg.DataFile{}
	data := w.Catalog.DataFolder(name)
	for _, f := range files {
		if !wanted(f) {
			continue
		}
		rel, ok := strings.CutPrefix(f.FilePath(), data)
		if !ok {
			return nil, fmt.Errorf("file %s doesn't lie in the table's folder", f.FilePath())
		}
		folder := strings.Trim(filepath.Dir(rel), "/")
		folders[folder] = append(folders[folder], f)
	}
	var groups []group
	for folder, files := range folders {
		sort.Slice(files, func(i, j int) bool { return files[i].FilePath() < files[j].FilePath() })
		g, rows := group{folder: folder}, int64(0)
		for _, f := range files {
			if rows+f.Count() > fileRows && len(g.files) > 0 {
				groups = append(groups, g)
				g, rows = group{folder: folder}, 0
			}
			g.files = append(g.files, f)
			rows += f.Count()
		}
		groups = append(groups, g)
	}
	sort.Slice(groups, func(i, j int) bool { return groups[i].files[0].FilePath() < groups[j].files[0].FilePath() })
	return groups, nil
}

// month gives the folder of the accounting month that a folder lies in; "" where a
// table has none.
func month(folder string) string {
	name, _, _ := strings.Cut(folder, "/")
	if !strings.HasPrefix(name, "accounting_month=") {
		return ""
	}
	return name
}

func (w *Rewriter) table(ctx context.Context, name string, plan planner) (c Compacted, err error) {
	t, ok := w.Catalog.Table(name)
	if !ok {
		return c, errors.New("no such table")
	}
	groups, err := plan(name, t)
	if err != nil || len(groups) == 0 {
		return c, err
	}
	last, err := w.Catalog.LastCompaction(ctx)
	if err != nil {
		return c, err
	}
	id := chain.CompactionID(last + 1)
	dir, err := w.Catalog.Disk.StagingDir("compact-" + id)
	if err != nil {
		return c, err
	}
	m := w.Catalog.NewMove(dir)
	m.Compaction = id
	defer func() { err = errors.Join(err, m.Tidy()) }()
	r := rewrite{Rewriter: w, name: name, id: id, move: m}
	for _, g := range groups {
		if err := r.group(ctx, g); err != nil {
			return c, err
		}
	}
	records, err := w.Catalog.RecordsHead(ctx)
	if err != nil {
		return c, err
	}
	props := r.properties(records)
	err = m.Commit(ctx, func() error {
		next, err := r.change(ctx, t, props)
		if err != nil {
			return err
		}
		return w.Catalog.ApplyLinked(ctx, []catalog.Change{next}, m.Hashes(), r.gone)
	})
	if err != nil {
		return Compacted{}, err
	}
	return r.done, w.Catalog.Refresh(ctx)
}

// rewrite is the compaction of one table.
type rewrite struct {
	*Rewriter
	name  string
	id    string
	move  *catalog.Move
	old   []iceberg.DataFile
	gone  []chain.FileHash // the old files' hashes
	files []pages.StagedFile
	done  Compacted
}

// group writes the file that takes the place of some.
func (r *rewrite) group(ctx context.Context, g group) error {
	var paths []string
	for _, f := range g.files {
		path, err := r.Catalog.Here(f.FilePath())
		if err != nil {
			return err
		}
		sum, err := r.Catalog.Disk.HashFile(path)
		if err != nil {
			return err
		}
		paths = append(paths, path)
		r.gone = append(r.gone, chain.FileHash{Name: r.Catalog.Disk.Relative(path), SHA256: sum.SHA256})
		r.done.BytesBefore += f.FileSizeBytes()
	}
	rel := filepath.Join(g.folder, fmt.Sprintf("%s-%05d.parquet", r.id, len(r.files)))
	staged := filepath.Join(r.move.Dir, "data", rel)
	f, err := r.Compactors[r.name].Write(ctx, r.Catalog.Disk, r.Codec, paths, staged, rel)
	if err != nil {
		return err
	}
	if err := r.Catalog.Disk.SyncFile(f.Path); err != nil {
		return err
	}
	size, err := store.Size(f.Path)
	if err != nil {
		return err
	}
	if rel, err = r.Catalog.Disk.Unique(rel); err != nil {
		return err
	}
	to := filepath.Join(r.Catalog.TableDir(r.name), "data", rel)
	r.move.Add(f.Path, to, f.SHA256)
	f.Path = to
	r.old, r.files = append(r.old, g.files...), append(r.files, f)
	r.done.Table, r.done.FilesBefore, r.done.FilesAfter = r.name, len(r.old), len(r.files)
	r.done.Rows, r.done.BytesAfter = r.done.Rows+f.Rows, r.done.BytesAfter+size
	return nil
}

// properties gives the summary of the compaction's snapshot: what it replaced,
// what it wrote, and its link of the chain.
func (r *rewrite) properties(records string) iceberg.Properties {
	p := iceberg.Properties{
		chain.PropCompaction: r.id, chain.PropAfter: r.Catalog.LastBatchID(), chain.PropRows: strconv.FormatInt(r.done.Rows, 10),
		chain.PropFilesSHA256: chain.FilesSHA256(r.move.Hashes()), chain.PropReplacedSHA256: chain.FilesSHA256(r.gone),
		chain.PropCompactedAt: r.Now().UTC().Format(time.RFC3339Nano), chain.PropPreviousChain: r.Catalog.LastChain(),
	}
	if records != "" {
		p[chain.PropRecords] = records
	}
	p[chain.PropChain] = chain.Value(p)
	return p
}

// change builds the table's next state.
func (r *rewrite) change(ctx context.Context, base *catalog.Table, props iceberg.Properties) (catalog.Change, error) {
	c := catalog.Change{Name: r.name, Base: base}
	tbl := r.Catalog.TableOf(r.name, base.Iceberg.Metadata(), base.Location)
	var files []iceberg.DataFile
	for _, f := range r.files {
		df, err := r.Catalog.DataFile(ctx, tbl, f)
		if err != nil {
			return c, err
		}
		files = append(files, df)
	}
	c.Meta = base.Iceberg.Metadata()
	var err error
	c.Meta, c.Props, err = r.Catalog.Snapshotted(c, base.Location, nil, props, func(_ *table.Table, tx *table.Transaction, props iceberg.Properties) error {
		return tx.NewRewrite(props).ApplyResult(table.CompactionGroupResult{OldDataFiles: r.old, NewDataFiles: files}).Commit(ctx)
	})
	return c, err
}
