package people

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"carat/pipeline"
	"carat/pipeline/lake/store"

	_ "modernc.org/sqlite"
)

// kept is a store of one creator and one payee, with its chain's database.
func kept(t *testing.T) (*Store, *sql.DB) {
	t.Helper()
	root := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(root, "catalog.sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec("create table carat_tables (table_name text primary key, metadata_location text not null, metadata_sha256 text not null, snapshot_id bigint not null)"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "people"), 0o700); err != nil {
		t.Fatal(err)
	}
	p := &Store{Disk: &store.Disk{Root: root}, Now: time.Now}
	p.Chain = func() Chain {
		return Chain{DB: db, Bind: func(q string) string { return q }, Broken: func(string) []string { return nil }}
	}
	if err := take(t, p, luna, pipeline.Person{CreatorID: "p1", Identity: pipeline.Identity{LegalName: "Luna", Account: "DE1"}}); err != nil {
		t.Fatal(err)
	}
	return p, db
}

var luna = pipeline.Person{CreatorID: "c1", DisplayName: "Luna", Email: "luna@example.com"}

// take puts people into the store as a batch does.
func take(t *testing.T, p *Store, people ...pipeline.Person) error {
	t.Helper()
	dir := t.TempDir()
	if err := p.WritePending(dir, "b000001", people); err != nil {
		t.Fatal(err)
	}
	return p.TakePending(t.Context(), dir)
}

// change is what another program does to the store.
func change(t *testing.T, p *Store, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", p.Disk.Database(store.PeopleFile))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// uses gives what each use of the store says.
func uses(t *testing.T, p *Store) map[string]error {
	_, all := p.All(t.Context())
	_, payees := p.Payees(t.Context())
	_, _, known := p.Known(t.Context(), []pipeline.Person{luna})
	_, folders := p.ForgottenFolders(t.Context())
	return map[string]error{"check": p.Check(t.Context()), "creators": all, "payees": payees, "known": known, "folders": folders}
}

// What another program changes in the store is refused by whatever needs it, also by who
// would write over it, until it is as it was.
func TestPeopleThatOthersChangedAreRefused(t *testing.T) {
	for _, query := range []string{
		"update people set email = 'mallory@evil.example'",
		"update payees set account = 'DE2'",
		"update payees set legal_name = 'Mallory'",
		"insert into people values ('c2', 'Mallory', '')",
		"delete from people",
		"update people set creator_id = cast(creator_id as blob)", // reads as before, and is found by no id
		"delete from forgotten",
		"delete from forgotten_key",
		"create trigger t after insert on people begin update people set email = 'mallory@evil.example'; end",
	} {
		t.Run(query, func(t *testing.T) {
			p, _ := kept(t)
			err := p.Write(t.Context(), Everything, func(tx *sql.Tx) error {
				_, _, err := Forget(t.Context(), tx, "c9", "c9")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			for what, err := range uses(t, p) {
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			change(t, p, query)
			for what, err := range uses(t, p) {
				if pipeline.KindOf(err) != pipeline.KindVerification {
					t.Errorf("%s: %v", what, err)
				}
			}
			if err := take(t, p, luna); pipeline.KindOf(err) != pipeline.KindVerification {
				t.Errorf("written over: %v", err)
			}
		})
	}
	p, _ := kept(t)
	for _, name := range []string{store.PeopleFile, madeFile} {
		if err := os.Remove(filepath.Join(p.Disk.Root, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Check(t.Context()); pipeline.KindOf(err) != pipeline.KindVerification {
		t.Errorf("gone with its mark: %v", err)
	}
	if _, err := p.All(t.Context()); pipeline.KindOf(err) != pipeline.KindVerification {
		t.Errorf("gone with its mark: %v", err)
	}
	if err := errors.Join(take(t, p, luna), p.Check(t.Context())); err != nil {
		t.Errorf("begun anew: %v", err)
	}
}

// The row that says what the store comes to can't be taken away where a record tells of it:
// the seal, which says nothing after a kill, doesn't stand in for it.
func TestPeopleWhoseRowWasTakenAway(t *testing.T) {
	for _, recorded := range []bool{true, false} {
		p, db := kept(t)
		for _, query := range []string{
			"create table carat_records (record_no bigint primary key, table_name text not null, row_key text not null)",
			"insert into carat_records values (1, 'carat_tables', 'gift_events')",
			"delete from carat_tables",
		} {
			if _, err := db.Exec(query); err != nil {
				t.Fatal(err)
			}
		}
		if recorded {
			if _, err := db.Exec("insert into carat_records values (2, 'carat_tables', '#people')"); err != nil {
				t.Fatal(err)
			}
		}
		change(t, p, "update people set email = 'mallory@evil.example'")
		for what, err := range uses(t, p) {
			if refused := pipeline.KindOf(err) == pipeline.KindVerification; refused != recorded || !recorded && err != nil {
				t.Errorf("recorded %v: %s: %v", recorded, what, err)
			}
		}
		if err := take(t, p, luna); (pipeline.KindOf(err) == pipeline.KindVerification) != recorded {
			t.Errorf("recorded %v: written over: %v", recorded, err)
		}
	}
}

// A write that is cut short, on either side of its commit, is no reason for alarm, and a
// store of an older carat is chained from the next write on.
func TestPeopleWriteCutShort(t *testing.T) {
	p, db := kept(t)
	chain := p.Chain()
	cut := errors.New("cut short")
	failing := 0
	p.Chain = func() Chain {
		c := chain
		c.Record = func(context.Context, *sql.Tx, string, ...any) error {
			if failing--; failing == 0 {
				return cut
			}
			return nil
		}
		return c
	}
	other := luna
	for i, email := range []string{"one@example.com", "two@example.com"} {
		other.Email, failing = email, i+1
		if err := take(t, p, other); !errors.Is(err, cut) {
			t.Fatal(err)
		}
		if err := p.Check(t.Context()); err != nil {
			t.Errorf("cut short at note %d: %v", i+1, err)
		}
	}
	if all, err := p.All(t.Context()); err != nil || all["c1"].Email != "two@example.com" {
		t.Errorf("%v %v", all, err)
	}
	if _, err := db.Exec("delete from carat_tables"); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(p.Check(t.Context()), take(t, p, luna), p.Check(t.Context())); err != nil {
		t.Error(err)
	}
	if _, _, known, err := chain.noted(t.Context()); err != nil || !known {
		t.Error("not chained by the next write", err)
	}
	if _, err := db.Exec("delete from carat_tables"); err != nil {
		t.Fatal(err)
	}
	chain.Broken = func(string) []string { return []string{"file people/people.sqlite was changed"} }
	if err := p.Check(t.Context()); pipeline.KindOf(err) != pipeline.KindVerification {
		t.Errorf("an older carat's, whose seal is broken: %v", err)
	}
}

// A write whose end can't be noted, because another session keeps the catalog locked, is kept
// and told as kept: it is tried again, and the next write notes it. One that is refused
// before it is kept is told as refused.
func TestPeopleWriteThatMeetsALock(t *testing.T) {
	settleWait = time.Millisecond
	p, db := kept(t)
	chain := p.Chain()
	var locked []bool // by note
	notes := 0
	p.Chain = func() Chain {
		c := chain
		c.Record = func(context.Context, *sql.Tx, string, ...any) error {
			if notes++; notes <= len(locked) && locked[notes-1] {
				return &pgconn.PgError{Code: "55P03", Message: "canceling statement due to lock timeout"}
			}
			return nil
		}
		return c
	}
	other := luna
	for i, c := range []struct {
		locked        []bool
		kept, settled bool
	}{{[]bool{false, true, true, false}, true, true}, {[]bool{false, true, true, true, true}, true, false}, {[]bool{true}, false, false}, {nil, true, true}} {
		locked, notes, other.Email = c.locked, 0, fmt.Sprintf("m%d@example.com", i)
		if err := take(t, p, other); (err == nil) != c.kept {
			t.Errorf("%d: %v", i, err)
		}
		all, err := p.All(t.Context())
		if err != nil || (all["c1"].Email == other.Email) != c.kept {
			t.Errorf("%d: %v %v", i, all, err)
		}
		var was, is string
		if err := db.QueryRow("select metadata_location, metadata_sha256 from carat_tables").Scan(&was, &is); err != nil || (was == is) != c.settled {
			t.Errorf("%d: settled %v, %v", i, was == is, err)
		}
	}
}

// Two write one after the other, and the first ends last: what the second noted holds, whoever they are.
func TestWhoEndsLateNotesNothing(t *testing.T) {
	p, db := kept(t)
	forget := func(id string) error {
		return p.Write(t.Context(), Everything, func(tx *sql.Tx) error {
			_, _, err := Forget(t.Context(), tx, id, id)
			return err
		})
	}
	if err := forget("c7"); err != nil {
		t.Fatal(err)
	}
	var first string
	if err := db.QueryRow("select metadata_sha256 from carat_tables").Scan(&first); err != nil {
		t.Fatal(err)
	}
	if err := forget("c8"); err != nil {
		t.Fatal(err)
	}
	if err := p.Chain().settle(t.Context(), "before", first); err != nil {
		t.Fatal(err)
	}
	for what, err := range uses(t, p) {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := forget("c9"); err != nil {
		t.Error(err)
	}
	var was, is string
	if err := db.QueryRow("select metadata_location, metadata_sha256 from carat_tables").Scan(&was, &is); err != nil || was != is {
		t.Errorf("the last write isn't over: %v", err)
	}
}

// Many stores of one folder, as of several processes, write at once: nothing is alarmed by it.
func TestManyWriteAtOnce(t *testing.T) {
	p, db := kept(t)
	if _, err := db.Exec("pragma journal_mode = wal; pragma busy_timeout = 20000"); err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			other := &Store{Disk: p.Disk, Now: p.Now, Chain: p.Chain}
			for n := range 5 {
				id := fmt.Sprintf("x%d-%d", i, n)
				if err := other.Write(t.Context(), Persons, func(tx *sql.Tx) error {
					_, _, err := Forget(t.Context(), tx, id, id)
					return err
				}); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
		})
	}
	all.Wait()
	for what, err := range uses(t, p) {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
