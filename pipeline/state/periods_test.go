package state

import (
	"context"
	"database/sql"
	"reflect"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
)

func lock(t *testing.T, s *Store, l Lock) {
	t.Helper()
	if err := s.inTx(context.Background(), func(tx *sql.Tx) error { return s.RecordLock(context.Background(), tx, l, nil) }); err != nil {
		t.Fatal(err)
	}
}

func at(micros int64) time.Time { return time.UnixMicro(micros).UTC() }

func TestLocksAndReopening(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		october := Lock{Period: "2026-10", Version: 1, RunID: "aa", CertificateSHA256: "c1", PreparedBy: "ann", ApprovedBy: "bob", LockedAt: at(5)}
		november := Lock{Period: "2026-11", Version: 1, RunID: "bb", CertificateSHA256: "c2", PreparedBy: "ann", ApprovedBy: "bob", LockedAt: at(6)}
		lock(t, s, november)
		lock(t, s, october)
		locks, err := s.Locks(ctx)
		if err != nil || !reflect.DeepEqual(locks, []Lock{october, november}) {
			t.Fatalf("Locks = %+v, %v", locks, err)
		}
		err = s.inTx(ctx, func(tx *sql.Tx) error { return s.RecordLock(ctx, tx, october, nil) })
		if err == nil {
			t.Error("one version was locked twice")
		}
		november.ReopenedBy, november.ReopenedAt, november.ReopenReason = "cleo", at(9), "a late settlement"
		if err := s.Reopen(ctx, november, nil); err != nil {
			t.Fatal(err)
		}
		if err := s.Reopen(ctx, november, nil); err == nil || !strings.Contains(err.Error(), "version 1 is not locked") {
			t.Errorf("reopened twice: %v", err)
		}
		locks, err = s.Locks(ctx)
		if err != nil || !reflect.DeepEqual(locks, []Lock{october, november}) || locks[1].InForce() || !locks[0].InForce() {
			t.Fatalf("after reopening: %+v, %v", locks, err)
		}
	})
}

func TestSignOffs(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		record := func(o SignOff) int64 {
			t.Helper()
			n, err := s.RecordSignOff(ctx, o, nil)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		one := SignOff{Period: "2026-10", Version: 1, RunID: "aa", NumbersSHA256: "n1", PreparedBy: "ann", PreparedAt: at(1)}
		if n := record(one); n != 1 {
			t.Errorf("first attempt is %d", n)
		}
		two := one
		two.RunID, two.PreparedBy, two.PreparedAt = "bb", "bob", at(2)
		if n := record(two); n != 2 {
			t.Errorf("second attempt is %d", n)
		}
		record(SignOff{Period: "2026-11", Version: 1, RunID: "cc", NumbersSHA256: "n3", PreparedBy: "ann", PreparedAt: at(3)})
		if n, err := s.VoidSignOffs(ctx, "2026-10", 1, at(4), "numbers moved"); n != 1 || err != nil {
			t.Errorf("VoidSignOffs = %d, %v; want 1", n, err)
		}
		one.Attempt, one.VoidAt, one.VoidReason = 1, at(2), "prepared again"
		two.Attempt, two.VoidAt, two.VoidReason = 2, at(4), "numbers moved"
		got, err := s.SignOffs(ctx, "2026-10", 1)
		if err != nil || !reflect.DeepEqual(got, []SignOff{one, two}) || got[1].Stands() {
			t.Errorf("SignOffs = %+v, %v", got, err)
		}
		if got, err := s.SignOffs(ctx, "2026-11", 1); err != nil || len(got) != 1 || !got[0].Stands() {
			t.Errorf("SignOffs of the other period = %+v, %v", got, err)
		}
		if got, err := s.SignOffs(ctx, "2026-10", 2); err != nil || len(got) != 0 {
			t.Errorf("SignOffs of the next version = %+v, %v", got, err)
		}
	})
}

// Reopening lets the preparations of later periods fall away, which opened with what may
// move now: not those of earlier ones, nor of a version that was locked.
func TestReopeningVoidsLaterSignOffs(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		for _, o := range []SignOff{{Period: "2026-09", Version: 1}, {Period: "2026-10", Version: 1}, {Period: "2026-11", Version: 1}, {Period: "2026-11", Version: 2}, {Period: "2026-12", Version: 1}} {
			o.RunID, o.NumbersSHA256, o.PreparedBy, o.PreparedAt = "aa", "n", "ann", at(1)
			if _, err := s.RecordSignOff(ctx, o, nil); err != nil {
				t.Fatal(err)
			}
		}
		october := Lock{Period: "2026-10", Version: 1, RunID: "aa", CertificateSHA256: "c1", PreparedBy: "ann", ApprovedBy: "bob", LockedAt: at(2)}
		lock(t, s, october)
		lock(t, s, Lock{Period: "2026-11", Version: 1, RunID: "aa", CertificateSHA256: "c2", PreparedBy: "ann", ApprovedBy: "bob", LockedAt: at(3)})
		october.ReopenedBy, october.ReopenedAt, october.ReopenReason = "cleo", at(9), "a late settlement"
		if err := s.Reopen(ctx, october, nil); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			period  pipeline.Period
			version int64
			fell    string
		}{{"2026-09", 1, ""}, {"2026-10", 1, ""}, {"2026-11", 1, ""}, {"2026-11", 2, "2026-10 was opened again"}, {"2026-12", 1, "2026-10 was opened again"}} {
			got, err := s.SignOffs(ctx, c.period, c.version)
			if err != nil || len(got) != 1 || got[0].VoidReason != c.fell || c.fell != "" && !got[0].VoidAt.Equal(at(9)) {
				t.Errorf("%s version %d: %+v, %v; want %q", c.period, c.version, got, err, c.fell)
			}
		}
		v, err := s.VerifyRecords(ctx, nil)
		if err != nil || len(v.Differences) > 0 {
			t.Errorf("%q %v", v.Differences, err)
		}
	})
}
