package upgrade

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/compact"
	"carat/pipeline/lake/identity"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/published"
	"carat/pipeline/lake/raw"
	"carat/pipeline/lake/verify"

	"github.com/apache/iceberg-go"
)

// Upgraded is what an upgrade did.
type Upgraded struct {
	From, To int // forms of the history; the same when nothing was to do
	Links    int // of the chain, that of the upgrade among them
	Before   verify.Verification
	After    verify.Verification
}

// Lake is what an upgrade needs of a lake.
type Lake struct {
	Catalog    *catalog.Catalog
	Sources    *raw.Files
	Compactors map[string]pages.Compactor // by raw table
	Codec      *pages.Codec
	Now        func() time.Time
	Ensure     func(context.Context) error // makes what is missing of the tables
	// Reperform runs each closed month again, and gives what chain.PropReperformed says;
	// an error when one doesn't come out as its certificate says. nil: there are none.
	Reperform func(context.Context) (string, error)
}

// Run brings the history to the form of today, step by step: each step is one
// transaction with the number of its form, so that an upgrade that was cut short goes on
// where it was. The lake is verified before anything is written and after all is; what
// differs stops it. No row, no kept file, no certificate and no link of the chain
// changes. The lake must be locked.
func (l *Lake) Run(ctx context.Context) (u Upgraded, err error) {
	u = Upgraded{From: l.Catalog.Form(), To: catalog.FormNow}
	if u.From > u.To {
		return u, l.Catalog.WantForm()
	}
	if u.From == u.To {
		return u, l.Catalog.Disk.Fail("upgrade lake", l.Catalog.Disk.Root, identity.Raise(l.Catalog.Disk)) // a copy of before may have been put back
	}
	if u.Before, err = verify.History(ctx, l.Catalog, l.Sources, l.Compactors); err != nil {
		return u, pipeline.Errorf(pipeline.KindOf(err), "upgrade lake", l.Catalog.Disk.Root, "it doesn't verify as it is, so nothing was changed: %w", err)
	}
	if err := identity.Raise(l.Catalog.Disk); err != nil {
		return u, l.Catalog.Disk.Fail("upgrade lake", l.Catalog.Disk.Root, err)
	}
	for _, step := range []struct {
		form int
		do   func(context.Context) error
	}{{catalog.FormLinks, l.addLinks}, {catalog.FormBatchNo, l.number}, {catalog.FormRuns, l.addRuns}, {catalog.FormProved, l.prove}} {
		if l.Catalog.Form() >= step.form {
			continue
		}
		if err := step.do(ctx); err != nil {
			return u, l.Catalog.Disk.Fail("upgrade lake", l.Catalog.Disk.Root, err)
		}
	}
	u.Links = int(l.Catalog.Seen())
	if u.After, err = verify.History(ctx, l.Catalog, l.Sources, l.Compactors); err != nil {
		return u, pipeline.Errorf(pipeline.KindOf(err), "upgrade lake", l.Catalog.Disk.Root, "it verified before, and does no more: %w", err).
			WithHint("restore the lake from a backup of before")
	}
	return u, nil
}

// addLinks is the step to catalog.FormLinks: the links that the snapshots told.
func (l *Lake) addLinks(ctx context.Context) error {
	all, err := l.Catalog.FormerLinks()
	if err == nil {
		err = l.Catalog.FormerFiles(all)
	}
	if err == nil {
		err = l.Catalog.MakeLinks(ctx)
	}
	if err != nil {
		return err
	}
	return l.raise(ctx, all, all, nil, catalog.FormLinks, "")
}

// number is the step to catalog.FormBatchNo: the files of raw tables are written anew as
// compaction does, each table a link of its own, with their rows' batch_no.
func (l *Lake) number(ctx context.Context) error {
	if err := l.Ensure(ctx); err != nil { // it gives the tables the column
		return err
	}
	w := compact.Rewriter{Catalog: l.Catalog, Codec: l.Codec, Compactors: l.Compactors, Now: l.Now}
	if _, err := w.Number(ctx, nil); err != nil {
		return err
	}
	all, err := l.Catalog.Links(ctx)
	if err != nil {
		return err
	}
	return l.raise(ctx, all, nil, nil, catalog.FormBatchNo, "")
}

// addRuns is the step to catalog.FormRuns: what the snapshots of the result tables told of
// each run.
func (l *Lake) addRuns(ctx context.Context) error {
	if err := l.Ensure(ctx); err != nil { // also where the steps before were another process's
		return err
	}
	if err := l.Catalog.Refresh(ctx); err != nil {
		return err
	}
	runs, err := l.Catalog.FormerRuns(ctx)
	if err != nil {
		return err
	}
	all, err := l.Catalog.Links(ctx)
	if err != nil {
		return err
	}
	return l.raise(ctx, all, nil, runs, catalog.FormRuns, "")
}

// prove is the step to catalog.FormProved: it changes nothing of the lake, and isn't done
// as long as a closed month doesn't come out again.
func (l *Lake) prove(ctx context.Context) error {
	if err := l.Ensure(ctx); err != nil {
		return err
	}
	reperformed := ""
	if l.Reperform != nil {
		var err error
		if reperformed, err = l.Reperform(ctx); err != nil {
			return err
		}
	}
	all, err := l.Catalog.Links(ctx)
	if err != nil {
		return err
	}
	return l.raise(ctx, all, nil, nil, catalog.FormProved, reperformed)
}

// raise adds the link of a step's end, after some others that are new, in one
// transaction with the form, and with rows of runs. before are all links that it follows.
func (l *Lake) raise(ctx context.Context, before, more []chain.Link, runs []published.Run, form int, reperformed string) error {
	last, number := chain.Link{}, int64(1)
	for _, one := range before {
		if last = one; one.Kind == chain.KindUpgrade {
			number++
		}
	}
	p := iceberg.Properties{
		chain.PropUpgrade: chain.UpgradeID(number), chain.PropUpgradedAt: l.Now().UTC().Format(time.RFC3339Nano), chain.PropForm: strconv.Itoa(form),
		chain.PropFormBefore: strconv.Itoa(l.Catalog.Form()), chain.PropSnapshots: chain.SnapshotsText(before), chain.PropPreviousChain: last.Value,
	}
	if reperformed != "" {
		p[chain.PropReperformed] = reperformed
	}
	if last.BatchNo > 0 {
		p[chain.PropAfter] = chain.BatchID(last.BatchNo)
	}
	records, err := l.Catalog.RecordsHead(ctx)
	if err != nil {
		return err
	}
	if records != "" {
		p[chain.PropRecords] = records
	}
	p[chain.PropChain] = chain.Value(p)
	own, err := chain.LinkFrom(p)
	if err != nil {
		return err
	}
	own.DatedMs = max(l.Now().UnixMilli(), last.DatedMs)
	dir, err := l.Catalog.Disk.StagingDir("upgrade-" + own.ID)
	if err != nil {
		return err
	}
	m := l.Catalog.NewMove(dir)
	m.Upgrade = own.ID
	err = l.Catalog.Raise(ctx, m, append(slices.Clone(more), own), runs, form)
	return errors.Join(err, m.Tidy())
}
