package guard

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/jobs/guard/elsewhere"
	"carat/jobs/ingest"
	"carat/pipeline"
	"carat/pipeline/lake"
)

// LeftName is a place outside the lake that still shows an erased person's name or
// address, and what a person is to do about it.
type LeftName struct {
	Where string
	Next  string
}

// madeBackup begins what the record of a job of backup says it made.
const madeBackup = "backup "

// texts of a person that a file can be searched for. A name of one or two letters is in
// every file.
func (e *erasure) needles(ctx context.Context) error {
	people, err := e.books.Lake.People(ctx)
	if err != nil {
		return err
	}
	payees, err := e.books.Lake.Payees(ctx)
	if err != nil {
		return err
	}
	same, others, err := e.books.Lake.Alike(ctx, e.Creator)
	if err != nil {
		return err
	}
	if people[e.Creator].CreatorID == "" && payees[e.Creator] == (pipeline.Identity{}) && !e.result.Before {
		return nil // the id may be misspelt
	}
	e.result.Alike = same
	for _, id := range append([]string{e.Creator}, same...) {
		one, payee := people[id], payees[id]
		for _, text := range []string{one.DisplayName, one.Email, payee.LegalName, payee.Account, payee.Email} {
			if len(text) > 2 {
				e.texts = append(e.texts, []byte(text))
			}
		}
	}
	for _, id := range others {
		e.left(fmt.Sprintf("people: the id %q", id), "it looks like %q and has another name and address, so it was left: if it is the same person, erase it by this id too", e.Creator)
	}
	return nil
}

// erasure is a running one.
type erasure struct {
	EraseOptions
	books  *books.Books
	texts  [][]byte // that show who it is
	result *EraseResult
}

// published removes files of views that were published and show the person: whoever
// needs one publishes it again. Evidence that shows them was given to somebody, and is
// told. Both hold ids and no name as carat makes them; a note or a reason can.
func (e *erasure) published(ctx context.Context) error {
	all, err := e.books.State.Accesses(ctx)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, a := range all {
		path := a.Text
		if a.Verb == "evidence" {
			_, path, _ = strings.Cut(a.Text, evidenceOut)
		}
		if a.Verb != "publish" && a.Verb != "evidence" || !filepath.IsAbs(path) || seen[path] {
			continue
		}
		seen[path] = true
		shows, err := disk.Shows(path, e.texts)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			e.left(path, "it can't be read (%v): look whether it shows the name", disk.Cause(err))
		case shows && a.Verb == "publish":
			if err := os.Remove(path); err != nil {
				return pipeline.Errorf(pipeline.KindInternal, "erase", path, "%w", disk.Cause(err)).WithHint("remove it by hand: it shows the name")
			}
			e.result.Published = append(e.result.Published, path)
		case shows:
			e.left(path, "this evidence shows the name: remove it, gather it again with `carat evidence`, and ask whoever got it to do the same")
		}
	}
	return nil
}

// evidenceOut is how the record of an access says where evidence was written.
const evidenceOut = " --out "

func (e *erasure) left(where, next string, args ...any) {
	e.result.Left = append(e.result.Left, LeftName{where, fmt.Sprintf(next, args...)})
}

// packed are endings of files that don't show what they hold.
var packed = []string{".gz", ".zst", ".zip", ".parquet", ".xlsx"}

// inbox tells which files of the inbox still name the person: they are the sender's,
// and carat removes none.
func (e *erasure) inbox() error {
	inputs, _, err := ingest.FindInputs(e.Config)
	if err != nil {
		return err
	}
	var ids [][]byte
	for _, one := range append([]string{e.Creator}, e.result.Alike...) {
		ids = append(ids, []byte(one))
	}
	for _, in := range inputs {
		if f, ok := pipeline.FeedByName(in.Feed); !ok || !f.Personal() {
			continue
		}
		if slices.Contains(packed, filepath.Ext(in.Path)) {
			e.left(in.Path, "it is packed and may name the person: delete it")
			continue
		}
		if shows, err := disk.Shows(in.Path, ids); err == nil && shows {
			e.left(in.Path, "the file names the person: delete it, or have it sent again without")
		}
	}
	return nil
}

// backups tells which backups still name the person: those of backup.to, and those that
// were recorded when they were made.
func (e *erasure) backups(ctx context.Context) error {
	jobs, err := e.books.State.Jobs(ctx, books.RunsListedMax)
	if err != nil {
		return err
	}
	var roots []string
	add := func(root string) {
		if !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	if to := e.Config.Backup.To; to != "" {
		if !filepath.IsAbs(to) {
			to = filepath.Join(e.Config.Dir, to)
		}
		add(to)
	}
	for _, j := range jobs {
		for _, in := range j.Inputs {
			if folder, made := strings.CutPrefix(in, madeBackup); made && j.Job == string(books.RightBackup) {
				add(filepath.Dir(folder))
			}
		}
	}
	for place, says := range elsewhere.Left(ctx, e.books.Lake, jobs, e.Creator, e.texts) {
		e.left(place, "%s", says)
	}
	slices.Sort(roots)
	for _, root := range roots {
		names, _, err := backups(root)
		if errors.Is(err, fs.ErrNotExist) {
			e.left(root, "backups were made here, and it isn't here any more: where they went they show the name, and are to be removed")
			continue
		}
		if err != nil {
			e.left(root, "the backups can't be read (%v): look which show the name", disk.Cause(err))
			continue
		}
		for _, name := range names {
			folder := filepath.Join(root, name)
			kept := filepath.Join(folder, backupLake, filepath.FromSlash(lake.PeopleFile))
			if slices.ContainsFunc(append([]string{e.Creator}, e.result.Alike...), func(id string) bool { return elsewhere.Names(ctx, kept, id) }) {
				e.left(folder, "this backup names the person: `carat backup --out %s --keep 1` makes one that doesn't, and removes it", root)
			}
		}
	}
	return nil
}
