package migrations

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed *.sql
var files embed.FS

// Table makes the table of the migrations that were applied.
const Table = "create table if not exists carat_migrations (version bigint primary key, name text not null)"

// Migration is one step of the state's tables.
type Migration struct {
	Name string // of its file, in whose order they are applied
	SQL  string
}

// All gives the migrations in the order in which they are applied: the first has
// version 1.
func All() ([]Migration, error) {
	entries, err := fs.ReadDir(files, ".") // by name
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	var all []Migration
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, fmt.Errorf("read migrations: %w", err)
		}
		all = append(all, Migration{e.Name(), string(text)})
	}
	return all, nil
}

// Statements make all tables of the state, and that of the migrations, in an empty
// database.
func Statements() ([]string, error) {
	all, err := All()
	list := []string{Table}
	for _, m := range all {
		list = append(list, m.SQL)
	}
	return list, err
}

// Differing names the rows of the table of migrations that aren't those which these
// migrations leave there.
func Differing(ctx context.Context, tx *sql.Tx) (what []string, err error) {
	all, err := All()
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx, "select version, name from carat_migrations order by version")
	if err != nil {
		return nil, fmt.Errorf("read which migrations were applied: %w", err)
	}
	defer rows.Close()
	applied := 0
	for rows.Next() {
		var version int64
		var name string
		if err := rows.Scan(&version, &name); err != nil {
			return nil, fmt.Errorf("read which migrations were applied: %w", err)
		}
		switch {
		case version < 1 || version > int64(len(all)):
			what = append(what, fmt.Sprintf("carat_migrations: row %d (%q) is of no migration of carat's", version, name))
			continue
		case name != all[version-1].Name:
			what = append(what, fmt.Sprintf("carat_migrations: row %d was changed: name is %q, and the migration is %s", version, name, all[version-1].Name))
		}
		applied++
	}
	if applied < len(all) && rows.Err() == nil {
		what = append(what, fmt.Sprintf("carat_migrations: it has %d of the %d migrations that were applied", applied, len(all)))
	}
	return what, rows.Err()
}
