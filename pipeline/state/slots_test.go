package state

import (
	"context"
	"reflect"
	"testing"
)

// TestSlotsAreRunOnce is the life of a job's slots in either database: told
// once, covered, put off, resumed after a crash.
func TestSlotsAreRunOnce(t *testing.T) {
	stores(t, func(t *testing.T, dsn string) {
		ctx := context.Background()
		s := open(t, dsn)
		if told, err := s.ToldUntil(ctx, "ingest", at(100)); err != nil || !told.Equal(at(100)) {
			t.Fatalf("a new job begins at %v, %v", told, err)
		}
		three := []Slot{{Job: "ingest", Key: "1", At: at(101)}, {Job: "ingest", Key: "2", At: at(102)}, {Job: "ingest", Key: "3", At: at(103)}}
		for range 2 { // told again, they are the same
			if err := s.TellSlots(ctx, "ingest", three, at(110)); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.TellSlots(ctx, "ingest", nil, at(90)); err != nil { // the clock was set back
			t.Fatal(err)
		}
		if told, err := s.ToldUntil(ctx, "ingest", at(500)); err != nil || !told.Equal(at(110)) {
			t.Errorf("told until %v, %v; want 110", told, err)
		}
		second := three[1]
		if err := s.BeginSlot(ctx, second, at(111)); err != nil {
			t.Fatal(err)
		}
		// A scheduler that died left it running.
		if n, err := s.ResumeSlots(ctx); n != 1 || err != nil {
			t.Errorf("resumed %d, %v", n, err)
		}
		if err := s.BeginSlot(ctx, second, at(112)); err != nil {
			t.Fatal(err)
		}
		second.Status, second.Code, second.Detail = SlotDone, 3, "x.csv: not a feed"
		if err := s.EndSlot(ctx, second, at(113)); err != nil {
			t.Fatal(err)
		}
		if err := s.SkipSlot(ctx, three[2], "still ran", at(114)); err != nil {
			t.Fatal(err)
		}
		want := []Slot{
			{Job: "ingest", Key: "1", At: at(101), Status: SlotCovered, CoveredBy: "2"},
			{Job: "ingest", Key: "2", At: at(102), Status: SlotDone, Attempts: 2, StartedAt: at(112), EndedAt: at(113), Detail: "x.csv: not a feed", Code: 3},
			{Job: "ingest", Key: "3", At: at(103), Status: SlotSkipped, EndedAt: at(114), Detail: "still ran"},
		}
		if got, err := open(t, dsn).Slots(ctx, "ingest"); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("slots %+v, %v\nwant %+v", got, err, want)
		}
		if last, err := s.LastSlots(ctx); err != nil || last["ingest"].Key != "2" {
			t.Errorf("last %+v, %v", last, err)
		}
		if open, err := s.OpenSlots(ctx); err != nil || len(open) != 0 {
			t.Errorf("open %+v, %v", open, err)
		}
	})
}
