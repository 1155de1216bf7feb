package sample

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/lake"
	"carat/pipeline/sampling"
)

// EvaluateOptions say which filled-in sample to project.
type EvaluateOptions struct {
	books.Setting
	Folder     string
	Confidence int    // percent, one of sampling.Confidences
	Tolerable  string // a decimal in the sample's unit; "": no conclusion is drawn
}

// Evaluation is what a sample says about its population.
type Evaluation struct {
	Plan Plan
	sampling.Limits
	Confidence int
	Tolerable  *big.Int // nil: none was told
}

// Holds says whether both limits can be told and neither goes beyond what is tolerable.
func (e Evaluation) Holds() bool {
	return e.Tolerable != nil && e.Over != nil && e.Under != nil && e.Over.Cmp(e.Tolerable) <= 0 && e.Under.Cmp(e.Tolerable) <= 0
}

// Evaluate draws the sample of a folder again from the history as it was then, and
// projects the worksheet's audited amounts onto the population. A folder whose plan
// isn't what is drawn again, and a worksheet with an item too many or too few, are
// errors of usage. The access is recorded.
func Evaluate(ctx context.Context, o EvaluateOptions) (e *Evaluation, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightTrace)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	told, err := readPlan(o.Folder)
	if err != nil {
		return nil, err
	}
	e = &Evaluation{Confidence: o.Confidence}
	if o.Tolerable != "" {
		if e.Tolerable, err = sampling.Parse(o.Tolerable); err != nil || e.Tolerable.Sign() < 0 {
			return nil, pipeline.Errorf(pipeline.KindUsage, "project", "--tolerable", "%q is no amount", o.Tolerable).WithHint("for example --tolerable 2500.00")
		}
	}
	again := Options{Setting: o.Setting, Period: told.Period, Table: told.Table, Method: told.Method, Size: told.Size, Seed: told.Seed, Strata: told.StrataAsked}
	if err := again.check(); err != nil {
		return nil, err
	}
	if !slices.Contains(sampling.Methods(), told.Method) {
		return nil, pipeline.Errorf(pipeline.KindUsage, "project", PlanFile, "no method %q", told.Method)
	}
	_, err = p.Recorded(ctx, o.Setting, "sample", "evaluate "+again.text(), func() (int64, error) {
		items, err := drawAgain(ctx, p, o, told, &e.Plan)
		if err != nil {
			return 0, err
		}
		found, err := readWorksheet(o.Folder, &e.Plan, items)
		if err != nil {
			return 0, err
		}
		if e.Limits, err = sampling.Project(e.Plan.sample, e.Plan.population, found, o.Confidence); err != nil {
			return 0, pipeline.Errorf(pipeline.KindUsage, "project", o.Folder, "%w", err)
		}
		return int64(len(found)), nil
	})
	if err != nil {
		return nil, err
	}
	return e, nil
}

// drawAgain draws what a plan says from the history as of its batch, and compares.
func drawAgain(ctx context.Context, p *books.Books, o EvaluateOptions, told Plan, plan *Plan) ([]item, error) {
	at := lake.AsOf{}
	if _, feed := pipeline.FeedByName(told.Table); feed {
		var err error
		if at, err = p.AsOf(ctx, told.Batch); err != nil {
			return nil, err
		}
	}
	*plan = Plan{Form: told.Form, Period: told.Period, Table: told.Table, Unit: told.Unit, Method: told.Method, Size: told.Size, Seed: told.Seed,
		StrataAsked: told.StrataAsked, Batch: told.Batch, Run: told.Run}
	items, err := plan.draw(ctx, p, o.Setting, at)
	if err != nil {
		return nil, err
	}
	what := ""
	switch {
	case plan.Population != told.Population:
		what = fmt.Sprintf("its population is %d items of %s now, %d of %s then", plan.Population.Items, plan.Population.Amount, told.Population.Items, told.Population.Amount)
		if plan.Population.Items == told.Population.Items && plan.Population.Amount == told.Population.Amount {
			what = "its population isn't the one that was drawn from: the hashes differ"
		}
	case !slices.Equal(plan.Items, told.Items):
		what = "other items are drawn from the same rows: the list in " + PlanFile + " was changed"
	case plan.Interval != told.Interval || plan.Start != told.Start || !slices.Equal(plan.Strata, told.Strata):
		what = "interval or strata aren't those in " + PlanFile
	case plan.Drawn != told.Drawn || plan.DrawnAmount != told.DrawnAmount:
		what = fmt.Sprintf("%d items of %s were drawn, %s says %d of %s", plan.Drawn, plan.DrawnAmount, PlanFile, told.Drawn, told.DrawnAmount)
	case plan.Query != told.Query:
		what = "the query in " + PlanFile + " isn't the one that was drawn by"
	default:
		var err error
		if what, err = drawnBeside(ctx, p, o.Folder, told); err != nil || what == "" {
			return items, err
		}
	}
	return nil, pipeline.Errorf(pipeline.KindVerification, "project", o.Folder, "%s", what).
		WithHint("`carat verify` says whether the history was changed; if it wasn't, the folder was: draw the sample again")
}

// drawnBeside says what of a plan is wrong that nothing is drawn by: the run of a feed's
// sample, and the hash of the traces; "" for nothing.
func drawnBeside(ctx context.Context, p *books.Books, folder string, told Plan) (string, error) {
	runs, err := p.RunsAt(ctx, books.Latest)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(runs, func(r books.RunAt) bool { return r.ID == told.Run && r.Period == told.Period }) {
		return fmt.Sprintf("%s has no run %s", told.Period, told.Run), nil
	}
	file := filepath.Join(folder, TraceFile)
	hash, err := hashOf(file)
	if err != nil {
		return "", pipeline.Errorf(pipeline.KindUsage, "read", file, "%w", disk.Cause(err)).WithHint("it is one of the files that `carat sample` wrote")
	}
	if hash != told.TraceSHA256 {
		return TraceFile + " isn't the one that was written with " + PlanFile, nil
	}
	return "", nil
}
