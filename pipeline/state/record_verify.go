package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
)

// Kept is a head of the chain of records that is kept elsewhere, and where.
type Kept struct {
	Where string // "batch b000004"
	Head  string // as Head.String gave it; "": an older carat kept none
}

// Records is what verifying the chain of records went through.
type Records struct {
	Head        Head
	Adopted     int64     // rows that were there when the chain began
	AdoptedAt   time.Time // when it did; zero when it began with the lake
	Differences []string
}

func (v *Records) differ(format string, args ...any) {
	v.Differences = append(v.Differences, fmt.Sprintf(format, args...))
}

// VerifyRecords walks the chain of records, compares it with heads that are kept
// elsewhere, and each row of the covered tables with its last record. It reads one
// consistent state, and keeps the last record of each row in memory.
func (s *Store) VerifyRecords(ctx context.Context, kept []Kept) (*Records, error) {
	tx, err := s.db.BeginTx(ctx, s.consistent())
	if err != nil {
		return nil, fmt.Errorf("verify the records: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	v := &Records{}
	wanted := v.wanted(kept, s.headOnFile())
	latest := map[string]map[string]record{}
	previous := record{}
	err = s.eachRecord(ctx, tx, func(r record) {
		v.link(previous, r)
		for _, k := range wanted[r.No] {
			if h, _ := ParseHead(k.Head); h.SHA256 != r.SHA256 {
				v.differ("record %d or one before it was replaced: %s names its hash as %s, it is %s", r.No, k.Where, h.SHA256, r.SHA256)
			}
		}
		delete(wanted, r.No)
		if latest[r.Table] == nil {
			latest[r.Table] = map[string]record{}
		}
		latest[r.Table][r.Key] = r
		if r.Kind == recordAdopted {
			v.Adopted, v.AdoptedAt = v.Adopted+1, time.UnixMicro(r.At).UTC()
		}
		previous = r
	})
	if err != nil {
		return nil, err
	}
	v.Head = Head{previous.No, previous.SHA256}
	for _, no := range slices.Sorted(maps.Keys(wanted)) {
		v.differ("record %d is missing, and all after it: %s names it, the records end with %d", no, wanted[no][0].Where, previous.No)
	}
	if err := s.verifyNoPrograms(ctx, tx, v); err != nil {
		return nil, fmt.Errorf("verify the records: %w", err)
	}
	return v, s.verifyRows(ctx, tx, latest, v)
}

// verifyNoPrograms names what would change rows while carat writes them, before
// their records are made: carat's database has no triggers, views or rules.
func (s *Store) verifyNoPrograms(ctx context.Context, tx *sql.Tx, v *Records) error {
	query := "select type, name, tbl_name from sqlite_master where type in ('trigger', 'view') order by name"
	if s.postgres {
		query = `select 'trigger', t.tgname, c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid
			where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace and c.relname like 'carat!_%' escape '!'
			union all
			select 'rule', rulename, tablename from pg_rules where schemaname = current_schema() and tablename like 'carat!_%' escape '!'
			order by 2`
	}
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var kind, name, table string
		if err := rows.Scan(&kind, &name, &table); err != nil {
			return err
		}
		v.differ("%s: the %s %s is none of carat's: it can change what is written before it is recorded", table, kind, name)
	}
	return rows.Err()
}

// wanted sorts the heads that are kept elsewhere by the record that they name.
func (v *Records) wanted(kept []Kept, file *Kept) map[int64][]Kept {
	if file != nil {
		kept = append(slices.Clip(kept), *file)
	}
	wanted := map[int64][]Kept{}
	for _, k := range kept {
		if k.Head == "" {
			continue
		}
		h, err := ParseHead(k.Head)
		if err != nil {
			v.differ("%s: %v", k.Where, err)
			continue
		}
		wanted[h.No] = append(wanted[h.No], k)
	}
	return wanted
}

// link checks that a record follows the one before, and says what it said.
func (v *Records) link(before, r record) {
	switch {
	case r.No != before.No+1:
		v.differ("record %d follows record %d: those between were taken away", r.No, before.No)
	case r.Prev != before.SHA256:
		v.differ("record %d doesn't follow record %d: one of them was replaced", r.No, before.No)
	}
	if got := r.sum(); got != r.SHA256 {
		v.differ("record %d (%s, row %s) was changed: it gives the hash %s, and says %s", r.No, r.Table, shownKey(r.Key), got, r.SHA256)
	}
}

// verifyRows compares the covered tables with their records.
func (s *Store) verifyRows(ctx context.Context, tx *sql.Tx, latest map[string]map[string]record, v *Records) error {
	known, err := s.ownTables(ctx, tx)
	if err != nil {
		return fmt.Errorf("verify the records: %w", err)
	}
	for _, table := range slices.Sorted(maps.Keys(covered)) {
		var rows []row
		if slices.Contains(known, table) {
			if rows, err = s.rowsOf(ctx, tx, table, " order by "+strings.Join(covered[table], ", ")); err != nil {
				return fmt.Errorf("verify %s: %w", table, err)
			}
		} else {
			v.differ("table %s is missing", table)
			continue
		}
		for _, r := range rows {
			key := r.key(table)
			v.row(table, key, r, latest[table][key])
			delete(latest[table], key)
		}
		for _, key := range slices.Sorted(maps.Keys(latest[table])) {
			if r := latest[table][key]; r.Kind != recordRemoved {
				v.differ("%s: row %s was taken away; record %d has it: %s", table, shownKey(key), r.No, pipeline.CutText(r.Content))
			}
		}
	}
	return nil
}

// row compares a row with its last record, whose number is 0 when there is none.
func (v *Records) row(table, key string, now row, last record) {
	if last.No == 0 {
		v.differ("%s: row %s was added: no record tells of it (%s)", table, shownKey(key), pipeline.CutText(now.content()))
		return
	}
	if last.Kind == recordRemoved {
		v.differ("%s: row %s is there again, and record %d says that it was removed (%s)", table, shownKey(key), last.No, pipeline.CutText(now.content()))
		return
	}
	var before row
	if json.Unmarshal([]byte(last.Content), &before) != nil {
		return // the record was changed, which is told
	}
	if what := differing(before, now); len(what) > 0 {
		v.differ("%s: row %s was changed: %s (record %d)", table, shownKey(key), strings.Join(what, ", "), last.No)
	}
	for c := range now {
		if _, told := before[c]; !told {
			v.differ("%s: row %s was changed: column %s was added", table, shownKey(key), c)
		}
	}
}

// differing tells the columns of a record that a row has otherwise.
func differing(before, now row) (what []string) {
	shown := func(text *string) string {
		if text == nil {
			return "nothing"
		}
		return fmt.Sprintf("%q", pipeline.CutText(*text))
	}
	for _, c := range slices.Sorted(maps.Keys(before)) {
		value, there := now[c]
		switch was := before[c]; {
		case !there:
			what = append(what, "column "+c+" is gone")
		case (value == nil) != (was == nil) || value != nil && *value != *was:
			what = append(what, c+" was "+shown(was)+" and is "+shown(value))
		}
	}
	return what
}

// shownKey gives a row's key for people.
func shownKey(key string) string {
	var parts []string
	if strings.HasPrefix(key, "[") && json.Unmarshal([]byte(key), &parts) == nil {
		return strings.Join(parts, " ")
	}
	return key
}
