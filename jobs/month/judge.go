package month

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/spelling"
)

// waiverYears is how far ahead the end of a waiver may lie: what stands for longer
// is looked at again.
const waiverYears = 1

// seen is what a run said of an exception, as the export writes it.
type seen struct {
	subject, expected, actual, difference, unit, exposure string
	cells                                                 []string // of moreCells
	period                                                pipeline.Period
	inForce                                               bool
}

// shown puts last what a row of a file shows: one exception may stand in several open
// months, each with an amount of its own, and is decided as whoever decides saw it.
func (k knownException) shown(cells map[string]string) knownException {
	for i, one := range slices.Backward(k.seen) {
		if one.inForce && one.differs(cells) == "" {
			k.seen, k.standing = append(slices.Delete(slices.Clone(k.seen), i, i+1), one), one.period
			return k
		}
	}
	return k
}

// moreCells are columns of the export by which a row is known to be about the exception
// of its id besides control and subject, in the runs' table; amountCells are those of
// them that are numbers.
var (
	moreCells   = []string{"severity", "period", "entity", "subject_kind", "unit", "reason", "detail", "batch_id", "source_line", "expected", "actual", "difference"}
	amountCells = []string{"source_line", "expected", "actual", "difference"}
)

// shownCells are all of these, where the file has them.
var shownCells = append([]string{"control", "subject_id"}, moreCells...)

// isAbout says whether the cells of a row are those of the exception whose id it
// has: a sheet that was sorted without its ids decides about others than it shows.
// Amounts are compared as numbers, with those of any run: they may have moved since
// the export.
func (k knownException) isAbout(cells map[string]string) (column string, ok bool) {
	if text, has := cells["control"]; has && text != k.control {
		return "control", false
	}
	if text, has := cells["subject_id"]; has && text != k.subject {
		return "subject_id", false
	}
	for _, one := range slices.Backward(k.seen) { // what one run said, not a bit of each
		differs := one.differs(cells)
		if differs == "" {
			return "", true
		}
		column = cmp.Or(column, differs)
	}
	return column, column == ""
}

// differs gives the first column in which a row shows something else than a run said;
// "" for none.
func (s seen) differs(cells map[string]string) string {
	for i, name := range moreCells {
		text, has := cells[name]
		want := strings.TrimSpace(s.cells[i])
		switch {
		case !has || text == want, slices.Contains(amountCells, name) && decision.SameNumber(text, want), name == "period" && monthOf(text) == want:
		default:
			return name
		}
	}
	return ""
}

// monthOf reads a month as spreadsheets write it once they took 2026-10 for a day.
func monthOf(text string) string {
	for _, form := range []string{"Jan-06", "06-Jan", "2006-01-02", "2006/01/02", "1/2/2006"} {
		if day, err := time.Parse(form, text); err == nil {
			return day.Format("2006-01")
		}
	}
	return text
}

// checkWaiver wants a waiver to end within a year, and to be of no more than who
// decides may waive.
func (f *decisionFile) checkWaiver(line int, d decision.Decision, about knownException) {
	if _, err := time.Parse(time.DateOnly, d.Until); err != nil {
		f.problem(line, "until %q is not a day like 2026-12-31", pipeline.CutText(d.Until))
		return
	}
	today, _ := time.Parse(time.DateOnly, f.today)
	last := today.AddDate(waiverYears, 0, 0).Format(time.DateOnly)
	switch {
	case d.Until < f.today:
		f.problem(line, "until %s is in the past; today is %s", d.Until, f.today)
	case d.Until > last:
		f.problem(line, "until %s is more than a year ahead: a waiver ends by %s, and is then looked at again", d.Until, last)
	}
	if n := len(about.seen); n > 0 {
		if reason := f.limits.exceeded(about.seen[n-1]); reason != "" {
			f.problem(line, "%s", reason)
		}
	}
}

// wantNote wants a reason of whoever explains or waives.
func (f *decisionFile) wantNote(line int, d decision.Decision) {
	if wantsNote(d) && !spelling.Says(d.Note) {
		f.problem(line, "a note is missing: why it is %s", d.Status)
	}
}

func wantsNote(d decision.Decision) bool {
	return d.Status == decision.Explained || d.Status == decision.Waived
}

// waiverLimits are how much each role of whoever decides may waive, by unit; none:
// as much as there is.
type waiverLimits []map[string]pipeline.Amount

// limitsOf gives the limits of the roles that somebody has; of all where nobody
// has a role.
func limitsOf(s books.Setting, g books.Grants) waiverLimits {
	var limits waiverLimits
	for _, role := range []string{books.RolePreparer, books.RoleApprover} {
		limit, limited := s.Config.WaiverLimits[role]
		switch {
		case len(g) > 0 && !g.Has(s.By.User, role):
		case !limited:
			return nil
		default:
			limits = append(limits, limit)
		}
	}
	return limits
}

// materialityOf gives from how much on a difference matters.
func materialityOf(s books.Setting) materiality {
	m := materiality{currency: s.Config.ReportingCurrency}
	if amount, ok := s.Config.Materiality[m.currency]; ok {
		m.amount, _ = new(big.Rat).SetString(amount.String())
	}
	return m
}

// exceeded says why none of the roles may waive so much, "" if one may.
func (l waiverLimits) exceeded(e seen) string {
	if len(l) == 0 {
		return ""
	}
	amount, ok := new(big.Rat).SetString(e.difference)
	if !ok {
		return "the difference is not known, and your role may waive only up to a limit (waiver_limits in carat.yaml)"
	}
	most := ""
	for _, limit := range l {
		text, listed := limit[e.unit]
		if !listed {
			continue
		}
		bound, _ := new(big.Rat).SetString(text.String())
		if amount.Abs(amount).Cmp(bound) <= 0 {
			return ""
		}
		most = text.String()
	}
	if most == "" {
		return fmt.Sprintf("your role may waive nothing in %s (waiver_limits in carat.yaml)", e.unit)
	}
	shown := e.difference
	if strings.Contains(shown, ".") {
		shown = strings.TrimRight(strings.TrimRight(shown, "0"), ".")
	}
	return fmt.Sprintf("the difference is %s %s, and your role may waive up to %s (waiver_limits in carat.yaml)", shown, e.unit, most)
}
