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
}

func rawTableOf[T any, P rowPointer[T]](name string) rawTable {
	feed, ok := pipeline.FeedByName(name)
	if !ok {
		panic("lake: no feed " + name)
	}
	var zero T
	cols, err := columnsOf(reflect.TypeOf(zero))
	if err != nil {
		panic("lake: " + err.Error())
	}
	return rawTable{feed: feed, columns: cols, compactor: newCompactor[T, P](cols, bloomColumns(feed), noBounds(feed.Name)),
		hash: func(ctx context.Context, files []string, batchID string, only map[int64]bool) ([]groupDigest, int64, error) {
			return hashFiles[T, P](ctx, cols, files, batchID, only)
		}}
}

// rowPointer is the pointer to a feed's row type.
type rowPointer[T any] interface {
	*T
	pipeline.Row
}

// rawTables gives every feed's table by name.
func rawTables() map[string]rawTable {
	all := []rawTable{
		rawTableOf[pipeline.FXRate]("fx_rates"),
		rawTableOf[pipeline.GiftPrice]("gift_catalog"),
		rawTableOf[pipeline.CoinPackage]("coin_packages"),
		rawTableOf[pipeline.ConversionRate]("conversion_rates"),
		rawTableOf[pipeline.Creator]("creators"),
		rawTableOf[pipeline.PayoutRule]("payout_rules"),
		rawTableOf[pipeline.Reseller]("resellers"),
		rawTableOf[pipeline.Balance]("balances"),
		rawTableOf[pipeline.CoinPurchase]("coin_purchases"),
		rawTableOf[pipeline.GiftEvent]("gift_events"),
		rawTableOf[pipeline.Payout]("payouts"),
		rawTableOf[pipeline.DiamondAdjustment]("diamond_adjustments"),
		rawTableOf[pipeline.CoinAdjustment]("coin_adjustments"),
		rawTableOf[pipeline.SettlementLine]("settlement_lines"),
		rawTableOf[pipeline.ProviderPayment]("provider_payments"),
		rawTableOf[pipeline.BankLine]("bank_lines"),
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
