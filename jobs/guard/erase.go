package guard

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/statement"
)

// verbErase is how the record of accesses calls an erasure.
const verbErase = "erase"

// EraseOptions say who is to be forgotten.
type EraseOptions struct {
	books.Setting
	Creator string
}

// EraseResult is what was removed, and what is left for a person to remove.
type EraseResult struct {
	SourceFiles int      // kept files of the creators feed that named the person
	Statements  []string // files outside the lake that still show the name
}

// Erase removes a creator's name and address, and the kept files that hold
// them, and records that it was done, by whom and when. The history holds ids
// and terms only and stays as it is. Somebody of whom nothing is known is a
// not-found error.
func Erase(ctx context.Context, o EraseOptions) (result *EraseResult, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	p, err := books.OpenLocked(ctx, o.Setting, books.RightErase)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	result = &EraseResult{}
	begun, err := begunErasure(ctx, p, o.Creator)
	if err != nil {
		return nil, err
	}
	_, err = p.Recorded(ctx, o.Setting, verbErase, o.Creator, func() (int64, error) {
		n, err := p.Lake.Erase(ctx, o.Creator)
		if begun && pipeline.KindOf(err) == pipeline.KindNotFound {
			err = nil // the one that was killed had got as far as that
		}
		result.SourceFiles = n
		return int64(n), err
	})
	if err != nil {
		return nil, err
	}
	shard, folder := statement.FolderName(o.Creator)
	periods, err := p.State.Periods(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range periods {
		entries, err := os.ReadDir(filepath.Join(o.Config.OutFolder(one.Period), statements.FolderName, shard, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			result.Statements = append(result.Statements, filepath.Join(o.Config.OutFolder(one.Period), statements.FolderName, shard, folder, e.Name()))
		}
	}
	return result, nil
}

// begunErasure says whether an erasure of the creator was begun and killed: the
// lake is locked, so none is under way.
func begunErasure(ctx context.Context, p *books.Books, creator string) (bool, error) {
	accesses, err := p.State.Accesses(ctx)
	for _, a := range accesses {
		if a.Verb == verbErase && a.Text == creator && a.Outcome == state.AccessRunning {
			return true, err
		}
	}
	return false, err
}
