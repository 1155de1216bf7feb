package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"carat/jobs/reshape"
	"carat/pipeline"
	"carat/pipeline/feed"
)

// separators are the characters that can part the columns of a layout.
var separators = map[string]byte{",": ',', ";": ';', "|": '|', "\t": '\t', "tab": '\t'}

// layouts reads the descriptions of a user's own files: one, or a list of them.
func (y *yamlFile) layouts(n *yaml.Node, feedName string) []feed.Layout {
	what := "feeds " + feedName + " layout"
	if n.Kind != yaml.SequenceNode {
		if isNull(n) {
			return nil
		}
		return []feed.Layout{*y.layout(n, feedName, what)}
	}
	var list []feed.Layout
	for i, one := range n.Content {
		l := y.layout(one, feedName, fmt.Sprintf("%s %d", what, i+1))
		if l.Name == "" {
			l.Name = fmt.Sprint(i + 1)
		}
		if slices.ContainsFunc(list, func(other feed.Layout) bool { return other.Name == l.Name }) {
			y.problem(one, "%s: two layouts are called %q", what, l.Name)
		}
		list = append(list, *l)
	}
	return list
}

// layoutReader reads one layout.
type layoutReader struct {
	*yamlFile
	feed  pipeline.Feed
	known []string // columns of the feed
	what  string
	into  *feed.Layout
}

// layout reads the description of a user's own files. Its columns are those of
// the feed; what it maps twice, or not at all, is a problem of the file.
func (y *yamlFile) layout(n *yaml.Node, feedName, what string) *feed.Layout {
	f, _ := pipeline.FeedByName(feedName)
	l := &feed.Layout{Separator: ',', Columns: map[string]string{}, Joined: map[string][]string{}, Pairs: map[string]feed.LayoutPair{},
		Signs: map[string]feed.LayoutSign{}, CurrencyBySign: map[string]string{}, Scale: map[string]int{}, Constants: map[string]string{}, Values: map[string]map[string]string{}}
	r := &layoutReader{yamlFile: y, feed: f, known: f.ColumnNames(), what: what, into: l}
	keys := r.fileKeys()
	for key, read := range r.valueKeys() {
		keys[key] = read
	}
	for _, c := range f.Columns {
		if c.Kind == pipeline.ColumnNumber {
			keys[c.Name+"_sign"] = func(n *yaml.Node) { l.Signs[c.Name] = r.sign(n, c.Name) }
		}
	}
	y.keys(n, what, keys)
	r.check(n)
	return l
}

// flag reads true or false.
func (r *layoutReader) flag(n *yaml.Node, key string) bool {
	return r.choice(n, r.what+" "+key, "true", "false") == "true"
}

// words reads one text or a list of them.
func (r *layoutReader) words(n *yaml.Node, what string) []string {
	if n.Kind == yaml.SequenceNode {
		return r.list(n, what)
	}
	if text, ok := r.text(n, what); ok && text != "" {
		return []string{text}
	}
	return nil
}

// fileKeys are the keys that say which files a layout is for, and how they are
// written.
func (r *layoutReader) fileKeys() map[string]func(*yaml.Node) {
	l, what := r.into, r.what
	return map[string]func(*yaml.Node){
		"name": func(n *yaml.Node) { l.Name = r.name(n, what+" name") },
		"files": func(n *yaml.Node) {
			l.Files = r.words(n, what+" files")
			for _, g := range l.Files {
				of, name, fetched := strings.Cut(g, "/")
				if _, err := path.Match(g, ""); err != nil || strings.ContainsAny(name, `/\`) || fetched && (of == "" || name == "") || strings.Contains(of, `\`) {
					r.problem(n, "%s files: %q is not a pattern of file names (* ? [a-z]), with no folder before it but the name of a source", what, g)
				} else if fetched {
					r.of[of] = n
				}
			}
		},
		"time_zone": func(n *yaml.Node) { l.TimeZone, _ = r.zone(n, what+" time_zone") },
		"sheet":     func(n *yaml.Node) { l.Sheets = r.words(n, what+" sheet") },
		"separator": func(n *yaml.Node) {
			if text, ok := r.text(n, what+" separator"); ok {
				b, ok := separators[text]
				if !ok {
					r.problem(n, `%s separator: %q is not one of , ; | tab`, what, text)
				}
				l.Separator = feed.LayoutSeparator(b)
			}
		},
		"sql": func(n *yaml.Node) {
			text, ok := r.text(n, what+" sql")
			if err := reshape.Check(text); ok && err != nil {
				r.problem(n, "%s sql: %v", what, err)
			} else if l.SQL = text; ok {
				r.later = append(r.later, func() { r.judgeSQL(n) })
			}
		},
		"encoding":      func(n *yaml.Node) { l.Encoding = r.choice(n, what+" encoding", feed.LayoutEncodings()...) },
		"skip_lines":    func(n *yaml.Node) { l.SkipLines = r.whole(n, what+" skip_lines", 0, 100) },
		"no_header":     func(n *yaml.Node) { l.NoHeader = r.flag(n, "no_header") },
		"rows":          func(n *yaml.Node) { l.Rows, _ = r.text(n, what+" rows") },
		"decimal_comma": func(n *yaml.Node) { l.DecimalComma = r.flag(n, "decimal_comma") },
		"thousands":     func(n *yaml.Node) { l.Thousands = r.choice(n, what+" thousands", "", ".", ",", " ", "'") },
		"currency_sign": func(n *yaml.Node) { l.CurrencySign = r.words(n, what+" currency_sign") },
		"currency_by_sign": func(n *yaml.Node) {
			r.each(n, what+" currency_by_sign", func(key, value *yaml.Node) {
				l.CurrencyBySign[key.Value], _ = r.text(value, what+" currency_by_sign "+key.Value)
				r.meaning(value, what+" currency_by_sign "+key.Value, "currency", l.CurrencyBySign[key.Value])
			})
		},
		"brackets_negative": func(n *yaml.Node) { l.BracketsNegative = r.flag(n, "brackets_negative") },
		"trailing_sign":     r.trailing,
		"time_format": func(n *yaml.Node) {
			l.TimeFormats = r.words(n, what+" time_format")
			for _, format := range append(l.TimeFormats, n.Value)[:max(len(l.TimeFormats), 1)] { // one that says nothing is none
				if err := feed.CheckTimeFormat(format); err != nil {
					r.problem(n, "%s time_format: %v", what, err)
				}
			}
		},
	}
}

// trailing reads whether a sign stands behind a number, or which words do.
func (r *layoutReader) trailing(n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		r.into.TrailingSign = r.flag(n, "trailing_sign")
		return
	}
	what := r.what + " trailing_sign"
	r.keys(n, what, map[string]func(*yaml.Node){
		"negative": func(n *yaml.Node) { r.into.NegativeMarks = r.words(n, what+" negative") },
		"positive": func(n *yaml.Node) { r.into.PositiveMarks = r.words(n, what+" positive") },
	})
}

// valueKeys are the keys that say what the values of the feed's columns are.
func (r *layoutReader) valueKeys() map[string]func(*yaml.Node) {
	l, what := r.into, r.what
	return map[string]func(*yaml.Node){
		"columns": func(n *yaml.Node) { r.perColumn(n, what+" columns", r.known, r.column) },
		"constants": func(n *yaml.Node) {
			r.perColumn(n, what+" constants", r.known, func(column string, n *yaml.Node) {
				l.Constants[column], _ = r.text(n, what+" constants "+column)
				r.meaning(n, what+" constants "+column, column, l.Constants[column])
			})
		},
		"values": func(n *yaml.Node) {
			r.perColumn(n, what+" values", r.known, func(column string, n *yaml.Node) { r.valuesOf(n, what+" values "+column, column) })
		},
		"kinds": func(n *yaml.Node) {
			if !slices.Contains(r.known, "kind") {
				r.problem(n, "%s kinds: %s has no column kind", what, r.feed.Name)
				return
			}
			r.valuesOf(n, what+" kinds", "kind")
		},
		"kind_by_sign": r.kindBySign,
		"scale": func(n *yaml.Node) {
			r.perColumn(n, what+" scale", r.known, func(column string, n *yaml.Node) {
				if n.Value == "minor_units" {
					l.Scale[column] = feed.LayoutMinorUnits
				} else if n.Value == "cents" {
					l.Scale[column] = 2
				} else {
					l.Scale[column] = r.whole(n, what+" scale "+column+" (or cents, or minor_units)", 0, 9)
				}
			})
		},
		"negated":   func(n *yaml.Node) { l.Negated = r.columnList(n, "negated") },
		"absolute":  func(n *yaml.Node) { l.Absolute = r.columnList(n, "absolute") },
		"leave_out": r.leaveOut,
		"id":        r.id,
	}
}

// column reads where a column of the feed comes from: one column of the file,
// several, or one for each direction.
func (r *layoutReader) column(column string, n *yaml.Node) {
	what := r.what + " columns " + column
	switch n.Kind {
	case yaml.SequenceNode:
		r.into.Joined[column] = r.list(n, what)
	case yaml.MappingNode:
		var pair feed.LayoutPair
		r.keys(n, what, map[string]func(*yaml.Node){
			"credit":         func(n *yaml.Node) { pair.Credit, _ = r.text(n, what+" credit") },
			"debit":          func(n *yaml.Node) { pair.Debit, _ = r.text(n, what+" debit") },
			"debit_negative": func(n *yaml.Node) { pair.DebitNegative = r.flag(n, "columns "+column+" debit_negative") },
		})
		if pair.Credit == "" || pair.Debit == "" {
			r.problem(n, "%s needs both: {credit: what comes in, debit: what goes out}", what)
		}
		r.into.Pairs[column] = pair
	default:
		text, _ := r.text(n, what)
		if text == "" {
			r.problem(n, "%s: the name of a column of the file is needed", what)
		}
		r.into.Columns[column] = text
	}
}

// sign reads which column has the sign of a number.
func (r *layoutReader) sign(n *yaml.Node, column string) (s feed.LayoutSign) {
	what := r.what + " " + column + "_sign"
	r.keys(n, what, map[string]func(*yaml.Node){
		"column":   func(n *yaml.Node) { s.Column, _ = r.text(n, what+" column") },
		"negative": func(n *yaml.Node) { s.Negative = r.words(n, what+" negative") },
		"positive": func(n *yaml.Node) { s.Positive = r.words(n, what+" positive") },
	})
	if why := s.Wrong(); why != "" {
		r.problem(n, "%s %s", what, why)
	}
	return s
}

// valuesOf reads what the texts of a column mean.
func (r *layoutReader) valuesOf(n *yaml.Node, what, column string) {
	words := r.into.Values[column]
	if words == nil {
		words = map[string]string{}
	}
	r.each(n, what, func(key, value *yaml.Node) {
		words[key.Value], _ = r.text(value, what+" "+key.Value)
		r.meaning(value, what+" "+key.Value, column, words[key.Value])
		for _, c := range r.feed.Columns {
			if c.Name == column && c.Kind == pipeline.ColumnEnum && !c.Optional && words[key.Value] == "" {
				r.problem(value, "%s %s: it means nothing yet, and every row of %s needs a %s; it is one of %s", what, key.Value, r.feed.Name, column, strings.Join(c.Values, ", "))
			}
		}
	})
	r.into.Values[column] = words
}

// meaning checks a value that every row would have.
func (r *layoutReader) meaning(n *yaml.Node, what, column, text string) {
	for _, c := range r.feed.Columns {
		switch {
		case c.Name != column || text == "":
		case c.Kind == pipeline.ColumnEnum && !slices.Contains(c.Values, text):
			r.problem(n, "%s: %q is not one of %s%s", what, text, strings.Join(c.Values, ", "), meantBy(text, c.Values))
		case c.Kind == pipeline.ColumnCurrency && !pipeline.IsCurrency(text):
			r.problem(n, "%s: %q is not a currency code of three capital letters, such as USD", what, text)
		}
	}
}

// kindBySign reads which kind a number's sign means.
func (r *layoutReader) kindBySign(n *yaml.Node) {
	what := r.what + " kind_by_sign"
	var s feed.LayoutBySign
	kind := func(dst *string, key string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			*dst, _ = r.text(n, what+" "+key)
			r.meaning(n, what+" "+key, "kind", *dst)
		}
	}
	r.keys(n, what, map[string]func(*yaml.Node){
		"of":       func(n *yaml.Node) { s.Of = r.choice(n, what+" of", r.numbers()...) },
		"positive": kind(&s.Positive, "positive"), "negative": kind(&s.Negative, "negative"), "zero": kind(&s.Zero, "zero"),
	})
	if s.Of == "" || s.Positive == "" || s.Negative == "" {
		r.problem(n, "%s needs {of: a column of numbers, positive: a kind, negative: a kind}", what)
	}
	if !slices.Contains(r.known, "kind") {
		r.problem(n, "%s: %s has no column kind", what, r.feed.Name)
	}
	r.into.KindBySign = &s
}

// numbers are the feed's columns of numbers.
func (r *layoutReader) numbers() (names []string) {
	for _, c := range r.feed.Columns {
		if c.Kind == pipeline.ColumnNumber {
			names = append(names, c.Name)
		}
	}
	return names
}

// columnList reads columns of numbers.
func (r *layoutReader) columnList(n *yaml.Node, key string) []string {
	list := r.words(n, r.what+" "+key)
	for _, column := range list {
		if !slices.Contains(r.known, column) {
			r.problem(n, "%s %s: %s has no column %q%s", r.what, key, r.feed.Name, column, meantBy(column, r.known))
		} else if !slices.Contains(r.numbers(), column) {
			r.problem(n, "%s %s: %s is no number", r.what, key, column)
		}
	}
	return list
}

func meantBy(text string, known []string) string {
	if close := pipeline.Closest(text, known); close != "" {
		return "; did you mean " + close + "?"
	}
	return ""
}

// leaveOut reads the conditions of rows that are left out.
func (r *layoutReader) leaveOut(n *yaml.Node) {
	what := r.what + " leave_out"
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, n := range nodes {
		var c feed.LayoutCondition
		var one feed.LayoutTest
		keys := r.testKeys(&one, what)
		keys["reason"] = func(n *yaml.Node) { c.Reason, _ = r.text(n, what+" reason") }
		keys["all"] = func(n *yaml.Node) {
			if n.Kind != yaml.SequenceNode {
				r.problem(n, "%s all must be a list of tests", what)
				return
			}
			for _, n := range n.Content {
				var t feed.LayoutTest
				r.yamlFile.keys(n, what+" all", r.testKeys(&t, what))
				r.checkTest(n, t, what)
				c.All = append(c.All, t)
			}
		}
		r.keys(n, what, keys)
		if one.Column != "" || len(c.All) == 0 {
			r.checkTest(n, one, what)
			c.All = append(c.All, one)
		}
		r.into.LeaveOut = append(r.into.LeaveOut, c)
	}
}

func (r *layoutReader) testKeys(t *feed.LayoutTest, what string) map[string]func(*yaml.Node) {
	list := func(dst *[]string, key string) func(*yaml.Node) {
		return func(n *yaml.Node) { *dst = r.words(n, what+" "+key) }
	}
	return map[string]func(*yaml.Node){
		"column": func(n *yaml.Node) { t.Column, _ = r.text(n, what+" column") },
		"is":     list(&t.Is, "is"), "is_not": list(&t.IsNot, "is_not"), "begins": list(&t.Begins, "begins"), "contains": list(&t.Contains, "contains"),
		"empty": func(n *yaml.Node) {
			t.Empty = r.choice(n, what+" empty", "true", "false") == "true"
			t.Filled = !t.Empty
		},
	}
}

func (r *layoutReader) checkTest(n *yaml.Node, t feed.LayoutTest, what string) {
	if !t.AsksOne() {
		r.problem(n, "%s needs a column of the file and one of is, is_not, begins, contains, empty: {column: Status, is: [Pending]}", what)
	}
}

// id reads of what keys are made that the file doesn't have.
func (r *layoutReader) id(n *yaml.Node) {
	what := r.what + " id"
	r.into.ContentID = true
	if n.Kind == yaml.MappingNode {
		r.keys(n, what, map[string]func(*yaml.Node){"content": func(n *yaml.Node) {
			r.into.IDColumns = r.words(n, what+" content")
			for _, column := range r.into.IDColumns {
				if !slices.Contains(r.known, column) || slices.Contains(r.feed.Key, column) {
					r.problem(n, "%s content: %q is no column of %s that an id can be made of%s", what, column, r.feed.Name, meantBy(column, r.known))
				}
			}
		}})
	} else if text, ok := r.text(n, what); ok && text != "content" {
		r.problem(n, "%s: %q is not content", what, text)
	}
	if len(r.feed.Key) != 1 || !r.keyIsID() {
		r.problem(n, "%s: the key of %s is %s, which no hash can stand for", what, r.feed.Name, strings.Join(r.feed.Key, " and "))
	}
}

func (r *layoutReader) keyIsID() bool {
	return slices.ContainsFunc(r.feed.Columns, func(c pipeline.FeedColumn) bool { return c.Name == r.feed.Key[0] && c.Kind == pipeline.ColumnID })
}

// perColumn reads a mapping whose keys are columns of a feed.
func (y *yamlFile) perColumn(n *yaml.Node, what string, columns []string, read func(column string, n *yaml.Node)) {
	known := map[string]func(*yaml.Node){}
	for _, c := range columns {
		known[c] = func(n *yaml.Node) { read(c, n) }
	}
	y.keys(n, what, known)
}

// skuCoins reads how many coins a SKU has.
func (y *yamlFile) skuCoins(n *yaml.Node, what string) map[string]int64 {
	coins := map[string]int64{}
	y.each(n, what, func(key, value *yaml.Node) {
		if strings.TrimSpace(key.Value) == "" {
			y.problem(key, "%s: a SKU is needed", what)
			return
		}
		coins[key.Value] = int64(y.whole(value, what+" "+key.Value, 1, 1_000_000_000))
	})
	return coins
}

// lineKinds reads which kind of line a provider's report means by a text.
func (y *yamlFile) lineKinds(n *yaml.Node, feedName string) map[string]string {
	what := "feeds " + feedName + " kinds"
	kinds := map[string]string{}
	if feedName != "settlement_lines" {
		y.problem(n, "%s: only the reports of settlement_lines have kinds to explain", what)
	}
	y.each(n, what, func(key, value *yaml.Node) {
		kinds[key.Value] = y.choice(value, what+" "+key.Value, pipeline.SettlementKinds()...)
	})
	return kinds
}
