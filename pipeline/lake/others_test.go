package lake

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
)

// A database that isn't carat's gets nothing by being opened: not one of others' tables, not
// the wrong one of a lake that has tables, and none by a role that may not write. The error
// is one of usage and says which right is missing.
func TestDatabasesOfOthers(t *testing.T) {
	dsn := startPostgres(t)
	in := func(database, more string) string {
		return strings.Replace(dsn, "/postgres?", "/"+database+"?"+more, 1)
	}
	do := func(dsn string, texts ...string) *sql.DB {
		t.Helper()
		db, err := sql.Open("pgx", dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		for _, text := range texts {
			if _, err := db.Exec(text); err != nil {
				t.Fatal(text, err)
			}
		}
		return db
	}
	do(dsn, "create database app", "create database empty", "create database own", "create role reader login password 'its-own-word'", "alter role reader set search_path = nowhere")
	app, empty := do(in("app", ""), "create table orders (id text)", "create extension pg_stat_statements"), do(in("empty", ""))
	root := filepath.Join(t.TempDir(), "lake")
	l, err := Open(t.Context(), Config{Root: root, CatalogDSN: in("own", "")})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	asReader := func(dsn string) string {
		_, host, _ := strings.Cut(dsn, "@")
		return "postgres://reader:its-own-word@" + host
	}
	for name, c := range map[string]struct {
		root, dsn string
		kind      pipeline.Kind
		want      string
	}{
		"others' tables":   {filepath.Join(t.TempDir(), "new"), in("app", ""), pipeline.KindUsage, "its schema public has tables that are not carat's (orders), and no catalog; nothing was made there; give carat a database or a schema of its own"},
		"the wrong one":    {root, in("empty", ""), pipeline.KindNotFound, "it has no catalog of the lake in " + root},
		"no schema":        {filepath.Join(t.TempDir(), "new"), asReader(in("empty", "")), pipeline.KindUsage, "search_path leads to no schema that the role of `catalog` may use"},
		"no right to make": {filepath.Join(t.TempDir(), "new"), asReader(in("empty", "search_path=public&")), pipeline.KindUsage, "permission denied for schema public (SQLSTATE 42501); grant it to the role"},
		"no right to read": {root, asReader(in("own", "search_path=public&")), pipeline.KindUsage, "permission denied for"},
	} {
		l, err := Open(t.Context(), Config{Root: c.root, CatalogDSN: c.dsn})
		if err == nil {
			_ = l.Close()
		}
		if pipeline.KindOf(err) != c.kind || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, db := range map[string]*sql.DB{"app": app, "empty": empty} {
		var n int
		if err := db.QueryRow("select count(*) from information_schema.tables where table_schema = 'public' and table_name not like 'pg_stat%'").Scan(&n); err != nil || n != map[string]int{"app": 1, "empty": 0}[name] {
			t.Errorf("%s has %d tables: %v", name, n, err)
		}
	}
	if _, err := Open(t.Context(), Config{Root: "/" + strings.Repeat("long/", 99) + "lake"}); pipeline.KindOf(err) != pipeline.KindUsage || !strings.Contains(err.Error(), "the path of its catalog has 515 bytes, and SQLite takes no more than 504") {
		t.Errorf("a long path: %v", err)
	}
}
