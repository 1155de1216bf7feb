package feedtest

import (
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
)

// LineIDs gives the ids of the settlement lines of a text, in its order.
func LineIDs(t testing.TB, text string) []string {
	t.Helper()
	out := Read[pipeline.SettlementLine](t, "report.txt", []byte(text), nil)
	if out.Err != nil || len(out.Rejects) > 0 {
		t.Errorf("%v %q", out.Err, Texts(out.Rejects))
	}
	var ids []string
	for _, r := range out.Rows {
		ids = append(ids, r.LineID)
	}
	return ids
}

// CheckSameIDs says that a report whose header was changed gives the lines that
// the report as it was gave, under the same ids: renamed columns, more columns
// with a text in some of the lines, and another order of columns. separator parts
// the cells of the text, which are not quoted around it but by "…"; table is the
// number of the line that has the header, from 0; only lines with as many cells as
// it has are changed.
func CheckSameIDs(t *testing.T, text, separator string, table int, want []string, renamed map[string]string) {
	t.Helper()
	if got := LineIDs(t, text); !slices.Equal(got, want) {
		t.Errorf("as it was:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	var records [][]string
	for line := range strings.SplitSeq(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n") {
		records = append(records, cellsOf(line, separator))
	}
	width := len(records[table])
	for name, change := range map[string]func(i int, cells []string) []string{
		"renamed": func(i int, cells []string) []string {
			if i == table {
				for at, cell := range cells {
					if to, ok := renamed[cell]; ok {
						cells[at] = to
					}
				}
			}
			return cells
		},
		"added": func(i int, cells []string) []string {
			switch {
			case i == table:
				return append([]string{"A New Column"}, append(cells, "Another")...)
			case i%2 == 0:
				return append([]string{"news"}, append(cells, "")...)
			}
			return append([]string{""}, append(cells, "15%")...)
		},
		"reordered": func(_ int, cells []string) []string {
			slices.Reverse(cells)
			return cells
		},
	} {
		var lines []string
		for i, cells := range records {
			if cells = slices.Clone(cells); i >= table && len(cells) == width {
				cells = change(i, cells)
			}
			lines = append(lines, strings.Join(cells, separator))
		}
		if got := LineIDs(t, strings.Join(lines, "\n")+"\n"); !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// cellsOf cuts a line, and leaves the quotes of its cells on.
func cellsOf(line, separator string) []string {
	var cells []string
	open := false
	for part := range strings.SplitSeq(line, separator) {
		if open {
			cells[len(cells)-1] += separator + part
		} else {
			cells = append(cells, part)
		}
		open = open != (strings.Count(part, `"`)%2 == 1)
	}
	return cells
}
