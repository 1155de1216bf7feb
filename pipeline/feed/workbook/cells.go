package workbook

import (
	"math/big"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/typed"
)

// spreadsheetDigits is how many digits of a number a spreadsheet keeps. Files
// hold up to 17, the last ones made of binary fractions: 19.99 is written
// 19.989999999999998.
const spreadsheetDigits = 15

// sheetRecord makes a row of a sheet's row.
func sheetRecord(w *workbook, b *typed.Builder, columns []int, line int64, cells []workbookValue) error {
	for _, c := range cells[min(len(columns), len(cells)):] {
		if c.text != "" {
			return b.RejectLine(line, pipeline.CodeWrongFieldCount, []byte(c.text), strconv.Itoa(len(columns))+" cells, as the header has")
		}
	}
	b.Begin(line)
	for i, column := range columns {
		if column < 0 {
			continue
		}
		text := ""
		var code pipeline.Code
		if i < len(cells) {
			if text = cells[i].text; cells[i].number {
				text, code = w.shown(b.Columns[column].Kind, text, cells[i].date)
			}
		}
		if code != pipeline.CodeOK {
			b.Seen |= 1 << uint(column)
			b.Fail(column, code, []byte(cells[i].text))
			continue
		}
		b.Value(column, []byte(text), lex.TokenText)
	}
	if shown, column := otherCurrency(b, columns, cells); column >= 0 {
		b.Fail(column, pipeline.CodeBadCurrency, []byte(shown))
	}
	b.Missing()
	return b.End()
}

// otherCurrency finds an amount that the sheet shows with the sign of another currency than
// the row's: it would count as one that it isn't. Column -1 is none.
func otherCurrency(b *typed.Builder, columns []int, cells []workbookValue) (shown string, column int) {
	for i, column := range columns {
		if column < 0 || i >= len(cells) || cells[i].currency == "" || b.Columns[column].Kind != pipeline.ColumnNumber {
			continue
		}
		of, ok := b.Schema.ByName[strings.TrimSuffix(b.Columns[column].Name, "amount")+"currency"]
		if !ok {
			of, ok = b.Schema.ByName["currency"]
		}
		if !ok {
			continue
		}
		have := *(*string)(unsafe.Add(b.Row, b.Columns[of].Offset))
		if have != "" && !lex.MayShow(cells[i].currency, have) {
			return cells[i].currency + " " + cells[i].text, column
		}
	}
	return "", -1
}

// shown is number, of a cell that is perhaps shown as a day or a time: then it is no
// amount and no id, and in a text it is what it shows.
func (w *workbook) shown(kind pipeline.ColumnKind, text string, date bool) (string, pipeline.Code) {
	switch {
	case !date || kind == pipeline.ColumnTime || kind == pipeline.ColumnDate:
		return w.number(kind, text)
	case kind == pipeline.ColumnText:
		return w.number(pipeline.ColumnTime, text)
	}
	return text, pipeline.CodeWrongType
}

// number writes the number of a cell as its column needs it: an amount rounded
// to what a spreadsheet keeps, a day or a time from days since 1900, an id only
// if no digit of it can be lost.
func (w *workbook) number(kind pipeline.ColumnKind, text string) (string, pipeline.Code) {
	v, ok := decimalOf(text)
	if !ok {
		return text, pipeline.CodeNotANumber
	}
	switch kind {
	case pipeline.ColumnTime, pipeline.ColumnDate:
		return w.date(kind, v)
	case pipeline.ColumnNumber:
		return roundDigits(v, spreadsheetDigits), pipeline.CodeOK
	}
	if !v.IsInt() || len(strings.TrimPrefix(v.Num().String(), "-")) > spreadsheetDigits {
		return text, pipeline.CodeBadID
	}
	return v.Num().String(), pipeline.CodeOK
}

// decimalOf reads a decimal, with an exponent as spreadsheets write it.
func decimalOf(text string) (*big.Rat, bool) {
	mantissa, exponent, scientific := strings.Cut(strings.ToUpper(text), "E")
	if len(mantissa) > 40 {
		return nil, false
	}
	v, ok := lex.PlainDecimal(mantissa)
	if !ok || !scientific {
		return v, ok
	}
	n, err := strconv.Atoi(exponent)
	if err != nil || n < -40 || n > 40 {
		return nil, false
	}
	power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(n, -n))), nil))
	if n < 0 {
		return v.Quo(v, power), true
	}
	return v.Mul(v, power), true
}

// roundDigits writes a number with at most so many significant digits.
func roundDigits(v *big.Rat, digits int) string {
	whole := new(big.Int).Quo(new(big.Int).Abs(v.Num()), v.Denom()).String()
	places := digits - len(whole)
	if whole == "0" {
		places = digits
	}
	if places <= 0 {
		if v.IsInt() {
			return v.Num().String()
		}
		places = 0
	}
	text := v.FloatString(places)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}

// The days that a workbook counts from, for days after February 1900.
var (
	epoch1900 = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	epoch1904 = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
)

// date writes a serial day, its fraction rounded to a millisecond. It has no
// zone: it is read in the feed's.
func (w *workbook) date(kind pipeline.ColumnKind, serial *big.Rat) (string, pipeline.Code) {
	millis := new(big.Rat).Mul(serial, big.NewRat(24*60*60*1000, 1))
	millis.Add(millis, big.NewRat(1, 2))
	whole := new(big.Int).Div(millis.Num(), millis.Denom())
	if !whole.IsInt64() || whole.Sign() < 0 || whole.Int64() > 200_000*24*60*60*1000 {
		return serial.RatString(), pipeline.CodeOutOfRange
	}
	epoch := epoch1900
	if w.date04 {
		epoch = epoch1904
	}
	const day = 24 * 60 * 60 * 1000
	n := whole.Int64()
	at := epoch.AddDate(0, 0, int(n/day)).Add(time.Duration(n%day) * time.Millisecond)
	if kind == pipeline.ColumnTime && n%day != 0 {
		return at.Format("2006-01-02T15:04:05.999"), pipeline.CodeOK
	}
	if n%day != 0 {
		return at.Format("2006-01-02T15:04:05.999"), pipeline.CodeBadTime
	}
	return at.Format(time.DateOnly), pipeline.CodeOK
}
