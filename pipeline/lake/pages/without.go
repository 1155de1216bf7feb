package pages

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"carat/pipeline"
	"carat/pipeline/lake/store"
)

// Without writes a staged file of a feed's rows without some of them, in its place. Of a file
// that loses all its rows nothing is left.
func Without[T any, P RowPointer[T]](ctx context.Context, disk *store.Disk, codec *Codec, feed pipeline.Feed, f StagedFile, drop func(row P) bool) (_ StagedFile, err error) {
	in, err := os.Open(f.Path)
	if err != nil {
		return f, err
	}
	defer in.Close()
	r, err := NewReader[T](in)
	if err != nil {
		return f, err
	}
	defer r.Close()
	defer RecoverReading(&err)
	path := f.Path + ".new"
	w, err := NewFileWriter[T](disk, codec, path, f.Rel, PageBytes, BloomColumns(feed))
	if err != nil {
		return f, err
	}
	rows := make([]T, pipeline.BatchRows)
	for {
		if err := ctx.Err(); err != nil {
			return f, errors.Join(err, w.Abandon())
		}
		clear(rows)
		n, rerr := r.Read(rows)
		keep := rows[:0]
		for i := range rows[:n] {
			if !drop(P(&rows[i])) {
				keep = append(keep, rows[i])
			}
		}
		if len(keep) > 0 {
			noteRange[T, P](&w.File, keep, feed.Reference)
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
		return g, errors.Join(disk.Remove(path), disk.Remove(f.Path))
	}
	g.Path = f.Path
	if err := disk.SyncFile(path); err != nil {
		return f, err
	}
	return g, disk.Rename(path, f.Path)
}

// noteRange keeps a file's range of lines and its first event.
func noteRange[T any, P RowPointer[T]](f *StagedFile, rows []T, reference bool) {
	for i := range rows {
		row := P(&rows[i])
		f.NoteLine(row.Origin().SourceLine)
		if at := row.EventMicros(); !reference && (f.MinEvent == 0 || at < f.MinEvent) {
			f.MinEvent = at
		}
	}
}
