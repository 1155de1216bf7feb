package state

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/state/chain"
	"carat/pipeline/state/database"
	"carat/pipeline/state/migrations"
)

// What verification is told, and tells.
type (
	Kept    = chain.Kept
	Records = chain.Records
)

// VerifyRecords walks the chain of records, compares it with heads that are kept
// elsewhere, each record with what carat does to such a row, and each row of the covered tables with its last record. It reads one
// consistent state, and keeps the last record of each row in memory.
func (s *Store) VerifyRecords(ctx context.Context, kept []Kept) (*Records, error) {
	tx, err := s.db.BeginTx(ctx, s.consistent())
	if err != nil {
		return nil, fmt.Errorf("verify the records: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	v := &Records{}
	wanted := v.Wanted(kept, s.headOnFile())
	latest := map[string]map[string]record{}
	previous := record{}
	err = s.eachRecord(ctx, tx, func(r record) {
		v.Link(previous, r)
		for _, k := range wanted[r.No] {
			if h, _ := ParseHead(k.Head); h.SHA256 != r.SHA256 {
				v.Differ("record %d or one before it was replaced: %s names its hash as %s, it is %s", r.No, k.Where, h.SHA256, r.SHA256)
			}
		}
		delete(wanted, r.No)
		if latest[r.Table] == nil {
			latest[r.Table] = map[string]record{}
		}
		v.Follow(latest[r.Table][r.Key], r)
		latest[r.Table][r.Key] = r
		if r.Kind == chain.Adopted {
			v.Adopted, v.AdoptedAt = v.Adopted+1, time.UnixMicro(r.At).UTC()
		}
		previous = r
	})
	if err != nil {
		return nil, err
	}
	v.Head = Head{No: previous.No, SHA256: previous.SHA256}
	for _, no := range slices.Sorted(maps.Keys(wanted)) {
		v.Differ("record %d is missing, and all after it: %s names it, the records end with %d", no, wanted[no][0].Where, previous.No)
	}
	v.Current(latest["carat_periods"], latest["carat_runs"])
	if err := s.verifyForeign(ctx, tx, v); err != nil {
		return nil, fmt.Errorf("verify the records: %w", err)
	}
	steps, err := migrations.Differing(ctx, tx)
	if err != nil {
		return nil, fmt.Errorf("verify the records: %w", err)
	}
	v.Differences = append(v.Differences, steps...)
	return v, s.verifyRows(ctx, tx, latest, v)
}

// verifyForeign names what in the database is none of carat's: what could change rows
// while carat writes them, before their records are made, or hide them, and whatever
// else somebody put there. A column more in a row that is recorded is told with the row.
func (s *Store) verifyForeign(ctx context.Context, tx *sql.Tx, v *Records) error {
	own, err := s.statements()
	if err != nil {
		return err
	}
	found, err := database.Foreign(ctx, tx, s.postgres, own)
	if err != nil {
		return err
	}
	for _, o := range found {
		if _, recorded := covered[o.Table]; recorded && o.Kind == "column" && o.Was == "" {
			var rows int64
			if err := tx.QueryRowContext(ctx, "select count(*) from (select 1 from "+o.Table+" limit 1) as one").Scan(&rows); err != nil {
				return err
			}
			if rows > 0 {
				continue
			}
		}
		v.Differ("%s", o)
	}
	return nil
}

// VerifyGrants compares the roles with their records: a verification error, with the
// first difference, when somebody else gave or took one. What it costs grows with the
// changes of roles alone.
func (s *Store) VerifyGrants(ctx context.Context) error {
	tx, err := s.db.BeginTx(ctx, s.consistent())
	if err != nil {
		return fmt.Errorf("verify the roles: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	v, latest := &Records{}, map[string]record{}
	err = s.recordsWhere(ctx, tx, " where table_name = 'carat_users'", func(r record) {
		if got := r.Sum(); got != r.SHA256 {
			v.Differ("record %d (%s, row %s) was changed: it gives the hash %s, and says %s", r.No, r.Table, chain.ShownKey(r.Key), got, r.SHA256)
		}
		latest[r.Key] = r
	})
	if err == nil {
		err = s.verifyTable(ctx, tx, "carat_users", latest, v)
	}
	if err == nil && len(v.Differences) > 0 {
		err = pipeline.Errorf(pipeline.KindVerification, "read", "roles", "%s", v.Differences[0]).
			WithHint("somebody changed them in the database, and nothing is done until they are as they were: `carat verify` names all; restore a backup, or take the change back there")
	}
	return err
}

// verifyRows compares the covered tables with their records.
func (s *Store) verifyRows(ctx context.Context, tx *sql.Tx, latest map[string]map[string]record, v *Records) error {
	known, err := s.ownTables(ctx, tx)
	if err != nil {
		return fmt.Errorf("verify the records: %w", err)
	}
	for _, table := range slices.Sorted(maps.Keys(covered)) {
		if !slices.Contains(known, table) {
			v.Differ("table %s is missing", table)
			continue
		}
		if err := s.verifyTable(ctx, tx, table, latest[table], v); err != nil {
			return err
		}
	}
	return nil
}

// verifyTable compares a table with the last record of each of its rows, by key, of
// which it takes away those that it finds.
func (s *Store) verifyTable(ctx context.Context, tx *sql.Tx, table string, latest map[string]record, v *Records) error {
	rows, err := s.rowsOf(ctx, tx, table, " order by "+strings.Join(covered[table], ", "))
	if err != nil {
		return fmt.Errorf("verify %s: %w", table, err)
	}
	for _, r := range rows {
		key := keyOf(r, table)
		v.Row(table, key, r, latest[key])
		delete(latest, key)
	}
	for _, key := range slices.Sorted(maps.Keys(latest)) {
		if r := latest[key]; r.Kind != chain.Removed {
			v.Differ("%s: row %s was taken away; record %d has it: %s", table, chain.ShownKey(key), r.No, pipeline.CutText(r.Content))
		}
	}
	return nil
}
