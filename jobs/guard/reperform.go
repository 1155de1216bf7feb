package guard

import (
	"context"
	"errors"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/pipeline"
)

// ReperformOptions say which closed period to run again.
type ReperformOptions struct {
	books.Setting
	Period pipeline.Period
}

// Reperform runs a closed period again over the rows that its certificate
// covers, by the SQL that was in force, and compares every result table with
// the certificate. It writes nothing. A period that is not closed is a usage
// error; what differs is a result, not an error.
func Reperform(ctx context.Context, o ReperformOptions) (r *reconcile.Reperformance, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightVerify)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	closed, err := p.Closures(ctx, o.Config)
	if err != nil {
		return nil, err
	}
	l, ok := closed.Lock(o.Period)
	if !ok {
		return nil, pipeline.Misnamed("re-perform", string(o.Period), "", nil, "the month is not closed").
			WithHint("`carat status` says where each month stands")
	}
	c, err := p.ReadCertificate(l)
	if err != nil {
		return nil, err
	}
	return reconcile.Reperform(ctx, p, o.Setting, c)
}
