package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carat/pipeline"
)

// lateAfter is how long a feed that is expected daily may be without a file
// before it is late: a day, and the morning after it.
const lateAfter = 36 * time.Hour

// StatusResult is where everything stands.
type StatusResult struct {
	FirstPeriod pipeline.Period
	Periods     []PeriodStatus
	Feeds       []FeedStatus
	Late        []string // a sentence each
}

// PeriodStatus is where one period stands.
type PeriodStatus struct {
	Period       pipeline.Period
	Stage        string // open, prepared or closed
	Status       string // with the decisions in force counted in
	RunID        string
	RunAt        time.Time
	Exceptions   int64
	Counts       string // "2 block (1 waived)"
	Signed       string // who prepared it, and who approved it
	NewerBatches int64  // ingested since the run
}

// FeedStatus is what was ingested of one feed.
type FeedStatus struct {
	Feed       string
	Batches    int64
	Rows       int64
	Rejected   int64
	LastIngest time.Time
}

// Status says where periods and feeds stand. It changes nothing.
func Status(ctx context.Context, s Setting) (result *StatusResult, err error) {
	p, err := openExisting(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	batches, err := p.batches(ctx, latest)
	if err != nil {
		return nil, err
	}
	result = &StatusResult{}
	if result.FirstPeriod, err = p.firstPeriod(ctx, s.Config); err != nil {
		return nil, err
	}
	if result.Periods, err = p.periodStatus(ctx, s, batches); err != nil {
		return nil, err
	}
	result.Feeds = feedStatus(batches)
	for _, name := range s.Config.expectedDaily() {
		last := lastIngest(result.Feeds, name)
		switch {
		case last.IsZero():
			result.Late = append(result.Late, name+": expected daily, and no file was ingested yet")
		case s.Now.Sub(last) > lateAfter:
			result.Late = append(result.Late, fmt.Sprintf("%s: expected daily, and the last file was ingested at %s", name, last.UTC().Format(time.RFC3339)))
		}
	}
	for _, ps := range result.Periods {
		if ps.NewerBatches > 0 {
			result.Late = append(result.Late, fmt.Sprintf("%s: %d batches were ingested since its last run", ps.Period, ps.NewerBatches))
		}
	}
	return result, nil
}

func (p *place) periodStatus(ctx context.Context, setting Setting, batches []pipeline.Batch) ([]PeriodStatus, error) {
	states, err := p.state.Periods(ctx)
	if err != nil {
		return nil, err
	}
	closed, err := p.closures(ctx, setting.Config)
	if err != nil {
		return nil, err
	}
	var list []PeriodStatus
	for _, s := range states {
		run, err := p.currentRun(ctx, s.Period)
		if err != nil {
			return nil, err
		}
		ps := PeriodStatus{Period: s.Period, Status: s.Status, RunID: s.RunID, RunAt: s.UpdatedAt}
		v, err := p.verdict(ctx, setting, run)
		if err != nil {
			return nil, err
		}
		ps.Status, ps.Counts = v.Status, v.Counts()
		for _, c := range run.Controls {
			ps.Exceptions += c.Exceptions
		}
		if ps.Stage, ps.Signed, err = p.stage(ctx, closed, s.Period); err != nil {
			return nil, err
		}
		for _, b := range batches {
			// The state keeps microseconds.
			if ps.Stage != StageClosed && b.IngestedAt.UnixMicro() > s.UpdatedAt.UnixMicro() {
				ps.NewerBatches++
			}
		}
		list = append(list, ps)
	}
	return list, nil
}

// stage says where a period is in its life, and who signed.
func (p *place) stage(ctx context.Context, closed closures, period pipeline.Period) (stage, signed string, err error) {
	if l, ok := closed.lock(period); ok {
		return StageClosed, fmt.Sprintf("prepared by %s, approved by %s, version %d", l.PreparedBy, l.ApprovedBy, l.Version), nil
	}
	o, stands, _, err := p.signOff(ctx, period, closed.version(period))
	if err != nil || !stands {
		return StageOpen, "", err
	}
	return StagePrepared, "prepared by " + o.PreparedBy, nil
}

func feedStatus(batches []pipeline.Batch) []FeedStatus {
	var list []FeedStatus
	for _, f := range pipeline.Feeds() {
		fs := FeedStatus{Feed: f.Name}
		for _, b := range batches {
			if b.Feed != f.Name {
				continue
			}
			fs.Batches++
			fs.Rows += b.RowsAccepted
			fs.Rejected += b.RowsRejected
			if b.IngestedAt.After(fs.LastIngest) {
				fs.LastIngest = b.IngestedAt
			}
		}
		if fs.Batches > 0 {
			list = append(list, fs)
		}
	}
	return list
}

func lastIngest(feeds []FeedStatus, name string) time.Time {
	for _, f := range feeds {
		if f.Feed == name {
			return f.LastIngest
		}
	}
	return time.Time{}
}
