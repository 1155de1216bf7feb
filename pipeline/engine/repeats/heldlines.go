package repeats

import (
	"context"
	"fmt"
	"slices"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
)

// heldDays is how far from a statement's day lines are looked for: a month's
// statement holds the bookings of every day of it.
const heldDays = 40

// HeldLines gives the lines of bank_lines of an account and currency around a
// day, in the order of their ids. A table from before statements were kept holds none.
func HeldLines(ctx context.Context, d *duckdb.Database, table pipeline.TableFiles, account, currency, day string) ([]pipeline.HeldLine, error) {
	if len(table.Files) == 0 || !slices.ContainsFunc(table.Columns, func(c pipeline.Column) bool { return c.Name == "statement_id" }) {
		return nil, nil
	}
	rows, err := d.Select(ctx, fmt.Sprintf(`
select
    line_id,
    coalesce(statement_id, ''),
    coalesce(kind, ''),
    strftime(booked_at at time zone 'UTC', '%%Y-%%m-%%d'),
    coalesce(cast(balance * 1000000 as bigint), 0), cast(amount * 1000000 as bigint)
from (%[1]s) as lines
where account = %[2]s
    and currency = %[3]s
    and booked_at between (cast(%[4]s as timestamp) at time zone 'UTC') - interval %[5]d days
        and (cast(%[4]s as timestamp) at time zone 'UTC') + interval %[5]d days
order by line_id`, duckdb.ScanTable(table), duckdb.Literal(account), duckdb.Literal(currency), duckdb.Literal(day), heldDays))
	if err != nil {
		return nil, fmt.Errorf("read what is held of account %s: %w", account, err)
	}
	defer rows.Close()
	var all []pipeline.HeldLine
	for rows.Next() {
		var l pipeline.HeldLine
		if err := rows.Scan(&l.ID, &l.Statement, &l.Kind, &l.Day, &l.Balance, &l.Amount); err != nil {
			return nil, fmt.Errorf("read what is held of account %s: %w", account, err)
		}
		all = append(all, l)
	}
	return all, rows.Err()
}
