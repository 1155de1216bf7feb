package repeats

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// Keys gives take the key of each row of a table's files that came after a batch, as
// pipeline.Row.AppendKey writes it, and the number of the row's batch; 0 for a row that
// has none. An error of take ends it and is returned. take may not keep the key.
func Keys(ctx context.Context, d *duckdb.Database, feed pipeline.Feed, table pipeline.TableFiles, after int64, take func(key []byte, batchNo int64) error) error {
	if len(table.Files) == 0 {
		return nil
	}
	types := map[string]string{}
	for _, c := range table.Columns {
		types[c.Name] = c.Type
	}
	var parts []string
	for _, k := range feed.Key {
		if _, held := types[k]; held {
			parts = append(parts, keyPart(duckdb.Identifier(k), types[k]))
		}
	}
	rows, err := d.Stream(ctx, "select concat_ws(chr("+strconv.Itoa(pipeline.KeySeparator)+"), "+strings.Join(parts, ", ")+"), batch_no from ("+
		duckdb.Scan(table.Columns, table.Files)+") as t where batch_no > "+strconv.FormatInt(after, 10)+" or batch_no is null")
	if err != nil {
		return fmt.Errorf("read keys of %s: %w", feed.Name, err)
	}
	defer rows.Close()
	var key []byte
	for rows.Next() {
		key = append(key[:0], rows.Text(0)...)
		if err := take(key, rows.Whole(1)); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read keys of %s: %w", feed.Name, err)
	}
	return nil
}
