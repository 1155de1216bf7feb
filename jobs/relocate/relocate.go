package relocate

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/jobs/guard"
	"carat/jobs/guard/elsewhere"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/state"
)

// Options say which lake is copied, that of Config, and where to.
type Options struct {
	books.Setting
	To *config.Config // whose lake is made
}

// Result is what was copied.
type Result struct {
	From, To string // where the lakes lie
	Files    int64
	Head     books.Head
}

// Copy brings a lake, with its state, to another place: from a folder into a bucket or back,
// or between two of a kind. What it is copied from stays. Files are put once, and lake.json
// last, so that a copy that was broken off is none, and goes on where it was; the copy is
// verified at its end, and its history compared with the one that was copied. A place that
// holds a lake is a usage error, and so is a database that holds one.
func Copy(ctx context.Context, o Options) (result *Result, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	result = &Result{From: cmp.Or(o.Config.Bucket, o.Config.Lake), To: cmp.Or(o.To.Bucket, o.To.Lake)}
	p, err := books.OpenLocked(ctx, o.Setting, books.RightBackup)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if result.From == result.To {
		return nil, pipeline.Errorf(pipeline.KindUsage, "copy lake", result.From, "it is to be copied to where it lies").WithHint("name another place with `lake` in the carat.yaml of the copy")
	}
	job, err := p.Begin(ctx, o.Setting, elsewhere.JobCopy, "") // a job of its own: it is no backup
	if err != nil {
		return nil, err
	}
	defer func() { err = job.End(ctx, err) }()
	job.Took(elsewhere.MadeCopy + result.To) // before anything lies there: an erasure asks where copies went
	return result, o.copy(ctx, p, result)
}

func (o Options) copy(ctx context.Context, p *books.Books, result *Result) (err error) {
	names, err := p.Lake.Files()
	if err != nil {
		return err
	}
	result.Files = int64(len(names))
	scratch, err := os.MkdirTemp("", "carat-copy-")
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "copy lake", result.From, "%w", disk.Cause(err))
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	file, people := filepath.Join(scratch, "catalog.sqlite"), filepath.Join(scratch, "people.sqlite")
	if p.State.Postgres() {
		err = guard.DumpCatalog(ctx, p, file)
	} else {
		err = p.State.SaveTo(ctx, file)
	}
	if err != nil {
		return err
	}
	saved, err := p.Lake.SavePeople(ctx, people)
	if err != nil {
		return err
	}
	if !saved {
		people = ""
	}
	to := lake.Config{Root: o.To.Lake, Bucket: o.To.Bucket, People: o.To.People, CatalogDSN: o.To.Catalog.Reveal()}
	told := func(done int) {
		o.Tell(books.Event{Step: "copy", Object: "lake", Done: int64(done), Total: result.Files, Unit: "files"})
	}
	head, err := p.State.Head(ctx)
	if err != nil {
		return err
	}
	// The catalog comes when all files lie there, and lake.json after it.
	err = p.Lake.CopyTo(ctx, to, names, people, told, func() error { return o.moveCatalog(ctx, file, head) })
	if err != nil {
		return err
	}
	o.Tell(books.Event{Step: "copy", Object: "lake", Finished: true})
	return o.verifyCopy(ctx, p, scratch, result)
}

// moveCatalog makes the saved catalog that of the copy.
func (o Options) moveCatalog(ctx context.Context, file string, head state.Head) error {
	if o.To.Catalog != "" {
		return guard.LoadCatalog(ctx, o.To.Catalog.Reveal(), file, cmp.Or(o.To.Bucket, o.To.Lake), head.String())
	}
	if _, err := disk.Copy(file, filepath.Join(o.To.Lake, lake.CatalogFile)); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "copy the catalog to", o.To.Lake, "%w", disk.Cause(err))
	}
	return nil
}

// verifyCopy verifies the copy by its own bytes, without the statements of another folder, and
// wants the history that was copied.
func (o Options) verifyCopy(ctx context.Context, p *books.Books, scratch string, result *Result) error {
	to := *o.To
	to.Dir = scratch
	setting := o.Setting
	setting.Config = &to
	v, err := guard.VerifyFor(ctx, guard.VerifyOptions{Setting: setting}, books.RightBackup)
	if err != nil {
		return err
	}
	result.Head = v.Head
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return err
	}
	want := books.Head{Lake: p.Lake.ID(), Batches: len(batches)}
	if n := len(batches); n > 0 {
		want.Batch, want.Chain = batches[n-1].ID, batches[n-1].Chain
	}
	if v.Head.Lake != want.Lake || v.Head.Batches != want.Batches || v.Head.Chain != want.Chain {
		return pipeline.Errorf(pipeline.KindVerification, "verify the copy in", result.To, "its history ends with batch %q and chain %s, that of the lake with %q and %s", v.Head.Batch, v.Head.Chain, want.Batch, want.Chain).
			WithHint("remove the copy, and copy again")
	}
	return nil
}
