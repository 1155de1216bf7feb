package repeats

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// Repeat is a staged row whose key was there before: in the history, or
// earlier in its own file. Line and RowKey together name the row: a line of a
// source can give several rows, but no two of one key.
type Repeat struct {
	Line            int64  // source line of the staged row
	RowKey          string // what pipeline.Row.AppendKey gives for it
	Key             string // for people: the parts joined by "/", instants as RFC 3339
	Identical       bool   // every business column is the same
	OtherBatch      string // where the key was first read; the staged batch itself for a repeat within the file
	OtherLine       int64
	Entity          string // "" where the table has none
	AccountingMonth string
}

// Each gives take the staged rows whose key stands in the history, or earlier in
// the staged rows themselves if within is set, one after the other: there can be
// as many as the file has rows. Of an event feed the first content ever read is
// what a row is compared with; of a reference feed the one before, because there
// a later content is a new version. Rows come by source line, then key. An error
// of take ends it and is returned.
func Each(ctx context.Context, d *duckdb.Database, feed pipeline.Feed, columns []pipeline.Column, staged []string, history pipeline.TableFiles, within bool, take func(Repeat) error) error {
	if len(staged) == 0 || (!within && len(history.Files) == 0) {
		return nil
	}
	for _, view := range []struct {
		name  string
		table pipeline.TableFiles
	}{{"repeats_staged", pipeline.TableFiles{Files: staged}}, {"repeats_history", pipeline.TableFiles{Files: history.Files, Without: history.Without, Only: history.Only}}} {
		view.table.Columns = columns
		if err := d.Exec(ctx, "create or replace temporary view "+view.name+" as "+duckdb.ScanTable(view.table)); err != nil {
			return fmt.Errorf("compare keys of %s: %w", feed.Name, err)
		}
	}
	if !within && !feed.Reference {
		// Most files repeat nothing: then only the keys of the history are read, and none
		// of its other columns.
		n, err := d.Number(ctx, repeatedKeysQuery(feed, columns))
		if err != nil {
			return fmt.Errorf("compare keys of %s: %w", feed.Name, err)
		}
		if n == 0 {
			return nil
		}
	}
	rows, err := d.Select(ctx, repeatsQuery(feed, columns, within))
	if err != nil {
		return fmt.Errorf("compare keys of %s: %w", feed.Name, err)
	}
	defer rows.Close()
	for rows.Next() {
		var r Repeat
		if err := rows.Scan(&r.Line, &r.RowKey, &r.Key, &r.Identical, &r.OtherBatch, &r.OtherLine, &r.Entity, &r.AccountingMonth); err != nil {
			return fmt.Errorf("compare keys of %s: %w", feed.Name, err)
		}
		if err := take(r); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("compare keys of %s: %w", feed.Name, err)
	}
	return nil
}

// keyPart gives the SQL of one part of a key as pipeline.Row.AppendKey writes
// it: texts as they are, absent ones as "", instants as microseconds and days
// as days since the epoch.
func keyPart(column, sqlType string) string {
	switch {
	case strings.HasPrefix(sqlType, "TIMESTAMP"):
		column = "epoch_us(" + column + ")"
	case sqlType == "DATE":
		column = "date_diff('day', date '1970-01-01', " + column + ")"
	}
	return "coalesce(cast(" + column + " as varchar), '')"
}

// repeatedKeysQuery counts the staged rows whose key stands in the history.
func repeatedKeysQuery(feed pipeline.Feed, columns []pipeline.Column) string {
	var same []string
	for _, k := range feed.Key {
		if slices.ContainsFunc(columns, func(c pipeline.Column) bool { return c.Name == k }) {
			same = append(same, "n."+duckdb.Identifier(k)+" is not distinct from o."+duckdb.Identifier(k))
		}
	}
	return "select count(*) from repeats_staged as n inner join repeats_history as o on " + strings.Join(same, " and ")
}

// repeatsQuery compares staged rows with those of the history by one join
// where that is enough. Else it first narrows both sides to the keys in
// question, by the key columns alone, and only then puts whole rows in order.
func repeatsQuery(feed pipeline.Feed, columns []pipeline.Column, within bool) string {
	lineage := []string{"batch_id", "batch_no", "source_line", "ingested_at", "accounting_month"}
	var keys, sameKey, sameAll, rowKey, keyText []string
	entity, types := "''", map[string]string{}
	for _, c := range columns {
		types[c.Name] = c.Type
		if c.Name == "entity" {
			entity = "n.entity"
		}
		if !slices.Contains(lineage, c.Name) && !slices.Contains(feed.Told, c.Name) {
			sameAll = append(sameAll, fmt.Sprintf("n.%s is not distinct from o.%s", duckdb.Identifier(c.Name), duckdb.Identifier(c.Name)))
		}
	}
	for _, k := range feed.Key {
		if _, held := types[k]; !held {
			continue
		}
		keys = append(keys, duckdb.Identifier(k))
		sameKey = append(sameKey, fmt.Sprintf("%%[1]s.%s is not distinct from %%[2]s.%s", duckdb.Identifier(k), duckdb.Identifier(k)))
		text := fmt.Sprintf("coalesce(cast(n.%s as varchar), '')", duckdb.Identifier(k))
		if strings.HasPrefix(types[k], "TIMESTAMP") {
			text = fmt.Sprintf("strftime(n.%s at time zone 'UTC', '%%Y-%%m-%%dT%%H:%%M:%%SZ')", duckdb.Identifier(k))
		}
		keyText = append(keyText, text)
		rowKey = append(rowKey, keyPart("n."+duckdb.Identifier(k), types[k]))
	}
	join := func(a, b string) string { return fmt.Sprintf(strings.Join(sameKey, " and "), a, b) }
	columnsOut := `
    n.source_line,
    concat_ws(chr(` + strconv.Itoa(pipeline.KeySeparator) + `), ` + strings.Join(rowKey, ", ") + `) as row_key,
    concat_ws('/', ` + strings.Join(keyText, ", ") + `),
    ` + strings.Join(sameAll, "\n    and ") + `,
    o.batch_id,
    o.source_line,
    coalesce(` + entity + `, ''),
    n.accounting_month
`
	if !within && !feed.Reference {
		// A key is once in the history of an event feed, and here once in the file:
		// nothing is to be put in order.
		return "select" + columnsOut + "from repeats_staged as n inner join repeats_history as o on " + join("n", "o") + " order by n.source_line, row_key"
	}
	keyList := strings.Join(keys, ", ")
	repeated := "select " + keyList + " from repeats_history semi join (select " + keyList + " from repeats_staged) as s on " + join("repeats_history", "s")
	if within {
		repeated += " union all (select " + keyList + " from repeats_staged group by " + keyList + " having count(*) > 1)"
	}
	other := "1"
	if feed.Reference {
		other = "n.place - 1" // the version before
	}
	return `with repeated as materialized (select distinct ` + keyList + ` from (` + repeated + `) as r),
seen as (
    select 1 as is_new, s.* from repeats_staged as s semi join repeated on ` + join("s", "repeated") + `
    union all
    select 0 as is_new, h.* from repeats_history as h semi join repeated on ` + join("h", "repeated") + `
),
placed as materialized (
    select
        seen.*,
        row_number() over (partition by ` + keyList + ` order by is_new, ingested_at, batch_id, source_line) as place
    from seen
)
select` + columnsOut + `from placed as n
inner join placed as o
    on o.place = ` + other + ` and ` + join("n", "o") + `
where n.is_new = 1 and n.place > 1
order by n.source_line, row_key`
}
