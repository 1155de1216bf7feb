package jobs

import (
	"context"

	"carat/pipeline"
	"carat/pipeline/lake"
)

// asClosed gives the state of the lake that a closed period was locked on: the
// raw tables after the certificate's last batch, the results as its run was
// published. A period that is not closed is a not-found error.
func (p *place) asClosed(ctx context.Context, period string) (lake.AsOf, error) {
	locks, err := p.state.Locks(ctx)
	if err != nil {
		return latest, err
	}
	lock, closed := closures{locks: locks}.lock(pipeline.Period(period))
	if !closed {
		return latest, pipeline.Errorf(pipeline.KindNotFound, "find", period, "that period is not closed").
			WithHint("give a time or a batch instead")
	}
	text, err := p.lake.Certificate(lock.Period, lock.Version)
	if err != nil {
		return latest, err
	}
	certificate, err := pipeline.ParseCertificate(text)
	if err != nil {
		return latest, err
	}
	published, err := p.lake.PublishedAt(ctx, certificate.RunID)
	return lake.AsOf{Batch: certificate.LastBatch, Time: published}, err
}
