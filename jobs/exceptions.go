package jobs

import (
	"context"
	"errors"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/reports"
)

// ExceptionsOptions say which exceptions to list.
type ExceptionsOptions struct {
	Setting
	Period  pipeline.Period // "": every reconciled one
	Control string          // "": all
}

// exceptionColumns are the columns of an exception, in their published order.
const exceptionColumns = `exception_id, control, severity, period, entity, subject_kind, subject_id,
expected, actual, difference, unit, reason, detail, batch_id, source_line`

const tableExceptions = "exceptions"

// Exceptions lists what the controls found in the current run of each period.
// A period that was not reconciled and a control that doesn't exist are
// not-found errors.
func Exceptions(ctx context.Context, o ExceptionsOptions) (t *reports.Table, err error) {
	p, err := openExisting(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	runs, controls, err := p.runsOf(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	condition := "run_id in (" + strings.Join(runs, ", ") + ")"
	if o.Control != "" {
		if !slices.Contains(controls, o.Control) {
			return nil, unknownControl(o.Control, controls)
		}
		condition += " and control = " + quoted(o.Control)
	}
	return p.query(ctx, o.Config, latest, "select "+exceptionColumns+" from "+tableExceptions+" where "+condition+
		" order by period, control, subject_kind, subject_id, reason, unit, entity", tableExceptions)
}

// runsOf gives the current runs of one period, or of all, and the controls
// that they ran.
func (p *place) runsOf(ctx context.Context, period pipeline.Period) (runs, controls []string, err error) {
	periods := []pipeline.Period{period}
	if period == "" {
		periods = nil
		states, err := p.state.Periods(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range states {
			periods = append(periods, s.Period)
		}
	}
	if len(periods) == 0 {
		return nil, nil, pipeline.Errorf(pipeline.KindNotFound, "find", "runs", "no month was reconciled yet").
			WithHint("run `carat run --period 2026-10`, with your month")
	}
	for _, one := range periods {
		run, err := p.currentRun(ctx, one)
		if err != nil {
			return nil, nil, err
		}
		runs = append(runs, quoted(run.ID))
		for _, c := range run.Controls {
			if !slices.Contains(controls, c.Control) {
				controls = append(controls, c.Control)
			}
		}
	}
	return runs, controls, nil
}

func unknownControl(name string, known []string) error {
	e := pipeline.Errorf(pipeline.KindNotFound, "find", "control", "there is no control %q", name)
	if meant := Closest(name, known); meant != "" {
		return e.WithHint("did you mean %s?", meant)
	}
	slices.Sort(known)
	return e.WithHint("controls are %s", strings.Join(known, ", "))
}

// quoted makes a text a literal of SQL.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
