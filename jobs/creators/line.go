package creators

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/pipeline"
	"carat/reports/table"
	"carat/reports/trace"
)

// Line is a line of a statement and what it is made of.
type Line struct {
	Creator          string
	Period           pipeline.Period
	Entity, Currency string
	No               int64
	Says             []Fact
	Parts            []Part
}

// Fact is one value that a line says.
type Fact struct {
	Name  string
	Kind  table.Kind
	Value any
}

// Part are rows of one kind that a line is made of.
type Part struct {
	Kind string
	*table.Table
	More string // how many rows are not shown; "": none
}

// shownOf are the columns of each kind of row that a creator sees of a line, and no other:
// no viewer, no name, no note of the staff, no file.
var shownOf = map[string][]string{
	"statement_line": {"period", "version", "entity", "currency", "line_no", "section", "label", "gift_id", "count", "coins", "diamonds", "diamonds_per_coin", "rate", "amount", "reason", "reference_id", "original_event_id", "prior_period", "status", "method", "withholding_amount", "fee_amount", "net_amount", "payout_currency", "fx_rate", "payout_amount", "event_at", "paid_at"},
	"gift":           {"event_id", "sent_at", "stream_id", "gift_id", "quantity", "coins", "diamonds"},
	"reversal":       {"event_id", "sent_at", "original_event_id", "gift_id", "quantity", "coins", "diamonds"},
	"adjustment":     {"adjustment_id", "adjusted_at", "diamonds", "reason", "reference_id"},
	"payout":         {"payout_id", "status", "diamonds", "gross_amount", "withholding_amount", "fee_amount", "net_amount", "currency", "payout_amount", "payout_currency", "fx_rate", "method", "requested_at", "updated_at", "paid_at"},
	"rate":           {"valid_from", "valid_to", "diamonds_per_coin", "diamond_value", "currency", "rounding"},
	"price":          {"gift_id", "name", "coins", "valid_from", "valid_to"},
}

// partsOrder is the order in which they are shown.
var partsOrder = []string{"gift", "reversal", "adjustment", "payout", "rate", "price", "statement_line"}

// lineRows bounds the rows of one kind that a line shows.
const lineRows = 200

// LineOf is OwnLine for whoever may look at creators: of any month's run in force.
func LineOf(ctx context.Context, options OwnOptions, creator string) (l *Line, err error) {
	p, err := books.OpenExisting(ctx, options.Setting, books.RightCreators)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	grants, err := p.Grants(ctx, options.Setting)
	if err != nil {
		return nil, err
	}
	only := grants.Entities(options.By, books.RightCreators)
	missing := pipeline.Misnamed("find", "the line", "", nil, "no statement of that creator has it")
	_, err = p.Recorded(ctx, options.Setting, "creators", fmt.Sprintf("%s line %s/%s/%s/%d", creator, options.Period, options.Entity, options.Currency, options.Line), func() (int64, error) {
		if len(only) > 0 && !slices.Contains(only, options.Entity) {
			return 0, missing
		}
		if l, err = lineOf(ctx, p, options, creator); err == nil && l == nil {
			err = missing
		}
		return 1, err
	})
	return l, err
}

// lineOf reads a line of a creator's; nil when there is none.
func lineOf(ctx context.Context, p *books.Books, o OwnOptions, creator string) (*Line, error) {
	id := ask.LineID{Period: o.Period, Creator: creator, Entity: o.Entity, Currency: o.Currency, Line: o.Line}
	root, err := ask.Line(ctx, p, ask.TraceOptions{Setting: o.Setting, SQL: o.SQL, Limit: lineRows}, id)
	if err != nil || root == nil {
		return nil, err
	}
	l := &Line{Creator: creator, Period: o.Period, Entity: o.Entity, Currency: o.Currency, No: o.Line}
	for _, name := range shownOf[root.Kind] {
		for _, f := range root.Fields {
			if f.Name == name && f.Value != nil {
				l.Says = append(l.Says, Fact(f))
			}
		}
	}
	rows := map[string][]*trace.Node{}
	more := map[string]string{}
	var walk func(n *trace.Node, under string)
	walk = func(n *trace.Node, under string) {
		kind := n.Kind
		if len(n.Fields) > 0 && shownOf[kind] != nil {
			rows[kind] = append(rows[kind], n)
		}
		if kind == "and" {
			more[under], _, _ = strings.Cut(n.Text, " (") // what follows is for a terminal
		}
		for _, c := range n.Children {
			walk(c, kindBelow(kind))
		}
	}
	for _, c := range root.Children {
		walk(c, "")
	}
	for _, kind := range partsOrder {
		if len(rows[kind]) > 0 {
			l.Parts = append(l.Parts, Part{Kind: kind, Table: tableOf(rows[kind], shownOf[kind]), More: more[kind]})
		}
	}
	return l, nil
}

// kindBelow gives the kind of the rows below a heading.
func kindBelow(kind string) string {
	if kind == "gifts" {
		return "gift"
	}
	return kind
}

// tableOf lays nodes out as rows of some columns, as far as any has them.
func tableOf(nodes []*trace.Node, columns []string) *table.Table {
	t := &table.Table{}
	for _, name := range columns {
		for _, n := range nodes {
			if i := slices.IndexFunc(n.Fields, func(f trace.Field) bool { return f.Name == name }); i >= 0 {
				t.Columns = append(t.Columns, table.Column{Name: name, Kind: n.Fields[i].Kind})
				break
			}
		}
	}
	for _, n := range nodes {
		row := make([]any, len(t.Columns))
		for i, c := range t.Columns {
			for _, f := range n.Fields {
				if f.Name == c.Name {
					row[i] = f.Value
				}
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
