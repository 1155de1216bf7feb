package state

import (
	"context"
	"testing"
	"time"
)

// A statement is begun by one caller alone; one that says something else is
// another; what was refused may be tried again, what was sent may not.
func TestSendingIsBegunOnce(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		m := Sent{Period: "2026-10", CreatorID: "c1", Entity: "main", Currency: "USD", RowsSHA256: "a", Version: 1, AddressSHA256: "x", At: time.Unix(1, 0)}
		other := m
		other.RowsSHA256 = "b"
		begin := func(m Sent, want string) {
			t.Helper()
			if got, err := s.BeginSending(ctx, m); err != nil || got != want {
				t.Errorf("begin: %q, %v, want %q", got, err, want)
			}
		}
		begin(m, "")
		begin(m, SentSending)
		begin(other, "")
		if err := s.AbandonSending(ctx, m); err != nil {
			t.Fatal(err)
		}
		if state, err := s.SendingState(ctx, m); err != nil || state != "" {
			t.Errorf("abandoned: %q, %v", state, err)
		}
		begin(m, "")
		if err := s.FinishSending(ctx, m); err != nil {
			t.Fatal(err)
		}
		begin(m, SentDone)
		if err := s.AbandonSending(ctx, m); err != nil { // too late
			t.Fatal(err)
		}
		begin(m, SentDone)
		begin(other, SentSending)
	})
}
