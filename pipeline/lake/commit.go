package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"carat/pipeline"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Commit puts the batch into the lake: the raw bytes, the Parquet files, then
// the snapshots of the feed's table and of the rejects in one transaction. It
// fills in what only the lake knows (hashes, sizes, first event), moves the
// repeated rows that it left out (Duplicates) from accepted to duplicate, and
// gives the batch as committed. On an error nothing of the batch is in the lake.
func (s *Stage[T, P]) Commit(ctx context.Context, b pipeline.Batch) (CommittedBatch, error) {
	c, err := s.commit(ctx, b)
	if err != nil {
		_ = s.Discard() // what it can't remove, the next lock sweeps
		return CommittedBatch{}, s.lake.fail("commit batch", s.batchID, err)
	}
	return c, nil
}

func (s *Stage[T, P]) commit(ctx context.Context, b pipeline.Batch) (CommittedBatch, error) {
	l := s.lake
	b, err := s.complete(b)
	if err != nil {
		return CommittedBatch{}, err
	}
	if err := l.refreshRaw(ctx); err != nil {
		return CommittedBatch{}, err
	}
	last := l.lastHead()
	seq, err := batchSeq(s.batchID)
	if err != nil || seq != last.seq+1 {
		return CommittedBatch{}, errors.Join(err, fmt.Errorf("the next batch is %s: %w", batchIDOf(last.seq+1), errMoved))
	}
	m := &move{lake: l, dir: s.dir, Batch: s.batchID}
	s.move = m
	files, rejects, err := s.placeFiles(m)
	if err != nil {
		return CommittedBatch{}, err
	}
	props, err := batchProperties(b, seq, m.hashes(), l.lastChain())
	if err != nil {
		return CommittedBatch{}, err
	}
	err = m.run(ctx, func() error {
		changes, err := l.appendChanges(ctx, []tableAppend{{name: s.feed.Name, files: files, props: props}})
		if err != nil {
			return err
		}
		if len(rejects) > 0 {
			more, err := l.appendChanges(ctx, []tableAppend{{name: rejectsTable, files: rejects,
				props: iceberg.Properties{propRejectsOf: s.batchID, propFeed: b.Feed, propSource: b.Source}}})
			if err != nil {
				return err
			}
			changes = append(changes, more...)
		}
		return l.apply(ctx, changes, nil)
	})
	if err != nil {
		return CommittedBatch{}, err
	}
	return s.afterCommit(ctx, b, seq)
}

// complete ends what is still being written and fills in the batch.
func (s *Stage[T, P]) complete(b pipeline.Batch) (pipeline.Batch, error) {
	sha, size, err := s.SHA256()
	if err != nil {
		return b, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return b, errors.New("the batch was committed or discarded before")
	}
	if err := s.sync.wait(); err != nil {
		return b, err
	}
	d, err := s.rowsDigest()
	if err != nil {
		return b, err
	}
	s.sortFiles()
	b.FirstEvent = time.Time{}
	for _, f := range s.files {
		if at := time.UnixMicro(f.minEvent).UTC(); !s.feed.Reference && (b.FirstEvent.IsZero() || at.Before(b.FirstEvent)) {
			b.FirstEvent = at
		}
	}
	b.ID, b.Feed, b.RowsSHA256 = s.batchID, s.feed.Name, d.SHA256
	b.RowsAccepted -= s.twice
	b.RowsDuplicate += s.twice
	switch {
	case b.SourceSHA256 != "" && b.SourceSHA256 != sha:
		return b, pipeline.Errorf(pipeline.KindBadInput, "ingest", b.Source, "the file changed while it was being read").
			WithHint("wait until the file is complete and run again; nothing was ingested")
	case d.Rows != b.RowsAccepted:
		return b, fmt.Errorf("%d rows are staged and %d were counted as accepted", d.Rows, b.RowsAccepted)
	case b.RowsRead != b.RowsAccepted+b.RowsRejected+b.RowsDuplicate:
		return b, fmt.Errorf("rows read %d is not accepted %d + rejected %d + duplicate %d", b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate)
	}
	b.SourceSHA256, b.SourceBytes = sha, size
	return b, nil
}

// placeFiles says where each staged file goes, and writes what isn't written.
func (s *Stage[T, P]) placeFiles(m *move) (files, rejects []stagedFile, err error) {
	l := s.lake
	raw := filepath.Join(l.rawDir(s.feed.Name), s.raw.hex[:2], s.raw.hex+s.raw.ext)
	if !fileExists(raw) {
		m.add(s.raw.path, raw, "")
	}
	for _, f := range s.files {
		to := filepath.Join(l.tableDir(s.feed.Name), "data", f.Rel)
		m.add(f.Path, to, f.SHA256)
		f.Path = to
		files = append(files, f)
	}
	if s.rejects != nil {
		f, err := s.rejects.close()
		if err != nil {
			return nil, nil, err
		}
		if err := l.disk.syncFile(f.Path); err != nil {
			return nil, nil, err
		}
		to := filepath.Join(l.tableDir(rejectsTable), "data", f.Rel)
		m.add(f.Path, to, f.SHA256)
		f.Path = to
		rejects = append(rejects, f)
	}
	return files, rejects, l.writePending(s.dir, s.batchID, s.allPeople())
}

// afterCommit tidies up. The batch is committed: an error here is only told
// when it loses something that the next lock wouldn't recover.
func (s *Stage[T, P]) afterCommit(ctx context.Context, b pipeline.Batch, seq int64) (CommittedBatch, error) {
	l := s.lake
	_ = s.keys.close()
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	if err := l.takePending(ctx, s.dir); err == nil {
		_ = l.disk.removeAll(s.dir)
	}
	if err := l.refreshRaw(ctx); err != nil {
		return CommittedBatch{Batch: b, Seq: seq, Table: b.Feed}, nil
	}
	t, _ := l.tableCalled(s.feed.Name)
	for _, snap := range t.tbl.Metadata().Snapshots() {
		if snap.Summary != nil && snap.Summary.Properties[propBatch] == b.ID {
			return readBatch(s.feed.Name, &snap)
		}
	}
	return CommittedBatch{Batch: b, Seq: seq, Table: b.Feed}, nil
}

// tableAppend is one snapshot to be: files that lie in place, maybe none.
type tableAppend struct {
	name  string
	shape *tableShape // of a table that may be missing or lack columns
	files []stagedFile
	props iceberg.Properties
}

// appendChanges builds the next state of each table with its files added. The
// tables must have been refreshed under the lock.
func (l *Lake) appendChanges(ctx context.Context, appends []tableAppend) ([]change, error) {
	var changes []change
	for _, a := range appends {
		c, err := l.appendChange(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", a.name, err)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func (l *Lake) appendChange(ctx context.Context, a tableAppend) (change, error) {
	base, ok := l.tableCalled(a.name)
	c := change{name: a.name, base: base}
	var updates []table.Update
	var meta table.Metadata
	location := ""
	switch {
	case ok:
		meta, location = base.tbl.Metadata(), base.location
		if a.shape != nil {
			var err error
			if updates, err = evolve(base.tbl, a.shape.columns); err != nil {
				return c, err
			}
		}
		updates = append(updates, newProperties(base.tbl)...)
	case a.shape != nil:
		c.base = nil
		var err error
		if meta, err = l.newTable(*a.shape); err != nil {
			return c, err
		}
	default:
		return c, errors.New("no such table")
	}
	staged := meta
	if len(updates) > 0 {
		var err error
		if staged, err = table.UpdateTableMetadata(meta, updates, ""); err != nil {
			return c, err
		}
	}
	tbl := table.New(table.Identifier{namespace, a.name}, staged, location, l.fsys, nil)
	tx := tbl.NewTransaction()
	if err := l.addFiles(ctx, tbl, tx, a); err != nil {
		return c, err
	}
	commit, err := tx.TableCommit()
	if err != nil {
		return c, err
	}
	c.meta, err = table.UpdateTableMetadata(meta, append(updates, commit.Updates...), location)
	return c, err
}

// addFiles adds one snapshot with the files. Without files it is still one: a
// batch of no accepted rows is part of the history too.
func (l *Lake) addFiles(ctx context.Context, tbl *table.Table, tx *table.Transaction, a tableAppend) error {
	if len(a.files) == 0 {
		return tx.AddFiles(ctx, nil, a.props, true)
	}
	var files []iceberg.DataFile
	for _, f := range a.files {
		df, err := table.FileToDataFile(ctx, l.files, l.files.record(f.Path), tbl.Schema(), tbl.Spec(), 0, tbl.Properties())
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(f.Path), err)
		}
		if df.Count() != f.Rows {
			return fmt.Errorf("%s holds %d rows, %d were written", filepath.Base(f.Path), df.Count(), f.Rows)
		}
		files = append(files, df)
	}
	// Names are made of batch or run ids, which the lock makes unique, so the
	// search through all earlier files for duplicates is not needed.
	return tx.AddDataFiles(ctx, files, a.props, table.WithoutAutoNameMapping(), table.WithoutDuplicateCheck())
}

// move brings staged files into place before a commit and takes them out again
// when the commit fails. Its note in the staging folder lets the next lock do
// the same after a crash.
type move struct {
	lake       *Lake
	dir        string
	Batch      string   `json:"batch,omitempty"`
	Run        string   `json:"run,omitempty"`
	Compaction string   `json:"compaction,omitempty"`
	To         []string `json:"to"` // below the lake's root
	from       []string
	sums       []string
	// unfinished: what run left behind is for the next lock to clear up.
	unfinished bool
}

const moveNote = "move.json"

func (m *move) add(from, to, sha256 string) {
	m.from = append(m.from, from)
	m.To = append(m.To, strings.TrimPrefix(to, m.lake.cfg.Root+"/"))
	m.sums = append(m.sums, sha256)
}

// hashes gives the table files among those moved (raw files have no sum).
func (m *move) hashes() []fileHash {
	var files []fileHash
	for i, to := range m.To {
		if m.sums[i] != "" {
			files = append(files, fileHash{name: filepath.ToSlash(to), sha256: m.sums[i]})
		}
	}
	return files
}

// run moves the files, durably, and commits.
func (m *move) run(ctx context.Context, commit func() error) error {
	d := m.lake.disk
	note, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := d.write(filepath.Join(m.dir, moveNote), note); err != nil {
		return err
	}
	m.lake.files.takeCreated() // of a commit before, whose outcome wasn't known
	err = m.place()
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = commit()
	}
	if err != nil {
		m.undo()
	}
	return err
}

func (m *move) place() error {
	d := m.lake.disk
	folders := map[string]bool{}
	var order []string
	for i, rel := range m.To {
		to := filepath.Join(m.lake.cfg.Root, rel)
		dir := filepath.Dir(to)
		if !folders[dir] {
			folders[dir] = true
			order = append(order, dir)
			if err := d.mkdirAll(dir); err != nil {
				return err
			}
		}
		f, err := m.listed(i)
		if err != nil {
			return err
		}
		if err := d.rename(m.from[i], to); err != nil {
			return err
		}
		m.lake.files.place(f)
	}
	for _, dir := range order {
		if err := d.syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

// listed is the inventory's line of a file to be moved.
func (m *move) listed(i int) (listedFile, error) {
	size, err := fileSize(m.from[i])
	if err != nil {
		return listedFile{}, err
	}
	sum := m.sums[i]
	if sum == "" { // a source file, which is named by the hash of what it was
		sum, err = hashFile(m.from[i])
	}
	return listedFile{filepath.ToSlash(m.To[i]), sum, size}, err
}

// undo removes the files again, and what the commit wrote of metadata. Files
// of a commit whose outcome is unknown stay, and so does the note of what
// couldn't be removed: the next lock sees to both.
func (m *move) undo() {
	if committed, err := m.lake.isCommitted(m); err != nil || committed {
		m.unfinished = true
		return
	}
	for _, rel := range m.To {
		if err := m.lake.disk.remove(filepath.Join(m.lake.cfg.Root, rel)); err != nil {
			m.unfinished = true
		}
	}
	if err := m.lake.removeMade(m.lake.files.takeCreated()); err != nil {
		m.unfinished = true
	}
}

// tidy removes the staging folder with the note, unless the next lock needs it.
func (m *move) tidy() error {
	if m.unfinished {
		return nil
	}
	return m.lake.disk.removeAll(m.dir)
}

// isCommitted asks the catalog whether what the move was for is there.
func (l *Lake) isCommitted(m *move) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := l.refresh(ctx); err != nil {
		return false, err
	}
	for _, h := range l.heads() {
		if m.Batch != "" && h.id == m.Batch {
			return true, nil
		}
	}
	if m.Compaction != "" && m.Compaction == compactionIDOf(l.lastCompaction()) {
		return true, nil
	}
	return m.Run != "" && l.hasRun(m.Run), nil
}
