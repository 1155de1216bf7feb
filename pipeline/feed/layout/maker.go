package layout

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
	"carat/pipeline/feed/workbook"
)

// Cell is a value of a file before it is read.
type Cell struct {
	Text string
	// Number says that the text is a number written by a machine: it is not read
	// by the layout's spelling.
	Number   bool
	sheet    *workbook.Rows // whose number it is; nil elsewhere
	parts    []string       // numbers of a sheet that add up
	date     bool           // it is shown as a day or a time
	currency string         // the sign or code of a currency that the cell's format shows
}

// as writes the number of a sheet's cell for a column of the kind.
func (c Cell) as(kind pipeline.ColumnKind) (string, pipeline.Code) {
	return c.sheet.Number(kind, c.date, c.parts...)
}

// value is what a cell means: a text, or microseconds since 1970.
type value struct {
	text    string
	micros  int64
	counted bool
}

// MinorUnits as a column's scale says that its amounts are in the smallest unit
// of their row's currency.
const MinorUnits = -1

// Cents as a column's scale says that its amounts are in hundredths.
const Cents = 2

// maker makes the rows of one file.
type maker struct {
	*Layout
	out     published.Writer
	feed    pipeline.Feed
	columns map[string]*pipeline.FeedColumn
	times   *timeReader
	at      map[string]int // place of a column of the file in a row's cells
	order   []string       // columns that come from the file, the currency first
	ids     *published.RowIDs
	left    map[string]*leftOut
	seen    []string // conditions, in the order in which they first held
	signs   map[signOf]*signSeen
	before  int64  // lines of the sheets before the one that is read
	last    int64  // the line that was read last
	sign    string // a currency's, beside the number that was read last
	shown   bool   // it stands in the format of a sheet's cell, and in no text
}

// leftOut is what one condition left out.
type leftOut struct {
	rows   int64
	sums   map[string]*pipeline.Sum
	by     map[string]map[string]*pipeline.Sum // of money, by column and currency
	unread map[string]int64                    // rows whose text is no number
}

// signOf is a column whose sign is dropped, in rows of one kind.
type signOf struct{ column, kind string }

// signSeen is where a number above and one below zero first stood.
type signSeen struct{ above, below int64 }

func newMaker(l *Layout, r *published.Report, zone *time.Location) (*maker, error) {
	f, ok := pipeline.FeedByName(r.Feed)
	if !ok {
		return nil, fmt.Errorf("no feed is called %q", r.Feed)
	}
	m := &maker{Layout: l, out: r.Out, feed: f, columns: map[string]*pipeline.FeedColumn{}, at: map[string]int{}, order: l.Mapped(),
		ids: published.NewRowIDs(), left: map[string]*leftOut{}, signs: map[signOf]*signSeen{}}
	if len(l.CurrencyBySign) > 0 {
		own := *l
		own.CurrencySign = append(slices.Clone(l.CurrencySign), slices.Collect(maps.Keys(l.CurrencyBySign))...)
		slices.SortFunc(own.CurrencySign, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }) // US$ has a $ in it
		m.Layout = &own
	}
	for i := range f.Columns {
		m.columns[f.Columns[i].Name] = &f.Columns[i]
	}
	// Amounts in the smallest unit need their currency.
	slices.SortStableFunc(m.order, func(a, b string) int {
		rank := func(c string) int {
			if m.columns[c] != nil && m.columns[c].Kind == pipeline.ColumnCurrency {
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	for _, column := range m.order {
		if m.columns[column] == nil {
			return nil, fmt.Errorf("%s has no column %q", f.Name, column)
		}
	}
	var err error
	m.times, err = newTimeReader(l.TimeFormats, zone)
	return m, err
}

// cell gives the cell of a column of the file; empty where the row ends before.
func (m *maker) cell(cells []Cell, name string) Cell {
	if i, ok := m.at[name]; ok && i < len(cells) {
		return cells[i]
	}
	return Cell{}
}

// leaves says which condition leaves a row out, -1 for none.
func (m *maker) leaves(cells []Cell) int {
	return slices.IndexFunc(m.LeaveOut, func(c Condition) bool {
		return !slices.ContainsFunc(c.All, func(t Test) bool { return !t.holds(plainBlanks(m.cell(cells, t.Column).Text)) })
	})
}

// blank says whether a row has nothing in any cell: spreadsheets write such rows below
// their last one.
func blank(cells []Cell) bool {
	return !slices.ContainsFunc(cells, func(c Cell) bool { return plainBlanks(c.Text) != "" })
}

// fault is why a cell can't be read.
type fault struct {
	column   string
	code     pipeline.Code
	text     string
	expected string
}

// row makes a row of cells, or says why it is none.
func (m *maker) row(line int64, cells []Cell) error {
	if i := m.leaves(cells); i >= 0 {
		m.leave(i, cells)
		return nil
	}
	values := map[string]value{}
	for column, text := range m.Constants {
		values[column] = value{text: text}
	}
	for _, column := range m.order {
		v, f := m.read(column, cells, values)
		if f != nil {
			return m.out.Reject(line, f.column, f.code, f.text, f.expected)
		}
		if v.text != "" || m.Constants[column] == "" && values[column].text == "" {
			values[column] = v
		}
	}
	if f := m.kind(values); f != nil {
		return m.out.Reject(line, f.column, f.code, f.text, f.expected)
	}
	for _, column := range m.Absolute {
		m.noteSign(line, column, values)
		if v := values[column]; v.text != "" {
			values[column] = value{text: strings.TrimPrefix(v.text, "-")}
		}
	}
	if m.ContentID {
		values[m.feed.Key[0]] = value{text: m.id(values)}
	}
	if err := m.out.Begin(line); err != nil {
		return err
	}
	for i := range m.feed.Columns {
		column := m.feed.Columns[i].Name
		if v, ok := values[column]; ok && v.counted {
			m.out.SetMicros(column, v.micros)
		} else if ok {
			m.out.Set(column, v.text)
		}
	}
	return m.out.End()
}

// read gives the value of a column.
func (m *maker) read(column string, cells []Cell, before map[string]value) (value, *fault) {
	kind := m.columns[column].Kind
	if kind == pipeline.ColumnNumber {
		return m.number(column, cells, before)
	}
	cell, f := m.joined(column, cells)
	if f != nil {
		return value{}, f
	}
	if meant, ok := m.Values[column][cell.Text]; ok {
		return value{text: meant}, nil
	}
	isTime := kind == pipeline.ColumnTime || kind == pipeline.ColumnDate
	switch {
	case isTime && m.counts() && cell.sheet != nil:
		kind = pipeline.ColumnNumber
		fallthrough
	case cell.sheet != nil:
		text, code := cell.as(kind)
		if code != pipeline.CodeOK {
			return value{}, &fault{column, code, cell.Text, map[bool]string{true: "a date, or " + m.times.expected(), false: "a text: as a number it lost digits"}[isTime]}
		}
		cell.Text, kind = text, m.columns[column].Kind
		if !isTime || !m.counts() {
			return value{text: text}, nil
		}
	case !isTime && cell.Number && strings.Trim(cell.Text, "-0123456789") != "":
		return value{}, &fault{column, pipeline.CodeBadID, cell.Text, "a text, or a whole number"}
	case !isTime:
		return value{text: cell.Text}, nil
	}
	if cell.Number && cell.sheet == nil { // of JSON, where 1.79e9 is one
		cell.Text, _ = lex.PlainJSONNumber(cell.Text)
	}
	v, ok, want := m.times.read(cell.Text, kind)
	if !ok {
		return value{}, &fault{column, pipeline.CodeBadTime, cell.Text, want}
	}
	return v, nil
}

// counts says whether the layout's times are numbers.
func (m *maker) counts() bool {
	return slices.ContainsFunc(m.TimeFormats, func(format string) bool { _, epoch := epochs[format]; return epoch })
}

// joined gives the cell of a column, or those of several as one.
func (m *maker) joined(column string, cells []Cell) (Cell, *fault) {
	names := m.sources(column)
	if len(names) == 1 {
		c := m.cell(cells, names[0])
		c.Text = strings.TrimSpace(c.Text)
		return c, nil
	}
	var texts, parts []string
	var last Cell
	for _, name := range names {
		c := m.cell(cells, name)
		if c.Text = strings.TrimSpace(c.Text); c.Text == "" {
			continue
		}
		last = c
		texts, parts = append(texts, c.Text), append(parts, c.parts...)
	}
	text := strings.Join(texts, " ")
	kind := m.columns[column].Kind
	switch isTime := kind == pipeline.ColumnTime || kind == pipeline.ColumnDate; {
	case len(texts) == 1:
		return last, nil
	case !isTime || len(parts) == 0:
		return Cell{Text: text}, nil
	case len(parts) < len(texts):
		return Cell{}, &fault{column, pipeline.CodeBadTime, text, "a date and a time that are both cells of dates, or both texts"}
	}
	// A day and a time of the day, as a spreadsheet counts them, add up.
	return Cell{Text: text, Number: true, sheet: last.sheet, parts: parts}, nil
}

// noteSign notes on which side of zero the number of an absolute column stands.
func (m *maker) noteSign(line int64, column string, values map[string]value) {
	number := values[column].text
	if number == "" || isZero(number) {
		return
	}
	key := signOf{column, values["kind"].text}
	seen := m.signs[key]
	if seen == nil {
		if len(m.signs) > 1000 { // words that no kind has
			return
		}
		seen = &signSeen{}
		m.signs[key] = seen
	}
	if at := &seen.above; strings.HasPrefix(number, "-") {
		if seen.below == 0 {
			seen.below = line
		}
	} else if *at == 0 {
		*at = line
	}
}

// kind fills in the kind that a number's sign says.
func (m *maker) kind(values map[string]value) *fault {
	if m.KindBySign == nil {
		return nil
	}
	number := values[m.KindBySign.Of].text
	switch {
	case number == "":
		return nil // the number's own column says that it is missing
	case strings.HasPrefix(number, "-") && !isZero(number):
		values["kind"] = value{text: m.KindBySign.Negative}
	case !isZero(number):
		values["kind"] = value{text: m.KindBySign.Positive}
	case m.KindBySign.Zero != "":
		values["kind"] = value{text: m.KindBySign.Zero}
	default:
		return &fault{m.KindBySign.Of, pipeline.CodeOutOfRange, number, "a number above or below zero, by which the layout tells the kind"}
	}
	return nil
}

// id makes the key of what the row says.
func (m *maker) id(values map[string]value) string {
	var parts []string
	for _, column := range idColumns(m.feed, m.IDColumns) {
		v, ok := values[column]
		text := v.text
		switch {
		case !ok || text == "":
			continue
		case v.counted:
			text = lex.InstantText(v.micros)
		case m.columns[column].Kind == pipeline.ColumnNumber:
			text = canonical(text)
		}
		parts = append(parts, column+"\x00"+text)
	}
	return m.ids.ID("content", parts...)
}

// ContentIDs gives how the keys of a file's rows are made of their texts.
func (l *Layout) ContentIDs(f pipeline.Feed) func(texts map[string]string) string {
	m := &maker{Layout: l, feed: f, columns: map[string]*pipeline.FeedColumn{}, ids: published.NewRowIDs()}
	for i := range f.Columns {
		m.columns[f.Columns[i].Name] = &f.Columns[i]
	}
	return func(texts map[string]string) string {
		values := map[string]value{}
		for column, text := range texts {
			values[column] = value{text: text}
		}
		return m.id(values)
	}
}

// idColumns gives the columns of which ids are made, in the order of their
// names: those that are named, else all but the key and the entity.
func idColumns(f pipeline.Feed, named []string) []string {
	columns := slices.Clone(named)
	if len(columns) == 0 {
		for _, c := range f.Columns {
			if c.Name != "entity" && !slices.Contains(f.Key, c.Name) {
				columns = append(columns, c.Name)
			}
		}
	}
	slices.Sort(columns)
	return columns
}

// leave counts a row that a condition leaves out, with what it would have added.
func (m *maker) leave(condition int, cells []Cell) {
	text := m.LeaveOut[condition].Text()
	l := m.left[text]
	if l == nil {
		l = &leftOut{sums: map[string]*pipeline.Sum{}, by: map[string]map[string]*pipeline.Sum{}, unread: map[string]int64{}}
		m.left[text] = l
		m.seen = append(m.seen, text)
	}
	l.rows++
	values := map[string]value{}
	for column, text := range m.Constants {
		values[column] = value{text: text}
	}
	for _, column := range m.order {
		v, f := m.read(column, cells, values)
		c := m.columns[column]
		if f != nil {
			if c.Kind == pipeline.ColumnNumber && f.code != pipeline.CodeMissing {
				l.unread[column]++
			}
			continue
		}
		values[column] = v
		number := v.text
		if c.Kind != pipeline.ColumnNumber || number == "" {
			continue
		}
		if slices.Contains(m.Absolute, column) {
			number = strings.TrimPrefix(number, "-")
		}
		n, err := parsed(number, c.Digits)
		if err != nil {
			l.unread[column]++
			continue
		}
		if l.sums[column] == nil {
			l.sums[column], l.by[column] = &pipeline.Sum{}, map[string]*pipeline.Sum{}
		}
		l.sums[column].Add(n)
		if c.Digits == pipeline.AmountDigits {
			currency := values[lex.CurrencyOf(m.feed, column)].text
			if l.by[column][currency] == nil {
				l.by[column][currency] = &pipeline.Sum{}
			}
			l.by[column][currency].Add(n)
		}
	}
}

func parsed(number string, digits int) (int64, error) {
	switch digits {
	case 0:
		return pipeline.ParseWhole([]byte(number))
	case pipeline.AmountDigits:
		v, err := pipeline.ParseAmount([]byte(number))
		return int64(v), err
	}
	v, err := pipeline.ParseRate([]byte(number))
	return int64(v), err
}

// minusAlone judges numbers of an absolute column that are all below zero, in rows whose
// kind the file doesn't say. A day of refunds alone looks so, and so does a bank's export of
// debits, or of refunds: where the kind is the feed's first one, a purchase or a sale, whose
// numbers are above zero, it is refused, else told. Negated numbers say what a minus means.
func (m *maker) minusAlone(r *published.Report, key signOf, line int64) error {
	if m.KindBySign != nil || slices.Contains(m.Mapped(), "kind") {
		return nil
	}
	kind := m.columns["kind"]
	if kind != nil && len(kind.Values) > 0 && key.kind == kind.Values[0] {
		return r.Refuse(line, "%s is below zero, the layout says that every row is a %s, and absolute drops the sign: a refund would count as one", key.column, key.kind).
			WithHint("say in the layout what a minus means, such as kind_by_sign: {of: %s, positive: …, negative: …}; if its sender writes every %s with one, say negated: [%s] in place of absolute", key.column, key.kind, key.column)
	}
	if kind == nil || key.kind == "" || m.Constants["kind"] == key.kind {
		r.Note("%s is below zero in all rows, the first on line %d, and its sign is dropped, as absolute says; if its sender writes all with a minus, negated: [%s] says so, and rejects one without",
			key.column, line, key.column)
	}
	return nil
}

// finish judges the file as a whole and tells what was left out.
func (m *maker) finish(r *published.Report) error {
	for _, key := range slices.SortedFunc(maps.Keys(m.signs), func(a, b signOf) int { return strings.Compare(a.column+a.kind, b.column+b.kind) }) {
		seen := m.signs[key]
		if seen.above == 0 && seen.below > 0 {
			if err := m.minusAlone(r, key, seen.below); err != nil {
				return err
			}
		}
		if seen.above == 0 || seen.below == 0 {
			continue
		}
		rows := "all rows"
		if key.kind != "" {
			rows = "rows of kind " + key.kind
		}
		return r.Refuse(max(seen.above, seen.below), "%s of %s is above zero at line %d and below zero at line %d, and the layout says absolute: the two would count alike",
			key.column, rows, seen.above, seen.below).
			WithHint("say in the layout what the sign means, such as kind_by_sign: {of: %s, positive: …, negative: …}, or take %s out of absolute", key.column, key.column)
	}
	for _, text := range m.seen {
		left := pipeline.LeftOut{Condition: text, Rows: m.left[text].rows, Sums: map[string]string{}, Unread: m.left[text].unread}
		for column, sum := range m.left[text].sums {
			left.Sums[column] = pipeline.DecimalText(sum.Big(), m.columns[column].Digits)
			for currency, of := range m.left[text].by[column] {
				if len(m.left[text].by[column]) == 1 {
					continue
				}
				if left.SumsOf == nil {
					left.SumsOf = map[string]map[string]string{}
				}
				if left.SumsOf[column] == nil {
					left.SumsOf[column] = map[string]string{}
				}
				left.SumsOf[column][currency] = pipeline.DecimalText(of.Big(), m.columns[column].Digits)
			}
		}
		r.LeftOut = append(r.LeftOut, left)
	}
	return nil
}
