package lake

import (
	"context"
	"fmt"
	"reflect"

	"carat/pipeline"
)

// rejectsTable holds the rows that were not taken.
const rejectsTable = "rejects"

// rawTable is what the lake knows of a raw table: its feed and row type, and
// how its rows are hashed from files.
type rawTable struct {
	feed      pipeline.Feed
	columns   []column
	compactor compactor
	hash      func(ctx context.Context, files []string, batchID string, only map[int64]bool) (groups []groupDigest, rows int64, err error)
	stage     func(ctx context.Context, l *Lake, batchID string) (FeedStage, error)
	check     func(l *Lake) FeedCheck
}

func rawTableOf[T any, P rowPointer[T]]() rawTable {
	feed, ok := pipeline.FeedOf[T]()
	if !ok {
		panic("lake: no feed has the row type " + reflect.TypeFor[T]().String())
	}
	cols, err := columnsOf(reflect.TypeFor[T]())
	if err != nil {
		panic("lake: " + err.Error())
	}
	return rawTable{feed: feed, columns: cols, compactor: newCompactor[T, P](cols, bloomColumns(feed), noBounds(feed.Name)),
		hash: func(ctx context.Context, files []string, batchID string, only map[int64]bool) ([]groupDigest, int64, error) {
			return hashFiles[T, P](ctx, cols, files, batchID, only)
		},
		stage: func(ctx context.Context, l *Lake, batchID string) (FeedStage, error) {
			s, err := NewStage[T, P](ctx, l, feed, batchID)
			if err != nil {
				return nil, err
			}
			return feedStage[T, P]{s}, nil
		},
		check: func(l *Lake) FeedCheck { return feedCheck[T, P]{NewSourceCheck[T, P](l, feed.Name)} },
	}
}

// rowPointer is the pointer to a feed's row type.
type rowPointer[T any] interface {
	*T
	pipeline.Row
}

// rawTables gives every feed's table by name. That every feed of the domain has
// one, a test says.
func rawTables() map[string]rawTable {
	all := []rawTable{
		rawTableOf[pipeline.FXRate](),
		rawTableOf[pipeline.GiftPrice](),
		rawTableOf[pipeline.CoinPackage](),
		rawTableOf[pipeline.ConversionRate](),
		rawTableOf[pipeline.Creator](),
		rawTableOf[pipeline.PayoutRule](),
		rawTableOf[pipeline.Reseller](),
		rawTableOf[pipeline.Balance](),
		rawTableOf[pipeline.CoinPurchase](),
		rawTableOf[pipeline.GiftEvent](),
		rawTableOf[pipeline.Payout](),
		rawTableOf[pipeline.DiamondAdjustment](),
		rawTableOf[pipeline.CoinAdjustment](),
		rawTableOf[pipeline.SettlementLine](),
		rawTableOf[pipeline.ProviderPayment](),
		rawTableOf[pipeline.BankLine](),
	}
	tables := make(map[string]rawTable, len(all))
	for _, t := range all {
		tables[t.feed.Name] = t
	}
	return tables
}

// rejectColumns gives the columns of the rejects table.
func rejectColumns() ([]column, error) {
	return columnsOf(reflect.TypeFor[pipeline.Reject]())
}

// findColumn finds a column by name.
func findColumn(cols []column, name string) (column, error) {
	for _, c := range cols {
		if c.Name == name {
			return c, nil
		}
	}
	return column{}, fmt.Errorf("no column %s", name)
}
