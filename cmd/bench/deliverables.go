package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// goalDeliverables is what ingest may take of the CPU that other tools take for the same.
const goalDeliverables = 0.45

// deliverables are what ingest leaves of a file, made by other tools: the source's hash,
// the source compressed, Parquet by day with what can't be read beside it, a look for keys
// that repeat, and the hashes of what was written. DuckDB's part is duckdbByDay.
func (b *bench) deliverables(ctx context.Context, gifts string) (cpu time.Duration, err error) {
	dir := filepath.Join(b.dir, "deliverables")
	if err := fresh(dir); err != nil {
		return 0, err
	}
	add := func(name string, args ...string) {
		if err != nil {
			return
		}
		var u usage
		if u, err = measure(ctx, name, args...); err == nil {
			cpu += u.cpu
		}
	}
	add("sha256sum", gifts)
	add("zstd", "-q", "-1", "-T1", gifts, "-o", filepath.Join(dir, "source.zst"))
	add(b.self, "-job", "byday", gifts, dir)
	var files []string
	if err == nil {
		files, err = find(dir, "", ".parquet")
	}
	for part := range slices.Chunk(files, 500) {
		add("sha256sum", part...)
	}
	if err != nil {
		return 0, err
	}
	return cpu, os.RemoveAll(dir)
}

// eventColumns are those of the gifts' file, and what each is read as.
var eventColumns = []struct{ name, kind string }{
	{"event_id", "varchar"}, {"kind", "varchar"}, {"original_event_id", "varchar"}, {"sent_at", "timestamptz"}, {"stream_id", "varchar"}, {"viewer_id", "varchar"},
	{"creator_id", "varchar"}, {"gift_id", "varchar"}, {"quantity", "bigint"}, {"coins", "bigint"}, {"diamonds", "bigint"},
}

// duckdbByDay reads a file of gifts, puts rows of which a value can't be read or is missing
// apart, writes the others by day, and prints how many keys repeat.
func duckdbByDay(from, dir string) error {
	var read, bad []string
	for _, c := range eventColumns {
		read = append(read, "try_cast("+c.name+" as "+c.kind+") as "+c.name)
		switch {
		case c.kind != "varchar":
			bad = append(bad, "try_cast("+c.name+" as "+c.kind+") is null")
		case c.name != "original_event_id":
			bad = append(bad, "coalesce("+c.name+", '') = ''")
		}
	}
	bad = append(bad, "kind not in ('gift', 'reversal')", "try_cast(coins as bigint) < 0", "try_cast(quantity as bigint) < 0", "try_cast(diamonds as bigint) < 0")
	isBad := "(" + strings.Join(bad, " or ") + ")"
	source := "read_csv('" + quote(from) + "', all_varchar = true, header = true)"
	return query(func(ctx context.Context, db *sql.DB) error {
		for _, q := range []string{
			"copy (select * from " + source + " where " + isBad + ") to '" + quote(filepath.Join(dir, "rejects.parquet")) + "' (format parquet, compression zstd)",
			"copy (select " + strings.Join(read, ", ") + ", cast(try_cast(sent_at as timestamptz) as date) as day from " + source + " where not " + isBad +
				") to '" + quote(filepath.Join(dir, "by-day")) + "' (format parquet, compression zstd, partition_by (day))",
		} {
			if _, err := db.ExecContext(ctx, q); err != nil {
				return err
			}
		}
		var repeated int64
		err := db.QueryRowContext(ctx, "select count(*) from (select event_id from read_parquet('"+quote(filepath.Join(dir, "by-day"))+"/**/*.parquet') group by event_id having count(*) > 1)").Scan(&repeated)
		fmt.Println(repeated)
		return err
	})
}
