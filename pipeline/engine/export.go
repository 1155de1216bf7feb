package engine

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"sync"
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
	err := e.sideBySide(ctx, len(tables), func(ctx context.Context, conn *sql.Conn, i int) error {
		table := tables[i]
		ids, err := fieldIDs(ctx, conn, sources[table])
		if err == nil {
			_, err = conn.ExecContext(ctx, "copy (select * from "+identifier(sources[table])+" order by "+orders[table]+") to "+
				literal(files[table][0])+" (format parquet, compression zstd, compression_level 1, field_ids {"+ids+"})")
		}
		if err != nil {
			return fmt.Errorf("export %s: %w", table, fullDisk(err))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return files, nil
}

// sideBySide does n pieces of work that don't touch each other on two
// connections, in order of their number, and gives the first error.
func (e *Engine) sideBySide(ctx context.Context, n int, do func(ctx context.Context, conn *sql.Conn, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var all sync.WaitGroup
	for _, conn := range []*sql.Conn{e.conn, e.beside[0]} {
		all.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				if err := do(ctx, conn, i); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func fieldIDs(ctx context.Context, conn *sql.Conn, table string) (string, error) {
	rows, err := conn.QueryContext(ctx,
		"select name from pragma_table_info("+literal(identifier(table))+") order by cid")
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
