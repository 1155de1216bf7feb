package duckdb

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/pipeline"
)

// Query runs one read-only statement over the tables that Load made. The rows
// are DuckDB's own values; decimals come as duckdb.Decimal, exact. A statement
// that is not one SELECT, or that names a function or a file which it may not, is
// a usage error.
func (d *Database) Query(ctx context.Context, query string) (*sql.Rows, error) {
	if err := d.readOnly(ctx, query); err != nil {
		return nil, err
	}
	return d.run(ctx, query)
}

// readOnly is ReadOnly with the error that whoever asked is told.
func (d *Database) readOnly(ctx context.Context, query string) error {
	err := d.ReadOnly(ctx, query)
	if err == nil {
		return nil
	}
	e := queryUsage(err)
	e.Refused = d.isRefusal(ctx, err)
	return e
}

// run runs a query that may be run.
func (d *Database) run(ctx context.Context, query string) (*sql.Rows, error) {
	rows, err := d.conn.QueryContext(ctx, query)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, queryUsage(err)
	}
	return rows, nil
}

// Select runs a query of carat's own; values go into its placeholders (?).
func (d *Database) Select(ctx context.Context, query string, values ...any) (*sql.Rows, error) {
	return d.conn.QueryContext(ctx, query, values...)
}

// Number gives the one whole number that a query of carat's own gives.
func (d *Database) Number(ctx context.Context, query string) (n int64, err error) {
	err = d.conn.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

// Numbers gives the one whole number that each of the queries gives, all of them by one.
func (d *Database) Numbers(ctx context.Context, queries []string) ([]int64, error) {
	if len(queries) == 0 {
		return nil, nil
	}
	var parts []string
	for i, query := range queries {
		parts = append(parts, fmt.Sprintf("select %d as place, (%s) as n", i, query))
	}
	rows, err := d.conn.QueryContext(ctx, strings.Join(parts, " union all "))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	numbers := make([]int64, len(queries))
	for rows.Next() {
		var i, n int64
		if err := rows.Scan(&i, &n); err != nil {
			return nil, err
		}
		numbers[i] = n
	}
	return numbers, rows.Err()
}

// refusal is the error of a statement that asks for what it may not have.
type refusal struct {
	says     string
	function string // that it may not call; "": it is something else
}

func (r refusal) Error() string { return r.says }

func refuse(format string, args ...any) error { return refusal{says: fmt.Sprintf(format, args...)} }

func refuseFunction(format, name string) error { return refusal{fmt.Sprintf(format, name), name} }

// isRefusal says whether an error is one of a statement that asks for what it may not
// have. A function that there is none of was misspelt, unless its name is one of those
// that reach out of the history elsewhere.
func (d *Database) isRefusal(ctx context.Context, err error) bool {
	var r refusal
	if !errors.As(err, &r) || r.function == "" {
		return r.says != ""
	}
	if reachesOut(r.function) {
		return true
	}
	n, err := d.Number(ctx, "select count(*) from duckdb_functions() where lower(function_name) = "+pipeline.SQLText(r.function))
	return err != nil || n > 0
}

func queryUsage(err error) *pipeline.Error {
	return pipeline.Errorf(pipeline.KindUsage, "run query", "", "%w", err).
		WithHint("`carat query --tables` lists the tables and what their columns mean")
}

// ReadOnly refuses what is not exactly one SELECT, and whatever is not on the
// lists of functions, schemas and tables that it may name. The text is only parsed: the driver runs all but the last of several
// statements when it prepares them, and DuckDB makes an EXPORT's folder when it
// binds it.
func (d *Database) ReadOnly(ctx context.Context, query string) error {
	tree, err := d.oneSelect(ctx, query)
	if err != nil {
		return err
	}
	var root any
	if err := json.Unmarshal([]byte(tree), &root); err != nil {
		return unreadTree(err)
	}
	var r refusal
	if err := checkTree(root, nil); !errors.As(err, &r) || r.function == "" {
		return err
	}
	// Macros of carat's own may be called too: a query can make none.
	macros, err := d.Texts(ctx, "select lower(function_name) from duckdb_functions() where not internal and function_type = 'macro'")
	if err != nil {
		return err
	}
	return checkTree(root, set(strings.Join(macros, " ")))
}

// oneSelect gives the parse tree of a query, as JSON, and refuses what is not
// exactly one SELECT.
func (d *Database) oneSelect(ctx context.Context, query string) (tree string, err error) {
	var statements sql.NullInt64
	var text, message sql.NullString
	err = d.conn.QueryRowContext(ctx, `select json_array_length(tree, '$.statements'), tree ->> 'error_message', cast(tree as varchar)
		from (select json_serialize_sql(cast(? as varchar)) as tree)`, query).Scan(&statements, &message, &text)
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(message.String, "Only SELECT"):
		return "", refuse("only a SELECT may be run here: the history is read-only")
	case message.Valid:
		return "", errors.New(message.String)
	case statements.Int64 > 1:
		return "", refuse("one statement at a time; this is several")
	case statements.Int64 == 0:
		return "", errors.New("empty query")
	}
	return text.String, nil
}

// checkTree walks a parse tree and refuses functions and tables that are on no
// list. macros are those that carat made besides DuckDB's own.
func checkTree(node any, macros map[string]bool) error {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			if err := checkTree(child, macros); err != nil {
				return err
			}
		}
	case map[string]any:
		inFrom := any(nil) // the node of a function that makes rows, checked as such
		switch n["type"] {
		case "TABLE_FUNCTION":
			if f, ok := n["function"].(map[string]any); ok {
				if name := lowered(f["function_name"]); !tableFunctions[name] {
					return refuseFunction("the function %s may not be used in a FROM here", name)
				}
				inFrom = f["children"]
			}
		case "BASE_TABLE", "SHOW_REF":
			if err := checkTable(n); err != nil {
				return err
			}
		}
		if name := lowered(n["key"]); viewsRefused[name] { // of a WITH
			return refuse("%s may not be used in a FROM here", name)
		}
		if name := lowered(n["function_name"]); name != "" && !scalarFunctions[name] && !macros[name] {
			return refuseFunction("the function %s may not be used here", name)
		}
		for key, child := range n {
			if key == "function" && inFrom != nil {
				child = inFrom
			}
			if err := checkTree(child, macros); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTable refuses what is no table's name: DuckDB takes a name that it doesn't
// know for a file's path, with schema and catalog before it. It asks nothing of WITH:
// what that names holds for a part of the query alone, and beside it the same name is
// a file's or a view's again.
func checkTable(n map[string]any) error {
	schema, catalog, name := lowered(n["schema_name"]), lowered(n["catalog_name"]), lowered(n["table_name"])
	switch {
	case schema != "" && !schemas[schema] && !catalogs[schema], catalog != "" && !catalogs[catalog]:
		return fmt.Errorf("there is no schema %s here", strings.Trim(catalog+"."+schema, "."))
	case viewsRefused[name], viewsRefusedIn[schema+"."+name]:
		return refuse("%s may not be used in a FROM here", name)
	case strings.ContainsAny(name, fileMarks), schema != "" && fileEndings[name]:
		return refuse("a file may not be used in a FROM here: %s", strings.Trim(schema+"."+name, "."))
	}
	return nil
}

// unreadTree is the error of a parse tree that is no JSON: DuckDB writes a number that is too
// large for a float so.
func unreadTree(err error) error {
	if bad := (*json.SyntaxError)(nil); errors.As(err, &bad) && (strings.Contains(err.Error(), "'I'") || strings.Contains(err.Error(), "'N'")) {
		return errors.New("a number in it is larger than 1.8e308, which no type holds: write it as a text")
	}
	return fmt.Errorf("read the query's parse tree: %w", err)
}

// Reads gives the tables and views that a SELECT names, in lower case and sorted;
// what the query itself names by WITH is none. The text is only parsed, so it
// doesn't matter what there is in the database.
func (d *Database) Reads(ctx context.Context, query string) ([]string, error) {
	tree, err := d.oneSelect(ctx, query)
	if err != nil {
		return nil, err
	}
	var root any
	if err := json.Unmarshal([]byte(tree), &root); err != nil {
		return nil, unreadTree(err)
	}
	tables := map[string]bool{}
	namesIn(root, nil, tables)
	return slices.Sorted(maps.Keys(tables)), nil
}

// namesIn gathers the tables of a parse tree. named is what the WITHs around the node
// name: each holds for its own query, for the ones of its WITH behind it and for itself.
func namesIn(node any, named []string, tables map[string]bool) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			namesIn(child, named, tables)
		}
	case map[string]any:
		if name := lowered(n["table_name"]); n["type"] == "BASE_TABLE" && (n["schema_name"] != "" || !slices.Contains(named, name)) {
			tables[name] = true
		}
		if with, ok := n["cte_map"].(map[string]any); ok {
			named = slices.Clip(named)
			entries, _ := with["map"].([]any)
			for _, entry := range entries {
				if e, ok := entry.(map[string]any); ok {
					named = append(named, lowered(e["key"]))
					namesIn(e["value"], named, tables)
				}
			}
		}
		for key, child := range n {
			if key != "cte_map" {
				namesIn(child, named, tables)
			}
		}
	}
}

func lowered(v any) string {
	text, _ := v.(string)
	return strings.ToLower(text)
}
