package lotpass

import (
	"context"
	"database/sql"
	"fmt"

	"carat/pipeline/engine/duckdb"
	"carat/pipeline/lots"
)

// Version is that of the rules that passes follow.
const Version = lots.Version

// Model is a model that a pass makes instead of the engine.
type Model struct {
	Name   string
	SHA256 string // of the text that says what it is: any other text is left to the engine
}

// Pass makes the tables of several models at once.
type Pass struct {
	Makes []Model  // in an order in which each comes after what it reads
	Reads []string // models and tables that these and the pass read besides each other
	views []string // views among Reads that read what is told by viewer
	tells []string // tables among Reads that are told by viewer_no

	fill func(ctx context.Context, r *run) error
}

// Passes are all that there are.
func Passes() []*Pass { return []*Pass{givenPass, replayPass} }

// Run makes the pass's tables. They must not be there; texts has the SQL of each
// model that it makes. create runs what changes the catalog.
func (p *Pass) Run(ctx context.Context, db *duckdb.Database, create *sql.Conn, texts map[string]string) error {
	err := duckdb.InTransaction(ctx, create, func() error {
		for _, m := range p.Makes {
			query := "create table " + duckdb.Identifier(m.Name) + " as select * from (\n" + texts[m.Name] + "\n) as specified limit 0"
			if _, err := create.ExecContext(ctx, query); err != nil {
				return fmt.Errorf("make table %s: %w", m.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	from, into := db.Streams()
	return p.fill(ctx, &run{ctx: ctx, from: from, into: into})
}

// run is one pass being made.
type run struct {
	ctx        context.Context
	from, into *sql.Conn
	writers    []*duckdb.TableWriter
}

// number gives the one whole number that a query gives.
func (r *run) number(query string) (n int64, err error) {
	err = r.each(query, func(rows *duckdb.ColumnRows) { n = rows.Whole(0) })
	return n, err
}

// each hands every row of a query to take.
func (r *run) each(query string, take func(rows *duckdb.ColumnRows)) error {
	rows, err := duckdb.Stream(r.ctx, r.from, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		take(rows)
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	return rows.Err()
}

// write begins to append to a table.
func (r *run) write(table string) (*duckdb.TableWriter, error) {
	w, err := duckdb.AppendTo(r.into, table)
	if err == nil {
		r.writers = append(r.writers, w)
	}
	return w, err
}

// end ends all writers and gives the first error.
func (r *run) end(err error) error {
	for _, w := range r.writers {
		if failure := w.Close(); err == nil {
			err = failure
		}
	}
	return err
}

// ranges hands out ranges of viewer numbers, [from, to), in each of which a
// table told by viewer has about atOnce rows.
func (r *run) ranges(table string, atOnce int64, do func(from, to int64) error) error {
	n, err := r.number("select count(*) from " + table)
	if err != nil {
		return err
	}
	last, err := r.number("select coalesce(max(viewer_no), -1) from led_viewer")
	if err != nil {
		return err
	}
	width := (last + 1) / (n/atOnce + 1)
	for from := int64(0); from <= last; from += width + 1 {
		if err := do(from, min(from+width+1, last+1)); err != nil {
			return err
		}
	}
	return nil
}

// within is the condition of a range.
func within(column string, from, to int64) string {
	return fmt.Sprintf("%s >= %d and %[1]s < %[3]d", column, from, to)
}

// byViewer gathers rows of some viewers and gives them viewer by viewer: a
// counting sort, because that they are read in no order costs less than having
// the engine sort them.
type byViewer[T any] struct {
	of     []int32 // the viewer of each row, from 0
	rows   []T
	starts []int32
	sorted []T
}

func (b *byViewer[T]) reset() { b.of, b.rows = b.of[:0], b.rows[:0] }

func (b *byViewer[T]) add(viewer int64, row T) {
	b.of, b.rows = append(b.of, int32(viewer)), append(b.rows, row)
}

// sort puts the rows of so many viewers together.
func (b *byViewer[T]) sort(viewers int64) {
	b.starts = append(b.starts[:0], make([]int32, viewers+1)...)
	for _, v := range b.of {
		b.starts[v+1]++
	}
	for i := range viewers {
		b.starts[i+1] += b.starts[i]
	}
	if cap(b.sorted) < len(b.rows) {
		b.sorted = make([]T, len(b.rows))
	}
	b.sorted = b.sorted[:len(b.rows)]
	next := append([]int32(nil), b.starts...)
	for i, v := range b.of {
		b.sorted[next[v]] = b.rows[i]
		next[v]++
	}
}

// viewer gives the rows of one viewer, in no order.
func (b *byViewer[T]) viewer(i int64) []T { return b.sorted[b.starts[i]:b.starts[i+1]] }
