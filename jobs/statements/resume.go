package statements

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"carat/jobs/disk"
)

// indexUpdate replaces a period's index while its statements are written. What
// an earlier run finished, and what a run that was broken off got done, are
// both known; the new index takes their place when it is whole.
type indexUpdate struct {
	folder       string
	old, partial *indexReader
	writer       *indexWriter
	removed      int64
	broken       bool // a run was broken off since the old index was made
}

// resume begins an update. What a broken-off run wrote is kept aside, since the
// new one is written under the same name.
func resume(folder string) (u *indexUpdate, err error) {
	part, done := filepath.Join(folder, partialFile), filepath.Join(folder, partialFile+".done")
	// When both are there, the run that was to go on was itself broken off, and
	// is the one to go on from.
	if err := disk.IgnoreMissing(os.Rename(part, done)); err != nil {
		return nil, err
	}
	_, missing := os.Lstat(done)
	// The mark says that all files are those of one run. From here on they aren't.
	if err := disk.IgnoreMissing(os.Remove(filepath.Join(folder, disk.MarkFile))); err != nil {
		return nil, err
	}
	u = &indexUpdate{folder: folder, broken: missing == nil, old: &indexReader{}, partial: &indexReader{}}
	if u.old, err = openIndex(filepath.Join(folder, IndexFile)); err != nil {
		return nil, err
	}
	if u.partial, err = openIndex(done); err != nil {
		return nil, errors.Join(err, u.close())
	}
	if u.writer, err = createIndex(part); err != nil {
		return nil, errors.Join(err, u.close())
	}
	return u, nil
}

// known gives the entry of a statement: that of the broken-off run, which is
// later, else that of the last whole one.
func (u *indexUpdate) known(e *Entry) (*Entry, error) {
	later, err := u.partial.find(e, func(*Entry) error { return nil })
	if err != nil {
		return nil, err
	}
	old, err := u.old.find(e, u.remove)
	if old != nil {
		old.doubtful = u.broken
	}
	if later != nil {
		return later, err
	}
	return old, err
}

// remove takes away the files of a statement that is no more.
func (u *indexUpdate) remove(e *Entry) error {
	u.removed++
	for _, format := range Formats {
		if err := disk.IgnoreMissing(os.Remove(filepath.Join(u.folder, e.File(format)))); err != nil {
			return err
		}
	}
	// The folder stays when another statement of the creator is in it.
	err := os.Remove(filepath.Join(u.folder, filepath.FromSlash(e.Folder)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !isNotEmpty(filepath.Join(u.folder, filepath.FromSlash(e.Folder))) {
		return err
	}
	return nil
}

func isNotEmpty(folder string) bool {
	entries, err := os.ReadDir(folder)
	return err == nil && len(entries) > 0
}

// flushEvery is after how many statements the index is written through, so that
// a run that is killed goes on from there.
const flushEvery = 512

func (u *indexUpdate) add(e *Entry) error {
	if err := u.writer.add(e); err != nil {
		return err
	}
	u.writer.count++
	if u.writer.count%flushEvery == 0 {
		return u.writer.flush()
	}
	return nil
}

// finish puts the new index into its place.
func (u *indexUpdate) finish() error {
	for u.old.next != nil {
		gone := u.old.next
		u.old.advance()
		if err := u.remove(gone); err != nil {
			return err
		}
	}
	w := u.writer
	u.writer = nil
	if err := w.close(); err != nil {
		return err
	}
	part := filepath.Join(u.folder, partialFile)
	if err := os.Rename(part, filepath.Join(u.folder, IndexFile)); err != nil {
		return err
	}
	return disk.IgnoreMissing(os.Remove(part + ".done"))
}

func (u *indexUpdate) close() error {
	err := errors.Join(u.old.close(), u.partial.close())
	if u.writer != nil {
		err = errors.Join(err, u.writer.close())
	}
	return err
}

// replaceEntries puts the entries of one creator in the place of its old ones.
// Without an index there is nothing to do: it is made when all are written.
func replaceEntries(folder string, entries []Entry) (err error) {
	index := filepath.Join(folder, IndexFile)
	if _, err := os.Lstat(index); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	next := filepath.Join(folder, "."+IndexFile+".new")
	w, err := createIndex(next)
	if err != nil {
		return err
	}
	rest := slices.Clone(entries)
	err = EachEntry(index, func(e *Entry) error {
		for len(rest) > 0 && rest[0].compare(e) <= 0 {
			if err := w.add(&rest[0]); err != nil {
				return err
			}
			rest = rest[1:]
		}
		if slices.ContainsFunc(entries, func(n Entry) bool { return n.compare(e) == 0 }) {
			return nil
		}
		return w.add(e)
	})
	for i := range rest {
		err = errors.Join(err, w.add(&rest[i]))
	}
	if err = errors.Join(err, w.close()); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return os.Rename(next, index)
}

// zipStatements packs all statements and their index into one file beside their
// folder. The same statements give the same bytes.
func zipStatements(folder string) (string, error) {
	file := folder + ".zip"
	err := disk.Write(file, 0o600, func(w io.Writer) error {
		z := zip.NewWriter(w)
		pack := func(name, path string) error {
			to, err := z.CreateHeader(&zip.FileHeader{Name: filepath.ToSlash(name), Method: zip.Deflate})
			if err != nil {
				return err
			}
			return copyFile(to, path)
		}
		index := filepath.Join(folder, IndexFile)
		if err := pack(IndexFile, index); err != nil {
			return err
		}
		err := EachEntry(index, func(e *Entry) error {
			for _, format := range Formats {
				if e.SHA256[format] == "" {
					continue
				}
				if err := pack(e.File(format), filepath.Join(folder, e.File(format))); err != nil {
					return err
				}
			}
			return nil
		})
		agencies, walk := filepath.Join(folder, AgenciesFolder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(folder, path)
			return errors.Join(err, pack(name, path))
		}
		if err == nil {
			err = disk.IgnoreMissing(filepath.WalkDir(agencies, walk))
		}
		return errors.Join(err, z.Close())
	})
	return file, err
}
