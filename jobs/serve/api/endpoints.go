package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"carat/jobs/ask"
	"carat/jobs/books"
	jobpackage "carat/jobs/closepackage"
	"carat/jobs/creators"
	"carat/jobs/exceptions"
	"carat/jobs/history"
	"carat/jobs/schedule"
	"carat/pipeline"
	"carat/reports/closepackage"
	"carat/reports/table"
)

// endpoint is an address and what it answers.
type endpoint struct {
	method, path, id, summary string
	right                     books.Right // which the job judges: it is told in the document
	parameters                []parameter
	columns                   []column
	paged                     bool                                // the job reads one page and a row more, instead of all
	rows                      func(c *call) (*table.Table, error) // nil: answer
	answer                    func(*call, http.ResponseWriter, form) error
}

// parameter is something that an address or a query takes.
type parameter struct{ name, in, says, pattern string }

// column is one of an answer's, in every form of it.
type column struct {
	name string
	kind table.Kind
}

func columnsOf(kind table.Kind, names ...string) (list []column) {
	for _, name := range names {
		list = append(list, column{name, kind})
	}
	return list
}

func columns(groups ...[]column) (list []column) {
	for _, g := range groups {
		list = append(list, g...)
	}
	return list
}

var (
	periodIn = parameter{"period", "path", "the month, such as 2026-10", `^[0-9]{4}-[0-9]{2}$`}
	periodOf = parameter{"period", "query", "this month's alone", `^[0-9]{4}-[0-9]{2}$`}
	idIn     = parameter{"id", "path", "the creator's id, percent-encoded", ""}
	paging   = []parameter{{"limit", "query", "how many rows an answer has at most", `^[0-9]+$`}, {"cursor", "query", "`next` of the answer before", `^[A-Za-z0-9_-]+$`}}
)

// allParameters are its own and, of a list, those of paging.
func (e endpoint) allParameters() []parameter {
	if e.rows == nil {
		return e.parameters
	}
	return append(append([]parameter(nil), e.parameters...), paging...)
}

// endpoints are all there are.
var endpoints = []endpoint{
	{method: "GET", path: "/months", id: "listMonths", summary: "Where each month stands, and what its close waits for", right: books.RightStatus, rows: months,
		columns: columns(columnsOf(table.Text, "period", "stage", "status", "says", "run_id"), columnsOf(table.Time, "run_at"), columnsOf(table.Number, "exceptions"), columnsOf(table.Text, "signed"), columnsOf(table.Time, "prepared_at"),
			columnsOf(table.Number, "newer_batches"), columnsOf(table.Text, "waits"))},
	{method: "GET", path: "/months/{period}/controls", id: "listControls", summary: "What each control of a month checked and found", right: books.RightEvidence, parameters: []parameter{periodIn}, rows: controls,
		columns: columns(columnsOf(table.Text, "control", "severity", "result"), columnsOf(table.Number, "checked", "exceptions", "not_compared"), columnsOf(table.Text, "not_compared_reason", "question", "sha256"))},
	{method: "GET", path: "/months/{period}/statements", id: "listStatements", summary: "The heads of a month's statements, one a creator, entity and currency", right: books.RightCreators, parameters: []parameter{periodIn}, rows: statements, paged: true,
		columns: statementColumns()},
	{method: "GET", path: "/exceptions", id: "listExceptions", summary: "What the controls found, with what was decided about it", right: books.RightExceptions, rows: exceptionsOf,
		parameters: []parameter{periodOf, {"control", "query", "of this control alone", ""}, {"creator", "query", "about this creator, or gifts, payouts and adjustments of theirs", ""}, {"resolved", "query", "true: those that are gone, instead of those that stand", "^(true|false)$"}},
		columns: columns(columnsOf(table.Text, "exception_id", "control", "severity", "period", "entity", "subject_kind", "subject_id"), columnsOf(table.Decimal, "expected", "actual", "difference"), columnsOf(table.Text, "unit", "reason", "detail", "batch_id"),
			columnsOf(table.Number, "source_line"), columnsOf(table.Text, "status"), columnsOf(table.Text, "until"), columnsOf(table.Text, "owner", "note", "decided_by"), columnsOf(table.Time, "decided_at", "first_seen"), columnsOf(table.Text, "first_period"),
			columnsOf(table.Number, "age_days"), columnsOf(table.Text, "resolved_in"), columnsOf(table.Decimal, "value"), columnsOf(table.Text, "source", "matched"), columnsOf(table.Decimal, "exposure"))},
	{method: "GET", path: "/decisions", id: "listDecisions", summary: "Every decision about an exception that was ever made, newest first", right: books.RightEvidence, rows: func(c *call) (*table.Table, error) { return history.Decisions(c.ctx, c.Setting) },
		columns: columns(columnsOf(table.Text, "exception_id", "status"), columnsOf(table.Date, "until"), columnsOf(table.Text, "owner", "note"), columnsOf(table.Decimal, "value"), columnsOf(table.Text, "source", "rate", "period", "matched", "match", "expected", "actual", "difference", "unit"),
			columnsOf(table.Number, "record"), columnsOf(table.Text, "decided_by"), columnsOf(table.Time, "decided_at"))},
	{method: "GET", path: "/runs", id: "listRuns", summary: "The jobs that ran, newest first", right: books.RightRuns, rows: runs,
		columns: columns(columnsOf(table.Number, "id"), columnsOf(table.Text, "job", "period", "user"), columnsOf(table.Time, "started_at"), columnsOf(table.Decimal, "seconds"), columnsOf(table.Text, "result", "run_id", "error"))},
	{method: "GET", path: "/creators/{id}/statements", id: "listStatementsOfCreator", summary: "The statements of one creator, newest month first", right: books.RightCreators, parameters: []parameter{idIn},
		rows: func(c *call) (*table.Table, error) {
			one, err := ofCreator(c)
			if err != nil {
				return nil, err
			}
			return one.Statements, nil
		},
		columns: columns(columnsOf(table.Text, "period", "entity", "currency"), columnsOf(table.Decimal, "opening_amount", "earned_amount", "adjusted_amount", "redeemed_amount", "returned_amount", "revaluation_amount", "rounding_amount", "closing_amount",
			"withheld_amount", "fee_amount", "paid_amount", "in_transit_amount", "failed_amount"))},
	{method: "GET", path: "/creators/{id}/payouts", id: "listPayoutsOfCreator", summary: "Each change of a payout of one creator, newest first", right: books.RightCreators, parameters: []parameter{idIn},
		rows: func(c *call) (*table.Table, error) {
			one, err := ofCreator(c)
			if err != nil {
				return nil, err
			}
			return one.Payouts, nil
		},
		columns: columns(columnsOf(table.Text, "payout_id", "status", "entity"), columnsOf(table.Number, "diamonds"), columnsOf(table.Decimal, "gross_amount", "withholding_amount", "fee_amount", "net_amount"), columnsOf(table.Text, "currency"),
			columnsOf(table.Decimal, "payout_amount"), columnsOf(table.Text, "payout_currency"), columnsOf(table.Decimal, "fx_rate"), columnsOf(table.Text, "method", "provider_reference"), columnsOf(table.Time, "requested_at", "updated_at", "paid_at"),
			columnsOf(table.Text, "batch_id"), columnsOf(table.Number, "source_line"))},
	{method: "POST", path: "/query", id: "query", summary: "One SELECT over the history, as of any batch; it is recorded", right: books.RightQuery, answer: query},
}

func statementColumns() (list []column) {
	for _, name := range creators.StatementColumns {
		kind := table.Text
		switch {
		case strings.HasSuffix(name, "_amount"):
			kind = table.Decimal
		case strings.HasSuffix(name, "_diamonds"), name == "gift_count", name == "version":
			kind = table.Number
		}
		list = append(list, column{name, kind})
	}
	return list
}

// period is the month of the address; a not-found problem for what is none.
func (c *call) period() (pipeline.Period, error) {
	p, err := pipeline.ParsePeriod(c.r.PathValue("period"))
	if err != nil {
		return "", &problem{Status: http.StatusNotFound, Detail: "that is no month", Hint: "give one such as 2026-10"}
	}
	return p, nil
}

func months(c *call) (*table.Table, error) {
	st, err := schedule.Status(c.ctx, c.Setting)
	if err != nil {
		return nil, err
	}
	t := &table.Table{}
	for _, name := range []string{"period", "stage", "status", "says", "run_id", "run_at", "exceptions", "signed", "prepared_at", "newer_batches", "waits"} {
		t.Columns = append(t.Columns, table.Column{Name: name})
	}
	for _, m := range st.Periods {
		var prepared any
		if !m.PreparedAt.IsZero() {
			prepared = m.PreparedAt
		}
		t.Rows = append(t.Rows, []any{string(m.Period), m.Stage, m.Status, m.Says, m.RunID, m.RunAt, m.Exceptions, books.TextOrNil(m.Signed), prepared, m.NewerBatches, books.TextOrNil(strings.Join(m.Waits, "\n"))})
	}
	return t, nil
}

func controls(c *call) (t *table.Table, err error) {
	period, err := c.period()
	if err != nil {
		return nil, err
	}
	t = &table.Table{}
	for _, name := range []string{"control", "severity", "result", "checked", "exceptions", "not_compared", "not_compared_reason", "question", "sha256"} {
		t.Columns = append(t.Columns, table.Column{Name: name})
	}
	return t, jobpackage.Look(c.ctx, jobpackage.Options{Setting: c.Setting, SQL: c.sql, Period: period}, func(pack *closepackage.Package) error {
		for _, one := range pack.Controls {
			var not any
			if one.NotCompared != nil {
				not = *one.NotCompared
			}
			t.Rows = append(t.Rows, []any{one.Control, one.Severity, one.Result, one.Checked, one.Exceptions, not, books.TextOrNil(one.NotComparedReason), books.TextOrNil(one.Question), books.TextOrNil(one.SHA256)})
		}
		return nil
	})
}

func statements(c *call) (*table.Table, error) {
	period, err := c.period()
	if err != nil {
		return nil, err
	}
	return creators.Statements(c.ctx, creators.Options{Setting: c.Setting, Period: period, Offset: c.offset, Limit: c.limit + 1})
}

func exceptionsOf(c *call) (*table.Table, error) {
	q := c.r.URL.Query()
	o := exceptions.Options{Setting: c.Setting, Control: q.Get("control"), Creator: q.Get("creator"), Resolved: q.Get("resolved") == "true"}
	if text := q.Get("resolved"); text != "" && text != "true" && text != "false" {
		return nil, badRequest("resolved is true or false", "")
	}
	if text := q.Get("period"); text != "" {
		var err error
		if o.Period, err = pipeline.ParsePeriod(text); err != nil {
			return nil, badRequest("period is no month", "give one such as 2026-10")
		}
	}
	return exceptions.List(c.ctx, o)
}

// runsListed bounds the jobs that are read to be listed.
const runsListed = 10_000

func runs(c *call) (*table.Table, error) {
	return history.Runs(c.ctx, history.RunsOptions{Setting: c.Setting, Limit: runsListed})
}

func ofCreator(c *call) (*creators.Creator, error) {
	return creators.Look(c.ctx, creators.Options{Setting: c.Setting, Creator: c.r.PathValue("id"), Limit: 1})
}

// bounded keeps an answer, as far as it may go.
type bounded struct{ bytes.Buffer }

var errLarge = &problem{Status: http.StatusRequestEntityTooLarge, Detail: "the answer is larger than 64 MB", Hint: "ask for less, or on the command line: `carat query --out FILE`"}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > bytesMax {
		return 0, errLarge
	}
	return b.Buffer.Write(p)
}

// query answers a SELECT.
func query(c *call, w http.ResponseWriter, f form) error {
	if media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return &problem{Status: http.StatusUnsupportedMediaType, Detail: "a query is sent as application/json"}
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, c.r.Body, bodyMax))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return &problem{Status: http.StatusRequestEntityTooLarge, Detail: "the query is too large"}
	}
	var asked struct{ Query, AsOf, Period string }
	if err != nil || texts(text, map[string]*string{"query": &asked.Query, "as_of": &asked.AsOf, "period": &asked.Period}) != nil || strings.TrimSpace(asked.Query) == "" {
		return badRequest("that is no query", `send {"query": "select …"}, once, with as_of and period where they are wanted`)
	}
	into := &bounded{}
	o := ask.QueryOptions{Setting: c.Setting, Query: asked.Query, AsOf: asked.AsOf, Timeout: workTime * 3 / 4, Format: f.name, Output: func() (io.Writer, error) { return into, nil }}
	if asked.Period != "" {
		period, err := pipeline.ParsePeriod(asked.Period)
		if err != nil {
			return badRequest("period is no month", "give one such as 2026-10")
		}
		o.Period = period
	}
	if !c.Apart { // in tests, which have no binary to call
		o.Answer = func(columns []table.Column, types []string) (table.RowWriter, error) {
			return table.NewRowWriter(into, f.name, columns, types)
		}
	}
	if _, err := ask.Query(c.ctx, o); err != nil {
		return err
	}
	w.Header().Set("Content-Type", f.media)
	if f.name == "json" {
		_, _ = w.Write([]byte(`{"data":`))
		_, _ = w.Write(bytes.TrimSpace(into.Bytes()))
		_, _ = w.Write([]byte(",\"next\":null}\n"))
		return nil
	}
	_, _ = w.Write(into.Bytes())
	return nil
}
