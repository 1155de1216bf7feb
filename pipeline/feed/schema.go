package feed

import (
	"fmt"
	"reflect"
	"strings"

	"carat/pipeline"
)

// kind is how a column's text is read and checked.
type kind uint8

const (
	kindID kind = iota
	kindText
	kindEnum
	kindCurrency
	kindCountry
	kindNumber
	kindTime
	kindDate
)

const decimalMax = 999_999_999_999_999_999

// column is one column of a feed, bound to a field of its row type.
type column struct {
	name     string
	kind     kind
	optional bool
	values   []string // kindEnum
	digits   int      // kindNumber: places kept; 0 for whole numbers
	min, max int64    // kindNumber
	validity bool     // kindTime: a bound of validity, not of an event

	field   string // name of the Go field, where it has no tag
	offset  uintptr
	pointer bool // the field is a *int64
}

// schema is a feed's columns and the rules that need more than one of them.
type schema[T any] struct {
	feed    pipeline.Feed
	columns []column
	byName  map[string]int
	lineage uintptr // offset of the embedded Lineage
	// finish fills what follows from other columns and applies the rules among
	// columns; a fault with an empty code is none.
	finish    func(*T) fault
	event     func(*T) int64
	appendKey func(*T, []byte) []byte
	keys      []int // indexes of the key columns
	// index of valid_from and valid_to, -1 without; a feed that has both is
	// checked for overlapping ranges.
	validFrom, validTo int
	entity             int // index of entity, -1 without
	date               int // index of the date column, -1 without
}

// fault is a broken rule among columns.
type fault struct {
	column   string
	code     Code
	value    string
	expected string
}

func id(name string) column       { return column{name: name, kind: kindID} }
func text(name string) column     { return column{name: name, kind: kindText} }
func currency(name string) column { return column{name: name, kind: kindCurrency} }
func country(name string) column  { return column{name: name, kind: kindCountry} }
func moment(name string) column   { return column{name: name, kind: kindTime} }
func day(name string) column      { return column{name: name, kind: kindDate} }

func enum(name string, values ...string) column {
	return column{name: name, kind: kindEnum, values: values}
}

func bound(name string) column {
	return column{name: name, kind: kindTime, validity: true}
}

// number is a column without a sign; its places come from the field's tag.
func number(name string) column {
	return column{name: name, kind: kindNumber, min: 0, max: decimalMax}
}

// positive is a number above zero, by one unit of its last place.
func positive(name string) column {
	return column{name: name, kind: kindNumber, min: 1, max: decimalMax}
}

func signed(name string) column {
	return column{name: name, kind: kindNumber, min: -decimalMax, max: decimalMax}
}

// share is a rate between 0 and 1.
func share(name string) column {
	return column{name: name, kind: kindNumber, min: 0, max: 1_000_000_000}
}

func maybe(c column) column {
	c.optional = true
	return c
}

func inField(c column, field string) column {
	c.field = field
	return c
}

// newSchema binds columns to the fields of T by their parquet tags. A column
// that doesn't fit its field is a programmer's mistake.
func newSchema[T any](feed string, columns []column, finish func(*T) fault,
	event func(*T) int64, appendKey func(*T, []byte) []byte) *schema[T] {
	f, ok := pipeline.FeedByName(feed)
	if !ok {
		panic("feed: no such feed: " + feed)
	}
	s := &schema[T]{feed: f, columns: columns, byName: map[string]int{}, finish: finish, event: event,
		appendKey: appendKey, validFrom: -1, validTo: -1, entity: -1, date: -1}
	row := reflect.TypeFor[T]()
	lineage, ok := row.FieldByName("Lineage")
	if !ok {
		panic("feed: no lineage in " + row.Name())
	}
	s.lineage = lineage.Offset
	for i := range s.columns {
		c := &s.columns[i]
		c.bind(row)
		s.byName[c.name] = i
		switch {
		case c.name == "valid_from":
			s.validFrom = i
		case c.name == "valid_to":
			s.validTo = i
		case c.name == "entity":
			s.entity = i
		case c.kind == kindDate:
			s.date = i
		}
	}
	for _, name := range f.Key {
		s.keys = append(s.keys, s.byName[name])
	}
	return s
}

// bind finds the column's field by tag (or name) and checks its type.
func (c *column) bind(row reflect.Type) {
	for _, field := range reflect.VisibleFields(row) {
		tag := field.Tag.Get("parquet")
		if len(field.Index) > 1 || (c.field == "" && strings.Split(tag, ",")[0] != c.name) {
			continue
		}
		if c.field != "" {
			outer, inner, _ := strings.Cut(c.field, ".")
			if field.Name != outer {
				continue
			}
			leaf, _ := field.Type.FieldByName(inner)
			c.offset = field.Offset + leaf.Offset
			return
		}
		c.offset = field.Offset
		want := reflect.TypeFor[string]()
		switch c.kind {
		case kindNumber, kindTime:
			want = reflect.TypeFor[int64]()
			if strings.Contains(tag, "decimal(6:18)") {
				c.digits = pipeline.AmountDigits
			} else if strings.Contains(tag, "decimal(9:18)") {
				c.digits = pipeline.RateDigits
			}
			if field.Type.Kind() == reflect.Pointer {
				c.pointer = true
				want = reflect.TypeFor[*int64]()
			}
		case kindDate:
			want = reflect.TypeFor[int32]()
		}
		if field.Type != want {
			panic(fmt.Sprintf("feed: column %s is a %s, not a %s", c.name, field.Type, want))
		}
		return
	}
	panic("feed: no field for column " + c.name + " in " + row.Name())
}

// schemaOf finds the schema of a row type.
func schemaOf[T any]() (*schema[T], error) {
	var found any
	switch any((*T)(nil)).(type) {
	case *pipeline.CoinPurchase:
		found = coinPurchases()
	case *pipeline.GiftEvent:
		found = giftEvents()
	case *pipeline.Payout:
		found = payouts()
	case *pipeline.DiamondAdjustment:
		found = diamondAdjustments()
	case *pipeline.CoinAdjustment:
		found = coinAdjustments()
	case *pipeline.SettlementLine:
		found = settlementLines()
	case *pipeline.ProviderPayment:
		found = providerPayments()
	case *pipeline.BankLine:
		found = bankLines()
	case *pipeline.Balance:
		found = balances()
	case *pipeline.GiftPrice:
		found = giftCatalog()
	case *pipeline.CoinPackage:
		found = coinPackages()
	case *pipeline.ConversionRate:
		found = conversionRates()
	case *pipeline.Creator:
		found = creators()
	case *pipeline.PayoutRule:
		found = payoutRules()
	case *pipeline.FXRate:
		found = fxRates()
	case *pipeline.Reseller:
		found = resellers()
	default:
		return nil, pipeline.Errorf(pipeline.KindInternal, "read", fmt.Sprintf("%T", *new(T)), "no feed has this row type")
	}
	return found.(*schema[T]), nil
}

func (s *schema[T]) columnNames() []string {
	var names []string
	for _, c := range s.columns {
		names = append(names, c.name)
	}
	return names
}
