package postgres

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/pipeline/postgres/postgrestest"
)

// A function or an operator that somebody else put into carat's schema is never called: no
// session begins, and the error names it. What lies in a schema that the session doesn't
// look into, and what an extension made, is nobody's business.
func TestNothingOfOthersIsCalled(t *testing.T) {
	dsn := postgrestest.Start(t, os.Getenv("CI") == "true")
	plain, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plain.Close() })
	do := func(text string) {
		t.Helper()
		if _, err := plain.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	opens := func(dsn string) error {
		db, err := sql.Open(Driver, dsn)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		return db.PingContext(t.Context())
	}
	do("create table called (n int); create schema elsewhere")
	const equal = "(varchar, text) returns boolean language plpgsql as 'begin insert into called values (1); return $1::text = $2; end'"
	do("create function elsewhere.same" + equal + "; create operator elsewhere.= (leftarg = varchar, rightarg = text, procedure = elsewhere.same)")
	if err := opens(dsn); err != nil {
		t.Errorf("in another schema: %v", err)
	}
	if err := opens(dsn + "&search_path=elsewhere"); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "the function same in its schema elsewhere is none of carat's") {
		t.Errorf("in the session's own: %v", err)
	}
	do("drop schema elsewhere cascade; create function public.lower(varchar) returns text language sql as 'select upper($1::text)'")
	if err := opens(dsn); pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), "the function lower in its schema public") {
		t.Errorf("one that fits better than PostgreSQL's own: %v", err)
	}
	do("drop function public.lower(varchar); create function public.same" + equal + "; create operator public.= (leftarg = varchar, rightarg = text, procedure = same)")
	if err := opens(dsn); pipeline.KindOf(err) != pipeline.KindVerification {
		t.Errorf("an operator: %v", err)
	}
	var n int
	if err := plain.QueryRow("select count(*) from called").Scan(&n); err != nil || n != 0 {
		t.Errorf("it was called %d times, %v", n, err)
	}
	do("drop operator public.= (varchar, text); drop function same; create extension if not exists plpgsql")
	if err := opens(dsn); err != nil {
		t.Errorf("dropped: %v", err)
	}
}
