package lake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/apache/iceberg-go"
)

// SweepOrphans removes what commits that were cut short left in the tables'
// metadata folders, and half-written files. It gives their number, and the
// paths (below the lake folder) of files of rows or sources that nothing refers
// to: no crash leaves such, so they are left alone for a person to look at. The
// lake must be locked.
func (l *Lake) SweepOrphans(ctx context.Context) (removed int, unknown []string, err error) {
	if err := l.refresh(ctx); err != nil {
		return 0, nil, l.fail("sweep", l.cfg.Root, err)
	}
	known, err := l.referred()
	if err != nil {
		return 0, nil, l.fail("sweep", l.cfg.Root, err)
	}
	for _, folder := range []string{namespace + ".db", "raw", filepath.Join("people", "raw"), certificatesDir} {
		err := filepath.WalkDir(filepath.Join(l.cfg.Root, folder), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() || known[path] {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			metadata := folder == namespace+".db" && filepath.Base(filepath.Dir(path)) == "metadata"
			if metadata || strings.HasSuffix(path, ".tmp") {
				removed++
				return l.dropUnneeded(ctx, path)
			}
			if folder != certificatesDir { // certificates are judged by the state database
				unknown = append(unknown, l.relative(path))
			}
			return nil
		})
		if err != nil {
			return removed, unknown, l.fail("sweep", l.cfg.Root, err)
		}
	}
	sort.Strings(unknown)
	return removed, unknown, nil
}

// referred gives the paths of all files that the tables, in any of their
// snapshots, and the batches refer to.
func (l *Lake) referred() (map[string]bool, error) {
	l.mu.Lock()
	tables := make(map[string]*loadedTable, len(l.tables))
	for name, t := range l.tables {
		tables[name] = t
	}
	heads := l.previous
	l.mu.Unlock()
	known := map[string]bool{}
	for name, t := range tables {
		keep, err := l.metadataFiles(t)
		if err != nil {
			return nil, err
		}
		for base := range keep {
			known[filepath.Join(l.tableDir(name), "metadata", base)] = true
		}
		if err := l.referredData(t, known); err != nil {
			return nil, err
		}
	}
	for _, h := range heads {
		path, err := l.rawPath(h.feed, h.sha256)
		if errors.Is(err, os.ErrNotExist) {
			continue // erased, or for verify to tell
		}
		if err != nil {
			return nil, err
		}
		known[path] = true
	}
	return known, nil
}

// referredData adds the data files of all snapshots of a table. Snapshots share
// manifests; each is read once.
func (l *Lake) referredData(t *loadedTable, known map[string]bool) error {
	read := map[string]bool{}
	for _, snap := range t.tbl.Metadata().Snapshots() {
		manifests, err := l.manifests(&snap)
		if err != nil {
			return err
		}
		for _, m := range manifests {
			if read[m.FilePath()] {
				continue
			}
			read[m.FilePath()] = true
			err := l.eachEntry(m, func(e iceberg.ManifestEntry) error {
				path, err := l.files.here(e.DataFile().FilePath())
				known[path] = true
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
