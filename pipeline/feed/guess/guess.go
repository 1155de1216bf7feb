package guess

import (
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/lex"
)

// sample is the beginning of a file, cut into cells.
type sample struct {
	Separator byte // 0 for JSON and sheets
	Encoding  string
	Header    int64 // its line
	Sheet     string
	Sheets    []string // that have the same columns, if several do
	Objects   bool
	At        string // of objects: the key whose value they are
	Names     []string
	Rows      [][]cell
}

// draft is a layout that a sample suggests, and what it can't know.
type draft struct {
	Feed     string
	Layout   layout.Layout
	Doubts   map[string]string   // by key of the layout, or column of the feed
	Unused   []string            // columns of the file
	Examples map[string]string   // a text of each column of the file
	Missing  []string            // required columns of the feed that nothing gives
	Words    map[string][]string // by column of the feed: words that are none of its own
	Sheets   []string            // of a workbook that have the same columns, if several do
	Meant    map[string]string   // what of these differs from one of its own in its case alone
	Joins    map[string]parted   // by column of the feed: the columns that its time is parted into
	Shown    string              // the one sign or code that a sheet shows its amounts with
	Days     [2]string           // two time formats that read the same texts as other days
	Unread   []string            // columns of the feed whose times are written in a way that isn't known
	Tried    Tried               // what became of the file's rows
	Reasons  map[string]string   // by key of the layout, or column of the feed: what says its value
}

// guessed is a column of a sample with what its texts can be.
type guessed struct {
	name   string
	texts  []string // that are not empty
	cells  []cell
	times  []string // formats that read all of them
	number bool
	ids    bool // each row has one, and no two rows that differ have the same
}

// draftFor makes a layout of a feed for a sample, without what the file's rows speak
// against.
func (s sample) draftFor(f pipeline.Feed, without avoid) draft {
	g := draft{Feed: f.Name, Sheets: s.Sheets, Doubts: map[string]string{}, Examples: map[string]string{}, Words: map[string][]string{}, Meant: map[string]string{}, Joins: map[string]parted{}, Reasons: map[string]string{}}
	l := &g.Layout
	l.Rows = s.At
	l.Separator, l.Encoding, l.Sheet = layout.Separator(s.Separator), s.Encoding, s.Sheet
	l.Columns, l.Pairs, l.Signs, l.Constants, l.Joined = map[string]string{}, map[string]layout.Pair{}, map[string]layout.Sign{}, map[string]string{}, map[string][]string{}
	l.Scale = map[string]int{}
	columns := s.columns()
	l.Spelling, g.Doubts["decimal_comma"] = guessSpelling(columns)
	for i := range columns {
		c := &columns[i]
		c.number = len(c.texts) > 0 && !slices.ContainsFunc(c.cells, func(cell cell) bool { return !cell.readsAsNumber(l.Spelling) })
		c.times = readTimes(c.texts)
		if len(c.texts) > 0 {
			g.Examples[c.name] = c.texts[0]
		}
	}
	g.pairs(f, columns, without)
	g.match(f, columns, without)
	g.saidCurrencies(f, columns)
	g.join(s.partedTimes(columns))
	g.formats(columns)
	g.saidZone()
	g.words(f, columns)
	g.shown(columns)
	g.missing(f, columns)
	g.pending(columns)
	for _, c := range columns {
		if c.name != "" && !slices.Contains(l.Uses(), c.name) {
			g.Unused = append(g.Unused, c.name)
		}
	}
	return g
}

// Score says how well a guess fits: columns that the feed needs and has, less
// those that it lacks.
func (g draft) score(f pipeline.Feed) int {
	n := 3*len(g.Layout.Mapped()) - 2*len(g.Missing)
	for _, column := range g.Missing {
		if g.Doubts[column] != "" { // something is there that it may be
			n += 2
		}
	}
	return n
}

func (s sample) columns() []guessed {
	columns := make([]guessed, len(s.Names))
	for i, name := range s.Names {
		columns[i].name = name
		for _, row := range s.Rows {
			if i < len(row) && strings.TrimSpace(row[i].Text) != "" {
				columns[i].texts = append(columns[i].texts, strings.TrimSpace(row[i].Text))
				columns[i].cells = append(columns[i].cells, row[i])
			}
		}
		columns[i].ids = len(columns[i].texts) == len(s.Rows) && s.areIDs(i)
	}
	return columns
}

// areIDs says whether no two rows that differ have the same text in a column.
func (s sample) areIDs(at int) bool {
	seen := map[string][]cell{}
	for _, row := range s.Rows {
		id := strings.TrimSpace(row[at].Text)
		if first, twice := seen[id]; twice && !slices.Equal(first, row) {
			return false
		}
		seen[id] = row
	}
	return true
}

func (c cell) readsAsNumber(s layout.Spelling) bool {
	if c.Number {
		return true
	}
	_, ok := s.Read(c.Text)
	return ok
}

// pairs finds an amount in two columns, and one whose sign is a word.
func (g *draft) pairs(f pipeline.Feed, columns []guessed, without avoid) {
	amount := ""
	for _, c := range f.Columns {
		if c.Kind == pipeline.ColumnNumber && c.Min < 0 && amount == "" && !c.Optional {
			amount = c.Name
		}
	}
	if amount == "" {
		return
	}
	var pair layout.Pair
	for _, c := range columns {
		switch name := bareName(c.name); {
		case slices.Contains(creditNames, name) && (c.number || len(c.texts) == 0):
			pair.Credit = c.name
		case slices.Contains(debitNames, name) && (c.number || len(c.texts) == 0):
			pair.Debit = c.name
			pair.DebitNegative = slices.ContainsFunc(c.texts, func(t string) bool { return strings.ContainsAny(layout.PlainNumber(t), "-(") })
		case !c.number && (slices.Contains(signNames, name) || c.saysSigns()):
			words := distinct(c.texts, 10)
			sign := layout.Sign{Column: c.name}
			for _, w := range words {
				if anyCase(w, negatives) {
					sign.Negative = append(sign.Negative, w)
				} else {
					sign.Positive = append(sign.Positive, w)
				}
			}
			if len(sign.Negative) > 0 && without[signOf(amount)] != c.name {
				g.Layout.Signs[amount] = sign
			}
		}
	}
	if pair.Credit != "" && pair.Debit != "" {
		g.Layout.Pairs[amount] = pair
		delete(g.Layout.Signs, amount)
	}
}

// saysSigns says whether a column's texts are words for what comes in and what goes out, and no others.
func (c guessed) saysSigns() bool {
	words := distinct(c.texts, 10)
	in := slices.ContainsFunc(words, func(w string) bool { return anyCase(w, positives) })
	return in && len(words) > 1 && !slices.ContainsFunc(words, func(w string) bool { return !anyCase(w, positives) && !anyCase(w, negatives) })
}

// sureScore is the likeness of a name that isn't a guess alone.
const sureScore = 90

// match gives each column of the feed that of the file which sounds most like it
// and has the right kind of texts.
func (g *draft) match(f pipeline.Feed, columns []guessed, without avoid) {
	type candidate struct {
		column string
		at     int
		score  int
	}
	var all []candidate
	taken := map[string]bool{}
	for _, p := range g.Layout.Pairs {
		taken[p.Credit], taken[p.Debit] = true, true
	}
	for _, s := range g.Layout.Signs {
		taken[s.Column] = true
	}
	for _, c := range f.Columns {
		if _, paired := g.Layout.Pairs[c.Name]; paired {
			continue
		}
		isKey := len(f.Key) == 1 && f.Key[0] == c.Name
		for i, have := range columns {
			score := likeness(have.name, c.Name)
			if score == 0 || taken[have.name] || without[c.Name] == have.name || !have.fits(c) || have.isOthers(c) || isKey && !have.ids || score < sureScore && len(have.texts) == 0 {
				continue
			}
			all = append(all, candidate{c.Name, i, score})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return b.score - a.score })
	for _, c := range all {
		name := columns[c.at].name
		if taken[name] || g.Layout.Columns[c.column] != "" {
			continue
		}
		g.Layout.Columns[c.column], taken[name] = name, true
		if _, places := unitName(name); places != 0 && kindOf(f.Name, c.column) == pipeline.ColumnNumber && strings.HasSuffix(c.column, "amount") && !columns[c.at].fractions() {
			g.Layout.Scale[c.column] = places
		}
		if c.score < sureScore {
			g.Doubts[c.column] = "a guess by its name"
		}
	}
	for column := range g.Layout.Signs {
		at := slices.IndexFunc(columns, func(c guessed) bool { return c.name != "" && c.name == g.Layout.Columns[column] })
		if at < 0 || columns[at].signed(g.Layout.Spelling) { // they have their signs already
			delete(g.Layout.Signs, column)
		}
	}
}

// isOthers says whether a column is, by its name, of another amount than what was booked,
// or of the other party's account.
func (c guessed) isOthers(want pipeline.FeedColumn) bool {
	switch {
	case want.Name == "account":
		return hasWord(c.name, otherWords)
	case want.Kind == pipeline.ColumnNumber || want.Kind == pipeline.ColumnCurrency:
		return hasWord(c.name, foreignWords)
	}
	return false
}

// signed says whether a column has a number below zero.
func (c guessed) signed(s layout.Spelling) bool {
	return slices.ContainsFunc(c.cells, func(cell cell) bool {
		number, ok := cell.Text, true
		if !cell.Number {
			number, ok = s.Read(cell.Text)
		}
		return ok && strings.HasPrefix(number, "-")
	})
}

// fractions says whether a column has a number that is no whole one.
func (c guessed) fractions() bool {
	return slices.ContainsFunc(c.texts, func(t string) bool { return strings.ContainsAny(t, ".,") })
}

// fits says whether a column's texts can be of a kind.
func (c guessed) fits(want pipeline.FeedColumn) bool {
	if len(c.texts) == 0 {
		return want.Optional
	}
	switch want.Kind {
	case pipeline.ColumnNumber:
		return c.number
	case pipeline.ColumnTime, pipeline.ColumnDate:
		return len(c.times) > 0 || c.cells[0].sheet
	case pipeline.ColumnCurrency:
		return !slices.ContainsFunc(c.texts, func(t string) bool { return !pipeline.IsCurrency(strings.ToUpper(t)) })
	}
	return want.Kind == pipeline.ColumnEnum || !c.saysSigns()
}

// formats chooses the time formats.
func (g *draft) formats(columns []guessed) {
	for _, column := range g.Layout.Mapped() {
		for _, c := range columns {
			if c.name != g.Layout.Columns[column] || len(c.times) == 0 {
				continue
			}
			if c.number && !strings.HasPrefix(c.times[0], "epoch") && c.times[0] != "YYYYMMDD" {
				continue
			}
			if kind := kindOf(g.Feed, column); kind != pipeline.ColumnTime && kind != pipeline.ColumnDate {
				continue
			}
			g.timeFormat(c.times, c.texts...)
		}
	}
	plain := !slices.ContainsFunc(columns, func(c guessed) bool {
		return slices.Contains(c.times, "YYYY-MM-DDTHH:mm:ssZ") && slices.ContainsFunc(c.texts, func(t string) bool { _, err := time.Parse(time.RFC3339, t); return err != nil })
	})
	if plain && slices.Equal(g.Layout.TimeFormats, []string{"YYYY-MM-DDTHH:mm:ssZ"}) {
		g.Layout.TimeFormats = nil // as carat writes them
	}
}

func kindOf(feed, column string) pipeline.ColumnKind { return columnOf(feed, column).Kind }

func columnOf(feed, column string) pipeline.FeedColumn {
	f, _ := pipeline.FeedByName(feed)
	for _, c := range f.Columns {
		if c.Name == column {
			return c
		}
	}
	return pipeline.FeedColumn{Kind: pipeline.ColumnText}
}

// words notes the words of columns that carat has words of its own for.
func (g *draft) words(f pipeline.Feed, columns []guessed) {
	for _, c := range f.Columns {
		if c.Kind == pipeline.ColumnCurrency {
			g.currencies(c.Name, columns)
		}
		if c.Kind != pipeline.ColumnEnum {
			continue
		}
		for _, have := range columns {
			if have.name != "" && have.name == g.Layout.Columns[c.Name] {
				for _, w := range distinct(have.texts, 20) {
					if !slices.Contains(c.Values, w) {
						g.Words[c.Name] = append(g.Words[c.Name], w)
						if own := slices.IndexFunc(c.Values, func(v string) bool { return strings.EqualFold(v, w) }); own >= 0 {
							g.Meant[w] = c.Values[own]
						}
					}
				}
			}
		}
	}
}

// currencies notes the codes of a column that are not in capitals.
func (g *draft) currencies(column string, columns []guessed) {
	for _, have := range columns {
		if have.name == "" || have.name != g.Layout.Columns[column] {
			continue
		}
		for _, w := range distinct(have.texts, 20) {
			if code := strings.ToUpper(w); code != w {
				g.Words[column], g.Meant[w] = append(g.Words[column], w), code
			}
		}
	}
}

func distinct(texts []string, most int) (words []string) {
	for _, t := range texts {
		if !slices.Contains(words, t) && len(words) < most {
			words = append(words, t)
		}
	}
	slices.Sort(words)
	return words
}

// shown notes the currencies that a sheet's amounts are shown with, where no column has
// them: they are in the formats of its cells alone.
func (g *draft) shown(columns []guessed) {
	if g.Layout.Columns["currency"] != "" || g.Layout.Constants["currency"] != "" {
		return
	}
	var signs []string
	for _, c := range columns {
		if !slices.Contains(g.Layout.Uses(), c.name) {
			continue
		}
		for _, cell := range c.cells {
			if cell.currency != "" && !slices.Contains(signs, cell.currency) {
				signs = append(signs, cell.currency)
			}
		}
	}
	switch len(signs) {
	case 0:
	case 1:
		g.Shown = signs[0]
	default:
		g.Layout.CurrencySign = signs
	}
}

// oneCurrency gives the currency that a sign stands for, "" where it can be several.
func oneCurrency(sign string) string {
	if can := lex.CurrenciesOf(sign); len(can) == 1 && sign != "$" {
		return can[0]
	}
	return ""
}

// missing says what the feed needs that the file doesn't seem to have.
func (g *draft) missing(f pipeline.Feed, columns []guessed) {
	mapped := g.Layout.Mapped()
	if signs := g.Layout.CurrencySign; len(signs) > 1 && !slices.Contains(mapped, "currency") && g.Layout.Constants["currency"] == "" && columnOf(f.Name, "currency").Kind == pipeline.ColumnCurrency {
		g.Layout.CurrencyBySign, g.Layout.CurrencySign = map[string]string{}, nil
		for _, sign := range signs {
			g.Layout.CurrencyBySign[sign] = oneCurrency(sign)
		}
	}
	for _, column := range f.Required() {
		if slices.Contains(mapped, column) || g.Layout.Constants[column] != "" || column == "currency" && len(g.Layout.CurrencyBySign) > 0 {
			continue
		}
		if len(f.Key) == 1 && column == f.Key[0] && kindOf(f.Name, column) == pipeline.ColumnID {
			g.Layout.ContentID = true
			continue
		}
		if kind := kindOf(f.Name, column); (kind == pipeline.ColumnTime || kind == pipeline.ColumnDate) && g.unreadTime(column, columns) {
			continue
		}
		if i := slices.IndexFunc(columns, func(c guessed) bool { return hasWord(c.name, []string{"iban"}) && !hasWord(c.name, otherWords) }); column == "account" && i >= 0 {
			g.Doubts[column] = columns[i].name + ", if that is your own account's and not the other party's: then it stands above, under columns"
		}
		g.Missing = append(g.Missing, column)
	}
}

// unreadTime takes the column that sounds most like a time and is written in a way that
// no format reads: the format is asked for.
func (g *draft) unreadTime(column string, columns []guessed) bool {
	best, score := -1, 0
	for i, c := range columns {
		if n := likeness(c.name, column); n > score && len(c.texts) > 0 && !c.number && len(c.times) == 0 && !slices.Contains(g.Layout.Uses(), c.name) {
			best, score = i, n
		}
	}
	if best < 0 {
		return false
	}
	g.Layout.Columns[column] = columns[best].name
	g.Unread = append(g.Unread, column)
	if g.Doubts["time_format"] == "" {
		g.Doubts["time_format"] = "how " + columns[best].name + " is written, such as " + oneLine(columns[best].texts[0]) + ": docs/formats.md has the letters"
	}
	return true
}

// anyCase says whether a word is one of some, whatever its capitals.
func anyCase(word string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
}
