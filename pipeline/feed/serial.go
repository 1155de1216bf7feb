package feed

import (
	"context"

	"carat/pipeline"
)

// serialBlockRows is how many rows a block has when the source has no blocks of
// text to follow: about as many as 32 MiB of CSV.
const serialBlockRows = 48 * pipeline.BatchRows

// serial makes rows in one goroutine, for the formats whose records lean on
// each other or are read by row groups.
type serial struct {
	*builder
	job  *job
	seq  *sequence
	next int
	open bool
}

func newSerial(job *job) *serial {
	s := &serial{job: job}
	s.seq = newSequence(len(job.schema.columns), job.opts.OnRejects, func() {})
	s.builder = newBuilder(job.schema, job.in.Name, job.opts, s.seq.early)
	return s
}

// ready opens the next block if none is open or the last is full. It is called
// between records.
func (s *serial) ready(ctx context.Context) error {
	if s.open && s.builder.result.accepted+s.builder.result.rejected < serialBlockRows {
		return nil
	}
	if err := s.end(nil); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.open = true
	return s.builder.open(s.next, s.job.sink)
}

// end closes the open block.
func (s *serial) end(err error) error {
	if !s.open {
		return err
	}
	s.open = false
	s.seq.done(s.next, s.builder.close(err))
	s.next++
	return s.seq.err
}

// finish closes what is open and gives the result.
func (s *serial) finish(err error) (result, error) {
	err = s.end(err)
	return s.seq.total, err
}
