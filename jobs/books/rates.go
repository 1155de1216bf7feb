package books

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/state"
)

// Decided gives the exchange rates and the matches that people decided and that
// a run of the period is told: those of closed months as their certificates have
// them, whatever was decided or published since, then those of open months as
// they were decided last. Their number is that of the days without a rate, and of
// the rows that nothing but a person could match.
func (p *Books) Decided(ctx context.Context, closed Closures, period pipeline.Period) (told decision.Decided, err error) {
	known := map[string]bool{}
	add := func(d decision.Decision) {
		if r, ok := decision.DecidedRateOf(d); ok && !known[r.Pair()] {
			known[r.Pair()] = true
			told.Rates = append(told.Rates, r)
		}
		if m, ok := decision.DecidedMatchOf(d); ok && !known[m.ExceptionID] {
			known[m.ExceptionID] = true
			told.Matches = append(told.Matches, m)
		}
	}
	for _, l := range closed.Locks {
		if !l.InForce() || l.Period > period {
			continue
		}
		c, err := p.ReadCertificate(l)
		if pipeline.KindOf(err) == pipeline.KindVerification && err != nil {
			continue // control prior_period names it
		}
		if err != nil {
			return told, err
		}
		for _, d := range c.Decisions {
			add(d)
		}
	}
	latest, err := p.State.Decisions(ctx)
	if err != nil {
		return told, err
	}
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		if d := latest[id]; d.Period <= period {
			if _, isClosed := closed.Lock(d.Period); !isClosed {
				add(d)
			}
		}
	}
	decision.SortRates(told.Rates)
	decision.SortMatches(told.Matches)
	return told, nil
}

// NeedsRate says whether an exception is a missing exchange rate: amounts that
// nobody knows are neither explained nor waived, only a rate tells them.
// Those of months that were judged when a review was enough are not.
func NeedsRate(control, severity, reason string) bool {
	return control == ControlRates && reason == "missing" && severity == "block"
}

// ControlRates is the control of exchange rates.
const ControlRates = "fx_rate"

// decidedFor gives the decisions about rates and matches that a run was told, of those given,
// by exception: their exceptions are gone, but they are what its numbers rest on.
func decidedFor(run state.Run, decisions map[string]decision.Decision) (list []decision.Decision) {
	for _, id := range slices.Sorted(maps.Keys(decisions)) {
		if d := decisions[id]; (d.Status == decision.Rate || d.Status == decision.Match) && d.Period == run.Period {
			list = append(list, d)
		}
	}
	return list
}

// missingRates gives the pairs and days for which a run had no rate, such as
// "EUR/USD/2026-10-31".
func (p *Books) missingRates(ctx context.Context, s Setting, run state.Run) (pairs []string, err error) {
	t, err := p.Query(ctx, s.Config, Latest, "select control, severity, reason, subject_id from "+TableExceptions+
		" where run_id = "+pipeline.SQLText(run.ID)+" and control = "+pipeline.SQLText(ControlRates)+" order by subject_id", TableExceptions)
	if err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		if reason, _ := row[2].(string); NeedsRate(row[0].(string), row[1].(string), reason) {
			pairs = append(pairs, row[3].(string))
		}
	}
	return pairs, nil
}

// missingPairsMax is how many pairs, and days of each, are told at once; the
// list of exceptions has them all.
const missingPairsMax = 5

// Unknown says which exchange rates are missing, a line for each pair, and what
// to do; "" when none is. What is told at them is known to nobody.
func (v Verdict) Unknown() string {
	lines := v.MissingRateLines()
	if len(lines) == 0 {
		return ""
	}
	return "not known, for want of an exchange rate:\n  " + strings.Join(lines, "\n  ") + "\n" +
		"ingest the rate and run again; where none was published, decide one:\n  " + RateCommand(v.MissingRates[0]) + "\n"
}

// MissingRateLines are the missing rates, a line for each pair of currencies:
// "no rate EUR/USD on 2026-10-30, 2026-10-31".
func (v Verdict) MissingRateLines() (lines []string) {
	var pairs []string
	days := map[string][]string{}
	for _, missing := range v.MissingRates {
		pair, day := missing[:strings.LastIndex(missing, "/")], missing[strings.LastIndex(missing, "/")+1:]
		if days[pair] == nil {
			pairs = append(pairs, pair)
		}
		days[pair] = append(days[pair], day)
	}
	for _, pair := range pairs[:min(len(pairs), missingPairsMax)] {
		some := days[pair][:min(len(days[pair]), missingPairsMax)]
		line := "no rate " + pair + " on " + strings.Join(some, ", ")
		if more := len(days[pair]) - len(some); more > 0 {
			line += fmt.Sprintf(" and %d more days", more)
		}
		lines = append(lines, line)
	}
	if more := len(pairs) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more pairs", more))
	}
	return lines
}

// RateCommand is the command that decides a missing rate.
func RateCommand(pair string) string {
	return "carat exceptions rate " + pair + " --value 1.25 --source NAME --reason TEXT"
}
