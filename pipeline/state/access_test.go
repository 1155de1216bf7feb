package state

import (
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
