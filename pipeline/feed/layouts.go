package feed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"carat/pipeline"
	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
	"carat/pipeline/feed/view"
)

// FormatLayout is the format of files that a Layout describes.
const FormatLayout = "layout"

// What a layout consists of, for whoever makes one: see package layout.
type (
	Layout          = layout.Layout
	LayoutSpelling  = layout.Spelling
	LayoutPair      = layout.Pair
	LayoutSign      = layout.Sign
	LayoutBySign    = layout.BySign
	LayoutCondition = layout.Condition
	LayoutTest      = layout.Test
	LayoutSeparator = layout.Separator
	LayoutView      = view.View
)

// LayoutsAlike gives the pairs of a feed's layouts that no file can tell apart, as messages
// call them: neither says for which files it is, and both use the same columns.
func LayoutsAlike(layouts []Layout) (pairs [][2]string) {
	for i := range layouts {
		for j := range layouts[:i] {
			a, b := &layouts[j], &layouts[i]
			if len(a.Files)+len(b.Files) > 0 || a.NoHeader != b.NoHeader || a.Separator != b.Separator {
				continue
			}
			if slices.Equal(slices.Sorted(slices.Values(a.Uses())), slices.Sorted(slices.Values(b.Uses()))) {
				pairs = append(pairs, [2]string{a.Called(), b.Called()})
			}
		}
	}
	return pairs
}

// LayoutMinorUnits is layout.MinorUnits.
const LayoutMinorUnits = layout.MinorUnits

// LayoutEncodings are the encodings that a layout can name.
func LayoutEncodings() []string { return layout.Encodings() }

// LayoutEpochs are the time formats that count from 1970.
func LayoutEpochs() []string { return layout.EpochFormats() }

// CheckTimeFormat says what is wrong with a time format of a layout.
func CheckTimeFormat(format string) error { return layout.CheckTimeFormat(format) }

// TimeLayout is layout.TimeLayout.
func TimeLayout(format string) (string, error) { return layout.TimeLayout(format) }

// ParseLayout reads the text of a layout, as its method Text gave it.
func ParseLayout(text string) (*Layout, error) { return layout.Parse(text) }

// LayoutsFrom gives the layouts for a file that a source brought, "" for none: those with this
// source before a pattern of its name ("bank_a/statement.csv"); else those without a source.
func LayoutsFrom(layouts []Layout, source, name string) []Layout {
	var own, all []Layout
	for _, l := range layouts {
		var open []string
		for _, pattern := range l.Files {
			of, pattern, fetched := strings.Cut(pattern, "/")
			switch fits, err := path.Match(pattern, name); {
			case !fetched:
				open = append(open, of)
			case of == source && err == nil && fits:
				mine := l
				mine.Files = []string{pattern}
				own = append(own, mine)
			}
		}
		if len(open) > 0 || len(l.Files) == 0 {
			l.Files = open
			all = append(all, l)
		}
	}
	if len(own) > 0 {
		return own
	}
	return all
}

// byName gives the layouts that are for files of that name, and says whether
// there are such; else those that ask for no name.
func byName(layouts []Layout, name string) (fit []*Layout, named bool) {
	var open []*Layout
	for i := range layouts {
		switch l := &layouts[i]; {
		case l.ForName(name):
			fit = append(fit, l)
		case len(l.Files) == 0:
			open = append(open, l)
		}
	}
	if len(fit) > 0 {
		return fit, true
	}
	return open, false
}

// choose gives the one layout that a file's beginning fits: of several, that
// which uses most of its columns. Without one it gives the nearest, and how the
// file fits it.
func choose(layouts []*Layout, name, feedName string, fit func(*Layout) layout.Fit) (chosen *Layout, best layout.Fit, err error) {
	var even []string
	for _, l := range layouts {
		f := fit(l)
		switch {
		case chosen == nil, f.Fits && !best.Fits, f.Fits == best.Fits && f.Used > best.Used:
			chosen, best, even = l, f, []string{l.Called()}
		case f.Fits && best.Fits && f.Used == best.Used:
			even = append(even, l.Called())
		}
	}
	if best.Fits && len(even) > 1 {
		return nil, best, lex.BadFile(name, best.Line, "it fits several layouts of feeds: %s: %s", feedName, strings.Join(even, ", ")).
			WithHint("say under each which files it is for: files: [\"bank-a-*.csv\"]")
	}
	return chosen, best, nil
}

// layoutOfText finds the layout of a text: of those for the file's name, or of
// those that its header tells, unless the header is the feed's own. Its error is
// that of a file that should be in a layout and isn't.
func layoutOfText(head, raw []byte, name, feedName, format string, layouts []Layout) (*Layout, error) {
	candidates, named := byName(layouts, name)
	if len(candidates) == 0 || !named && format != formatCSV && format != formatNDJSON {
		return nil, nil
	}
	objects := format == formatNDJSON
	l, f, err := choose(candidates, name, feedName, func(l *Layout) layout.Fit {
		if objects {
			return l.FitObject(head)
		}
		return l.FitText(raw)
	})
	switch own := ownColumns(head, feedName, objects); {
	case own && !f.Fits:
		return nil, nil
	case err != nil:
		return nil, err
	case f.Fits:
		return l, isUTF8(l, raw, name)
	case objects && (f.Used > 0 || l.Rows != ""): // an object need not have every key; where its rows are, it must
		return l, nil
	case objects && !named:
		return nil, nil
	}
	return nil, l.Lacks(name, feedName, f)
}

// isUTF8 refuses a text in UTF-8 under a layout that names an encoding of one byte a letter: the
// pairs of such bytes that UTF-8 has are no words in it.
func isUTF8(l *Layout, raw []byte, name string) error {
	if l.Encoding != "windows-1252" && l.Encoding != "iso-8859-1" {
		return nil
	}
	whole := raw
	for cut := 1; cut < utf8.UTFMax && cut <= len(raw) && !utf8.Valid(whole); cut++ { // the beginning may end within a letter
		whole = raw[:len(raw)-cut]
	}
	if !utf8.Valid(whole) || !bytes.ContainsFunc(whole, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return nil
	}
	return lex.BadFile(name, 0, "its letters are in UTF-8, and %s says encoding: %s, by which each would be two or three others", l.Called(), l.Encoding).
		WithHint("take encoding out of the layout, or give the files that are in UTF-8 a layout of their own (files: [\"…\"])")
}

// ownColumns says whether a text has the columns that the feed needs.
func ownColumns(head []byte, feedName string, objects bool) bool {
	if !objects {
		return published.HasHeader(head, ",", requiredColumns(feedName)...)
	}
	keys := lex.TopKeys(head)
	return !slices.ContainsFunc(requiredColumns(feedName), func(c string) bool { return !keys[c] })
}

// layoutOfSheet finds the layout of a workbook.
func layoutOfSheet(file *os.File, name, feedName string, opts *Options) (*Layout, error) {
	candidates, named := byName(opts.Layouts, name)
	if len(candidates) == 0 {
		return nil, nil
	}
	l, f, err := choose(candidates, name, feedName, func(l *Layout) layout.Fit { return l.FitSheet(file, name, opts.Sheet) })
	own := slices.Compact(slices.Sorted(slices.Values(requiredColumns(feedName))))
	switch isOwn := len(own) > 0 && !slices.ContainsFunc(own, func(c string) bool { return !slices.Contains(f.Found, c) }); {
	case isOwn && !(named && f.Fits):
		return nil, nil
	case err != nil:
		return nil, err
	case f.Fits:
		return l, nil
	case f.Line == 0: // the sheet can't be read: its reader says why
		return l, nil
	}
	lacks := l.Lacks(name, feedName, f)
	var e *pipeline.Error
	if sheets := l.Elsewhere(file, name, opts.Sheet); len(sheets) > 0 && errors.As(lacks, &e) {
		return nil, e.WithHint("the first sheet was looked at; the columns are in %s: say so under feeds: %s: layout, such as sheet: %q", shownSheets(sheets), feedName, sheets[0])
	}
	return nil, lacks
}

// onlySheet refuses a workbook of which nothing says which sheet is meant, where further
// ones have the same columns: what is in them would be missing.
func (j *job) onlySheet() error {
	further := j.format.layout.Further(j.in.File, j.in.Size, j.in.Name, j.opts.Sheet, requiredColumns(j.format.Feed))
	if len(further) == 0 {
		return nil
	}
	e := lex.BadFile(j.in.Name, 0, "its first sheet is not the only one with these columns, and nothing says which are meant: so has %s", shownSheets(further))
	if j.format.layout != nil {
		return e.WithHint("say so under feeds: %s: layout in carat.yaml: sheet: \"*\" reads all that have the columns, sheet: [%q] these alone", j.format.Feed, further[0])
	}
	return e.WithHint("name the one that counts: feeds: %s: sheet: %q; a layout reads several (sheet: [A, B], or \"*\")", j.format.Feed, further[0])
}

func shownSheets(names []string) string {
	var shown []string
	for _, n := range names {
		shown = append(shown, lex.Shown(n))
	}
	return strings.Join(shown, ", ")
}

// FeedOfLayout gives the feed whose layout says that it is for files of that
// name, or whose layout's header the file has, of layouts by feed; "" without
// one. It is an error if several feeds have such a layout.
func FeedOfLayout(file *os.File, name string, layouts map[string][]Layout) (string, error) {
	var found []string
	for _, feedName := range sortedKeys(layouts) {
		if _, named := byName(layouts[feedName], name); named {
			found = append(found, feedName)
		}
	}
	if len(found) == 0 {
		for _, feedName := range sortedKeys(layouts) {
			format, err := recognise(file, name, feedName, &Options{Layouts: layouts[feedName]})
			if err == nil && format.layout != nil {
				found = append(found, feedName)
			}
		}
	}
	if len(found) > 1 {
		return "", lex.BadFile(name, 0, "%w", fmt.Errorf("it fits layouts of several feeds: %s", strings.Join(found, ", "))).
			WithHint("say under one of them that it is for this file, files: [%q], or name the feed", name)
	}
	return strings.Join(found, ""), nil
}

func sortedKeys(layouts map[string][]Layout) []string {
	var names []string
	for name, list := range layouts {
		if len(list) > 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
