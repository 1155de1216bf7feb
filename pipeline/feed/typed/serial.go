package typed

import (
	"context"

	"carat/pipeline"
)

// serialBlockRows is how many rows a block has when the source has no blocks of
// text to follow: about as many as 32 MiB of CSV.
const serialBlockRows = 48 * pipeline.BatchRows

// Serial makes rows in one goroutine, for the formats whose records lean on
// each other or are read by row groups.
type Serial struct {
	*Builder
	seq  *sequence
	next int
	open bool
}

// NewSerial begins the blocks of a file.
func NewSerial(t *Task) *Serial {
	s := &Serial{}
	s.seq = newSequence(len(t.Schema.Columns), t.OnRejects, func() {})
	s.Builder = newBuilder(t, s.seq.early)
	return s
}

// Ready opens the next block if none is open or the last is full. It is called
// between records.
func (s *Serial) Ready(ctx context.Context) error {
	if s.open && s.Builder.result.Accepted+s.Builder.result.Rejected < serialBlockRows {
		return nil
	}
	if err := s.end(nil); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.open = true
	return s.Builder.open(s.next)
}

// end closes the open block.
func (s *Serial) end(err error) error {
	if !s.open {
		return err
	}
	s.open = false
	s.seq.done(s.next, s.Builder.close(err))
	s.next++
	return s.seq.err
}

// Finish closes what is open and gives the result.
func (s *Serial) Finish(err error) (Result, error) {
	err = s.end(err)
	return s.seq.total, err
}
