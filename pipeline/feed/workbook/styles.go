package workbook

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const stylesPart = "xl/styles.xml"

// builtInDate says whether a format is one of days and times that a workbook needn't write down
// (ECMA-376, part 1, 18.8.30), those of eastern calendars among them.
func builtInDate(id int) bool {
	return id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
}

// notFormat is what of a format's code is no placeholder: texts in quotes, characters
// behind a backslash, an underscore or a star, colours, conditions and languages in
// brackets.
var notFormat = regexp.MustCompile(`"[^"]*"|\\.|_.|\*.|\[[^\]]*\]`)

// elapsed are hours, minutes and seconds that go on beyond a day.
var elapsed = regexp.MustCompile(`(?i)\[(h+|m+|s+)\]`)

// showsDate says whether a number in this format is shown as a day or a time.
func showsDate(code string) bool {
	return elapsed.MatchString(code) || strings.ContainsAny(strings.ToLower(strings.ReplaceAll(notFormat.ReplaceAllString(code, ""), "General", "")), "dmyhs")
}

// readStyles notes which styles of cells show a number as a day or a time. A workbook
// without styles has none.
func (w *workbook) readStyles() error {
	if _, ok := w.parts[stylesPart]; !ok {
		return nil
	}
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	d, closer, err := w.open(stylesPart)
	if err != nil {
		return err
	}
	err = d.Decode(&styles)
	_ = closer.Close()
	if err != nil {
		return w.broken("%s: %w", stylesPart, err)
	}
	var dates []int
	for _, f := range styles.Formats {
		if showsDate(f.Code) {
			dates = append(dates, f.ID)
		}
	}
	w.dates = map[string]bool{}
	for i, c := range styles.Cells {
		if builtInDate(c.Format) || slices.Contains(dates, c.Format) {
			w.dates[strconv.Itoa(i)] = true
		}
	}
	return nil
}
