package engine

import (
	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// firstColumn is the place of a table's own columns, behind creator, entity and
// currency.
const firstColumn = 3

// cells reads the columns of a row from left to right.
type cells struct {
	*duckdb.ColumnRows
	at int
}

func (c *cells) next() int { c.at++; return c.at - 1 }

func (c *cells) t() string            { return c.Text(c.next()) }
func (c *cells) n() int64             { return c.Whole(c.next()) }
func (c *cells) b() bool              { return c.Bool(c.next()) }
func (c *cells) a() pipeline.Amount   { return c.Amount(c.next()) }
func (c *cells) r() pipeline.Rate     { return c.Rate(c.next()) }
func (c *cells) np() *int64           { return c.Pointer(c.next()) }
func (c *cells) ap() *pipeline.Amount { return c.AmountPointer(c.next()) }
func (c *cells) rp() *pipeline.Rate   { return c.RatePointer(c.next()) }
func own(r *duckdb.ColumnRows) *cells { return &cells{r, firstColumn} }

const summaryColumns = `period, version, country, region, tier, agency_id, payout_method,
opening_diamonds, earned_diamonds, adjusted_diamonds, redeemed_diamonds, returned_diamonds, closing_diamonds,
opening_amount, earned_amount, adjusted_amount, redeemed_amount, returned_amount, revaluation_amount, rounding_amount,
closing_amount, gift_coins, gift_count, list_value_amount, platform_amount, agency_amount, rounding_kept, withheld_amount,
fee_amount, paid_amount, in_transit_amount, failed_amount, taken_amount, prior_period_amount`

func readSummary(rows *duckdb.ColumnRows, s *pipeline.StatementSummary) {
	s.CreatorID, s.Entity, s.Currency = rows.Text(0), rows.Text(1), rows.Text(2)
	c := own(rows)
	s.Period, s.Version = pipeline.Period(c.t()), c.n()
	s.Country, s.Region, s.Tier, s.AgencyID, s.PayoutMethod = c.t(), c.t(), c.t(), c.t(), c.t()
	for _, n := range []*int64{&s.OpeningDiamonds, &s.EarnedDiamonds, &s.AdjustedDiamonds, &s.RedeemedDiamonds, &s.ReturnedDiamonds, &s.ClosingDiamonds} {
		*n = c.n()
	}
	for _, a := range []*pipeline.Amount{&s.OpeningAmount, &s.EarnedAmount, &s.AdjustedAmount, &s.RedeemedAmount, &s.ReturnedAmount,
		&s.RevaluationAmount, &s.RoundingAmount, &s.ClosingAmount} {
		*a = c.a()
	}
	s.GiftCoins, s.GiftCount = c.n(), c.n()
	for _, a := range []*pipeline.Amount{&s.ListValueAmount, &s.PlatformAmount, &s.AgencyAmount, &s.RoundingKept, &s.WithheldAmount,
		&s.FeeAmount, &s.PaidAmount, &s.InTransitAmount, &s.FailedAmount, &s.TakenAmount, &s.PriorPeriodAmount} {
		*a = c.a()
	}
}

const lineColumns = `section, line_no, event_at, gift_id, label, stream_id, count, coins, diamonds, diamonds_per_coin, rate,
rate_from, rate_to, amount, reason, reference_id, original_event_id, prior_period, status, method, withholding_amount,
fee_amount, net_amount, payout_currency, fx_rate, payout_amount, paid_at`

func addLine(rows *duckdb.ColumnRows, s *pipeline.Statement) {
	c := own(rows)
	s.Lines = append(s.Lines, pipeline.StatementLine{
		CreatorID: s.Summary.CreatorID, Entity: s.Summary.Entity, Currency: s.Summary.Currency,
		Section: c.t(), LineNo: c.n(), EventAt: c.np(), GiftID: c.t(), Label: c.t(), StreamID: c.t(), Count: c.np(), Coins: c.np(), Diamonds: c.np(),
		DiamondsPerCoin: c.rp(), Rate: c.rp(), RateFrom: c.np(), RateTo: c.np(), Amount: c.a(), Reason: c.t(), ReferenceID: c.t(), OriginalEventID: c.t(),
		PriorPeriod: c.b(), Status: c.t(), Method: c.t(), WithholdingAmount: c.ap(), FeeAmount: c.ap(), NetAmount: c.ap(), PayoutCurrency: c.t(),
		FXRate: c.rp(), PayoutAmount: c.ap(), PaidAt: c.np(),
	})
}

const rateColumns = "rate_from, rate_to, diamonds_per_coin, rate, coins, diamonds, amount"

func addRate(rows *duckdb.ColumnRows, s *pipeline.Statement) {
	c := own(rows)
	s.Rates = append(s.Rates, pipeline.StatementRate{
		CreatorID: s.Summary.CreatorID, Entity: s.Summary.Entity, Currency: s.Summary.Currency,
		RateFrom: c.np(), RateTo: c.np(), DiamondsPerCoin: c.rp(), Rate: c.r(), Coins: c.n(), Diamonds: c.n(), Amount: c.a(),
	})
}

const dayColumns = "epoch_us(day), gift_count, coins, diamonds, amount"

func addDay(rows *duckdb.ColumnRows, s *pipeline.Statement) {
	c := own(rows)
	s.Days = append(s.Days, pipeline.StatementDay{Day: c.n(), Gifts: c.n(), Coins: c.n(), Diamonds: c.n(), Amount: c.a()})
}

const streamColumns = "stream_id, streams, first_at, last_at, count, coins, diamonds, diamonds_per_coin, rate, rate_from, rate_to, amount, prior_period"

func addStream(rows *duckdb.ColumnRows, s *pipeline.Statement) {
	c := own(rows)
	s.Streams = append(s.Streams, pipeline.StatementStream{
		StreamID: c.t(), Streams: c.n(), FirstAt: c.np(), LastAt: c.np(), Gifts: c.n(), Coins: c.n(), Diamonds: c.n(),
		DiamondsPerCoin: c.rp(), Rate: c.rp(), RateFrom: c.np(), RateTo: c.np(), Amount: c.a(), PriorPeriod: c.b(),
	})
}

const releaseColumns = "release_at, hold_days, diamonds, amount, held_diamonds, held_amount"

func addRelease(rows *duckdb.ColumnRows, s *pipeline.Statement) {
	c := own(rows)
	s.Releases = append(s.Releases, pipeline.StatementRelease{ReleaseAt: c.n(), HoldDays: c.n(), Diamonds: c.n(), Amount: c.a(), HeldDiamonds: c.n(), HeldAmount: c.a()})
}

const termColumns = "method, rule_currency, min_amount, max_amount_per_day, fee_fixed, fee_rate, hold_days"

func addTerms(rows *duckdb.ColumnRows, s *pipeline.Statement) {
	c := own(rows)
	s.Terms = &pipeline.StatementTerms{Method: c.t(), Currency: c.t(), MinAmount: c.a(), MaxAmountPerDay: c.ap(), FeeFixed: c.a(), FeeRate: c.r(), HoldDays: c.n()}
}

const yearColumns = "first_period, earned_amount, adjusted_amount, gross_amount, withheld_amount, fee_amount, paid_amount"

func addYear(rows *duckdb.ColumnRows, s *pipeline.Statement) {
	c := own(rows)
	s.Year = &pipeline.StatementYear{FirstPeriod: pipeline.Period(c.t()), Earned: c.a(), Adjusted: c.a(), Gross: c.a(), Withheld: c.a(), Fees: c.a(), Paid: c.a()}
}

const moveColumns = "item, diamonds_before, diamonds_now, diamonds_moved, amount_before, amount_now, amount_moved"

func addMove(rows *duckdb.ColumnRows, s *pipeline.Statement) {
	c := own(rows)
	s.Moves = append(s.Moves, pipeline.StatementMove{
		Item: c.t(), DiamondsBefore: c.n(), DiamondsNow: c.n(), DiamondsMoved: c.n(), AmountBefore: c.a(), AmountNow: c.a(), AmountMoved: c.a(),
	})
}
