package creators

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/table"
)

// Options say which creators are looked for, or which one is looked at.
type Options struct {
	books.Setting
	Text    string // within the id; "": all
	Creator string // of Look
	Period  pipeline.Period
	Offset  int64
	Limit   int64 // at most Most
}

// Most is how many rows are given at a time.
const Most = 500

// Listed are creators of the newest month.
type Listed struct {
	Period pipeline.Period // "": no month was reconciled
	Table  *table.Table
	Total  int64
	All    int64 // without the filter
}

// listColumns are the columns of the list, as far as the lake's table has them. The
// closing is the opening with all that moved: the last four are in it too.
var listColumns = []string{"creator_id", "entity", "currency", "country", "closing_diamonds", "opening_amount", "earned_amount", "redeemed_amount", "closing_amount", "in_transit_amount",
	"adjusted_amount", "returned_amount", "revaluation_amount", "rounding_amount"}

// List lists the creators with a statement in the newest month, by id.
func List(ctx context.Context, o Options) (l *Listed, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightCreators)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	l = &Listed{Table: &table.Table{}}
	runs, err := currentRuns(ctx, p)
	if err != nil || len(runs) == 0 {
		return l, err
	}
	l.Period = runs[0].Period
	only, err := onlyEntities(ctx, p, o.Setting)
	if err != nil {
		return nil, err
	}
	columns, err := held(ctx, p, statements.TableSummaries, listColumns)
	if err != nil {
		return nil, err
	}
	matches := "contains(lower(creator_id), " + pipeline.SQLText(strings.ToLower(o.Text)) + ")"
	t, err := p.Query(ctx, o.Config, books.Latest, fmt.Sprintf(`with these as (select * from %s where run_id = %s and %s)
select %s, (select count(*) from these where %s) as found, (select count(*) from these) as everything from these where %s order by creator_id, entity, currency limit %d offset %d`,
		statements.TableSummaries, pipeline.SQLText(runs[0].ID), only, columns, matches, matches, min(max(o.Limit, 1), Most), max(o.Offset, 0)), statements.TableSummaries)
	if err != nil {
		return nil, err
	}
	n := len(t.Columns) - 2
	l.Table.Columns = t.Columns[:n]
	for _, row := range t.Rows {
		l.Total, _ = row[n].(int64)
		l.All, _ = row[n+1].(int64)
		l.Table.Rows = append(l.Table.Rows, row[:n])
	}
	return l, nil
}

// currentRuns gives the run in force of each month, the newest month first.
func currentRuns(ctx context.Context, p *books.Books) (runs []state.Run, err error) {
	periods, err := p.State.Periods(ctx)
	if err != nil {
		return nil, err
	}
	for _, one := range periods {
		run, err := p.CurrentRun(ctx, one.Period)
		if err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	slices.SortFunc(runs, func(a, b state.Run) int { return strings.Compare(string(b.Period), string(a.Period)) })
	return runs, nil
}

// onlyEntities is the condition of what the one who asks may see.
func onlyEntities(ctx context.Context, p *books.Books, s books.Setting) (string, error) {
	grants, err := p.Grants(ctx, s)
	if err != nil {
		return "", err
	}
	only := grants.Entities(s.By, books.RightCreators)
	if len(only) == 0 {
		return "true", nil
	}
	var list []string
	for _, one := range only {
		list = append(list, pipeline.SQLText(one))
	}
	return "entity in (" + strings.Join(list, ", ") + ")", nil
}

// held gives those of the columns that a lake's table has, which may be older than a
// column.
func held(ctx context.Context, p *books.Books, name string, columns []string) (string, error) {
	t, err := p.Lake.Table(ctx, name, books.Latest)
	if err != nil {
		return "", err
	}
	var list []string
	for _, c := range columns {
		if slices.ContainsFunc(t.Columns, func(have pipeline.Column) bool { return have.Name == c }) {
			list = append(list, `"`+c+`"`)
		}
	}
	return strings.Join(list, ", "), nil
}

// Creator is one, as the runs in force tell.
type Creator struct {
	ID string
	// Statements are the heads of the months' statements, newest first.
	Statements *table.Table
	// Period is the month whose lines are shown, "": there is none.
	Period pipeline.Period
	Closed bool // and whether its numbers are final
	Lines  *table.Table
	Total  int64 // of its lines
	// Payouts are what was asked for and what became of it, newest first.
	Payouts *table.Table
}

var (
	summaryColumns = []string{"period", "entity", "currency", "opening_amount", "earned_amount", "adjusted_amount", "redeemed_amount", "returned_amount", "revaluation_amount", "rounding_amount", "closing_amount",
		"withheld_amount", "fee_amount", "paid_amount", "in_transit_amount", "failed_amount"}
	lineColumns   = []string{"entity", "currency", "line_no", "section", "label", "count", "coins", "diamonds", "rate", "amount", "reason", "status", "net_amount", "reference_id", "original_event_id", "prior_period", "event_at"}
	payoutColumns = []string{"payout_id", "status", "entity", "diamonds", "gross_amount", "withholding_amount", "fee_amount", "net_amount", "currency", "payout_amount", "payout_currency", "fx_rate", "method", "provider_reference",
		"requested_at", "updated_at", "paid_at", "batch_id", "source_line"}
)

// tablePayouts holds each change of a payout's status.
const tablePayouts = "payouts"

// Look tells about one creator. Whom nothing names is a not-found error, as is who has
// nothing of the entities that the one who asks may see. The access is recorded.
func Look(ctx context.Context, o Options) (c *Creator, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightCreators)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	_, err = p.Recorded(ctx, o.Setting, "creators", o.Creator, func() (int64, error) {
		if c, err = look(ctx, p, o); err != nil {
			return 0, err
		}
		return int64(len(c.Statements.Rows) + len(c.Lines.Rows) + len(c.Payouts.Rows)), nil
	})
	return c, err
}

func look(ctx context.Context, p *books.Books, o Options) (*Creator, error) {
	c := &Creator{ID: o.Creator, Statements: &table.Table{}, Lines: &table.Table{}, Payouts: &table.Table{}}
	missing := pipeline.Misnamed("find", "creator "+pipeline.CutText(o.Creator), "", nil, "no statement and no payout is that creator's")
	runs, err := currentRuns(ctx, p)
	if err != nil {
		return nil, err
	}
	only, err := onlyEntities(ctx, p, o.Setting)
	if err != nil {
		return nil, err
	}
	name := pipeline.SQLText(o.Creator)
	if len(runs) > 0 {
		var ids []string
		for _, r := range runs {
			ids = append(ids, pipeline.SQLText(r.ID))
		}
		columns, err := held(ctx, p, statements.TableSummaries, summaryColumns)
		if err != nil {
			return nil, err
		}
		c.Statements, err = p.Query(ctx, o.Config, books.Latest, "select "+columns+" from "+statements.TableSummaries+" where creator_id = "+name+" and run_id in ("+strings.Join(ids, ", ")+") and "+only+
			" order by period desc, entity, currency", statements.TableSummaries)
		if err != nil {
			return nil, err
		}
		if err := c.lines(ctx, p, o, runs, only); err != nil {
			return nil, err
		}
	}
	state, err := p.Lake.State(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	if slices.Contains(state.Names(), tablePayouts) {
		columns, err := held(ctx, p, tablePayouts, payoutColumns)
		if err != nil {
			return nil, err
		}
		c.Payouts, err = p.Query(ctx, o.Config, books.Latest, fmt.Sprintf("select %s from %s where creator_id = %s and %s order by updated_at desc, payout_id limit %d", columns, tablePayouts, name, only, Most), tablePayouts)
		if err != nil {
			return nil, err
		}
	}
	if len(c.Statements.Rows)+len(c.Payouts.Rows) == 0 {
		return nil, missing
	}
	return c, nil
}

// lines reads the lines of one month's statement: the newest, unless another is asked for.
func (c *Creator) lines(ctx context.Context, p *books.Books, o Options, runs []state.Run, only string) error {
	run := runs[0]
	for _, one := range runs {
		if one.Period == o.Period {
			run = one
		}
	}
	closed, err := p.Closures(ctx, o.Config)
	if err != nil {
		return err
	}
	c.Period = run.Period
	_, c.Closed = closed.Lock(run.Period)
	columns, err := held(ctx, p, statements.TableLines, lineColumns)
	if err != nil {
		return err
	}
	t, err := p.Query(ctx, o.Config, books.Latest, fmt.Sprintf("select %s, count(*) over () as found from %s where creator_id = %s and run_id = %s and %s order by entity, currency, line_no limit %d offset %d",
		columns, statements.TableLines, pipeline.SQLText(c.ID), pipeline.SQLText(run.ID), only, min(max(o.Limit, 1), Most), max(o.Offset, 0)), statements.TableLines)
	if err != nil {
		return err
	}
	n := len(t.Columns) - 1
	c.Lines.Columns = t.Columns[:n]
	for _, row := range t.Rows {
		c.Total, _ = row[n].(int64)
		c.Lines.Rows = append(c.Lines.Rows, row[:n])
	}
	return nil
}
