package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEarlierCaratRefusesWhatALaterOneWrote: after a step back to an earlier binary every
// verb says so and changes nothing, whether the later carat changed the form of the
// history or the tables of the state.
func TestEarlierCaratRefusesWhatALaterOneWrote(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, says string }{
		"history": {
			change: `insert into iceberg_namespace_properties (catalog_name, namespace, property_key, property_value)
				select catalog_name, namespace, 'carat.form', '99' from iceberg_namespace_properties limit 1
				on conflict do update set property_value = '99'`,
			says: "its history has form 99, and this carat reads form ",
		},
		"state": {change: `insert into carat_migrations (version, name) values (99, 'later')`, says: "it was written by a newer carat (version "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			carat(t, "init", "--dir", dir)
			write := func(file, text string) {
				t.Helper()
				if err := os.WriteFile(filepath.Join(dir, "inbox", file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("gift_catalog.csv", "gift_id,valid_from,name,coins\nrose,2026-01-01T00:00:00Z,Rose,1\n")
			carat(t, "ingest", "--dir", dir)
			catalog := filepath.Join(dir, "lake", "catalog.sqlite")
			change(t, catalog, c.change)
			if err := os.Remove(catalog + "-seal"); err != nil { // the later carat left one of its own
				t.Fatal(err)
			}
			before, err := os.ReadFile(catalog)
			if err != nil {
				t.Fatal(err)
			}
			write("gift_catalog_2.csv", "gift_id,valid_from,name,coins\nlion,2026-01-01T00:00:00Z,Lion,500\n")
			refused := func(verb ...string) {
				t.Helper()
				_, told := caratBoth(t, 2, append(verb, "--dir", dir, "--user", "ann")...)
				if !strings.Contains(told, c.says) {
					t.Errorf("%s says %q, want %q", verb[0], told, c.says)
				}
			}
			for _, verb := range [][]string{
				{"ingest"}, {"reconcile", "--period", "2026-10"}, {"run", "--period", "2026-10"}, {"verify"}, {"status"}, {"query", "select 1 as one"},
				{"compact"}, {"backup", "--out", filepath.Join(dir, "backup")}, {"close", "--period", "2026-10"}, {"exceptions"},
			} {
				refused(verb...)
			}
			after, err := os.ReadFile(catalog)
			if err != nil {
				t.Fatal(err)
			}
			if string(before) != string(after) {
				t.Error("the database was changed")
			}
			refused("upgrade") // which is recorded, where the state lets it be
		})
	}
}

// change runs one statement on an SQLite database.
func change(t *testing.T, file, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}
