package published

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// Format is a published format whose rows are made by one goroutine, record by
// record: a store's, a provider's or a bank's report.
type Format struct {
	Name string
	// Feeds that the format can give: the first, unless the file's name or the
	// configuration says another of them. A file gives rows of one feed; a file
	// that has two is ingested once for each, as two batches.
	Feeds []string
	// Sniff says whether the beginning of a text, UTF-8 without a byte order
	// mark, is of this format. It is told apart by content; feed is what the
	// file's name or the configuration says, "" if neither does.
	Sniff func(head []byte, feed string) bool
	// Read hands on the rows of a file. An error of KindBadInput refuses the file.
	Read func(*Report) error
	// Fine says what becomes of amounts with more decimals than their currency has, where
	// that isn't as the feed says: 0.
	Fine lex.Fineness
	// Lines says that Read takes the text in blocks of whole lines, from Cut,
	// and that the file must be UTF-8 as it is.
	Lines bool
	// Elements says that a JSON array comes to Cut as its elements, one on a line.
	Elements bool
}

// Gives says which feed a file of the format gives when hint is expected.
func (f Format) Gives(hint string) string {
	if slices.Contains(f.Feeds, hint) {
		return hint
	}
	return f.Feeds[0]
}

// Report is a file of a published format while it is read.
type Report struct {
	Name     string
	Feed     string // that it gives
	Settings Settings
	Text     io.Reader         // UTF-8, without a byte order mark; nil where Cut is given
	Cut      *lex.Cutter       // the text in blocks of lines, for formats that ask for it
	Wrap     func(error) error // makes an error of Text one of this file
	Out      Writer
	Live     *LiveCounts // what a recording of live gifts held
	LeftOut  []pipeline.LeftOut
	Notes
}

// Settings are what the configuration says of a feed's files: see Options of
// package feed, which has the same.
type Settings struct {
	Zone              *time.Location // the feed's, of times without one
	Accounts          []string
	MinorDigits       map[string]int
	TransactionColumn string
	Kinds             map[string]string
	SKUCoins          map[string]int64
	LiveCreator       string
	LiveStream        string
	LiveSilence       time.Duration
	GiftValidFrom     int64
	Calendar          *pipeline.Calendar
	FirstPeriod       pipeline.Period    // that the books have; "" while it is not known
	Held              pipeline.HeldLines // nil: nothing is
}

// Writer takes the rows of a report. A row is begun, filled and ended; what
// can't become a row is rejected instead. An error ends the reading.
type Writer interface {
	// Begin starts a row that was read from the line.
	Begin(line int64) error
	// Set reads a text into a column, which the feed must have.
	Set(column, text string)
	// SetMicros sets a time, in microseconds since the epoch.
	SetMicros(column string, at int64)
	// SetAmount sets an amount, in millionths.
	SetAmount(column string, micros int64)
	// Put is Set for a text that was written in a form; the row may point to it.
	Put(column string, text []byte, form lex.Token)
	// Fail rejects the row for a column that was set, unless an earlier column
	// is wrong.
	Fail(column string, code pipeline.Code, text string)
	// Row is the row that is being made.
	Row() pipeline.Row
	// End judges the row: accepted, or rejected for one reason.
	End() error
	// Kind gives the kind of a column.
	Kind(column string) pipeline.ColumnKind
	// Reject counts a record that became no row.
	Reject(line int64, column string, code pipeline.Code, value, expected string) error
}

// Refuse is the error of a report that is refused whole.
func (r *Report) Refuse(line int64, format string, args ...any) *pipeline.Error {
	return lex.BadFile(r.Name, line, format, args...)
}

// KindHint ends what is expected of a text that says what a line is, where carat
// doesn't know the text: how the configuration says it.
func (r *Report) KindHint(text string) string {
	if text == "" {
		return ""
	}
	if text = lex.Shown(text); strings.Trim(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz0123456789_ ") != "" {
		text = strconv.Quote(text)
	}
	return ", or one that carat.yaml explains: feeds: " + r.Feed + ": kinds: {" + text + ": adjustment}"
}

// Columns finds the cells of a report's records by the names of its header.
type Columns struct {
	format string
	at     map[string]int
	Names  []string
}

// FoldName makes the spellings of a column's name equal.
func FoldName(name string) string {
	return strings.ToLower(strings.Join(strings.Fields(name), " "))
}

// ColumnsOf reads a header.
func ColumnsOf(format string, cells []string) Columns {
	c := Columns{format: format, at: map[string]int{}}
	for i, cell := range cells {
		c.Names = append(c.Names, strings.TrimSpace(cell))
		if name := FoldName(cell); name != "" {
			if _, twice := c.at[name]; !twice {
				c.at[name] = i
			}
		}
	}
	return c
}

// Has says whether all the columns are there, each by one of its spellings,
// which are parted by |.
func (c Columns) Has(names ...string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return c.Find(n) < 0 })
}

// Find gives the index of a column by one of its spellings, parted by |; -1
// without.
func (c Columns) Find(spellings string) int {
	for name := range strings.SplitSeq(spellings, "|") {
		if i, ok := c.at[name]; ok {
			return i
		}
	}
	return -1
}

// Need refuses a report that lacks one of the columns.
func (c Columns) Need(r *Report, line int64, names ...string) error {
	for _, n := range names {
		if c.Find(n) < 0 {
			first, _, _ := strings.Cut(n, "|")
			found := c.Names
			if len(found) > 40 {
				found = append(slices.Clip(found[:40]), "…")
			}
			return r.Refuse(line, "a report of the format %s without the column %q; found %s", c.format, first, lex.ColumnName([]byte(strings.Join(found, ", ")))).
				WithHint("download it with all of its columns; if its publisher calls one otherwise now, describe it by a layout in carat.yaml (docs/formats.md)")
		}
	}
	return nil
}

// Cell gives the text of the first of some columns that has one, without the
// spaces around it.
func (c Columns) Cell(cells []string, spellings string) string {
	for name := range strings.SplitSeq(spellings, "|") {
		if i, ok := c.at[name]; ok && i < len(cells) {
			if text := strings.TrimSpace(cells[i]); text != "" {
				return text
			}
		}
	}
	return ""
}

// Fits says whether a record has as many cells as the header. A cell more, even
// an empty one, may be an amount that was cut in two by its own comma.
func (c Columns) Fits(cells []string) bool { return len(cells) == len(c.Names) }

// LiveCounts says what a recording of live gifts held. Its rows are the gifts
// counted, not the frames.
type LiveCounts struct {
	Messages int64 // messages of any type
	Frames   int64 // messages about gifts
	Repeated int64 // frames of a gift that was counted before, left out
	Streaks  int64 // streaks counted, among them
	Inferred int64 // those whose end was never seen
}
