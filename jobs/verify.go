package jobs

import (
	"context"
	"errors"

	"carat/pipeline/lake"
)

// Verify walks the hash chain of the whole history, offline. A history that
// differs from what it says is a verification error with the first difference;
// the result has all of them.
func Verify(ctx context.Context, s Setting) (result lake.Verification, err error) {
	p, err := openExisting(ctx, s)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	return p.lake.Verify(ctx)
}
