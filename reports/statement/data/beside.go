package data

import (
	"carat/pipeline"
	"carat/reports/statement"
)

// What a statement says beside its lines stands behind them in the CSV, in
// sections of its own and without a number: rows that don't move the balance.
const (
	sectionHead    = "headline"
	sectionShown   = "shown"
	sectionStream  = "by_stream"
	sectionHeld    = "held"
	sectionTerms   = "payout_terms"
	sectionYear    = "year_to_date"
	sectionChanged = "changed"
)

// besideLines appends those rows to lines.
func besideLines(lines []pipeline.StatementLine, s *statement.Statement) []pipeline.StatementLine {
	add := func(l pipeline.StatementLine) {
		l.CreatorID, l.Entity = s.Summary.CreatorID, s.Summary.Entity
		if l.Currency == "" {
			l.Currency = s.Summary.Currency
		}
		lines = append(lines, l)
	}
	steps := statement.StepsOf(s)
	for _, c := range statement.CardsOf(steps) {
		add(pipeline.StatementLine{Section: sectionHead, Diamonds: &c.Diamonds, Amount: c.Shown, Reason: c.Item})
	}
	for i := range steps {
		add(pipeline.StatementLine{Section: sectionShown, Diamonds: &steps[i].Diamonds, Amount: steps[i].Shown, Reason: steps[i].Item})
	}
	streams := s.Told()
	for i := range streams {
		t := &streams[i]
		l := pipeline.StatementLine{
			Section: sectionStream, EventAt: t.FirstAt, StreamID: t.StreamID, Count: &t.Gifts, Coins: &t.Coins, Diamonds: &t.Diamonds, DiamondsPerCoin: t.DiamondsPerCoin,
			Rate: t.Rate, RateFrom: t.RateFrom, RateTo: t.RateTo, Amount: t.Amount, Reason: "stream", PriorPeriod: t.PriorPeriod,
		}
		if t.StreamID == "" {
			l.Reason = "other_streams"
		}
		add(l)
	}
	for i := range s.Releases {
		f := &s.Releases[i]
		add(pipeline.StatementLine{Section: sectionHeld, EventAt: &f.ReleaseAt, Diamonds: &f.Diamonds, Amount: f.Amount, Reason: "release"})
	}
	if s.Terms != nil {
		addTermLines(s.Terms, add)
	}
	if y := s.Year; y != nil {
		for _, v := range []struct {
			reason string
			amount pipeline.Amount
		}{{"earned", y.Earned}, {"adjusted", y.Adjusted}, {"gross", y.Gross}, {"withheld", y.Withheld}, {"fees", y.Fees}, {"paid", y.Paid},
			{"requested", s.Summary.InTransitAmount}} {
			add(pipeline.StatementLine{Section: sectionYear, Amount: v.amount, Reason: v.reason, ReferenceID: string(y.FirstPeriod)})
		}
	}
	if r := s.Replaced; r != nil {
		at := r.ReopenedAt.UnixMicro()
		add(pipeline.StatementLine{Section: sectionChanged, EventAt: &at, Reason: "reopened", ReferenceID: r.Reason})
		for i := range s.Moves {
			m := &s.Moves[i]
			add(pipeline.StatementLine{Section: sectionChanged, Diamonds: &m.DiamondsMoved, Amount: m.AmountMoved, Reason: m.Item})
		}
	}
	return lines
}

// addTermLines adds a row for each of the payout terms, in the terms' own currency.
func addTermLines(t *pipeline.StatementTerms, to func(pipeline.StatementLine)) {
	add := func(reason string, l pipeline.StatementLine) {
		l.Section, l.Reason, l.Method, l.Currency = sectionTerms, reason, t.Method, t.Currency
		to(l)
	}
	add("min_amount", pipeline.StatementLine{Amount: t.MinAmount})
	if t.MaxAmountPerDay != nil {
		add("max_amount_per_day", pipeline.StatementLine{Amount: *t.MaxAmountPerDay})
	}
	add("fee_fixed", pipeline.StatementLine{Amount: t.FeeFixed})
	add("fee_rate", pipeline.StatementLine{Rate: &t.FeeRate})
	add("hold_days", pipeline.StatementLine{Count: &t.HoldDays})
}

// field is one key of a JSON object.
type field struct {
	name string
	cell cell
}

func appendObject(b []byte, fields ...field) []byte {
	b = append(b, '{')
	for i := range fields {
		b = appendJSONField(b, fields[i].name, &fields[i].cell)
	}
	return append(b, '}')
}

// appendBeside appends what a statement says beside its lines as JSON keys:
// headline, shown, streams, held, payout_terms, year_to_date and replaced. What there
// isn't is empty or null. headline and shown are the four numbers and the steps from
// opening to closing as people see them, in whole minor units, beside what they are.
func appendBeside(b []byte, s *statement.Statement) []byte {
	steps := statement.StepsOf(s)
	b = append(b, ",\n\"headline\":["...)
	for i, c := range statement.CardsOf(steps) {
		b = appendObject(appendItem(b, i), field{"item", textCell(c.Item)}, field{"diamonds", wholeCell(c.Diamonds)}, field{"amount", amountCell(c.Amount)}, field{"shown_amount", amountCell(c.Shown)})
	}
	b = append(b, "],\n\"shown\":["...)
	for i := range steps {
		t := &steps[i]
		b = appendObject(appendItem(b, i), field{"item", textCell(t.Item)}, field{"diamonds", wholeCell(t.Diamonds)}, field{"amount", amountCell(t.Amount)}, field{"shown_amount", amountCell(t.Shown)})
	}
	b = append(b, "],\n\"streams\":["...)
	streams := s.Told()
	for i := range streams {
		t := &streams[i]
		b = appendObject(appendItem(b, i),
			field{"stream_id", textCell(t.StreamID)}, field{"streams", wholeCell(t.Streams)}, field{"first_at", optional(kindTime, t.FirstAt)},
			field{"last_at", optional(kindTime, t.LastAt)}, field{"count", wholeCell(t.Gifts)}, field{"coins", wholeCell(t.Coins)}, field{"diamonds", wholeCell(t.Diamonds)},
			field{"diamonds_per_coin", optional(kindRate, t.DiamondsPerCoin)}, field{"rate", optional(kindRate, t.Rate)}, field{"rate_from", optional(kindTime, t.RateFrom)},
			field{"rate_to", optional(kindTime, t.RateTo)}, field{"amount", amountCell(t.Amount)}, field{"prior_period", boolCell(t.PriorPeriod)})
	}
	b = append(b, "],\n\"held\":["...)
	for i := range s.Releases {
		f := &s.Releases[i]
		b = appendObject(appendItem(b, i), field{"release_at", optional(kindTime, &f.ReleaseAt)}, field{"hold_days", wholeCell(f.HoldDays)},
			field{"diamonds", wholeCell(f.Diamonds)}, field{"amount", amountCell(f.Amount)}, field{"held_diamonds", wholeCell(f.HeldDiamonds)}, field{"held_amount", amountCell(f.HeldAmount)})
	}
	b = append(b, "],\n\"payout_terms\":"...)
	if t := s.Terms; t != nil {
		b = appendObject(b, field{"method", textCell(t.Method)}, field{"currency", textCell(t.Currency)}, field{"min_amount", amountCell(t.MinAmount)},
			field{"max_amount_per_day", optional(kindAmount, t.MaxAmountPerDay)}, field{"fee_fixed", amountCell(t.FeeFixed)}, field{"fee_rate", optional(kindRate, &t.FeeRate)},
			field{"hold_days", wholeCell(t.HoldDays)})
	} else {
		b = append(b, "null"...)
	}
	b = append(b, ",\n\"year_to_date\":"...)
	if y := s.Year; y != nil {
		b = appendObject(b, field{"first_period", textCell(string(y.FirstPeriod))}, field{"earned_amount", amountCell(y.Earned)}, field{"adjusted_amount", amountCell(y.Adjusted)},
			field{"gross_amount", amountCell(y.Gross)}, field{"withheld_amount", amountCell(y.Withheld)}, field{"fee_amount", amountCell(y.Fees)},
			field{"paid_amount", amountCell(y.Paid)}, field{"requested_amount", amountCell(s.Summary.InTransitAmount)})
	} else {
		b = append(b, "null"...)
	}
	b = append(b, ",\n\"replaced\":"...)
	r := s.Replaced
	if r == nil {
		return append(b, "null"...)
	}
	at := r.ReopenedAt.UnixMicro()
	b = appendObject(b, field{"version", wholeCell(r.Version)}, field{"reopened_at", optional(kindTime, &at)}, field{"reason", textCell(r.Reason)})
	b = append(b[:len(b)-1], ",\"moves\":["...)
	for i := range s.Moves {
		m := &s.Moves[i]
		b = appendObject(appendItem(b, i), field{"item", textCell(m.Item)},
			field{"diamonds_before", wholeCell(m.DiamondsBefore)}, field{"diamonds_now", wholeCell(m.DiamondsNow)}, field{"diamonds_moved", wholeCell(m.DiamondsMoved)},
			field{"amount_before", amountCell(m.AmountBefore)}, field{"amount_now", amountCell(m.AmountNow)}, field{"amount_moved", amountCell(m.AmountMoved)})
	}
	return append(b, "]}"...)
}

// appendItem begins an item of a list on a line of its own.
func appendItem(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return append(b, '\n')
}
