package books

import (
	"context"
	"time"

	"carat/jobs/config"
	"carat/pipeline"
)

// FeedBalances is the one event feed that says nothing about when carat began:
// an opening balance is dated at the end of the month before.
const FeedBalances = "balances"

// FirstPeriod gives the period at which carat begins, "" when that is not
// known before something was ingested. A configuration that names another one
// than the lake began with is a usage error.
func (p *Books) FirstPeriod(ctx context.Context, c *config.Config) (pipeline.Period, error) {
	fixed, err := p.State.FirstPeriod(ctx)
	if err != nil {
		return "", err
	}
	switch {
	case fixed == "":
		return c.FirstPeriod, nil
	case c.FirstPeriod != "" && c.FirstPeriod != fixed:
		return "", pipeline.Errorf(pipeline.KindUsage, "use", "first_period "+string(c.FirstPeriod),
			"this lake began with %s and its months are booked by that", fixed).
			WithHint("set first_period to %s, or ingest into a new lake folder", fixed)
	}
	return fixed, nil
}

// FixFirstPeriod fixes the first period by what the lake holds: the one of the
// configuration, else the month of the earliest event. It gives "" when there
// is no event yet.
func (p *Books) FixFirstPeriod(ctx context.Context, c *config.Config) (pipeline.Period, error) {
	if fixed, err := p.State.FirstPeriod(ctx); err != nil || fixed != "" {
		return fixed, err // without reading what every batch was
	}
	batches, err := p.Batches(ctx, Latest)
	if err != nil {
		return "", err
	}
	first := c.FirstPeriod
	if first == "" {
		first = earliestMonth(batches, c.Zone)
	}
	if first == "" || len(batches) == 0 {
		return "", nil
	}
	return p.State.FixFirstPeriod(ctx, first)
}

// earliestMonth gives the month of the earliest event of the batches.
func earliestMonth(batches []pipeline.Batch, zone *time.Location) pipeline.Period {
	var first time.Time
	for _, b := range batches {
		if b.Feed != FeedBalances && !b.FirstEvent.IsZero() && (first.IsZero() || b.FirstEvent.Before(first)) {
			first = b.FirstEvent
		}
	}
	if first.IsZero() {
		return ""
	}
	return pipeline.PeriodOf(first, zone)
}
