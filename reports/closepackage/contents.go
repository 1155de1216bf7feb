package closepackage

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

// The sheets that are no section.
const (
	contentsSheet = "Contents"
	tiesSheet     = "Tie-outs"
)

// packageStatusWords say what a status means to who signs.
func packageStatusWords(status string) string {
	switch status {
	case "balanced":
		return "No open exception holds up the close."
	case "exceptions":
		return "Some exceptions need a decision before the month can be approved."
	case "closed":
		return "Approved and locked; rows that come later count in the next month."
	case "blocked":
		return "A blocking control found something that must be corrected or waived."
	}
	return ""
}

// ties writes the sums that a reader can see tie: each cell under "added up
// here" is a formula over the named ranges of the other sheets.
func (b *workbook) ties() error {
	set := func(cell string, v any, style int) error { return b.set(tiesSheet, cell, v, style) }
	for i, head := range []string{"what must tie", "currency or unit", "carat's total", "added up here", "difference", "ties"} {
		if err := set(string(rune('A'+i))+"1", head, b.styles.head); err != nil {
			return err
		}
	}
	for i, t := range b.p.Ties {
		row := strconv.Itoa(i + 2)
		if err := set("A"+row, t.What, b.styles.text); err != nil {
			return err
		}
		if err := set("B"+row, t.Currency, b.styles.text); err != nil {
			return err
		}
		if err := b.tie(t, row); err != nil {
			return err
		}
	}
	if err := b.file.SetPanes(tiesSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	if n := len(b.p.Ties); n > 0 {
		if err := b.file.AutoFilter(tiesSheet, "A1:F"+strconv.Itoa(n+1), nil); err != nil {
			return err
		}
	}
	return b.widths(tiesSheet, 64, 16, 22, 22, 16, 12)
}

// tie writes carat's total, the formula that adds it up, and what that comes to.
func (b *workbook) tie(t Tie, row string) error {
	total, exact := exactNumber(t.Total)
	added, exactTerms := b.sums.of(t.Terms)
	if !exact || !exactTerms {
		return errors.Join(b.set(tiesSheet, "C"+row, t.Total, b.styles.text),
			b.set(tiesSheet, "F"+row, "more digits than a spreadsheet adds exactly", b.styles.note))
	}
	difference, answer := less(added, t.Total), "NO"
	b.added++
	if difference == "0" {
		b.tied++
		answer = "yes"
	}
	return errors.Join(b.set(tiesSheet, "C"+row, total, b.styles.decimal),
		b.setFormula(tiesSheet, tiesFile, "D"+row, "ROUND("+b.formula(t.Terms)+",6)", b.styles.decimal, computed{added, true}),
		b.setFormula(tiesSheet, tiesFile, "E"+row, "ROUND(D"+row+"-C"+row+",6)", b.styles.decimal, computed{difference, true}),
		b.setFormula(tiesSheet, tiesFile, "F"+row, `IF(E`+row+`=0,"yes","NO")`, b.styles.bold, computed{answer, false}))
}

// widths sets the widths of the first columns.
func (b *workbook) widths(sheet string, widths ...int) error {
	for i, width := range widths {
		column := string(rune('A' + i))
		if err := b.file.SetColWidth(sheet, column, column, sheetLength(width)); err != nil {
			return err
		}
	}
	return nil
}

// formula adds up terms, each over all the sheets that its section goes on over.
func (b *workbook) formula(terms []Term) string {
	var f strings.Builder
	for i, t := range terms {
		sheets := 1
		if s := b.p.find(t.Section); s != nil {
			sheets = max(b.sheetsOf(s), 1)
		}
		for n := 1; n <= sheets; n++ {
			switch {
			case t.Minus:
				f.WriteByte('-')
			case i > 0 || n > 1:
				f.WriteByte('+')
			}
			if b.sums.apart(t) {
				f.WriteString(conditionFormula(t, n))
			} else {
				f.WriteString(exactFormula(t, n))
			}
		}
	}
	return f.String()
}

// conditionFormula adds up a term over one sheet by a spreadsheet's conditions.
func conditionFormula(t Term, sheet int) string {
	var f strings.Builder
	switch {
	case t.Count:
		f.WriteString("COUNTIFS(")
	case len(t.Where) == 0 && t.Not[0] == "":
		f.WriteString("SUM(" + rangeName(t.Section, t.Column, sheet))
	default:
		f.WriteString("SUMIFS(" + rangeName(t.Section, t.Column, sheet))
	}
	first := t.Count
	write := func(column, op, value string) {
		if !first {
			f.WriteByte(',')
		}
		first = false
		f.WriteString(rangeName(t.Section, column, sheet) + `,"` + op + criterion(value) + `"`)
	}
	for _, w := range t.Where {
		write(w[0], "=", w[1])
	}
	if t.Not[0] != "" {
		write(t.Not[0], "<>", t.Not[1])
	}
	f.WriteByte(')')
	return f.String()
}

// exactFormula adds up a term over one sheet whose conditions' values are to be told
// from others that differ in case alone, or are the same number written otherwise.
func exactFormula(t Term, sheet int) string {
	var f strings.Builder
	f.WriteString("SUMPRODUCT(")
	for i, w := range t.Where {
		if i > 0 {
			f.WriteByte(',')
		}
		f.WriteString("--EXACT(" + rangeName(t.Section, w[0], sheet) + `,"` + strings.ReplaceAll(w[1], `"`, `""`) + `")`)
	}
	if t.Not[0] != "" {
		f.WriteString(`,--(` + rangeName(t.Section, t.Not[0], sheet) + `<>"` + strings.ReplaceAll(t.Not[1], `"`, `""`) + `")`)
	}
	if !t.Count {
		f.WriteString("," + rangeName(t.Section, t.Column, sheet))
	}
	f.WriteByte(')')
	return f.String()
}

// criterion writes a text into a formula's condition: quotes doubled, wildcards
// taken as they stand.
func criterion(text string) string {
	return strings.NewReplacer(`"`, `""`, "~", "~~", "*", "~*", "?", "~?").Replace(text)
}

// contents writes the cover: status, what there is, and how to make it again.
func (b *workbook) contents() error {
	p := b.p
	row := 0
	var failed error
	line := func(cells ...any) {
		row++
		for i := 0; i+1 < len(cells); i += 2 {
			style, _ := cells[i+1].(int)
			if err := b.set(contentsSheet, string(rune('A'+i/2))+strconv.Itoa(row), cells[i], style); err != nil && failed == nil {
				failed = err
			}
		}
	}
	line("Close package, "+periodWords(p.Period), b.styles.title)
	for _, payer := range p.Payers {
		line(payer.Name, b.styles.bold)
	}
	status := b.styles.bad
	if p.Status == "balanced" || p.Status == "closed" {
		status = b.styles.good
	}
	line("Status", b.styles.text, p.Says, status)
	line("", 0, packageStatusWords(p.Status), 0)
	if p.RatesDecided > 0 {
		line("Exchange rates", b.styles.text, fmt.Sprintf("%d decided, none published: see Decided exchange rates", p.RatesDecided), b.styles.text)
	}
	if p.MatchesDecided > 0 {
		line("Matches", b.styles.text, fmt.Sprintf("%d decided by a person: see Decided matches", p.MatchesDecided), b.styles.text)
	}
	line("Exceptions", b.styles.text, fmt.Sprintf("%d open, %d waived, %d decided", p.Open, p.Waived, p.Decided), b.styles.text)
	if p.Next != "" {
		line("Next", b.styles.text, p.Next+" "+p.NextCommand, b.styles.text)
	}
	for _, f := range p.Figures {
		line(f.Label, b.styles.text, f.words(), b.styles.text)
	}
	line("Run", b.styles.text, p.RunID, b.styles.text)
	line("Made again by", b.styles.text, p.Command, b.styles.text)
	line("Times are of", b.styles.text, b.zone.String(), b.styles.text)
	line()
	line("Sheet", b.styles.head, "One row is", b.styles.head, "Rows", b.styles.head)
	link := func(name string) error {
		cell := "A" + strconv.Itoa(row)
		return b.file.SetCellHyperLink(contentsSheet, cell, "'"+name+"'!A1", "Location")
	}
	line(tiesSheet, b.styles.link, "a total of carat's, and the same added up by a formula", 0, len(p.Ties), b.styles.whole)
	if err := link(tiesSheet); err != nil {
		return err
	}
	for _, s := range b.sheets {
		line(s.name, b.styles.link, s.section.Note, 0, s.rows, b.styles.whole)
		if err := link(s.name); err != nil {
			return err
		}
	}
	line()
	line("Do all totals tie?", b.styles.bold)
	if n := len(p.Ties); n > 0 && failed == nil {
		cell, yes := "B"+strconv.Itoa(row), fmt.Sprintf(`COUNTIF('%s'!F2:F%d,"yes")`, tiesSheet, n+1)
		answer := fmt.Sprintf("yes, all %d", b.added)
		if b.tied < b.added {
			answer = fmt.Sprintf("%d do not", b.added-b.tied)
		}
		failed = b.setFormula(contentsSheet, contentsFile, cell, fmt.Sprintf(`IF(%s=%d,"yes, all %d",%d-%s&" do not")`, yes, b.added, b.added, b.added, yes),
			b.styles.bold, computed{answer, false})
	}
	line("Numbers of more than 15 digits are written as text, because a spreadsheet would round them; formulas leave them out. Columns are named ranges such as exceptions_difference.", b.styles.note)
	if failed != nil {
		return failed
	}
	if err := b.file.MergeCell(contentsSheet, "A"+strconv.Itoa(row), "C"+strconv.Itoa(row)); err != nil {
		return err
	}
	if err := b.file.SetRowHeight(contentsSheet, row, 34); err != nil {
		return err
	}
	b.file.SetActiveSheet(0)
	return b.widths(contentsSheet, 26, 74, 14)
}

// words are the amounts of a figure, in minor units.
func (f Figure) words() string {
	var parts []string
	for _, m := range f.Amounts {
		parts = append(parts, strings.TrimRight(m.Rounded()+" "+m.Currency+" "+m.Entity, " "))
	}
	return strings.Join(parts, "; ")
}

// set writes one cell of a sheet that is no section.
func (b *workbook) set(sheet, cell string, v any, style int) error {
	if text, ok := v.(string); ok {
		if err := b.file.SetCellStr(sheet, cell, sheetText(text)); err != nil {
			return err
		}
	} else if err := b.file.SetCellValue(sheet, cell, v); err != nil {
		return err
	}
	if style == 0 {
		return nil
	}
	return b.file.SetCellStyle(sheet, cell, cell, style)
}
