package duckdb

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
)

// Load makes a view of every table: prefix + its name. Columns are found by
// field id, so files written before a column existed, or under another name,
// read as they should; a table without files is an empty view.
func (d *Database) Load(ctx context.Context, prefix string, tables []pipeline.TableFiles) error {
	return d.LoadWhere(ctx, prefix, tables, nil)
}

// LoadWhere is Load of the rows that meet a condition: where gives it for a
// table, "" for all rows.
func (d *Database) LoadWhere(ctx context.Context, prefix string, tables []pipeline.TableFiles, where func(table string) string) error {
	for _, t := range tables {
		name := prefix + t.Name
		query := Scan(t.Columns, t.Files)
		if standing := Standing(t); standing != "" {
			query = "select * from (" + query + " where " + standing + ") as standing"
		}
		if where != nil && len(t.Files) > 0 {
			if condition := where(t.Name); condition != "" {
				query += " where " + condition
			}
		}
		if d.tables[name] && d.scans[name] == "" { // a table, which is no view to be replaced
			query := "drop table " + Identifier(name)
			if err := d.Exec(ctx, query); err != nil {
				return fmt.Errorf("load table %s: %w", t.Name, err)
			}
		}
		if err := d.Exec(ctx, "create or replace view "+Identifier(name)+" as "+query); err != nil {
			return fmt.Errorf("load table %s: %w", t.Name, err)
		}
		d.tables[name], d.scans[name] = true, query
	}
	return nil
}

// Scan gives the query that made a view of files of what is loaded; "" for any
// other name.
func (d *Database) Scan(name string) string { return d.scans[name] }

// Narrow replaces the view of a loaded table by a table of some of its columns;
// the others are null in it.
func (d *Database) Narrow(ctx context.Context, prefix string, t pipeline.TableFiles, columns ...string) error {
	name := prefix + t.Name
	var list []string
	for _, c := range t.Columns {
		if slices.Contains(columns, c.Name) {
			list = append(list, Identifier(c.Name))
		} else {
			list = append(list, fmt.Sprintf("cast(null as %s) as %s", c.Type, Identifier(c.Name)))
		}
	}
	query := "create table narrow as select " + strings.Join(list, ", ") + " from " + Identifier(name) +
		"; drop view " + Identifier(name) + "; alter table narrow rename to " + Identifier(name)
	if err := d.Exec(ctx, query); err != nil {
		return fmt.Errorf("load table %s: %w", t.Name, err)
	}
	delete(d.scans, name)
	return nil
}

// fewRows is from how many rows on a table counts as one of many rows.
const fewRows = 50_000

// A table of small files, less than smallFile bytes on the average, is few rows too
// as long as all are less than smallFiles bytes together: a year of daily files, of which
// each costs as much to be opened as some thousand rows to be read.
const (
	smallFile  = 32 << 10
	smallFiles = 16 << 20
)

// isHeld says whether files have so few rows that reading them once and keeping them
// costs less than opening them for each query.
func isHeld(files []string) bool {
	size := sizeOf(files)
	return guessedRows(files) < fewRows || size < smallFiles && size < smallFile*int64(len(files))
}

// Hold is Load for many queries: a table of few rows is read once and kept in
// memory, because opening its files for each query costs more than its rows.
func (d *Database) Hold(ctx context.Context, prefix string, tables []pipeline.TableFiles) error {
	for _, t := range tables {
		if !isHeld(t.Files) {
			if err := d.Load(ctx, prefix, []pipeline.TableFiles{t}); err != nil {
				return err
			}
			continue
		}
		name := prefix + t.Name
		if err := d.Exec(ctx, "create or replace table "+Identifier(name)+" as "+ScanTable(t)); err != nil {
			return fmt.Errorf("load table %s: %w", t.Name, err)
		}
		d.tables[name] = true
	}
	return nil
}

// AreFew says whether all tables together have so few rows that a second thread
// costs more than it gains. It goes by the files' size.
func AreFew(tables []pipeline.TableFiles) bool {
	var rows int64
	for _, t := range tables {
		rows += guessedRows(t.Files)
	}
	return rows < 4*fewRows
}

// ScanTable is Scan of a table, without the rows of the batches that others took
// out, and without the rejects that speak of them.
func ScanTable(t pipeline.TableFiles) string {
	query := Scan(t.Columns, t.Files)
	if condition := Standing(t); condition != "" {
		query += " where " + condition
	}
	return query
}

// Standing is the condition on a table's rows that leaves out the batches that
// others took out; "" for none.
func Standing(t pipeline.TableFiles) string {
	if len(t.Without)+len(t.Later)+len(t.Only) == 0 && t.UpTo == 0 || len(t.Files) == 0 {
		return ""
	}
	var ids, later, parts []string
	if t.UpTo > 0 {
		parts = append(parts, "batch_no <= "+strconv.FormatInt(t.UpTo, 10))
	}
	if len(t.Only) > 0 {
		parts = append(parts, "batch_no in ("+strings.Trim(strings.ReplaceAll(fmt.Sprint(t.Only), " ", ", "), "[]")+")")
	}
	for _, id := range t.Without {
		ids = append(ids, Literal(id))
	}
	for _, id := range t.Later {
		later = append(later, Literal(id))
	}
	if len(later) > 0 {
		parts = append(parts, "batch_id not in ("+strings.Join(later, ", ")+")")
	}
	for _, c := range t.Columns {
		if len(ids) > 0 && (c.Name == "batch_id" || c.Name == "other_batch") {
			parts = append(parts, "coalesce("+Identifier(c.Name)+", '') not in ("+strings.Join(ids, ", ")+")")
		}
	}
	return strings.Join(parts, " and ")
}

// Scan gives the query that reads the files with the columns.
func Scan(columns []pipeline.Column, files []string) string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = Literal(f)
	}
	return scan(columns, len(files) == 0, fmt.Sprintf("[%s], explicit_cardinality = %d", strings.Join(list, ", "), guessedRows(files)))
}

// scan is Scan with the files as an expression of SQL, and maybe options.
func scan(columns []pipeline.Column, empty bool, files string) string {
	var q strings.Builder
	if empty {
		q.WriteString("select ")
		for i, c := range columns {
			if i > 0 {
				q.WriteString(", ")
			}
			fmt.Fprintf(&q, "cast(null as %s) as %s", c.Type, Identifier(c.Name))
		}
		q.WriteString(" where false")
		return q.String()
	}
	q.WriteString("select * from read_parquet(" + files + ", hive_partitioning = false, schema = map {")
	for i, c := range columns {
		if i > 0 {
			q.WriteString(", ")
		}
		fmt.Fprintf(&q, "%d: {name: %s, type: %s, default_value: NULL}", c.ID, Literal(c.Name), Literal(c.Type))
	}
	q.WriteString("})")
	return q.String()
}

// guessedRows gives about how many rows the files have, by their size. Told a
// schema, DuckDB takes every file for a thousand rows and builds its hash
// tables on the gifts of a month instead of on what they are joined with; the
// guess need only tell many from few.
func guessedRows(files []string) int64 {
	const bytesPerRow = 24
	return max(sizeOf(files)/bytesPerRow, 1)
}

// sizeOf gives the bytes of files; of one that isn't there, none.
func sizeOf(files []string) (size int64) {
	for _, f := range files {
		if info, err := os.Stat(f); err == nil {
			size += info.Size()
		}
	}
	return size
}

// LoadRows makes a small table of the rows: columns in SQL ("id varchar, n
// bigint"), a value per column.
func (d *Database) LoadRows(ctx context.Context, name, columns string, rows [][]any) error {
	if err := d.Exec(ctx, "create or replace table "+Identifier(name)+" ("+columns+")"); err != nil {
		return fmt.Errorf("make table %s: %w", name, err)
	}
	const atOnce = 100
	for some := range slices.Chunk(rows, atOnce) {
		marks := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(some[0])), ", ") + "), "
		if _, err := d.conn.ExecContext(ctx, "insert into "+Identifier(name)+" values "+strings.TrimSuffix(strings.Repeat(marks, len(some)), ", "), slices.Concat(some...)...); err != nil {
			return fmt.Errorf("fill table %s: %w", name, err)
		}
	}
	d.tables[name] = true
	return nil
}
