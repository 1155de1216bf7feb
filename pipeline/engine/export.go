package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
)

// orders gives the total order in which a result table is written.
var builtinOrders = map[string]string{
	"exceptions":      "control, subject_kind, subject_id, reason, unit, entity",
	"control_results": "control",
}

// Export writes every result table to dir as Parquet with field ids, ordered
// totally, and gives the files by table name. Field ids are the columns'
// positions from 1: columns are only ever added at the end.
func (e *Engine) Export(ctx context.Context, dir string) (map[string][]string, error) {
	sources := map[string]string{"exceptions": "exceptions", "control_results": "control_results"}
	orders := map[string]string{"exceptions": builtinOrders["exceptions"], "control_results": builtinOrders["control_results"]}
	for _, m := range e.models {
		if table := m.Header["result"]; table != "" {
			sources[table], orders[table] = m.Name, m.Header["order"]
			if orders[table] == "" {
				return nil, fmt.Errorf("export %s: model %s has no `order:`", table, m.Path)
			}
		}
	}
	var tables []string
	for table := range sources {
		tables = append(tables, table)
	}
	sort.Strings(tables)
	files := map[string][]string{}
	for _, table := range tables {
		ids, err := e.fieldIDs(ctx, sources[table])
		if err != nil {
			return nil, fmt.Errorf("export %s: %w", table, err)
		}
		file := filepath.Join(dir, table+".parquet")
		query := "copy (select * from " + identifier(sources[table]) + " order by " + orders[table] + ") to " +
			literal(file) + " (format parquet, compression zstd, compression_level 1, field_ids {" + ids + "})"
		if err := e.exec(ctx, query); err != nil {
			return nil, fmt.Errorf("export %s: %w", table, err)
		}
		files[table] = []string{file}
	}
	return files, nil
}

func (e *Engine) fieldIDs(ctx context.Context, table string) (string, error) {
	rows, err := e.conn.QueryContext(ctx,
		"select column_name from duckdb_columns() where table_name = ? order by column_index", table)
	if err != nil {
		return "", err
	}
	names, err := scanTexts(rows)
	if err != nil {
		return "", err
	}
	var ids []string
	for i, name := range names {
		ids = append(ids, fmt.Sprintf("%s: %d", identifier(name), i+1))
	}
	return strings.Join(ids, ", "), nil
}
