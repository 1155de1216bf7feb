package data

import (
	"carat/pipeline"
	"carat/reports/statement"
)

// columnKind says how a cell is written: amounts and rates are exact decimals.
type columnKind uint8

const (
	kindText columnKind = iota
	kindWhole
	kindAmount
	kindRate
	kindTime // microseconds since the epoch
	kindBool
)

// cell is one value on its way into CSV or JSON. Text "" is absent.
type cell struct {
	kind columnKind
	null bool
	n    int64
	text string
}

func textCell(v string) cell            { return cell{kind: kindText, text: v, null: v == ""} }
func wholeCell(v int64) cell            { return cell{kind: kindWhole, n: v} }
func amountCell(v pipeline.Amount) cell { return cell{kind: kindAmount, n: int64(v)} }
func boolCell(v bool) cell {
	c := cell{kind: kindBool}
	if v {
		c.n = 1
	}
	return c
}

func optional[T ~int64](kind columnKind, v *T) cell {
	if v == nil {
		return cell{kind: kind, null: true}
	}
	return cell{kind: kind, n: int64(*v)}
}

// lineNumber is absent in rows beside the lines.
func lineNumber(l *pipeline.StatementLine) cell {
	c := wholeCell(l.LineNo)
	c.null = l.LineNo == 0
	return c
}

// ofStatement is how many columns of a line say whose it is, the same in all
// lines of a statement.
const ofStatement = 6

// lineColumns are the columns of statement_lines, in the order of the files.
// CSV and JSON are both made from this list, so they can't disagree.
var lineColumns = [...]struct {
	name  string
	value func(*statement.Statement, *pipeline.StatementLine) cell
}{
	{"period", func(s *statement.Statement, _ *pipeline.StatementLine) cell {
		return textCell(string(s.Summary.Period))
	}},
	{"run_id", func(s *statement.Statement, _ *pipeline.StatementLine) cell { return textCell(s.RunID) }},
	{"version", func(s *statement.Statement, _ *pipeline.StatementLine) cell { return wholeCell(s.Summary.Version) }},
	{"creator_id", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.CreatorID) }},
	{"entity", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.Entity) }},
	{"currency", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.Currency) }},
	{"section", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.Section) }},
	{"line_no", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return lineNumber(l) }},
	{"event_at", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindTime, l.EventAt) }},
	{"gift_id", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.GiftID) }},
	{"label", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.Label) }},
	{"stream_id", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.StreamID) }},
	{"count", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindWhole, l.Count) }},
	{"coins", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindWhole, l.Coins) }},
	{"diamonds", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindWhole, l.Diamonds) }},
	{"diamonds_per_coin", func(_ *statement.Statement, l *pipeline.StatementLine) cell {
		return optional(kindRate, l.DiamondsPerCoin)
	}},
	{"rate", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindRate, l.Rate) }},
	{"rate_from", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindTime, l.RateFrom) }},
	{"rate_to", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindTime, l.RateTo) }},
	{"amount", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return amountCell(l.Amount) }},
	{"reason", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.Reason) }},
	{"reference_id", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.ReferenceID) }},
	{"original_event_id", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.OriginalEventID) }},
	{"prior_period", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return boolCell(l.PriorPeriod) }},
	{"status", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.Status) }},
	{"method", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.Method) }},
	{"withholding_amount", func(_ *statement.Statement, l *pipeline.StatementLine) cell {
		return optional(kindAmount, l.WithholdingAmount)
	}},
	{"fee_amount", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindAmount, l.FeeAmount) }},
	{"net_amount", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindAmount, l.NetAmount) }},
	{"payout_currency", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return textCell(l.PayoutCurrency) }},
	{"fx_rate", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindRate, l.FXRate) }},
	{"payout_amount", func(_ *statement.Statement, l *pipeline.StatementLine) cell {
		return optional(kindAmount, l.PayoutAmount)
	}},
	{"paid_at", func(_ *statement.Statement, l *pipeline.StatementLine) cell { return optional(kindTime, l.PaidAt) }},
}

// summaryColumns are the columns of statement_summaries, in the order of the JSON.
var summaryColumns = [...]struct {
	name  string
	value func(*statement.Statement, *pipeline.StatementSummary) cell
}{
	{"period", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(string(m.Period)) }},
	{"run_id", func(s *statement.Statement, _ *pipeline.StatementSummary) cell { return textCell(s.RunID) }},
	{"version", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.Version) }},
	{"provisional", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return boolCell(m.Provisional) }},
	{"creator_id", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(m.CreatorID) }},
	{"entity", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(m.Entity) }},
	{"currency", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(m.Currency) }},
	{"country", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(m.Country) }},
	{"region", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(m.Region) }},
	{"tier", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(m.Tier) }},
	{"agency_id", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(m.AgencyID) }},
	{"payout_method", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return textCell(m.PayoutMethod) }},
	{"opening_diamonds", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.OpeningDiamonds) }},
	{"earned_diamonds", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.EarnedDiamonds) }},
	{"adjusted_diamonds", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.AdjustedDiamonds) }},
	{"redeemed_diamonds", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.RedeemedDiamonds) }},
	{"returned_diamonds", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.ReturnedDiamonds) }},
	{"closing_diamonds", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.ClosingDiamonds) }},
	{"opening_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.OpeningAmount) }},
	{"earned_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.EarnedAmount) }},
	{"adjusted_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.AdjustedAmount) }},
	{"redeemed_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.RedeemedAmount) }},
	{"returned_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.ReturnedAmount) }},
	{"revaluation_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell {
		return amountCell(m.RevaluationAmount)
	}},
	{"rounding_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.RoundingAmount) }},
	{"closing_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.ClosingAmount) }},
	{"gift_coins", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.GiftCoins) }},
	{"gift_count", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return wholeCell(m.GiftCount) }},
	{"list_value_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.ListValueAmount) }},
	{"platform_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.PlatformAmount) }},
	{"agency_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.AgencyAmount) }},
	{"rounding_kept", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.RoundingKept) }},
	{"withheld_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.WithheldAmount) }},
	{"fee_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.FeeAmount) }},
	{"paid_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.PaidAmount) }},
	{"in_transit_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.InTransitAmount) }},
	{"failed_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.FailedAmount) }},
	{"taken_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell { return amountCell(m.TakenAmount) }},
	{"prior_period_amount", func(_ *statement.Statement, m *pipeline.StatementSummary) cell {
		return amountCell(m.PriorPeriodAmount)
	}},
}
