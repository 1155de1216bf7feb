package guard_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // driver "sqlite"

	"carat/jobs/books"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
	"carat/jobs/people"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/postgres"
	"carat/pipeline/postgres/postgrestest"
	"carat/pipeline/state"
)

// alterable is a catalog's database in which a test changes something, and takes it back.
type alterable struct {
	books.Setting
	postgres bool
	open     func() *sql.DB
	back     func()
}

// notCompared are the columns that verify can't compare, and why.
var notCompared = map[string]string{
	"carat_sent.address_sha256": "it is to be forgotten with the person, and a chain forgets nothing",
}

// Whatever row or column of whatever table of the catalog's database somebody changes,
// takes away or adds, in SQLite or in PostgreSQL, verify tells it while no seal does. The
// tables and columns are asked of the database: one that is new, and that nothing
// compares, fails here.
func TestEveryColumnOfTheDatabaseIsCompared(t *testing.T) {
	for name, made := range map[string]func(*testing.T) alterable{"sqlite": alterableSQLite, "postgres": alterablePostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := made(t)
			if said := whatVerifySays(a.Setting); said != "" {
				t.Fatal(said)
			}
			tables, columns := a.schema(t)
			changes := 0
			said := func(query string) string {
				t.Helper()
				changes++
				db := a.open()
				if _, err := db.Exec(query); err != nil {
					t.Fatalf("%s: %v", query, err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				said := whatVerifySays(a.Setting)
				a.back()
				if strings.HasPrefix(query, "insert into carat_migrations") && strings.Contains(said, "it was written by a newer carat") {
					return said
				}
				if strings.HasPrefix(query, "delete from carat_migrations where") && said == "" {
					return said // the last step was taken again, which says what was there, and adopts nothing
				}
				if strings.Contains(query, "iceberg_namespace_properties") && strings.Contains(said, "it belongs to another lake") {
					return said // the lake's own id stands there: such a database is not opened
				}
				if said == "" || strings.HasPrefix(said, "not a verification error") {
					t.Errorf("%s: verify says %q", query, said)
				}
				return said
			}
			for _, table := range tables {
				var names, values, sets []string
				for _, c := range columns[table] {
					value, set := "99077", fmt.Sprintf("%s = coalesce(%s, 0) + 1000", c.name, c.name)
					if c.text {
						value, set = "'another'", fmt.Sprintf("%s = coalesce(%s, '') || 'x'", c.name, c.name)
					}
					names, values = append(names, c.name), append(values, value)
					if notCompared[table+"."+c.name] == "" {
						sets = append(sets, set)
					}
				}
				if !a.postgres { // which keeps bytes in any column, and then finds no such value
					keys, asBytes := a.keys(t, table), []string{}
					for _, c := range columns[table] {
						if c.text || len(keys) != 1 || keys[0] != c.name { // a number that is the key alone is the row's own, and stays a number
							asBytes = append(asBytes, fmt.Sprintf("%s = cast(coalesce(%s, '') as blob)", c.name, c.name))
						}
					}
					whole := said("update " + table + " set " + strings.Join(asBytes, ", ") + " where " + a.one(table))
					for _, set := range asBytes {
						if !strings.Contains(whole, table+": "+columnOf(set)+" has a value of the kind blob") && !strings.Contains(whole, "the properties of its catalog ("+table+") were changed") {
							t.Errorf("%s.%s may be kept as bytes: %s", table, columnOf(set), whole)
						}
					}
				}
				said("insert into " + table + " (" + strings.Join(names, ", ") + ") values (" + strings.Join(values, ", ") + ")")
				said("delete from " + table + " where " + a.one(table))
				keys := a.keys(t, table)
				rest := slices.DeleteFunc(slices.Clone(sets), func(set string) bool { return slices.Contains(keys, columnOf(set)) })
				// Of a row that is recorded each column is told in one breath, and its key is
				// what was taken away or added.
				whole := said("update " + table + " set " + strings.Join(rest, ", ") + " where " + a.one(table))
				if strings.Contains(whole, table+": row ") && strings.Contains(whole, "(record ") {
					for _, set := range rest {
						if !strings.Contains(whole, columnOf(set)+" was ") {
							t.Errorf("%s.%s was changed, and verify says %q", table, columnOf(set), whole)
						}
					}
					continue
				}
				if a.postgres && len(sets) > 6 {
					continue // each is compared in Go, whichever database: by the other's turn
				}
				for _, set := range sets {
					said("update " + table + " set " + set + " where " + a.one(table))
				}
			}
			if changes < 80 || len(tables) < 25 {
				t.Errorf("only %d changes of %d tables", changes, len(tables))
			}
			t.Logf("%d changes of %d tables", changes, len(tables))
		})
	}
}

type alterableColumn struct {
	name string
	text bool
}

// schema asks the database for its tables and columns. Each table has a row at least.
func (a alterable) schema(t *testing.T) (tables []string, columns map[string][]alterableColumn) {
	t.Helper()
	db := a.open()
	defer db.Close()
	query := "select m.name, x.name, x.type from sqlite_master as m, pragma_table_xinfo(m.name) as x where m.type = 'table' and m.name not like 'sqlite%' order by 1, x.cid"
	if a.postgres {
		query = "select table_name, column_name, data_type from information_schema.columns where table_schema = current_schema() order by 1, ordinal_position"
	}
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns = map[string][]alterableColumn{}
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			t.Fatal(err)
		}
		if columns[table] == nil {
			tables = append(tables, table)
		}
		columns[table] = append(columns[table], alterableColumn{column, strings.Contains(strings.ToLower(kind), "char") || strings.EqualFold(kind, "text")})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		var n int
		if err := db.QueryRow("select count(*) from " + table).Scan(&n); err != nil || n == 0 {
			t.Errorf("table %s has %d rows (%v): give it one in everyTable", table, n, err)
		}
	}
	return tables, columns
}

// one is the condition of one row of a table.
func (a alterable) one(table string) string {
	if table == "iceberg_namespace_properties" { // where a lake lies is written anew when it was moved
		return "property_key = 'carat.form'"
	}
	if a.postgres {
		return "ctid = (select max(ctid) from " + table + ")"
	}
	return "rowid = (select max(rowid) from " + table + ")"
}

// columnOf gives the column that is set.
func columnOf(set string) string {
	column, _, _ := strings.Cut(set, " ")
	return column
}

// keys gives the columns of a table's primary key.
func (a alterable) keys(t *testing.T, table string) (names []string) {
	t.Helper()
	db := a.open()
	defer db.Close()
	query := "select name from pragma_table_info('" + table + "') where pk > 0"
	if a.postgres {
		query = "select a.attname::text from pg_constraint as k join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = any(k.conkey) where k.contype = 'p' and k.conrelid = '" + table + "'::regclass"
	}
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// everyTable writes a row into each table that a closed month leaves empty.
func everyTable(t *testing.T, s books.Setting) {
	t.Helper()
	ctx, at := t.Context(), s.Now
	p, err := books.OpenExisting(ctx, s, books.RightQuery)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = p.State.BeginAccess(ctx, state.Access{At: at, Who: "eve", Verb: "query", Text: "select 1"})
	must(err)
	must(p.State.RecordDecisions(ctx, []decision.Decision{{ExceptionID: "e9", Status: decision.Open, By: "cid", At: at}}, nil))
	_, err = p.State.ToldUntil(ctx, "ingest", at)
	must(err)
	must(p.State.TellSlots(ctx, "ingest", []state.Slot{{Job: "ingest", Key: "1", At: at}}, at))
	must(p.State.SaveNotices(ctx, state.Notice{Webhook: "ops", Key: "k", Event: "1", ID: "n", State: state.NoticePending, RaisedAt: at, NextAt: at}))
	must(p.State.SaveSourceTry(ctx, state.SourceTry{Source: "bank", TriedAt: at}))
	_, err = p.State.AddFetched(ctx, state.Fetched{Source: "bank", Kind: "sftp", RemoteName: "a.csv", At: at})
	must(err)
	_, err = p.State.BeginSending(ctx, state.Sent{Period: "2026-10", CreatorID: "c1", Entity: "main", Currency: "USD", RowsSHA256: "r", At: at})
	must(err)
	_, err = p.State.RecordSignOff(ctx, state.SignOff{Period: "2026-11", Version: 1, RunID: "aa", NumbersSHA256: "n", PreparedBy: "ann", PreparedAt: at}, nil)
	must(err)
	s.By = books.Actor{User: "ann", OSUser: "ann"}
	_, err = people.Users(ctx, people.UsersOptions{Setting: s, User: "bob", Role: books.RoleAuditor})
	must(err)
}

func alterableSQLite(t *testing.T) alterable {
	s, _ := closedMonth(t)
	s.By.User = "ann"
	everyTable(t, s)
	a := alterable{Setting: s}
	file := filepath.Join(s.Config.Lake, "catalog.sqlite")
	a.open = func() *sql.DB {
		db, err := sql.Open("sqlite", "file:"+file)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	saved := map[string][]byte{}
	for _, name := range []string{"catalog.sqlite", "catalog.sqlite-head", "people/people.sqlite"} {
		content, err := os.ReadFile(filepath.Join(s.Config.Lake, name))
		if err != nil {
			t.Fatal(err)
		}
		saved[name] = content
	}
	a.back = func() {
		for _, name := range []string{"catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.sqlite-seal"} {
			_ = os.Remove(filepath.Join(s.Config.Lake, name))
		}
		for name, content := range saved {
			if err := os.WriteFile(filepath.Join(s.Config.Lake, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	a.back()
	return a
}

func alterablePostgres(t *testing.T) alterable {
	dsn := postgrestest.Start(t, os.Getenv("CI") == "true")
	s := trial.Folder(t, "feeds: {}\nfirst_period: 2026-10\nmax_reject_share: 0.5\ncatalog: \""+dsn+"\"\n", trial.SmallMonth)
	closeSmallMonth(t, s)
	s.By.User = "ann"
	everyTable(t, s)
	a := alterable{Setting: s, postgres: true}
	a.open = func() *sql.DB {
		db, err := sql.Open(postgres.Driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	exec := func(query string) {
		t.Helper()
		db := a.open()
		defer db.Close()
		if _, err := db.Exec(query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	exec("create schema saved")
	tables, _ := a.schema(t)
	head := filepath.Join(s.Config.Lake, "catalog.sqlite-head")
	kept, herr := os.ReadFile(head)
	var back []string
	for _, table := range tables {
		exec("create table saved." + table + " as table " + table)
		back = append(back, "truncate "+table, "insert into "+table+" table saved."+table)
	}
	a.back = func() {
		exec(strings.Join(back, "; "))
		if herr == nil {
			if err := os.WriteFile(head, kept, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return a
}

// What the catalog's tables are made of is compared too, not only what is in them.
func TestEveryDefinitionIsCompared(t *testing.T) {
	s, _ := closedMonth(t)
	file := filepath.Join(s.Config.Lake, "catalog.sqlite")
	saved, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	master := func(table, from, to string) string {
		return fmt.Sprintf("pragma writable_schema = on; update sqlite_master set sql = replace(sql, '%s', '%s') where name = '%s'; pragma writable_schema = reset", from, to, table)
	}
	for _, c := range []struct{ change, want string }{
		{master("carat_decisions", "unit text not null default ''''", "unit text not null default ''USD''"), "carat_decisions: the column unit is not as carat made it"},
		{master("carat_jobs", "user_name  text   not null", "user_name  text   default ''ann''"), "carat_jobs: the column user_name is not as carat made it"},
		{master("carat_users", "role       text   not null", "role       text   not null collate nocase"), "carat_users: the table is not as carat made it"},
		{master("carat_access", "at         bigint not null", "at         bigint not null on conflict ignore"), "carat_access: the table is not as carat made it"},
		{master("carat_files", "bytes  bigint not null", "bytes  bigint not null check (bytes <> 1)"), "carat_files: the table is not as carat made it"},
		{master("iceberg_tables", `"iceberg_type" VARCHAR`, `"iceberg_type" VARCHAR default ''VIEW''`), "iceberg_tables: the column iceberg_type is not as carat made it"},
		{"drop index carat_links_id; create index carat_links_id on carat_links (link_id)", "carat_links: the index carat_links_id is not as carat made it"},
		{"drop index carat_records_row; create index carat_records_row on carat_records (table_name, record_no) where record_no > 1", "carat_records: the index carat_records_row is not as carat made it"},
	} {
		for _, name := range []string{"catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.sqlite-seal"} {
			_ = os.Remove(filepath.Join(s.Config.Lake, name))
		}
		if err := os.WriteFile(file, saved, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", "file:"+file)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		if _, err := db.Exec(c.change); err != nil {
			t.Fatalf("%s: %v", c.change, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if said := whatVerifySays(s); !strings.Contains(said, c.want) {
			t.Errorf("%s: verify says %q, want %q", c.change, said, c.want)
		}
	}
}

// What lies in a lake and isn't in the catalog's database is compared as well: lake.json
// to the byte, and a file that went together with its row.
func TestFilesThatGoWithTheirRowsAreNamed(t *testing.T) {
	s, _ := closedMonth(t)
	saved := filepath.Join(t.TempDir(), "saved")
	if err := os.CopyFS(saved, os.DirFS(s.Config.Lake)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want string
		do         func(root string, db *sql.DB) error
	}{
		{"a key more in lake.json", "file lake.json was changed", func(root string, _ *sql.DB) error {
			path := filepath.Join(root, "lake.json")
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, []byte(strings.Replace(string(content), "{", "{\n  \"owner\": \"mallory\",", 1)), 0o600)
		}},
		{"an old metadata file with its row", "has no row of carat_files any more, and is gone", func(root string, db *sql.DB) error {
			var current, path string
			err := db.QueryRow("select metadata_location from iceberg_tables where table_name = 'gift_catalog'").Scan(&current)
			if err == nil {
				err = db.QueryRow("select path from carat_files where path like '%/gift_catalog/metadata/%.metadata.json' and ? not like '%' || path", current).Scan(&path)
			}
			if err != nil {
				return err
			}
			if _, err := db.Exec("delete from carat_files where path = ?", path); err != nil {
				return err
			}
			return os.Remove(filepath.Join(root, path))
		}},
		{"the whole list of files", "the list of files (carat_files) was emptied", func(_ string, db *sql.DB) error {
			_, err := db.Exec("delete from carat_files")
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := os.RemoveAll(s.Config.Lake); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(s.Config.Lake, os.DirFS(saved)); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(s.Config.Lake, "catalog.sqlite-seal")); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Config.Lake, "catalog.sqlite"))
			if err != nil {
				t.Fatal(err)
			}
			if err := c.do(s.Config.Lake, db); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if said := whatVerifySays(s); !strings.Contains(said, c.want) {
				t.Errorf("verify says %q, want %q", said, c.want)
			}
		})
	}
}

// What lies in the lake's folder and in nothing of the history is named, and what is no
// plain file is a difference, as no backup can have it: verify and backup say one thing.
func TestStrangersInTheLakeAreNamed(t *testing.T) {
	s, _ := closedMonth(t)
	root := s.Config.Lake
	notes := func() string {
		v, err := guard.Verify(t.Context(), guard.VerifyOptions{Setting: s})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(v.Notes, "\n")
	}
	if said := notes(); said != "" {
		t.Fatalf("of a lake that nobody touched: %s", said)
	}
	planted := []string{"carat.db/planted.csv", "carat.db/gift_events/data/evil.parquet", "carat.db/gift_events/planted.txt", "carat.db/evil/data/x.parquet", "raw/aa/b.zst", "people/names.csv", "certificates/x.txt",
		"certificates/sql/x.sql", "notes.txt", "backup/manifest.json", "timestamps/x.tsr"}
	for _, name := range planted {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	said := notes()
	for _, name := range planted {
		if !strings.Contains(said, "file "+name+" is none of the history's") {
			t.Errorf("%s isn't named: %s", name, said)
		}
		if err := os.Remove(filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	// What commits that were cut short leave is no stranger.
	for _, name := range []string{"carat.db/gift_events/metadata/00009-x.metadata.json", "carat.db/gift_events/metadata/snap-1.avro", "carat.db/gift_events/data/x.parquet.tmp", "staging/b/x.parquet"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if said := notes(); said != "" {
		t.Errorf("what a crash leaves: %s", said)
	}
	data, err := filepath.Glob(filepath.Join(root, "carat.db/gift_events/data/*/*/*.parquet"))
	if err != nil || len(data) == 0 {
		t.Fatalf("%q %v", data, err)
	}
	for _, path := range []string{filepath.Join(root, "raw"), data[0], filepath.Join(root, "certificates"), filepath.Join(root, "people/raw")} {
		moved := filepath.Join(t.TempDir(), "moved")
		if err := os.Rename(path, moved); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(moved, path); err != nil {
			t.Fatal(err)
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		if said := whatVerifySays(s); !strings.Contains(said, "file "+name+" is no plain file") {
			t.Errorf("%s as a link: verify says %q", name, said)
		}
		if _, err := guard.Backup(t.Context(), guard.BackupOptions{Setting: s, Out: t.TempDir()}); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "no plain file") {
			t.Errorf("%s as a link: backup says %v", name, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(moved, path); err != nil {
			t.Fatal(err)
		}
	}
}

// A link in the place of a file that carat writes to in place leads nowhere: what it points
// to is neither emptied nor written to, and who put it there is told.
func TestLinksAreNotWrittenThrough(t *testing.T) {
	s, _ := closedMonth(t)
	for _, name := range []string{"lock", "catalog.sqlite-open", "catalog.sqlite-seal.tmp", "catalog.sqlite-seal"} {
		t.Run(name, func(t *testing.T) {
			victim := filepath.Join(t.TempDir(), "victim")
			if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(s.Config.Lake, name)
			_ = os.Remove(path)
			if err := os.Symlink(victim, path); err != nil {
				t.Fatal(err)
			}
			said := whatVerifySays(s)
			_, err := ingest.Files(t.Context(), ingest.Options{Setting: s})
			_ = os.Remove(path)
			if content, rerr := os.ReadFile(victim); rerr != nil || string(content) != "precious" {
				t.Errorf("it was written through: %q %v", content, rerr)
			}
			if said == "" && err == nil {
				t.Error("nobody tells it")
			}
			t.Logf("verify: %s; ingest: %v", said, err)
		})
	}
}
