package guard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/jobs/gone"
	"carat/jobs/mail"
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
	Before      bool     // the person was erased, or began to be, before
	SourceFiles int      // kept files of the creators feed that named the person
	Alike       []string // other ids that look like the person's, under which the same was known: erased too
	Statements  []string // folders and archives of statements that showed the name, and are removed
	Published   []string // files that were published and showed it, and are removed
	// Left are places that still show it, which a person is to see to: backups, the
	// inbox, evidence that was given away.
	Left []LeftName
}

// Erase removes a creator's name and address, the kept files that hold them and the
// statements that show them, and records that it was done, by whom and when. A later
// file that names the person brings nothing back. The history holds ids
// and terms only and stays as it is. Erasing the same person again ends well.
// Somebody of whom nothing is known, and who was never erased, is a not-found error.
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
	if result.Before, err = erasedBefore(ctx, p, o.Creator); err != nil {
		return nil, err
	}
	e := &erasure{EraseOptions: o, books: p, result: result}
	_, err = p.Recorded(ctx, o.Setting, verbErase, o.Creator, func() (int64, error) {
		// What is published is searched while it is known for what.
		if err := errors.Join(gone.Begin(ctx, p, o.Now), e.needles(ctx)); err != nil {
			return 0, err
		}
		if err := e.published(ctx); err != nil {
			return 0, err
		}
		err := e.inLake(ctx)
		n := result.SourceFiles
		if err == nil { // the record ends when nothing shows the name any more
			err = e.inbox()
		}
		if err == nil {
			err = e.backups(ctx)
		}
		if err == nil {
			err = e.record(ctx)
		}
		return int64(n), err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// inLake erases the person in the lake, and what shows them beside it, under their id and
// under those that look like it.
func (e *erasure) inLake(ctx context.Context) error {
	for _, id := range append([]string{e.Creator}, e.result.Alike...) {
		shard, folder := statement.FolderName(id)
		n, err := e.books.Lake.Erase(ctx, id, folder, func(sha256 string) error { return gone.Keep(ctx, e.books, sha256, e.Now) })
		if (e.result.Before || len(e.result.Alike) > 0) && pipeline.IsMisnamed(err) {
			err = nil // what is left of it may still be to do
		}
		e.result.SourceFiles += n
		if err == nil {
			err = errors.Join(e.books.State.ForgetAddresses(ctx, id), e.books.State.ForgetAddresses(ctx, mail.AgencyPrefix+id))
		}
		if err != nil {
			return err
		}
		removed, err := removeStatements(e.Config.OutRoot(), shard, folder)
		e.result.Statements = append(e.result.Statements, removed...)
		if err != nil {
			return err
		}
	}
	return nil
}

// record keeps what was found outside the lake: a job erase, which `carat runs` shows.
func (e *erasure) record(ctx context.Context) error {
	job, err := e.books.Begin(ctx, e.Setting, verbErase, "")
	if err != nil {
		return err
	}
	for _, path := range slices.Concat(e.result.Statements, e.result.Published) {
		job.Took("removed " + path)
	}
	for _, id := range e.result.Alike {
		job.Took(fmt.Sprintf("erased %q too", id))
	}
	for _, one := range e.result.Left {
		job.Took("left " + one.Where)
	}
	return job.End(ctx, nil)
}

// removeStatements takes away what shows a person's name outside the lake: the
// statements, also of months that were opened again, and archives that hold them.
// Each can be written again, without the name.
func removeStatements(out, shard, folder string) (removed []string, err error) {
	for _, pattern := range []string{filepath.Join("*", statements.FolderName+"*", shard, folder), filepath.Join("*", statements.FolderName+"*.zip"), filepath.Join("yearfiles", "*")} {
		found, err := fs.Glob(os.DirFS(out), filepath.ToSlash(pattern))
		if err != nil {
			return removed, err
		}
		for _, name := range found {
			path := filepath.Join(out, filepath.FromSlash(name))
			if err := os.RemoveAll(path); err != nil {
				return removed, pipeline.Errorf(pipeline.KindInternal, "erase", path, "%w", disk.Cause(err)).WithHint("remove it by hand: it shows the name")
			}
			removed = append(removed, path)
		}
	}
	return removed, nil
}

// erasedBefore says whether an erasure of the creator was done before, or begun and
// killed: the lake is locked, so none is under way. The same erasure again then ends
// well, whether or not something is left to remove.
func erasedBefore(ctx context.Context, p *books.Books, creator string) (bool, error) {
	accesses, err := p.State.Accesses(ctx)
	for _, a := range accesses {
		if a.Verb == verbErase && a.Text == creator && (a.Outcome == state.AccessRunning || a.Outcome == state.AccessDone) {
			return true, err
		}
	}
	return false, err
}
