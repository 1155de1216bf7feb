package state

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// columnsOf gives the columns of a table, and which of them hold text.
func columnsOf(t *testing.T, s *Store, table string) (names []string, text map[string]bool) {
	t.Helper()
	rows, err := s.db.Query("select * from " + table + " where 1 = 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	text = map[string]bool{}
	for _, c := range types {
		names = append(names, c.Name())
		text[c.Name()] = strings.EqualFold(c.DatabaseTypeName(), "text")
	}
	return names, text
}

// Whatever column of whatever table that is recorded somebody changes, in whatever row, is
// named with table and column; so is a row that somebody adds or takes away. The tables
// and their columns are asked of the database: one that is new is looked at too.
func TestEveryColumnIsCompared(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		recordEverything(t, s)
		if v := verified(t, s); len(v.Differences) > 0 {
			t.Fatal(v.Differences)
		}
		said := func(change string) string {
			t.Helper()
			undo, err := s.db.BeginTx(context.Background(), &sql.TxOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = undo.Rollback() }()
			if _, err := undo.Exec(change); err != nil {
				t.Fatalf("%s: %v", change, err)
			}
			v, latest := &Records{}, map[string]map[string]record{}
			err = s.eachRecord(t.Context(), undo, func(r record) {
				if latest[r.Table] == nil {
					latest[r.Table] = map[string]record{}
				}
				latest[r.Table][r.Key] = r
			})
			if err == nil {
				err = s.verifyRows(t.Context(), undo, latest, v)
			}
			if err != nil {
				t.Fatalf("%s: %v", change, err)
			}
			return strings.Join(v.Differences, "\n")
		}
		changed := 0
		for _, table := range slices.Sorted(maps.Keys(covered)) {
			names, text := columnsOf(t, s, table)
			var rows int
			if err := s.db.QueryRow("select count(*) from " + table).Scan(&rows); err != nil {
				t.Fatal(err)
			}
			values := make([]string, len(names))
			for i, name := range names {
				if values[i] = "77"; text[name] {
					values[i] = "'another'"
				}
			}
			if got := said("insert into " + table + " (" + strings.Join(names, ", ") + ") values (" + strings.Join(values, ", ") + ")"); !strings.Contains(got, table+": row ") || !strings.Contains(got, "was added") {
				t.Errorf("a row added to %s: %q", table, got)
			}
			if rows == 0 {
				continue
			}
			if got := said("delete from " + table); !strings.Contains(got, table+": row ") {
				t.Errorf("%s emptied: %q", table, got)
			}
			for _, name := range names {
				if slices.Contains(unchained[table], name) {
					continue
				}
				change := fmt.Sprintf("update %s set %s = coalesce(%s, 0) + 1000", table, name, name)
				if text[name] {
					change = fmt.Sprintf("update %s set %s = coalesce(%s, '') || 'x'", table, name, name)
				}
				changed++
				if got := said(change); !strings.Contains(got, table+": row ") || !slices.Contains(covered[table], name) && !strings.Contains(got, name+" was ") {
					t.Errorf("%s: %q", change, got)
				}
			}
		}
		if changed < 60 {
			t.Errorf("only %d columns were changed", changed)
		}
		t.Logf("%d columns of %d tables", changed, len(covered))
	})
}
