package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/apache/iceberg-go/table"
)

// sweep clears the staging folder. Where a crash fell between moving files and
// committing them, the files moved are taken out of the tables again; where it
// fell after the commit, what was left to do is done. The lock is held.
func (l *Lake) sweep(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(l.cfg.Root, "staging"))
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return l.refreshRaw(ctx)
	}
	if err := l.refresh(ctx); err != nil {
		return err
	}
	for _, e := range entries {
		dir := filepath.Join(l.cfg.Root, "staging", e.Name())
		if err := l.sweepOne(ctx, dir); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		if err := l.disk.removeAll(dir); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lake) sweepOne(ctx context.Context, dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, moveNote))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	var m move
	if err := json.Unmarshal(content, &m); err != nil {
		return err
	}
	committed, err := l.isCommitted(&m)
	if err != nil {
		return err
	}
	if committed {
		if err := l.takePending(ctx, dir); err != nil {
			return err
		}
	}
	tables := map[string]bool{}
	for _, rel := range m.To {
		if !filepath.IsLocal(rel) {
			return fmt.Errorf("%s names %q", moveNote, rel)
		}
		if !committed {
			if err := l.disk.remove(filepath.Join(l.cfg.Root, rel)); err != nil {
				return err
			}
		}
		if parts := strings.Split(filepath.ToSlash(rel), "/"); parts[0] == namespace+".db" && len(parts) > 1 {
			tables[parts[1]] = true
		}
	}
	if m.Batch != "" {
		tables[rejectsTable] = true
		for name := range l.rawInfo {
			tables[name] = true // a batch without rows moved no table file
		}
	}
	for name := range tables {
		if err := l.sweepMetadata(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// sweepMetadata removes metadata files of a table that its current metadata
// doesn't lead to: what a commit had written when it was cut short, or had not
// yet removed.
func (l *Lake) sweepMetadata(ctx context.Context, name string) error {
	dir := filepath.Join(l.tableDir(name), "metadata")
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	keep := map[string]bool{}
	if t, ok := l.tableCalled(name); ok {
		if keep, err = l.metadataFiles(t); err != nil {
			return err
		}
	}
	for _, e := range entries {
		if !keep[e.Name()] {
			if err := l.dropUnneeded(ctx, filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropUnneeded removes a file that no snapshot needs, first from the inventory.
func (l *Lake) dropUnneeded(ctx context.Context, path string) error {
	if err := l.unlist(ctx, path); err != nil {
		return err
	}
	return l.disk.remove(path)
}

// metadataFiles gives the base names of all metadata files of a table in use.
func (l *Lake) metadataFiles(t *loadedTable) (map[string]bool, error) {
	keep := map[string]bool{path.Base(t.location): true}
	meta := t.tbl.Metadata()
	for e := range meta.PreviousFiles() {
		keep[path.Base(e.MetadataFile)] = true
	}
	for _, snap := range meta.Snapshots() {
		keep[path.Base(snap.ManifestList)] = true
		if err := l.keepManifests(&snap, keep); err != nil {
			return nil, err
		}
	}
	return keep, nil
}

func (l *Lake) keepManifests(snap *table.Snapshot, keep map[string]bool) error {
	manifests, err := l.manifests(snap)
	if err != nil {
		return err
	}
	for _, m := range manifests {
		keep[path.Base(m.FilePath())] = true
	}
	return nil
}
