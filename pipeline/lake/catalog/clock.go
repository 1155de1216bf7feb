package catalog

import (
	"context"
	"time"

	"carat/pipeline/lake/chain"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Snapshotted gives a table's metadata with the one snapshot that write adds in a
// transaction to it, after updates.
//
// Iceberg refuses a snapshot dated more than a minute before the table's last. So a
// clock that was ahead once must not hold up what comes when it is right again: the
// snapshot is then dated a millisecond after the last one, and its summary tells what
// the clock said (chain.DatedAt). Dates of snapshots so keep the order of commits.
func (cat *Catalog) Snapshotted(c Change, location string, updates []table.Update, props iceberg.Properties,
	write func(*table.Table, *table.Transaction, iceberg.Properties) error) (table.Metadata, iceberg.Properties, error) {
	now := cat.now()
	at, latest := now, cat.latest(c.Meta)
	if now < latest {
		at, props = latest+1, chain.Clocked(props, now)
	}
	staged := c.Meta
	var err error
	if len(updates) > 0 {
		if staged, err = table.UpdateTableMetadata(c.Meta, updates, ""); err != nil {
			return nil, nil, err
		}
	}
	// The transaction dates its snapshot by the machine's clock, whatever ours says.
	if machine := time.Now().UnixMilli(); machine < latest {
		if staged, err = chain.Redated(staged, func(ms int64) int64 { return min(ms, machine) }); err != nil {
			return nil, nil, err
		}
	}
	tbl := cat.TableOf(c.Name, staged, location)
	tx := tbl.NewTransaction()
	if err := write(tbl, tx, chain.Brief(props)); err != nil {
		return nil, nil, err
	}
	after, err := tx.StagedTable()
	if err != nil {
		return nil, nil, err
	}
	commit, err := tx.TableCommit()
	if err != nil {
		return nil, nil, err
	}
	snap := *after.Metadata().CurrentSnapshot()
	snap.TimestampMs = at
	all := append([]table.Update{}, updates...)
	for _, u := range commit.Updates {
		if u.Action() == table.UpdateAddSnapshot {
			u = table.NewAddSnapshotUpdate(&snap)
		}
		all = append(all, u)
	}
	meta, err := table.UpdateTableMetadata(c.Meta, all, location)
	return meta, props, err
}

// now gives the time of a commit, in milliseconds since the epoch.
func (cat *Catalog) now() int64 {
	if cat.Clock != nil {
		return cat.Clock().UnixMilli()
	}
	return time.Now().UnixMilli()
}

// latest gives the date of the last snapshot of the lake, as far as its tables are
// loaded, and of what a table's metadata tells.
func (cat *Catalog) latest(meta table.Metadata) int64 {
	last := meta.LastUpdatedMillis()
	for _, t := range cat.Tables() {
		if t.Iceberg == nil {
			continue
		}
		if snap := t.Iceberg.CurrentSnapshot(); snap != nil {
			last = max(last, snap.TimestampMs)
		}
	}
	return last
}

// LastBy gives the date of the last snapshot that was made by an instant, as the
// clock told it then, -1 when there is none: all before it was made before, whatever
// the clock said. The tables must have been refreshed.
func (cat *Catalog) LastBy(ctx context.Context, at time.Time) (int64, error) {
	last, err := cat.Published().LastBy(ctx, at.UnixMilli()) // whose snapshots may have expired, like those of links
	if err != nil {
		return last, err
	}
	all, err := cat.Links(ctx)
	for _, l := range all {
		p, perr := l.Properties()
		if perr != nil {
			return last, perr
		}
		if !chain.DatedBy(p, l.DatedMs).After(at) {
			last = max(last, l.DatedMs)
		}
	}
	return last, err
}
