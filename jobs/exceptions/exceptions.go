package exceptions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/pipeline/engine"
	"carat/pipeline/state"
	"carat/reports/table"
)

// Options say which exceptions to list.
type Options struct {
	books.Setting
	Period   pipeline.Period // "": every reconciled one
	Control  string          // "": all
	Creator  string          // those about this creator, or about gifts, payouts and adjustments of theirs; "": all
	Resolved bool            // those that are gone, instead of those that stand
}

// Columns are the columns of the list: those of an exception, what
// was decided about it, and its life from run to run.
var Columns = []string{
	"exception_id", "control", "severity", "period", "entity", "subject_kind", "subject_id", "expected", "actual", "difference",
	"unit", "reason", "detail", "batch_id", "source_line", "status", "until", "owner", "note", "decided_by", "decided_at",
	"first_seen", "first_period", "age_days", "resolved_in", "value", "source", "matched", "exposure",
}

// exceptionsQuery lists exceptions with their life: where and when the same
// break was first found, and the run in which it was gone. What can't be measured
// comes first, since nobody knows that it is little, then the greatest exposure.
const exceptionsQuery = `with seen as (
    select exceptions.exception_id, exceptions.run_id, known_runs.period, known_runs.created_at, known_runs.run_no
    from exceptions
    inner join known_runs on known_runs.run_id = exceptions.run_id
),
ranked as (
    select
        exception_id, run_id, period, created_at, run_no,
        row_number() over (partition by exception_id order by run_no) as first_rank,
        row_number() over (partition by exception_id order by run_no desc) as last_rank
    from seen
),
standing as (
    select distinct exceptions.exception_id
    from exceptions
    inner join known_runs on known_runs.run_id = exceptions.run_id and known_runs.is_current
),
listed as (
    select exceptions.*
    from exceptions
    inner join known_runs on known_runs.run_id = exceptions.run_id and known_runs.is_current
    where not {resolved}
    union all
    select exceptions.*
    from exceptions
    inner join ranked on ranked.exception_id = exceptions.exception_id and ranked.run_id = exceptions.run_id and ranked.last_rank = 1
    left join standing on standing.exception_id = exceptions.exception_id
    where {resolved} and standing.exception_id is null
),
later as (
    select
        ranked.exception_id, known_runs.run_id,
        row_number() over (partition by ranked.exception_id order by known_runs.run_no) as later_rank
    from ranked
    inner join known_runs on known_runs.period = ranked.period
        and (known_runs.run_no > ranked.run_no or known_runs.is_current and known_runs.run_id <> ranked.run_id)
    where ranked.last_rank = 1
)
select
    listed.exception_id, listed.control, listed.severity, listed.period, listed.entity, listed.subject_kind, listed.subject_id,
    listed.expected, listed.actual, listed.difference, listed.unit, listed.reason, listed.detail, listed.batch_id, listed.source_line,
    coalesce(decisions.status, 'open') as status, decisions.until, decisions.owner, decisions.note, decisions.decided_by, decisions.decided_at,
    ranked.created_at as first_seen, ranked.period as first_period,
    cast(date_diff('day', cast(ranked.created_at at time zone {zone} as date), cast({today} as date)) as bigint) as age_days,
    case when {resolved} then later.run_id end as resolved_in,
    decisions.value, decisions.source, decisions.matched, {exposure} as exposure
from listed
inner join ranked on ranked.exception_id = listed.exception_id and ranked.first_rank = 1
left join later on later.exception_id = listed.exception_id and later.later_rank = 1
left join decisions on decisions.exception_id = listed.exception_id
where listed.period in ({periods}) and {where}
order by listed.period, {exposure} is not null, {exposure} desc, listed.control, listed.subject_kind, listed.subject_id, listed.reason, listed.unit, listed.entity`

// List lists what the controls found in the current run of each period,
// with what was decided about it and how long it has stood. A period that was
// not reconciled and a control or creator that doesn't exist are errors of usage.
func List(ctx context.Context, o Options) (t *table.Table, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightExceptions)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	periods, controls, err := reconciledPeriods(ctx, p, o.Period)
	if err != nil {
		return nil, err
	}
	where := "true"
	if o.Control != "" {
		if !slices.Contains(controls, o.Control) {
			return nil, unknownControl(o.Control, controls)
		}
		where = "listed.control = " + pipeline.SQLText(o.Control)
	}
	grants, err := p.Grants(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	if only := grants.Entities(o.By, books.RightExceptions); len(only) > 0 {
		var names []string
		for _, one := range only {
			names = append(names, pipeline.SQLText(one))
		}
		where += " and listed.entity in (" + strings.Join(names, ", ") + ")"
	}
	var tables []string
	if o.Creator != "" {
		about, needed, err := aboutCreator(ctx, p, o.Setting, o.Creator)
		if err != nil {
			return nil, err
		}
		where, tables = where+" and ("+about+")", needed
	}
	return Where(ctx, p, o.Setting, o.Resolved, periods, where, tables...)
}

// creatorsRows are the tables whose rows are a creator's, with the kind of subject
// by which an exception names one.
var creatorsRows = []struct{ table, kind, id string }{
	{"gift_events", "gift", "event_id"}, {"payouts", "payout", "payout_id"}, {"diamond_adjustments", "adjustment", "adjustment_id"},
}

// aboutCreator gives the condition on exceptions that concern a creator, and the
// tables that it reads. A creator whom nothing names is an error of usage.
func aboutCreator(ctx context.Context, p *books.Books, s books.Setting, creator string) (condition string, tables []string, err error) {
	state, err := p.Lake.State(ctx, books.Latest)
	if err != nil {
		return "", nil, err
	}
	name := pipeline.SQLText(creator)
	condition = "listed.subject_kind = 'creator' and listed.subject_id = " + name
	var named, asked []string
	for _, one := range creatorsRows {
		if slices.Contains(state.Names(), one.table) {
			tables, asked = append(tables, one.table), append(asked, one.table)
			named = append(named, "select creator_id from "+one.table)
			condition += fmt.Sprintf(" or listed.subject_kind = '%s' and listed.subject_id in (select %s from %s where creator_id = %s)", one.kind, one.id, one.table, name)
		}
	}
	if slices.Contains(state.Names(), "creators") {
		named, asked = append(named, "select creator_id from creators"), append(asked, "creators")
	}
	if len(named) == 0 {
		return condition, nil, nil
	}
	t, err := p.Query(ctx, s.Config, books.Latest, "select distinct creator_id from ("+strings.Join(named, " union all ")+") as named", asked...)
	if err != nil {
		return "", nil, err
	}
	var known []string
	for _, row := range t.Rows {
		if id, ok := row[0].(string); ok {
			known = append(known, id)
		}
	}
	if !slices.Contains(known, creator) {
		return "", nil, pipeline.Misnamed("find", "creator", creator, known, "there is no creator %q", creator)
	}
	return condition, tables, nil
}

// Where lists exceptions of some periods that fulfil a condition on the table
// listed, which may read some tables. The condition is SQL of carat's own.
func Where(ctx context.Context, p *books.Books, s books.Setting, resolved bool, periods []pipeline.Period, where string, tables ...string) (t *table.Table, err error) {
	query, eng, err := openList(ctx, p, s, resolved, periods, where, tables...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, eng.Close()) }()
	rows, err := eng.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	t, err = books.ReadTable(rows)
	if err != nil {
		return nil, err
	}
	return t, markMoved(ctx, p, s, t)
}

// openList opens an engine with what the list of exceptions is made of, and gives the
// query that makes it.
func openList(ctx context.Context, p *books.Books, s books.Setting, resolved bool, periods []pipeline.Period, where string, tables ...string) (query string, eng *books.Reader, err error) {
	if err := p.Lake.CheckOwn(ctx, books.TableExceptions); err != nil {
		return "", nil, err
	}
	if query, err = listQuery(ctx, p, s, resolved, periods, where); err != nil {
		return "", nil, err
	}
	if eng, err = p.OpenReader(ctx, s.Config, books.Latest, p.TableFolders(), append(tables, books.TableExceptions)...); err != nil {
		return "", nil, err
	}
	err = loadRuns(ctx, p, eng.Engine)
	if err == nil {
		err = loadDecisions(ctx, p, eng.Engine, books.Day(s.Now, s.Config.Zone))
	}
	if err != nil {
		return "", nil, errors.Join(err, eng.Close())
	}
	return query, eng, nil
}

// listQuery is the query of the list.
func listQuery(ctx context.Context, p *books.Books, s books.Setting, resolved bool, periods []pipeline.Period, where string) (string, error) {
	held, err := p.Lake.Table(ctx, books.TableExceptions, books.Latest)
	if err != nil {
		return "", err
	}
	var names []string
	for _, one := range periods {
		names = append(names, pipeline.SQLText(string(one)))
	}
	return strings.NewReplacer("{resolved}", map[bool]string{true: "true", false: "false"}[resolved], "{zone}", pipeline.SQLText(s.Config.Zone.String()),
		"{today}", pipeline.SQLText(books.Day(s.Now, s.Config.Zone)), "{periods}", strings.Join(names, ", "), "{where}", where,
		"{exposure}", books.Exposure(held)).Replace(exceptionsQuery), nil
}

// markMoved says of decisions that their exception has another amount by now: they
// have lapsed.
func markMoved(ctx context.Context, p *books.Books, s books.Setting, t *table.Table) error {
	decisions, err := p.State.Decisions(ctx)
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i, c := range t.Columns {
		at[c.Name] = i
	}
	for _, row := range t.Rows {
		id, _ := row[at["exception_id"]].(string)
		unit, _ := row[at["unit"]].(string)
		difference := ""
		if v := row[at["difference"]]; v != nil {
			difference = fmt.Sprint(v)
		}
		if d := decisions[id]; row[at["status"]] != decision.Open && d.HasMoved(difference, unit, s.Config.Tolerance(unit)) {
			row[at["status"]] = decision.Moved
		} else if control, period := fmt.Sprint(row[at["control"]]), fmt.Sprint(row[at["period"]]); !d.HoldsIn(control, pipeline.Period(period)) {
			row[at["status"]] = decision.Open
		}
	}
	return nil
}

// loadRuns makes the table known_runs: every run that was recorded, whether it is
// its period's current one, and which it is by number: clocks order nothing.
func loadRuns(ctx context.Context, p *books.Books, eng *engine.Engine) error {
	runs, err := p.State.RunHeads(ctx)
	if err != nil {
		return err
	}
	var rows [][]any
	for i, r := range runs {
		rows = append(rows, []any{r.ID, string(r.Period), r.CreatedAt, r.Current, int64(i)})
	}
	return eng.LoadRows(ctx, "known_runs", "run_id varchar, period varchar, created_at timestamptz, is_current boolean, run_no bigint", rows)
}

// loadDecisions makes the table decisions: the latest about each exception, as
// it stands on a day.
func loadDecisions(ctx context.Context, p *books.Books, eng *engine.Engine, today string) error {
	latest, err := p.State.Decisions(ctx)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		d := latest[id]
		rows = append(rows, []any{id, ListedStatus(d, today), books.TextOrNil(d.Until), books.TextOrNil(d.Owner), books.TextOrNil(d.Note), d.By, d.At,
			books.TextOrNil(d.Value), books.TextOrNil(d.Source), books.TextOrNil(d.Matched)})
	}
	return eng.LoadRows(ctx, "decisions",
		"exception_id varchar, status varchar, until varchar, owner varchar, note varchar, decided_by varchar, decided_at timestamptz, value varchar, source varchar, matched varchar", rows)
}

// Export writes exceptions and what was decided about them to a new CSV file,
// for somebody to decide and Import to take in. A file that is there stays.
func Export(ctx context.Context, o Options, file string) (rows int, err error) {
	t, err := List(ctx, o)
	if err != nil {
		return 0, err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, pipeline.Errorf(pipeline.KindUsage, "write", file, "%w", disk.Cause(err)).WithHint("choose a new file in a folder that you may write to")
	}
	err = t.Write(f, "csv")
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, errors.Join(pipeline.Errorf(pipeline.KindInternal, "write", file, "%w", disk.Cause(err)), os.Remove(file))
	}
	return len(t.Rows), nil
}

// reconciledPeriods gives one period, or all that were reconciled, and the
// controls that their current runs ran.
func reconciledPeriods(ctx context.Context, p *books.Books, period pipeline.Period) (periods []pipeline.Period, controls []string, err error) {
	periods = []pipeline.Period{period}
	if period == "" {
		periods = nil
		states, err := p.State.Periods(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, s := range states {
			periods = append(periods, s.Period)
		}
	}
	if len(periods) == 0 {
		return nil, nil, pipeline.Errorf(pipeline.KindNotFound, "find", "runs", "no month was reconciled yet").
			WithHint("run `carat run --period 2026-10`, with your month")
	}
	for _, one := range periods {
		run, err := p.CurrentRun(ctx, one)
		if err != nil {
			return nil, nil, err
		}
		controls = appendControls(controls, run)
	}
	return periods, controls, nil
}

func appendControls(controls []string, run state.Run) []string {
	for _, c := range run.Controls {
		if !slices.Contains(controls, c.Control) {
			controls = append(controls, c.Control)
		}
	}
	return controls
}

func unknownControl(name string, known []string) error {
	e := pipeline.Misnamed("find", "control", name, known, "there is no control %q", name)
	if e.Hint != "" {
		return e
	}
	slices.Sort(known)
	return e.WithHint("controls are %s", strings.Join(known, ", "))
}

// ListedStatus is how a decision's status is listed on a day: one that nobody
// decided, and a waiver that has run out, are open.
func ListedStatus(d decision.Decision, today string) string {
	if status := d.StatusOn(today); status != "" {
		return status
	}
	return decision.Open
}

// DecisionsOf gives decisions as a table, a row each.
func DecisionsOf(decisions []decision.Decision) *table.Table {
	t := &table.Table{CellWidth: 120, Columns: []table.Column{{Name: "decided_at", Kind: table.Time}, {Name: "decided_by"}, {Name: "status"},
		{Name: "until"}, {Name: "owner"}, {Name: "note"}, {Name: "value"}, {Name: "source"}, {Name: "matched"}}}
	for _, d := range decisions {
		t.Rows = append(t.Rows, []any{d.At, d.By, d.Status, books.TextOrNil(d.Until), books.TextOrNil(d.Owner), books.TextOrNil(d.Note), books.TextOrNil(d.Value), books.TextOrNil(d.Source),
			books.TextOrNil(d.Matched)})
	}
	return t
}

// None is the not-found error for an id that no exception has.
func None(id string) error {
	return pipeline.Misnamed("show exception", fmt.Sprintf("%q", id), "", nil, "no exception has that id").
		WithHint("`carat exceptions` lists those that stand, `carat exceptions --resolved` those that are gone")
}
