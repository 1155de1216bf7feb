package jobs

import (
	"context"

	"carat/pipeline"
	"carat/pipeline/lake"
)

// asClosed gives the state of the lake that a closed period was locked on. A
// period that is not closed is a not-found error.
func (p *place) asClosed(_ context.Context, period string) (lake.AsOf, error) {
	return latest, pipeline.Errorf(pipeline.KindNotFound, "find", period, "that period is not closed").
		WithHint("give a time or a batch instead")
}
