package engine

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// Entity is a legal entity of the configuration.
type Entity struct {
	ID                 string
	FunctionalCurrency string
	Revenue            string // gross or net
}

// Channel is what the configuration says of a way to buy coins.
type Channel struct {
	Name         string
	StoreFeeRate pipeline.Rate
	DueDays      int // after which a purchase without a settlement is a break
}

// ClosedTable is how one result table of the closed period before the run's
// was found: for the control prior_period.
type ClosedTable struct {
	Period    pipeline.Period
	Version   int64
	Table     string // a result table, or certificate, or history
	Rows      int64  // that were locked
	Differing int64  // rows that are not as they were; at least 1 with a Problem
	Problem   string // what is not as it was signed; "" when nothing is
}

// Lock is a closed month before the run's, and the last batch that its
// certificate covers.
type Lock struct {
	Period    pipeline.Period
	LastBatch string // "": it covers none
}

// Parameters are what models read besides the lake: the run table and the
// small tables beside it.
type Parameters struct {
	Period             pipeline.Period
	FirstPeriod        pipeline.Period // where carat begins
	RunID              string
	TimeZone           *time.Location
	ReportingCurrency  string
	DefaultEntity      string
	Clawback           string
	BreakageMonths     int // 0: coins never break
	FXMaxAgeDays       int
	Entities           []Entity
	Channels           []Channel
	Tolerances         map[string]pipeline.Amount // by currency, per match
	Materiality        map[string]pipeline.Amount // by currency
	Approvers          []string
	Accounts           map[string]string // role -> the account of the user's own chart
	ExpectedDaily      []string          // feeds
	Batches            []pipeline.Batch
	Closed             []ClosedTable
	Locks              []Lock // by period: rates and terms that came after a lock are in force from the next month on
	StatementVersion   int64  // 0 is 1
	MaterializeStaging bool   // for tests: staging as tables, so that rows can be tampered with
	ReadFilesOnce      bool   // staging that reads files as tables
	KeepModels         bool   // for tests: no table is dropped after its last reader
}

// ControlResult is how one control judged the period.
type ControlResult struct {
	Control    string
	Severity   string
	Unit       string
	Summary    string
	Guards     string
	Checked    int64
	Exceptions int64
	Result     string // pass or fail
}

// Outcome is the result of a reconciliation.
type Outcome struct {
	Controls []ControlResult
	Models   []Model // in the order in which they ran
}

// Status gives the period's status by its controls: blocked with a block
// exception, exceptions with a review one, else balanced.
func (o *Outcome) Status() string {
	status := "balanced"
	for _, c := range o.Controls {
		if c.Exceptions == 0 {
			continue
		}
		switch c.Severity {
		case "block":
			return "blocked"
		case "review":
			status = "exceptions"
		}
	}
	return status
}

// Reconcile builds every model over the loaded tables and judges the controls.
// progress, if not nil, is told each model before it is built, from one
// goroutine at a time.
func (e *Engine) Reconcile(ctx context.Context, dialect string, models []Model, p Parameters, progress func(model string, done, total int)) (*Outcome, error) {
	e.run = p
	if err := e.readDialect(ctx, dialect); err != nil {
		return nil, err
	}
	if err := e.parameterTables(ctx, p); err != nil {
		return nil, err
	}
	ordered, err := e.order(ctx, models)
	if err != nil {
		return nil, err
	}
	e.models = ordered
	if err := e.closingViews(ctx); err != nil {
		return nil, err
	}
	if err := e.buildAll(ctx, ordered, p, progress); err != nil {
		return nil, err
	}
	if progress != nil {
		progress("", len(ordered), len(ordered))
	}
	controls, err := e.judge(ctx)
	if err != nil {
		return nil, err
	}
	return &Outcome{Controls: controls, Models: ordered}, nil
}

// Dialect reads the macros of dialect/duckdb.sql.
func Dialect(fsys fs.FS) (string, error) {
	text, err := fs.ReadFile(fsys, "dialect/duckdb.sql")
	return string(text), err
}

// judge counts every control's rows and gathers the exceptions.
func (e *Engine) judge(ctx context.Context) (results []ControlResult, err error) {
	if e.inTransaction {
		return e.judgeAll(ctx)
	}
	err = duckdb.InTransaction(ctx, e.Connections()[0], func() error {
		results, err = e.judgeAll(ctx)
		return err
	})
	return results, err
}

func (e *Engine) judgeAll(ctx context.Context) ([]ControlResult, error) {
	if err := e.Exec(ctx, createExceptions); err != nil {
		return nil, fmt.Errorf("create exceptions: %w", err)
	}
	controls := slices.DeleteFunc(slices.Clone(e.models), func(m Model) bool { return !m.IsControl() })
	found, checked, err := e.countControls(ctx, controls)
	if err != nil {
		return nil, err
	}
	var results []ControlResult
	for i, m := range controls {
		r := ControlResult{
			Control: m.Header["control"], Severity: m.Header["severity"], Unit: m.Header["unit"],
			Summary: m.Summary, Guards: m.Header["guards"], Checked: checked[i], Exceptions: found[i], Result: "pass",
		}
		if r.Exceptions > 0 {
			r.Result = "fail"
		}
		results = append(results, r)
		if r.Exceptions == 0 && !m.UserMade { // a user's may lack columns, and is told so even when it finds nothing
			continue
		}
		if err := e.Exec(ctx, insertExceptions(m)); err != nil {
			kind := pipeline.KindInternal
			if m.UserMade {
				kind = pipeline.KindUsage
			}
			return nil, pipeline.Errorf(kind, "read control", m.Path, "%w", err).
				WithHint("a control gives entity, subject_kind, subject_id, expected, actual, difference, unit, reason, detail, batch_id and source_line")
		}
	}
	if err := e.refuseEqualIDs(ctx, controls); err != nil {
		return nil, err
	}
	return results, e.recordControls(ctx, results)
}

// refuseEqualIDs refuses two exceptions with one id: a decision about the one would
// be a decision about the other, which nobody looked at.
func (e *Engine) refuseEqualIDs(ctx context.Context, controls []Model) error {
	twice, err := e.Texts(ctx, `select control || chr(31) || min(subject_kind || ' ' || subject_id || ', ' || coalesce(reason, ''))
from exceptions group by control, exception_id having count(*) > 1 order by 1 limit 1`)
	if err != nil {
		return fmt.Errorf("compare the ids of exceptions: %w", err)
	}
	if len(twice) == 0 {
		return nil
	}
	name, subject, _ := strings.Cut(twice[0], "\x1f")
	for _, m := range controls {
		if m.Header["control"] == name && m.UserMade {
			return pipeline.Errorf(pipeline.KindUsage, "read control", m.Path, "two of its rows have one id: %s", subject).
				WithHint("entity, subject_kind, subject_id, reason and unit together name an exception: no two rows of a control may have all of them equal")
		}
	}
	return pipeline.Errorf(pipeline.KindInternal, "read control", name, "two of its rows have one id: %s", subject)
}

// countControls gives how many rows each control found, and how many its
// `checked:` counts; 0 without one. The built-in ones are counted by one query:
// planning is all that such a query costs. A user's is counted by itself, so
// that an error says whose it is.
func (e *Engine) countControls(ctx context.Context, controls []Model) (found, checked []int64, err error) {
	found, checked = make([]int64, len(controls)), make([]int64, len(controls))
	var from []string
	var into []*int64
	for i, m := range controls {
		sources := map[*int64]string{&found[i]: "from " + duckdb.Identifier(m.Name), &checked[i]: m.Header["checked"]}
		for _, n := range []*int64{&found[i], &checked[i]} {
			switch source := sources[n]; {
			case source == "":
			case m.UserMade:
				if *n, err = e.Number(ctx, "select count(*) "+source); err != nil {
					return nil, nil, fmt.Errorf("count what control %s checked: %w", m.Header["control"], err)
				}
			default:
				from, into = append(from, source), append(into, n)
			}
		}
	}
	counts, err := e.Counts(ctx, from)
	if err != nil {
		return nil, nil, fmt.Errorf("count what the controls checked: %w", err)
	}
	for i, n := range counts {
		*into[i] = n
	}
	return found, checked, nil
}

const createExceptions = `create or replace table exceptions (
    period varchar,
    run_id varchar,
    exception_id varchar,
    control varchar,
    severity varchar,
    entity varchar,
    subject_kind varchar,
    subject_id varchar,
    expected decimal(38, 9),
    actual decimal(38, 9),
    difference decimal(38, 9),
    unit varchar,
    reason varchar,
    detail varchar,
    batch_id varchar,
    source_line bigint
)`

// insertExceptions adds a control's rows. The id is the same from run to run:
// a hash of control, entity, subject and reason (and unit, because a subject
// may be off in two currencies).
func insertExceptions(m Model) string {
	control, severity := duckdb.Literal(m.Header["control"]), duckdb.Literal(m.Header["severity"])
	return `insert into exceptions
select
    run.period,
    run.run_id,
    substr(sha256(concat_ws(chr(31), ` + control + `, c.entity, c.subject_kind, c.subject_id, c.reason, c.unit)), 1, 16),
    ` + control + `,
    ` + severity + `,
    c.entity,
    c.subject_kind,
    c.subject_id,
    c.expected,
    c.actual,
    c.difference,
    c.unit,
    c.reason,
    c.detail,
    c.batch_id,
    c.source_line
from ` + duckdb.Identifier(m.Name) + ` as c
cross join run`
}

func (e *Engine) recordControls(ctx context.Context, results []ControlResult) error {
	if err := e.Exec(ctx, `create or replace table control_results (
    period varchar, run_id varchar, control varchar, severity varchar,
    checked bigint, exceptions bigint, result varchar
)`); err != nil {
		return fmt.Errorf("create control results: %w", err)
	}
	var rows []string
	for _, r := range results {
		rows = append(rows, fmt.Sprintf("(%s, %s, %d, %d, %s)", duckdb.Literal(r.Control), duckdb.Literal(r.Severity), r.Checked, r.Exceptions, duckdb.Literal(r.Result)))
	}
	if len(rows) == 0 {
		return nil
	}
	if err := e.Exec(ctx, "insert into control_results select run.period, run.run_id, judged.* from run cross join (values "+strings.Join(rows, ", ")+") as judged"); err != nil {
		return fmt.Errorf("record controls: %w", err)
	}
	return nil
}
