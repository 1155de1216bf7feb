package engine

import (
	"context"
	"fmt"
	"strings"

	"carat/pipeline"
)

// Repeat is a staged row whose key was there before: in the history, or
// earlier in its own file.
type Repeat struct {
	Line            int64  // source line of the staged row
	Key             string // the parts joined by "/", instants as RFC 3339
	Identical       bool   // every business column is the same
	OtherBatch      string // where the key was first read; the staged batch itself for a repeat within the file
	OtherLine       int64
	Entity          string // "" where the table has none
	AccountingMonth string
}

// Repeats finds the staged rows whose key stands in the history, or earlier in
// the staged rows themselves if within is set. Of an event feed the first
// content ever read is what a row is compared with; of a reference feed the
// one before, because there a later content is a new version. Rows come by
// source line.
func (e *Engine) Repeats(ctx context.Context, feed pipeline.Feed, columns []pipeline.Column, staged, history []string, within bool) ([]Repeat, error) {
	if len(staged) == 0 || (!within && len(history) == 0) {
		return nil, nil
	}
	for _, view := range []struct {
		name  string
		files []string
	}{{"repeats_staged", staged}, {"repeats_history", history}} {
		if err := e.exec(ctx, "create or replace temporary view "+view.name+" as "+Scan(columns, view.files)); err != nil {
			return nil, fmt.Errorf("compare keys of %s: %w", feed.Name, err)
		}
	}
	rows, err := e.conn.QueryContext(ctx, repeatsQuery(feed, columns, within))
	if err != nil {
		return nil, fmt.Errorf("compare keys of %s: %w", feed.Name, err)
	}
	defer rows.Close()
	var list []Repeat
	for rows.Next() {
		var r Repeat
		if err := rows.Scan(&r.Line, &r.Key, &r.Identical, &r.OtherBatch, &r.OtherLine, &r.Entity, &r.AccountingMonth); err != nil {
			return nil, fmt.Errorf("compare keys of %s: %w", feed.Name, err)
		}
		list = append(list, r)
	}
	return list, rows.Err()
}

// repeatsQuery first narrows both sides to the keys in question, by the key
// columns alone, and only then compares whole rows.
func repeatsQuery(feed pipeline.Feed, columns []pipeline.Column, within bool) string {
	isLineage := map[string]bool{"batch_id": true, "source_line": true, "ingested_at": true, "accounting_month": true}
	var keys, sameKey, sameAll, keyText []string
	entity := "''"
	types := map[string]string{}
	for _, c := range columns {
		types[c.Name] = c.Type
		if c.Name == "entity" {
			entity = "n.entity"
		}
		if !isLineage[c.Name] {
			sameAll = append(sameAll, fmt.Sprintf("n.%s is not distinct from o.%s", identifier(c.Name), identifier(c.Name)))
		}
	}
	for _, k := range feed.Key {
		if _, held := types[k]; !held {
			continue
		}
		keys = append(keys, identifier(k))
		sameKey = append(sameKey, fmt.Sprintf("%%[1]s.%s is not distinct from %%[2]s.%s", identifier(k), identifier(k)))
		text := fmt.Sprintf("coalesce(cast(n.%s as varchar), '')", identifier(k))
		if strings.HasPrefix(types[k], "TIMESTAMP") {
			text = fmt.Sprintf("strftime(n.%s at time zone 'UTC', '%%Y-%%m-%%dT%%H:%%M:%%SZ')", identifier(k))
		}
		keyText = append(keyText, text)
	}
	join := func(a, b string) string { return fmt.Sprintf(strings.Join(sameKey, " and "), a, b) }
	keyList := strings.Join(keys, ", ")
	repeated := "select " + keyList + " from repeats_history semi join (select " + keyList + " from repeats_staged) as s on " + join("repeats_history", "s")
	if within {
		repeated += " union all (select " + keyList + " from repeats_staged group by " + keyList + " having count(*) > 1)"
	}
	order := "seen.is_new, seen.ingested_at, seen.batch_id, seen.source_line"
	other := "first_value"
	if feed.Reference {
		other = "lag" // the version before
	}
	return `with repeated as materialized (select distinct ` + keyList + ` from (` + repeated + `) as r),
seen as (
    select 1 as is_new, s.* from repeats_staged as s semi join repeated on ` + join("s", "repeated") + `
    union all
    select 0 as is_new, h.* from repeats_history as h semi join repeated on ` + join("h", "repeated") + `
),
placed as (
    select
        seen.*,
        row_number() over key_order as place,
        ` + other + `(is_new) over key_order as other_is_new,
        ` + other + `(batch_id) over key_order as other_batch,
        ` + other + `(source_line) over key_order as other_line
    from seen
    window key_order as (partition by ` + keyList + ` order by ` + order + `)
)
select
    n.source_line,
    concat_ws('/', ` + strings.Join(keyText, ", ") + `),
    ` + strings.Join(sameAll, "\n    and ") + `,
    n.other_batch,
    n.other_line,
    coalesce(` + entity + `, ''),
    n.accounting_month
from placed as n
inner join seen as o
    on o.is_new = n.other_is_new and o.batch_id = n.other_batch and o.source_line = n.other_line and ` + join("n", "o") + `
where n.is_new = 1 and n.place > 1
order by n.source_line`
}
