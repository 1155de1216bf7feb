package jobs

import (
	"context"
	"errors"
	"strings"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/reports/table"
)

// SummaryOptions say which period to sum up.
type SummaryOptions struct {
	books.Setting
	Period pipeline.Period
}

// Summary is a period in a few numbers, for a person.
type Summary struct {
	Movements *table.Table // what, quantity, currency, amount
	// TopCreator is the creator who earned the most diamonds; "" when nobody
	// did. Entity and Currency are those of the statement.
	TopCreator, TopEntity, TopCurrency string
}

// movementsQuery sums up a run. Money taken in is what the rows of the period
// say; the rest stands in the run's roll-forwards.
const movementsQuery = `with lines as (
    select 1 as place, 'coins bought' as what, sum(coins + coalesce(bonus_coins, 0)) as quantity, currency, sum(gross_amount) as amount
    from coin_purchases where kind = 'purchase' and accounting_month = {period} group by currency
    union all
    select 2, 'coins refunded and charged back', sum(case when kind = 'chargeback_reversal' then -1 else 1 end * (coins + coalesce(bonus_coins, 0))), currency,
        sum(case when kind = 'chargeback_reversal' then -gross_amount else gross_amount end)
    from coin_purchases where kind <> 'purchase' and accounting_month = {period} group by currency
    union all
    select 3, 'coins gifted, less reversals', -sum(quantity), null, null
    from rollforwards where run_id = {run} and identity = 'coins' and line in ('gifted', 'reversed')
    union all
    select 4, 'diamonds earned, less reversals', sum(quantity), currency, sum(amount)
    from rollforwards where run_id = {run} and identity = 'payable' and subject_kind = 'entity' and line in ('accrued', 'reversed') group by currency
    union all
    select 5, 'diamonds paid out', -sum(quantity), currency, -sum(amount)
    from rollforwards where run_id = {run} and identity = 'payable' and subject_kind = 'entity' and line in ('redeemed', 'returned') group by currency
    union all
    select 6, 'diamonds owed at the end', sum(quantity), currency, sum(amount)
    from rollforwards where run_id = {run} and identity = 'payable' and subject_kind = 'entity' and line = 'closing' group by currency
)
select what, cast(quantity as bigint) as quantity, currency, cast(amount as decimal(38, 6)) as amount from lines
where quantity is not null
order by place, currency`

const topCreatorQuery = `select creator_id, entity, currency from statement_summaries where run_id = {run}
order by earned_diamonds desc, creator_id, entity, currency limit 1`

// Summarise sums up the current run of a period. A period that was not
// reconciled is a not-found error.
func Summarise(ctx context.Context, o SummaryOptions) (s *Summary, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightRun)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	run, err := p.CurrentRun(ctx, o.Period)
	if err != nil {
		return nil, err
	}
	fill := strings.NewReplacer("{period}", pipeline.SQLText(string(o.Period)), "{run}", pipeline.SQLText(run.ID))
	s = &Summary{}
	if s.Movements, err = p.Query(ctx, o.Config, books.Latest, fill.Replace(movementsQuery), "coin_purchases", "rollforwards"); err != nil {
		return nil, err
	}
	top, err := p.Query(ctx, o.Config, books.Latest, fill.Replace(topCreatorQuery), statements.TableSummaries)
	if err != nil {
		return nil, err
	}
	for _, row := range top.Rows {
		s.TopCreator, s.TopEntity, s.TopCurrency = row[0].(string), row[1].(string), row[2].(string)
	}
	return s, nil
}
