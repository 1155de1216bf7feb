package ask

import (
	"context"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/lake"
)

// asClosed gives the state of the lake that a closed period was locked on: the
// raw tables after the certificate's last batch, the results as its run was
// published. A period that is not closed is a not-found error.
func asClosed(ctx context.Context, p *books.Books, period string) (lake.AsOf, error) {
	locks, err := p.State.Locks(ctx)
	if err != nil {
		return books.Latest, err
	}
	lock, closed := books.Closures{Locks: locks}.Lock(pipeline.Period(period))
	if !closed {
		return books.Latest, pipeline.Errorf(pipeline.KindNotFound, "find", period, "that period is not closed").
			WithHint("give a time or a batch instead")
	}
	text, err := p.Lake.Certificate(lock.Period, lock.Version)
	if err != nil {
		return books.Latest, err
	}
	certificate, err := pipeline.ParseCertificate(text)
	if err != nil {
		return books.Latest, err
	}
	published, err := p.Lake.PublishedAt(ctx, certificate.RunID)
	return lake.AsOf{Batch: certificate.LastBatch, Time: published}, err
}
