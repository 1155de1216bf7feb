package ask

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/reports/table"
	"carat/reports/trace"
)

// EvidenceOptions say of which exception the evidence is shown.
type EvidenceOptions struct {
	books.Setting
	SQL   fs.FS  // the models and the queries of evidence/
	ID    string // an exception's id, or the beginning of one that no other has
	Limit int    // how many rows of one kind are shown; 0: all
	// Keep gives what gather gives, or gave in the same state for who sees the same entities. nil: it is gathered.
	Keep func(gather func() (Gathered, error)) (Gathered, error)
}

// Gathered is the evidence of an exception, and of how many rows.
type Gathered struct {
	*trace.Evidence
	Rows int64
}

// Evidence gives what an exception rests on: what its control asks, what was decided, and the rows of both sides with
// their source lines, as the run that found it read them. An id that no exception has, or several begin with, is a
// not-found error. The access is recorded.
func Evidence(ctx context.Context, o EvidenceOptions) (e *trace.Evidence, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightExceptions)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	gather := func() (g Gathered, err error) {
		t, err := newTracer(ctx, p, TraceOptions{Setting: o.Setting, SQL: o.SQL, IDs: []string{o.ID}, Limit: o.Limit})
		if err != nil {
			return g, err
		}
		e, err := t.evidence(ctx)
		return Gathered{e, t.rows}, errors.Join(err, t.close())
	}
	var g Gathered
	_, err = p.Recorded(ctx, o.Setting, "exceptions", "show "+o.ID, func() (_ int64, err error) {
		if o.Keep == nil {
			g, err = gather()
		} else {
			g, err = o.Keep(gather)
		}
		return g.Rows, err
	})
	return g.Evidence, err
}

func (t *tracer) evidence(ctx context.Context) (*trace.Evidence, error) {
	found, err := t.findException(ctx, t.IDs[0])
	if err != nil {
		return nil, err
	}
	// Of another entity than those that the one who asks may see there is none.
	grants, err := t.Grants(ctx, t.Setting)
	if err != nil {
		return nil, err
	}
	if only := grants.Entities(t.By, books.RightExceptions); len(only) > 0 && !slices.Contains(only, found.text("entity")) {
		return nil, exceptions.None(t.IDs[0])
	}
	id := found.text("exception_id")
	e := &trace.Evidence{Control: t.controlSaid(found.text("control"))}
	listed, err := t.listedException(ctx, id, pipeline.Period(found.text("period")))
	if err != nil {
		return nil, err
	}
	e.Exception = listed
	decisions, err := t.State.DecisionsOn(ctx, id)
	if err != nil {
		return nil, err
	}
	e.Decisions = exceptions.DecisionsOf(decisions)
	if e.Blocks, err = t.evidenceBlocks(ctx, found); err != nil {
		return nil, err
	}
	return e, t.readSources(ctx)
}

// findException finds an exception by its id or the beginning of it, as the
// latest run found it; one that stands goes before one that is gone.
func (t *tracer) findException(ctx context.Context, id string) (*record, error) {
	missing := exceptions.None(id)
	if has, err := t.has(ctx, books.TableExceptions); err != nil {
		return nil, err
	} else if id == "" || !has {
		return nil, missing
	}
	rows, err := t.records(ctx, "select * from "+books.TableExceptions+" where starts_with(exception_id, ?) order by all", id)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range rows {
		if one := r.text("exception_id"); !slices.Contains(ids, one) {
			ids = append(ids, one)
		}
	}
	switch {
	case len(ids) == 0:
		return nil, missing
	case len(ids) > 1:
		return nil, pipeline.Misnamed("show exception", fmt.Sprintf("%q", id), "", nil, "%d exceptions begin so", len(ids)).
			WithHint("give more of the id: %s", strings.Join(ids[:min(len(ids), 5)], ", "))
	}
	var last, standing *record
	for _, run := range t.runs {
		for _, r := range rows {
			if r.text("run_id") == run.ID {
				last = r
				if run.Current {
					standing = r
				}
			}
		}
	}
	if standing != nil {
		return standing, nil
	}
	if last == nil {
		return nil, missing
	}
	return last, nil
}

// listedException is the exception as the list shows it.
func (t *tracer) listedException(ctx context.Context, id string, period pipeline.Period) ([]trace.Field, error) {
	for _, resolved := range []bool{false, true} {
		table, err := exceptions.Where(ctx, t.Books, t.Setting, resolved, []pipeline.Period{period}, "listed.exception_id = "+pipeline.SQLText(id))
		if err != nil {
			return nil, err
		}
		for _, row := range table.Rows {
			var fields []trace.Field
			for i, c := range table.Columns {
				fields = append(fields, trace.Field{Name: c.Name, Kind: c.Kind, Value: row[i]})
			}
			return fields, nil
		}
	}
	return nil, pipeline.Errorf(pipeline.KindNotFound, "show exception", id, "no run of %s lists it", period)
}

// controlSaid is what a control's header says.
func (t *tracer) controlSaid(name string) []trace.Field {
	i := slices.IndexFunc(t.models.List, func(m engine.Model) bool { return m.Header["control"] == name })
	if i < 0 {
		return nil
	}
	m := t.models.List[i]
	var fields []trace.Field
	for _, f := range []trace.Field{
		{Name: "question", Value: m.Header["question"]}, {Name: "rule", Value: m.Why}, {Name: "guards", Value: m.Header["guards"]},
		{Name: "causes", Value: m.Header["causes"]}, {Name: "action", Value: m.Header["action"]},
	} {
		if f.Value != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// evidenceBlocks asks the queries of the subject's kind, over what the run of
// the exception read.
func (t *tracer) evidenceBlocks(ctx context.Context, e *record) (blocks []*trace.EvidenceBlock, err error) {
	all, err := engine.ParseEvidence(t.SQL)
	if err != nil {
		return nil, err
	}
	var wanted []engine.Model
	var names []string
	for _, m := range all {
		if slices.Contains(strings.Split(m.Header["subject"], ", "), e.text("subject_kind")) {
			wanted, names = append(wanted, m), append(names, m.Name)
		}
	}
	i := slices.IndexFunc(t.runs, func(r books.RunAt) bool { return r.ID == e.text("run_id") })
	creators, err := t.creatorsOf(ctx, e)
	if err != nil || i < 0 || len(wanted) == 0 {
		return t.sourceBlock(e, nil), err
	}
	prepare := func(eng *books.Reader) error {
		columns, values := "", []any{}
		for _, c := range []string{"exception_id", "control", "period", "entity", "subject_kind", "subject_id", "unit", "reason"} {
			columns, values = columns+c+" varchar, ", append(values, e.text(c))
		}
		return eng.LoadRows(ctx, "subject", strings.TrimSuffix(columns, ", "), [][]any{values})
	}
	m, err := t.buildModels(ctx, t.runs[i], modelInput{creators: creators, prepare: prepare}, append(slices.Clone(t.models.List), wanted...), names...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.eng.Close()) }()
	for _, query := range wanted {
		rows, err := selectRecords(ctx, m.eng.Engine, "select * from "+query.Name+" order by "+query.Header["order"])
		if err != nil {
			return nil, err
		}
		t.rows += int64(len(rows))
		if len(rows) > 0 {
			blocks = append(blocks, t.evidenceBlock(query, rows))
		}
	}
	return t.sourceBlock(e, blocks), nil
}

// creatorsOf are the creators that a subject's rows belong to, so that no
// other's need be read; none: it isn't about creators.
func (t *tracer) creatorsOf(ctx context.Context, e *record) ([]string, error) {
	query, table := "", ""
	switch id := e.text("subject_id"); e.text("subject_kind") {
	case "creator":
		return []string{id}, nil
	case "payout":
		query, table = "select distinct creator_id from payouts where payout_id = ?", "payouts"
	case "gift":
		query = `select distinct gifts.creator_id from gift_events as own inner join gift_events as gifts
			on gifts.event_id = own.event_id or gifts.event_id = own.original_event_id where own.event_id = ?`
		table = "gift_events"
	default:
		return nil, nil
	}
	if has, err := t.has(ctx, table); err != nil || !has {
		return nil, err
	}
	rows, err := t.records(ctx, query+" order by 1", e.text("subject_id"))
	var creators []string
	for _, r := range rows {
		creators = append(creators, r.text("creator_id"))
	}
	return creators, err
}

// evidenceBlock is what one query found: up to the limit of its rows, without
// the columns that none of them fills.
func (t *tracer) evidenceBlock(query engine.Model, rows []*record) *trace.EvidenceBlock {
	b := &trace.EvidenceBlock{Name: strings.TrimPrefix(query.Name, "evi_"), Heading: query.Header["heading"], Total: len(rows)}
	if t.Limit > 0 && len(rows) > t.Limit {
		rows = rows[:t.Limit]
	}
	for _, f := range rows[0].fields {
		if f.Name != "source_line" && f.Name != "batch_id" && slices.ContainsFunc(rows, func(r *record) bool { return r.value(f.Name) != nil }) {
			b.Rows.Columns = append(b.Rows.Columns, table.Column{Name: f.Name, Kind: f.Kind})
		}
	}
	for _, r := range rows {
		var cells []any
		for _, c := range b.Rows.Columns {
			cells = append(cells, r.value(c.Name))
		}
		b.Rows.Rows = append(b.Rows.Rows, cells)
		b.Sources = append(b.Sources, t.sourceOf(r.text("batch_id"), r.number("source_line")))
	}
	return b
}

// sourceBlock adds the line that the exception itself names, when no row of the
// evidence was read from it.
func (t *tracer) sourceBlock(e *record, blocks []*trace.EvidenceBlock) []*trace.EvidenceBlock {
	own := t.sourceOf(e.text("batch_id"), e.number("source_line"))
	if own == nil || e.number("source_line") < 1 {
		return blocks
	}
	for _, b := range blocks {
		if slices.ContainsFunc(b.Sources, func(n *trace.Node) bool { return n != nil && n.ID == own.ID }) {
			return blocks
		}
	}
	b := &trace.EvidenceBlock{Name: "source", Heading: "The line that the control names", Total: 1, Sources: []*trace.Node{own}}
	b.Rows = table.Table{Rows: [][]any{{}}}
	return append(blocks, b)
}
