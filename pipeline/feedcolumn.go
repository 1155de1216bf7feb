package pipeline

import (
	"fmt"
	"reflect"
	"strings"
)

// ColumnKind is how a column's text is read and checked.
type ColumnKind uint8

// The kinds of columns.
const (
	ColumnID       ColumnKind = iota
	ColumnText                // free text, such as a note
	ColumnEnum                // one of Values
	ColumnCurrency            // of ISO 4217
	ColumnCountry             // two upper-case letters
	ColumnNumber              // a whole number or a decimal, from Min to Max
	ColumnTime                // RFC 3339, or a local time of the feed's zone
	ColumnDate                // a day, which has no zone
	ColumnAddress             // one mail address
)

// MaxFeedColumns bounds the columns of a feed: a reader notes the columns of a row
// that it has seen in the bits of one word.
const MaxFeedColumns = 64

// FeedColumn is one column of a feed's files, bound to a field of its row type.
type FeedColumn struct {
	Name     string
	Kind     ColumnKind
	Optional bool
	Personal bool     // says who somebody is: kept under people/ alone, and in no reject
	Values   []string // ColumnEnum
	Digits   int      // ColumnNumber: places kept; 0 for whole numbers
	Min, Max int64    // ColumnNumber
	Validity bool     // ColumnTime: a bound of validity, not of an event
	Offset   uintptr  // of the field in the row type
	Pointer  bool     // the field is a *int64

	field string // name of the Go field, where it has no tag
}

func id(name string) FeedColumn       { return FeedColumn{Name: name, Kind: ColumnID} }
func text(name string) FeedColumn     { return FeedColumn{Name: name, Kind: ColumnText} }
func currency(name string) FeedColumn { return FeedColumn{Name: name, Kind: ColumnCurrency} }
func country(name string) FeedColumn  { return FeedColumn{Name: name, Kind: ColumnCountry} }
func moment(name string) FeedColumn   { return FeedColumn{Name: name, Kind: ColumnTime} }
func day(name string) FeedColumn      { return FeedColumn{Name: name, Kind: ColumnDate} }

func enum(name string, values ...string) FeedColumn {
	return FeedColumn{Name: name, Kind: ColumnEnum, Values: values}
}

func bound(name string) FeedColumn {
	return FeedColumn{Name: name, Kind: ColumnTime, Validity: true}
}

// number is a column without a sign; its places come from the field's tag.
func number(name string) FeedColumn {
	return FeedColumn{Name: name, Kind: ColumnNumber, Min: 0, Max: DecimalMax}
}

// positive is a number above zero, by one unit of its last place.
func positive(name string) FeedColumn {
	return FeedColumn{Name: name, Kind: ColumnNumber, Min: 1, Max: DecimalMax}
}

func signed(name string) FeedColumn {
	return FeedColumn{Name: name, Kind: ColumnNumber, Min: -DecimalMax, Max: DecimalMax}
}

// share is a rate between 0 and 1.
func share(name string) FeedColumn {
	return FeedColumn{Name: name, Kind: ColumnNumber, Min: 0, Max: 1_000_000_000}
}

func channel() FeedColumn {
	return enum("channel", ChannelApple, ChannelGoogle, ChannelWeb, ChannelReseller)
}

func entity() FeedColumn { return maybe(id("entity")) }

func maybe(c FeedColumn) FeedColumn {
	c.Optional = true
	return c
}

// mailbox is a mail address.
func mailbox(name string) FeedColumn { return FeedColumn{Name: name, Kind: ColumnAddress} }

// personal marks a column that says who somebody is.
func personal(c FeedColumn) FeedColumn {
	c.Personal = true
	return c
}

func inField(c FeedColumn, field string) FeedColumn {
	c.field = field
	return c
}

// bind finds the column's field by tag (or name) and checks its type. A column
// that doesn't fit its field is a programmer's mistake.
func (c *FeedColumn) bind(row reflect.Type) {
	for _, field := range reflect.VisibleFields(row) {
		tag := field.Tag.Get("parquet")
		if len(field.Index) > 1 || (c.field == "" && strings.Split(tag, ",")[0] != c.Name) {
			continue
		}
		if c.field != "" {
			outer, inner, _ := strings.Cut(c.field, ".")
			if field.Name != outer {
				continue
			}
			leaf, _ := field.Type.FieldByName(inner)
			c.Offset = field.Offset + leaf.Offset
			return
		}
		c.Offset = field.Offset
		want := reflect.TypeFor[string]()
		switch c.Kind {
		case ColumnNumber, ColumnTime:
			want = reflect.TypeFor[int64]()
			if strings.Contains(tag, "decimal(6:18)") {
				c.Digits = AmountDigits
			} else if strings.Contains(tag, "decimal(9:18)") {
				c.Digits = RateDigits
			}
			if field.Type.Kind() == reflect.Pointer {
				c.Pointer = true
				want = reflect.TypeFor[*int64]()
			}
		case ColumnDate:
			want = reflect.TypeFor[int32]()
		}
		if field.Type != want {
			panic(fmt.Sprintf("pipeline: column %s is a %s, not a %s", c.Name, field.Type, want))
		}
		return
	}
	panic("pipeline: no field for column " + c.Name + " in " + row.Name())
}
