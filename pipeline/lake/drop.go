package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"carat/pipeline"
)

// Drop takes rows out of the stage by their source lines: duplicates and
// conflicts that were found after they were written. Only the files that hold
// such lines are written anew; a file that loses all its rows goes. It fails
// when a line isn't there, or is there more than once while asked for once.
func (s *Stage[T, P]) Drop(ctx context.Context, lines []int64) error {
	if len(lines) == 0 {
		return nil
	}
	lines = slices.Clone(lines)
	slices.Sort(lines)
	lines = slices.Compact(lines)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sortFiles()
	gone := int64(0)
	var kept []stagedFile
	for _, f := range s.files {
		from, _ := slices.BinarySearch(lines, f.minLine)
		to, _ := slices.BinarySearch(lines, f.maxLine+1)
		if from == to {
			kept = append(kept, f)
			continue
		}
		g, err := s.rewrite(ctx, f, lines[from:to])
		if err != nil {
			return s.lake.fail("take rows out of", s.batchID, err)
		}
		gone += f.Rows - g.Rows
		if g.Rows > 0 {
			kept = append(kept, g)
		}
	}
	if gone != int64(len(lines)) {
		return pipeline.Errorf(pipeline.KindInternal, "take rows out of", s.batchID, "%d lines were named and %d rows were found", len(lines), gone)
	}
	s.files = kept
	for _, line := range lines {
		s.stale[line/groupLines] = true
	}
	return nil
}

// rewrite writes a staged file without some lines, in its place.
func (s *Stage[T, P]) rewrite(ctx context.Context, f stagedFile, without []int64) (_ stagedFile, err error) {
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
	for {
		if err := ctx.Err(); err != nil {
			return f, errors.Join(err, w.f.Close())
		}
		clear(rows)
		n, rerr := r.Read(rows)
		keep := rows[:0]
		for i := range rows[:n] {
			if _, drop := slices.BinarySearch(without, P(&rows[i]).Origin().SourceLine); !drop {
				keep = append(keep, rows[i])
			}
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
