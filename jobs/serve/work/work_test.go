package work_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"carat/jobs/books"
	"carat/jobs/serve/work"
	"carat/pipeline"
)

func ended(t *testing.T, q *work.Queue, id string) work.Piece {
	t.Helper()
	for {
		p, changed, ok := q.Get(id)
		if !ok {
			t.Fatalf("%s is not known", id)
		}
		if p.Over() {
			return p
		}
		select {
		case <-changed:
		case <-time.After(time.Minute):
			t.Fatalf("%s: %s", p.What, p.State)
		}
	}
}

// One piece runs at a time, in the order in which they were asked for, and whoever
// watches is told of its end.
func TestOneAtATime(t *testing.T) {
	q := work.New(time.Now)
	defer q.Close()
	var at, most atomic.Int64
	var order []string
	begin := make(chan struct{})
	var ids []string
	for i := range 5 {
		what := fmt.Sprintf("run %d", i)
		p, err := q.Start("ann", what, func(_ context.Context, tell books.Progress) (any, error) {
			<-begin
			most.Store(max(most.Load(), at.Add(1)))
			order = append(order, what)
			tell(books.Event{Step: "reconcile", Done: 3, Total: 9, Unit: "models"})
			for range 40 {
				tell(books.Event{Note: "noted"})
			}
			at.Add(-1)
			if i == 1 {
				return nil, errors.New("it fails")
			}
			return i, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.ID)
	}
	if n := len(q.Standing()); n != 5 {
		t.Errorf("%d stand, want 5", n)
	}
	same, err := q.Start("ann", "run 4", nil)
	if err != nil || same.ID != ids[4] {
		t.Errorf("the same asked again: %v %v", same, err)
	}
	if _, err := q.Start("bob", "run 4", nil); pipeline.KindOf(err) != pipeline.KindBusy {
		t.Errorf("the same by somebody else: %v", err)
	}
	close(begin)
	for i, id := range ids {
		p := ended(t, q, id)
		switch {
		case i == 1 && (p.State != work.Failed || p.Err == nil):
			t.Errorf("what fails: %+v", p)
		case i != 1 && (p.State != work.Done || p.Result != i):
			t.Errorf("what is done: %+v", p)
		case p.At.Done != 3 || len(p.Notes) != 30:
			t.Errorf("what it told: %+v", p)
		}
	}
	if most.Load() != 1 || fmt.Sprint(order) != "[run 0 run 1 run 2 run 3 run 4]" {
		t.Errorf("%d at once, in the order %v", most.Load(), order)
	}
	if len(q.Standing()) != 0 {
		t.Error("something still stands")
	}
}

// What waits is bounded, and so is what is kept.
func TestBounds(t *testing.T) {
	q := work.New(time.Now)
	hold := make(chan struct{})
	first, err := q.Start("ann", "0", func(context.Context, books.Progress) (any, error) { <-hold; return nil, nil })
	for i := 1; err == nil && i < 20; i++ {
		_, err = q.Start("ann", fmt.Sprint(i), func(context.Context, books.Progress) (any, error) { return nil, nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Start("ann", "one more", nil); pipeline.KindOf(err) != pipeline.KindBusy {
		t.Errorf("one more: %v", err)
	}
	close(hold)
	ended(t, q, first.ID)
	for i := range 300 {
		p, err := q.Start("ann", fmt.Sprint("later ", i), func(context.Context, books.Progress) (any, error) { return nil, nil })
		if pipeline.KindOf(err) == pipeline.KindBusy {
			continue // those before are not done yet
		}
		if err != nil {
			t.Fatal(err)
		}
		ended(t, q, p.ID)
	}
	if _, _, ok := q.Get(first.ID); ok {
		t.Error("the first of more than 200 is kept")
	}
	q.Close()
}

// The end of the server interrupts what runs, and lets nothing begin that waits.
func TestEnd(t *testing.T) {
	q := work.New(time.Now)
	began := make(chan struct{})
	running, err := q.Start("ann", "long", func(ctx context.Context, _ books.Progress) (any, error) {
		close(began)
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	waiting, err := q.Start("ann", "next", func(context.Context, books.Progress) (any, error) {
		t.Error("it has begun")
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	q.Close()
	for _, id := range []string{running.ID, waiting.ID} {
		if p, _, _ := q.Get(id); p.State != work.Failed || !errors.Is(p.Err, context.Canceled) {
			t.Errorf("%s: %s %v", p.What, p.State, p.Err)
		}
	}
	if _, err := q.Start("ann", "after", nil); pipeline.KindOf(err) != pipeline.KindBusy {
		t.Errorf("after the end: %v", err)
	}
}

// A session has one stream: the newer takes the place of the older.
func TestStreams(t *testing.T) {
	var s work.Streams
	first := s.Begin("ann")
	second := s.Begin("ann")
	select {
	case <-first:
	default:
		t.Error("the older lasts")
	}
	s.End("ann", first) // which has no place any more
	for i := range 199 {
		if s.Begin(fmt.Sprint(i)) == nil {
			t.Fatalf("%d is too many", i+2)
		}
	}
	if s.Begin("bob") != nil {
		t.Error("more than 200 stream")
	}
	s.End("ann", second)
	if s.Begin("bob") == nil {
		t.Error("a place that was given back is taken")
	}
}
