package pages

import (
	"context"
	"fmt"
	"reflect"

	"carat/pipeline"
)

// RejectsTable holds the rows that were not taken.
const RejectsTable = "rejects"

// RawTable is what the lake knows of a raw table: its feed and row type, and
// how its rows are hashed from files.
type RawTable struct {
	Feed      pipeline.Feed
	Columns   []Column
	compactor Compactor
	Hash      func(ctx context.Context, files []string, batchID string, only map[int64]bool) (groups []GroupDigest, rows int64, err error)
}

// RawTableOf gives the table of a feed, whose rows are T. Its columns follow from
// the row's parquet tags; an error says which has no place in the lake.
func RawTableOf[T any, P RowPointer[T]](feed pipeline.Feed) (RawTable, error) {
	cols, err := columnsOf(reflect.TypeFor[T]())
	if err != nil {
		return RawTable{}, err
	}
	return RawTable{Feed: feed, Columns: cols, compactor: newCompactor[T, P](cols, BloomColumns(feed)),
		Hash: func(ctx context.Context, files []string, batchID string, only map[int64]bool) ([]GroupDigest, int64, error) {
			return hashFiles[T, P](ctx, cols, files, batchID, only)
		}}, nil
}

// RowPointer is the pointer to a feed's row type.
type RowPointer[T any] interface {
	*T
	pipeline.Row
}

// RejectColumns gives the columns of the rejects table.
func RejectColumns() ([]Column, error) {
	return columnsOf(reflect.TypeFor[pipeline.Reject]())
}

// FindColumn finds a column by name.
func FindColumn(cols []Column, name string) (Column, error) {
	for _, c := range cols {
		if c.Name == name {
			return c, nil
		}
	}
	return Column{}, fmt.Errorf("no column %s", name)
}

// BloomColumns are the columns with a filter: the first of an event
// feed's key. Reference tables are too small for one.
func BloomColumns(feed pipeline.Feed) []string {
	if feed.Reference || feed.Name == "balances" {
		return nil
	}
	return feed.Key[:1]
}
