package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/state/database"
	"carat/pipeline/state/migrations"
)

// recordEverything writes a row of every covered table, by the store's own ways.
func recordEverything(t *testing.T, s *Store) {
	t.Helper()
	ctx, at := t.Context(), time.UnixMicro(1_000_000).UTC()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.FixFirstPeriod(ctx, "2026-10")
	must(err)
	no, err := s.BeginJob(ctx, Job{Job: "run", User: "ann", OSUser: "ann", StartedAt: at})
	must(err)
	recordRun(t, s, run("aa", 1_000_000))
	forgotten, err := s.BeginJob(ctx, Job{Job: "trace", User: "ann", StartedAt: at})
	must(err)
	must(s.ForgetJob(ctx, forgotten))
	must(s.EndJob(ctx, Job{No: no, Result: JobDone, EndedAt: at}))
	id, err := s.BeginAccess(ctx, Access{At: at, Who: "eve", Verb: "query", Text: "select 1"})
	must(err)
	rows := int64(1)
	must(s.EndAccess(ctx, id, &rows, AccessDone))
	for range 2 { // the second voids the first
		_, err = s.RecordSignOff(ctx, SignOff{Period: "2026-10", Version: 1, RunID: "aa", NumbersSHA256: "n", PreparedBy: "ann", PreparedAt: at}, nil)
		must(err)
	}
	_, err = s.VoidSignOffs(ctx, "2026-10", 1, at, "moved")
	must(err)
	must(s.RecordDecisions(ctx, []decision.Decision{{ExceptionID: "e1", Status: "explained", Note: "it's known", By: "cid", At: at}, {ExceptionID: "e2", Status: "open", By: "cid", At: at}}, nil))
	must(s.ChangeGrants(ctx, granting(Grant{User: "bob", Role: "approver", By: "ann", At: at}, Grant{User: "cid", Role: "auditor", By: "ann", At: at})))
	must(s.ChangeGrants(ctx, revoking("cid", "auditor")))
	must(s.inTx(ctx, func(tx *sql.Tx) error {
		return s.RecordLock(ctx, tx, Lock{Period: "2026-10", Version: 1, RunID: "aa", CertificateSHA256: "c", PreparedBy: "ann", ApprovedBy: "bob", LockedAt: at}, nil)
	}))
	must(s.Reopen(ctx, Lock{Period: "2026-10", Version: 1, ReopenedBy: "bob", ReopenedAt: at, ReopenReason: "again"}, nil))
	_, err = s.ToldUntil(ctx, "ingest", at)
	must(err)
	slots := []Slot{{Job: "ingest", Key: "1", At: at}, {Job: "ingest", Key: "2", At: at.Add(1)}, {Job: "ingest", Key: "3", At: at.Add(2)}, {Job: "ingest", Key: "4", At: at.Add(time.Hour)}}
	must(s.TellSlots(ctx, "ingest", slots, at.Add(time.Minute)))
	must(s.BeginSlot(ctx, slots[1], at))
	_, err = s.ResumeSlots(ctx)
	must(err)
	must(s.BeginSlot(ctx, slots[1], at))
	must(s.PutOffSlot(ctx, slots[1], "busy"))
	must(s.BeginSlot(ctx, slots[1], at))
	slots[1].Status = SlotDone
	must(s.EndSlot(ctx, slots[1], at)) // which covers the first
	must(s.SkipSlot(ctx, slots[2], "still running", at))
	for _, now := range []string{NoticePending, NoticeTold} {
		must(s.SaveNotices(ctx, Notice{Webhook: "ops", Key: "job_failed/ingest", Event: "1", ID: "n1", State: now, RaisedAt: at, NextAt: at}))
	}
	must(s.SaveSourceTry(ctx, SourceTry{Source: "bank", TriedAt: at}))
	must(s.SaveSourceTry(ctx, SourceTry{Source: "bank", TriedAt: at, ReachedAt: at}))
	_, err = s.AddFetched(ctx, Fetched{Source: "bank", Kind: "sftp", RemoteName: "a.csv", At: at})
	must(err)
	for i := range 2 {
		m := Sent{Period: "2026-10", CreatorID: fmt.Sprint("c", i), Entity: "main", Currency: "USD", RowsSHA256: "r", At: at}
		_, err = s.BeginSending(ctx, m)
		must(err)
		if i == 0 {
			must(s.FinishSending(ctx, m))
		} else {
			must(s.AbandonSending(ctx, m))
		}
	}
}

func verified(t *testing.T, s *Store, kept ...Kept) *Records {
	t.Helper()
	v, err := s.VerifyRecords(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Whatever row of whatever covered table somebody else changes, takes away or adds
// is named: the table, the row, what was and what is.
func TestRecordsNameWhatOthersChanged(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		recordEverything(t, s)
		if v := verified(t, s); len(v.Differences) > 0 || v.Head.No < 20 || v.Adopted != 0 {
			t.Fatalf("undisturbed: %+v", v)
		}
		for _, c := range []struct{ sql, undo, want string }{
			{"update carat_jobs set os_user = 'zed'", "update carat_jobs set os_user = 'ann'", `carat_jobs: row 1 was changed: os_user was "ann" and is "zed"`},
			{"update carat_access set who = 'zed'", "update carat_access set who = 'eve'", `was changed: who was "eve" and is "zed"`},
			{"update carat_access set row_count = null", "update carat_access set row_count = 1", `row_count was "1" and is nothing`},
			{"insert into carat_users (user_name, role, granted_by, granted_at) values ('mallory', 'approver', 'bob', 1)", "delete from carat_users where user_name = 'mallory'", "carat_users: row mallory approver was added: no record tells of it"},
			{"insert into carat_users (user_name, role, granted_by, granted_at) values ('cid', 'auditor', 'ann', 1000000)", "delete from carat_users where user_name = 'cid'", "carat_users: row cid auditor is there again"},
			{"delete from carat_users where user_name = 'bob'", "insert into carat_users (user_name, role, granted_by, granted_at) values ('bob', 'approver', 'ann', 1000000)", "carat_users: row bob approver was taken away"},
			{"update carat_sign_offs set prepared_by = 'zed' where attempt = 2", "update carat_sign_offs set prepared_by = 'ann' where attempt = 2", `carat_sign_offs: row 2026-10 1 2 was changed: prepared_by was "ann" and is "zed"`},
			{"update carat_sign_offs set void_reason = null where attempt = 1", "update carat_sign_offs set void_reason = 'prepared again' where attempt = 1", `void_reason was "prepared again" and is nothing`},
			{"update carat_runs set status = 'balanced'", "update carat_runs set status = 'blocked'", `carat_runs: row aa was changed: status was "blocked" and is "balanced"`},
			{"update carat_periods set run_id = 'bb'", "update carat_periods set run_id = 'aa'", `carat_periods: row 2026-10 was changed: run_id was "aa" and is "bb"`},
			{"update carat_locks set reopened_by = null", "update carat_locks set reopened_by = 'bob'", `carat_locks: row 2026-10 1 was changed: reopened_by was "bob" and is nothing`},
			{"update carat_decisions set note = 'fine' where decision_no = 1", "update carat_decisions set note = 'it''s known' where decision_no = 1", `carat_decisions: row 1 was changed: note was "it's known" and is "fine"`},
			{"update carat_settings set value = '2026-09'", "update carat_settings set value = '2026-10'", "carat_settings: row first_period was changed"},
			{"update carat_sent set state = 'sending'", "update carat_sent set state = 'sent'", "carat_sent: row 2026-10 c0 main USD r was changed"},
		} {
			if _, err := s.db.Exec(c.sql); err != nil {
				t.Fatalf("%s: %v", c.sql, err)
			}
			if got := strings.Join(verified(t, s).Differences, "\n"); !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("%s: told %q, want one difference with %q", c.sql, got, c.want)
			}
			if _, err := s.db.Exec(c.undo); err != nil {
				t.Fatalf("%s: %v", c.undo, err)
			}
		}
		if v := verified(t, s); len(v.Differences) > 0 {
			t.Errorf("put back as it was: %q", v.Differences)
		}
	})
}

// A chain that was changed, or of which a part was taken away, is told: by itself,
// or by the heads that are kept elsewhere.
func TestRecordsAreAChain(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		recordEverything(t, s)
		head := verified(t, s).Head
		kept := Kept{Where: "batch b000004", Head: head.String()}
		if v := verified(t, s, kept, Kept{Where: "an older batch"}); len(v.Differences) > 0 {
			t.Errorf("its own head: %q", v.Differences)
		}
		other := Kept{Where: "batch b000005", Head: Head{No: 3, SHA256: strings.Repeat("0", 64)}.String()}
		if v := verified(t, s, other); len(v.Differences) != 1 || !strings.Contains(v.Differences[0], "record 3 or one before it was replaced: batch b000005 names") {
			t.Errorf("another head: %q", v.Differences)
		}
		if v := verified(t, s, Kept{Where: "batch b000006", Head: "17 abc"}); len(v.Differences) != 1 {
			t.Errorf("no head: %q", v.Differences)
		}
		// The newest record, and what it tells of, taken away together.
		if _, err := s.db.Exec("delete from carat_records where record_no > " + fmt.Sprint(head.No-2)); err != nil {
			t.Fatal(err)
		}
		if v := verified(t, s); len(v.Differences) > 0 {
			t.Errorf("a tail that nothing tells of: %q", v.Differences) // c1's two records: it left no row
		}
		if v := verified(t, s, kept); len(v.Differences) != 1 || !strings.Contains(v.Differences[0], "is missing, and all after it: batch b000004 names it") {
			t.Errorf("a tail that a head tells of: %q", v.Differences)
		}
		for _, c := range []struct{ sql, want string }{
			{"update carat_records set content = replace(content, '\"ann\"', '\"zed\"') where record_no = 2", "record 2 (carat_jobs, row 1) was changed"},
			{"delete from carat_records where record_no = 7", "record 8 follows record 6: those between were taken away"},
		} {
			if _, err := s.db.Exec(c.sql); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(verified(t, s).Differences, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("%s: %q, want %q", c.sql, got, c.want)
			}
		}
	})
}

// Several carats that write at once don't fork the chain.
func TestRecordsOfWritersAtOnce(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		var writers sync.WaitGroup
		for range 4 {
			s := open(t, dsn)
			writers.Go(func() {
				for i := range 12 {
					id, err := s.BeginAccess(context.Background(), Access{Who: "ann", Verb: "query", Text: fmt.Sprint(i)})
					if err == nil {
						err = s.EndAccess(context.Background(), id, nil, AccessDone)
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		if v := verified(t, open(t, dsn)); len(v.Differences) > 0 || v.Head.No != 4*12*2 {
			t.Errorf("%+v", v)
		}
	})
}

// makeOlder gives a state the form that it had before there were records.
func makeOlder(t *testing.T, s *Store) {
	t.Helper()
	older := []string{"drop index carat_sent_creator", "drop table carat_records", "drop table carat_tables", "drop table carat_signed", "delete from carat_migrations where name >= '" + recordsMigration + "'"}
	for _, column := range []string{"carat_users drop column os_user", "carat_sign_offs drop column os_user", "carat_decisions drop column os_user",
		"carat_decisions drop column matched", "carat_decisions drop column match_name",
		"carat_users drop column signed_no", "carat_users drop column entities", "carat_users drop column until_at", "carat_sign_offs drop column signed_no",
		"carat_locks drop column approved_no", "carat_locks drop column reopened_no", "carat_decisions drop column signed_no", "carat_decisions drop column expected",
		"carat_decisions drop column actual", "carat_decisions drop column difference", "carat_decisions drop column unit",
		"carat_runs drop column engine", "carat_sent drop column address_hash", "carat_locks drop column prepared_os", "carat_locks drop column approved_os", "carat_locks drop column reopened_os"} {
		older = append(older, "alter table "+column)
	}
	for _, text := range older {
		if _, err := s.db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
}

// Cut short at whichever step of bringing it up to date, an older state is as it was or
// up to date, and the next command goes on: nothing is adopted twice, or not at all.
func TestMigrationCrashesAtAnyStep(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		recordEverything(t, s)
		makeOlder(t, s)
		before, err := s.version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all, err := migrations.All()
		if err != nil {
			t.Fatal(err)
		}
		cut, steps := errors.New("power cut"), 0
		for at := 1; ; at++ {
			n := 0
			one, err := Open(t.Context(), dsn, Options{Fault: func(string, string) error {
				if n++; n == at {
					return cut
				}
				return nil
			}})
			if err == nil {
				if err := one.Close(); err != nil {
					t.Fatal(err)
				}
				steps = at - 1
				break
			}
			if !errors.Is(err, cut) {
				t.Fatalf("step %d: %v", at, err)
			}
			driver, at := "sqlite", "file:"+sqlitePath.Replace(dsn)
			if strings.HasPrefix(dsn, "postgres") {
				driver, at = "pgx", dsn
			}
			raw, err := database.Open(driver, at)
			if err != nil {
				t.Fatal(err)
			}
			var version int
			err = raw.QueryRow("select count(*) from carat_migrations").Scan(&version)
			if err := errors.Join(err, raw.Close()); err != nil {
				t.Fatal(err)
			}
			if version != before && version != len(all) {
				t.Errorf("step %d: %d migrations are there, %d were before and %d are to be", n, version, before, len(all))
			}
		}
		if steps < 5 {
			t.Errorf("only %d steps", steps)
		}
		v := verified(t, open(t, dsn))
		if len(v.Differences) > 0 || v.Adopted < 10 || v.Head.No != v.Adopted {
			t.Errorf("after %d cuts: %+v", steps, v)
		}
		t.Logf("counted: bringing an older state up to date was cut short at each of %d steps", steps)
	})
}

// A state of the form before is brought up to date: what it holds is recorded, with
// a note of when, and what is changed from then on is named.
func TestRecordsOfAnOlderState(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		recordEverything(t, s)
		makeOlder(t, s)
		began := time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)
		upgraded, err := Open(t.Context(), dsn, Options{Now: func() time.Time { return began }})
		if err != nil {
			t.Fatal(err)
		}
		defer upgraded.Close()
		v := verified(t, upgraded)
		if len(v.Differences) > 0 || v.Adopted < 10 || v.Head.No != v.Adopted || !v.AdoptedAt.Equal(began) {
			t.Errorf("%+v", v)
		}
		// Nobody who empties the chain has it begun anew, where any head is kept.
		kept := Kept{Where: "batch b000009", Head: v.Head.String()}
		if _, err := upgraded.db.Exec("delete from carat_records"); err != nil {
			t.Fatal(err)
		}
		again := open(t, dsn)
		if v := verified(t, again, kept); len(v.Differences) < 10 {
			t.Errorf("an emptied chain: %q", v.Differences)
		}
	})
}

// A column that a later carat gives a covered table is recorded with its rows, and
// not taken for a change.
func TestRecordsOfAWiderTable(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "state.sqlite"))
	recordEverything(t, s)
	if _, err := s.db.Exec("alter table carat_users add column entity text not null default 'main'"); err != nil {
		t.Fatal(err)
	}
	if v := verified(t, s); len(v.Differences) != 1 || !strings.Contains(v.Differences[0], "column entity was added") {
		t.Errorf("added by somebody else: %q", v.Differences)
	}
	if err := s.inTx(t.Context(), func(tx *sql.Tx) error { return s.adopt(t.Context(), tx, func(string) bool { return false }) }); err != nil {
		t.Fatal(err)
	}
	if v := verified(t, s); len(v.Differences) > 0 || v.Adopted != 1 {
		t.Errorf("added by carat: %+v", v)
	}
}

// The head is in a file beside the database too: who cuts the newest records off in
// the database leaves it ahead, and it stays as it was found.
func TestRecordsHeadFile(t *testing.T) {
	dir := t.TempDir()
	dsn, file := filepath.Join(dir, "state.sqlite"), filepath.Join(dir, "state.sqlite-head")
	reopened := func() *Store {
		t.Helper()
		s, err := Open(t.Context(), dsn, Options{HeadFile: file})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	s := reopened()
	recordEverything(t, s)
	head := verified(t, s).Head
	if text, err := os.ReadFile(file); err != nil || string(text) != head.String()+"\n" {
		t.Fatalf("%q %v", text, err)
	}
	if _, err := s.db.Exec("delete from carat_records where record_no > " + fmt.Sprint(head.No-2)); err != nil {
		t.Fatal(err)
	}
	for range 2 { // also after more was recorded
		s = reopened()
		if v := verified(t, s); len(v.Differences) != 1 || !strings.Contains(v.Differences[0], "file state.sqlite-head names") {
			t.Errorf("%q", v.Differences)
		}
		if err := s.ChangeGrants(t.Context(), granting(Grant{User: fmt.Sprint("u", len(file)), Role: "auditor", By: "ann"})); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, []byte("17 "), 0o600); err != nil {
		t.Fatal(err)
	}
	if v := verified(t, reopened()); len(v.Differences) != 1 || !strings.Contains(v.Differences[0], "state.sqlite-head") {
		t.Errorf("cut off: %q", v.Differences)
	}
}

// A time before the last record is told, and the order stays that of the numbers.
func TestRecordsOfAClockThatWasSetBack(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "state.sqlite")
	now := time.Date(2027, 10, 1, 0, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), dsn, Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	grant := func(user string) {
		t.Helper()
		if err := s.ChangeGrants(t.Context(), granting(Grant{User: user, Role: "auditor", By: "ann", At: now})); err != nil {
			t.Fatal(err)
		}
	}
	grant("one")
	now = now.Add(-time.Second)
	grant("two")
	if at, behind := s.ClockBehind(); behind {
		t.Errorf("a second is told as behind %v", at)
	}
	now = now.AddDate(-1, 0, 0)
	grant("three")
	if at, behind := s.ClockBehind(); !behind || at.Year() != 2027 {
		t.Errorf("a year: %v %v", at, behind)
	}
	if v := verified(t, s); len(v.Differences) > 0 || v.Head.No != 3 {
		t.Errorf("%+v", v)
	}
}

// Runs, accesses and decisions keep the order in which they were recorded, whatever
// the clock said of them.
func TestOrderIsOfRecords(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		recordRun(t, s, run("ahead", 9_000_000))
		recordRun(t, s, run("later", 1_000_000))
		runs, err := s.Runs(t.Context(), 9)
		if err != nil || len(runs) != 2 || runs[0].ID != "later" {
			t.Errorf("%+v %v", runs, err)
		}
		heads, err := s.RunHeads(t.Context())
		if err != nil || len(heads) != 2 || heads[1].ID != "later" {
			t.Errorf("%+v %v", heads, err)
		}
		for _, at := range []int64{9_000_000, 1_000_000} {
			if _, err := s.BeginAccess(t.Context(), Access{At: time.UnixMicro(at), Who: fmt.Sprint(at), Verb: "query"}); err != nil {
				t.Fatal(err)
			}
		}
		accesses, err := s.Accesses(t.Context())
		if err != nil || len(accesses) != 2 || accesses[1].Who != "1000000" {
			t.Errorf("%+v %v", accesses, err)
		}
		decide := func(note string, at int64) Head {
			t.Helper()
			if err := s.RecordDecisions(t.Context(), []decision.Decision{{ExceptionID: "e", Status: "explained", Note: note, By: "cid", At: time.UnixMicro(at)}}, nil); err != nil {
				t.Fatal(err)
			}
			h, err := s.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		signed := decide("in force", 9_000_000)
		decide("after it", 1_000_000)
		until, err := s.DecisionsUntil(t.Context(), signed)
		if err != nil || len(until) != 1 || until[0].Note != "in force" {
			t.Errorf("%+v %v", until, err)
		}
	})
}

// Whatever function writes to a covered table records it in the same breath: one
// that is added and doesn't fails here.
func TestEveryWriteIsRecorded(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	writes := regexp.MustCompile(`(?i)(insert into|update|delete from) (carat_[a-z_]+)`)
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, function := range strings.Split(string(text), "\nfunc ")[1:] {
			for _, m := range writes.FindAllStringSubmatch(function, -1) {
				if covered[m[2]] == nil {
					continue
				}
				found++
				recorded := slices.ContainsFunc([]string{"s.Record(", "s.recordIf(", "s.recordAll(", "s.changeSent("}, func(by string) bool { return strings.Contains(function, by) })
				forgets := strings.Contains(function, "set address_sha256 = ''") // an unchained column alone
				if !recorded && !forgets {
					name, _, _ := strings.Cut(function, "\n")
					t.Errorf("%s: %s writes to %s and records nothing", file, name, m[2])
				}
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d writes were found", found)
	}
}

// Whatever somebody puts into the database besides carat's own is named, on SQLite and
// on PostgreSQL: a table, a column, an index, what runs by itself, and what hides rows.
func TestForeignObjectsAreNamed(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		both := []struct{ sql, undo, want string }{
			{"create table notes (n int)", "drop table notes", "notes: the table is none of carat's"},
			{"create table carat_notes (n int)", "drop table carat_notes", "carat_notes: the table is none of carat's"},
			{"create table notes (n int); create index notes_n on notes (n)", "drop table notes", "notes: the table is none of carat's"},
			{"alter table carat_slots add column extra text", "alter table carat_slots drop column extra", "carat_slots: the column extra is none of carat's"},
			{"alter table carat_decisions add column extra text", "alter table carat_decisions drop column extra", "carat_decisions: the column extra is none of carat's"}, // no row of it tells
			{"create index mine on carat_jobs (user_name)", "drop index mine", "carat_jobs: the index mine is none of carat's"},
			{"create unique index mine on carat_records (sha256)", "drop index mine", "carat_records: the index mine is none of carat's"},
			{"create view carat_seen as select * from carat_jobs", "drop view carat_seen", "carat_seen: the view carat_seen is none of carat's"},
		}
		if strings.HasPrefix(dsn, "postgres") {
			both = append(both, []struct{ sql, undo, want string }{
				{"create schema if not exists elsewhere; create function elsewhere.quiet() returns trigger language plpgsql as 'begin return null; end'; create trigger quiet before insert on carat_jobs for each row execute function elsewhere.quiet()",
					"drop trigger quiet on carat_jobs", "carat_jobs: the trigger quiet is none of carat's: it can change"},
				{"create rule quiet as on insert to carat_jobs do instead nothing", "drop rule quiet on carat_jobs", "carat_jobs: the rule quiet is none of carat's"},
				{"alter table carat_access enable row level security", "alter table carat_access disable row level security", "carat_access: the row security of the table is none of carat's: it can hide rows"},
				{"create policy mine on carat_access using (false)", "drop policy mine on carat_access", "carat_access: the policy mine is none of carat's: it can hide rows"},
				{"create materialized view seen as select 1 as n", "drop materialized view seen", "seen: the materialized view seen is none of carat's"},
				{"alter table carat_notices set unlogged", "alter table carat_notices set logged", "carat_notices: the table is unlogged: a crash of PostgreSQL would empty it"},
				{"grant insert, delete on carat_jobs to public", "revoke all on carat_jobs from public", "carat_jobs: everybody who may connect may write to the table (delete, insert)"},
				{"create role mallory; alter table carat_users owner to mallory", "alter table carat_users owner to current_user; drop role mallory", "carat_users: the table belongs to mallory, and carat_records to another"},
				{"create schema if not exists elsewhere; create function elsewhere.heard() returns event_trigger language plpgsql as 'begin end'; create event trigger heard on ddl_command_end execute function elsewhere.heard()", "drop event trigger heard", "the event trigger heard of the database is none of carat's"},
				{"create sequence numbers", "drop sequence numbers", "numbers: the sequence is none of carat's"},
				{"alter table carat_slots add column extra bigint generated always as (attempts) stored", "alter table carat_slots drop column extra", "carat_slots: the generated column extra is none of carat's"},
			}...)
		} else {
			both = append(both, []struct{ sql, undo, want string }{
				{"create trigger quiet after insert on carat_jobs begin update carat_jobs set os_user = 'x'; end", "drop trigger quiet", "carat_jobs: the trigger quiet is none of carat's: it can change"},
				{"alter table carat_slots add column extra bigint generated always as (attempts) virtual", "alter table carat_slots drop column extra", "carat_slots: the generated column extra is none of carat's"},
			}...)
		}
		if who, _, err := s.MayCreate(t.Context()); err != nil || who != "" {
			t.Errorf("nobody else may create: %q %v", who, err)
		}
		if strings.HasPrefix(dsn, "postgres") {
			for _, c := range []struct{ sql, want string }{{"grant create on schema public to public", "everybody"}, {"revoke create on schema public from public", ""}} {
				if _, err := s.db.Exec(c.sql); err != nil {
					t.Fatal(err)
				}
				if who, schema, err := s.MayCreate(t.Context()); err != nil || who != c.want || who != "" && schema != "public" {
					t.Errorf("%s: %q in %q, %v", c.sql, who, schema, err)
				}
			}
		}
		for _, c := range both {
			if _, err := s.db.Exec(c.sql); err != nil {
				t.Fatalf("%s: %v", c.sql, err)
			}
			if got := strings.Join(verified(t, open(t, dsn)).Differences, "\n"); !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("%s: told %q, want one difference with %q", c.sql, got, c.want)
			}
			if _, err := s.db.Exec(c.undo); err != nil {
				t.Fatalf("%s: %v", c.undo, err)
			}
		}
		if v := verified(t, open(t, dsn)); len(v.Differences) > 0 {
			t.Errorf("taken away again: %q", v.Differences)
		}
	})
}

// A role that somebody else gave, took or changed is told before any right is asked:
// it is neither believed, nor taken for a lack of rights.
func TestRolesOfOthersAreNotBelieved(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		want := func(text string) {
			t.Helper()
			err := s.VerifyGrants(t.Context())
			if text == "" && err != nil || text != "" && (pipeline.KindOf(err) != pipeline.KindVerification || !strings.Contains(err.Error(), text)) {
				t.Errorf("%v, want %q", err, text)
			}
		}
		do := func(text string) {
			t.Helper()
			if _, err := s.db.Exec(text); err != nil {
				t.Fatal(err)
			}
		}
		want("")
		do("insert into carat_users (user_name, role, granted_by, granted_at) values ('mallory', 'approver', 'bob', 1)")
		want("carat_users: row mallory approver was added: no record tells of it")
		do("delete from carat_users")
		recordEverything(t, s)
		want("")
		do("update carat_users set role = 'administrator'")
		want("carat_users: row bob administrator was added")
		do("delete from carat_users")
		want("carat_users: row bob approver was taken away")
		do("delete from carat_records where table_name = 'carat_users'") // the chain tells this one
		want("")
		if v := verified(t, s); len(v.Differences) == 0 {
			t.Error("records taken away are not told")
		}
	})
}
