package pipeline

// StatementSummary is the head of one statement: one creator, one entity, one
// currency, one period. All amounts are in Currency. It is read from the
// result table statement_summaries; nothing here is computed in Go.
//
// opening + earned + adjusted + revaluation - rounding - redeemed + returned = closing,
// in diamonds (without revaluation and rounding) and in money.
type StatementSummary struct {
	Period       Period
	Version      int64
	Provisional  bool // the period is not locked; told by the state, not by the run
	CreatorID    string
	Entity       string
	Currency     string
	Country      string
	Region       string
	Tier         string
	AgencyID     string
	PayoutMethod string

	OpeningDiamonds  int64
	EarnedDiamonds   int64 // gifts less reversals
	AdjustedDiamonds int64
	RedeemedDiamonds int64 // positive
	ReturnedDiamonds int64 // positive
	ClosingDiamonds  int64

	OpeningAmount     Amount
	EarnedAmount      Amount
	AdjustedAmount    Amount
	RedeemedAmount    Amount // positive: gross of the payouts requested
	ReturnedAmount    Amount // positive
	RevaluationAmount Amount // signed
	RoundingAmount    Amount // positive: fractions of a minor unit given up in payouts
	ClosingAmount     Amount

	GiftCoins         int64  // coins of the gifts received, less reversals
	GiftCount         int64  // gifts received, less reversals
	ListValueAmount   Amount // those coins at their list value
	PlatformAmount    Amount // list value less earned: the platform's part before store fee and agency
	AgencyAmount      Amount // the agency's share, paid from the platform's part
	RoundingKept      Amount // the value of fractions of diamonds not credited; inside PlatformAmount
	WithheldAmount    Amount // positive: tax withheld on payouts
	FeeAmount         Amount // positive: fees on payouts
	PaidAmount        Amount // net of payouts paid in the period that didn't come back in it
	InTransitAmount   Amount // net of payouts requested and neither paid nor failed at period end
	FailedAmount      Amount // net of payouts failed or returned in the period
	TakenAmount       Amount // what was deducted: negative adjustments, fees and withholding, as a positive amount
	PriorPeriodAmount Amount // part of EarnedAmount and AdjustedAmount that belongs to earlier months
}

// StatementLine is one line of a statement: the result table statement_lines.
// Pointers are absent where the section has no such thing.
type StatementLine struct {
	CreatorID string
	Entity    string
	Currency  string
	// Section is opening, earned, adjusted, redeemed, returned, revaluation,
	// rounding or closing; lines come in this order.
	Section         string
	LineNo          int64 // from 1 within the statement
	EventAt         *int64
	GiftID          string
	Label           string // gift name, else empty
	StreamID        string
	Count           *int64
	Coins           *int64 // signed; reversals negative
	Diamonds        *int64 // signed, as they change the balance
	DiamondsPerCoin *Rate
	Rate            *Rate  // money per diamond
	RateFrom        *int64 // half-open range in which the rate was in force
	RateTo          *int64
	Amount          Amount // signed, as it changes the payable
	// Reason is a code: gift, reversal, bonus, split, clawback, penalty,
	// correction, payout, payout_failed, payout_returned, rate_change,
	// payout_fraction.
	Reason          string
	ReferenceID     string // payout id, adjustment id
	OriginalEventID string // the event that a deduction goes back to
	PriorPeriod     bool
	// Payout lines only.
	Status            string
	Method            string
	WithholdingAmount *Amount
	FeeAmount         *Amount
	NetAmount         *Amount
	PayoutCurrency    string
	FXRate            *Rate
	PayoutAmount      *Amount
	PaidAt            *int64
}

// StatementRate is what a creator's gifts came to at one rate, less reversals:
// a row of the result table statement_rates. Diamonds may be less than Coins x
// DiamondsPerCoin, because each gift is rounded to whole diamonds by itself.
type StatementRate struct {
	CreatorID       string
	Entity          string
	Currency        string
	RateFrom        *int64 // half-open range in which the rate was in force
	RateTo          *int64
	DiamondsPerCoin *Rate
	Rate            Rate // money per diamond
	Coins           int64
	Diamonds        int64
	Amount          Amount
}

// StatementDay is what a creator's gifts came to on one day, less reversals: a
// row of the result table statement_days.
type StatementDay struct {
	Day                    int64 // midnight in UTC of that date, microseconds
	Gifts, Coins, Diamonds int64
	Amount                 Amount
}

// StatementStream is what the gifts of one live stream came to at one rate, less
// reversals: a row of the result table statement_streams. StreamID is "" for all
// those that have no row of their own.
type StatementStream struct {
	StreamID               string
	Streams                int64  // how many the row holds
	FirstAt, LastAt        *int64 // of the first and the last gift, microseconds
	Gifts, Coins, Diamonds int64
	DiamondsPerCoin        *Rate  // absent where several streams are summed
	Rate                   *Rate  // money per diamond
	RateFrom, RateTo       *int64 // half-open range in which the rate was in force
	Amount                 Amount
	PriorPeriod            bool
}

// StatementRelease is the part of a balance that becomes free to be paid out on
// one day: a row of the result table statement_holds.
type StatementRelease struct {
	ReleaseAt    int64 // microseconds
	HoldDays     int64
	Diamonds     int64
	Amount       Amount
	HeldDiamonds int64 // of all releases together
	HeldAmount   Amount
}

// StatementTerms are the payout terms of a statement, the rule that was in force
// at the period's end for the creator's payout method: a row of the result table
// statement_terms. Its amounts are in its own currency.
type StatementTerms struct {
	Method          string
	Currency        string
	MinAmount       Amount
	MaxAmountPerDay *Amount // nil: no limit
	FeeFixed        Amount
	FeeRate         Rate // of the gross amount
	HoldDays        int64
}

// StatementYear is what the statements of a calendar year came to, up to and with
// the one that says so. Gross, Withheld, Fees and Paid (Gross less both) go by the
// day of payment, less what came back.
type StatementYear struct {
	FirstPeriod                                   Period // the first that is in it
	Earned, Adjusted, Gross, Withheld, Fees, Paid Amount
}

// StatementMove is an item of a statement that differs from what the version
// before said, signed as it changes the balance.
type StatementMove struct {
	Item                                       string // opening, earned, …, closing
	DiamondsBefore, DiamondsNow, DiamondsMoved int64
	AmountBefore, AmountNow, AmountMoved       Amount
}

// Statement is one creator's month as the history holds it.
type Statement struct {
	Summary  StatementSummary
	Lines    []StatementLine
	Rates    []StatementRate
	Days     []StatementDay     // by day; none where the run has none
	Streams  []StatementStream  // those that earned most first; none where the run has none
	Releases []StatementRelease // by date; none where nothing is held
	Terms    *StatementTerms    // nil where the creator's payout method has no rule, and where the run has no terms
	Year     *StatementYear     // nil when not asked for
	Moves    []StatementMove    // in the order of the statement; none when nothing moved or there was no version before
}
