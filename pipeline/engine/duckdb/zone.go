package duckdb

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
)

// CheckZone compares the days that DuckDB gives a zone with those that Go does, from
// one time to another. Months begin by Go's, days by DuckDB's, and each has a table
// of zones of its own, which ages: where a country changed its rules and only one
// knows, the last night of a month would be in no month. That is an error of usage,
// since Go's table can be the machine's.
func (d *Database) CheckZone(ctx context.Context, zone *time.Location, from, to time.Time) error {
	at, day, differs, err := d.differingDay(ctx, zone, zone.String(), from, to)
	if err != nil {
		return fmt.Errorf("compare the zone %s: %w", zone, err)
	}
	if !differs {
		return nil
	}
	return pipeline.Errorf(pipeline.KindUsage, "read time zone", zone.String(), "%s is %s there by the machine's table of zones and %s by the engine's: one of them doesn't know that the rules were changed",
		at.UTC().Format(time.RFC3339), at.In(zone).Format(time.DateOnly), day).
		WithHint("bring the machine's zones (tzdata) to those that this carat was built with, or let ZONEINFO name such a table")
}

// differingDay gives the first time at which DuckDB's day in a zone, by the zone's
// name there, is not Go's, and DuckDB's day. It looks at the first and the last
// second of each day: only there days can differ.
func (d *Database) differingDay(ctx context.Context, zone *time.Location, name string, from, to time.Time) (at time.Time, day string, differs bool, err error) {
	var seconds []string
	for begin := from.In(zone); begin.Before(to); {
		y, m, n := begin.Date()
		begin = time.Date(y, m, n+1, 0, 0, 0, 0, zone)
		if !begin.After(time.Date(y, m, n, 12, 0, 0, 0, zone)) || begin.Hour() != 0 {
			begin = time.Date(y, m, n+1, 12, 0, 0, 0, zone) // a day that has no midnight
			continue
		}
		seconds = append(seconds, strconv.FormatInt(begin.Unix()-1, 10), strconv.FormatInt(begin.Unix(), 10))
	}
	rows, err := d.conn.QueryContext(ctx, "select second, cast(cast(timezone("+Literal(name)+", to_timestamp(second)) as date) as varchar) from unnest(["+strings.Join(seconds, ", ")+"]) as t(second) order by second")
	if err != nil {
		return at, "", false, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var second int64
		if err := rows.Scan(&second, &day); err != nil {
			return at, "", false, err
		}
		if at = time.Unix(second, 0); at.In(zone).Format(time.DateOnly) != day {
			return at, day, true, nil
		}
	}
	return at, "", false, rows.Err()
}
