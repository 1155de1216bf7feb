package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"carat/pipeline"
	"carat/pipeline/lake/pages"
)

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
	var kept []pages.StagedFile
	for _, f := range s.files {
		if from, to := drop.Between(f.MinLine, f.MaxLine); from == to {
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
				drop.Line(i), map[bool]string{true: "not at all", false: "more than once"}[times == 0])
		}
	}
	s.files = kept
	for i := range drop.Len() {
		s.stale[drop.Line(i)/pages.GroupLines] = true
	}
	return nil
}

// rewrite writes a staged file without some rows, in its place, and counts how
// often each was found.
func (s *Stage[T, P]) rewrite(ctx context.Context, f pages.StagedFile, without *RowSet, found []uint8) (_ pages.StagedFile, err error) {
	in, err := os.Open(f.Path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	r, err := pages.NewReader[T](in)
	if err != nil {
		return f, err
	}
	defer r.Close()
	defer pages.RecoverReading(&err)
	path := f.Path + ".new"
	w, err := pages.NewFileWriter[T](s.lake.disk, s.lake.codec, path, f.Rel, pages.PageBytes, pages.BloomColumns(s.feed))
	if err != nil {
		return f, err
	}
	rows := make([]T, pipeline.BatchRows)
	var key []byte
	for {
		if err := ctx.Err(); err != nil {
			return f, errors.Join(err, w.Abandon())
		}
		clear(rows)
		n, rerr := r.Read(rows)
		keep := rows[:0]
		for i := range rows[:n] {
			row := P(&rows[i])
			key = row.AppendKey(key[:0])
			if at, named := without.Find(row.Origin().SourceLine, key); named {
				found[at] = min(found[at]+1, 2)
				continue
			}
			keep = append(keep, rows[i])
		}
		if len(keep) > 0 {
			noteRange[T, P](&w.File, keep, s.feed.Reference)
			if err := w.Write(keep); err != nil {
				return f, errors.Join(err, w.Abandon())
			}
		}
		if errors.Is(rerr, io.EOF) {
			break
		}
		if rerr != nil {
			return f, errors.Join(fmt.Errorf("read back: %w", rerr), w.Abandon())
		}
	}
	g, err := w.Close()
	if err != nil {
		return f, err
	}
	if g.Rows == 0 {
		return g, errors.Join(s.lake.disk.Remove(path), s.lake.disk.Remove(f.Path))
	}
	g.Path = f.Path
	if err := s.lake.disk.SyncFile(path); err != nil {
		return f, err
	}
	return g, s.lake.disk.Rename(path, f.Path)
}

// noteRange keeps a file's range of lines and its first event.
func noteRange[T any, P pages.RowPointer[T]](f *pages.StagedFile, rows []T, reference bool) {
	for i := range rows {
		row := P(&rows[i])
		f.NoteLine(row.Origin().SourceLine)
		if at := row.EventMicros(); !reference && (f.MinEvent == 0 || at < f.MinEvent) {
			f.MinEvent = at
		}
	}
}
