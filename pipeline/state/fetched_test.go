package state

import (
	"testing"
	"time"
)

// What was fetched is chained, and found by its name and by its content.
func TestFetched(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
		one := Fetched{Source: "bank", Kind: "sftp", RemoteName: "o'k.sta", Version: "2026 10", Size: 10, SHA256: "aa", File: "ok.sta", Origin: "sftp://a@b:22/out", Shape: "mt940", At: at, By: "scheduler"}
		two := one
		two.Version, two.SHA256, two.At = "2026 11", "bb", at.Add(time.Hour)
		other := one
		other.Source = "store"
		for i, f := range []Fetched{one, two, other} {
			if no, err := s.AddFetched(t.Context(), f); err != nil || no != int64(i+1) {
				t.Fatalf("%d: %v", no, err)
			}
		}
		names := make([]string, 600, 601)
		byName, err := s.FetchedNames(t.Context(), "bank", append(names, "o'k.sta"))
		if got := byName["o'k.sta"]; err != nil || len(got) != 2 || got[0].SHA256 != "aa" || got[1].SHA256 != "bb" || !got[1].At.Equal(two.At) {
			t.Errorf("%+v, %v", byName, err)
		}
		if last, err := s.LastFetched(t.Context(), "bank", 1); err != nil || len(last) != 1 || last[0].No != 2 {
			t.Errorf("the newest: %+v, %v", last, err)
		}
		if all, err := s.AllFetched(t.Context()); err != nil || len(all) != 3 {
			t.Errorf("all: %+v, %v", all, err)
		}
		if v, err := s.VerifyRecords(t.Context(), nil); err != nil || len(v.Differences) > 0 || v.Head.No != 3 {
			t.Errorf("%+v, %v", v, err)
		}
		if _, err := s.db.ExecContext(t.Context(), "update carat_fetched set sha256 = 'cc' where fetch_no = 1"); err != nil {
			t.Fatal(err)
		}
		if v, err := s.VerifyRecords(t.Context(), nil); err != nil || len(v.Differences) != 1 {
			t.Errorf("a changed row: %+v, %v", v, err)
		}
		for _, try := range []SourceTry{{Source: "bank", TriedAt: at, Error: "away"}, {Source: "bank", TriedAt: at.Add(time.Hour), ReachedAt: at.Add(time.Hour), AgainAt: at, Waiting: 2}} {
			if err := s.SaveSourceTry(t.Context(), try); err != nil {
				t.Fatal(err)
			}
			if got, err := s.SourceTry(t.Context(), "bank"); err != nil || got != try {
				t.Errorf("%+v, %v", got, err)
			}
		}
	})
}
