package guard_test

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/closepackage"
	"carat/jobs/exceptions"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/month"
	"carat/jobs/publish"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/reports/table"
	carat "carat/sql"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	icesql "github.com/apache/iceberg-go/catalog/sql"
	icetable "github.com/apache/iceberg-go/table"
)

// outsider is another program at the lake's catalog: Spark, Trino, a script.
type outsider struct {
	*icesql.Catalog
	db *sql.DB
	t  *testing.T
}

func outside(t *testing.T, s books.Setting) outsider {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.Config.Lake, "catalog.sqlite")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	cat, err := icesql.NewCatalog("carat", db, icesql.SQLite, iceberg.Properties{"warehouse": s.Config.Lake})
	if err != nil {
		t.Fatal(err)
	}
	return outsider{cat, db, t}
}

func (o outsider) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o outsider) table(name string) *icetable.Table {
	o.t.Helper()
	tbl, err := o.LoadTable(o.t.Context(), catalog.ToIdentifier("carat", name))
	o.must(err)
	return tbl
}

func (o outsider) rows(name string) arrow.Table {
	o.t.Helper()
	rows, err := o.table(name).Scan().ToArrowTable(o.t.Context())
	o.must(err)
	return rows
}

func (o outsider) exec(query string) {
	o.t.Helper()
	_, err := o.db.Exec(query)
	o.must(err)
}

// appendTo adds a table's own rows once more, with properties that its snapshot has.
func (o outsider) appendTo(name string, props iceberg.Properties) {
	o.t.Helper()
	_, err := o.table(name).AppendTable(o.t.Context(), o.rows(name), 1000, props)
	o.must(err)
}

// summary gives the properties of carat's last snapshot of a table.
func (o outsider) summary(name string) iceberg.Properties {
	props := iceberg.Properties{}
	for k, v := range o.table(name).CurrentSnapshot().Summary.Properties {
		if strings.HasPrefix(k, "carat.") {
			props[k] = v
		}
	}
	return props
}

// intrusions are what another program can do to the tables, and which is named.
var intrusions = []struct {
	name  string
	table string // that is named, and refused
	do    func(o outsider)
	want  string // of what verify says
}{
	{"rows added to a result table", "statement_lines", func(o outsider) { o.appendTo("statement_lines", nil) }, "is none of carat's: no batch, run or compaction made it"},
	{"rows added to a raw table", "gift_events", func(o outsider) { o.appendTo("gift_events", nil) }, "table gift_events: snapshot "},
	{"rows added to the rejects", "rejects", func(o outsider) { o.appendTo("rejects", nil) }, "table rejects: snapshot "},
	{"rows added in a run's name", "statement_lines", func(o outsider) { o.appendTo("statement_lines", o.summary("statement_lines")) }, " is twice in table statement_lines"},
	{"rows added in a run's name that is none", "exceptions", func(o outsider) {
		o.appendTo("exceptions", iceberg.Properties{"carat.run": "ffff", "carat.period": "2026-10", "carat.rows": "1", "carat.files-sha256": "0"})
	}, "says that it is of run ffff, which published nothing there"},
	{"rows added in a batch's name", "rejects", func(o outsider) { o.appendTo("rejects", o.summary("rejects")) }, "rejects"},
	{"rows deleted", "statement_lines", func(o outsider) {
		_, err := o.table("statement_lines").Delete(o.t.Context(), iceberg.EqualTo(iceberg.Reference("period"), "2026-10"), nil)
		o.must(err)
	}, "table statement_lines doesn't read "},
	{"rows overwritten", "creator_balances", func(o outsider) {
		_, err := o.table("creator_balances").OverwriteTable(o.t.Context(), o.rows("creator_balances"), 1000, nil)
		o.must(err)
	}, "table creator_balances: snapshot "},
	{"a column added", "statement_lines", func(o outsider) {
		tx := o.table("statement_lines").NewTransaction()
		o.must(tx.UpdateSchema(true, false).AddColumn([]string{"bonus"}, iceberg.PrimitiveTypes.Int64, "", false, nil).Commit())
		_, err := tx.Commit(o.t.Context())
		o.must(err)
	}, "its columns were changed: bonus long was added"},
	{"a column taken away", "statement_lines", func(o outsider) {
		tx := o.table("statement_lines").NewTransaction()
		o.must(tx.UpdateSchema(true, true).DeleteColumn([]string{"amount"}).Commit())
		_, err := tx.Commit(o.t.Context())
		o.must(err)
	}, "its columns were changed: amount "},
	{"a property changed", "gift_events", func(o outsider) {
		tx := o.table("gift_events").NewTransaction()
		o.must(tx.SetProperties(iceberg.Properties{"gc.enabled": "true"}))
		_, err := tx.Commit(o.t.Context())
		o.must(err)
	}, "its properties were changed"},
	{"a table set back", "exceptions", func(o outsider) {
		o.exec("update iceberg_tables set metadata_location = previous_metadata_location where table_name = 'exceptions' and previous_metadata_location is not null")
		o.exec("update iceberg_tables set metadata_location = (select metadata_location from iceberg_tables where table_name = 'control_results') where table_name = 'exceptions' and previous_metadata_location is null")
	}, "table exceptions: the catalog names the metadata file "},
	{"a table added", "evil", func(o outsider) {
		_, err := o.CreateTable(o.t.Context(), catalog.ToIdentifier("carat", "evil"), o.table("exceptions").Schema())
		o.must(err)
	}, "table evil was added by another program"},
	{"a table dropped", "exceptions", func(o outsider) { o.exec("delete from iceberg_tables where table_name = 'exceptions'") }, "table exceptions is missing"},
	{"rows added, and carat's own note of it", "statement_lines", func(o outsider) {
		o.appendTo("statement_lines", nil)
		o.exec("update carat_tables set metadata_location = (select metadata_location from iceberg_tables where table_name = 'statement_lines') where table_name = 'statement_lines'")
	}, "carat_tables: row statement_lines was changed"},
}

// Whatever another program does to any table is named by verify, and nothing is
// read from that table, or built on it, from then on.
func TestForeignCommitsAreNamedAndRefused(t *testing.T) {
	s, _ := closedMonth(t)
	saved := filepath.Join(t.TempDir(), "saved")
	if err := os.CopyFS(saved, os.DirFS(s.Config.Lake)); err != nil {
		t.Fatal(err)
	}
	for i, c := range intrusions {
		t.Run(c.name, func(t *testing.T) {
			if err := os.RemoveAll(s.Config.Lake); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(s.Config.Lake, os.DirFS(saved)); err != nil {
				t.Fatal(err)
			}
			o := outside(t, s)
			c.do(o)
			_ = o.db.Close()
			said := whatVerifySays(s)
			if !strings.Contains(said, c.want) || !strings.Contains(said, c.table) {
				t.Errorf("verify says %q, want %q", said, c.want)
			}
			if i == len(intrusions)-1 {
				return // whoever writes carat's own tables is named, and no more
			}
			for name, err := range readings(t.Context(), t, s, c.table) {
				if pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "table "+c.table) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// Rows that another program adds to any table at all are named, table by table, however
// many were changed; in a table that holds nothing, a property is.
func TestForeignRowsInEveryTableAreNamed(t *testing.T) {
	s, _ := closedMonth(t)
	o := outside(t, s)
	var names []string
	for ident, err := range o.ListTables(t.Context(), icetable.Identifier{"carat"}) {
		o.must(err)
		names = append(names, ident[len(ident)-1])
	}
	if len(names) < 40 {
		t.Fatalf("the lake has only the tables %q", names)
	}
	held := 0
	for _, name := range names {
		if o.table(name).CurrentSnapshot() != nil && o.rows(name).NumRows() > 0 {
			o.appendTo(name, nil)
			held++
			continue
		}
		tx := o.table(name).NewTransaction()
		o.must(tx.SetProperties(iceberg.Properties{"gc.enabled": "true"}))
		_, err := tx.Commit(t.Context())
		o.must(err)
	}
	_ = o.db.Close()
	said := whatVerifySays(s)
	for _, name := range names {
		if !strings.Contains(said, "table "+name+": ") && !strings.Contains(said, "table "+name+" ") {
			t.Errorf("%s was changed, and verify doesn't say so", name)
		}
	}
	t.Logf("%d tables, %d of them with rows", len(names), held)
}

// readings are the jobs that read tables or write to them, and their errors.
func readings(ctx context.Context, t *testing.T, s books.Setting, name string) map[string]error {
	t.Helper()
	var out bytes.Buffer
	_, query := ask.Query(ctx, ask.QueryOptions{Setting: s, Query: "select count(*) from " + name, Answer: func(columns []table.Column, types []string) (table.RowWriter, error) {
		return table.NewRowWriter(&out, "csv", columns, types)
	}})
	_, trace := ask.Trace(ctx, ask.TraceOptions{Setting: s, SQL: carat.Files, IDs: []string{"c1"}})
	_, published := publish.Write(ctx, publish.Options{Setting: s, SQL: carat.Files, Out: filepath.Join(t.TempDir(), "lake.duckdb")})
	_, stated := statements.Write(ctx, statements.Options{Setting: s, SQL: carat.Files, Period: "2026-10"})
	_, pack := closepackage.Write(ctx, closepackage.Options{Setting: s, SQL: carat.Files, Period: "2026-10"})
	_, evidence := closepackage.AuditFile(ctx, closepackage.AuditFileOptions{Setting: s, SQL: carat.Files, Period: "2026-10"})
	_, run := jobs.Run(ctx, jobs.RunOptions{Setting: s, SQL: carat.Files, Period: "2026-11"})
	_, closed := month.Close(ctx, month.CloseOptions{Setting: as(s, "ann"), SQL: carat.Files, Period: "2026-11"})
	_, ingested := ingest.Files(ctx, ingest.Options{Setting: s})
	_, exceptions := exceptions.List(ctx, exceptions.Options{Setting: s})
	all := map[string]error{"query": query, "trace": trace, "publish": published, "statements": stated, "package": pack, "evidence": evidence, "run": run, "close": closed, "ingest": ingested}
	if name == "exceptions" {
		all["exceptions"] = exceptions
	}
	if name == "evil" || query != nil && strings.Contains(query.Error(), "does not exist") {
		delete(all, "query") // a table that isn't there is not found
	}
	return all
}

func as(s books.Setting, user string) books.Setting {
	s.By = books.Actor{User: user, OSUser: user}
	return s
}

// A lake that an older carat wrote, whose tables are not noted yet, gets its notes
// by the first command that writes, but not of a table that another program wrote to
// in between.
func TestForeignCommitToAnOlderLake(t *testing.T) {
	s, _ := closedMonth(t)
	forget := func(o outsider) {
		o.exec("delete from carat_tables")
		o.exec("drop table carat_records")
		o.exec("drop table carat_signed")
		o.exec("drop index carat_sent_creator")
		o.exec("delete from carat_migrations where name >= '0006_records.sql'")
		for _, column := range []string{"carat_runs drop column engine", "carat_sent drop column address_hash", "carat_users drop column os_user", "carat_sign_offs drop column os_user", "carat_decisions drop column os_user", "carat_decisions drop column matched", "carat_decisions drop column match_name",
			"carat_users drop column signed_no", "carat_users drop column entities", "carat_users drop column until_at", "carat_sign_offs drop column signed_no",
			"carat_locks drop column approved_no", "carat_locks drop column reopened_no", "carat_decisions drop column signed_no", "carat_decisions drop column expected",
			"carat_decisions drop column actual", "carat_decisions drop column difference", "carat_decisions drop column unit",
			"carat_locks drop column prepared_os", "carat_locks drop column approved_os", "carat_locks drop column reopened_os"} {
			o.exec("alter table " + column)
		}
		_ = os.Remove(filepath.Join(s.Config.Lake, "catalog.sqlite-head"))
		_ = os.WriteFile(filepath.Join(s.Config.Lake, "catalog.sqlite-open"), []byte("open\n"), 0o600)
	}
	o := outside(t, s)
	forget(o)
	o.appendTo("statement_lines", nil)
	_ = o.db.Close()
	for range 2 { // before and after the notes are made
		if said := whatVerifySays(s); !strings.Contains(said, "table statement_lines: snapshot ") {
			t.Errorf("verify says %q", said)
		}
		_, _ = guard.Compact(t.Context(), guard.CompactOptions{Setting: s})
	}
	err := readings(t.Context(), t, s, "statement_lines")["statements"]
	if pipeline.KindOf(err) != pipeline.KindVerification {
		t.Errorf("statements: %v", err)
	}
}
