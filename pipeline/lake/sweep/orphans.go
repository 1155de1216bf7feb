package sweep

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/store"
)

// Orphans removes what commits that were cut short left in the tables'
// metadata folders, and half-written files. It gives their number, and the
// paths (below the lake folder) of files of rows or sources that nothing refers
// to: no crash leaves such, so they are left alone for a person to look at. The
// lake must be locked.
func (s *Sweeper) Orphans(ctx context.Context) (removed int, unknown []string, err error) {
	if err := s.Catalog.Refresh(ctx); err != nil {
		return 0, nil, s.disk().Fail("sweep", s.disk().Root, err)
	}
	known, err := s.Referred(ctx)
	if err != nil {
		return 0, nil, s.disk().Fail("sweep", s.disk().Root, err)
	}
	for _, folder := range []string{catalog.Namespace + ".db", "raw", filepath.Join("people", "raw"), store.CertificatesFolder} {
		err := s.disk().Walk(filepath.Join(s.disk().Root, folder), func(path string) error {
			if known[path] {
				return nil
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			metadata := folder == catalog.Namespace+".db" && filepath.Base(filepath.Dir(path)) == "metadata" ||
				filepath.Dir(path) == filepath.Join(s.Catalog.TableDir(links.Table), "data") // a row that was folded, of an expired snapshot
			if metadata || strings.HasSuffix(path, ".tmp") {
				removed++
				return s.drop(ctx, path)
			}
			if folder != store.CertificatesFolder { // certificates are judged by the state database
				unknown = append(unknown, s.disk().Relative(path))
			}
			return nil
		})
		if err != nil {
			return removed, unknown, s.disk().Fail("sweep", s.disk().Root, err)
		}
	}
	sort.Strings(unknown)
	return removed, unknown, nil
}

// ReferredNow is Referred of all tables as they are now, the results' among them.
func (s *Sweeper) ReferredNow(ctx context.Context) (map[string]bool, error) {
	if err := s.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	return s.Referred(ctx)
}

// Referred gives the paths of all files that the tables, in any of their
// snapshots, and the batches refer to, and of those that stay a while for who reads them.
func (s *Sweeper) Referred(ctx context.Context) (map[string]bool, error) {
	if err := s.Catalog.Refresh(ctx); err != nil { // also the results
		return nil, err
	}
	known, err := s.Needed(ctx)
	if err != nil {
		return nil, err
	}
	waiting, err := s.Catalog.Listed().Waiting(ctx)
	if err != nil {
		return nil, err
	}
	for name := range waiting {
		known[filepath.Join(s.disk().Root, name)] = true
	}
	return known, nil
}

// Needed gives the paths of all files that the tables, in any of their snapshots, the
// runs and the batches refer to, as the catalog was last read.
func (s *Sweeper) Needed(ctx context.Context) (map[string]bool, error) {
	tables := s.Catalog.Tables()
	all, err := s.Catalog.Links(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for name, t := range tables {
		keep, err := s.Catalog.MetadataFiles(t)
		if err != nil {
			return nil, err
		}
		for base := range keep {
			known[filepath.Join(s.Catalog.TableDir(name), "metadata", base)] = true
		}
		if err := s.Catalog.ReferredData(t, known); err != nil {
			return nil, err
		}
	}
	runs, err := s.Catalog.Runs(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		for _, t := range r.Tables { // their snapshots may have expired
			paths, err := s.Catalog.PathsOf(t.Files)
			if err != nil {
				continue // for verify to tell
			}
			for _, path := range paths {
				known[path] = true
			}
		}
	}
	for _, l := range all {
		for _, list := range []string{l.Files, l.Replaced} { // their snapshots may have expired
			paths, err := s.Catalog.PathsOf(list)
			if err != nil {
				continue // for verify to tell
			}
			for _, path := range paths {
				known[path] = true
			}
		}
		if l.Kind != chain.KindBatch && l.Kind != chain.KindUndo {
			continue
		}
		b, err := chain.ReadBatch(l)
		if err != nil {
			continue // for verify to tell
		}
		path, err := s.Sources.Path(b.Feed, b.SourceSHA256)
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
