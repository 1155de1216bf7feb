package creators

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/table"
)

// OwnOptions say what of their own a creator asks for. Whose rows these are nobody says:
// the record of their role does.
type OwnOptions struct {
	books.Setting
	SQL              fs.FS           // the models
	Period           pipeline.Period // "": the newest that is final
	Entity, Currency string          // of Statement and Line
	Line             int64           // of Line
	Format           string          // of Statement
	Offset, Limit    int64
}

// Earnings is what a creator sees of themselves: months that are closed, and, where
// carat.yaml has it, those that aren't.
type Earnings struct {
	Creator string
	Months  *table.Table // a row a month, entity and currency, newest first
	Final   []Final      // the months that are closed, newest first
	Open    []Final      // those that aren't and are shown all the same: they are provisional
	Next    pipeline.Period
	Period  pipeline.Period // whose lines these are; "": none is shown
	Lines   *table.Table
	Total   int64 // of its lines
	Payouts *table.Table
}

// Provisional says whether the numbers of a month that is shown can still change.
func (e *Earnings) Provisional(period pipeline.Period) bool {
	return slices.ContainsFunc(e.Open, func(f Final) bool { return f.Period == period })
}

// Final is a month that is closed.
type Final struct {
	Period  pipeline.Period
	Version int64
	Lock    state.Lock
}

// errNotOwn is what is told of whatever isn't the creator's, whether or not there is such
// a thing.
func errNotOwn() error {
	return pipeline.Misnamed("find", "what you ask for", "", nil, "nothing of yours has that name")
}

// owner is a creator who looks at what is theirs.
type owner struct {
	*books.Books
	books.Setting
	creator string
	closed  books.Closures
	final   []Final
	open    []Final // whose numbers can still change: the runs in force; none, unless carat.yaml has it
}

// own does something for whoever is a creator, as the record of their role says, and
// records it. The condition of every row that is read stands in mine.
func own(ctx context.Context, s books.Setting, text string, do func(o *owner) (rows int64, err error)) (err error) {
	p, err := books.OpenExisting(ctx, s, books.RightEarnings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	people, err := p.People(ctx)
	if err != nil {
		return err
	}
	o := &owner{Books: p, Setting: s, creator: people.CreatorOf(s.By.User)}
	if o.creator == "" {
		return pipeline.Errorf(pipeline.KindNotFound, "find", "your earnings", "it isn't recorded which creator %s is", s.By.User).
			WithHint("an administrator says so: `carat users grant %s creator --creator ID`", s.By.User)
	}
	if o.closed, err = p.Closures(ctx, s.Config); err != nil {
		return err
	}
	for _, l := range o.closed.Locks {
		if l.InForce() {
			o.final = append(o.final, Final{l.Period, l.Version, l})
		}
	}
	if s.Config.Provisional {
		runs, err := currentRuns(ctx, p)
		if err != nil {
			return err
		}
		for _, r := range runs {
			if _, final := o.closed.Lock(r.Period); !final {
				o.open = append(o.open, Final{Period: r.Period, Lock: state.Lock{RunID: r.ID}})
			}
		}
	}
	newestFirst(o.final)
	_, err = p.Recorded(ctx, s, "earnings", text, func() (int64, error) { return do(o) })
	return err
}

func newestFirst(list []Final) {
	slices.SortFunc(list, func(a, b Final) int { return strings.Compare(string(b.Period), string(a.Period)) })
}

// shown gives the months that a creator sees, newest first.
func (o *owner) shown() []Final {
	list := slices.Concat(o.final, o.open)
	newestFirst(list)
	return list
}

// at gives a month that is final, the newest for "".
func (o *owner) at(period pipeline.Period) (Final, bool) {
	for _, f := range o.final {
		if f.Period == period || period == "" {
			return f, true
		}
	}
	return Final{}, false
}

// mine is the condition of rows of a result table that the creator may see: their own, of
// the runs of months.
func (o *owner) mine(final ...Final) string {
	runs := []string{"''"}
	for _, f := range final {
		runs = append(runs, pipeline.SQLText(f.Lock.RunID))
	}
	return "creator_id = " + pipeline.SQLText(o.creator) + " and run_id in (" + strings.Join(runs, ", ") + ")"
}

var (
	ownMonthColumns = []string{"period", "version", "entity", "currency", "opening_amount", "earned_amount", "adjusted_amount", "redeemed_amount", "returned_amount", "revaluation_amount", "rounding_amount",
		"withheld_amount", "fee_amount", "paid_amount", "in_transit_amount", "failed_amount", "closing_amount"}
	ownLineColumns   = []string{"line_no", "section", "label", "amount", "currency", "count", "coins", "diamonds", "rate", "reason", "status", "net_amount", "prior_period", "event_at", "entity"}
	ownPayoutColumns = []string{"period", "entity", "currency", "reference_id", "section", "status", "method", "amount", "withholding_amount", "fee_amount", "net_amount", "fx_rate", "payout_amount", "payout_currency", "event_at", "paid_at"}
)

// tableHolds says what of a balance is held, and until when.
const tableHolds = "statement_holds"

// Own tells a creator what they earned: each closed month, the lines of one, and what
// became of each payout. A month that isn't closed is not found, unless carat.yaml has
// provisional ones shown.
func Own(ctx context.Context, options OwnOptions) (e *Earnings, err error) {
	err = own(ctx, options.Setting, strings.TrimSpace("own "+string(options.Period)), func(o *owner) (int64, error) {
		e = &Earnings{Creator: o.creator, Final: o.final, Open: o.open, Next: o.closed.EarliestOpen(), Months: &table.Table{}, Lines: &table.Table{}, Payouts: &table.Table{}}
		shown := o.shown()
		i := slices.IndexFunc(shown, func(f Final) bool { return f.Period == options.Period || options.Period == "" })
		found := i >= 0
		switch {
		case !found && options.Period != "":
			return 0, errNotOwn()
		case !found:
			return 0, nil
		}
		month := shown[i]
		e.Period = month.Period
		if e.Months, err = o.months(ctx, shown); err != nil {
			return 0, err
		}
		if e.Lines, e.Total, err = o.lines(ctx, month, options); err != nil {
			return 0, err
		}
		columns, err := held(ctx, o.Books, statements.TableLines, ownPayoutColumns)
		if err != nil {
			return 0, err
		}
		e.Payouts, err = o.Query(ctx, o.Config, books.Latest, fmt.Sprintf("select %s from %s where %s and section in ('redeemed', 'returned') order by event_at desc, reference_id, line_no limit %d",
			columns, statements.TableLines, o.mine(o.final...), Most), statements.TableLines)
		return int64(len(e.Months.Rows) + len(e.Lines.Rows)), err
	})
	return e, err
}

// months gives the heads of the statements, with what is held of their balances.
func (o *owner) months(ctx context.Context, shown []Final) (*table.Table, error) {
	columns, err := held(ctx, o.Books, statements.TableSummaries, ownMonthColumns)
	if err != nil {
		return nil, err
	}
	now, err := o.Lake.State(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	tables, extra, join := []string{statements.TableSummaries}, "", ""
	if slices.Contains(now.Names(), tableHolds) {
		tables = append(tables, tableHolds)
		extra = ", held_amount, free_at"
		join = " left join (select period, entity, currency, max(held_amount) as held_amount, max(release_at) as free_at from " + tableHolds + " where " + o.mine(shown...) + " group by all) using (period, entity, currency)"
	}
	return o.Query(ctx, o.Config, books.Latest, "select "+columns+extra+" from (select * from "+statements.TableSummaries+" where "+o.mine(shown...)+")"+join+
		" order by period desc, entity, currency limit 1200", tables...) // a hundred years of one entity and currency
}

func (o *owner) lines(ctx context.Context, month Final, options OwnOptions) (t *table.Table, total int64, err error) {
	columns, err := held(ctx, o.Books, statements.TableLines, ownLineColumns)
	if err != nil {
		return nil, 0, err
	}
	t, err = o.Query(ctx, o.Config, books.Latest, fmt.Sprintf("select %s, count(*) over () as found from %s where %s order by entity, currency, line_no limit %d offset %d",
		columns, statements.TableLines, o.mine(month), min(max(options.Limit, 1), Most), max(options.Offset, 0)), statements.TableLines)
	if err != nil {
		return nil, 0, err
	}
	n := len(t.Columns) - 1
	t.Columns = t.Columns[:n]
	for i, row := range t.Rows {
		total, _ = row[n].(int64)
		t.Rows[i] = row[:n]
	}
	return t, total, nil
}

// OwnStatement gives a creator their final statement as a file.
func OwnStatement(ctx context.Context, options OwnOptions) (name string, text []byte, err error) {
	err = own(ctx, options.Setting, "statement "+string(options.Period)+" "+options.Format, func(o *owner) (int64, error) {
		s := statements.Options{Setting: options.Setting, SQL: options.SQL, Period: options.Period, Creator: o.creator}
		name, text, err = statements.One(ctx, o.Books, s, options.Entity, options.Currency, options.Format)
		if pipeline.IsMisnamed(err) {
			err = errNotOwn()
		}
		return 1, err
	})
	return name, text, err
}

// OwnLine gives a creator what a line of a final statement of theirs is made of.
func OwnLine(ctx context.Context, options OwnOptions) (l *Line, err error) {
	err = own(ctx, options.Setting, fmt.Sprintf("line %s/%s/%s/%d", options.Period, options.Entity, options.Currency, options.Line), func(o *owner) (int64, error) {
		if _, final := o.at(cmp.Or(options.Period, "none")); !final {
			return 0, errNotOwn()
		}
		l, err = lineOf(ctx, o.Books, options, o.creator)
		if err == nil && l == nil {
			err = errNotOwn()
		}
		return 1, err
	})
	return l, err
}
