package guess

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/lex"
)

// Try reads a file by a layout of a feed, as ingest would, and says what became of its
// rows; of a long file it reads the beginning.
type Try func(feed string, l *layout.Layout) Tried

// Tried is what became of the rows of a file that was read by a layout.
type Tried struct {
	Taken, Rejected int64
	Err             error // why it can't be read at all, or not to its end
	reasons         []reason
}

// reason is why rows were rejected: of a column, what would have been right.
type reason struct {
	column, expected string
	code             string
	line             int64 // the first
	value            string
	rows             int64
}

// reasonsKept bounds the reasons that are told apart, reasonsSaid those that are said.
const (
	reasonsKept = 50
	reasonsSaid = 4
)

// Note takes a row that was rejected.
func (t *Tried) Note(line int64, column, code, value, expected string) {
	for i := range t.reasons {
		if r := &t.reasons[i]; r.column == column && r.code == code && r.expected == expected {
			r.rows++
			return
		}
	}
	if len(t.reasons) < reasonsKept {
		t.reasons = append(t.reasons, reason{column, expected, code, line, value, 1})
	}
}

// rejectedIn gives how many rows were rejected because of a column.
func (t Tried) rejectedIn(column string) (rows int64) {
	for _, r := range t.reasons {
		if r.column == column {
			rows += r.rows
		}
	}
	return rows
}

// total is how many rows were read.
func (t Tried) total() int64 { return t.Taken + t.Rejected }

// avoid are what a guess leaves out since the file's rows speak against it: columns of the
// feed, each with the file's that it isn't, and signs.
type avoid map[string]string

// signOf is the key of avoid for the sign of an amount that another column says.
func signOf(column string) string { return column + "_sign" }

// tried reads the file by the guess, and guesses again where its rows speak against it: a
// sign that is there already, an id that is none, an optional column that holds something
// else.
func (s sample) tried(f pipeline.Feed, try Try) draft {
	without := avoid{}
	g := s.draftFor(f, without)
	if try == nil {
		return g
	}
	g.Tried = g.try(try)
	g.decide(try)
	for range len(f.Columns) {
		better, found := draft{}, false
		for _, column := range g.mendable(f) {
			next := maps.Clone(without)
			if _, signed := g.Layout.Signs[column]; signed {
				next[signOf(column)] = g.Layout.Signs[column].Column
			} else {
				next[column] = g.Layout.Columns[column]
			}
			other := s.draftFor(f, next)
			if other.Tried = other.try(try); other.Tried.Err == nil && other.Tried.Rejected < g.Tried.Rejected {
				better, found, without = other, true, next
				break
			}
		}
		if !found {
			return g
		}
		better.decide(try)
		g = better
	}
	return g
}

// mendable gives the columns of the feed that reject rows and could be guessed otherwise.
// A few bad rows, a line of sums at the end, say nothing against a column.
func (g draft) mendable(f pipeline.Feed) (columns []string) {
	total := g.Tried.total()
	for _, c := range f.Columns {
		rows := g.Tried.rejectedIn(c.Name)
		_, signed := g.Layout.Signs[c.Name]
		isKey := len(f.Key) == 1 && f.Key[0] == c.Name
		switch {
		case rows == 0 || g.Layout.Columns[c.Name] == "":
		case signed, (c.Optional || isKey) && rows*10 > total, rows*2 > total && g.Doubts[c.Name] != "":
			columns = append(columns, c.Name)
		}
	}
	return columns
}

// decide answers what the beginning leaves open and further rows don't: of two ways to
// write a day, that which reads more of them.
func (g *draft) decide(try Try) {
	at := slices.Index(g.Layout.TimeFormats, g.Days[0])
	if g.Doubts["time_format"] == "" || at < 0 || g.Days[1] == "" || g.Tried.Err != nil {
		return
	}
	other := *g
	other.Layout.TimeFormats = slices.Clone(g.Layout.TimeFormats)
	other.Layout.TimeFormats[at] = g.Days[1]
	other.Tried = other.try(try)
	mine, others := g.Tried.rejectedTimes(g.Feed), other.Tried.rejectedTimes(g.Feed)
	switch {
	case other.Tried.Err != nil || mine == others:
		return
	case others < mine:
		g.Layout, g.Tried = other.Layout, other.Tried
	}
	delete(g.Doubts, "time_format")
}

// rejectedTimes gives how many rows were rejected because of a time.
func (t Tried) rejectedTimes(feed string) (rows int64) {
	for _, r := range t.reasons {
		if kind := kindOf(feed, r.column); kind == pipeline.ColumnTime || kind == pipeline.ColumnDate {
			rows += r.rows
		}
	}
	return rows
}

// try reads the file by the guess, with something in the place of what is asked for. What
// that causes isn't held against the guess.
func (g draft) try(try Try) Tried {
	l := g.Layout
	l.Constants, l.Values = maps.Clone(l.Constants), map[string]map[string]string{}
	asked := map[string]bool{}
	for _, column := range g.Missing {
		asked[column], l.Constants[column] = true, placeholder(columnOf(g.Feed, column))
	}
	l.Columns = maps.Clone(l.Columns)
	for _, column := range g.Unread {
		delete(l.Columns, column)
		asked[column], l.Constants[column] = true, placeholder(columnOf(g.Feed, column))
	}
	for column, words := range g.Words {
		l.Values[column] = map[string]string{}
		for _, w := range words {
			own := g.Meant[w]
			if own == "" {
				asked[column], own = true, placeholder(columnOf(g.Feed, column))
			}
			l.Values[column][w] = own
		}
	}
	if len(l.CurrencyBySign) > 0 {
		l.CurrencyBySign = maps.Clone(l.CurrencyBySign)
		for sign, code := range l.CurrencyBySign {
			if code == "" {
				l.CurrencyBySign[sign] = "USD"
			}
		}
	}
	if len(g.Sheets) > 1 {
		l.Sheets = []string{layout.AllSheets}
	} else if l.Sheet != "" {
		l.Sheets = []string{l.Sheet}
	}
	t := try(g.Feed, &l)
	t.reasons = slices.DeleteFunc(t.reasons, func(r reason) bool {
		kind := slices.ContainsFunc(slices.Collect(maps.Keys(asked)), func(c string) bool { return kindOf(g.Feed, c) == pipeline.ColumnEnum })
		asks := asked[r.column] || kind && !slices.Contains(plainCodes, r.code)
		if asks {
			t.Taken, t.Rejected = t.Taken+r.rows, t.Rejected-r.rows
		}
		return asks
	})
	return t
}

// plainCodes are the reasons to reject a row that its kind has no part in.
var plainCodes = []string{string(pipeline.CodeNotANumber), string(pipeline.CodeBadTime), string(pipeline.CodeMissing), string(pipeline.CodeBadCurrency), string(pipeline.CodeUnknownValue), string(pipeline.CodeBadID)}

// placeholder is a value that a column takes.
func placeholder(c pipeline.FeedColumn) string {
	switch c.Kind {
	case pipeline.ColumnEnum:
		return c.Values[0]
	case pipeline.ColumnCurrency:
		return "USD"
	case pipeline.ColumnNumber:
		return "1"
	case pipeline.ColumnTime:
		return "2026-01-01T00:00:00Z"
	case pipeline.ColumnDate:
		return "2026-01-01"
	}
	return "x"
}

// outcome says what became of the file's rows.
func (g draft) outcome(say func(string, ...any)) {
	t := g.Tried
	if t.Err != nil {
		say("      # ? Tried on the file, it is not read: %s", oneLine(t.Err.Error()))
		return
	}
	if t.total() == 0 {
		return
	}
	rows := fmt.Sprintf("%d rows", t.total())
	if t.total() == 1 {
		rows = "1 row"
	}
	if t.Rejected == 0 {
		say("      # Tried on the file: none of %s is rejected.", rows)
		return
	}
	say("      # ? Tried on the file: %d of %s rejected:", t.Rejected, rows)
	slices.SortStableFunc(t.reasons, func(a, b reason) int { return int(b.rows - a.rows) })
	for i, r := range t.reasons {
		if i == reasonsSaid {
			say("      #   and others; carat ingest --dry-run shows them")
			break
		}
		value := lex.Shown(r.value)
		if r.value == "" {
			value = "nothing"
		}
		column := r.column
		if column == "" {
			column = "the whole row"
		}
		say("      #   %d: %s, such as %s at line %d: %s; right is %s", r.rows, column, oneLine(value), r.line, r.code, oneLine(r.expected))
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
