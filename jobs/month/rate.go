package month

import (
	"context"
	"strings"

	"carat/jobs/books"
	"carat/jobs/names"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/spelling"
)

// RateOptions say which missing exchange rate is decided, and what it is.
type RateOptions struct {
	books.Setting
	// Missing is the rate's exception: its pair and day as the list shows them,
	// "EUR/USD/2026-10-31", or its id, or the beginning of that.
	Missing string
	Value   string // units of quote per unit of base
	Source  string // whose rate it is
	Reason  string // why this one
}

// DecideRate records the decision about a missing or stale exchange rate: the
// next run tells its pair on its day at the given value. A rate that no open
// month lacks is a not-found error, a value that is none a usage error.
func DecideRate(ctx context.Context, o RateOptions) (d decision.Decision, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return d, err
	}
	return books.Locked(ctx, o.Setting, books.RightDecide, "", func(p *books.Books, job *books.Job) (d decision.Decision, err error) {
		if err := p.MayAll(ctx, o.Setting, books.RightDecide); err != nil {
			return d, err
		}
		if names.Same(o.By.User, books.SchedulerUser) {
			return d, pipeline.Refusef("decide rate", o.Missing, "the scheduler decides nothing")
		}
		found, err := standingRates(ctx, p, o.Setting)
		if err != nil {
			return d, err
		}
		d = decision.Decision{Status: decision.Rate, Value: strings.TrimSpace(o.Value), Source: strings.TrimSpace(o.Source),
			Note: strings.TrimSpace(o.Reason), By: o.By.User, OSUser: o.By.OSUser, At: o.Now}
		if problem := d.CheckRate(); problem != "" {
			return d, pipeline.Errorf(pipeline.KindUsage, "decide rate", o.Missing, "%s", problem).WithHint("as in `%s`", books.RateCommand("EUR/USD/2026-10-31"))
		}
		if err := spelling.CheckReason(d.Note, noteBytesMax); err != nil {
			return d, pipeline.Errorf(pipeline.KindUsage, "decide rate", o.Missing, "a rate needs a reason: why this one was taken; of this one, %w", err).WithHint("as in `%s`", books.RateCommand("EUR/USD/2026-10-31"))
		}
		if err := spelling.CheckReason(d.Source, ownerBytesMax); err != nil {
			return d, pipeline.Errorf(pipeline.KindUsage, "decide rate", o.Missing, "a rate needs its source: whose rate it is; of this one, %w", err).WithHint("as in `%s`", books.RateCommand("EUR/USD/2026-10-31"))
		}
		id, err := chooseRate(o.Missing, found)
		if err != nil {
			return d, err
		}
		d.ExceptionID, d.Rate, d.Period = id, found[id].subject, found[id].period
		job.Took(d.Rate + " " + d.Value)
		return d, recordDecisions(ctx, p, o.Setting, []decision.Decision{d}, found)
	})
}

// standingRates gives the exceptions of fx_rate in the current runs of open
// months, by id, each with the earliest month in which it stands, and what was
// decided before and waits for its month's lock.
func standingRates(ctx context.Context, p *books.Books, s books.Setting) (map[string]knownException, error) {
	found := map[string]knownException{}
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return nil, err
	}
	states, err := p.State.Periods(ctx)
	if err != nil {
		return nil, err
	}
	decided, err := p.State.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	for id, d := range decided {
		if _, isClosed := closed.Lock(d.Period); d.Status == decision.Rate && !isClosed {
			found[id] = knownException{control: books.ControlRates, subject: d.Rate, period: d.Period}
		}
	}
	for _, one := range states {
		if _, isClosed := closed.Lock(one.Period); isClosed {
			continue
		}
		t, err := p.Query(ctx, s.Config, books.Latest, "select exception_id, subject_id from "+books.TableExceptions+" where run_id = "+
			pipeline.SQLText(one.RunID)+" and control = "+pipeline.SQLText(books.ControlRates)+" order by exception_id", books.TableExceptions)
		if err != nil {
			return nil, err
		}
		for _, row := range t.Rows {
			id := row[0].(string)
			if known, ok := found[id]; !ok || one.Period < known.period {
				found[id] = knownException{control: books.ControlRates, subject: row[1].(string), period: one.Period, standing: one.Period}
			}
		}
	}
	return found, nil
}

// chooseRate finds the exception that is meant.
func chooseRate(meant string, found map[string]knownException) (string, error) {
	var ids []string
	for id, e := range found {
		if strings.EqualFold(e.subject, meant) || meant != "" && strings.HasPrefix(id, meant) {
			ids = append(ids, id)
		}
	}
	switch {
	case len(ids) == 0:
		return "", pipeline.Errorf(pipeline.KindNotFound, "decide rate", meant, "no open month lacks that rate").
			WithHint("`carat exceptions --control %s` lists those that are missing or stale, after a run", books.ControlRates)
	case len(ids) > 1:
		return "", pipeline.Errorf(pipeline.KindNotFound, "decide rate", meant, "%d exceptions begin so", len(ids)).WithHint("give more of the id, or the pair and its day")
	}
	return ids[0], nil
}
