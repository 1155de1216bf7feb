package main

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the engine measured beside carat
)

// duckdbCopy is the validated copy: every column through try_cast, and a
// Parquet file with zstd.
func duckdbCopy(from, to string) error {
	return query(func(ctx context.Context, db *sql.DB) error {
		_, err := db.ExecContext(ctx, `copy (
    select
        try_cast(event_id as varchar) as event_id,
        try_cast(kind as varchar) as kind,
        try_cast(original_event_id as varchar) as original_event_id,
        try_cast(sent_at as timestamptz) as sent_at,
        try_cast(stream_id as varchar) as stream_id,
        try_cast(viewer_id as varchar) as viewer_id,
        try_cast(creator_id as varchar) as creator_id,
        try_cast(gift_id as varchar) as gift_id,
        try_cast(quantity as bigint) as quantity,
        try_cast(coins as bigint) as coins,
        try_cast(diamonds as bigint) as diamonds
    from read_csv('`+quote(from)+`', all_varchar = true, header = true)
) to '`+quote(to)+`' (format parquet, compression zstd)`)
		return err
	})
}

// duckdbFloor runs the three group-bys that no reconciliation can do without
// and prints the seconds of each.
func duckdbFloor(files []string) error {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = "'" + quote(f) + "'"
	}
	from := " from read_parquet([" + strings.Join(list, ", ") + "], hive_partitioning = false) "
	return query(func(ctx context.Context, db *sql.DB) error {
		for _, q := range []string{
			"create temp table by_viewer as select viewer_id, sum(coins) as coins" + from + "group by viewer_id",
			"create temp table by_creator as select creator_id, sum(diamonds) as diamonds" + from + "group by creator_id",
			"create temp table repeated as select event_id, count(*) as n" + from + "group by event_id having count(*) > 1",
		} {
			start := time.Now()
			if _, err := db.ExecContext(ctx, q); err != nil {
				return err
			}
			fmt.Println(strconv.FormatFloat(time.Since(start).Seconds(), 'f', 3, 64))
		}
		return nil
	})
}

// floorOf reads what duckdbFloor printed: the parts, and their sum.
func floorOf(out string) (string, time.Duration, error) {
	parts := strings.Fields(out)
	var sum time.Duration
	for _, p := range parts {
		d, err := time.ParseDuration(p + "s")
		if err != nil {
			return "", 0, fmt.Errorf("read the floor's seconds: %w", err)
		}
		sum += d
	}
	return strings.Join(parts, " + "), sum, nil
}

func query(run func(ctx context.Context, db *sql.DB) error) error {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	for _, setting := range []string{
		"set TimeZone = 'UTC'",
		"set preserve_insertion_order = false",
		"set threads = " + strconv.Itoa(runtime.NumCPU()),
	} {
		if _, err := db.ExecContext(ctx, setting); err != nil {
			return err
		}
	}
	return run(ctx, db)
}

func quote(text string) string { return strings.ReplaceAll(text, "'", "''") }
