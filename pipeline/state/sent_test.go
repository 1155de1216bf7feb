package state

import (
	"context"
	"maps"
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

// The last letter is the one that was recorded last: one that was sent while the
// clock was ahead is not compared with for a year.
func TestLastAddressIsOfTheLastRecord(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		send := func(creator, rows, address string, at time.Time) {
			t.Helper()
			m := Sent{Period: "2026-10", CreatorID: creator, Entity: "main", Currency: "USD", RowsSHA256: rows, Version: 1, AddressSHA256: address, At: at}
			if _, err := s.BeginSending(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			if err := s.FinishSending(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		send("c1", "a", "old", now.AddDate(1, 0, 0))
		send("c1", "b", "new", now)
		send("c2", "a", "same", now)
		send("c3", "a", "forgotten", now.AddDate(-3, 0, 0))
		last, err := s.LastAddresses(t.Context(), now.AddDate(-1, 0, 0))
		if err != nil || !maps.Equal(last, map[string]string{"c1": "new", "c2": "same"}) {
			t.Errorf("%v %v", last, err)
		}
	})
}
