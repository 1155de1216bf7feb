package workbook

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline/feed/lex"
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

// shownCurrency are the places of a format's code where a currency stands: [$€-407], a text
// in quotes, a sign by itself or behind a backslash.
var shownCurrency = regexp.MustCompile(`\[\$([^\]-]*)[^\]]*\]|"([^"]*)"|\\?([$€£¥￥₹₩₽₺₫₱₪₴฿₦])`)

// showsCurrency gives the sign or code of the currency that a number in this format is shown
// with. Words that are no currency's are none.
func showsCurrency(code string) string {
	positive, _, _ := strings.Cut(code, ";")
	for _, m := range shownCurrency.FindAllStringSubmatch(positive, -1) {
		sign := strings.TrimSpace(m[1] + m[2] + m[3])
		if code := len(sign) == 3 && sign == strings.ToUpper(sign); sign != "" && (code || m[2] == "" || len(sign) != 3) && lex.CurrenciesOf(sign) != nil {
			return sign
		}
	}
	return ""
}

// readStyles notes which styles of cells show a number as a day or a time, and which with a currency. A workbook
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
	money := map[int]string{}
	for _, f := range styles.Formats {
		money[f.ID] = showsCurrency(f.Code)
		if showsDate(f.Code) {
			dates = append(dates, f.ID)
		}
	}
	w.dates, w.money = map[string]bool{}, map[string]string{}
	for i, c := range styles.Cells {
		if builtInDate(c.Format) || slices.Contains(dates, c.Format) {
			w.dates[strconv.Itoa(i)] = true
		}
		if sign := money[c.Format]; sign != "" {
			w.money[strconv.Itoa(i)] = sign
		}
	}
	return nil
}
