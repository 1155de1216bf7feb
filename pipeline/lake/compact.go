package lake

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

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Bounds of compaction. They count rows, because rows are what reading and
// verifying a file costs memory for.
const (
	// A file below this is small, and so is what an earlier compaction made of
	// few rows.
	compactSmallRows = 1 << 18
	// A file that compaction writes holds up to this many rows; they are sorted
	// in memory, about 150 bytes each.
	compactFileRows = 1 << 20
	// Fewer small files in a folder are left alone: rewriting two into one saves
	// a reader little, and the old files stay.
	compactFilesMin = 4
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

// Compact rewrites the small files of each raw table's folders as few larger
// ones, in the order of batch and line. It changes no row. Each table is one
// transaction and one link of the hash chain. Earlier snapshots, and the files
// that they read, stay: a state as of an earlier batch is read as it was then.
// The lake must be locked. On an error the tables done before stay compacted.
func (l *Lake) Compact(ctx context.Context, done func(Compacted)) ([]Compacted, error) {
	if err := l.refresh(ctx); err != nil {
		return nil, l.fail("compact", l.cfg.Root, err)
	}
	var all []Compacted
	for _, name := range l.rawNames() {
		c, err := l.compactTable(ctx, name)
		if err != nil {
			return all, l.fail("compact table", name, err)
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

// rawNames lists the raw tables, rejects included.
func (l *Lake) rawNames() []string {
	names := []string{rejectsTable}
	for name := range l.rawInfo {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// compactGroup is the small files of one folder that become one file.
type compactGroup struct {
	folder string // below the table's data folder
	files  []iceberg.DataFile
}

// compactPlan finds what to rewrite in a table.
func (l *Lake) compactPlan(name string, t *loadedTable) ([]compactGroup, error) {
	snap := t.tbl.CurrentSnapshot()
	if snap == nil {
		return nil, nil
	}
	files, err := l.dataFiles(snap)
	if err != nil {
		return nil, err
	}
	folders := map[string][]iceberg.DataFile{}
	data := l.files.record(filepath.Join(l.tableDir(name), "data"))
	for _, f := range files {
		if f.Count() >= compactSmallRows {
			continue
		}
		rel, ok := strings.CutPrefix(f.FilePath(), data)
		if !ok {
			return nil, fmt.Errorf("file %s doesn't lie in the table's folder", f.FilePath())
		}
		folder := strings.Trim(filepath.Dir(rel), "/")
		folders[folder] = append(folders[folder], f)
	}
	var groups []compactGroup
	for folder, files := range folders {
		sort.Slice(files, func(i, j int) bool { return files[i].FilePath() < files[j].FilePath() })
		g, rows := compactGroup{folder: folder}, int64(0)
		for _, f := range files {
			if rows+f.Count() > compactFileRows {
				groups = append(groups, g)
				g, rows = compactGroup{folder: folder}, 0
			}
			g.files = append(g.files, f)
			rows += f.Count()
		}
		groups = append(groups, g)
	}
	groups = slices.DeleteFunc(groups, func(g compactGroup) bool { return len(g.files) < compactFilesMin })
	sort.Slice(groups, func(i, j int) bool { return groups[i].files[0].FilePath() < groups[j].files[0].FilePath() })
	return groups, nil
}

func (l *Lake) compactTable(ctx context.Context, name string) (c Compacted, err error) {
	t, ok := l.tableCalled(name)
	if !ok {
		return c, errors.New("no such table")
	}
	groups, err := l.compactPlan(name, t)
	if err != nil || len(groups) == 0 {
		return c, err
	}
	id := compactionIDOf(l.lastCompaction() + 1)
	dir, err := l.StagingDir("compact-" + id)
	if err != nil {
		return c, err
	}
	m := &move{lake: l, dir: dir, Compaction: id}
	defer func() { err = errors.Join(err, m.tidy()) }()
	r := rewrite{lake: l, name: name, id: id, move: m}
	for _, g := range groups {
		if err := r.group(ctx, g); err != nil {
			return c, err
		}
	}
	props := r.properties()
	err = m.run(ctx, func() error {
		next, err := r.change(ctx, t, props)
		if err != nil {
			return err
		}
		return l.apply(ctx, []change{next}, nil)
	})
	if err != nil {
		return Compacted{}, err
	}
	return r.done, l.refresh(ctx)
}

// rewrite is the compaction of one table.
type rewrite struct {
	lake  *Lake
	name  string
	id    string
	move  *move
	old   []iceberg.DataFile
	gone  []fileHash // the old files' hashes
	files []stagedFile
	done  Compacted
}

// group writes the file that takes the place of some.
func (r *rewrite) group(ctx context.Context, g compactGroup) error {
	l := r.lake
	var paths []string
	for _, f := range g.files {
		path, err := l.files.here(f.FilePath())
		if err != nil {
			return err
		}
		sum, err := hashFile(path)
		if err != nil {
			return err
		}
		paths = append(paths, path)
		r.gone = append(r.gone, fileHash{name: l.relative(path), sha256: sum})
		r.done.BytesBefore += f.FileSizeBytes()
	}
	rel := filepath.Join(g.folder, fmt.Sprintf("%s-%05d.parquet", r.id, len(r.files)))
	staged := filepath.Join(r.move.dir, "data", rel)
	f, err := l.compactors[r.name].write(ctx, l, paths, staged, rel)
	if err != nil {
		return err
	}
	if err := l.disk.syncFile(f.Path); err != nil {
		return err
	}
	size, err := fileSize(f.Path)
	if err != nil {
		return err
	}
	to := filepath.Join(l.tableDir(r.name), "data", rel)
	r.move.add(f.Path, to, f.SHA256)
	f.Path = to
	r.old, r.files = append(r.old, g.files...), append(r.files, f)
	r.done.Table, r.done.FilesBefore, r.done.FilesAfter = r.name, len(r.old), len(r.files)
	r.done.Rows, r.done.BytesAfter = r.done.Rows+f.Rows, r.done.BytesAfter+size
	return nil
}

// properties gives the summary of the compaction's snapshot: what it replaced,
// what it wrote, and its link of the chain.
func (r *rewrite) properties() iceberg.Properties {
	l := r.lake
	p := iceberg.Properties{
		propCompaction: r.id, propAfter: l.lastHead().id, propRows: strconv.FormatInt(r.done.Rows, 10),
		propFilesSHA256: filesSHA256(r.move.hashes()), propReplacedSHA256: filesSHA256(r.gone),
		propCompactedAt: l.cfg.Now().UTC().Format(time.RFC3339Nano), propPreviousChain: l.lastChain(),
	}
	p[propChain] = chainValue(p)
	return p
}

// change builds the table's next state.
func (r *rewrite) change(ctx context.Context, base *loadedTable, props iceberg.Properties) (change, error) {
	l := r.lake
	c := change{name: r.name, base: base}
	tbl := table.New(table.Identifier{namespace, r.name}, base.tbl.Metadata(), base.location, l.fsys, nil)
	var files []iceberg.DataFile
	for _, f := range r.files {
		df, err := table.FileToDataFile(ctx, l.files, l.files.record(f.Path), tbl.Schema(), tbl.Spec(), 0, tbl.Properties())
		if err != nil {
			return c, fmt.Errorf("%s: %w", filepath.Base(f.Path), err)
		}
		if df.Count() != f.Rows {
			return c, fmt.Errorf("%s holds %d rows, %d were written", filepath.Base(f.Path), df.Count(), f.Rows)
		}
		files = append(files, df)
	}
	tx := tbl.NewTransaction()
	if err := tx.NewRewrite(props).ApplyResult(table.CompactionGroupResult{OldDataFiles: r.old, NewDataFiles: files}).Commit(ctx); err != nil {
		return c, err
	}
	commit, err := tx.TableCommit()
	if err != nil {
		return c, err
	}
	c.meta, err = table.UpdateTableMetadata(base.tbl.Metadata(), commit.Updates, base.location)
	return c, err
}

// dataFiles lists the files of a snapshot as Iceberg tells them.
func (l *Lake) dataFiles(snap *table.Snapshot) ([]iceberg.DataFile, error) {
	var files []iceberg.DataFile
	err := l.eachEntryOf(snap, func(e iceberg.ManifestEntry) error {
		files = append(files, e.DataFile())
		return nil
	})
	return files, err
}
