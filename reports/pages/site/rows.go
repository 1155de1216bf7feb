package site

import (
	"slices"
	"time"

	"carat/reports/table"
)

// Rows is a table on a page.
type Rows struct {
	Caption string // said by screen readers
	Zone    *time.Location
	Columns []table.Column
	Rows    [][]any
	// Links gives where the cell of a column leads, by the column's name; "": nowhere.
	Links func(column string, row []any) string
	// Under is the column whose text stands below its row, at full width; "": none.
	Under string
	// Select is the column by which rows are chosen in a form, as its field id; "": none are.
	Select string
}

// Shown are the columns that have a place of their own.
func (r Rows) Shown() (list []Column) {
	for i, c := range r.Columns {
		if c.Name != r.Under || r.Under == "" {
			list = append(list, Column{c, i})
		}
	}
	return list
}

// At gives where a column stands in a row; -1 for nowhere.
func (r Rows) At(name string) int {
	return slices.IndexFunc(r.Columns, func(c table.Column) bool { return c.Name == name })
}

// Chosen gives by what a row is chosen.
func (r Rows) Chosen(row []any) string {
	i := r.At(r.Select)
	if i < 0 {
		return ""
	}
	text, _ := table.CellText(r.Columns[i].Kind, row[i])
	return text
}

// Only gives some columns of a table, in an order.
func (r Rows) Only(names ...string) Rows {
	var at []int
	less := r
	less.Columns, less.Rows = nil, nil
	for _, name := range names {
		if i := r.At(name); i >= 0 {
			at, less.Columns = append(at, i), append(less.Columns, r.Columns[i])
		}
	}
	for _, row := range r.Rows {
		var cells []any
		for _, i := range at {
			cells = append(cells, row[i])
		}
		less.Rows = append(less.Rows, cells)
	}
	return less
}

// Column is a column and where it stands in a row.
type Column struct {
	table.Column
	At int
}

// Numeric says whether its cells stand to the right.
func (c Column) Numeric() bool { return c.Kind == table.Number || c.Kind == table.Decimal }

// Cell gives a cell's text.
func (r Rows) Cell(c Column, row []any) string { return Cell(c.Column, row[c.At], r.zone()) }

func (r Rows) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}

// Link gives where a cell leads.
func (r Rows) Link(c Column, row []any) string {
	if r.Links == nil {
		return ""
	}
	return r.Links(c.Name, row)
}

// Below gives the text below a row; "" for none.
func (r Rows) Below(row []any) string {
	for i, c := range r.Columns {
		if c.Name == r.Under && r.Under != "" {
			return Cell(c, row[i], r.zone())
		}
	}
	return ""
}

// RowsOf gives some columns of a table as a page shows them; none named: all.
func RowsOf(caption string, zone *time.Location, t *table.Table, shown ...string) Rows {
	r := Rows{Caption: caption, Zone: zone, Columns: t.Columns, Rows: t.Rows}
	if len(shown) == 0 {
		for _, c := range t.Columns {
			shown = append(shown, c.Name)
		}
	}
	return r.Only(shown...)
}

// Filled takes the columns away that no row fills.
func (r Rows) Filled() Rows {
	var names []string
	for i, c := range r.Columns {
		if slices.ContainsFunc(r.Rows, func(row []any) bool { return row[i] != nil }) {
			names = append(names, c.Name)
		}
	}
	return r.Only(names...)
}

// Pager leads through a long list.
type Pager struct {
	First, Last, Total int64
	Before, After      string // "": there is none
	Open               bool   // there are more, and nobody has counted how many
}

// PagerOf gives the pager of a list whose page begins at an offset; address gives the
// address of another.
func PagerOf(offset, rows, total, limit int64, address func(offset int64) string) Pager {
	g := Pager{First: offset + 1, Last: offset + rows, Total: total}
	if offset > 0 {
		g.Before = address(max(offset-limit, 0))
	}
	if offset+rows < total {
		g.After = address(offset + limit)
	}
	return g
}

// Texts makes a table of rows of texts, one for each column.
func Texts(caption string, columns []string, rows [][]string, zone *time.Location) Rows {
	r := Rows{Caption: caption, Zone: zone}
	for _, name := range columns {
		r.Columns = append(r.Columns, table.Column{Name: name})
	}
	for _, one := range rows {
		row := make([]any, len(one))
		for i, text := range one {
			row[i] = text
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}
