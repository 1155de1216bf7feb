package engine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/engine/duckdb"
	"carat/pipeline/engine/lotpass"
	"carat/pipeline/engine/sqltext"
)

// parameterTables makes the run table and the small tables beside it.
func (e *Engine) parameterTables(ctx context.Context, p Parameters) error {
	start, end := p.Period.Start(p.TimeZone), p.Period.End(p.TimeZone)
	if err := e.CheckZone(ctx, p.TimeZone, start.AddDate(0, -1, 0), end.AddDate(0, 1, 0)); err != nil {
		return err
	}
	run := fmt.Sprintf(`create or replace table run as select
    %s as run_id,
    %s as period,
    %s as period_before,
    %s as period_start,
    %s as period_end,
    %s as opening_instant,
    %s as closing_instant,
    %s as first_period,
    %s as first_start,
    %s as time_zone,
    %s as reporting_currency,
    %s as default_entity,
    %s as clawback,
    cast(%d as bigint) as breakage_after_months,
    cast(%d as bigint) as fx_max_age_days,
    cast(%d as bigint) as statement_version,
    cast(%d as bigint) as payout_due_days,
    cast(%d as bigint) as below_minimum_days,
    cast(%s as decimal(18, 9)) as payout_fx_tolerance,
    cast(%d as bigint) as flux_percent,
    %s as refund_reserve,
    %s as dac7_basis,
    %t as carries`,
		duckdb.Literal(p.RunID), duckdb.Literal(string(p.Period)), duckdb.Literal(string(p.Period.Previous())), sqltext.Instant(start), sqltext.Instant(end),
		sqltext.Instant(start.Add(-time.Microsecond)), sqltext.Instant(end.Add(-time.Microsecond)),
		duckdb.Literal(string(p.FirstPeriod)), sqltext.Instant(p.FirstPeriod.Start(p.TimeZone)),
		duckdb.Literal(p.TimeZone.String()),
		duckdb.Literal(p.ReportingCurrency), duckdb.Literal(p.DefaultEntity), duckdb.Literal(p.Clawback),
		p.BreakageMonths, p.FXMaxAgeDays, max(p.StatementVersion, 1), p.PayoutDueDays, p.BelowMinimumDays, duckdb.Literal(p.PayoutFXTolerance.String()), p.FluxPercent,
		duckdb.Literal(p.RefundReserve), duckdb.Literal(p.DAC7Basis), p.Carries)

	var days, months, entities, channels, approvers, expected, currencies, batches []string
	for day := start; day.Before(end); day = day.AddDate(0, 0, 1) {
		days = append(days, fmt.Sprintf("(date %s, %s, %s)",
			duckdb.Literal(day.Format(time.DateOnly)), sqltext.Instant(day), sqltext.Instant(day.AddDate(0, 0, 1))))
	}
	for month := p.FirstPeriod; month <= p.Period; month = month.Next() {
		from, until := month.Start(p.TimeZone), month.End(p.TimeZone)
		months = append(months, fmt.Sprintf("(%s, %s, %s, %s)",
			duckdb.Literal(string(month)), sqltext.Instant(from), sqltext.Instant(until), sqltext.Instant(until.Add(-time.Microsecond))))
	}
	for _, x := range p.Entities {
		entities = append(entities, fmt.Sprintf("(%s, %s, %s)", duckdb.Literal(x.ID), duckdb.Literal(x.FunctionalCurrency), duckdb.Literal(x.Revenue)))
	}
	for _, x := range p.Channels {
		channels = append(channels, fmt.Sprintf("(%s, %s, %d)", duckdb.Literal(x.Name), duckdb.Literal(x.StoreFeeRate.String()), x.DueDays))
	}
	for _, x := range p.Approvers {
		approvers = append(approvers, "("+duckdb.Literal(x)+")")
	}
	for _, feed := range p.ExpectedDaily {
		expected = append(expected, "("+duckdb.Literal(feed)+")")
	}
	for _, code := range pipeline.Currencies() {
		digits, _ := pipeline.MinorDigits(code)
		currencies = append(currencies, fmt.Sprintf("(%s, cast(%d as bigint))", duckdb.Literal(code), digits))
	}
	known, eras := p.knowledge()
	for _, b := range p.Batches {
		batches = append(batches, fmt.Sprintf("(%s, %s, %s, %d, %d, %d, %d, %d, nullif(%s, ''), %s)", duckdb.Literal(b.ID), duckdb.Literal(b.Feed),
			duckdb.Literal(b.Source), b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate, b.RowsLeftOut, duckdb.Literal(string(b.EarliestOpen)),
			sqltext.Instant(known[b.ID])))
	}
	var closed []string
	for _, c := range p.Closed {
		closed = append(closed, fmt.Sprintf("(%s, %d, %s, %d, %d, nullif(%s, ''))", duckdb.Literal(string(c.Period)), c.Version, duckdb.Literal(c.Table),
			c.Rows, c.Differing, duckdb.Literal(c.Problem)))
	}
	var rates []string
	for _, r := range p.DecidedRates {
		rates = append(rates, fmt.Sprintf("(%s, %s, date %s, %s, %s, %s, %s, %s, %s)", duckdb.Literal(r.Base), duckdb.Literal(r.Quote), duckdb.Literal(r.Day),
			duckdb.Literal(r.Value), duckdb.Literal(r.Source), duckdb.Literal(r.Reason), duckdb.Literal(r.By), duckdb.Literal(r.ExceptionID),
			duckdb.Literal(string(r.Period))))
	}
	var matches []string
	for _, m := range p.DecidedMatches {
		for _, side := range []struct {
			name string
			ids  []string
		}{{"ours", m.Ours}, {"theirs", m.Theirs}} {
			for _, id := range side.ids {
				matches = append(matches, fmt.Sprintf("(%s, %s, %s, %s, %s, %s, %s, %s, %s)", duckdb.Literal(m.Match), duckdb.Literal(side.name), duckdb.Literal(id),
					duckdb.Literal(m.ExceptionID), duckdb.Literal(decision.MatchText(m.Ours, m.Theirs)), duckdb.Literal(m.Reason), duckdb.Literal(m.By), duckdb.Literal(string(m.Period)),
					sqltext.Instant(m.Period.Start(p.TimeZone))))
			}
		}
	}
	var differences []string
	for _, d := range p.LotDifferences {
		differences = append(differences, fmt.Sprintf("(%s, %s, %s, %d)", duckdb.Literal(d.ViewerID), duckdb.Literal(d.Entity), duckdb.Literal(d.Model), d.Rows))
	}
	var shares []string
	for _, days := range slices.Sorted(maps.Keys(p.DebtAllowance)) {
		shares = append(shares, fmt.Sprintf("(%d, %s)", days, duckdb.Literal(p.DebtAllowance[days].String())))
	}
	for _, query := range []string{
		run,
		sqltext.Table("run_decided_rates", "base varchar, quote varchar, day date, rate decimal(18, 9), source varchar, reason varchar, decided_by varchar, exception_id varchar, decided_in varchar", rates),
		sqltext.Table("run_decided_matches", "match varchar, side varchar, item_id varchar, exception_id varchar, matched varchar, reason varchar, decided_by varchar, decided_in varchar, decided_from timestamptz", matches),
		sqltext.Table("run_closed", "period varchar, version bigint, table_name varchar, locked_rows bigint, differing_rows bigint, problem varchar", closed),
		sqltext.Table(lotpass.Differences, "viewer_id varchar, entity varchar, model varchar, differing_rows bigint", differences),
		sqltext.Table("run_lot_viewers", "viewer_no integer, is_drawn boolean", nil),
		sqltext.Table("run_days", "day date, day_start timestamptz, day_end timestamptz", days),
		sqltext.Table("run_months", "accounting_month varchar, month_start timestamptz, month_end timestamptz, closing_instant timestamptz", months),
		sqltext.Table("run_entities", "entity varchar, functional_currency varchar, revenue varchar", entities),
		sqltext.Table("run_channels", "channel varchar, store_fee_rate decimal(18, 9), due_days bigint", channels),
		sqltext.Table("run_tolerances", "currency varchar, tolerance decimal(38, 6)", sqltext.Amounts(p.Tolerances)),
		sqltext.Table("run_materiality", "currency varchar, amount decimal(38, 6)", sqltext.Amounts(p.Materiality)),
		sqltext.Table("run_escheat", "country varchar, after_months bigint", sqltext.Wholes(p.Escheat)),
		sqltext.Table("run_debt_allowance", "from_days bigint, share decimal(18, 9)", shares),
		sqltext.Table("run_approvers", "approver varchar", approvers),
		sqltext.Table("run_accounts", "role varchar, account varchar", sqltext.Texts(p.Accounts)),
		sqltext.Table("run_settlements", "counterparty varchar, mode varchar", sqltext.Texts(p.Settlement)),
		sqltext.Table("run_expected_feeds", "feed varchar", expected),
		sqltext.Table("run_currencies", "currency varchar, minor_digits bigint", currencies),
		sqltext.Table("run_batches", "batch_id varchar, feed varchar, source varchar, rows_read bigint, rows_accepted bigint, rows_rejected bigint, rows_duplicate bigint, rows_left_out bigint, earliest_open varchar, known_from timestamptz", batches),
		sqltext.Table("run_eras", "era_start timestamptz, era_end timestamptz", eras),
	} {
		if err := e.Exec(ctx, query); err != nil {
			return fmt.Errorf("set the run's parameters: %w", err)
		}
	}
	return nil
}

// beforeAll and afterAll bound the time that any row can be of.
var (
	beforeAll = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	afterAll  = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
)

// knowledge says from when on the rates and terms of each batch are known: of
// one that came after a month was closed from the next month on, of all others
// ever. The rows of run_eras are the times between these instants: within one,
// the same batches are known.
func (p Parameters) knowledge() (known map[string]time.Time, eras []string) {
	known = map[string]time.Time{}
	starts := []time.Time{beforeAll}
	for _, b := range p.Batches {
		known[b.ID] = beforeAll
	}
	for _, l := range p.Locks {
		from := l.Period.End(p.TimeZone)
		covered := func(b pipeline.Batch) bool { return !pipeline.LaterBatch(b.ID, l.LastBatch) }
		for _, b := range slices.DeleteFunc(slices.Clone(p.Batches), covered) {
			known[b.ID] = from
		}
		starts = append(starts, from)
	}
	for i, start := range starts {
		end := afterAll
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		eras = append(eras, "("+sqltext.Instant(start)+", "+sqltext.Instant(end)+")")
	}
	return known, eras
}
