package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	client "github.com/duckdb/duckdb-go/v2"

	"carat/pipeline"
)

// CatalogFile is a DuckDB file that shows a lake to any DuckDB client: views of
// Parquet files, and small tables that are copied into it. The views find the
// lake from where the file lies, so both can be moved together.
type CatalogFile struct {
	Lake         string // the lake's folder on this machine
	LakeFromFile string // the same from the folder that the file will lie in, parted by slashes
	Views        []CatalogView
	Tables       []CatalogTable
}

// CatalogView is a view of a table's files.
type CatalogView struct {
	Schema  string // "": main
	Table   pipeline.TableFiles
	Where   string // the condition on the rows; "": all
	Meaning string
	Columns map[string]string // what each column means
}

// CatalogTable is a small table with its rows: columns in SQL, as LoadRows
// takes them.
type CatalogTable struct {
	Name, Columns string
	Rows          [][]any
	Meaning       string
	Meanings      map[string]string // of the columns
}

// lakeFolder is the macro by which every view finds the lake. DuckDB has no
// function for the place of the database file, and a table function takes no
// subquery; but unless told otherwise a client spills into the file's path
// with .tmp behind it, and that is a setting. A client that attached the file to
// another database, or spills elsewhere, sets the variable lake; without it
// paths start at the working directory.
const lakeFolder = `create macro lake_folder() as coalesce(
    getvariable('lake'),
    case
        when ends_with(current_setting('temp_directory'), '.tmp')
            then regexp_replace(current_setting('temp_directory'), '[^/\\]*$', '')
        else ''
    end || %s
) || '/'`

const lakeFiles = `create macro lake_files(paths) as list_transform(paths, lambda path: lake_folder() || path)`

// WriteCatalogFile makes the DuckDB file at path, which must not exist. After
// an error the file may be there in part.
func WriteCatalogFile(ctx context.Context, path string, c CatalogFile) (err error) {
	connector, err := client.NewConnector(path, nil)
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	d := &Database{db: db, conn: conn, tables: map[string]bool{}}
	defer func() { err = errors.Join(err, conn.Close()) }()
	for _, q := range []string{
		"set TimeZone = 'UTC'",
		fmt.Sprintf(lakeFolder, Literal(c.LakeFromFile)), lakeFiles,
		"set variable lake = " + Literal(c.Lake), // of this session; the file doesn't keep it
	} {
		if err := d.Exec(ctx, q); err != nil {
			return fmt.Errorf("make %s: %w", path, err)
		}
	}
	for _, t := range c.Tables {
		if err := d.LoadRows(ctx, t.Name, t.Columns, t.Rows); err != nil {
			return err
		}
		if err := d.comment(ctx, "table", "main", t.Name, t.Meaning, t.Meanings); err != nil {
			return err
		}
	}
	for _, v := range c.Views {
		if err := d.makeView(ctx, c.Lake, v); err != nil {
			return fmt.Errorf("make view %s: %w", v.Table.Name, err)
		}
	}
	if err := d.Exec(ctx, "checkpoint"); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	return nil
}

func (d *Database) makeView(ctx context.Context, lake string, v CatalogView) error {
	schema := v.Schema
	if schema == "" {
		schema = "main"
	} else if err := d.Exec(ctx, "create schema if not exists "+Identifier(schema)); err != nil {
		return err
	}
	var below []string
	for _, f := range v.Table.Files {
		rel, ok := strings.CutPrefix(f, lake+"/")
		if !ok {
			return fmt.Errorf("%s is outside the lake %s", f, lake)
		}
		below = append(below, Literal(rel))
	}
	query := scan(v.Table.Columns, len(below) == 0, "lake_files(["+strings.Join(below, ", ")+"])")
	var conditions []string
	if v.Where != "" {
		conditions = append(conditions, "("+v.Where+")")
	}
	if standing := Standing(v.Table); standing != "" {
		conditions = append(conditions, standing)
	}
	if len(conditions) > 0 && len(below) > 0 {
		query += " where " + strings.Join(conditions, " and ")
	}
	if err := d.Exec(ctx, "create view "+Identifier(schema)+"."+Identifier(v.Table.Name)+" as "+query); err != nil {
		return err
	}
	return d.comment(ctx, "view", schema, v.Table.Name, v.Meaning, v.Columns)
}

// comment writes what a table and its columns mean into the file.
func (d *Database) comment(ctx context.Context, kind, schema, name, meaning string, columns map[string]string) error {
	full := Identifier(schema) + "." + Identifier(name)
	if meaning != "" {
		if err := d.Exec(ctx, "comment on "+kind+" "+full+" is "+Literal(meaning)); err != nil {
			return fmt.Errorf("comment on %s: %w", name, err)
		}
	}
	for column, text := range columns {
		if text == "" {
			continue
		}
		if err := d.Exec(ctx, "comment on column "+full+"."+Identifier(column)+" is "+Literal(text)); err != nil {
			return fmt.Errorf("comment on %s.%s: %w", name, column, err)
		}
	}
	return nil
}
