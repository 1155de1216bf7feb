package ask

import (
	"context"
	"errors"

	"carat/jobs/books"
)

// MonthsOf traces, and gives how many engines with a month's models that took.
func MonthsOf(ctx context.Context, o TraceOptions) (n int, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightTrace)
	if err != nil {
		return 0, err
	}
	t, err := newTracer(ctx, p, o)
	if err != nil {
		return 0, errors.Join(err, p.Close())
	}
	_, err = t.trace(ctx)
	return len(t.months), errors.Join(err, t.close(), p.Close())
}

// Narrowed gives the options with which few gifts are read as many are.
func (o TraceOptions) Narrowed(narrow bool) TraceOptions {
	o.narrow = narrow
	return o
}
