package upgrade

import (
	"context"
	"errors"
	"time"

	"carat/pipeline"
	"carat/pipeline/lake/catalog"
	"carat/pipeline/lake/chain"
	"carat/pipeline/lake/identity"
	"carat/pipeline/lake/pages"
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
	Now        func() time.Time
	Ensure     func(context.Context) error // makes what is missing of the tables
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
	if l.Catalog.Form() < catalog.FormLinks {
		if u.Links, err = l.addLinks(ctx); err != nil {
			return u, l.Catalog.Disk.Fail("upgrade lake", l.Catalog.Disk.Root, err)
		}
	}
	if err := l.Ensure(ctx); err != nil {
		return u, l.Catalog.Disk.Fail("upgrade lake", l.Catalog.Disk.Root, err)
	}
	if u.After, err = verify.History(ctx, l.Catalog, l.Sources, l.Compactors); err != nil {
		return u, pipeline.Errorf(pipeline.KindOf(err), "upgrade lake", l.Catalog.Disk.Root, "it verified before, and does no more: %w", err).
			WithHint("restore the lake from a backup of before")
	}
	return u, nil
}

// addLinks is the step to catalog.FormLinks.
func (l *Lake) addLinks(ctx context.Context) (n int, err error) {
	all, err := l.Catalog.FormerLinks()
	if err == nil {
		err = l.Catalog.FormerFiles(all)
	}
	if err != nil {
		return 0, err
	}
	last := chain.Link{}
	if len(all) > 0 {
		last = all[len(all)-1]
	}
	p := iceberg.Properties{
		chain.PropUpgrade: chain.UpgradeID(1), chain.PropUpgradedAt: l.Now().UTC().Format(time.RFC3339Nano),
		chain.PropFormBefore: "1", chain.PropForm: "2", chain.PropSnapshots: chain.SnapshotsText(all), chain.PropPreviousChain: last.Value,
	}
	if last.BatchNo > 0 {
		p[chain.PropAfter] = chain.BatchID(last.BatchNo)
	}
	records, err := l.Catalog.RecordsHead(ctx)
	if err != nil {
		return 0, err
	}
	if records != "" {
		p[chain.PropRecords] = records
	}
	p[chain.PropChain] = chain.Value(p)
	own, err := chain.LinkFrom(p)
	if err != nil {
		return 0, err
	}
	own.DatedMs = max(l.Now().UnixMilli(), last.DatedMs)
	dir, err := l.Catalog.Disk.StagingDir("upgrade-" + own.ID)
	if err != nil {
		return 0, err
	}
	m := l.Catalog.NewMove(dir)
	m.Upgrade = own.ID
	err = l.Catalog.AddLinks(ctx, m, append(all, own))
	return len(all) + 1, errors.Join(err, m.Tidy())
}
