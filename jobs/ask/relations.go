package ask

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/reports/trace"
)

// relation is one kind of rows that have to do with a row at hand. Which they are a
// query of sql/evidence says: the very one that shows them beside an exception.
type relation struct {
	table, key string // of the row at hand, and the column that names it
	heading    string
	query      string
	part       string // of the rows of the query those with this part; "": all
	of         string // the table that the rows are of
	undoes     string // yes: only of a row that undoes another, no: only of one that doesn't; "": of either
}

// relations are in the order in which a trace shows them.
var relations = []relation{
	{"coin_purchases", "purchase_id", "undoes", "evi_purchase", "its original", "coin_purchases", ""},
	{"coin_purchases", "purchase_id", "undone by", "evi_purchase", "undoes it", "coin_purchases", ""},
	{"coin_purchases", "purchase_id", "settled by", "evi_purchase_settlement", "", "settlement_lines", ""},
	{"payouts", "payout_id", "its version", "evi_payout", "", "payouts", ""},
	{"payouts", "payout_id", "paid by", "evi_payout_payment", "", "provider_payments", ""},
	{"settlement_lines", "line_id", "settles", "evi_settlement_order", "", "coin_purchases", ""},
	{"provider_payments", "line_id", "pays", "evi_payment_payout", "", "payouts", ""},
	{"gift_events", "event_id", "undoes", "evi_gift", "its original", "gift_events", "yes"},
	{"gift_events", "event_id", "undone by", "evi_gift", "undoes it", "gift_events", "no"},
}

// stagedTable is a model that an evidence query reads a raw table by.
var stagedTable = regexp.MustCompile(`\bstg_([a-z_]+)\b`)

// addRelations adds what has to do with a row, each kind under its heading.
func (t *tracer) addRelations(ctx context.Context, n *trace.Node, table string, r *record) error {
	for _, rel := range relations {
		original := r.text("original_event_id")
		if rel.table != table || rel.undoes == "yes" && original == "" || rel.undoes == "no" && original != "" {
			continue
		}
		q := question{query: rel.query, of: rel.of, id: r.text(rel.key)}
		if rel.part != "" {
			q.parts = []string{rel.part}
		}
		if table == "gift_events" {
			q.cut = giftsAround(r.text("event_id"), original)
		}
		rows, err := t.related(ctx, q)
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(rows, func(one *record) bool {
			return rel.of == table && one.text("batch_id") == r.text("batch_id") && one.number("source_line") == r.number("source_line")
		})
		t.addUnder(n, rel.heading, rel.of, rows)
	}
	return nil
}

// addUnder adds rows of a table under a heading; nothing when there are none.
func (t *tracer) addUnder(n *trace.Node, heading, table string, rows []*record) {
	if len(rows) == 0 {
		return
	}
	head := &trace.Node{Kind: heading, Text: fmt.Sprintf("%d of %s", len(rows), table)}
	part, rest := t.shown(rows)
	for _, r := range part {
		head.Add(t.plainRow(table, r))
	}
	n.Add(head.Add(rest))
}

// question asks a query of sql/evidence about one subject.
type question struct {
	query  string
	of     string          // the table that the rows are of
	kind   string          // of the subject; "" where the query asks for none
	id     string          // of the subject
	parts  []string        // of the rows of the query those with one of these parts; nil: all
	start  time.Time       // of the period, where the query asks for it
	period pipeline.Period // "": the query asks for none
	cut    string          // the rows of its table that the query is asked over, as a query; "": all
}

// giftsAround cuts gifts to a reversal and its original, or to a gift and what
// undoes it: there are so many that they are found by their ids, of which the files
// have bloom filters. Which of these belong to it, and as what, evi_gift says.
func giftsAround(id, original string) string {
	other := "original_event_id = " + pipeline.SQLText(id)
	if original != "" {
		other = "event_id = " + pipeline.SQLText(original)
	}
	return "select * from gift_events where event_id = " + pipeline.SQLText(id) + " union select * from gift_events where " + other
}

// related asks a query of sql/evidence about one subject, over the tables as they
// are now, and gives the raw rows that it names.
func (t *tracer) related(ctx context.Context, q question) ([]*record, error) {
	query, err := t.evidenceQuery(q.query)
	if err != nil {
		return nil, err
	}
	with := []string{"subject as (select ? as subject_kind, ? as subject_id, ? as period)", "run as (select cast(? as timestamptz) as period_start)"}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(stagedTable.FindAllString(query.SQL, -1)))) {
		table := strings.TrimPrefix(name, "stg_")
		if has, err := t.has(ctx, table); err != nil || !has {
			return nil, err // a table without a row has no part in anything
		}
		rows := "select * from " + table
		if table == q.of && q.cut != "" {
			rows = q.cut
		}
		with = append(with, name+" as not materialized ("+rows+")")
	}
	values, part := []any{q.kind, q.id, string(q.period), q.start}, ""
	for i, p := range q.parts {
		values = append(values, p)
		part += []string{" where part in (?", ", ?"}[min(i, 1)]
	}
	if part != "" {
		part += ")"
	}
	return t.records(ctx, "with "+strings.Join(with, ", ")+" select * from stg_"+q.of+
		" where (batch_id, source_line) in (select batch_id, source_line from (\n"+query.SQL+"\n) as named"+part+") order by all", values...)
}

// evidenceQuery gives a query of sql/evidence by its name.
func (t *tracer) evidenceQuery(name string) (engine.Model, error) {
	if t.evidenceQueries == nil {
		var err error
		if t.evidenceQueries, err = engine.ParseEvidence(t.SQL); err != nil {
			return engine.Model{}, err
		}
	}
	i := slices.IndexFunc(t.evidenceQueries, func(m engine.Model) bool { return m.Name == name })
	if i < 0 {
		return engine.Model{}, pipeline.Errorf(pipeline.KindInternal, "trace", name, "there is no such query of evidence")
	}
	return t.evidenceQueries[i], nil
}
