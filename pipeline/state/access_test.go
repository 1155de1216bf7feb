package state

import (
	"fmt"
	"testing"
	"time"
)

func TestAccessIsRecordedBeforeAndAfter(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		first, err := s.BeginAccess(t.Context(), Access{At: at, Who: "ann", Verb: "query", Text: "select 1; -- it's \"?\""})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.BeginAccess(t.Context(), Access{At: at.Add(time.Second), Who: "bob", Verb: "trace", Text: "g1"}); err != nil {
			t.Fatal(err)
		}
		rows := int64(3)
		if err := s.EndAccess(t.Context(), first, &rows, AccessDone); err != nil {
			t.Fatal(err)
		}
		all, err := s.Accesses(t.Context())
		if err != nil || len(all) != 2 {
			t.Fatalf("%v %v", all, err)
		}
		if a := all[0]; a.Who != "ann" || a.Text != "select 1; -- it's \"?\"" || a.Rows == nil || *a.Rows != 3 || a.Outcome != AccessDone || !a.At.Equal(at) {
			t.Errorf("%+v", a)
		}
		if a := all[1]; a.Verb != "trace" || a.Rows != nil || a.Outcome != AccessRunning {
			t.Errorf("%+v", a)
		}
	})
}

// What somebody may not have is recorded in the chain, so often that it is noticed: five
// times an hour of one person and verb, two hundred times a day in all, whoever asks.
func TestRefusedIsBounded(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		at := time.Date(2026, 10, 5, 8, 0, 0, 0, time.UTC)
		ask := func(who, verb string, times int) int {
			t.Helper()
			for range times {
				if err := s.RecordRefused(t.Context(), Access{At: at, Who: who, Verb: verb, Text: "--creator c1", Outcome: AccessRefused + "no"}); err != nil {
					t.Fatal(err)
				}
			}
			list, err := s.RefusedBetween(t.Context(), at.AddDate(0, 0, -30), at)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		if n := ask("mallory", "erase", 20); n != 5 {
			t.Errorf("%d recorded of 20 within the hour", n)
		}
		if n := ask("mallory", "backup", 1); n != 6 {
			t.Errorf("another verb: %d", n)
		}
		at = at.Add(time.Hour)
		if n := ask("mallory", "erase", 1); n != 7 {
			t.Errorf("an hour later: %d", n)
		}
		for i := range 220 {
			ask(fmt.Sprint("m", i), "erase", 1)
		}
		list, err := s.Accesses(t.Context())
		if err != nil || len(list) != 200 || list[199].Outcome != "refused: no (the last of 200 in a day that is recorded)" || list[0].Who != "mallory" || list[0].Text != "--creator c1" {
			t.Fatalf("%d %v %+v", len(list), err, list[len(list)-1])
		}
		at = at.Add(25 * time.Hour)
		if n := ask("mallory", "erase", 1); n != 201 {
			t.Errorf("the next day: %d", n)
		}
		if v := verified(t, s); len(v.Differences) > 0 || v.Head.No != 201 {
			t.Errorf("%+v", v)
		}
		if _, err := s.db.Exec("delete from carat_access where who = 'm7'"); err != nil {
			t.Fatal(err)
		}
		if v := verified(t, s); len(v.Differences) != 1 {
			t.Errorf("one taken away: %q", v.Differences)
		}
	})
}
