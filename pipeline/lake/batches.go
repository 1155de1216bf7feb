package lake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/published"
	"carat/pipeline/lake/shape"
)

// AsOf names a state of the lake. The zero value is the latest.
type AsOf struct {
	Batch string    // the state just before the batch after this one: also the runs that read no later batch
	Time  time.Time // the state at this instant; with a batch: of the result tables, an instant of PublishedAt
}

// NextBatchID is the id that the next batch must have. Ask under the lock.
func (l *Lake) NextBatchID() string { return chain.BatchID(l.catalog.LastBatch() + 1) }

// FindSources gives the batches that were made of a file with these bytes and stand, in order.
func (l *Lake) FindSources(ctx context.Context, feed, sha256 string) ([]chain.CommittedBatch, error) {
	if err := l.catalog.RefreshRaw(ctx); err != nil {
		return nil, l.fail("read lake", l.cfg.Root, err)
	}
	made, err := l.catalog.BatchesOfSource(ctx, feed, sha256)
	return made, l.fail("read lake", l.cfg.Root, err)
}

// MayHoldSource says whether any batch came from a file of this size. False
// saves hashing the file before it is read.
func (l *Lake) MayHoldSource(ctx context.Context, sizeBytes int64) (bool, error) {
	may, err := l.catalog.HoldsBytes(ctx, sizeBytes)
	return may, l.fail("read lake", l.cfg.Root, err)
}

// Batches gives the batches of a state in the order of commit.
func (l *Lake) Batches(ctx context.Context, at AsOf) ([]chain.CommittedBatch, error) {
	c, err := l.cut(ctx, at)
	if err != nil {
		return nil, err
	}
	return l.batchesUpTo(ctx, c.seq)
}

// batchesUpTo reads the links of batches up to one.
func (l *Lake) batchesUpTo(ctx context.Context, seq int64) ([]chain.CommittedBatch, error) {
	list, err := l.catalog.Links(ctx)
	if err != nil {
		return nil, l.fail("read lake", l.cfg.Root, err)
	}
	undone, err := l.catalog.UndoneBy(ctx, seq)
	if err != nil {
		return nil, l.fail("read lake", l.cfg.Root, err)
	}
	var all []chain.CommittedBatch
	for _, one := range list {
		if one.Kind != chain.KindBatch && one.Kind != chain.KindUndo || one.BatchNo > seq {
			continue
		}
		b, err := chain.ReadBatch(one)
		if err != nil {
			return nil, pipeline.Errorf(pipeline.KindVerification, "read history of", one.Table, "%w", err)
		}
		b.UndoneBy = undone[b.ID]
		all = append(all, b)
	}
	return all, nil
}

// without gives the batches whose rows a table doesn't show in a state, in order.
func (l *Lake) without(ctx context.Context, table string, seq int64) ([]string, error) {
	if !l.isRaw(table) {
		return nil, nil
	}
	undone, err := l.catalog.UndoneBy(ctx, seq)
	return slices.Sorted(maps.Keys(undone)), err
}

// isRaw says whether a table holds what came in.
func (l *Lake) isRaw(table string) bool {
	_, raw := l.rawInfo[table]
	return raw || table == pages.RejectsTable
}

// cutoff is a state: raw tables up to a batch, result tables of the runs that read no
// later batch, or that were published by a time.
type cutoff struct {
	seq    int64
	runSeq int64 // the last batch that a run may have read
	millis int64 // when it was published at the latest, by the snapshots' own dates
	only   []int64
}

const forever = 1<<63 - 1

func (l *Lake) cut(ctx context.Context, at AsOf) (cutoff, error) {
	if err := l.catalog.RefreshRaw(ctx); err != nil {
		return cutoff{}, l.fail("read lake", l.cfg.Root, err)
	}
	switch {
	case at.Batch != "":
		one, found, err := l.catalog.LinkNamed(ctx, at.Batch)
		if err != nil {
			return cutoff{}, l.fail("read lake", l.cfg.Root, err)
		}
		if found && (one.Kind == chain.KindBatch || one.Kind == chain.KindUndo) {
			if !at.Time.IsZero() {
				return cutoff{seq: one.BatchNo, runSeq: forever, millis: at.Time.UnixMilli()}, nil
			}
			return cutoff{seq: one.BatchNo, runSeq: one.BatchNo, millis: forever}, nil
		}
		return cutoff{}, pipeline.Misnamed("find batch", fmt.Sprintf("%q", at.Batch), "", nil, "the lake has no such batch").
			WithHint("`carat status` and `carat query` on the batches list them")
	case !at.Time.IsZero():
		by, err := l.catalog.LastBy(ctx, at.Time)
		if err != nil {
			return cutoff{}, l.fail("read lake", l.cfg.Root, err)
		}
		c := cutoff{runSeq: forever, millis: by}
		last, err := l.catalog.LastLinkBy(ctx, c.millis)
		c.seq = last.BatchNo
		return c, l.fail("read lake", l.cfg.Root, err)
	}
	return cutoff{seq: forever, runSeq: forever, millis: forever}, nil
}

// State is the lake as it was at some point, whose tables' files are listed when
// they are asked for.
type State struct {
	l      *Lake
	c      cutoff
	tables map[string]*catalog.Table
	runs   []published.Run // of the state; nil before they are asked for
}

// State gives a state. Files are never changed or removed, so a reader keeps
// what it was given whatever is committed later.
func (l *Lake) State(ctx context.Context, at AsOf) (*State, error) {
	c, err := l.cut(ctx, at)
	if err != nil {
		return nil, err
	}
	return &State{l: l, c: c, tables: l.tables()}, nil
}

// tables gives the tables of rows and results by name: not that of links, whose rows
// Batches gives.
func (l *Lake) tables() map[string]*catalog.Table {
	tables := l.catalog.Tables()
	delete(tables, links.Table)
	return tables
}

// Names gives the tables' names, in order.
func (s *State) Names() []string { return slices.Sorted(maps.Keys(s.tables)) }

// Table gives the files of a table; a table that there is none of has no columns.
func (s *State) Table(ctx context.Context, name string) (pipeline.TableFiles, error) {
	t, ok := s.tables[name]
	if !ok {
		return pipeline.TableFiles{Name: name}, nil
	}
	if s.l.isRaw(name) || s.c.latest() {
		return s.l.filesAt(ctx, name, t, s.c)
	}
	if s.runs == nil {
		var err error
		if s.runs, err = s.l.catalog.Published().Upto(ctx, s.c.runSeq, s.c.millis); err != nil {
			return pipeline.TableFiles{Name: name}, s.l.fail("read table", name, err)
		}
	}
	return s.l.resultAt(ctx, name, t, s.runs)
}

// latest says whether a state's results are those of now.
func (c cutoff) latest() bool { return c.runSeq == forever && c.millis == forever }

// resultAt gives the files of a result table of some runs. Its snapshots may have
// expired, and are not asked.
func (l *Lake) resultAt(ctx context.Context, name string, t *catalog.Table, runs []published.Run) (pipeline.TableFiles, error) {
	t, err := l.catalog.Whole(ctx, name, t)
	if err != nil {
		return pipeline.TableFiles{Name: name}, l.fail("read table", name, err)
	}
	files := pipeline.TableFiles{Name: name, Columns: shape.SQLColumns(t.Iceberg.Schema())}
	for _, r := range runs {
		held, ok := r.Table(name)
		if !ok {
			continue
		}
		paths, err := l.catalog.PathsOf(held.Files)
		if err != nil {
			return files, l.fail("read table", name, err)
		}
		files.Snapshot, files.Files = held.Snapshot, append(files.Files, paths...)
	}
	slices.Sort(files.Files)
	return files, l.fail("read table", name, l.disk.Local(ctx, files.Files))
}

// Tables gives the files of the named tables in a state, by name; of every table
// when none is named. One that there is none of is left out.
func (l *Lake) Tables(ctx context.Context, at AsOf, names ...string) ([]pipeline.TableFiles, error) {
	s, err := l.State(ctx, at)
	if err != nil {
		return nil, err
	}
	var all []pipeline.TableFiles
	for _, name := range s.Names() {
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		files, err := s.Table(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, files)
	}
	return all, nil
}

// Table is Tables for one table. It fails with KindNotFound when there is none
// of that name.
func (l *Lake) Table(ctx context.Context, name string, at AsOf) (pipeline.TableFiles, error) {
	s, err := l.State(ctx, at)
	if err != nil {
		return pipeline.TableFiles{}, err
	}
	if _, ok := s.tables[name]; !ok {
		return pipeline.TableFiles{}, pipeline.Errorf(pipeline.KindNotFound, "read table", name, "the lake has no such table")
	}
	return s.Table(ctx, name)
}

// TableOf is Table as of now, where only rows of some batches are wanted: its files hold
// all of these, and maybe others.
func (l *Lake) TableOf(ctx context.Context, name string, batches []int64) (pipeline.TableFiles, error) {
	s, err := l.State(ctx, AsOf{})
	if err != nil {
		return pipeline.TableFiles{}, err
	}
	s.c.only = batches
	return s.Table(ctx, name)
}

// filesAt gives the files of a raw table in a state, or of any of now.
func (l *Lake) filesAt(ctx context.Context, name string, t *catalog.Table, c cutoff) (pipeline.TableFiles, error) {
	t, err := l.catalog.Whole(ctx, name, t)
	if err != nil {
		return pipeline.TableFiles{Name: name}, l.fail("read table", name, err)
	}
	files := pipeline.TableFiles{Name: name, Columns: shape.SQLColumns(t.Iceberg.Schema())}
	snap := chain.UpTo(t.Iceberg.Metadata(), c.seq)
	if l.isRaw(name) && c.seq < l.catalog.LastBatch() {
		upgraded, err := l.catalog.LastUpgrade(ctx)
		if err != nil {
			return files, l.fail("read table", name, err)
		}
		// Snapshots may have expired, or read files of before there were numbers: those
		// say what was there.
		if chain.HasExpired(t.Iceberg.Metadata()) || c.seq < upgraded {
			snap, files.UpTo = t.Iceberg.CurrentSnapshot(), c.seq
		}
	}
	if snap == nil {
		return files, nil
	}
	files.Snapshot = snap.SnapshotID
	if files.Without, err = l.without(ctx, name, c.seq); err != nil {
		return files, l.fail("read table", name, err)
	}
	list, known, err := l.catalog.Mirror().FilesOf(ctx, name, c.only, l.catalog.Seen())
	if known {
		files.Files, err = l.catalog.PathsOf(list)
	} else if err == nil {
		files.Files, err = l.catalog.FilesOf(t, snap)
	}
	if err == nil {
		err = l.disk.Local(ctx, files.Files)
	}
	return files, l.fail("read table", name, err)
}

// RunIDs gives the runs whose results a state holds, in the order in which they
// were published.
func (l *Lake) RunIDs(ctx context.Context, at AsOf) ([]string, error) {
	c, err := l.cut(ctx, at)
	if err != nil {
		return nil, err
	}
	heads, err := l.catalog.Published().Heads(ctx, c.runSeq, c.millis)
	var runs []string
	for _, r := range heads {
		runs = append(runs, r.ID)
	}
	return runs, l.fail("read lake", l.cfg.Root, err)
}

// PublishedAt gives the instant at which a run's results were in the history;
// zero when they never were.
func (l *Lake) PublishedAt(ctx context.Context, run string) (time.Time, error) {
	r, found, err := l.catalog.Published().Named(ctx, run)
	if err != nil || !found {
		return time.Time{}, l.fail("read lake", l.cfg.Root, err)
	}
	return time.UnixMilli(r.DatedMs).UTC(), nil
}

// TablesOf gives the files of every raw table at the snapshots named, which are
// a run's inputs: a table without one is empty. Result tables are as they are now.
func (l *Lake) TablesOf(ctx context.Context, snapshots map[string]int64) ([]pipeline.TableFiles, error) {
	tables, err := l.Tables(ctx, AsOf{})
	if err != nil {
		return nil, err
	}
	last, err := l.lastOf(ctx, snapshots)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(snapshots)) {
		if snapshots[name] != 0 && !slices.ContainsFunc(tables, func(t pipeline.TableFiles) bool { return t.Name == name }) {
			return nil, pipeline.Errorf(pipeline.KindVerification, "read table", name, "a run read its snapshot %d, and the lake has no such table any more", snapshots[name])
		}
	}
	for i, t := range tables {
		if !l.isRaw(t.Name) {
			continue
		}
		if tables[i].Without, err = l.without(ctx, t.Name, last); err != nil {
			return nil, l.fail("read table", t.Name, err)
		}
		if t.Snapshot == snapshots[t.Name] {
			continue
		}
		tables[i].Snapshot, tables[i].Files = snapshots[t.Name], nil
		if snapshots[t.Name] == 0 {
			continue
		}
		loaded, _ := l.catalog.Table(t.Name)
		snap := loaded.Iceberg.SnapshotByID(snapshots[t.Name])
		if snap == nil { // it has expired: the numbers say what it held
			if tables[i].UpTo, err = l.heldBy(ctx, t.Name, snapshots[t.Name], last); err != nil {
				return nil, err
			}
			if snap = loaded.Iceberg.CurrentSnapshot(); snap == nil {
				return nil, l.fail("read table", t.Name, fmt.Errorf("it has no snapshot, and %d was read of it", snapshots[t.Name]))
			}
		}
		if tables[i].Files, err = l.catalog.SnapshotFiles(snap); err == nil {
			err = l.disk.Local(ctx, tables[i].Files)
		}
		if err != nil {
			return nil, l.fail("read table", t.Name, err)
		}
	}
	return tables, nil
}

// lastOf gives the last batch among the snapshots of raw tables.
func (l *Lake) lastOf(ctx context.Context, snapshots map[string]int64) (seq int64, err error) {
	for name := range l.rawInfo {
		if snapshots[name] == 0 {
			continue
		}
		one, _, err := l.catalog.LinkOfSnapshot(ctx, name, snapshots[name])
		if err != nil {
			return 0, l.fail("read table", name, err)
		}
		seq = max(seq, one.BatchNo)
	}
	return seq, nil
}

// heldBy gives the last batch that an expired snapshot of a table held. Those of rejects
// have no link: they are of the same state as the others, whose last batch is last.
func (l *Lake) heldBy(ctx context.Context, table string, snapshot, last int64) (seq int64, err error) {
	one, found, err := l.catalog.LinkOfSnapshot(ctx, table, snapshot)
	switch t, ok := l.catalog.Table(table); {
	case err != nil:
		return 0, l.fail("read table", table, err)
	case found:
		return one.BatchNo, nil
	case table == pages.RejectsTable && ok && chain.HasExpired(t.Iceberg.Metadata()):
		return last, nil
	}
	return 0, pipeline.Errorf(pipeline.KindVerification, "read table", table, "its snapshot %d, which a run read, is gone", snapshot)
}
