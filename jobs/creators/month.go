package creators

import (
	"context"
	"errors"
	"fmt"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/reports/table"
)

// StatementColumns are the columns of a month's statements, as far as the lake's table has
// them.
var StatementColumns = []string{"period", "version", "creator_id", "entity", "currency", "country", "agency_id", "opening_amount", "earned_amount", "adjusted_amount", "redeemed_amount", "returned_amount", "revaluation_amount", "rounding_amount",
	"closing_amount", "withheld_amount", "fee_amount", "paid_amount", "in_transit_amount", "failed_amount", "opening_diamonds", "earned_diamonds", "closing_diamonds", "gift_count"}

// Statements gives the heads of the statements of a month's run in force, by creator,
// entity and currency: those from Offset on, at most Limit. A month that was not reconciled
// is misnamed. The access is recorded.
func Statements(ctx context.Context, o Options) (t *table.Table, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightCreators)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	run, err := p.CurrentRun(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	only, err := onlyEntities(ctx, p, o.Setting)
	if err != nil {
		return nil, err
	}
	columns, err := held(ctx, p, statements.TableSummaries, StatementColumns)
	if err != nil {
		return nil, err
	}
	_, err = p.Recorded(ctx, o.Setting, "creators", "statements of "+string(o.Period), func() (int64, error) {
		t, err = p.Query(ctx, o.Config, books.Latest, fmt.Sprintf("select %s from %s where run_id = %s and %s order by creator_id, entity, currency limit %d offset %d",
			columns, statements.TableSummaries, pipeline.SQLText(run.ID), only, max(o.Limit, 1), max(o.Offset, 0)), statements.TableSummaries)
		if err != nil {
			return 0, err
		}
		return int64(len(t.Rows)), nil
	})
	return t, err
}
