package state

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// A statement is begun by one caller alone; one that says something else is
// another; what was refused may be tried again, what was sent may not.
func TestSendingIsBegunOnce(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		m := Sent{Period: "2026-10", CreatorID: "c1", Entity: "main", Currency: "USD", RowsSHA256: "a", Version: 1, AddressHash: "x", At: time.Unix(1, 0)}
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
			m := Sent{Period: "2026-10", CreatorID: creator, Entity: "main", Currency: "USD", RowsSHA256: rows, Version: 1, AddressHash: address, At: at}
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
		send("c3", "a", "old", now.AddDate(-3, 0, 0)) // it is no first one for having been long ago
		for creator, want := range map[string]string{"c1": "new", "c2": "same", "c3": "old", "c4": ""} {
			if last, err := s.LastAddress(t.Context(), creator); err != nil || last != want {
				t.Errorf("%s: %q %v, want %q", creator, last, err, want)
			}
		}
	})
}

// What an older carat kept of addresses in no record is brought over once, under a key; what
// somebody puts there afterwards is not believed, and a changed hash is named.
func TestAddressesAreRecorded(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		s := open(t, dsn)
		for _, creator := range []string{"c1", "c2"} {
			m := Sent{Period: "2026-10", CreatorID: creator, Entity: "main", Currency: "USD", RowsSHA256: "a", Version: 1, At: time.Unix(1, 0)}
			if _, err := s.BeginSending(ctx, m); err != nil {
				t.Fatal(err)
			}
			if err := s.FinishSending(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
		change := func(sql string) {
			t.Helper()
			if _, err := s.db.Exec(sql); err != nil {
				t.Fatal(err)
			}
		}
		change("update carat_sent set address_sha256 = 'old' where creator_id = 'c1'")
		keyed := func(creator, sha256 string) string { return "keyed " + creator + " " + sha256 }
		bringOver := func() {
			t.Helper()
			if err := s.KeyAddresses(ctx, keyed); err != nil {
				t.Fatal(err)
			}
		}
		is := func(creator, want string) {
			t.Helper()
			if got, err := s.LastAddress(ctx, creator); err != nil || got != want {
				t.Errorf("%s: %q %v, want %q", creator, got, err, want)
			}
		}
		bringOver()
		is("c1", "keyed c1 old")
		is("c2", "")
		change("update carat_sent set address_sha256 = 'evil'")
		bringOver()
		is("c1", "keyed c1 old")
		is("c2", "")
		change("update carat_sent set address_hash = 'evil' where creator_id = 'c1'")
		if told := verified(t, s).Differences; len(told) != 1 || !strings.Contains(told[0], `address_hash was "keyed c1 old" and is "evil"`) {
			t.Errorf("%q", told)
		}
		change("update carat_sent set address_hash = 'keyed c1 old' where creator_id = 'c1'")
		s.asCarat(t, "carat_sent", "creator_id = 'c1'", "update carat_sent set address_hash = 'evil'")
		if told := verified(t, s).Differences; len(told) != 1 || !strings.Contains(told[0], "of carat_sent as carat never does") {
			t.Errorf("with a record: %q", told)
		}
	})
}

// Who is erased is remembered by no address, and nothing is named for it.
func TestForgottenAddressesAreRecorded(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		m := Sent{Period: "2026-10", CreatorID: "c1", Entity: "main", Currency: "USD", RowsSHA256: "a", Version: 1, AddressHash: "x", At: time.Unix(1, 0)}
		if _, err := s.BeginSending(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.FinishSending(t.Context(), m), s.ForgetAddresses(t.Context(), "c1")); err != nil {
			t.Fatal(err)
		}
		if last, err := s.LastAddress(t.Context(), "c1"); err != nil || last != "" {
			t.Errorf("%q %v", last, err)
		}
		if told := verified(t, s).Differences; len(told) > 0 {
			t.Errorf("%q", told)
		}
	})
}
