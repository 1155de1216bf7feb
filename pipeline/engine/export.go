package engine

import (
	"context"
	"fmt"
	"path/filepath"
	"sort"

	"carat/pipeline/engine/duckdb"
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
	files := map[string][]string{}
	for table := range sources {
		tables = append(tables, table)
		files[table] = []string{filepath.Join(dir, table+".parquet")}
	}
	sort.Strings(tables)
	var written []duckdb.ParquetFile
	for _, table := range tables {
		written = append(written, duckdb.ParquetFile{Result: table, Source: sources[table], Order: orders[table], Path: files[table][0]})
	}
	if err := e.WriteParquet(ctx, written); err != nil {
		return nil, err
	}
	return files, nil
}
