package feed

import (
	"bufio"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
)

// adapter is a published format whose rows are made by one goroutine, record by
// record: a store's, a provider's or a bank's report.
type adapter struct {
	name string
	// feeds that the format can give: the first, unless the file's name or the
	// configuration says another of them. A file gives rows of one feed; a file
	// that has two is ingested once for each, as two batches.
	feeds []string
	// sniff says whether the beginning of a text, UTF-8 without a byte order
	// mark, is of this format. It is told apart by content; feed is what the
	// file's name or the configuration says, "" if neither does.
	sniff func(head []byte, feed string) bool
	read  func(*report) error
	// lines says that read takes the text in blocks of whole lines, from cut,
	// and that the file must be UTF-8 as it is.
	lines bool
}

// adapters in the order in which they are asked.
func adapters() []adapter {
	return slices.Concat(appleAdapters(), googleAdapters(), stripeAdapters(),
		payPalAdapters(), bankAdapters(), ecbXMLAdapters(), ecbAdapters(), liveAdapters())
}

// adapterOf finds an adapter by its name.
func adapterOf(name string) (adapter, bool) {
	for _, a := range adapters() {
		if a.name == name {
			return a, true
		}
	}
	return adapter{}, false
}

// sniffReport finds the adapter of a text.
func sniffReport(head []byte, feed string) (adapter, bool) {
	for _, a := range adapters() {
		if a.sniff(head, feed) {
			return a, true
		}
	}
	return adapter{}, false
}

// gives says which feed a file of the format gives when hint is expected.
func (a adapter) gives(hint string) string {
	if slices.Contains(a.feeds, hint) {
		return hint
	}
	return a.feeds[0]
}

// report is a file of a published format while it is read.
type report struct {
	name     string
	feed     string // that it gives
	settings settings
	text     io.Reader // UTF-8, without a byte order mark; nil where cut is given
	cut      *cutter   // the text in blocks of lines, for formats that ask for it
	wrap     func(error) error
	out      rowWriter
	live     *LiveCounts // what a recording of live gifts held
	notes
}

// settings are what the configuration says of a format's files; see Options.
type settings struct {
	Accounts          []string
	MinorDigits       map[string]int
	TransactionColumn string
	SKUCoins          map[string]int64
	LiveCreator       string
	LiveStream        string
	LiveSilence       time.Duration
	GiftValidFrom     int64
	Calendar          *pipeline.Calendar
}

// rowWriter takes the rows of a report. A row is begun, filled and ended; what
// can't become a row is rejected instead. An error ends the reading.
type rowWriter interface {
	begin(line int64) error
	set(column, text string)
	setMicros(column string, at int64)
	setAmount(column string, micros int64)
	// put is set for a text that was written in a form; the row may point to it.
	put(column string, text []byte, form token)
	// fail rejects the row for a column that was set, unless an earlier column
	// is wrong.
	fail(column string, code pipeline.Code, text string)
	// row is the row that is being made.
	row() pipeline.Row
	end() error
	kind(column string) pipeline.ColumnKind
	reject(line int64, column string, code pipeline.Code, value, expected string) error
}

// refuse is the error of a report that is refused whole.
func (r *report) refuse(line int64, format string, args ...any) *pipeline.Error {
	return badFile(r.name, line, format, args...)
}

// readReport lets a format's reader read the file.
func readReport(ctx context.Context, j *job, read func(*report) error, text io.Reader, wrap func(error) error) (result, error) {
	s := newSerial(j)
	in := bufio.NewReaderSize(decodeText(text, j.format.encoding), 64<<10)
	if mark, _ := in.Peek(len(byteOrderMark)); string(mark) == byteOrderMark {
		_, _ = in.Discard(len(byteOrderMark))
	}
	if _, err := in.Peek(1); errors.Is(err, io.EOF) {
		return result{}, emptyFile(j.in.Name)
	}
	r := &report{name: j.in.Name, feed: j.format.Feed, settings: j.settings(), text: in, wrap: wrap, out: &reportRows{s, ctx}}
	err := read(r)
	j.notes = r.notes.all()
	return s.finish(err)
}

// readLines lets a format's reader read the file in blocks of lines.
func readLines(ctx context.Context, j *job, read func(*report) error, cut *cutter) (result, error) {
	s := newSerial(j)
	r := &report{name: j.in.Name, feed: j.format.Feed, settings: j.settings(), cut: cut, wrap: cut.wrap, out: &reportRows{s, ctx}}
	err := read(r)
	j.notes, j.live = r.notes.all(), r.live
	return s.finish(err)
}

func (j *job) settings() settings {
	o := j.opts
	return settings{Accounts: o.Accounts, MinorDigits: o.MinorDigits, TransactionColumn: o.TransactionColumn, SKUCoins: o.SKUCoins,
		LiveCreator: o.LiveCreator, LiveStream: o.LiveStream, LiveSilence: o.LiveSilence, GiftValidFrom: o.GiftValidFrom, Calendar: o.Calendar}
}

// reportRows puts the rows of a report into the blocks of one goroutine.
type reportRows struct {
	serial *serial
	ctx    context.Context
}

func (w *reportRows) begin(line int64) error {
	if err := w.serial.ready(w.ctx); err != nil {
		return err
	}
	w.serial.begin(line)
	return nil
}

// set reads a text into a column; the text is copied by whoever keeps the row.
func (w *reportRows) set(column, text string) {
	w.serial.value(w.column(column), []byte(text), tokenText)
}

func (w *reportRows) setMicros(column string, at int64) {
	w.serial.value(w.column(column), microsText(at), tokenMicros)
}

func (w *reportRows) setAmount(column string, micros int64) {
	w.serial.value(w.column(column), pipeline.AppendDecimal(nil, micros, pipeline.AmountDigits), tokenText)
}

func (w *reportRows) put(column string, text []byte, form token) {
	w.serial.value(w.column(column), text, form)
}

func (w *reportRows) fail(column string, code pipeline.Code, text string) {
	w.serial.fail(w.column(column), code, []byte(text))
}

func (w *reportRows) row() pipeline.Row { return w.serial.rows.Last() }

// column finds a column of the feed. An adapter that names one that isn't there
// is a programmer's mistake.
func (w *reportRows) column(name string) int {
	i, ok := w.serial.schema.byName[name]
	if !ok {
		panic("feed: " + w.serial.schema.feed.Name + " has no column " + name)
	}
	return i
}

func (w *reportRows) kind(column string) pipeline.ColumnKind {
	return w.serial.columns[w.column(column)].Kind
}

func (w *reportRows) end() error {
	w.serial.missing()
	return w.serial.builder.end()
}

func (w *reportRows) reject(line int64, column string, code pipeline.Code, value, expected string) error {
	if err := w.serial.ready(w.ctx); err != nil {
		return err
	}
	return w.serial.rejectColumn(line, column, code, []byte(value), expected)
}

// columns finds the cells of a report's records by the names of its header.
type columns struct {
	format string
	at     map[string]int
	names  []string
}

// foldName makes the spellings of a column's name equal.
func foldName(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

func columnsOf(format string, cells []string) columns {
	c := columns{format: format, at: map[string]int{}}
	for i, cell := range cells {
		c.names = append(c.names, strings.TrimSpace(cell))
		if name := foldName(cell); name != "" {
			if _, twice := c.at[name]; !twice {
				c.at[name] = i
			}
		}
	}
	return c
}

// has says whether all the columns are there, each by one of its spellings,
// which are parted by |.
func (c columns) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return c.find(n) < 0 })
}

// find gives the index of a column by one of its spellings, parted by |; -1
// without.
func (c columns) find(spellings string) int {
	for name := range strings.SplitSeq(spellings, "|") {
		if i, ok := c.at[name]; ok {
			return i
		}
	}
	return -1
}

// need refuses a report that lacks one of the columns.
func (c columns) need(r *report, line int64, names ...string) error {
	for _, n := range names {
		if c.find(n) < 0 {
			first, _, _ := strings.Cut(n, "|")
			found := c.names
			if len(found) > 40 {
				found = append(slices.Clip(found[:40]), "…")
			}
			return r.refuse(line, "a report of the format %s without the column %q; found %s", c.format, first, columnName([]byte(strings.Join(found, ", ")))).
				WithHint("download it again with all of its columns")
		}
	}
	return nil
}

// cell gives the text of the first of some columns that has one, without the
// spaces around it.
func (c columns) cell(cells []string, spellings string) string {
	for name := range strings.SplitSeq(spellings, "|") {
		if i, ok := c.at[name]; ok && i < len(cells) {
			if text := strings.TrimSpace(cells[i]); text != "" {
				return text
			}
		}
	}
	return ""
}

// fits says whether a record has as many cells as the header. A cell more, even
// an empty one, may be an amount that was cut in two by its own comma.
func (c columns) fits(cells []string) bool { return len(cells) == len(c.names) }
