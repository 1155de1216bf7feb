package typed

import (
	"context"
	"errors"
	"io"
	"sync"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// sequence puts the results of blocks, which end in any order, into the order
// of the source, and stops at the first error in that order. So neither the
// rejects nor the error depend on which worker was faster.
type sequence struct {
	mu      sync.Mutex
	turn    *sync.Cond
	next    int // the block whose turn it is
	parked  map[int]Result
	total   Result
	unknown map[string]bool
	err     error
	ended   bool // an error stands, or the context is done
	stop    context.CancelFunc
	free    func(seq int)

	onRejects func([]pipeline.Reject) error
}

func newSequence(columns int, onRejects func([]pipeline.Reject) error, stop context.CancelFunc) *sequence {
	s := &sequence{parked: map[int]Result{}, unknown: map[string]bool{}, stop: stop, onRejects: onRejects,
		total: Result{FirstEvent: NoTime, BesideFirst: NoTime, Sums: make([]pipeline.Sum, columns), Summed: make([]bool, columns)}}
	s.turn = sync.NewCond(&s.mu)
	return s
}

// early hands on rejects of a block that is not done, when it is its turn.
func (s *sequence) early(seq int, rejects []pipeline.Reject) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.next != seq && !s.ended {
		s.turn.Wait()
	}
	if s.ended {
		return errStopped
	}
	return s.give(rejects)
}

// errStopped ends a worker because of what happened elsewhere.
var errStopped = errors.New("stopped")

func (s *sequence) give(rejects []pipeline.Reject) error {
	if s.onRejects == nil || len(rejects) == 0 {
		return nil
	}
	return s.onRejects(rejects)
}

// done takes the result of a block.
func (s *sequence) done(seq int, r Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parked[seq] = r
	for !s.ended {
		r, ok := s.parked[s.next]
		if !ok {
			break
		}
		delete(s.parked, s.next)
		if err := errors.Join(s.give(r.rejects), r.err); err != nil {
			if r.err != nil {
				err = r.err
			}
			s.fail(err)
			break
		}
		s.total.merge(r, s.unknown)
		if s.free != nil {
			s.free(s.next)
		}
		s.next++
	}
	s.turn.Broadcast()
}

// fail ends everything; the lock is held.
func (s *sequence) fail(err error) {
	if !s.ended {
		s.err, s.ended = err, true
	}
	s.stop()
	s.turn.Broadcast()
}

// cancelled ends everything from outside.
func (s *sequence) cancelled(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(err)
}

// merge adds the next block's result.
func (t *Result) merge(r Result, unknown map[string]bool) {
	t.Accepted += r.Accepted
	t.Rejected += r.Rejected
	t.Conflicts += r.Conflicts
	t.FirstEvent = min(t.FirstEvent, r.FirstEvent)
	for i := range r.Sums {
		t.Sums[i].Merge(r.Sums[i])
		t.Summed[i] = t.Summed[i] || r.Summed[i]
	}
	if t.FirstReject == nil {
		t.FirstReject = r.FirstReject
	}
	for _, name := range r.Unknown {
		if !unknown[name] && len(t.Unknown) < MaxUnknownColumns {
			unknown[name] = true
			t.Unknown = append(t.Unknown, name)
		}
	}
	t.Ranges = append(t.Ranges, r.Ranges...)
	t.Fine.merge(r.Fine)
	t.Beside, t.BesideFirst = t.Beside+r.Beside, min(t.BesideFirst, r.BesideFirst)
	if t.Twice += r.Twice; t.TwiceFirst == "" {
		t.TwiceFirst = r.TwiceFirst
	}
}

// Parse makes rows of a block. One value belongs to one worker.
type Parse func(*Builder, lex.Block) error

// RunBlocks cuts the text and parses its blocks with several workers. At most
// workers+2 blocks are held.
func RunBlocks(ctx context.Context, t *Task, cut *lex.Cutter, newParse func() Parse) (Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	seq := newSequence(len(t.Schema.Columns), t.OnRejects, stop)
	workers := max(t.Workers, 1)

	buffers := make(chan []byte, workers+2)
	for range workers + 2 {
		buffers <- nil
	}
	held := sync.Map{} // buffers by block; given back in order
	seq.free = func(n int) {
		if buf, ok := held.LoadAndDelete(n); ok {
			buffers <- buf.([]byte)
		}
	}
	undo := context.AfterFunc(ctx, func() { seq.cancelled(ctx.Err()) })
	defer undo()

	blocks := make(chan lex.Block)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			b := newBuilder(t, seq.early)
			p := newParse()
			for blk := range blocks {
				err := b.open(blk.Seq)
				if err == nil {
					err = p(b, blk)
				}
				seq.done(blk.Seq, b.close(err))
			}
		})
	}
	cutAll(ctx, cut, buffers, &held, blocks, seq)
	close(blocks)
	running.Wait()
	seq.mu.Lock()
	defer seq.mu.Unlock()
	return seq.total, seq.err
}

// cutAll sends the blocks until the text ends or the context is done. An error
// of the text takes the place of the block that it prevents.
func cutAll(ctx context.Context, cut *lex.Cutter, buffers chan []byte, held *sync.Map, blocks chan<- lex.Block, seq *sequence) {
	for {
		var buf []byte
		select {
		case buf = <-buffers:
		case <-ctx.Done():
			return
		}
		blk, err := cut.Next(buf)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			seq.done(cut.Seq, Result{err: err, FirstEvent: NoTime, BesideFirst: NoTime})
			return
		}
		held.Store(blk.Seq, blk.Data)
		select {
		case blocks <- blk:
		case <-ctx.Done():
			return
		}
	}
}
