package exceptions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/decision"
	"carat/reports/table"
)

// Desk holds the exceptions of the runs in force, those that are gone beside them, so
// that any page of hundreds of thousands is found at once. It is read again when a run,
// a decision or the day is another one. Its methods may be called at the same time.
type Desk struct {
	mu    sync.Mutex
	key   string // of what it holds
	eng   *books.Reader
	held  heldDesk
	given []string // the exceptions that the one who asks was given
}

// heldDesk is what is known of the exceptions that a desk holds.
type heldDesk struct {
	periods  []pipeline.Period // with a run
	controls []string
	counted  map[string]*Found // by who asks and what for; without the page's rows
}

// The tabs of a desk.
const (
	TabUndecided = "undecided"
	TabMine      = "mine"     // given to me, mine to decide, or decided by me
	TabNew       = "new"      // of this run for the first time
	TabMoved     = "moved"    // decided, and by now about another amount
	TabReturned  = "returned" // gone in a run since it was first found, and back
	TabDecided   = "decided"
	TabAll       = "all"
	TabGone      = "gone"
)

// Tabs are all of them, in their order.
var Tabs = []string{TabUndecided, TabMine, TabNew, TabMoved, TabReturned, TabDecided, TabAll, TabGone}

// FindOptions say which exceptions of a desk are wanted. What is "" isn't asked for.
type FindOptions struct {
	books.Setting
	Tab      string // of Tabs
	Period   pipeline.Period
	Control  string
	Severity string
	Reason   string
	Unit     string
	Text     string   // within the subject's id, the id or the sentence, in whatever case
	IDs      []string // those alone; none: all
	Offset   int64
	Limit    int64 // at most FindMost
	given    []string
}

// FindMost is how many exceptions are given at a time.
const FindMost = 200

// Found is a page of exceptions, and what there is besides.
type Found struct {
	Table    *table.Table // with the columns of Columns, and the day since which it is gone
	Total    int64        // that the filter finds
	Hidden   int64        // of the same tab, that the filter leaves out
	Tabs     map[string]int64
	Causes   *table.Table // what the filter finds, by cause, the greatest exposure first
	Periods  []pipeline.Period
	Controls []string
	// Undecided is the exposure of what nobody has decided, in reporting currency, of
	// the periods that the filter is of; "" where nothing can be measured. Unmeasured
	// counts what can't be.
	Undecided  string
	Unmeasured int64
	// Limited are the entities that the one who asks sees alone; none: all.
	Limited []string
}

// deskQuery makes the desk: the lists of those that stand and of those that are gone,
// with how often each was found.
const deskQuery = `create or replace table desk as
with everything as (
    select *, false as gone from ({standing}) as standing
    union all
    select *, true as gone from ({resolved}) as resolved
),
found as (
    select exceptions.exception_id, exceptions.period, count(distinct exceptions.run_id) as found_runs, min(known_runs.run_no) as first_no, max(known_runs.run_no) as last_no
    from exceptions
    inner join known_runs on known_runs.run_id = exceptions.run_id
    group by exceptions.exception_id, exceptions.period
),
newest as (select period, max(run_no) as newest_no from known_runs where is_current group by period)
select
    everything.*,
    not gone and found.first_no = newest.newest_no as is_new,
    not gone and found.found_runs < (select count(*) from known_runs as between_runs where between_runs.period = found.period and between_runs.run_no between found.first_no and found.last_no) as is_returned,
    row_number() over (order by everything.exposure is not null, everything.exposure desc, everything.period, everything.control, everything.subject_kind, everything.subject_id, everything.reason, everything.unit, everything.entity) as place
from everything
left join found on found.exception_id = everything.exception_id and found.period = everything.period
left join newest on newest.period = everything.period`

// Find gives a page of the exceptions that a filter finds, those with the greatest
// exposure first; what can't be measured stands before them. A lake without a run is a
// not-found error.
func (d *Desk) Find(ctx context.Context, o FindOptions) (found *Found, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	limited, err := d.ready(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(Tabs, o.Tab) {
		return nil, pipeline.Misnamed("list", "exceptions", o.Tab, Tabs, "there is no tab %q", o.Tab)
	}
	o.given = d.given
	where := o.within(limited) + " and " + o.tab(o.Tab) + " and " + o.filter()
	counted, err := d.count(ctx, o, limited, where)
	if err != nil {
		return nil, err
	}
	page := *counted
	page.Table, err = d.query(ctx, fmt.Sprintf("select %s from desk where place in (select place from desk where %s order by place limit %d offset %d) order by place", // all columns of a page alone
		strings.Join(Columns, ", "), where, min(max(o.Limit, 1), FindMost), max(o.Offset, 0)))
	return &page, err
}

// givenMost bounds the exceptions of one person that are told as given to them.
const givenMost = 1000

// countedMost bounds the filters whose counts are held.
const countedMost = 200

// count counts what a filter finds, and sums it up by cause: once for all of its pages.
func (d *Desk) count(ctx context.Context, o FindOptions, limited []string, where string) (*Found, error) {
	key := strings.Join([]string{o.By.User, o.within(limited), where, strings.Join(o.given, " ")}, "\x1f")
	if known := d.held.counted[key]; known != nil {
		return known, nil
	}
	found := &Found{Periods: d.held.periods, Controls: d.held.controls, Limited: limited, Tabs: map[string]int64{}}
	var counts []string
	for _, tab := range Tabs {
		counts = append(counts, "count(*) filter (where "+o.tab(tab)+")")
	}
	counts = append(counts, "count(*) filter (where "+o.tab(o.Tab)+" and "+o.filter()+")",
		"cast(sum(exposure) filter (where "+o.tab(TabUndecided)+") as varchar)", "count(*) filter (where "+o.tab(TabUndecided)+" and exposure is null)")
	t, err := d.query(ctx, "select "+strings.Join(counts, ", ")+" from desk where "+o.within(limited))
	if err != nil {
		return nil, err
	}
	whole := func(i int) int64 { n, _ := t.Rows[0][i].(int64); return n }
	for i, tab := range Tabs {
		found.Tabs[tab] = whole(i)
	}
	found.Total = whole(len(Tabs))
	found.Hidden = found.Tabs[o.Tab] - found.Total
	found.Undecided = rounded(t.Rows[0][len(Tabs)+1], o.Config.ReportingCurrency)
	found.Unmeasured = whole(len(Tabs) + 2)
	found.Causes, err = d.query(ctx, strings.ReplaceAll(fmt.Sprintf(causesQuery, where), "{zone}", pipeline.SQLText(o.Config.Zone.String())))
	if err != nil {
		return nil, err
	}
	if len(d.held.counted) >= countedMost {
		clear(d.held.counted)
	}
	d.held.counted[key] = found
	return found, nil
}

// rounded gives a sum in a currency's minor unit, as the close package has it; "" for none.
func rounded(sum any, currency string) string {
	text, _ := sum.(string)
	exact, ok := new(big.Rat).SetString(text)
	if !ok {
		return ""
	}
	digits, known := pipeline.MinorDigits(currency)
	if !known {
		digits = 2
	}
	return exact.FloatString(digits)
}

// causesMost is how many causes are listed.
const causesMost = 100

// causesQuery sums exceptions up by what may have caused them: the control and its
// reason in one unit, with what all of them share. Where no exposure can be measured
// there is none, which stands first.
var causesQuery = `select control, severity, reason, unit, count(*) as exceptions, sum(exposure) as exposure, count(*) - count(exposure) as unmeasured,
    cast(min(first_seen at time zone {zone}) as date) as oldest, case when count(batch_id) = count(*) and min(batch_id) = max(batch_id) then min(batch_id) end as shared_batch, case when min(entity) = max(entity) then min(entity) end as shared_entity,
    array_to_string(min_by(subject_id, place, 3), ', ') as examples, min_by(detail, place) as detail
from desk where %s group by control, severity, reason, unit
order by count(exposure) = count(*), sum(exposure) desc, count(*) desc, control, reason, unit limit ` + fmt.Sprint(causesMost)

// Beside gives the exceptions before and after one in the list of a filter; "" at its
// ends, and where it isn't in the list.
func (d *Desk) Beside(ctx context.Context, o FindOptions, id string) (before, after string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	limited, err := d.ready(ctx, o.Setting)
	if err != nil || !slices.Contains(Tabs, o.Tab) {
		return "", "", err
	}
	o.given = d.given
	t, err := d.query(ctx, "select before, after from (select exception_id, lag(exception_id) over (order by place) as before, lead(exception_id) over (order by place) as after from desk where "+
		o.within(limited)+" and "+o.tab(o.Tab)+" and "+o.filter()+") as listed where exception_id = "+pipeline.SQLText(id)+" limit 1")
	if err != nil || len(t.Rows) == 0 {
		return "", "", err
	}
	before, _ = t.Rows[0][0].(string)
	after, _ = t.Rows[0][1].(string)
	return before, after, nil
}

// BulkMost is how many exceptions are decided about at once.
const BulkMost = 20_000

// Bulk is all that a filter finds, as somebody sees it before they decide about it.
type Bulk struct {
	List       []Sight
	Exposure   string // in reporting currency; "" where nothing can be measured
	Unmeasured int64
	SHA256     string // over the list: of another list, or another state of one of it, it is another
}

// Sight is an exception as it is seen.
type Sight struct {
	ID, Difference string
	Decided        time.Time // when somebody last decided about it; zero: nobody has
}

// All gives everything that a filter finds, by id. More than BulkMost is a usage error.
func (d *Desk) All(ctx context.Context, o FindOptions) (*Bulk, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	limited, err := d.ready(ctx, o.Setting)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(Tabs, o.Tab) {
		return nil, pipeline.Misnamed("list", "exceptions", o.Tab, Tabs, "there is no tab %q", o.Tab)
	}
	o.given = d.given
	where := o.within(limited) + " and " + o.tab(o.Tab) + " and " + o.filter() + " and not gone"
	t, err := d.query(ctx, fmt.Sprintf("select exception_id, cast(difference as varchar), status, decided_at, cast(sum(exposure) over () as varchar), count(*) over () - count(exposure) over () from desk where %s order by exception_id limit %d", where, BulkMost+1))
	if err != nil {
		return nil, err
	}
	if len(t.Rows) > BulkMost {
		return nil, pipeline.Errorf(pipeline.KindUsage, "decide", "exceptions", "the filter finds more than %d", BulkMost).WithHint("narrow it; or decide them in a file: `carat exceptions --export`")
	}
	b, sum := &Bulk{}, sha256.New()
	for _, row := range t.Rows {
		one := Sight{}
		one.ID, _ = row[0].(string)
		one.Difference, _ = row[1].(string)
		one.Decided, _ = row[3].(time.Time)
		fmt.Fprintf(sum, "%s\x1f%s\x1f%v\x1f%d\n", one.ID, one.Difference, row[2], one.Decided.UnixMicro())
		b.List = append(b.List, one)
		b.Exposure = rounded(row[4], o.Config.ReportingCurrency)
		b.Unmeasured, _ = row[5].(int64)
	}
	b.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return b, nil
}

// within is the condition of what the one who asks may see, of the periods asked for.
func (o FindOptions) within(limited []string) string {
	list := []string{"true"}
	if len(limited) > 0 {
		list = append(list, "entity in ("+quoted(limited)+")")
	}
	if o.Period != "" {
		list = append(list, "period = "+pipeline.SQLText(string(o.Period)))
	}
	return strings.Join(list, " and ")
}

func quoted(texts []string) string {
	var list []string
	for _, one := range texts {
		list = append(list, pipeline.SQLText(one))
	}
	return strings.Join(list, ", ")
}

// filter is the condition of what else was asked for.
func (o FindOptions) filter() string {
	list := []string{"true"}
	for _, one := range [][2]string{{"control", o.Control}, {"severity", o.Severity}, {"reason", o.Reason}, {"unit", o.Unit}} {
		if one[1] != "" {
			list = append(list, one[0]+" = "+pipeline.SQLText(one[1]))
		}
	}
	if len(o.IDs) > 0 {
		list = append(list, "exception_id in ("+quoted(o.IDs)+")")
	}
	if o.Text != "" {
		text := pipeline.SQLText(strings.ToLower(o.Text))
		list = append(list, "(contains(lower(subject_id), "+text+") or starts_with(exception_id, "+text+") or contains(lower(detail), "+text+"))")
	}
	return strings.Join(list, " and ")
}

// tab is the condition of a tab.
func (o FindOptions) tab(name string) string {
	me := pipeline.SQLText(o.By.User)
	open := "status in (" + pipeline.SQLText(decision.Open) + ", " + pipeline.SQLText(decision.Moved) + ")"
	switch name {
	case TabUndecided:
		return "not gone and severity <> 'monitor' and " + open
	case TabMine:
		if len(o.given) > 0 {
			return "not gone and (owner = " + me + " or decided_by = " + me + " or exception_id in (" + quoted(o.given) + "))"
		}
		return "not gone and (owner = " + me + " or decided_by = " + me + ")"
	case TabNew:
		return "is_new"
	case TabMoved:
		return "not gone and status = " + pipeline.SQLText(decision.Moved)
	case TabReturned:
		return "is_returned"
	case TabDecided:
		return "not gone and not " + open
	case TabGone:
		return "gone"
	}
	return "not gone"
}

// query takes all rows of a query over the desk.
func (d *Desk) query(ctx context.Context, query string) (*table.Table, error) {
	rows, err := d.eng.Select(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("list exceptions: %w", err)
	}
	t, err := books.ReadTable(rows)
	return t, errors.Join(err, rows.Close())
}

// Close ends what the desk holds.
func (d *Desk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.drop()
}

func (d *Desk) drop() error {
	if d.eng == nil {
		return nil
	}
	err := d.eng.Close()
	d.eng, d.key = nil, ""
	return err
}

// ready judges the right of the one who asks, and reads the exceptions if they are
// others than those that the desk holds. It gives the entities to which that right is
// limited.
func (d *Desk) ready(ctx context.Context, s books.Setting) (limited []string, err error) {
	p, err := books.OpenExisting(ctx, s, books.RightExceptions)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	grants, err := p.Grants(ctx, s)
	if err != nil {
		return nil, err
	}
	limited = grants.Entities(s.By, books.RightExceptions)
	if d.given, err = p.Lake.Comments().With(ctx, s.By.User, givenMost); err != nil {
		return nil, err
	}
	key, err := deskKey(ctx, p, s)
	if err != nil || key == d.key {
		return limited, err
	}
	if err := d.drop(); err != nil {
		return nil, err
	}
	if err := d.read(ctx, p, s); err != nil {
		return nil, errors.Join(err, d.drop())
	}
	d.key = key
	return limited, nil
}

// deskKey says what a desk is of: the runs, what was signed (decisions are) and the day.
func deskKey(ctx context.Context, p *books.Books, s books.Setting) (string, error) {
	runs, err := p.State.RunHeads(ctx)
	if err != nil {
		return "", err
	}
	head, err := p.State.SignedHead(ctx)
	if err != nil {
		return "", err
	}
	key := []string{p.Lake.ID(), head.SHA256, books.Day(s.Now, s.Config.Zone)}
	for _, r := range runs {
		if r.Current {
			key = append(key, r.ID)
		}
	}
	return strings.Join(key, " ") + fmt.Sprint(len(runs)), nil
}

// read reads the exceptions.
func (d *Desk) read(ctx context.Context, p *books.Books, s books.Setting) error {
	periods, controls, err := reconciledPeriods(ctx, p, "")
	if err != nil {
		return err
	}
	slices.Sort(controls)
	d.held = heldDesk{periods: periods, controls: controls, counted: map[string]*Found{}}
	standing, eng, err := openList(ctx, p, s, false, periods, "true")
	if err != nil {
		return err
	}
	d.eng = eng
	resolved, err := listQuery(ctx, p, s, true, periods, "true")
	if err != nil {
		return err
	}
	if err := eng.Exec(ctx, strings.NewReplacer("{standing}", standing, "{resolved}", resolved).Replace(deskQuery)); err != nil {
		return fmt.Errorf("list exceptions: %w", err)
	}
	// Which have moved, Go says, as it does everywhere.
	t, err := d.query(ctx, "select "+strings.Join(Columns, ", ")+" from desk where not gone and status <> "+pipeline.SQLText(decision.Open))
	if err != nil {
		return err
	}
	if err := markMoved(ctx, p, s, t); err != nil {
		return err
	}
	status := slices.Index(Columns, "status")
	var moved []string
	for _, row := range t.Rows {
		if id, ok := row[0].(string); ok && row[status] == decision.Moved {
			moved = append(moved, id)
		}
	}
	for some := range slices.Chunk(moved, 1000) {
		if err := eng.Exec(ctx, "update desk set status = "+pipeline.SQLText(decision.Moved)+" where not gone and exception_id in ("+quoted(some)+")"); err != nil {
			return fmt.Errorf("list exceptions: %w", err)
		}
	}
	return nil
}
