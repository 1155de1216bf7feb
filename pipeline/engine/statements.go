package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"carat/pipeline"
)

// StatementFilter says whose statements are read.
type StatementFilter struct {
	RunID     string
	CreatorID string // "" for all
	Days      bool   // also what each day came to: runs of earlier versions of carat don't have it
}

// Statements reads the published statements of a run, one creator, entity and
// currency after the other, from the tables that Load named with the prefix.
// fn may keep what it is given.
func (e *Engine) Statements(ctx context.Context, prefix string, f StatementFilter, fn func(*pipeline.Statement) error) error {
	where := " where run_id = " + literal(f.RunID)
	if f.CreatorID != "" {
		where += " and creator_id = " + literal(f.CreatorID)
	}
	const order = " order by creator_id, entity, currency"
	heads, err := e.conn.QueryContext(ctx, summaryQuery+identifier(prefix+"statement_summaries")+where+order)
	if err != nil {
		return fmt.Errorf("read statement summaries: %w", err)
	}
	defer heads.Close()
	lines, err := e.beside[0].QueryContext(ctx, lineQuery+identifier(prefix+"statement_lines")+where+order+", line_no")
	if err != nil {
		return fmt.Errorf("read statement lines: %w", err)
	}
	defer lines.Close()

	rates, err := e.beside[1].QueryContext(ctx, rateQuery+identifier(prefix+"statement_rates")+where+order+", rate_from, diamonds_per_coin, rate")
	if err != nil {
		return fmt.Errorf("read statement rates: %w", err)
	}
	defer rates.Close()

	dayRows := groupReader[pipeline.StatementDay]{scan: scanDay, done: true}
	if f.Days {
		days, err := e.beside[2].QueryContext(ctx, dayQuery+identifier(prefix+"statement_days")+where+order+", day")
		if err != nil {
			return fmt.Errorf("read statement days: %w", err)
		}
		defer days.Close()
		dayRows.rows, dayRows.done = days, false
		if err := dayRows.next(); err != nil {
			return fmt.Errorf("read statement days: %w", err)
		}
	}
	lineRows := groupReader[pipeline.StatementLine]{rows: lines, scan: scanLine}
	rateRows := groupReader[pipeline.StatementRate]{rows: rates, scan: scanRate}
	if err := errors.Join(lineRows.next(), rateRows.next()); err != nil {
		return fmt.Errorf("read statements: %w", err)
	}
	for heads.Next() {
		s := new(pipeline.Statement)
		if err := scanSummary(heads, &s.Summary); err != nil {
			return fmt.Errorf("read statement summaries: %w", err)
		}
		key := statementKey{s.Summary.CreatorID, s.Summary.Entity, s.Summary.Currency}
		if s.Lines, err = lineRows.of(key); err != nil {
			return fmt.Errorf("read statement lines: %w", err)
		}
		if s.Rates, err = rateRows.of(key); err != nil {
			return fmt.Errorf("read statement rates: %w", err)
		}
		if s.Days, err = dayRows.of(key); err != nil {
			return fmt.Errorf("read statement days: %w", err)
		}
		if len(s.Lines) == 0 {
			return fmt.Errorf("read statements: creator %s has a summary in %s and no lines", key.creator, key.currency)
		}
		if err := fn(s); err != nil {
			return err
		}
	}
	if err := heads.Err(); err != nil {
		return fmt.Errorf("read statement summaries: %w", err)
	}
	if !lineRows.done || !rateRows.done {
		return errors.New("read statements: there are lines or rates of a creator without a summary")
	}
	return nil
}

// millionths turns an amount into an integer, and fails when it doesn't fit.
func millionths(column string) string {
	return "cast(cast(" + column + " as decimal(38, 6)) * 1000000 as bigint)"
}

func billionths(column string) string {
	return "cast(cast(" + column + " as decimal(38, 9)) * 1000000000 as bigint)"
}

var summaryQuery = `select period, version, creator_id, entity, currency, coalesce(country, ''),
coalesce(region, ''), coalesce(tier, ''), coalesce(agency_id, ''), coalesce(payout_method, ''),
opening_diamonds, earned_diamonds, adjusted_diamonds, redeemed_diamonds, returned_diamonds, closing_diamonds, ` +
	millionths("opening_amount") + "," + millionths("earned_amount") + "," + millionths("adjusted_amount") + "," +
	millionths("redeemed_amount") + "," + millionths("returned_amount") + "," + millionths("revaluation_amount") + "," +
	millionths("rounding_amount") + "," + millionths("closing_amount") + `, gift_coins, gift_count, ` +
	millionths("list_value_amount") + "," + millionths("platform_amount") + "," + millionths("agency_amount") + "," +
	millionths("rounding_kept") + "," + millionths("withheld_amount") + "," + millionths("fee_amount") + "," +
	millionths("paid_amount") + "," + millionths("in_transit_amount") + "," + millionths("failed_amount") + "," +
	millionths("taken_amount") + "," + millionths("prior_period_amount") + " from "

func scanSummary(rows *sql.Rows, s *pipeline.StatementSummary) error {
	return rows.Scan(&s.Period, &s.Version, &s.CreatorID, &s.Entity, &s.Currency, &s.Country,
		&s.Region, &s.Tier, &s.AgencyID, &s.PayoutMethod,
		&s.OpeningDiamonds, &s.EarnedDiamonds, &s.AdjustedDiamonds, &s.RedeemedDiamonds, &s.ReturnedDiamonds, &s.ClosingDiamonds,
		&s.OpeningAmount, &s.EarnedAmount, &s.AdjustedAmount, &s.RedeemedAmount, &s.ReturnedAmount, &s.RevaluationAmount,
		&s.RoundingAmount, &s.ClosingAmount, &s.GiftCoins, &s.GiftCount,
		&s.ListValueAmount, &s.PlatformAmount, &s.AgencyAmount, &s.RoundingKept, &s.WithheldAmount, &s.FeeAmount,
		&s.PaidAmount, &s.InTransitAmount, &s.FailedAmount, &s.TakenAmount, &s.PriorPeriodAmount)
}

var lineQuery = `select creator_id, entity, currency, section, line_no, epoch_us(event_at), coalesce(gift_id, ''),
coalesce(label, ''), coalesce(stream_id, ''), count, coins, diamonds, ` +
	billionths("diamonds_per_coin") + "," + billionths("rate") + `, epoch_us(rate_from), epoch_us(rate_to), ` +
	millionths("amount") + `, reason, coalesce(reference_id, ''), coalesce(original_event_id, ''), prior_period,
coalesce(status, ''), coalesce(method, ''), ` +
	millionths("withholding_amount") + "," + millionths("fee_amount") + "," + millionths("net_amount") + `,
coalesce(payout_currency, ''), ` + billionths("fx_rate") + "," + millionths("payout_amount") + `, epoch_us(paid_at) from `

func scanLine(rows *sql.Rows, l *pipeline.StatementLine) (statementKey, error) {
	err := rows.Scan(&l.CreatorID, &l.Entity, &l.Currency, &l.Section, &l.LineNo, &l.EventAt, &l.GiftID,
		&l.Label, &l.StreamID, &l.Count, &l.Coins, &l.Diamonds,
		&l.DiamondsPerCoin, &l.Rate, &l.RateFrom, &l.RateTo,
		&l.Amount, &l.Reason, &l.ReferenceID, &l.OriginalEventID, &l.PriorPeriod,
		&l.Status, &l.Method, &l.WithholdingAmount, &l.FeeAmount, &l.NetAmount,
		&l.PayoutCurrency, &l.FXRate, &l.PayoutAmount, &l.PaidAt)
	return statementKey{l.CreatorID, l.Entity, l.Currency}, err
}

var rateQuery = "select creator_id, entity, currency, epoch_us(rate_from), epoch_us(rate_to), " +
	billionths("diamonds_per_coin") + "," + billionths("rate") + ", coins, diamonds, " + millionths("amount") + " from "

func scanRate(rows *sql.Rows, r *pipeline.StatementRate) (statementKey, error) {
	err := rows.Scan(&r.CreatorID, &r.Entity, &r.Currency, &r.RateFrom, &r.RateTo, &r.DiamondsPerCoin, &r.Rate,
		&r.Coins, &r.Diamonds, &r.Amount)
	return statementKey{r.CreatorID, r.Entity, r.Currency}, err
}

var dayQuery = "select creator_id, entity, currency, epoch_us(day), gift_count, coins, diamonds, " + millionths("amount") + " from "

func scanDay(rows *sql.Rows, d *pipeline.StatementDay) (statementKey, error) {
	var k statementKey
	err := rows.Scan(&k.creator, &k.entity, &k.currency, &d.Day, &d.Gifts, &d.Coins, &d.Diamonds, &d.Amount)
	return k, err
}

// statementKey names one statement of a period.
type statementKey struct{ creator, entity, currency string }

// groupReader hands out the rows of one statement after the other; its result
// set has the order of the summaries.
type groupReader[T any] struct {
	rows *sql.Rows
	scan func(*sql.Rows, *T) (statementKey, error)
	row  T // read and not yet handed out
	key  statementKey
	done bool
}

func (r *groupReader[T]) next() (err error) {
	if !r.rows.Next() {
		r.done = true
		return r.rows.Err()
	}
	var row T
	r.key, err = r.scan(r.rows, &row)
	r.row = row
	return err
}

func (r *groupReader[T]) of(key statementKey) ([]T, error) {
	var rows []T
	for !r.done && r.key == key {
		rows = append(rows, r.row)
		if err := r.next(); err != nil {
			return nil, err
		}
	}
	return rows, nil
}
