package sweep

import (
	"context"
	"path/filepath"

	"carat/pipeline/lake/links"
)

// metadata removes metadata files of a table that its current metadata
// doesn't lead to: what a commit had written when it was cut short, or had not
// yet removed.
func (s *Sweeper) metadata(ctx context.Context, name string) error {
	dir := filepath.Join(s.Catalog.TableDir(name), "metadata")
	var paths []string
	err := s.disk().Walk(dir, func(path string) error { paths = append(paths, path); return nil })
	if err != nil || len(paths) == 0 {
		return err
	}
	keep := map[string]bool{}
	if t, ok := s.Catalog.Table(name); ok {
		if keep, err = s.Catalog.MetadataFiles(t); err != nil {
			return err
		}
	}
	waiting, err := s.Catalog.Listed().Waiting(ctx)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if !keep[filepath.Base(path)] && !waiting[s.disk().Relative(path)] {
			if err := s.drop(ctx, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// links removes files of the table of links that none of its snapshots reads: a
// commit writes them in place, and was cut short.
func (s *Sweeper) links(ctx context.Context) error {
	dir := filepath.Join(s.Catalog.TableDir(links.Table), "data")
	var paths []string
	err := s.disk().Walk(dir, func(path string) error { paths = append(paths, path); return nil })
	if err != nil || len(paths) == 0 {
		return err
	}
	known := map[string]bool{}
	if t, ok := s.Catalog.Table(links.Table); ok {
		if err := s.Catalog.ReferredData(t, known); err != nil {
			return err
		}
	}
	for _, path := range paths {
		if !known[path] {
			if err := s.drop(ctx, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// drop removes a file that no snapshot needs, first from the inventory.
func (s *Sweeper) drop(ctx context.Context, path string) error {
	if err := s.Catalog.Listed().Remove(ctx, path); err != nil {
		return err
	}
	return s.disk().Remove(path)
}
