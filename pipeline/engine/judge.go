package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

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
	counts, err := e.countControls(ctx, controls)
	if err != nil {
		return nil, err
	}
	var results []ControlResult
	for i, m := range controls {
		r := ControlResult{
			Control: m.Header["control"], Severity: m.Header["severity"], Unit: m.Header["unit"],
			Summary: m.Summary, Guards: m.Header["guards"], Checked: counts[i].checked, Exceptions: counts[i].found,
		}
		if saysNotCompared(m) {
			r.NotCompared = &counts[i].notCompared
		}
		if err := e.settle(ctx, m, &r); err != nil {
			return nil, err
		}
		results = append(results, r)
		if r.Exceptions == 0 && !m.UserMade { // a user's may lack columns, and is told so even when it finds nothing
			continue
		}
		if err := e.Exec(ctx, e.insertExceptions(m)); err != nil {
			kind := pipeline.KindInternal
			if m.UserMade {
				kind = pipeline.KindUsage
			}
			return nil, pipeline.Errorf(kind, "read control", m.Path, "%w", err).
				WithHint("a control gives entity, subject_kind, subject_id, expected, actual, difference, unit, reason, detail, batch_id and source_line")
		}
	}
	if err := e.countBlocking(ctx, controls, results); err != nil {
		return nil, err
	}
	if err := e.refuseEqualIDs(ctx, controls); err != nil {
		return nil, err
	}
	return results, e.recordControls(ctx, results)
}

// countBlocking counts, of controls of which only some reasons block, the
// exceptions that do. Such a control is told as blocking when one of them does.
func (e *Engine) countBlocking(ctx context.Context, controls []Model, results []ControlResult) error {
	for i, m := range controls {
		if r := &results[i]; len(m.blocks()) > 0 && r.Severity != "block" && r.Exceptions > 0 {
			n, err := e.Number(ctx, "select count(*) from exceptions where severity = 'block' and control = "+duckdb.Literal(r.Control))
			if err != nil {
				return fmt.Errorf("count what blocks of control %s: %w", r.Control, err)
			}
			if n > 0 {
				r.Severity, r.ReviewOnly = "block", r.Exceptions-n
			}
		}
	}
	return nil
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

// settle says how the control came out, and why where it compared nothing or
// not everything. Without anything to compare with a control is not compared,
// never a pass. One whose header doesn't speak of it, as a user's may and as
// those of months that were closed before do, passes without rows.
func (e *Engine) settle(ctx context.Context, m Model, r *ControlResult) error {
	switch {
	case r.Exceptions > 0:
		r.Result = resultFail
	case r.Checked == 0 && r.NotCompared != nil:
		r.Result = resultNotCompared
	default:
		r.Result = resultPass
	}
	if r.NotCompared == nil || *r.NotCompared == 0 && r.Result != resultNotCompared {
		return nil
	}
	reason := m.Header[keyNotComparedReason]
	switch {
	case isQuery(reason) && e.own[m.Name] != nil:
		r.NotComparedReason = e.own[m.Name].Reason
	case isQuery(reason):
		texts, err := e.Texts(ctx, reason)
		if err != nil {
			return fmt.Errorf("say what control %s did not compare: %w", r.Control, err)
		}
		r.NotComparedReason = strings.Join(texts, "; ")
	case *r.NotCompared > 0 || m.Header[keyNotCompared] == "":
		r.NotComparedReason = reason
	}
	if r.NotComparedReason == "" {
		r.NotComparedReason = nothingToCheck
	}
	return nil
}

// How a control came out.
const (
	resultPass        = "pass"
	resultFail        = "fail"
	resultNotCompared = "not compared"
)

// The keys of a control's header that say what it checked and what it has nothing
// to compare with: from clauses that count it, or queries that give the number, and a text,
// or a query that gives one.
const (
	keyChecked           = "checked"
	keyNotCompared       = "not_compared"
	keyNotComparedReason = "not_compared_reason"
)

// nothingToCheck is the reason of a control that says none itself.
const nothingToCheck = "there was nothing to check"

// saysNotCompared says whether the control's header speaks of what it has
// nothing to compare with.
func saysNotCompared(m Model) bool {
	return m.Header[keyNotCompared] != "" || m.Header[keyNotComparedReason] != ""
}

func isQuery(text string) bool { return strings.HasPrefix(text, "select ") }

// counting gives the query of a header's count, which a from clause or the query itself tells.
func counting(source string) string {
	if isQuery(source) {
		return source
	}
	return "select count(*) " + source
}

// judgingQuery is a query of a control's header, and its key.
type judgingQuery struct{ key, query string }

// judgingQueries gives the queries that judge a control besides its own rows.
func judgingQueries(m Model) []judgingQuery {
	var list []judgingQuery
	for _, key := range []string{keyChecked, keyNotCompared} {
		if source := m.Header[key]; source != "" {
			list = append(list, judgingQuery{key, counting(source)})
		}
	}
	if reason := m.Header[keyNotComparedReason]; isQuery(reason) {
		list = append(list, judgingQuery{keyNotComparedReason, reason})
	}
	return list
}

// controlCounts are how many rows a control found, how many its `checked:`
// counts and how many its `not_compared:`; 0 without one.
type controlCounts struct{ found, checked, notCompared int64 }

// countControls counts for each control. The built-in ones are counted by one
// query: planning is all that such a query costs. A user's is counted by
// itself, so that an error says whose it is.
func (e *Engine) countControls(ctx context.Context, controls []Model) ([]controlCounts, error) {
	counts := make([]controlCounts, len(controls))
	var queries []string
	var into []*int64
	for i, m := range controls {
		n := &counts[i]
		for _, s := range []struct {
			key, source string
			into        *int64
		}{{"", "from " + duckdb.Identifier(m.Name), &n.found}, {keyChecked, m.Header[keyChecked], &n.checked}, {keyNotCompared, m.Header[keyNotCompared], &n.notCompared}} {
			switch {
			case s.source == "":
			case m.UserMade && e.own[m.Name] != nil && s.key != "":
				*s.into = e.own[m.Name].Numbers[s.key]
			case m.UserMade:
				var err error
				if *s.into, err = e.Number(ctx, counting(s.source)); err != nil {
					return nil, fmt.Errorf("count what control %s checked: %w", m.Header["control"], err)
				}
			default:
				queries, into = append(queries, counting(s.source)), append(into, s.into)
			}
		}
	}
	numbers, err := e.Numbers(ctx, queries)
	if err != nil {
		return nil, fmt.Errorf("count what the controls checked: %w", err)
	}
	for i, n := range numbers {
		*into[i] = n
	}
	return counts, nil
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
    source_line bigint,
    exposure decimal(38, 9)
)`

// modelOfUnits says what one of a unit is worth in reporting currency. Months that
// were closed before it was there have exceptions without an exposure.
const modelOfUnits = "led_unit_value"

// insertExceptions adds a control's rows. The id is the same from run to run:
// a hash of control, entity, subject and reason (and unit, because a subject
// may be off in two currencies). The exposure is the same for every control: the
// difference without its sign, in reporting currency; null where no rate tells it.
func (e *Engine) insertExceptions(m Model) string {
	exposure, worth := "null", ""
	if slices.ContainsFunc(e.models, func(m Model) bool { return m.Name == modelOfUnits }) {
		exposure = "bounded_at_rate(bounded_at_rate(abs(c.difference), worth.value), worth.rate)"
		worth = "\nleft join " + modelOfUnits + " as worth on worth.unit = c.unit"
	}
	control, severity := duckdb.Literal(m.Header["control"]), duckdb.Literal(m.Header["severity"])
	for _, reason := range m.blocks() {
		severity = "case when c.reason = " + duckdb.Literal(reason) + " then 'block' else " + severity + " end"
	}
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
    c.source_line,
    ` + exposure + `
from ` + duckdb.Identifier(m.Name) + ` as c
cross join run` + worth
}

func (e *Engine) recordControls(ctx context.Context, results []ControlResult) error {
	if err := e.Exec(ctx, `create or replace table control_results (
    period varchar, run_id varchar, control varchar, severity varchar,
    checked bigint, exceptions bigint, result varchar,
    not_compared bigint, not_compared_reason varchar
)`); err != nil {
		return fmt.Errorf("create control results: %w", err)
	}
	var rows []string
	for _, r := range results {
		count, reason := "cast(null as bigint)", "cast(null as varchar)"
		if r.NotCompared != nil {
			count = strconv.FormatInt(*r.NotCompared, 10)
		}
		if r.NotComparedReason != "" {
			reason = duckdb.Literal(r.NotComparedReason)
		}
		rows = append(rows, fmt.Sprintf("(%s, %s, %d, %d, %s, %s, %s)", duckdb.Literal(r.Control), duckdb.Literal(r.Severity),
			r.Checked, r.Exceptions, duckdb.Literal(r.Result), count, reason))
	}
	if len(rows) == 0 {
		return nil
	}
	if err := e.Exec(ctx, "insert into control_results select run.period, run.run_id, judged.* from run cross join (values "+strings.Join(rows, ", ")+") as judged"); err != nil {
		return fmt.Errorf("record controls: %w", err)
	}
	return nil
}
