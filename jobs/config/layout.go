package config

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"carat/pipeline/feed"
)

// separators are the characters that can part the columns of a layout.
var separators = map[string]byte{",": ',', ";": ';', "|": '|', "\t": '\t', "tab": '\t'}

// layout reads the description of a user's own files. Its columns are those of
// the feed; what it maps twice, or not at all, is a problem of the file.
func (y *yamlFile) layout(n *yaml.Node, feedName string) *feed.Layout {
	what := "feeds " + feedName + " layout"
	known := feed.ColumnsOf(feedName)
	l := &feed.Layout{Separator: ',', Columns: map[string]string{}, Constants: map[string]string{}, Values: map[string]map[string]string{}}
	into := func(dst map[string]string, what string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			y.perColumn(n, what, known, func(column string, n *yaml.Node) { dst[column], _ = y.text(n, what+" "+column) })
		}
	}
	y.keys(n, what, map[string]func(*yaml.Node){
		"separator": func(n *yaml.Node) {
			if text, ok := y.text(n, what+" separator"); ok {
				if l.Separator, ok = separators[text]; !ok {
					y.problem(n, `%s separator: %q is not one of , ; | tab`, what, text)
				}
			}
		},
		"encoding":      func(n *yaml.Node) { l.Encoding = y.choice(n, what+" encoding", feed.LayoutEncodings()...) },
		"skip_lines":    func(n *yaml.Node) { l.SkipLines = y.whole(n, what+" skip_lines", 0, 100) },
		"decimal_comma": func(n *yaml.Node) { l.DecimalComma = y.choice(n, what+" decimal_comma", "true", "false") == "true" },
		"thousands":     func(n *yaml.Node) { l.Thousands = y.choice(n, what+" thousands", "", ".", ",", " ", "'") },
		"time_format": func(n *yaml.Node) {
			l.TimeFormat, _ = y.text(n, what+" time_format")
			if _, err := feed.TimeLayout(l.TimeFormat); l.TimeFormat != "" && err != nil {
				y.problem(n, "%s time_format: %v", what, err)
			}
		},
		"columns":   into(l.Columns, what+" columns"),
		"constants": into(l.Constants, what+" constants"),
		"values": func(n *yaml.Node) {
			y.perColumn(n, what+" values", known, func(column string, n *yaml.Node) {
				words := map[string]string{}
				y.each(n, what+" values "+column, func(key, value *yaml.Node) { words[key.Value], _ = y.text(value, what+" values "+column+" "+key.Value) })
				l.Values[column] = words
			})
		},
		"absolute": func(n *yaml.Node) {
			for _, column := range y.list(n, what+" absolute") {
				if !slices.Contains(known, column) {
					y.problem(n, "%s absolute: %s has no column %q", what, feedName, column)
				}
				l.Absolute = append(l.Absolute, column)
			}
		},
	})
	if len(l.Columns) == 0 {
		y.problem(n, "%s needs columns: {%s: its name in the file, …}", what, known[0])
	}
	if mark := map[bool]string{true: ",", false: "."}[l.DecimalComma]; l.Thousands == mark {
		y.problem(n, "%s: %q can't both group digits and begin the decimals", what, mark)
	}
	for column := range l.Values {
		if l.Columns[column] == "" {
			y.problem(n, "%s values: no column of the file is mapped to %s", what, column)
		}
	}
	return l
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
		kinds[key.Value] = y.choice(value, what+" "+key.Value, "sale", "refund", "chargeback", "fee", "tax", "adjustment", "payout")
	})
	return kinds
}
