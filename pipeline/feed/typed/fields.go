package typed

import (
	"errors"
	"time"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/feed/address"
	"carat/pipeline/feed/lex"
)

// Fields reads the values of one row after the other into its struct. It is
// the part of a builder that doesn't depend on the row's type, so that the hot
// loop is compiled once.
type Fields struct {
	Columns  []pipeline.FeedColumn
	calendar *pipeline.Calendar
	Clock    lex.Clock
	sums     []pipeline.Sum
	summed   []bool
	Seen     uint64 // bit i: column i of this row was set
	// Plain says that the current block holds ASCII and no control characters
	// but ends of lines, so that ids need no look at every byte.
	Plain bool
	// AnyAddress takes any text for a mail address, as carat did before it was
	// strict: for reading again what was taken then.
	AnyAddress bool

	alike     *Alike // of the task; nil: nobody asks
	badColumn int    // lowest index of a column that broke a rule; len(columns) if none
	badCode   pipeline.Code
	badText   []byte

	lastCurrency [3]byte
	isMoney      uint64  // bit i: column i is an amount that was moved
	grouped      uint64  // bit i: that of this row may be thousands grouped by a point
	groupedText  []byte  // the last of them
	decimal      bool    // an amount of this row shows that its point begins decimals
	numbers      []int64 // what the pointers of the rows point to
	scratch      []byte  // unescaped text of the rows
}

func (f *Fields) begin() {
	f.Seen, f.grouped = 0, 0
	f.badColumn = len(f.Columns)
}

// Fail notes that column i of the row broke a rule.
func (f *Fields) Fail(i int, code pipeline.Code, text []byte) {
	if i < f.badColumn {
		f.badColumn, f.badCode, f.badText = i, code, text
	}
}

// Set reads the text into column i of the row. The row's strings may point to
// the text. What breaks a rule is remembered, the lowest column first.
func (f *Fields) Set(i int, row unsafe.Pointer, text []byte, form lex.Token) {
	c := &f.Columns[i]
	f.Seen |= 1 << uint(i)
	if len(text) == 0 {
		if !c.Optional {
			f.Fail(i, pipeline.CodeMissing, nil)
		}
		return
	}
	if form != lex.TokenText {
		if code := f.checkForm(c, text, form); code != pipeline.CodeOK {
			f.Fail(i, code, text)
			return
		}
	}
	p := unsafe.Add(row, c.Offset)
	var code pipeline.Code
	switch c.Kind {
	case pipeline.ColumnID:
		if len(text) > lex.MaxIDBytes || !f.Plain && !cleanID(text) || rewritten(text) {
			code = pipeline.CodeBadID
			break
		}
		switch {
		case f.alike == nil:
		case padded(text):
			f.alike.note(c.Name, string(text))
		case !f.Plain:
			f.alike.look(c.Name, text)
		}
		*(*string)(p) = unsafe.String(&text[0], len(text))
	case pipeline.ColumnNumber:
		code = f.setNumber(c, i, p, text)
	case pipeline.ColumnTime:
		code = f.setTime(c, p, text, form)
	case pipeline.ColumnEnum:
		code = pipeline.CodeUnknownValue
		for _, v := range c.Values {
			if string(text) == v {
				*(*string)(p) = v
				code = pipeline.CodeOK
				break
			}
		}
	case pipeline.ColumnCurrency:
		code = pipeline.CodeBadCurrency
		if len(text) == 3 && ([3]byte(text) == f.lastCurrency || pipeline.IsCurrency(string(text))) {
			f.lastCurrency = [3]byte(text)
			*(*string)(p) = unsafe.String(&text[0], len(text))
			code = pipeline.CodeOK
		}
	case pipeline.ColumnCountry:
		code = pipeline.CodeBadCountry
		if len(text) == 2 && text[0]-'A' < 26 && text[1]-'A' < 26 {
			*(*string)(p) = unsafe.String(&text[0], len(text))
			code = pipeline.CodeOK
		}
	case pipeline.ColumnAddress:
		if !f.AnyAddress && address.Check(string(text)) != nil || len(text) > lex.MaxTextBytes || !cleanText(text) {
			code = pipeline.CodeBadAddress
			break
		}
		*(*string)(p) = unsafe.String(&text[0], len(text))
	case pipeline.ColumnText:
		if len(text) > lex.MaxTextBytes || !f.Plain && !cleanText(text) {
			code = pipeline.CodeBadText
			break
		}
		*(*string)(p) = unsafe.String(&text[0], len(text))
	case pipeline.ColumnDate:
		code = setDate(p, text)
	}
	if code != pipeline.CodeOK {
		if form == lex.TokenMicros {
			text = time.UnixMicro(*(*int64)(unsafe.Pointer(&text[0]))).UTC().AppendFormat(nil, time.RFC3339Nano)
		}
		f.Fail(i, code, text)
	}
}

// checkForm refuses values that are not written as the column needs: a number
// where a text belongs, an object anywhere.
func (f *Fields) checkForm(c *pipeline.FeedColumn, text []byte, form lex.Token) pipeline.Code {
	if form == lex.TokenOther || form == lex.TokenMicros && c.Kind != pipeline.ColumnTime {
		return pipeline.CodeWrongType
	}
	if form == lex.TokenMicros {
		return pipeline.CodeOK
	}
	switch c.Kind {
	case pipeline.ColumnNumber:
		return pipeline.CodeOK
	case pipeline.ColumnID:
		for i, b := range text {
			if b-'0' > 9 && !(i == 0 && b == '-' && len(text) > 1) {
				return pipeline.CodeBadID // 1.0 and 1e3 are no ids: their text is not unique
			}
		}
		return pipeline.CodeOK
	case pipeline.ColumnTime, pipeline.ColumnDate:
		return pipeline.CodeBadTime // the unit would be a guess
	}
	return pipeline.CodeWrongType
}

func (f *Fields) setNumber(c *pipeline.FeedColumn, i int, p unsafe.Pointer, text []byte) pipeline.Code {
	v, err := parseNumber(text, c.Digits)
	if err != nil {
		switch {
		case errors.Is(err, pipeline.ErrTooFine):
			return pipeline.CodeTooPrecise
		case errors.Is(err, pipeline.ErrTooLarge):
			return pipeline.CodeOutOfRange
		}
		return pipeline.CodeNotANumber
	}
	if f.isMoney&(1<<uint(i)) != 0 {
		f.notePoint(i, text)
	}
	f.sums[i].Add(v)
	f.summed[i] = true
	if v < c.Min || v > c.Max {
		if v < 0 {
			return pipeline.CodeNegative
		}
		return pipeline.CodeOutOfRange
	}
	f.store(c, p, v)
	return pipeline.CodeOK
}

// parseNumber reads short whole numbers itself, which most are, and leaves the
// rest to the domain's parser.
func parseNumber(text []byte, digits int) (int64, error) {
	switch digits {
	case 0:
		if len(text) > 0 && len(text) < 18 {
			v := int64(0)
			for _, b := range text {
				d := b - '0'
				if d > 9 {
					return pipeline.ParseWhole(text)
				}
				v = v*10 + int64(d)
			}
			return v, nil
		}
		return pipeline.ParseWhole(text)
	case pipeline.AmountDigits:
		v, err := pipeline.ParseAmount(text)
		return int64(v), err
	}
	v, err := pipeline.ParseRate(text)
	return int64(v), err
}

func (f *Fields) setTime(c *pipeline.FeedColumn, p unsafe.Pointer, text []byte, form lex.Token) pipeline.Code {
	var v int64
	if form == lex.TokenMicros {
		v = *(*int64)(unsafe.Pointer(&text[0]))
	} else {
		var code pipeline.Code
		if v, code = f.Clock.Micros(text); code != pipeline.CodeOK {
			return code
		}
	}
	if c.Validity {
		if v < lex.FirstRateDay*lex.SecondsPerDay*1_000_000 || v >= (lex.LastRateDay+2)*lex.SecondsPerDay*1_000_000 {
			return pipeline.CodeOutOfRange
		}
	} else if !f.calendar.Contains(v) {
		return pipeline.CodeOutOfRange
	}
	f.store(c, p, v)
	return pipeline.CodeOK
}

func setDate(p unsafe.Pointer, text []byte) pipeline.Code {
	days, ok := lex.CivilDays(text)
	if !ok {
		return pipeline.CodeBadTime
	}
	if days < lex.FirstRateDay || days > lex.LastRateDay {
		return pipeline.CodeOutOfRange
	}
	*(*int32)(p) = int32(days)
	return pipeline.CodeOK
}

// store writes a number to its field. What a pointer points to lives in a
// slab; when that is full the rows keep it alive and a new one is begun.
func (f *Fields) store(c *pipeline.FeedColumn, p unsafe.Pointer, v int64) {
	if !c.Pointer {
		*(*int64)(p) = v
		return
	}
	if len(f.numbers) == cap(f.numbers) {
		f.numbers = make([]int64, 0, min(max(64, 2*cap(f.numbers)), 2*pipeline.BatchRows))
	}
	f.numbers = append(f.numbers, v)
	*(**int64)(p) = &f.numbers[len(f.numbers)-1]
}

// Room gives n bytes for text that the rows will point to.
func (f *Fields) Room(n int) []byte {
	if cap(f.scratch)-len(f.scratch) < n {
		f.scratch = make([]byte, 0, max(n, min(64<<10, max(1<<10, 2*cap(f.scratch)))))
	}
	at := len(f.scratch)
	f.scratch = f.scratch[:at+n]
	return f.scratch[at : at : at+n]
}

// cleanID says whether the text is valid UTF-8 without control characters.
func cleanID(text []byte) bool {
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			if b < ' ' || b == 0x7F {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) {
			return false
		}
		i += n
	}
	return true
}

// cleanText is cleanID that lets ends of lines and tabs pass.
func cleanText(text []byte) bool {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
		i += n
	}
	return true
}

// RowPointer points to the row that is being made.
type RowPointer = unsafe.Pointer
