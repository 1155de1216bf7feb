package books

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/state"
)

// Verdict is where a run's period stands when what people decided about its
// exceptions is counted in.
type Verdict struct {
	// Status is blocked with a blocking exception that is not waived,
	// exceptions with one to review that is undecided, else balanced.
	Status        string
	Block         int64 // exceptions of blocking controls
	BlockWaived   int64 // of these
	Review        int64
	ReviewWaived  int64 // of these
	ReviewDecided int64 // of these, and not waived
	Monitor       int64
	BlockedBy     []string // blocking controls with an exception that is not waived
	Undecided     []string // reviewed controls with an exception that nobody decided
	// NotCompared has a sentence of each control that compared nothing, or not
	// everything: "coin_rollforward: 12, REASON".
	NotCompared []string
	// MissingRates are the exchange rates that the run lacked, such as
	// "EUR/USD/2026-10-31": what is told at them is not known.
	MissingRates []string
	// RatesDecided is how many exchange rates people decided in the month.
	RatesDecided int64
	// MatchesDecided is how many matches people decided in the month.
	MatchesDecided int64
	// Decisions are those in force about exceptions of the run, and those that
	// gave it an exchange rate or a match.
	Decisions []decision.Decision
	// Waived are the waivers among them that count: of blocking and of reviewed controls.
	Waived []Waiver
}

// Waiver is an exception that stands by a waiver.
type Waiver struct {
	decision.Decision
	Control, Severity string
}

// Counts says it in words: "2 block (1 waived), 4 review (1 waived, 3 decided), 1
// monitor"; "no exceptions, 2 exchange rates decided".
func (v Verdict) Counts() string {
	var parts []string
	add := func(n, waived, decided int64, severity string) {
		if n == 0 {
			return
		}
		var cleared []string
		if waived > 0 {
			cleared = append(cleared, fmt.Sprintf("%d waived", waived))
		}
		if decided > 0 {
			cleared = append(cleared, fmt.Sprintf("%d decided", decided))
		}
		part := fmt.Sprintf("%d %s", n, severity)
		if len(cleared) > 0 {
			part += " (" + strings.Join(cleared, ", ") + ")"
		}
		parts = append(parts, part)
	}
	add(v.Block, v.BlockWaived, 0, "block")
	add(v.Review, v.ReviewWaived, v.ReviewDecided, "review")
	add(v.Monitor, 0, 0, "monitor")
	if len(parts) == 0 {
		parts = append(parts, "no exceptions")
	}
	switch {
	case v.RatesDecided == 1:
		parts = append(parts, "1 exchange rate decided")
	case v.RatesDecided > 1:
		parts = append(parts, fmt.Sprintf("%d exchange rates decided", v.RatesDecided))
	}
	switch {
	case v.MatchesDecided == 1:
		parts = append(parts, "1 match decided")
	case v.MatchesDecided > 1:
		parts = append(parts, fmt.Sprintf("%d matches decided", v.MatchesDecided))
	}
	return strings.Join(parts, ", ")
}

// LeftOut says of what nothing, or not everything, was compared, a line for each
// reason; "" when that is nothing. What was not compared has not passed.
func (v Verdict) LeftOut() string {
	if len(v.NotCompared) == 0 {
		return ""
	}
	return "not compared:\n  " + strings.Join(GroupNotCompared(v.NotCompared), "\n  ") + "\n"
}

// nothingHappened is the reason of controls that had nothing to judge, because
// nothing of their kind happened: in a small month they are most of them.
const nothingHappened = "nothing of their kind happened in the month"

// GroupNotCompared sums up the sentences of NotCompared by reason, those of most
// controls last: what was not fed is what somebody can do something about.
func GroupNotCompared(sentences []string) (lines []string) {
	byReason := map[string][]string{}
	for _, sentence := range sentences {
		control, reason, _ := strings.Cut(sentence, ": ")
		if count, rest, counted := strings.Cut(reason, ", "); counted {
			if _, err := strconv.ParseInt(count, 10, 64); err == nil {
				control, reason = control+" ("+count+")", rest
			}
		}
		if reason == "there was nothing to check" || strings.HasSuffix(reason, " in the month") || strings.HasPrefix(reason, "no amount of the month ") || strings.HasPrefix(reason, "no gift of the month ") {
			reason = nothingHappened
		}
		if strings.HasPrefix(reason, "no balance of ") { // whose, the control says
			reason, _, _ = strings.Cut(reason, " for ")
		}
		byReason[reason] = append(byReason[reason], control)
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		if reason != nothingHappened {
			lines = append(lines, strings.Join(byReason[reason], ", ")+": "+reason)
		}
	}
	if controls := byReason[nothingHappened]; len(controls) > 0 {
		lines = append(lines, strings.Join(controls, ", ")+": "+nothingHappened)
	}
	return lines
}

// Day is a day as decisions spell it.
func Day(at time.Time, zone *time.Location) string { return at.In(zone).Format(time.DateOnly) }

// Verdict judges a run by the decisions in force.
func (p *Books) Verdict(ctx context.Context, s Setting, run state.Run) (Verdict, error) {
	decisions, err := p.State.Decisions(ctx)
	if err != nil {
		return Verdict{}, err
	}
	return p.verdictBy(ctx, s, run, decisions, Day(s.Now, s.Config.Zone))
}

// verdictBy judges a run by decisions, by exception, as they are on a day.
func (p *Books) verdictBy(ctx context.Context, s Setting, run state.Run, decisions map[string]decision.Decision, day string) (Verdict, error) {
	v := Verdict{Status: StatusBalanced}
	found := int64(0)
	for _, c := range run.Controls {
		found += c.Exceptions
	}
	cleared, waived := map[clearedKey]int64{}, map[clearedKey]int64{}
	if found > 0 {
		var err error
		if cleared, err = p.decided(ctx, s, run, decisions, day, &v); err != nil {
			return v, err
		}
	}
	for _, w := range v.Waived {
		waived[clearedKey{w.Control, w.Severity}]++
	}
	for _, d := range decidedFor(run, decisions) {
		if d.Status == decision.Rate {
			v.RatesDecided++
		} else {
			v.MatchesDecided++
		}
		if !slices.Contains(v.Decisions, d) {
			v.Decisions = append(v.Decisions, d)
		}
	}
	for _, c := range run.Controls {
		clear := func(severity string) int64 { return cleared[clearedKey{c.Control, severity}] }
		if text := c.LeftOut(); text != "" {
			v.NotCompared = append(v.NotCompared, c.Control+": "+text)
		}
		switch c.Severity {
		case "block":
			v.Block += c.Exceptions - c.ReviewOnly
			v.BlockWaived += clear("block")
			v.Review += c.ReviewOnly
			v.ReviewWaived += waived[clearedKey{c.Control, "review"}]
			v.ReviewDecided += clear("review") - waived[clearedKey{c.Control, "review"}]
			if c.Exceptions-c.ReviewOnly > clear("block") {
				v.BlockedBy = append(v.BlockedBy, c.Control)
			}
			if c.ReviewOnly > clear("review") {
				v.Undecided = append(v.Undecided, c.Control)
			}
		case "review":
			v.Review += c.Exceptions
			v.ReviewWaived += waived[clearedKey{c.Control, "review"}]
			v.ReviewDecided += clear("review") - waived[clearedKey{c.Control, "review"}]
			if c.Exceptions > clear("review") {
				v.Undecided = append(v.Undecided, c.Control)
			}
		default:
			v.Monitor += c.Exceptions
		}
	}
	if slices.Contains(v.BlockedBy, ControlRates) {
		var err error
		if v.MissingRates, err = p.missingRates(ctx, s, run); err != nil {
			return v, err
		}
	}
	switch {
	case len(v.BlockedBy) > 0:
		v.Status = StatusBlocked
	case len(v.Undecided) > 0:
		v.Status = StatusExceptions
	}
	return v, nil
}

// clearedKey names what decisions clear: exceptions of a control and severity.
type clearedKey struct{ control, severity string }

// decided tells a verdict the decisions in force about exceptions of a run, and the
// waivers among them, in the order of exceptions; it gives how many exceptions of
// each control and severity they clear.
func (p *Books) decided(ctx context.Context, s Setting, run state.Run, decisions map[string]decision.Decision, today string, v *Verdict) (cleared map[clearedKey]int64, err error) {
	var ids []string
	for id, d := range decisions {
		if d.Status != decision.Open {
			ids = append(ids, pipeline.SQLText(id))
		}
	}
	cleared = map[clearedKey]int64{}
	if len(ids) == 0 {
		return cleared, nil
	}
	sort.Strings(ids)
	t, err := p.Query(ctx, s.Config, Latest, "select exception_id, control, severity, reason, cast(difference as varchar), unit from "+TableExceptions+
		" where run_id = "+pipeline.SQLText(run.ID)+" and exception_id in ("+strings.Join(ids, ", ")+") order by exception_id", TableExceptions)
	if err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		id, control, severity := row[0].(string), row[1].(string), row[2].(string)
		reason, _ := row[3].(string)
		d := decisions[id]
		if d.StatusOn(today) == decision.Open {
			continue // a waiver that has run out
		}
		difference, _ := row[4].(string)
		unit, _ := row[5].(string)
		if d.HasMoved(difference, unit, s.Config.Tolerance(unit)) || !d.HoldsIn(control, run.Period) {
			continue // it was about another amount, or month
		}
		v.Decisions = append(v.Decisions, d)
		if NeedsRate(control, severity, reason) || !d.Clears(severity, today) {
			continue
		}
		cleared[clearedKey{control, severity}]++
		if d.Status == decision.Waived && severity != "monitor" {
			v.Waived = append(v.Waived, Waiver{Decision: d, Control: control, Severity: severity})
		}
	}
	return cleared, nil
}

// BlockedError is the error of a period that blocking controls hold up.
func BlockedError(action string, period pipeline.Period, v Verdict) error {
	e := pipeline.Errorf(pipeline.KindBlocked, action, string(period), "blocked by %s", strings.Join(v.BlockedBy, ", "))
	if len(v.MissingRates) > 0 {
		return e.WithHint("see `carat exceptions --period %s`; there is no rate %s: ingest it, or decide one with `%s`", period, v.MissingRates[0], RateCommand(v.MissingRates[0]))
	}
	return e.WithHint("see `carat exceptions --period %s`", period)
}

// TableExceptions holds what the controls found.
const TableExceptions = "exceptions"

// Where a period stands after a run.
const (
	StatusBalanced   = "balanced"
	StatusExceptions = "exceptions" // a review control found something
	StatusBlocked    = "blocked"    // a blocking control found something
)
