package typed

import (
	"bytes"
	"fmt"
	"strings"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// money is a column of amounts that were moved, with the column of their currency.
type money struct{ amount, currency int }

// moneyOf gives those of a feed; none of one whose amounts may be as fine as they are.
func moneyOf(f pipeline.Feed, at map[string]int) (list []money) {
	if lex.FinenessOf(f.Name) == lex.FineFree {
		return nil
	}
	for i, c := range f.Columns {
		if c.Kind != pipeline.ColumnNumber || c.Digits != pipeline.AmountDigits {
			continue
		}
		if of, ok := at[lex.CurrencyOf(f, c.Name)]; ok {
			list = append(list, money{i, of})
		}
	}
	return list
}

// Fine counts amounts of a file that have more decimals than their currency has, and
// those that may be thousands which a mark groups.
type Fine struct {
	Count int64
	First string // "1.234 EUR on line 5"
	// Amounts with exactly three decimals of which the last is a nought, such as 1.500:
	// read as they stand, which is right unless the point groups thousands.
	Grouped      int64
	FirstGrouped string
	// Decimal says that an amount shows that the point begins decimals: 15.60, 0.500, 1234.500.
	Decimal bool
}

func (f *Fine) merge(o Fine) {
	if f.Count += o.Count; f.First == "" {
		f.First = o.First
	}
	if f.Grouped += o.Grouped; f.FirstGrouped == "" {
		f.FirstGrouped = o.FirstGrouped
	}
	f.Decimal = f.Decimal || o.Decimal
}

// Notes say so in sentences. Published says that the file is in a format of a provider or
// a bank, which fixes how numbers are written.
func (f Fine) Notes(published bool) (notes []string) {
	if f.Count > 0 {
		note := fmt.Sprintf("%s more decimals than their currency has, the first %s", amounts(f.Count), f.First)
		if !published {
			note += "; if its sender doesn't work fees or shares out so, a mark groups thousands there: docs/formats.md says how numbers are read, and `carat undo` takes a file out"
		}
		notes = append(notes, note)
	}
	if f.Grouped > 0 && !f.Decimal && !published {
		notes = append(notes, fmt.Sprintf("%s three decimals, the first %s, and no amount of the file shows that its point begins decimals; if it groups thousands, a layout says so (docs/formats.md), and `carat undo` takes a file out",
			amounts(f.Grouped), f.FirstGrouped))
	}
	return notes
}

func amounts(n int64) string {
	if n == 1 {
		return "1 amount has"
	}
	return fmt.Sprintf("%d amounts have", n)
}

// notePoint notes how an amount of column i is written.
func (f *Fields) notePoint(i int, text []byte) {
	at := bytes.IndexByte(text, '.')
	if at < 0 {
		return
	}
	whole := bytes.TrimPrefix(text[:at], []byte{'-'})
	switch {
	case len(text)-at-1 != 3, len(whole) > 3, whole[0] == '0':
		f.decimal = true
	case text[len(text)-1] == '0':
		f.grouped, f.groupedText = f.grouped|1<<uint(i), text
	}
}

// judgeMoney looks at the amounts of a row that is good otherwise: a column that has more
// decimals than its currency and may not, and that currency; -1 for none.
func (b *Builder) judgeMoney() (column int, amount pipeline.Amount, currency string) {
	if b.decimal {
		b.result.Fine.Decimal, b.decimal = true, false
	}
	for _, m := range b.Schema.money {
		amount, currency := pipeline.Amount(b.numberAt(m.amount)), *(*string)(unsafe.Add(b.Row, b.Columns[m.currency].Offset))
		if amount == 0 || currency == "" {
			continue
		}
		unit := b.unitOf(currency)
		if int64(amount)%unit == 0 {
			if b.grouped&(1<<uint(m.amount)) != 0 && unit >= 10_000 {
				if b.result.Fine.Grouped++; b.result.Fine.Grouped == 1 {
					b.result.Fine.FirstGrouped = fmt.Sprintf("%s %s on line %d", lex.Cut(b.groupedText), currency, b.line)
				}
			}
			continue
		}
		if b.fine == lex.FineWrong {
			return m.amount, amount, currency
		}
		if b.result.Fine.Count++; b.result.Fine.Count == 1 {
			b.result.Fine.First = fmt.Sprintf("%s %s on line %d", amount, currency, b.line)
		}
	}
	return -1, 0, ""
}

// numberAt gives the number of a column in the row that is being made; 0 without.
func (b *Builder) numberAt(i int) int64 {
	c := &b.Columns[i]
	p := unsafe.Add(b.Row, c.Offset)
	if !c.Pointer {
		return *(*int64)(p)
	}
	if n := *(**int64)(p); n != nil {
		return *n
	}
	return 0
}

// unitOf gives the smallest unit of a currency, in millionths.
func (b *Builder) unitOf(currency string) int64 {
	if currency != b.unitIs {
		b.unitIs, b.unit = strings.Clone(currency), lex.MinorUnit(currency)
	}
	return b.unit
}

// tooFine says what would have been right in place of such an amount.
func tooFine(amount pipeline.Amount, currency string) string {
	digits, _ := pipeline.MinorDigits(currency)
	want := fmt.Sprintf("an amount with at most %d decimals, as %s has", digits, currency)
	if digits == 0 {
		want = "an amount without decimals, as " + currency + " has none"
	}
	if digits < 3 && amount%1000 == 0 && amount%10_000 != 0 {
		want += "; if " + (amount * 1000).String() + " is meant, a mark groups thousands: have it exported without, or say in a layout how its numbers are written (decimal_comma, thousands)"
	}
	return want
}
