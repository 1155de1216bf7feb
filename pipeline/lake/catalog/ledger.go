package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/lake/chain"

	"github.com/apache/iceberg-go/table"
)

// The ledger is the table carat_tables: the metadata file that carat itself
// committed last to each table, with its hash. Any other program that commits
// through the same catalog moves the catalog's pointer and not the ledger's, and
// is refused and named. Its rows are chained with the state's (Recorder), so one
// that is changed by hand too is named as well.

// ledgerBegun is the name of the row which says that the ledger is complete: a
// lake of an older carat gets its rows when it is next locked.
const ledgerBegun = "#begun"

const ledgerSQL = `create table if not exists carat_tables (
    table_name        text primary key,
    metadata_location text   not null,
    metadata_sha256   text   not null,
    snapshot_id       bigint not null
)`

// Recorder chains rows of the catalog's database. Both may be nil: then nothing is.
type Recorder struct {
	// Head gives the end of the chain of records, "" when there is none.
	Head func(ctx context.Context) (string, error)
	// Record adds what a row says now, in the transaction that wrote it.
	Record func(ctx context.Context, tx *sql.Tx, table string, key ...any) error
}

// RecordsHead gives the end of the chain of records, "" without a recorder.
func (cat *Catalog) RecordsHead(ctx context.Context) (string, error) {
	if cat.Recorder.Head == nil {
		return "", nil
	}
	return cat.Recorder.Head(ctx)
}

// ErrForeign: another program committed to a table.
var ErrForeign = errors.New("another program wrote to it")

// Ledgered is what carat committed last to a table.
type Ledgered struct {
	Location string // of the metadata, as recorded
	SHA256   string
	Snapshot int64 // 0: none
}

// Ledger gives what carat committed last to each table, and whether that is known
// of all.
func (cat *Catalog) Ledger(ctx context.Context) (map[string]Ledgered, bool, error) {
	rows, err := cat.db.QueryContext(ctx, "select table_name, metadata_location, metadata_sha256, snapshot_id from carat_tables")
	if err != nil {
		return nil, false, fmt.Errorf("read what was committed last: %w", err)
	}
	defer rows.Close()
	all := map[string]Ledgered{}
	for rows.Next() {
		var name string
		var l Ledgered
		if err := rows.Scan(&name, &l.Location, &l.SHA256, &l.Snapshot); err != nil {
			return nil, false, fmt.Errorf("read what was committed last: %w", err)
		}
		all[name] = l
	}
	_, complete := all[ledgerBegun]
	maps.DeleteFunc(all, func(name string, _ Ledgered) bool { return strings.HasPrefix(name, "#") }) // that one, and the people's
	return all, complete, rows.Err()
}

// enter writes a change into the ledger. A table that carat didn't commit to last
// is refused: its rows would be taken for carat's own from then on.
func (cat *Catalog) enter(ctx context.Context, tx *sql.Tx, c Change) error {
	l := Ledgered{Location: c.created, SHA256: c.sum}
	if snap := c.Meta.CurrentSnapshot(); snap != nil {
		l.Snapshot = snap.SnapshotID
	}
	if c.Base != nil {
		var n int
		err := tx.QueryRowContext(ctx, cat.bind(`select count(*) from carat_tables where table_name = ? and metadata_location <> ?
			or table_name = '`+ledgerBegun+`' and not exists (select 1 from carat_tables where table_name = ?)`),
			c.Name, c.Base.Location, c.Name).Scan(&n)
		if err != nil {
			return fmt.Errorf("enter table %s: %w", c.Name, err)
		}
		if n > 0 {
			return foreign(c.Name)
		}
	}
	return cat.enterOne(ctx, tx, c.Name, l)
}

func foreign(name string) error {
	return pipeline.Errorf(pipeline.KindVerification, "read table", name, "%w: its newest state is not one that carat committed", ErrForeign).
		WithHint("`carat verify` names what was changed; restore the lake from a backup, or find out who changed it")
}

func (cat *Catalog) enterOne(ctx context.Context, tx *sql.Tx, name string, l Ledgered) error {
	_, err := tx.ExecContext(ctx, cat.bind(`insert into carat_tables (table_name, metadata_location, metadata_sha256, snapshot_id) values (?, ?, ?, ?)
		on conflict (table_name) do update set metadata_location = excluded.metadata_location, metadata_sha256 = excluded.metadata_sha256,
		snapshot_id = excluded.snapshot_id`), name, l.Location, l.SHA256, l.Snapshot)
	if err != nil {
		return fmt.Errorf("enter table %s: %w", name, err)
	}
	if cat.Recorder.Record == nil {
		return nil
	}
	return cat.Recorder.Record(ctx, tx, "carat_tables", name)
}

// BeginLedger begins the ledger of a lake that has no table yet.
func (cat *Catalog) BeginLedger(ctx context.Context) error {
	locations, err := cat.locations(ctx)
	if err != nil || len(locations) > 0 {
		return err
	}
	return cat.fillLedger(ctx, nil)
}

// KeepLedger begins the ledger of a lake that an older carat wrote, with the
// tables as they are found. One whose newest snapshot isn't carat's gets no row,
// and is refused from then on. The lock is held.
func (cat *Catalog) KeepLedger(ctx context.Context) error {
	_, complete, err := cat.Ledger(ctx)
	if err != nil || complete {
		return err
	}
	if err := cat.Refresh(ctx); err != nil {
		return err
	}
	return cat.fillLedger(ctx, cat.Tables())
}

func (cat *Catalog) fillLedger(ctx context.Context, tables map[string]*Table) error {
	found := map[string]Ledgered{ledgerBegun: {}}
	for name, t := range tables {
		l := Ledgered{Location: t.Location}
		snap := t.Iceberg.CurrentSnapshot()
		if snap != nil {
			l.Snapshot = snap.SnapshotID
		}
		if snap != nil && !chain.IsOwn(snap) {
			continue
		}
		path, err := cat.files.here(t.Location)
		if err != nil {
			return err
		}
		sum, err := cat.Disk.HashFile(path)
		if err != nil {
			return err
		}
		l.SHA256 = sum.SHA256
		found[name] = l
	}
	tx, err := cat.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if err := cat.enterOne(ctx, tx, name, found[name]); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

// CheckOwn refuses the named tables, all if none is named, unless what each says
// is what carat committed last. It reads the catalog's database alone, and says
// nothing of a lake of an older carat that was not written to since.
func (cat *Catalog) CheckOwn(ctx context.Context, names ...string) error {
	ledger, complete, err := cat.Ledger(ctx)
	if err != nil || !complete {
		return err
	}
	locations, err := cat.locations(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(locations)) {
		if (len(names) == 0 || slices.Contains(names, name)) && ledger[name].Location != locations[name] {
			return foreign(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ledger)) {
		if _, there := locations[name]; !there && (len(names) == 0 || slices.Contains(names, name)) {
			return pipeline.Errorf(pipeline.KindVerification, "read table", name, "%w: the catalog doesn't name it any more", ErrForeign).
				WithHint("restore the lake from a backup, or find out who changed it")
		}
	}
	return nil
}

// AtLocation loads a table as of a metadata file.
func (cat *Catalog) AtLocation(ctx context.Context, name, location string) (*table.Table, error) {
	t, err := cat.load(name, location)
	if err != nil {
		return nil, err
	}
	return t.Iceberg, nil
}
