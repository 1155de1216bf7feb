package work

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
)

// Bounds on what is kept.
const (
	waitingMax = 20  // pieces that wait or run
	keptMax    = 200 // pieces, those that have ended too
	notesMax   = 30  // of one piece
)

// States of a piece.
const (
	Waiting = "waiting" // others run before it
	Running = "running"
	Done    = "done"
	Failed  = "failed"
)

// Piece is one piece of work as it stands.
type Piece struct {
	ID     string
	What   string // "prepare 2026-10": there is one of it at a time
	Person string
	State  string
	Asked  time.Time
	Began  time.Time // zero: not yet
	Ended  time.Time // zero: not yet
	At     books.Event
	Notes  []string // what it told once, the newest last
	Before int      // how many pieces come before it
	Result any      // what the job gave; nil until it is done
	Err    error    // why it failed
}

// Over says whether nothing more comes.
func (p Piece) Over() bool { return p.State == Done || p.State == Failed }

// piece is a piece with whoever waits for its next change.
type piece struct {
	Piece
	do      func(context.Context, books.Progress) (any, error)
	changed chan struct{} // closed at the next change
}

// Queue runs pieces, one at a time.
type Queue struct {
	clock func() time.Time
	ctx   context.Context //nolint:containedctx // the queue's life is what ends its pieces, no request's
	end   context.CancelFunc
	ended sync.WaitGroup

	mu      sync.Mutex
	pieces  []*piece // oldest first
	running bool
}

// New makes a queue without any.
func New(clock func() time.Time) *Queue {
	q := &Queue{clock: clock}
	q.ctx, q.end = context.WithCancel(context.Background())
	return q
}

// Close interrupts what runs, lets nothing else begin, and returns when it has ended.
func (q *Queue) Close() {
	q.end()
	q.ended.Wait()
}

// Start lets a piece run when it is its turn. While one of the same name waits or runs
// that one is given, where the same person asked for it; of somebody else's, and of too
// many, it is a busy error.
func (q *Queue) Start(person, what string, do func(context.Context, books.Progress) (any, error)) (Piece, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	standing := 0
	for _, one := range q.pieces {
		switch {
		case one.Over():
			continue
		case one.What == what && one.Person == person:
			return one.Piece, nil
		case one.What == what:
			return Piece{}, pipeline.Errorf(pipeline.KindBusy, "begin", what, "%s has begun it on %s", one.Person, one.Asked.UTC().Format(time.RFC3339)).WithHint("what runs is told with the runs")
		}
		standing++
	}
	if standing >= waitingMax || q.ctx.Err() != nil {
		return Piece{}, pipeline.Errorf(pipeline.KindBusy, "begin", what, "%d others wait", standing).WithHint("begin it when some of them have ended")
	}
	one := &piece{Piece: Piece{ID: rand.Text(), What: what, Person: person, State: Waiting, Asked: q.clock(), Before: standing}, do: do, changed: make(chan struct{})}
	q.pieces = append(q.pieces, one)
	for i := 0; len(q.pieces) > keptMax && i < len(q.pieces); {
		if !q.pieces[i].Over() {
			i++
			continue
		}
		q.pieces = slices.Delete(q.pieces, i, i+1)
	}
	if !q.running {
		q.running = true
		q.ended.Add(1)
		go q.run()
	}
	return one.Piece, nil
}

// Get gives a piece as it stands, and what is closed when it stands otherwise.
func (q *Queue) Get(id string) (p Piece, changed <-chan struct{}, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, one := range q.pieces {
		if one.ID == id {
			p = one.Piece
			p.Notes = slices.Clone(p.Notes)
			return p, one.changed, true
		}
	}
	return Piece{}, nil, false
}

// Standing gives the pieces that wait or run, in their order.
func (q *Queue) Standing() (list []Piece) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, one := range q.pieces {
		if !one.Over() {
			list = append(list, one.Piece)
		}
	}
	return list
}

// run runs the pieces that wait until there is none.
func (q *Queue) run() {
	defer q.ended.Done()
	for {
		one := q.next()
		if one == nil {
			return
		}
		result, err := one.do(q.ctx, func(e books.Event) { q.tell(one, e) })
		q.change(one, func() {
			one.Ended, one.Result, one.Err, one.State, one.do = q.clock(), result, err, Done, nil
			if err != nil {
				one.State = Failed
			}
		})
	}
}

// next takes the first that waits; nil: none does, or the queue has ended.
func (q *Queue) next() *piece {
	q.mu.Lock()
	defer q.mu.Unlock()
	var first *piece
	before := 0
	for _, one := range q.pieces {
		switch {
		case one.State != Waiting:
			continue
		case first == nil:
			first = one
			one.State, one.Began = Running, q.clock()
			if q.ctx.Err() != nil { // it ends before it has begun
				one.State, one.Err, one.Ended = Failed, context.Canceled, q.clock()
				first = nil
			}
		default:
			before++
			one.Before = before
		}
		close(one.changed)
		one.changed = make(chan struct{})
	}
	q.running = first != nil
	return first
}

// tell notes what a job tells of its progress.
func (q *Queue) tell(one *piece, e books.Event) {
	q.change(one, func() {
		if e.Note == "" {
			one.At = e
			return
		}
		if one.Notes = append(one.Notes, e.Note); len(one.Notes) > notesMax {
			one.Notes = slices.Delete(one.Notes, 0, 1)
		}
	})
}

func (q *Queue) change(one *piece, how func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	how()
	close(one.changed)
	one.changed = make(chan struct{})
}
