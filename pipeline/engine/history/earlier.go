package history

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/engine/duckdb"
	"carat/pipeline/engine/sqltext"
)

// EarlierPrefix begins the name of a table of those rows of a feed that are of months
// before a run's and are not read with the others: earlier_gift_events.
const EarlierPrefix = "earlier_"

// Feed is the feed of which a run that is carried forward doesn't read the months before
// its own with the others: most of what a platform's history consists of.
const Feed = "gift_events"

// Split gives the tables of a run that is carried forward into a period: the files of Feed
// of earlier months are a table of their own. A file whose folder doesn't say its month
// stays among the others.
func Split(tables []pipeline.TableFiles, period pipeline.Period) []pipeline.TableFiles {
	list := slices.Clone(tables)
	for i, t := range list {
		if t.Name != Feed {
			continue
		}
		earlier := t
		earlier.Name, earlier.Files, list[i].Files = EarlierPrefix+Feed, nil, nil
		for _, file := range t.Files {
			if month, known := pipeline.MonthOfFile(file); known && month < period {
				earlier.Files = append(earlier.Files, file)
			} else {
				list[i].Files = append(list[i].Files, file)
			}
		}
		list = append(list, earlier)
	}
	return list
}

// IsEarlier says whether a raw table, named without its prefix, is one that Split makes: no
// table of the lake.
func IsEarlier(table string) bool { return strings.HasPrefix(table, EarlierPrefix) }

// NoneEarlier makes the table of earlier rows where none was loaded: an empty one, as of
// every run that reads its months from the start.
func NoneEarlier(ctx context.Context, db *duckdb.Database) error {
	raw, earlier := sqltext.RawPrefix+Feed, sqltext.RawPrefix+EarlierPrefix+Feed
	rows, err := db.Select(ctx, "select table_name from information_schema.tables where table_name in ("+duckdb.Literal(raw)+", "+duckdb.Literal(earlier)+")")
	if err != nil {
		return fmt.Errorf("look for %s: %w", earlier, err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("look for %s: %w", earlier, err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil || !slices.Contains(names, raw) || slices.Contains(names, earlier) {
		return err
	}
	return db.Exec(ctx, "create view "+earlier+" as select * from "+raw+" where false")
}
