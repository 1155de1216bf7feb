package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/people"
	"carat/pipeline/lake/raw"
	"carat/pipeline/lake/store"
)

// Sweeper clears what crashes left. The lake must be locked.
type Sweeper struct {
	Catalog *catalog.Catalog
	Sources *raw.Files
	People  *people.Store
}

func (s *Sweeper) disk() *store.Disk { return s.Catalog.Disk }

// Staging clears the staging folder. Where a crash fell between moving files and
// committing them, the files moved are taken out of the tables again; where it
// fell after the commit, what was left to do is done. The lock is held.
func (s *Sweeper) Staging(ctx context.Context) error {
	names, err := s.disk().StagingNames()
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return s.Catalog.RefreshRaw(ctx)
	}
	if err := s.Catalog.Refresh(ctx); err != nil {
		return err
	}
	for _, name := range names {
		dir := s.disk().StagingPath(name)
		if err := s.one(ctx, dir); err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		if err := s.disk().RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

func (s *Sweeper) one(ctx context.Context, dir string) error {
	content, err := s.disk().ReadFile(filepath.Join(dir, catalog.MoveNote))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	if err != nil {
		return err
	}
	var m catalog.Move
	if err := json.Unmarshal(content, &m); err != nil {
		return err
	}
	committed, err := s.Catalog.IsCommitted(&m)
	if err != nil {
		return err
	}
	if committed {
		if err := s.People.TakePending(ctx, dir); err != nil {
			return err
		}
	}
	if m.Tag != "" {
		return s.forward(dir, &m, committed)
	}
	tables := map[string]bool{}
	needed, err := s.neededOf(ctx, &m, committed)
	if err != nil {
		return err
	}
	for _, rel := range m.To {
		if !committed && !needed[filepath.Join(s.disk().Root, rel)] {
			if err := s.disk().Remove(filepath.Join(s.disk().Root, rel)); err != nil {
				return err
			}
		}
		if parts := strings.Split(filepath.ToSlash(rel), "/"); parts[0] == catalog.Namespace+".db" && len(parts) > 1 {
			tables[parts[1]] = true
		}
	}
	if m.Batch != "" {
		for _, name := range s.Catalog.RawNames() {
			tables[name] = true // a batch without rows moved no table file
		}
	}
	if m.Batch != "" || m.Compaction != "" || m.Upgrade != "" {
		tables[links.Table] = true
		if err := s.links(ctx); err != nil {
			return err
		}
	}
	for name := range tables {
		if err := s.metadata(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// forward places what follows a commit, if that is there; else it goes with its folder.
func (s *Sweeper) forward(dir string, m *catalog.Move, committed bool) error {
	for _, rel := range m.To {
		if !movable(rel, store.CertificatesFolder) {
			return s.unmovable(rel)
		}
		if !committed {
			continue
		}
		if err := s.Catalog.Place(filepath.Join(dir, filepath.Base(rel)), filepath.Join(s.disk().Root, rel)); err != nil {
			return err
		}
	}
	return nil
}

// neededOf looks at what a note says was moved, before any of it is removed: files of
// tables and sources alone. It gives what the history needs all the same.
func (s *Sweeper) neededOf(ctx context.Context, m *catalog.Move, committed bool) (needed map[string]bool, err error) {
	for _, rel := range m.To {
		if !movable(rel, catalog.Namespace+".db", "raw", "people/raw") {
			return nil, s.unmovable(rel)
		}
		if needed == nil && !committed && store.Exists(filepath.Join(s.disk().Root, rel)) {
			if needed, err = s.Needed(ctx); err != nil {
				return nil, err
			}
		}
	}
	return needed, nil
}

// movable says whether a path lies in one of some folders of the lake.
func movable(rel string, folders ...string) bool {
	name := filepath.ToSlash(rel)
	return path.Clean(name) == name && slices.ContainsFunc(folders, func(folder string) bool { return strings.HasPrefix(name, folder+"/") })
}

func (s *Sweeper) unmovable(rel string) error {
	return pipeline.Errorf(pipeline.KindVerification, "sweep lake", s.disk().Root, "%s names %q, which no commit moves; nothing was removed", catalog.MoveNote, rel).
		WithHint("somebody wrote into staging/: `carat verify` names what differs; restore the newest backup that verifies")
}
