package web

import (
	"context"
	"errors"
	"time"
)

// askAgain is how often it is asked whether who reads may go on.
const askAgain = 5 * time.Second

// WhileStill gives a context that ends, with the error of still as its cause, when that says
// over, that who asks may ask no longer: a token that is ended ends what it reads. Another
// error ends nothing, such as that of a state that is busy now: it is asked every few seconds
// until stop.
func WhileStill(ctx context.Context, over error, still func(context.Context) error) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(askAgain)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := still(ctx); errors.Is(err, over) && ctx.Err() == nil {
					cancel(err)
					return
				}
			}
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}

// Ended gives why the context of WhileStill ended instead of err, which that has led to; else
// err.
func Ended(ctx context.Context, err error) error {
	if why := context.Cause(ctx); err != nil && why != nil && why != ctx.Err() {
		return why
	}
	return err
}
