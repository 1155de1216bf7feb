package typed

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
	"unsafe"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// rejectsHeld bounds the rejects that a block keeps until it is its turn.
const rejectsHeld = 4096

// Result is what became of a block.
type Result struct {
	Accepted, Rejected int64
	Conflicts          int64 // of those rejected: rows whose key stands on their line already
	FirstEvent         int64 // NoTime if none
	Sums               []pipeline.Sum
	Summed             []bool
	rejects            []pipeline.Reject
	FirstReject        *pipeline.Reject
	Unknown            []string
	Ranges             []Validity
	Twice              int64  // local times that the zone has twice
	TwiceFirst         string // the first of them
	Beside             int64  // balances that are less than a day from the first month's start, and not at it
	BesideFirst        int64  // the first of them by as_of; NoTime without
	Fine               Fine
	err                error
}

// Validity is an explicit range of a reference row.
type Validity struct {
	key      string
	From, To int64
	Line     int64
}

// Builder makes the rows of one block after the other and hands them on. One
// belongs to one worker.
type Builder struct {
	Fields
	Task   *Task
	Schema *Schema // the task's
	// early hands rejects on before the block ends, when there are many.
	early func(seq int, rejects []pipeline.Reject) error

	Rows    pipeline.RowBuffer
	Row     unsafe.Pointer
	line    int64
	seq     int
	sink    pipeline.AnyBlock
	result  Result
	unknown map[string]bool
	keyText []byte
	there   oneLine // the rows of the line that is read
	kept    bool    // the row that was ended last was accepted

	unitIs string // the currency of the last amount
	unit   int64  // and its smallest unit
	fine   lex.Fineness

	monthFrom, monthTo int64
	month              string
	monthDay           int32
	dayMonth           string
}

func newBuilder(t *Task, early func(int, []pipeline.Reject) error) *Builder {
	b := &Builder{Task: t, Schema: t.Schema, early: early, Rows: t.Schema.Feed.NewRows()}
	b.Columns = t.Schema.Columns
	b.isMoney, b.fine = t.Schema.isMoney, cmp.Or(t.Fine, lex.FinenessOf(t.Schema.Feed.Name))
	b.calendar, b.AnyAddress, b.alike = t.Calendar, t.AnyAddress, t.Alike
	b.Clock = lex.NewClock(t.Zone)
	b.monthDay = -1 << 31
	b.prototypeFields()
	return b
}

func (b *Builder) prototypeFields() {
	row, p := b.Rows.Prototype()
	l := row.Origin()
	l.BatchID, l.IngestedAt = b.Task.BatchID, b.Task.IngestedAt
	if b.Schema.entity >= 0 {
		*(*string)(unsafe.Add(p, b.Columns[b.Schema.entity].Offset)) = b.Task.Entity
	}
}

// open begins block seq.
func (b *Builder) open(seq int) error {
	n := len(b.Columns)
	b.seq = seq
	b.result = Result{FirstEvent: NoTime, BesideFirst: NoTime, Sums: make([]pipeline.Sum, n), Summed: make([]bool, n)}
	b.Clock.Twice, b.Clock.TwiceFirst = 0, ""
	b.sums, b.summed = b.result.Sums, b.result.Summed
	b.unknown = nil
	b.Plain = false
	block, err := b.Task.Sink.OpenBlock(seq)
	b.sink = block
	return err
}

// close ends the block, also after an error, so that the sink can let go of it.
func (b *Builder) close(err error) Result {
	if err == nil {
		err = b.Flush()
	}
	b.Rows.Reset()
	if b.sink != nil {
		if closeErr := b.sink.Close(); err == nil {
			err = closeErr
		}
		b.sink = nil
	}
	b.result.Twice, b.result.TwiceFirst = b.Clock.Twice, b.Clock.TwiceFirst
	b.result.err = err
	return b.result
}

// Begin starts a row that was read from the line.
func (b *Builder) Begin(line int64) {
	if line == b.line && b.kept {
		b.remember()
	}
	b.Row = b.Rows.Add()
	b.kept = false
	b.line = line
	b.Fields.begin()
}

// Value reads a text into column i of the row.
func (b *Builder) Value(i int, text []byte, form lex.Token) { b.Set(i, b.Row, text, form) }

// Missing marks the required columns that were not set.
func (b *Builder) Missing() {
	for i := range b.Columns {
		if b.Seen&(1<<uint(i)) == 0 && !b.Columns[i].Optional {
			b.Fail(i, pipeline.CodeMissing, nil)
			return
		}
	}
}

// End judges the row: accepted, or rejected for one reason.
func (b *Builder) End() error {
	if b.badColumn < len(b.Columns) {
		c := &b.Columns[b.badColumn]
		want := skipped(&b.Clock, c, b.badCode, b.badText)
		if want == "" {
			want = expected(c, b.badCode, b.badText)
		}
		return b.reject(c.Name, b.badCode, b.badText, want)
	}
	row := b.Rows.Last()
	if f := b.Schema.Feed.Finish(row); f.Code != pipeline.CodeOK {
		return b.reject(f.Column, f.Code, []byte(f.Value), f.Expected)
	}
	if i, amount, currency := b.judgeMoney(); i >= 0 {
		return b.reject(b.Columns[i].Name, pipeline.CodeTooPrecise, []byte(amount.String()), tooFine(amount, currency))
	}
	l := row.Origin()
	l.SourceLine = b.line
	switch {
	case !b.Schema.Feed.Reference:
		at := row.EventMicros()
		l.AccountingMonth = b.monthOf(at)
		b.result.FirstEvent = min(b.result.FirstEvent, at)
		if far := at + 1 - b.Task.Opens; b.Task.Opens != 0 && far != 0 && max(far, -far) < 24*time.Hour.Microseconds() { // a balance's event is the instant before as_of
			b.result.Beside++
			b.result.BesideFirst = min(b.result.BesideFirst, at+1)
		}
	case b.Schema.validFrom >= 0:
		from := *(*int64)(unsafe.Add(b.Row, b.Columns[b.Schema.validFrom].Offset))
		l.AccountingMonth = b.monthOf(from)
		if to := *(**int64)(unsafe.Add(b.Row, b.Columns[b.Schema.validTo].Offset)); to != nil {
			if *to <= from {
				return b.reject("valid_to", pipeline.CodeOutOfRange, []byte(Instant(*to)), "a time after valid_from, "+Instant(from))
			}
			b.addRange(row, from, *to)
		}
	default:
		day := *(*int32)(unsafe.Add(b.Row, b.Columns[b.Schema.date].Offset))
		if day != b.monthDay {
			b.monthDay, b.dayMonth = day, string(lex.DateMonth(nil, day))
		}
		l.AccountingMonth = b.dayMonth
	}
	b.result.Accepted++
	if b.conflicts() {
		return b.rejectAgain()
	}
	b.kept = true
	if b.Rows.Len() >= pipeline.BatchRows {
		return b.Flush()
	}
	return nil
}

// monthOf gives the month in which a row is booked.
func (b *Builder) monthOf(at int64) string {
	if at < b.monthFrom || at >= b.monthTo {
		b.monthFrom, b.monthTo = b.calendar.Span(at)
		if b.Schema.Feed.Reference {
			b.month = string(b.calendar.Month(at))
		} else {
			b.month = string(b.calendar.AccountingMonth(at))
		}
	}
	return b.month
}

func (b *Builder) addRange(row pipeline.Row, from, to int64) {
	b.keyText = row.AppendKey(b.keyText[:0])
	key := string(b.keyText[:strings.LastIndexByte(string(b.keyText), pipeline.KeySeparator)])
	b.result.Ranges = append(b.result.Ranges, Validity{key, from, to, b.line})
}

// Flush hands the rows on.
func (b *Builder) Flush() error {
	if b.Rows.Len() == 0 {
		return nil
	}
	b.remember()
	err := b.sink.Write(b.Rows)
	b.Rows.Reset()
	b.numbers, b.scratch = b.numbers[:0], b.scratch[:0]
	return err
}

// reject takes the current row back and reports it.
func (b *Builder) reject(column string, code pipeline.Code, value []byte, expected string) error {
	r := pipeline.Reject{Column: column, Expected: expected, RowKey: b.rejectKey(), Entity: b.Task.Entity}
	if i := b.Schema.entity; i >= 0 {
		r.Entity = strings.Clone(*(*string)(unsafe.Add(b.Row, b.Columns[i].Offset)))
	}
	r.AccountingMonth = b.rejectMonth()
	b.Rows.Drop()
	return b.addReject(r, b.line, code, value)
}

// RejectLine reports a record that could not even be split into values.
func (b *Builder) RejectLine(line int64, code pipeline.Code, value []byte, expected string) error {
	return b.RejectColumn(line, "", code, value, expected)
}

// RejectColumn reports a value of a record that became no row.
func (b *Builder) RejectColumn(line int64, column string, code pipeline.Code, value []byte, expected string) error {
	r := pipeline.Reject{Column: column, Expected: expected, Entity: b.Task.Entity}
	r.AccountingMonth = string(b.calendar.AccountingMonth(b.Task.IngestedAt))
	return b.addReject(r, line, code, value)
}

func (b *Builder) addReject(r pipeline.Reject, line int64, code pipeline.Code, value []byte) error {
	r.Feed, r.Source, r.Code = b.Schema.Feed.Name, b.Task.Name, string(code)
	if !b.Schema.personal || namesNobody(value) {
		r.Value = lex.Cut(value)
	}
	r.BatchID, r.IngestedAt, r.SourceLine = b.Task.BatchID, b.Task.IngestedAt, line
	if b.result.FirstReject == nil {
		b.result.FirstReject = &r
	}
	b.result.Rejected++
	b.result.rejects = append(b.result.rejects, r)
	if len(b.result.rejects) < rejectsHeld {
		return nil
	}
	err := b.early(b.seq, b.result.rejects)
	b.result.rejects = nil // the caller may keep them
	return err
}

// namesNobody says whether a value of a feed of persons can go into the history,
// from which nothing is erased. In a row whose columns have moved a name may stand
// anywhere, so only codes, numbers and times can.
func namesNobody(value []byte) bool {
	if len(value) <= 2 {
		return true
	}
	for _, b := range value {
		if (b < '0' || b > '9') && !strings.ContainsRune("+-.,:/TZ ", rune(b)) {
			return false
		}
	}
	return true
}

// rejectKey gives the key of a rejected row, if all of its columns are good.
func (b *Builder) rejectKey() string {
	for _, i := range b.Schema.keys {
		c := &b.Columns[i]
		if i == b.badColumn || b.Seen&(1<<uint(i)) == 0 && !c.Optional {
			return ""
		}
		switch c.Kind {
		case pipeline.ColumnNumber:
		case pipeline.ColumnTime:
			if !c.Pointer && *(*int64)(unsafe.Add(b.Row, c.Offset)) == 0 {
				return ""
			}
		case pipeline.ColumnDate:
			if *(*int32)(unsafe.Add(b.Row, c.Offset)) == 0 {
				return ""
			}
		default:
			if !c.Optional && *(*string)(unsafe.Add(b.Row, c.Offset)) == "" {
				return ""
			}
		}
	}
	return string(b.Rows.Last().AppendKey(nil))
}

// rejectMonth books a reject where its row would be booked, if its good columns tell
// when that is, else where it was ingested. Some feeds make an event's time of several
// columns, and a balance belongs to the month that it closes.
func (b *Builder) rejectMonth() string {
	at := b.Task.IngestedAt
	if !b.Schema.Feed.Reference {
		row := b.Rows.Last()
		b.Schema.Feed.Finish(row) // what it finds wrong is known: the row is bad
		if told := row.EventMicros(); told > 0 {
			at = told
		}
	}
	return string(b.calendar.AccountingMonth(at))
}

// Ignore notes an unknown column.
func (b *Builder) Ignore(name []byte) {
	if len(b.result.Unknown) >= MaxUnknownColumns || b.unknown[string(name)] {
		return
	}
	if b.unknown == nil {
		b.unknown = map[string]bool{}
	}
	b.unknown[string(name)] = true
	b.result.Unknown = append(b.result.Unknown, lex.ColumnName(name))
}

// Overlap finds two explicit ranges of one key that overlap. Of rows with one
// key and valid_from the last is the version that counts.
func Overlap(ranges []Validity) (first, second Validity, found bool) {
	slices.SortFunc(ranges, func(a, b Validity) int {
		return cmp.Or(strings.Compare(a.key, b.key), cmp.Compare(a.From, b.From), cmp.Compare(a.Line, b.Line))
	})
	var kept []Validity
	for i, r := range ranges {
		if i+1 < len(ranges) && ranges[i+1].key == r.key && ranges[i+1].From == r.From {
			continue
		}
		if n := len(kept); n > 0 && kept[n-1].key == r.key && kept[n-1].To > r.From {
			first, second = kept[n-1], r
			if first.Line > second.Line {
				first, second = second, first
			}
			return first, second, true
		}
		kept = append(kept[:0], r)
	}
	return first, second, false
}

// NoTime is no instant.
const NoTime = int64(math.MaxInt64)

// MaxUnknownColumns bounds how many ignored columns are listed.
const MaxUnknownColumns = 100

// Instant gives RFC 3339 of microseconds since the epoch.
func Instant(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano) }
