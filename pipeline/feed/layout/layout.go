package layout

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"carat/pipeline/feed/lex"
)

// Layout describes files that are not in carat's own columns: a user's own
// export. What it doesn't say is as in CSV. Where it speaks of a column of the
// file it means a name of its header, or, of JSON, a key, parts of a nested one
// joined by points.
type Layout struct {
	Name     string   `json:"name,omitempty"`
	Files    []string `json:"files,omitempty"`     // patterns of file names; none: the header tells
	TimeZone string   `json:"time_zone,omitempty"` // of times without one; "": the feed's
	Sheet    string   `json:"sheet,omitempty"`     // of workbooks, as earlier carats kept it; see Sheets
	Sheets   []string `json:"sheets,omitempty"`    // of workbooks, read one behind the other; none: the feed's, else the first; AllSheets: each that has its columns

	Separator Separator `json:"separator,omitempty"`
	Encoding  string    `json:"encoding,omitempty"`   // see Encodings
	SkipLines int       `json:"skip_lines,omitempty"` // before the header; 0: it is looked for
	NoHeader  bool      `json:"no_header,omitempty"`  // columns are called 1, 2, 3, …
	Rows      string    `json:"rows,omitempty"`       // of JSON: the key whose value is the array of rows

	Spelling
	TimeFormats []string `json:"time_format,omitempty"` // of times and days, as TimeLayout takes it, or an epoch; none: RFC 3339

	Columns   map[string]string            `json:"columns,omitempty"`   // by column of the feed: the file's
	Joined    map[string][]string          `json:"joined,omitempty"`    // columns whose texts are joined by a blank
	Pairs     map[string]Pair              `json:"pairs,omitempty"`     // amounts in a column for each direction
	Signs     map[string]Sign              `json:"signs,omitempty"`     // numbers whose sign is in another column
	Scale     map[string]int               `json:"scale,omitempty"`     // places by which the point moves left, or MinorUnits
	Negated   []string                     `json:"negated,omitempty"`   // whose sign is turned
	Absolute  []string                     `json:"absolute,omitempty"`  // whose sign is dropped
	Constants map[string]string            `json:"constants,omitempty"` // the same in every row
	Values    map[string]map[string]string `json:"values,omitempty"`    // what a text means

	SQL string `json:"sql,omitempty"` // gives line and the feed's columns of file(line, …); "": what is said above

	KindBySign *BySign `json:"kind_by_sign,omitempty"`
	// CurrencyBySign is the currency of a row by the sign beside its amount.
	CurrencyBySign map[string]string `json:"currency_by_sign,omitempty"`
	LeaveOut       []Condition       `json:"leave_out,omitempty"`
	ContentID      bool              `json:"content_id,omitempty"` // the key is made of content
	IDColumns      []string          `json:"id_columns,omitempty"` // of which; none: of all but the key and entity
}

// AllSheets as the sheet of a layout means each that has the columns of the layout.
const AllSheets = "*"

// Separator parts the columns of a text; 0 is a comma.
type Separator byte

// MarshalText gives the character.
func (s Separator) MarshalText() ([]byte, error) { return []byte{byte(s)}, nil }

// UnmarshalText takes it.
func (s *Separator) UnmarshalText(text []byte) error {
	if len(text) != 1 {
		return fmt.Errorf("%q is no separator", text)
	}
	*s = Separator(text[0])
	return nil
}

// Comma gives the character; a comma for none.
func (s Separator) Comma() byte {
	if s == 0 {
		return ','
	}
	return byte(s)
}

// Pair is an amount that stands in one column when it comes in and in another
// when it goes out.
type Pair struct {
	Credit string `json:"credit"`
	Debit  string `json:"debit"`
	// DebitNegative says that the debit column's numbers have a minus already.
	DebitNegative bool `json:"debit_negative,omitempty"`
}

// Sign is the column that says which way a number goes, by its words.
type Sign struct {
	Column   string   `json:"column"`
	Negative []string `json:"negative"`
	Positive []string `json:"positive,omitempty"` // none: every other word
}

// Wrong says in words, behind the sign's name, what is wrong with it; "" if nothing is. Words of
// both directions are needed: one that is neither, as of a correction, would else be counted.
func (s Sign) Wrong() string {
	switch {
	case s.Column == "" || len(s.Negative) == 0:
		return "needs {column: a column of the file, negative: [its words], positive: [its words]}"
	case len(s.Positive) == 0:
		return fmt.Sprintf("says which words of %q are negative and not which are positive: a word that is neither, such as one for a correction, would count as positive; add positive: [its words]", s.Column)
	}
	for _, word := range s.Positive {
		if among(word, s.Negative) {
			return fmt.Sprintf("has %q as both negative and positive", word)
		}
	}
	return ""
}

// BySign is the kind of a row by the sign of a number of the feed.
type BySign struct {
	Of       string `json:"of"`
	Positive string `json:"positive"`
	Negative string `json:"negative"`
	Zero     string `json:"zero,omitempty"` // "": a row of zero is rejected
}

// Encodings are the encodings that a layout can name.
func Encodings() []string {
	return []string{"utf-8", string(lex.UTF16Little), string(lex.UTF16Big), string(lex.Windows1252), string(lex.Latin1)}
}

// Text gives the one text of a layout: JSON, its keys in order.
func (l *Layout) Text() string {
	text, err := json.Marshal(l)
	if err != nil {
		panic("layout: " + err.Error()) // its types have a text
	}
	return string(text)
}

// SHA256 is that of its text, in hex.
func (l *Layout) SHA256() string {
	sum := sha256.Sum256([]byte(l.Text()))
	return hex.EncodeToString(sum[:])
}

// Parse reads what Text gave. An error says that the text is no layout.
func Parse(text string) (*Layout, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	l := &Layout{}
	if err := d.Decode(l); err != nil {
		return nil, fmt.Errorf("a layout of another carat: %w", err)
	}
	return l, nil
}

// Called is how messages name it.
func (l *Layout) Called() string {
	if l.Name == "" {
		return "layout"
	}
	return "layout " + l.Name
}

// ForName says whether the layout is for files of that name.
func (l *Layout) ForName(name string) bool {
	return slices.ContainsFunc(l.Files, func(pattern string) bool {
		ok, err := path.Match(pattern, name)
		return err == nil && ok
	})
}

// Mapped gives the columns of the feed that come from the file, in order.
func (l *Layout) Mapped() []string {
	all := map[string]bool{}
	for column := range l.Columns {
		all[column] = true
	}
	for column := range l.Joined {
		all[column] = true
	}
	for column := range l.Pairs {
		all[column] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// sources gives the columns of the file that a column of the feed comes from.
func (l *Layout) sources(column string) []string {
	if pair, ok := l.Pairs[column]; ok {
		return []string{pair.Credit, pair.Debit}
	}
	if names, ok := l.Joined[column]; ok {
		return names
	}
	return []string{l.Columns[column]}
}

// use is a column of the file that the layout needs, and for what.
type use struct{ name, column string }

// uses gives every column of the file that the layout needs, each once.
func (l *Layout) uses() []use {
	var all []use
	add := func(name, column string) {
		if name != "" && !slices.ContainsFunc(all, func(u use) bool { return u.name == name }) {
			all = append(all, use{name, column})
		}
	}
	for _, column := range l.Mapped() {
		for _, name := range l.sources(column) {
			add(name, column)
		}
		add(l.Signs[column].Column, column)
	}
	for _, c := range l.LeaveOut {
		for _, t := range c.All {
			add(t.Column, "leave_out")
		}
	}
	return all
}

// Uses gives the names of the columns of the file that the layout needs.
func (l *Layout) Uses() (names []string) {
	for _, u := range l.uses() {
		names = append(names, u.name)
	}
	return names
}

// shown gives one of a layout's columns as messages do.
func shown(names []string) string {
	if len(names) > 40 {
		names = append(slices.Clip(names[:40]), "…")
	}
	return lex.ColumnName([]byte(strings.Join(names, ", ")))
}
