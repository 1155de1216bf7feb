package web

import (
	"context"
	"time"
)

// askAgain is how often it is asked whether who reads may go on.
const askAgain = 5 * time.Second

// WhileStill gives a context that ends, with the error of still as its cause, when that says
// that who asks may ask no longer: a token that is ended ends what it reads. It is asked every
// few seconds until stop.
func WhileStill(ctx context.Context, still func(context.Context) error) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		tick := time.NewTicker(askAgain)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := still(ctx); err != nil && ctx.Err() == nil {
					cancel(err)
					return
				}
			}
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}
