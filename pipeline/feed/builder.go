package feed

import (
	"cmp"
	"slices"
	"strings"
	"unsafe"

	"carat/pipeline"
)

// rejectsHeld bounds the rejects that a block keeps until it is its turn.
const rejectsHeld = 4096

// result is what became of a block.
type result struct {
	accepted, rejected int64
	firstEvent         int64 // noTime if none
	sums               []pipeline.Sum
	summed             []bool
	rejects            []pipeline.Reject
	firstReject        *pipeline.Reject
	unknown            []string
	ranges             []validity
	err                error
}

// validity is an explicit range of a reference row.
type validity struct {
	key      string
	from, to int64
	line     int64
}

// builder makes the rows of one block after the other and hands them on. One
// belongs to one worker.
type builder struct {
	fields
	schema *schema
	name   string // of the file
	opts   *Options
	// early hands rejects on before the block ends, when there are many.
	early func(seq int, rejects []pipeline.Reject) error

	rows    pipeline.RowBuffer
	row     unsafe.Pointer
	line    int64
	seq     int
	sink    pipeline.AnyBlock
	result  result
	unknown map[string]bool
	keyText []byte

	monthFrom, monthTo int64
	month              string
	monthDay           int32
	dayMonth           string
}

func newBuilder(s *schema, name string, opts *Options, early func(int, []pipeline.Reject) error) *builder {
	b := &builder{schema: s, name: name, opts: opts, early: early, rows: s.feed.NewRows()}
	b.columns = s.columns
	b.calendar = opts.Calendar
	b.clock = newClock(opts.Zone)
	b.monthDay = -1 << 31
	b.prototypeFields()
	return b
}

func (b *builder) prototypeFields() {
	row, p := b.rows.Prototype()
	l := row.Origin()
	l.BatchID, l.IngestedAt = b.opts.BatchID, b.opts.IngestedAt
	if b.schema.entity >= 0 {
		*(*string)(unsafe.Add(p, b.columns[b.schema.entity].Offset)) = b.opts.Entity
	}
}

// open begins block seq.
func (b *builder) open(seq int, sink pipeline.AnySink) error {
	n := len(b.columns)
	b.seq = seq
	b.result = result{firstEvent: noTime, sums: make([]pipeline.Sum, n), summed: make([]bool, n)}
	b.sums, b.summed = b.result.sums, b.result.summed
	b.unknown = nil
	b.plain = false
	block, err := sink.OpenBlock(seq)
	b.sink = block
	return err
}

// close ends the block, also after an error, so that the sink can let go of it.
func (b *builder) close(err error) result {
	if err == nil {
		err = b.flush()
	}
	b.rows.Reset()
	if b.sink != nil {
		if closeErr := b.sink.Close(); err == nil {
			err = closeErr
		}
		b.sink = nil
	}
	b.result.err = err
	return b.result
}

// begin starts a row that was read from the line.
func (b *builder) begin(line int64) {
	b.row = b.rows.Add()
	b.line = line
	b.fields.begin()
}

// value reads a text into column i of the row.
func (b *builder) value(i int, text []byte, form token) { b.set(i, b.row, text, form) }

// missing marks the required columns that were not set.
func (b *builder) missing() {
	for i := range b.columns {
		if b.seen&(1<<uint(i)) == 0 && !b.columns[i].Optional {
			b.fail(i, pipeline.CodeMissing, nil)
			return
		}
	}
}

// end judges the row: accepted, or rejected for one reason.
func (b *builder) end() error {
	if b.badColumn < len(b.columns) {
		c := &b.columns[b.badColumn]
		return b.reject(c.Name, b.badCode, b.badText, expected(c, b.badCode))
	}
	row := b.rows.Last()
	if f := b.schema.feed.Finish(row); f.Code != pipeline.CodeOK {
		return b.reject(f.Column, f.Code, []byte(f.Value), f.Expected)
	}
	l := row.Origin()
	l.SourceLine = b.line
	switch {
	case !b.schema.feed.Reference:
		at := row.EventMicros()
		l.AccountingMonth = b.monthOf(at)
		b.result.firstEvent = min(b.result.firstEvent, at)
	case b.schema.validFrom >= 0:
		from := *(*int64)(unsafe.Add(b.row, b.columns[b.schema.validFrom].Offset))
		l.AccountingMonth = b.monthOf(from)
		if to := *(**int64)(unsafe.Add(b.row, b.columns[b.schema.validTo].Offset)); to != nil {
			if *to <= from {
				return b.reject("valid_to", pipeline.CodeOutOfRange, []byte(instant(*to)), "a time after valid_from, "+instant(from))
			}
			b.addRange(row, from, *to)
		}
	default:
		day := *(*int32)(unsafe.Add(b.row, b.columns[b.schema.date].Offset))
		if day != b.monthDay {
			b.monthDay, b.dayMonth = day, string(dateMonth(nil, day))
		}
		l.AccountingMonth = b.dayMonth
	}
	b.result.accepted++
	if b.rows.Len() >= pipeline.BatchRows {
		return b.flush()
	}
	return nil
}

// monthOf gives the month in which a row is booked.
func (b *builder) monthOf(at int64) string {
	if at < b.monthFrom || at >= b.monthTo {
		b.monthFrom, b.monthTo = b.calendar.Span(at)
		if b.schema.feed.Reference {
			b.month = string(b.calendar.Month(at))
		} else {
			b.month = string(b.calendar.AccountingMonth(at))
		}
	}
	return b.month
}

func (b *builder) addRange(row pipeline.Row, from, to int64) {
	b.keyText = row.AppendKey(b.keyText[:0])
	key := string(b.keyText[:strings.LastIndexByte(string(b.keyText), pipeline.KeySeparator)])
	b.result.ranges = append(b.result.ranges, validity{key, from, to, b.line})
}

// flush hands the rows on.
func (b *builder) flush() error {
	if b.rows.Len() == 0 {
		return nil
	}
	err := b.sink.Write(b.rows)
	b.rows.Reset()
	b.numbers, b.scratch = b.numbers[:0], b.scratch[:0]
	return err
}

// reject takes the current row back and reports it.
func (b *builder) reject(column string, code pipeline.Code, value []byte, expected string) error {
	r := pipeline.Reject{Column: column, Expected: expected, RowKey: b.rejectKey(), Entity: b.opts.Entity}
	if i := b.schema.entity; i >= 0 {
		r.Entity = strings.Clone(*(*string)(unsafe.Add(b.row, b.columns[i].Offset)))
	}
	r.AccountingMonth = b.rejectMonth()
	b.rows.Drop()
	return b.addReject(r, b.line, code, value)
}

// rejectLine reports a record that could not even be split into values.
func (b *builder) rejectLine(line int64, code pipeline.Code, value []byte, expected string) error {
	return b.rejectColumn(line, "", code, value, expected)
}

// rejectColumn reports a value of a record that became no row.
func (b *builder) rejectColumn(line int64, column string, code pipeline.Code, value []byte, expected string) error {
	r := pipeline.Reject{Column: column, Expected: expected, Entity: b.opts.Entity}
	r.AccountingMonth = string(b.calendar.AccountingMonth(b.opts.IngestedAt))
	return b.addReject(r, line, code, value)
}

func (b *builder) addReject(r pipeline.Reject, line int64, code pipeline.Code, value []byte) error {
	r.Feed, r.Source, r.Code, r.Value = b.schema.feed.Name, b.name, string(code), cut(value)
	r.BatchID, r.IngestedAt, r.SourceLine = b.opts.BatchID, b.opts.IngestedAt, line
	if b.result.firstReject == nil {
		b.result.firstReject = &r
	}
	b.result.rejected++
	b.result.rejects = append(b.result.rejects, r)
	if len(b.result.rejects) < rejectsHeld {
		return nil
	}
	err := b.early(b.seq, b.result.rejects)
	b.result.rejects = nil // the caller may keep them
	return err
}

// rejectKey gives the key of a rejected row, if all of its columns are good.
func (b *builder) rejectKey() string {
	for _, i := range b.schema.keys {
		c := &b.columns[i]
		if i == b.badColumn || b.seen&(1<<uint(i)) == 0 && !c.Optional {
			return ""
		}
		switch c.Kind {
		case pipeline.ColumnNumber:
		case pipeline.ColumnTime:
			if !c.Pointer && *(*int64)(unsafe.Add(b.row, c.Offset)) == 0 {
				return ""
			}
		case pipeline.ColumnDate:
			if *(*int32)(unsafe.Add(b.row, c.Offset)) == 0 {
				return ""
			}
		default:
			if !c.Optional && *(*string)(unsafe.Add(b.row, c.Offset)) == "" {
				return ""
			}
		}
	}
	return string(b.rows.Last().AppendKey(nil))
}

// rejectMonth books a reject where its row would be booked, if the row has got
// so far, else where it was ingested.
func (b *builder) rejectMonth() string {
	at := b.opts.IngestedAt
	if name := b.schema.feed.EventColumn; name != "" {
		if i, ok := b.schema.byName[name]; ok {
			if v := *(*int64)(unsafe.Add(b.row, b.columns[i].Offset)); v != 0 {
				at = v
			}
		}
	}
	return string(b.calendar.AccountingMonth(at))
}

// ignore notes an unknown column.
func (b *builder) ignore(name []byte) {
	if len(b.result.unknown) >= MaxUnknownColumns || b.unknown[string(name)] {
		return
	}
	if b.unknown == nil {
		b.unknown = map[string]bool{}
	}
	b.unknown[string(name)] = true
	b.result.unknown = append(b.result.unknown, columnName(name))
}

// overlap finds two explicit ranges of one key that overlap. Of rows with one
// key and valid_from the last is the version that counts.
func overlap(ranges []validity) (first, second validity, found bool) {
	slices.SortFunc(ranges, func(a, b validity) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.from, b.from), cmp.Compare(a.line, b.line))
	})
	var kept []validity
	for i, r := range ranges {
		if i+1 < len(ranges) && ranges[i+1].key == r.key && ranges[i+1].from == r.from {
			continue
		}
		if n := len(kept); n > 0 && kept[n-1].key == r.key && kept[n-1].to > r.from {
			first, second = kept[n-1], r
			if first.line > second.line {
				first, second = second, first
			}
			return first, second, true
		}
		kept = append(kept[:0], r)
	}
	return first, second, false
}
