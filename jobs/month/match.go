package month

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/names"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/spelling"
)

// matchIDsMax bounds the rows of one match: what is more is a file to be corrected.
const matchIDsMax = 200

// MatchOptions say which rows belong together.
type MatchOptions struct {
	books.Setting
	IDs      []string // of both sides, in any order: which side a row is of, its table says
	Reason   string
	TakeBack bool // what was decided about these rows, while its month is open
}

// matchSides are the matches that can be decided, with the tables of their two
// sides and the control that names what has no counterpart.
var matchSides = []struct{ match, ours, theirs, control string }{
	{decision.MatchSettlementBank, "settlement_lines", "bank_lines", "settlement_bank"},
	{decision.MatchPurchaseSettlement, "coin_purchases", "settlement_lines", "purchase_settlement"},
	{decision.MatchPayoutProvider, "payouts", "provider_payments", "payout_provider"},
	{decision.MatchPayoutBank, "payouts", "bank_lines", "payment_bank"},
}

// matchTables are the tables of those sides, with what names a row of each and which rows count.
var matchTables = []struct{ table, key, where string }{
	{"coin_purchases", "purchase_id", "true"}, {"settlement_lines", "line_id", "true"}, {"payouts", "payout_id", "true"},
	{"provider_payments", "line_id", "true"}, {"bank_lines", "line_id", "coalesce(kind, 'entry') not in ('opening', 'closing')"},
}

// matchRow is a row that an id names.
type matchRow struct{ table, entity, kind string }

// matchRows are the rows of the lake that ids name, by id: one id can name rows of several tables.
type matchRows map[string][]matchRow

// readMatchRows finds the rows that ids name.
func readMatchRows(ctx context.Context, p *books.Books, s books.Setting, ids []string) (matchRows, error) {
	found := matchRows{}
	if len(ids) == 0 {
		return found, nil
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = pipeline.SQLText(id)
	}
	for _, t := range matchTables {
		kind := "''"
		if t.table == "settlement_lines" {
			kind = "kind"
		}
		rows, err := p.Query(ctx, s.Config, books.Latest, "select distinct "+t.key+", entity, "+kind+" from "+t.table+" where "+t.where+" and "+t.key+
			" in ("+strings.Join(list, ", ")+") order by 1, 2, 3", t.table)
		if pipeline.KindOf(err) == pipeline.KindNotFound && err != nil {
			continue // no file of it was ever ingested
		}
		if err != nil {
			return nil, err
		}
		for _, r := range rows.Rows {
			text := func(i int) string { t, _ := r[i].(string); return t }
			found[text(0)] = append(found[text(0)], matchRow{t.table, text(1), text(2)})
		}
	}
	return found, nil
}

// sides tells the rows of a match apart; problem says what keeps them from being one.
func (m matchRows) sides(ids []string) (found decision.DecidedMatch, control, problem string) {
	switch {
	case len(ids) < 2:
		return found, "", "a match needs the ids of both sides, such as \"txn_A + txn_B = b1\""
	case len(ids) > matchIDsMax:
		return found, "", "a match of more than 200 rows is a file to be corrected"
	}
	for i, id := range ids {
		switch {
		case slices.Contains(ids[:i], id):
			return found, "", id + " is named twice"
		case strings.Contains(id, " + ") || strings.Contains(id, " = "):
			return found, "", "the id " + id + " can't stand in a match: it holds \" + \" or \" = \""
		case len(m[id]) == 0:
			return found, "", "no order, payout, settlement line, provider's payment or bank line has the id " + id
		}
	}
	fits, entities := 0, map[string]bool{}
	for _, one := range matchSides {
		var ours, theirs []string
		in := map[string]bool{}
		for _, id := range ids {
			mine, other := m.of(id, one.ours, one.match, &in), m.of(id, one.theirs, one.match, &in)
			switch {
			case mine && !other:
				ours = append(ours, id)
			case other && !mine:
				theirs = append(theirs, id)
			}
		}
		if len(ours) == 0 || len(theirs) == 0 || len(ours)+len(theirs) < len(ids) {
			continue
		}
		fits++
		found.Match, found.Ours, found.Theirs, control, entities = one.match, ours, theirs, one.control, in
	}
	switch {
	case fits == 0:
		return found, "", "these rows are no two sides of a match: orders and settlement lines, settlement payouts and bank lines, a payout and payments of its provider, or payouts and bank lines"
	case fits > 1:
		return found, "", "some of these ids name rows of several tables, so which rows are meant is not known"
	case len(entities) > 1:
		return found, "", "the rows are of several entities"
	case found.Match == decision.MatchPayoutProvider && len(found.Ours) > 1:
		return found, "", "a provider's payment is of one payout; several payouts that one debit of the bank pays are matched with the bank's line"
	}
	return found, control, ""
}

// of says whether an id names a row of a table that can be of a match; it notes the row's entity.
func (m matchRows) of(id, table, match string, entities *map[string]bool) (is bool) {
	for _, r := range m[id] {
		if r.table != table || table == "settlement_lines" && (r.kind == "payout") != (match == decision.MatchSettlementBank) {
			continue
		}
		(*entities)[r.entity] = true
		is = true
	}
	return is
}

// matchTaken gives a row that a match in force names already. A match of an open
// month all of whose rows are among the new ones is replaced by it, as is what was
// decided about the exception itself.
func matchTaken(ids []string, exceptionID string, told []decision.DecidedMatch, open pipeline.Period) (replaced []decision.DecidedMatch, problem string) {
	for _, m := range told {
		closed, all := m.Period < open, append(slices.Clone(m.Ours), m.Theirs...)
		at := slices.IndexFunc(ids, func(id string) bool { return slices.Contains(all, id) })
		whole := !slices.ContainsFunc(all, func(id string) bool { return !slices.Contains(ids, id) })
		switch {
		case at < 0, m.ExceptionID == exceptionID && !closed:
		case whole && !closed:
			replaced = append(replaced, m)
		case closed:
			return nil, ids[at] + " stands in a match already: " + decision.MatchText(m.Ours, m.Theirs) + ", decided in " + string(m.Period) + ", which is closed"
		default:
			return nil, ids[at] + " stands in a match already: " + decision.MatchText(m.Ours, m.Theirs) + "; take that one back first"
		}
	}
	return replaced, ""
}

// withReplaced gives a decision `match` with those that take back what it replaces.
func withReplaced(d decision.Decision, replaced []decision.DecidedMatch) []decision.Decision {
	list := []decision.Decision{d}
	for _, m := range replaced {
		list = append(list, decision.Decision{ExceptionID: m.ExceptionID, Status: decision.Open, Note: "replaced by " + d.Matched, By: d.By, OSUser: d.OSUser, At: d.At})
	}
	return list
}

// DecideMatch records that rows of two sides belong together: the next run
// compares them as the rows of one reference. Rows that are no two sides of a
// match are a usage error, as are those of another match; to take back one that
// nobody decided is a not-found error.
func DecideMatch(ctx context.Context, o MatchOptions) (d decision.Decision, err error) {
	if err := books.WantLake(o.Setting); err != nil {
		return d, err
	}
	return books.Locked(ctx, o.Setting, books.RightDecide, "", func(p *books.Books, job *books.Job) (d decision.Decision, err error) {
		if err := p.MayAll(ctx, o.Setting, books.RightDecide); err != nil {
			return d, err
		}
		if names.Same(o.By.User, books.SchedulerUser) {
			return d, pipeline.Refusef("decide", "match", "the scheduler decides nothing")
		}
		bad := func(problem string) error {
			return pipeline.Errorf(pipeline.KindUsage, "decide", "match", "%s", problem).WithHint("as in `carat exceptions match txn_A txn_B b1 --reason \"advice of the bank\"`")
		}
		reason := strings.TrimSpace(o.Reason)
		if err := spelling.CheckReason(reason, noteBytesMax); err != nil {
			return d, bad("a match needs a reason: how it is known that these rows belong together; of this one, " + err.Error())
		}
		closed, err := p.Closures(ctx, o.Config)
		if err != nil {
			return d, err
		}
		open := closed.EarliestOpen()
		told, err := p.Decided(ctx, closed, open)
		if err != nil {
			return d, err
		}
		d = decision.Decision{Status: decision.Match, Note: reason, By: o.By.User, OSUser: o.By.OSUser, At: o.Now, Period: open}
		if o.TakeBack {
			return takeBack(ctx, p, o.Setting, job, d, o.IDs, told.Matches, open)
		}
		rows, err := readMatchRows(ctx, p, o.Setting, o.IDs)
		if err != nil {
			return d, err
		}
		m, control, problem := rows.sides(o.IDs)
		if problem != "" {
			return d, bad(problem)
		}
		d.Matched, d.Match = decision.MatchText(m.Ours, m.Theirs), m.Match
		if d.ExceptionID, err = matchException(ctx, p, o.Setting, control, m); err != nil {
			return d, err
		}
		replaced, problem := matchTaken(o.IDs, d.ExceptionID, told.Matches, open)
		if problem != "" {
			return d, bad(problem)
		}
		job.Took(d.Matched)
		return d, recordDecisions(ctx, p, o.Setting, withReplaced(d, replaced), nil)
	})
}

// takeBack records that rows don't belong together after all.
func takeBack(ctx context.Context, p *books.Books, s books.Setting, job *books.Job, d decision.Decision, ids []string, told []decision.DecidedMatch, open pipeline.Period) (decision.Decision, error) {
	for _, m := range told {
		all := append(slices.Clone(m.Ours), m.Theirs...)
		if len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(all, id) }) {
			continue
		}
		text := decision.MatchText(m.Ours, m.Theirs)
		if m.Period < open {
			return d, pipeline.Errorf(pipeline.KindUsage, "take back", text, "it was decided in %s, which is closed", m.Period)
		}
		d.ExceptionID, d.Status, d.Period = m.ExceptionID, decision.Open, ""
		job.Took("take back " + text)
		err := recordDecisions(ctx, p, s, []decision.Decision{d}, nil)
		d.Matched = text
		return d, err
	}
	return d, pipeline.Errorf(pipeline.KindNotFound, "take back", strings.Join(ids, " "), "no match with these rows was decided").
		WithHint("`carat query 'select distinct exception_id, matched from decided_matches'` lists those of the runs")
}

// matchException gives the exception that a match answers: in the current runs of
// open months that of its first row which has one, ours before theirs. A match of
// rows that no exception names has an id of its own.
func matchException(ctx context.Context, p *books.Books, s books.Setting, control string, m decision.DecidedMatch) (string, error) {
	known, err := knownExceptions(ctx, p, s)
	if err != nil {
		return "", err
	}
	for _, id := range append(slices.Clone(m.Ours), m.Theirs...) {
		found := ""
		for exception, about := range known {
			if about.control == control && about.subject == id && about.period != "" && (found == "" || exception < found) {
				found = exception
			}
		}
		if found != "" {
			return found, nil
		}
	}
	sum := sha256.Sum256([]byte("match\n" + m.Match + "\n" + decision.MatchText(m.Ours, m.Theirs)))
	return hex.EncodeToString(sum[:8]), nil
}

// matchesKnown is what a file of decisions needs to know for its matches.
type matchesKnown struct {
	rows matchRows
	told []decision.DecidedMatch
	open pipeline.Period

	replaced []decision.Decision // matches of which new ones hold all rows: taken back
}

// readMatches reads what the matches of a file of decisions name; nothing where it has none.
func readMatches(ctx context.Context, p *books.Books, s books.Setting, rows []decisionRow) (known matchesKnown, err error) {
	var ids []string
	for _, row := range rows {
		if row.Status == decision.Match {
			ids = append(ids, decision.MatchIDs(row.Matched)...)
		}
	}
	if len(ids) == 0 {
		return known, nil
	}
	closed, err := p.Closures(ctx, s.Config)
	if err != nil {
		return known, err
	}
	known.open = closed.EarliestOpen()
	told, err := p.Decided(ctx, closed, known.open)
	if err != nil {
		return known, err
	}
	known.told = told.Matches
	known.rows, err = readMatchRows(ctx, p, s, ids)
	return known, err
}

// matchIsGood checks what is said of matches: that the rows are two sides of what
// the exception's control compares, that its subject is one of them, and that no
// other match has them. It gives the decision its match and month.
func (f *decisionFile) matchIsGood(line int, d *decision.Decision, now decision.Decision, about knownException) bool {
	before := len(f.problems)
	if d.Status != decision.Match {
		if d.Matched != "" && d.Matched != now.Matched {
			f.problem(line, "matched belongs to a match, and the status is %s", d.Status)
		}
		d.Matched = ""
		return len(f.problems) == before
	}
	ids := decision.MatchIDs(d.Matched)
	m, control, problem := f.matches.rows.sides(ids)
	if problem == "" && control != about.control {
		problem = "these rows are compared by " + cmp.Or(control, "no control") + ", and the exception is one of " + about.control
	}
	if problem == "" && !slices.Contains(ids, about.subject) {
		problem = "the exception is about " + about.subject + ", which is none of the rows"
	}
	if problem == "" && !spelling.Says(d.Note) {
		problem = "a match needs a note: how it is known that these rows belong together"
	}
	var replaced []decision.DecidedMatch
	if problem == "" {
		replaced, problem = matchTaken(ids, d.ExceptionID, f.matches.told, f.matches.open)
	}
	if problem != "" {
		f.problem(line, "%s", problem)
		return false
	}
	d.Matched, d.Match, d.Period = decision.MatchText(m.Ours, m.Theirs), m.Match, f.matches.open
	f.matches.replaced = append(f.matches.replaced, withReplaced(*d, replaced)[1:]...)
	f.matches.told = slices.DeleteFunc(f.matches.told, func(m decision.DecidedMatch) bool {
		return slices.ContainsFunc(replaced, func(r decision.DecidedMatch) bool { return r.ExceptionID == m.ExceptionID })
	})
	f.matches.told = append(f.matches.told, decision.DecidedMatch{Ours: m.Ours, Theirs: m.Theirs, ExceptionID: d.ExceptionID, Period: d.Period})
	return true
}
