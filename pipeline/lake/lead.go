package lake

import (
	"context"

	"carat/pipeline/lake/fence"
)

// Lead is being the lake's one scheduler.
type Lead = fence.Lead

// LeadSchedule makes this process the lake's one scheduler. It doesn't wait:
// when another leads it fails with KindBusy. Leading is not writing: Lock is
// still taken for each job. On PostgreSQL the lock is the database's, so that a
// scheduler on another machine waits for it too; it ends with the process, or
// when the database no longer hears of it.
func (l *Lake) LeadSchedule(ctx context.Context) (*Lead, error) {
	lead, err := fence.LeadSchedule(l.cfg.Root, func() (*fence.Lock, error) { return l.catalog.Lock(ctx, "carat schedule ") })
	return lead, l.fail("lead the schedule of", l.cfg.Root, err)
}
