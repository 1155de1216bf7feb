package lake

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/postgres/postgrestest"
)

// startPostgres starts a throwaway server and gives a DSN.
func startPostgres(t *testing.T) (dsn string) {
	t.Helper()
	return postgrestest.Start(t, os.Getenv("CI") == "true")
}

func TestCatalogInPostgreSQL(t *testing.T) {
	dsn := startPostgres(t)
	root := filepath.Join(t.TempDir(), "lake")
	l, err := Open(t.Context(), Config{Root: root, CatalogDSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	release, err := l.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := ingestWithRejects(t, l); err != nil {
		t.Fatal(err)
	}
	ingest(t, l, nil, "nothing")
	if _, err := l.DB().Exec("create table runs (id text primary key)"); err != nil {
		t.Fatal(err)
	}
	if ok, err := l.Publish(t.Context(), Run{ID: "run1", Period: "2026-10"}, resultFiles(t, l, "run1"), recordRun("run1")); err != nil || !ok {
		t.Fatal(ok, err)
	}
	// A run's row that is refused takes the tables' rows with it.
	_, err = l.Publish(t.Context(), Run{ID: "run2", Period: "2026-10"}, resultFiles(t, l, "run2"), func(tx *sql.Tx) error {
		_, err := tx.Exec("insert into runs (id) values ('run1')")
		return err
	})
	if err == nil {
		t.Error("a second row of run1 was taken")
	}
	if got := len(tableOf(t, l, "rollforwards", AsOf{}).Files); got != 1 {
		t.Errorf("%d files in rollforwards, want 1", got)
	}
	if v, err := l.Verify(t.Context()); err != nil || v.Batches != 2 || v.Runs != 1 {
		t.Errorf("%+v %v", v, err)
	}
	if s := strays(t, l); len(s) > 0 {
		t.Errorf("strays %v", s)
	}
	checkSharedCatalog(t, root, dsn)
	release()
	again, err := l.Lock(t.Context())
	if err != nil {
		t.Fatalf("the lock wasn't given back: %v", err)
	}
	again()
}

// checkNoCatalogBesideTables: a lake that has tables gets no empty catalog, in another
// database or none.
func checkNoCatalogBesideTables(t *testing.T, root, dsn string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("create database elsewhere"); err != nil {
		t.Fatal(err)
	}
	elsewhere := strings.Replace(dsn, "/postgres?", "/elsewhere?", 1)
	_, err = Open(t.Context(), Config{Root: root, CatalogDSN: elsewhere})
	if pipeline.KindOf(err) != pipeline.KindNotFound || !strings.Contains(err.Error(), "it has no catalog of the lake in "+root+", which has tables; name the database that has it") {
		t.Errorf("another database: %v", err)
	}
	_, err = Open(t.Context(), Config{Root: root})
	if pipeline.KindOf(err) != pipeline.KindNotFound || !strings.Contains(err.Error(), "if the catalog is in PostgreSQL, name it in `catalog` of carat.yaml") {
		t.Errorf("no database named: %v", err)
	}
}

// checkSharedCatalog: a copy of the folder, and another lake, must not commit
// to this lake's catalog; a wrong password must not show.
func checkSharedCatalog(t *testing.T, root, dsn string) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "copy")
	copyLake(t, root, copied)
	_, err := Open(t.Context(), Config{Root: copied, CatalogDSN: dsn})
	want := "open lake " + copied + ": it is a copy, and its catalog belongs to the lake in " + root + "; copy the catalog's database too and name it in `catalog` of carat.yaml"
	if err == nil || err.Error() != want || pipeline.KindOf(err) != pipeline.KindUsage {
		t.Errorf("copy: %v", err)
	}
	_, err = Open(t.Context(), Config{Root: t.TempDir(), CatalogDSN: dsn})
	if err == nil || !strings.Contains(err.Error(), "it belongs to another lake") || !strings.Contains(err.Error(), root) {
		t.Errorf("another lake: %v", err)
	}
	_, err = Open(t.Context(), Config{Root: t.TempDir(), CatalogDSN: strings.Replace(dsn, "ss%3Aword", "ssw0rd-wrong", 1)})
	if err == nil || strings.Contains(err.Error(), "ssw0rd") || !strings.Contains(err.Error(), "password authentication failed") ||
		!strings.HasSuffix(err.Error(), "; check user and password of `catalog` in carat.yaml, and what the server allows them") {
		t.Errorf("wrong password: %v", err)
	}
	elsewhere := strings.Replace(dsn, "/postgres?", "/elsewhere?", 1)
	_, err = Open(t.Context(), Config{Root: t.TempDir(), CatalogDSN: elsewhere})
	if err == nil || !strings.HasSuffix(err.Error(), `: database "elsewhere" does not exist; create the database, or name the right one in `+"`catalog` of carat.yaml") {
		t.Errorf("no database: %v", err)
	}
	checkNoCatalogBesideTables(t, root, dsn)
	// Another machine with the same folder mounted elsewhere is another lock
	// file, so the catalog's lock has to turn it away.
	other, err := Open(t.Context(), Config{Root: root, CatalogDSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := os.Remove(filepath.Join(root, "lock")); err != nil {
		t.Fatal(err)
	}
	_, err = other.Lock(t.Context())
	if err == nil || pipeline.KindOf(err) != pipeline.KindBusy || !strings.Contains(err.Error(), "another carat holds the catalog's lock in PostgreSQL") {
		t.Errorf("second writer: %v", err)
	}
}
