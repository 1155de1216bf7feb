package verify

import (
	"context"
	"fmt"
	"strings"

	"carat/pipeline/lake/store"
)

// kinds wants each value of the catalog's database to be of the kind that its column
// declares. SQLite keeps a value of another kind in any column, and orders and compares
// it otherwise: the text '1' kept as bytes reads like the number 1 and is never found
// equal to it, so that a row which no query finds any more would read as it was written.
func (v *verifier) kinds(ctx context.Context) error {
	rows, err := v.cat.DB().QueryContext(ctx, `select m.name, x.name, upper(x.type) from sqlite_master as m, pragma_table_xinfo(m.name) as x
		where m.type = 'table' and m.name not like 'sqlite\_%' escape '\' order by 1, x.cid`)
	if err != nil {
		return err
	}
	defer rows.Close()
	type column struct{ table, name, kinds string }
	var columns []column
	for rows.Next() {
		var c column
		var declared string
		if err := rows.Scan(&c.table, &c.name, &declared); err != nil {
			return err
		}
		switch {
		case strings.Contains(declared, "INT"):
			c.kinds = "'integer'"
		case strings.Contains(declared, "CHAR"), strings.Contains(declared, "TEXT"):
			c.kinds = "'text'"
		default:
			c.kinds = "'integer', 'text', 'real'"
		}
		columns = append(columns, c)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, c := range columns {
		name := quoted(c.name)
		var n int64
		var kind string
		query := fmt.Sprintf("select count(*), coalesce(min(typeof(%s)), '') from %s where typeof(%s) not in (%s, 'null')", name, quoted(c.table), name, c.kinds)
		if err := v.cat.DB().QueryRowContext(ctx, query).Scan(&n, &kind); err != nil {
			return err
		}
		if n > 0 {
			v.differ("%s, %s: %s has a value of the kind %s, which carat never writes there (%d rows)", store.CatalogFile, c.table, c.name, kind, n)
		}
	}
	return nil
}

// quoted gives a name as SQL has it.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
