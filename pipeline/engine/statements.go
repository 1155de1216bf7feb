package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// StatementFilter says whose statements are read, and what else goes with them.
type StatementFilter struct {
	RunID     string
	CreatorID string // "" for all
	// Queries holds the SQL of what compares several runs; nil: no Year and no
	// Moves.
	Queries fs.FS
	Year    map[pipeline.Period]string // the runs that the months of the year were stated from
	Before  string                     // the run of the version that this one replaces; "": none
}

// rangeRows is about how many lines and days of statements are read at a time:
// memory is bounded by it, however many creators there are.
const rangeRows = 1 << 17

// Statements reads the published statements of a run, one creator, entity and
// currency after the other, from the tables that Load made. A result table that
// the lake doesn't have yet, because an earlier version of carat wrote it, has no
// rows. fn may keep what it is given.
func (e *Engine) Statements(ctx context.Context, f StatementFilter, fn func(*pipeline.Statement) error) error {
	r, err := e.OpenColumns(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	s := statementReader{rows: r, scan: e.Scan, filter: f}
	if err := s.prepare(ctx); err != nil {
		return fmt.Errorf("read statements: %w", err)
	}
	bounds, err := s.bounds(ctx)
	if err != nil {
		return fmt.Errorf("read statements: %w", err)
	}
	return s.ranges(ctx, bounds, fn)
}

// statementReader reads statements range by range of creators.
type statementReader struct {
	rows   *duckdb.ColumnReader
	scan   func(table string) string
	filter StatementFilter
	tables []statementTable
}

// statementTable is a table whose rows are handed out with the heads. order is
// behind creator, entity and currency.
type statementTable struct {
	name, columns, order string
	add                  func(*duckdb.ColumnRows, *pipeline.Statement)
}

// keyColumns stand before the columns of each table.
const keyColumns = "creator_id, entity, currency"

// settledColumns gives a lake whose months were all stated before statements told
// payments by their day the columns for it, without a value.
const settledColumns = ` union all by name select cast(null as decimal(38, 6)) as settled_gross_amount, cast(null as decimal(38, 6)) as settled_withheld_amount,
	cast(null as decimal(38, 6)) as settled_fee_amount, cast(null as decimal(38, 6)) as settled_net_amount where false`

// prepare makes the views that the run's rows are read from.
func (s *statementReader) prepare(ctx context.Context) error {
	all := []statementTable{
		{"statement_summaries", summaryColumns, "", nil},
		{"statement_lines", lineColumns, ", line_no", addLine},
		{"statement_rates", rateColumns, ", rate_from, diamonds_per_coin, rate", addRate},
		{"statement_days", dayColumns, ", day", addDay},
		{"statement_streams", streamColumns, ", stream_rank, rate_from, diamonds_per_coin, rate", addStream},
		{"statement_holds", releaseColumns, ", release_at", addRelease},
		{"statement_terms", termColumns, "", addTerms},
	}
	for _, t := range all {
		scan := s.scan(t.name)
		if scan == "" {
			continue
		}
		if t.name == "statement_summaries" {
			scan += settledColumns
		}
		view := "create view " + duckdb.Identifier(t.name) + " as " + scan
		if err := errors.Join(s.exec(ctx, view), s.exec(ctx, "create view "+duckdb.Identifier("run_"+t.name)+" as select * from "+duckdb.Identifier(t.name)+
			" where run_id = "+duckdb.Literal(s.filter.RunID))); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		t.name = "run_" + t.name
		s.tables = append(s.tables, t)
	}
	if len(s.tables) < 2 {
		return errors.New("the lake has no statements")
	}
	if s.filter.Queries == nil {
		return nil
	}
	var years []string
	for period, run := range s.filter.Year {
		years = append(years, "("+duckdb.Literal(string(period))+", "+duckdb.Literal(run)+")")
	}
	if len(years) > 0 {
		if err := s.compare(ctx, "year_runs(period, run_id) as (values "+strings.Join(years, ", ")+")", "sta_year_to_date", yearColumns, "", addYear); err != nil {
			return err
		}
	}
	if s.filter.Before == "" {
		return nil
	}
	return s.compare(ctx, "versions(run_before, run_now) as (values ("+duckdb.Literal(s.filter.Before)+", "+duckdb.Literal(s.filter.RunID)+"))", "sta_moved", moveColumns, ", place", addMove)
}

// compare adds a query over the statements of several runs; given is the table
// that names them.
func (s *statementReader) compare(ctx context.Context, given, name, columns, order string, add func(*duckdb.ColumnRows, *pipeline.Statement)) error {
	text, err := fs.ReadFile(s.filter.Queries, statementsFolder+"/"+name+".sql")
	if err != nil {
		return err
	}
	table, definition, _ := strings.Cut(given, "(")
	columnNames, values, _ := strings.Cut(definition, ") as (")
	if err := s.exec(ctx, "create table "+table+" as select * from ("+strings.TrimSuffix(values, ")")+") as given("+columnNames+")"); err != nil {
		return err
	}
	if err := s.exec(ctx, "create view "+duckdb.Identifier(name)+" as "+string(text)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.tables = append(s.tables, statementTable{name, columns, order, add})
	return nil
}

func (s *statementReader) exec(ctx context.Context, query string) error {
	rows, err := s.rows.Query(ctx, query)
	if err != nil {
		return err
	}
	rows.Close()
	return nil
}

// bounds gives the creators with whom ranges begin; the first range begins with
// whoever is first.
func (s *statementReader) bounds(ctx context.Context) ([]string, error) {
	if s.filter.CreatorID != "" {
		return nil, nil
	}
	rows, err := s.rows.Query(ctx, fmt.Sprintf(`select min(creator_id) from (
	select creator_id, cast(sum(n) over (order by creator_id rows unbounded preceding) as bigint) // %d as part
	from (select creator_id, count(*) + 32 as n from run_statement_lines group by creator_id)
) group by part order by part`, rangeRows))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var bounds []string
	for rows.Next() {
		bounds = append(bounds, rows.Text(0))
	}
	if len(bounds) > 0 {
		bounds = bounds[1:]
	}
	return bounds, rows.Err()
}

// statementRange is what a range of creators came to: the rows of each table.
type statementRange struct {
	rows []*duckdb.ColumnRows
	err  error
}

func (r statementRange) close() {
	for _, rows := range r.rows {
		rows.Close()
	}
}

// ranges hands out the statements of every range; the next one is read while
// one is handed out.
func (s *statementReader) ranges(ctx context.Context, bounds []string, fn func(*pipeline.Statement) error) error {
	ctx, stop := context.WithCancel(ctx)
	read := make(chan statementRange)
	go func() {
		defer close(read)
		for i := range len(bounds) + 1 {
			r := s.read(ctx, s.condition(bounds, i))
			select {
			case read <- r:
			case <-ctx.Done():
				r.close()
				return
			}
			if r.err != nil {
				return
			}
		}
	}()
	defer func() { // the database is closed after the last query of it has ended
		stop()
		for r := range read {
			r.close()
		}
	}()
	for r := range read {
		err := r.err
		if err == nil {
			err = s.hand(r, fn)
		}
		r.close()
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// condition is that of a range's creators.
func (s *statementReader) condition(bounds []string, i int) string {
	if s.filter.CreatorID != "" {
		return " where creator_id = " + duckdb.Literal(s.filter.CreatorID)
	}
	var parts []string
	if i > 0 {
		parts = append(parts, "creator_id >= "+duckdb.Literal(bounds[i-1]))
	}
	if i < len(bounds) {
		parts = append(parts, "creator_id < "+duckdb.Literal(bounds[i]))
	}
	if len(parts) == 0 {
		return ""
	}
	return " where " + strings.Join(parts, " and ")
}

func (s *statementReader) read(ctx context.Context, condition string) (r statementRange) {
	for _, t := range s.tables {
		rows, err := s.rows.Query(ctx, "select "+keyColumns+", "+t.columns+" from "+duckdb.Identifier(t.name)+condition+" order by "+keyColumns+t.order)
		if err != nil {
			r.err = fmt.Errorf("read %s: %w", strings.TrimPrefix(t.name, "run_"), err)
			return r
		}
		r.rows = append(r.rows, rows)
	}
	return r
}

// hand gives out the statements of a range.
func (s *statementReader) hand(r statementRange, fn func(*pipeline.Statement) error) error {
	heads, more, lines := r.rows[0], make([]bool, len(r.rows)), 0
	for i := 1; i < len(r.rows); i++ {
		more[i] = r.rows[i].Next()
	}
	for heads.Next() {
		// most statements have about as many lines as the one before
		one := &pipeline.Statement{Lines: make([]pipeline.StatementLine, 0, lines+8)}
		readSummary(heads, &one.Summary)
		m := &one.Summary
		for i := 1; i < len(r.rows); i++ {
			rows := r.rows[i]
			for more[i] {
				place := compareKey(rows, m)
				if place > 0 {
					break
				}
				if place == 0 {
					s.tables[i].add(rows, one)
				} else if err := s.headless(i, rows); err != nil {
					return err
				}
				more[i] = rows.Next()
			}
			if rows.Err() != nil {
				return fmt.Errorf("read %s: %w", strings.TrimPrefix(s.tables[i].name, "run_"), rows.Err())
			}
		}
		if heads.Err() != nil {
			return fmt.Errorf("read statement summaries: %w", heads.Err())
		}
		if len(one.Lines) == 0 {
			return fmt.Errorf("read statements: creator %s has a summary in %s and no lines", m.CreatorID, m.Currency)
		}
		lines = min(len(one.Lines), 256)
		if err := fn(one); err != nil {
			return err
		}
	}
	for i := 1; i < len(r.rows); i++ {
		if more[i] {
			if err := s.headless(i, r.rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// headless is an error for rows of a creator without a summary, except in what
// compares several runs: there the creator may have been in another one.
func (s *statementReader) headless(table int, rows *duckdb.ColumnRows) error {
	name, own := strings.CutPrefix(s.tables[table].name, "run_")
	if !own {
		return nil
	}
	return fmt.Errorf("read statements: %s has rows of creator %s, who has no summary in %s", name, rows.Text(0), rows.Text(2))
}

// compareKey says whether a row is of a statement before (< 0), of it or behind.
func compareKey(rows *duckdb.ColumnRows, m *pipeline.StatementSummary) int {
	return cmp.Or(strings.Compare(rows.Text(0), m.CreatorID), strings.Compare(rows.Text(1), m.Entity), strings.Compare(rows.Text(2), m.Currency))
}
