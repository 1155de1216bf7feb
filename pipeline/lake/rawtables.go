package lake

import (
	"context"
	"reflect"
	"sort"
	"sync"

	"carat/pipeline"
	"carat/pipeline/lake/links"
	"carat/pipeline/lake/pages"
	"carat/pipeline/lake/shape"
)

// rawTable is what the lake knows of a raw table: its feed and row type, how
// its rows are hashed from files, and how a batch of it is staged and checked.
type rawTable struct {
	pages.RawTable
	stage func(ctx context.Context, l *Lake, batchID string) (FeedStage, error)
	check func(l *Lake) FeedCheck
}

func rawTableOf[T any, P pages.RowPointer[T]]() rawTable {
	feed, ok := pipeline.FeedOf[T]()
	if !ok {
		panic("lake: no feed has the row type " + reflect.TypeFor[T]().String())
	}
	table, err := pages.RawTableOf[T, P](feed)
	if err != nil {
		panic("lake: " + err.Error())
	}
	return rawTable{RawTable: table,
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

// rawTables gives every feed's table by name. That every feed of the domain has one, a test says.
var rawTables = sync.OnceValue(func() map[string]rawTable {
	all := []rawTable{
		rawTableOf[pipeline.FXRate](),
		rawTableOf[pipeline.GiftPrice](),
		rawTableOf[pipeline.CoinPackage](),
		rawTableOf[pipeline.ConversionRate](),
		rawTableOf[pipeline.Creator](),
		rawTableOf[pipeline.Agency](),
		rawTableOf[pipeline.PayoutRule](),
		rawTableOf[pipeline.BankRule](),
		rawTableOf[pipeline.Reseller](),
		rawTableOf[pipeline.TaxRule](),
		rawTableOf[pipeline.Payee](),
		rawTableOf[pipeline.BreakageRate](),
		rawTableOf[pipeline.Balance](),
		rawTableOf[pipeline.CoinPurchase](),
		rawTableOf[pipeline.GiftEvent](),
		rawTableOf[pipeline.Payout](),
		rawTableOf[pipeline.DiamondAdjustment](),
		rawTableOf[pipeline.CoinAdjustment](),
		rawTableOf[pipeline.SettlementLine](),
		rawTableOf[pipeline.ProviderPayment](),
		rawTableOf[pipeline.BankLine](),
		rawTableOf[pipeline.TaxPayment](),
		rawTableOf[pipeline.AgencyPayout](),
		rawTableOf[pipeline.AgencyAdjustment](),
	}
	tables := make(map[string]rawTable, len(all))
	for _, t := range all {
		tables[t.Feed.Name] = t
	}
	return tables
})

// shapes gives what the raw tables must look like, and the table of links.
func (l *Lake) shapes() []shape.Shape {
	shapes := []shape.Shape{{Name: links.Table, Columns: l.links}, {Name: pages.RejectsTable, Columns: pages.PlainColumns(l.rejects), Raw: true}}
	for name, t := range l.rawInfo {
		s := shape.Shape{Name: name, Columns: pages.PlainColumns(t.Columns), Raw: true}
		if t.Feed.EventColumn != "" {
			s.Identity, s.Day = pages.ColAccountingMonth, t.Feed.EventColumn
		}
		shapes = append(shapes, s)
	}
	sort.Slice(shapes, func(i, j int) bool { return shapes[i].Name < shapes[j].Name })
	return shapes
}

// pageTables gives what the other rooms know of the raw tables, by name.
func (l *Lake) pageTables() map[string]pages.RawTable {
	tables := make(map[string]pages.RawTable, len(l.rawInfo))
	for name, t := range l.rawInfo {
		tables[name] = t.RawTable
	}
	return tables
}
