package closepackage

import (
	_ "embed" // the style sheet
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/pages"
	"carat/reports/table"
)

//go:embed package.css
var packageCSS string

// shownPerControl is how many exceptions a control shows on the page; the
// section of exceptions and the workbook have more, and all.
const shownPerControl = 20

// causesID is the section that the page begins with.
const causesID = "causes"

// notCompared is the result of a control that had nothing to compare with.
const notCompared = "not compared"

// packagePage is the page of a close package under way.
type packagePage struct {
	pages.Frame
	zone   *time.Location
	p      *Package
	w      io.Writer
	err    error
	byName map[string][][]string // a control's first exceptions: subject, difference, unit, detail
	ages   map[string][4]int64   // a control's exceptions by months since they were found
}

// WriteHTML writes the package as one page that needs nothing else: no script,
// no other file. It can be read on paper, on a phone, with a keyboard and with
// a screen reader. Errors are those of the sections and of w.
func (p *Package) WriteHTML(w io.Writer) error {
	d := &packagePage{Frame: pages.Frame{Loc: locale.English}, p: p, w: w, byName: map[string][][]string{}, ages: map[string][4]int64{}}
	d.zone = p.Zone
	if d.zone == nil {
		d.zone = time.UTC
	}
	if err := d.readExceptions(); err != nil {
		return fmt.Errorf("write close page of %s: %w", p.Period, err)
	}
	d.top()
	d.glance()
	d.contents()
	if causes := d.find(causesID); causes != nil {
		d.section(causes)
	}
	for i := range p.Flows {
		d.flow(&p.Flows[i])
	}
	d.controls()
	d.ageing()
	for i := range p.Sections {
		switch p.Sections[i].ID {
		case "controls", causesID:
		case "rollforwards":
			d.rollforwards(&p.Sections[i])
		default:
			d.section(&p.Sections[i])
		}
	}
	d.Raw("<footer><p>Made again by <code>")
	d.Text(p.Command)
	d.Raw("</code> · run <code>")
	d.Text(p.RunID)
	d.Raw("</code> · every number of this page is in the workbook beside it, made from the same rows.</p></footer>\n</main>\n</body>\n</html>\n")
	d.flush(0)
	if d.err != nil {
		return fmt.Errorf("write close page of %s: %w", p.Period, d.err)
	}
	return nil
}

// flush hands on what was made when it is more than least bytes.
func (d *packagePage) flush(least int) {
	if len(d.B) <= least {
		return
	}
	if d.err == nil {
		_, d.err = d.w.Write(d.B)
	}
	d.B = d.B[:0]
}

func (d *packagePage) find(id string) *Section { return d.p.find(id) }

// place gives where a column lies in a section; -1 for nowhere.
func (s *Section) place(column string) int {
	for i, c := range s.Columns {
		if c.Name == column {
			return i
		}
	}
	return -1
}

// at gives a cell as plain text; "" for none.
func (s *Section) at(row []any, column string) string {
	i := s.place(column)
	if i < 0 {
		return ""
	}
	text, _ := table.CellText(s.Columns[i].Kind, row[i])
	return text
}

// readExceptions goes through the exceptions once: the first of each control,
// and how old they are.
func (d *packagePage) readExceptions() error {
	s := d.find("exceptions")
	if s == nil {
		return nil
	}
	return s.Rows(func(row []any) error {
		control := s.at(row, "control")
		if list := d.byName[control]; len(list) < shownPerControl {
			d.byName[control] = append(list, []string{
				s.at(row, "subject_kind") + " " + s.at(row, "subject_id"), s.at(row, "difference"), s.at(row, "unit"), s.at(row, "detail"),
			})
		}
		ages := d.ages[control]
		ages[min(max(monthsBetween(pipeline.Period(s.at(row, "period")), d.p.Period), 0), 3)]++
		d.ages[control] = ages
		return nil
	})
}

func monthsBetween(earlier, later pipeline.Period) int {
	a, errA := pipeline.ParsePeriod(string(earlier))
	b, errB := pipeline.ParsePeriod(string(later))
	if errA != nil || errB != nil {
		return 0
	}
	from, to := a.Start(time.UTC), b.Start(time.UTC)
	return (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
}

func (d *packagePage) top() {
	d.Raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n",
		"<meta name=\"robots\" content=\"noindex\">\n<title>Close package, ")
	d.Text(periodWords(d.p.Period))
	d.Raw("</title>\n<style>\n", pages.Markup(packageCSS), "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#controls\">Skip to the controls</a>\n<main>\n<header>\n<p class=\"payer\">")
	for i, payer := range d.p.Payers {
		if i > 0 {
			d.Raw(" · ")
		}
		d.Name(payer.Name)
	}
	d.Raw("</p>\n<h1>Close package <span>")
	d.Text(periodWords(d.p.Period))
	d.Raw("</span></h1>\n</header>\n")
}

// glance says where the month stands, before anything else.
func (d *packagePage) glance() {
	d.Raw("<section class=\"glance ")
	d.Text(d.p.Status)
	d.Raw("\" aria-label=\"Status\">\n<p class=\"status\"><b>")
	d.Text(d.p.Says)
	d.Raw("</b> <span>")
	d.Text(packageStatusWords(d.p.Status))
	d.Raw("</span></p>\n<dl class=\"five\">\n")
	passed, without, monitor := 0, int64(0), int64(0)
	for _, c := range d.p.Controls {
		switch {
		case c.Result == notCompared:
			without++
		case c.Exceptions == 0:
			passed++
		}
		if c.Severity == "monitor" {
			monitor += c.Exceptions
		}
	}
	d.Raw("<div><dt>Controls passed</dt><dd>")
	d.Whole(int64(passed))
	d.Raw(" <small>of ")
	d.Whole(int64(len(d.p.Controls)))
	if without > 0 {
		d.Raw(", ")
		d.Whole(without)
		d.Raw(" not compared")
	}
	d.Raw("</small></dd></div>\n")
	for _, s := range []struct {
		label pages.Markup
		count int64
	}{{"Exceptions open", d.p.Open}, {"Waived", d.p.Waived}, {"Decided", d.p.Decided}, {"For information", monitor}} {
		d.Raw("<div><dt>", s.label, "</dt><dd>")
		d.Whole(s.count)
		d.Raw("</dd></div>\n")
	}
	d.Raw("</dl>\n")
	if d.p.Next != "" {
		d.Raw("<p class=\"next\"><b>Next:</b> ")
		d.Text(d.p.Next)
		d.Raw(" <code>")
		d.Text(d.p.NextCommand)
		d.Raw("</code></p>\n")
	}
	d.Raw("</section>\n")
	d.money()
}

// money shows the month's sums, in minor units: the sections have every digit.
func (d *packagePage) money() {
	if len(d.p.Figures) == 0 {
		return
	}
	d.Raw("<section aria-label=\"The month's money\">\n<dl class=\"money\">\n")
	for _, f := range d.p.Figures {
		d.Raw("<div><dt>")
		d.Text(f.Label)
		d.Raw("</dt>")
		for _, m := range f.Amounts {
			d.Raw("<dd>")
			d.number(m.Rounded())
			d.Raw(" <small>")
			d.Text(m.Currency)
			if m.Entity != "" && len(d.p.Flows) > 1 {
				d.Raw(" ")
				d.Name(m.Entity)
			}
			d.Raw("</small></dd>")
		}
		if len(f.Amounts) == 0 {
			d.Raw("<dd>none</dd>")
		}
		d.Raw("</div>\n")
	}
	d.Raw("</dl>\n</section>\n")
}

// Rounded is the amount in its currency's minor units, as it is shown.
func (m Money) Rounded() string {
	exact, ok := new(big.Rat).SetString(m.Amount)
	if !ok {
		return m.Amount
	}
	return exact.FloatString(locale.MinorDigits(m.Currency))
}

func (d *packagePage) contents() {
	d.Raw("<nav aria-label=\"Contents\"><ul>\n")
	if causes := d.find(causesID); causes != nil {
		d.Raw("<li><a href=\"#causes\">")
		d.Text(causes.Title)
		d.Raw("</a></li>\n")
	}
	if len(d.p.Flows) > 0 {
		d.Raw("<li><a href=\"#flow\">From gross to net</a></li>\n")
	}
	d.Raw("<li><a href=\"#controls\">Controls</a></li>\n")
	if d.anyOlder() {
		d.Raw("<li><a href=\"#ageing\">Ageing</a></li>\n")
	}
	for i := range d.p.Sections {
		if s := &d.p.Sections[i]; s.ID != "controls" && s.ID != causesID {
			d.Raw("<li><a href=\"#")
			d.Text(s.ID)
			d.Raw("\">")
			d.Text(s.Title)
			d.Raw("</a></li>\n")
		}
	}
	d.Raw("</ul></nav>\n")
}

// controls is the register with its results; each opens to what it found.
func (d *packagePage) controls() {
	d.Raw("<section id=\"controls\">\n<h2>Controls</h2>\n<p class=\"note\">Each is a query that gives the rows that break its rule. Open one to see why it is there and what it found.</p>\n")
	for i := range d.p.Controls {
		c := &d.p.Controls[i]
		class := pages.Markup("pass")
		if c.Exceptions > 0 {
			class = map[string]pages.Markup{"block": "block", "review": "review"}[c.Severity]
			if class == "" {
				class = "monitor"
			}
		} else if c.Result == notCompared {
			class = "without"
		}
		mark := map[bool]pages.Markup{true: "pass", false: "found"}[c.Exceptions == 0]
		if c.Result == notCompared {
			mark = "not compared"
		}
		d.Raw("<details class=\"", class, "\"><summary><span class=\"mark\">", mark, "</span> <b>")
		d.Text(c.Control)
		d.Raw("</b> <span class=\"severity\">")
		d.Text(c.Severity)
		d.Raw("</span> <span class=\"counts\">")
		d.Whole(c.Exceptions)
		d.Raw(pages.Plural(c.Exceptions, " exception", " exceptions"), " in ")
		d.Whole(c.Checked)
		d.Raw(" checked")
		if c.NotCompared != nil && *c.NotCompared > 0 {
			d.Raw(", ")
			d.Whole(*c.NotCompared)
			d.Raw(" not compared")
		}
		d.Raw("</span></summary>\n<div class=\"inside\">\n")
		for _, line := range []struct {
			label pages.Markup
			text  string
		}{{"", c.Question}, {"The rule. ", c.Rule}, {"Guards against ", c.Guards}, {"Typical causes. ", c.Causes}, {"What to do. ", c.Action}, {"Not compared. ", c.NotComparedReason}} {
			if line.text != "" {
				d.Raw("<p><b>", line.label, "</b>")
				d.Text(line.text)
				d.Raw("</p>\n")
			}
		}
		d.found(c)
		d.Raw("</div></details>\n")
	}
	d.Raw("</section>\n")
}

func (d *packagePage) found(c *Control) {
	rows := d.byName[c.Control]
	if len(rows) == 0 {
		return
	}
	d.openTable("Exceptions of "+c.Control, []table.Column{{Name: "subject"}, {Name: "difference", Kind: table.Decimal}, {Name: "unit"}})
	for _, row := range rows {
		d.Raw("<tr class=\"of\"><td>")
		d.Name(row[0])
		d.Raw("</td><td class=\"n\">")
		d.number(row[1])
		d.Raw("</td><td>")
		d.Name(row[2])
		d.Raw("</td></tr>\n")
		d.detail(3, row[3])
	}
	d.Raw("</tbody></table></div>\n")
	if int64(len(rows)) < c.Exceptions {
		d.Raw("<p class=\"note\">The first ")
		d.Whole(int64(len(rows)))
		d.Raw(" of ")
		d.Whole(c.Exceptions)
		d.Raw("; the workbook has all.</p>\n")
	}
	d.flush(1 << 16)
}

// anyOlder says whether any exception was found in an earlier month.
func (d *packagePage) anyOlder() bool {
	for _, ages := range d.ages {
		if ages[1]+ages[2]+ages[3] > 0 {
			return true
		}
	}
	return false
}

// ageing counts the exceptions by how long they are known; where all are of this
// month there is no age to tell.
func (d *packagePage) ageing() {
	if !d.anyOlder() {
		return
	}
	d.Raw("<section id=\"ageing\">\n<h2>Exceptions by age</h2>\n<p class=\"note\">Since the month in which they were first found.</p>\n")
	d.openTable("Exceptions by age", []table.Column{{Name: "control"}, {Name: "severity"}, {Name: "this month", Kind: table.Number}, {Name: "one month", Kind: table.Number},
		{Name: "two months", Kind: table.Number}, {Name: "older", Kind: table.Number}})
	for _, c := range d.p.Controls {
		ages, ok := d.ages[c.Control]
		if !ok {
			continue
		}
		d.Raw("<tr><th scope=\"row\">")
		d.Text(c.Control)
		d.Raw("</th><td>")
		d.Text(c.Severity)
		d.Raw("</td>")
		for _, n := range ages {
			d.Raw("<td class=\"n\">")
			if n != 0 {
				d.Whole(n)
			}
			d.Raw("</td>")
		}
		d.Raw("</tr>\n")
	}
	d.Raw("</tbody></table></div>\n</section>\n")
}

// detail is the sentence about a row, below it: beside it, it would be out of
// sight.
func (d *packagePage) detail(columns int, text string) {
	d.Raw("<tr class=\"more\"><td colspan=\"")
	d.Whole(int64(columns))
	d.Raw("\"><div>")
	d.Name(text)
	d.Raw("</div></td></tr>\n")
}

// openTable begins a table in a box that scrolls sideways and can be reached
// with the keyboard.
func (d *packagePage) openTable(caption string, columns []table.Column) {
	d.Raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"")
	d.Text(caption)
	d.Raw("\"><table>\n<thead><tr>")
	for _, c := range columns {
		class := pages.Markup("")
		if c.Kind == table.Number || c.Kind == table.Decimal {
			class = " class=\"n\""
		}
		d.Raw("<th scope=\"col\"", class, ">")
		d.Text(strings.ReplaceAll(c.Name, "_", " "))
		d.Raw("</th>")
	}
	d.Raw("</tr></thead>\n<tbody>\n")
}

// section writes a table of the package, as far as the page shows it.
func (d *packagePage) section(s *Section) {
	d.Raw("<section id=\"")
	d.Text(s.ID)
	d.Raw("\">\n<h2>")
	d.Text(s.Title)
	d.Raw("</h2>\n<p class=\"note\">One row is ")
	d.Text(s.Note)
	d.Raw(".</p>\n")
	switch s.ID {
	case "volumes":
		d.days(s)
	case FluxID:
		d.changes(s)
	}
	var columns []table.Column
	var places []int
	detail := -1
	for i, c := range s.Columns {
		switch {
		case len(s.PageColumns) > 0 && !slices.Contains(s.PageColumns, c.Name):
		case c.Name == "detail":
			detail = i
		default:
			columns, places = append(columns, c), append(places, i)
		}
	}
	rows := 0
	err := s.Rows(func(row []any) error {
		if rows++; rows == 1 {
			d.openTable(s.Title, columns)
		}
		if s.OnPage > 0 && rows > s.OnPage {
			return nil
		}
		text, none := "", true
		if detail >= 0 {
			text, none = table.CellText(table.Text, row[detail])
		}
		if none {
			d.Raw("<tr>")
		} else {
			d.Raw("<tr class=\"of\">")
		}
		for n, c := range columns {
			d.tableCell(c, row[places[n]])
		}
		d.Raw("</tr>\n")
		if !none {
			d.detail(len(columns), text)
		}
		d.flush(1 << 16)
		return d.err
	})
	if err != nil && d.err == nil {
		d.err = err
	}
	if rows > 0 {
		d.Raw("</tbody></table></div>\n")
	}
	switch {
	case rows == 0:
		d.Raw("<p>None.</p>\n")
	case s.OnPage > 0 && rows > s.OnPage:
		d.Raw("<p class=\"note\">The first ")
		d.Whole(int64(s.OnPage))
		d.Raw(" of ")
		d.Whole(int64(rows))
		d.Raw(" rows; the workbook has all.</p>\n")
	}
	d.Raw("</section>\n")
}

func (d *packagePage) tableCell(c table.Column, v any) {
	text, null := table.CellText(c.Kind, v)
	switch {
	case null:
		d.Raw("<td></td>")
	case c.Kind == table.Number || c.Kind == table.Decimal:
		d.Raw("<td class=\"n\">")
		d.number(text)
		d.Raw("</td>")
	case c.Kind == table.Time:
		d.Raw("<td class=\"when\">")
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			d.B = t.In(d.zone).AppendFormat(d.B, "2006-01-02 15:04:05")
		} else {
			d.Text(text)
		}
		d.Raw("</td>")
	default:
		d.Raw("<td>")
		d.Name(text)
		d.Raw("</td>")
	}
}

// number writes a plain decimal with thousands separated and every digit kept.
func (d *packagePage) number(text string) {
	if !table.IsPlainNumber(text) {
		d.Text(text)
		return
	}
	if strings.HasPrefix(text, "-") {
		d.Raw("\u2212")
		text = text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			d.B = append(d.B, ',')
		}
		d.B = append(d.B, byte(r))
	}
	if fraction != "" {
		d.B = append(append(d.B, '.'), fraction...)
		if len(fraction) == 1 {
			d.B = append(d.B, '0')
		}
	}
}
