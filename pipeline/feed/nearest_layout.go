package feed

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/workbook"
)

// NearestLayout says which layout of the configuration a file comes nearest to, and what
// keeps it from being read by it: the names of files that it is for, the separator, or a column
// that isn't there. "" when less than half of a layout's columns are.
func NearestLayout(file *os.File, name string, layouts map[string][]Layout) (why string) {
	fit := func(l *Layout, feedName string) (layout.Fit, string) {
		return nearTo(l, feedName, name, headOf(file, name))
	}
	if workbook.Is(file) {
		fit = func(l *Layout, feedName string) (layout.Fit, string) { return nearSheet(l, feedName, name, file) }
	}
	most := 1 // one column in common says little
	for _, feedName := range sortedKeys(layouts) {
		for i := range layouts[feedName] {
			l := &layouts[feedName][i]
			if l.NoHeader {
				continue
			}
			if f, text := fit(l, feedName); f.Used > most && f.Used*2 >= len(l.Uses()) {
				most, why = f.Used, text
			}
		}
	}
	return why
}

// nearTo compares a file's beginning with one layout, by each separator.
func nearTo(l *Layout, feedName, name string, head []byte) (best layout.Fit, why string) {
	named := len(l.Files) == 0 || l.ForName(name)
	if bytes.HasPrefix(bytes.TrimSpace(l.Decode(head)), []byte("{")) {
		best = l.FitObject(l.Decode(head))
	} else {
		best = l.FitText(head)
	}
	if best.Fits && !named {
		return best, forFiles(l, feedName)
	}
	for _, separator := range []byte(",;\t|") {
		other := *l
		other.Separator = layout.Separator(separator)
		if f := other.FitText(head); f.Fits && !best.Fits {
			return f, fmt.Sprintf("its columns are those of feeds: %s: %s, with %q between them where that says %q", feedName, l.Called(), separator, l.Separator.Comma())
		}
	}
	return lacking(l, feedName, name, best)
}

// nearSheet compares a workbook's sheets with one layout.
func nearSheet(l *Layout, feedName, name string, file *os.File) (best layout.Fit, why string) {
	best = l.FitSheet(file, name, "")
	if best.Fits && len(l.Files) > 0 && !l.ForName(name) {
		return best, forFiles(l, feedName)
	}
	return lacking(l, feedName, name, best)
}

// forFiles says that a file is a layout's but for its name.
func forFiles(l *Layout, feedName string) string {
	return fmt.Sprintf("its columns are those of feeds: %s: %s, which is for files called %s (capitals count)", feedName, l.Called(), strings.Join(l.Files, ", "))
}

// lacking says which columns a file hasn't that its nearest layout needs.
func lacking(l *Layout, feedName, name string, best layout.Fit) (layout.Fit, string) {
	var e *pipeline.Error
	if !errors.As(l.Lacks(name, feedName, best), &e) {
		return layout.Fit{}, ""
	}
	return best, e.Cause.Error() + "; " + e.Hint
}
