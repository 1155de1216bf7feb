package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"

	"carat/pipeline"
)

// RowSet names staged rows by source line and key, in 16 bytes each. A line
// alone doesn't name a row: one line of a rate history gives a row for every
// currency. Rows of one line are told apart by a 64-bit hash of their keys,
// seeded at random; Drop counts what it finds, so that a chance collision ends
// in an error, never in a lost row.
type RowSet struct {
	seed   maphash.Seed
	rows   []namedRow
	sorted bool
}

type namedRow struct {
	line int64
	key  uint64
}

func (a namedRow) compare(b namedRow) int {
	return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.key, b.key))
}

// NewRowSet makes an empty set.
func NewRowSet() *RowSet { return &RowSet{seed: maphash.MakeSeed(), sorted: true} }

// Add names a row; key is what its AppendKey gives.
func (s *RowSet) Add(line int64, key string) {
	r := namedRow{line, maphash.String(s.seed, key)}
	s.sorted = s.sorted && (len(s.rows) == 0 || s.rows[len(s.rows)-1].compare(r) < 0)
	s.rows = append(s.rows, r)
}

// Len is the number of rows named.
func (s *RowSet) Len() int {
	s.sort()
	return len(s.rows)
}

func (s *RowSet) sort() {
	if !s.sorted {
		slices.SortFunc(s.rows, namedRow.compare)
		s.rows, s.sorted = slices.Compact(s.rows), true
	}
}

// between gives where the rows of the lines from first to last stand.
func (s *RowSet) between(first, last int64) (from, to int) {
	at := func(line int64) int {
		i, _ := slices.BinarySearchFunc(s.rows, line, func(r namedRow, line int64) int { return cmp.Compare(r.line, line) })
		return i
	}
	return at(first), at(last + 1)
}

// find gives where a row stands in the set.
func (s *RowSet) find(line int64, key []byte) (int, bool) {
	return slices.BinarySearchFunc(s.rows, namedRow{line, maphash.Bytes(s.seed, key)}, namedRow.compare)
}

// Drop takes rows out of the stage: duplicates and conflicts that were found
// after they were written. Only the files that hold lines of such rows are
// written anew; a file that loses all its rows goes. It fails when a row isn't
// there, or is there more than once.
func (s *Stage[T, P]) Drop(ctx context.Context, drop *RowSet) error {
	if drop.Len() == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sortFiles()
	found := make([]uint8, drop.Len()) // how often each row was, 2 for more
	var kept []stagedFile
	for _, f := range s.files {
		if from, to := drop.between(f.minLine, f.maxLine); from == to {
			kept = append(kept, f)
			continue
		}
		g, err := s.rewrite(ctx, f, drop, found)
		if err != nil {
			return s.lake.fail("take rows out of", s.batchID, err)
		}
		if g.Rows > 0 {
			kept = append(kept, g)
		}
	}
	for i, times := range found {
		if times != 1 {
			return pipeline.Errorf(pipeline.KindInternal, "take rows out of", s.batchID, "line %d: a row that was named is there %s",
				drop.rows[i].line, map[bool]string{true: "not at all", false: "more than once"}[times == 0])
		}
	}
	s.files = kept
	for _, r := range drop.rows {
		s.stale[r.line/groupLines] = true
	}
	return nil
}

// rewrite writes a staged file without some rows, in its place, and counts how
// often each was found.
func (s *Stage[T, P]) rewrite(ctx context.Context, f stagedFile, without *RowSet, found []uint8) (_ stagedFile, err error) {
	in, err := os.Open(f.Path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	r, err := newReader[T](in)
	if err != nil {
		return f, err
	}
	defer r.Close()
	defer recoverReading(&err)
	path := f.Path + ".new"
	w, err := newFileWriter[T](s.lake, path, f.Rel, pageBytes, bloomColumns(s.feed), noBounds(s.feed.Name))
	if err != nil {
		return f, err
	}
	rows := make([]T, pipeline.BatchRows)
	var key []byte
	for {
		if err := ctx.Err(); err != nil {
			return f, errors.Join(err, w.f.Close())
		}
		clear(rows)
		n, rerr := r.Read(rows)
		keep := rows[:0]
		for i := range rows[:n] {
			row := P(&rows[i])
			key = row.AppendKey(key[:0])
			if at, named := without.find(row.Origin().SourceLine, key); named {
				found[at] = min(found[at]+1, 2)
				continue
			}
			keep = append(keep, rows[i])
		}
		if len(keep) > 0 {
			noteRange[T, P](&w.file, keep, s.feed.Reference)
			if err := w.write(keep); err != nil {
				return f, errors.Join(err, w.f.Close())
			}
		}
		if errors.Is(rerr, io.EOF) {
			break
		}
		if rerr != nil {
			return f, errors.Join(fmt.Errorf("read back: %w", rerr), w.f.Close())
		}
	}
	g, err := w.close()
	if err != nil {
		return f, err
	}
	if g.Rows == 0 {
		return g, errors.Join(s.lake.disk.remove(path), s.lake.disk.remove(f.Path))
	}
	g.Path = f.Path
	if err := s.lake.disk.syncFile(path); err != nil {
		return f, err
	}
	return g, s.lake.disk.rename(path, f.Path)
}

// noteRange keeps a file's range of lines and its first event.
func noteRange[T any, P rowPointer[T]](f *stagedFile, rows []T, reference bool) {
	for i := range rows {
		row := P(&rows[i])
		line := row.Origin().SourceLine
		if f.maxLine == 0 || line < f.minLine {
			f.minLine = line
		}
		f.maxLine = max(f.maxLine, line)
		if at := row.EventMicros(); !reference && (f.minEvent == 0 || at < f.minEvent) {
			f.minEvent = at
		}
	}
}
