package source

import (
	"context"
	"errors"
	"time"
)

// How long is waited after a failure that may be over later: a second, two, four;
// what the other side asks for is kept to, up to the bound.
const (
	firstWait   = time.Second
	longestWait = 5 * time.Minute
)

// Retry tries something again that failed with a Passing error, at most so many
// times more.
func Retry[T any](ctx context.Context, retries int, wait Wait, try func() (T, error)) (T, error) {
	for failed := 0; ; failed++ {
		got, err := try()
		var passing *Passing
		if err == nil || !errors.As(err, &passing) || failed >= retries || ctx.Err() != nil {
			return got, err
		}
		if passing.After > longestWait {
			return got, err // the next run comes sooner than its patience ends
		}
		if werr := wait(ctx, max(passing.After, min(firstWait<<min(failed, 10), longestWait))); werr != nil {
			return got, err
		}
	}
}

// Paced makes a source's Open wait so that there are at most so many a minute.
func Paced(s Source, perMinute int, wait Wait) Source {
	if perMinute <= 0 {
		return s
	}
	return &paced{Source: s, every: time.Minute / time.Duration(perMinute), wait: wait}
}

type paced struct {
	Source
	every time.Duration
	wait  Wait
	begun bool
}

// Open is Open of the source, when it is its turn.
func (p *paced) Open(ctx context.Context, r Remote, from int64) (*Download, error) {
	if p.begun {
		if err := p.wait(ctx, p.every); err != nil {
			return nil, err
		}
	}
	p.begun = true
	return p.Source.Open(ctx, r, from)
}
