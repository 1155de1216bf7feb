package books

import (
	"context"
	"regexp"
	"time"

	"carat/pipeline"
	"carat/pipeline/certificate"
	"carat/pipeline/lake"
)

var (
	batchForm  = regexp.MustCompile(`^b[0-9]{6,}$`)
	periodForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}$`)
)

// AsOf finds the state of the lake that a text names.
func (p *Books) AsOf(ctx context.Context, text string) (lake.AsOf, error) {
	switch {
	case text == "":
		return Latest, nil
	case batchForm.MatchString(text):
		return lake.AsOf{Batch: text}, nil
	case periodForm.MatchString(text):
		return p.asClosed(ctx, text)
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return Latest, pipeline.Errorf(pipeline.KindUsage, "parse", "--as-of", "%q is neither a time, a batch nor a period", text).
			WithHint("give a time with a zone, such as 2026-11-02T09:00:00Z, a batch, such as b000042, or a closed period, such as 2026-10")
	}
	return lake.AsOf{Time: t}, nil
}

// asClosed gives the state of the lake that a closed period was locked on: the
// raw tables after the certificate's last batch, the results as its run was
// published. A period that is not closed is an error of usage.
func (p *Books) asClosed(ctx context.Context, period string) (lake.AsOf, error) {
	locks, err := p.State.Locks(ctx)
	if err != nil {
		return Latest, err
	}
	lock, closed := Closures{Locks: locks}.Lock(pipeline.Period(period))
	if !closed {
		var known []string
		for _, l := range locks {
			known = append(known, string(l.Period))
		}
		return Latest, pipeline.Misnamed("find", period, period, known, "that period is not closed").Or("give a time or a batch instead")
	}
	text, err := p.Lake.Certificate(lock.Period, lock.Version)
	if err != nil {
		return Latest, err
	}
	certificate, err := certificate.ParseCertificate(text)
	if err != nil {
		return Latest, err
	}
	published, err := p.Lake.PublishedAt(ctx, certificate.RunID)
	return lake.AsOf{Batch: certificate.LastBatch, Time: published}, err
}
