package ask

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/reports/trace"
)

// record is one row of a table, by column.
type record struct {
	fields []trace.Field
}

// value gives the plain value of a column; nil when absent.
func (r *record) value(column string) any {
	for _, f := range r.fields {
		if f.Name == column {
			return f.Value
		}
	}
	return nil
}

// text gives a column as text; "" when absent.
func (r *record) text(column string) string {
	for _, f := range r.fields {
		if f.Name == column {
			return f.PlainText()
		}
	}
	return ""
}

func (r *record) number(column string) int64 {
	n, _ := r.value(column).(int64)
	return n
}

func (r *record) time(column string) (time.Time, bool) {
	at, ok := r.value(column).(time.Time)
	return at, ok
}

// said gives the columns that say something, `name value`, without those left
// out.
func (r *record) said(without ...string) string {
	var parts []string
	for _, f := range r.fields {
		if f.Value != nil && !slices.Contains(lineageColumns, f.Name) && !slices.Contains(without, f.Name) {
			parts = append(parts, strings.ReplaceAll(f.Name, "_", " ")+" "+f.PlainText())
		}
	}
	return strings.Join(parts, ", ")
}

// lineageColumns say where a row came from; a trace shows them as nodes.
var lineageColumns = []string{"batch_id", "batch_no", "source_line", "ingested_at", "accounting_month", "run_id", "period"}

// records runs a query of the trace's own.
func (t *tracer) records(ctx context.Context, query string, values ...any) ([]*record, error) {
	list, err := selectRecords(ctx, t.eng.Engine, query, values...)
	t.rows += int64(len(list))
	return list, err
}

func selectRecords(ctx context.Context, eng *engine.Engine, query string, values ...any) ([]*record, error) {
	rows, err := eng.Select(ctx, query, values...)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	defer rows.Close()
	table, err := books.ReadTable(rows)
	if err != nil {
		return nil, fmt.Errorf("trace: %w", err)
	}
	var list []*record
	for _, row := range table.Rows {
		r := &record{}
		for i, c := range table.Columns {
			r.fields = append(r.fields, trace.Field{Name: c.Name, Kind: c.Kind, Value: row[i]})
		}
		list = append(list, r)
	}
	return list, nil
}

// shown cuts a list to the limit and says how many were left out.
func (t *tracer) shown(list []*record) (part []*record, rest *trace.Node) {
	if t.Limit <= 0 || len(list) <= t.Limit {
		return list, nil
	}
	return list[:t.Limit], more(int64(len(list) - t.Limit))
}

// more says how many rows are not shown; nil when none.
func more(rows int64) *trace.Node {
	if rows <= 0 {
		return nil
	}
	return &trace.Node{Kind: "and", Text: fmt.Sprintf("%d more (--limit 0 shows all)", rows)}
}

// rowKind is what a row of a raw table is called.
func rowKind(table string) string {
	if feed, ok := pipeline.FeedByName(table); ok {
		return feed.Row
	}
	return "rejected_row"
}

// keyOf gives the key of a raw row as it is shown, and the columns that it is
// made of.
func keyOf(table string, r *record) (key string, columns []string) {
	feed, ok := pipeline.FeedByName(table)
	if !ok {
		return r.text("row_key"), []string{"row_key"}
	}
	var parts []string
	for _, c := range feed.Key {
		if text := r.text(c); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, " "), feed.Key
}

// plainRow is the node of a raw row with the line that it was read from.
func (t *tracer) plainRow(table string, r *record) *trace.Node {
	key, columns := keyOf(table, r)
	kind := rowKind(table)
	if table == "gift_events" || table == "coin_purchases" {
		if k := r.text("kind"); k != "gift" && k != "purchase" {
			kind = k
		}
	}
	n := &trace.Node{Kind: kind, ID: key, Text: r.said(append(slices.Clone(columns), "kind")...), Fields: r.fields}
	return n.Add(t.sourceOf(r.text("batch_id"), r.number("source_line")))
}
