package statements

import (
	"context"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/statement"
)

// history is what a month's statements say beside the month itself.
type history struct {
	year   map[pipeline.Period]string // the run that each month of the calendar year is stated from, up to this one
	before state.Lock                 // of the version that this one replaces; zero: there was none
}

// HistoryOf finds the runs of the year's months: of a closed one that of its
// certificate, of an open one the current. A month that was never reconciled has none.
func HistoryOf(ctx context.Context, p *books.Books, s books.Setting, run state.Run) (history, error) {
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return history{}, err
	}
	h := history{year: map[pipeline.Period]string{run.Period: run.ID}}
	h.before, _ = closed.Replaced(run.Period)
	for month := pipeline.Period(string(run.Period)[:4] + "-01"); month < run.Period; month = month.Next() {
		if l, ok := closed.Lock(month); ok {
			h.year[month] = l.RunID
			continue
		}
		earlier, found, err := p.State.CurrentRun(ctx, month)
		if err != nil {
			return history{}, err
		}
		if found {
			h.year[month] = earlier.ID
		}
	}
	return h, nil
}

// replaced is what a statement says of the version before it.
func (h *history) replaced() *statement.Replaced {
	if h.before.RunID == "" {
		return nil
	}
	return &statement.Replaced{Version: h.before.Version, ReopenedAt: h.before.ReopenedAt, Reason: h.before.ReopenReason}
}

// mark names what a history depends on.
func (h *history) mark() []any {
	return []any{h.year, h.before.RunID, h.before.ReopenReason}
}
