package reports

import (
	_ "embed" // the style sheet
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
)

//go:embed package.css
var packageCSS string

// shownPerControl is how many exceptions a control shows on the page; the
// section of exceptions and the workbook have more, and all.
const shownPerControl = 20

// packagePage is the page of a close package under way.
type packagePage struct {
	page
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
	d := &packagePage{page: page{loc: english}, p: p, w: w, byName: map[string][][]string{}, ages: map[string][4]int64{}}
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
	d.controls()
	d.ageing()
	for i := range p.Flows {
		d.flow(&p.Flows[i])
	}
	for i := range p.Sections {
		if p.Sections[i].ID != "controls" {
			d.section(&p.Sections[i])
		}
	}
	d.raw("<footer><p>Made again by <code>")
	d.text(p.Command)
	d.raw("</code> · run <code>")
	d.text(p.RunID)
	d.raw("</code> · every number of this page is in the workbook beside it, made from the same rows.</p></footer>\n</main>\n</body>\n</html>\n")
	d.flush(0)
	if d.err != nil {
		return fmt.Errorf("write close page of %s: %w", p.Period, d.err)
	}
	return nil
}

// flush hands on what was made when it is more than least bytes.
func (d *packagePage) flush(least int) {
	if len(d.b) <= least {
		return
	}
	if d.err == nil {
		_, d.err = d.w.Write(d.b)
	}
	d.b = d.b[:0]
}

func (d *packagePage) find(id string) *Section {
	for i := range d.p.Sections {
		if d.p.Sections[i].ID == id {
			return &d.p.Sections[i]
		}
	}
	return nil
}

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
	text, _ := cellText(s.Columns[i].Kind, row[i])
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
	d.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n",
		"<meta name=\"robots\" content=\"noindex\">\n<title>Close package, ")
	d.text(periodWords(d.p.Period))
	d.raw("</title>\n<style>\n", markup(packageCSS), "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#controls\">Skip to the controls</a>\n<main>\n<header>\n<p class=\"payer\">")
	for i, payer := range d.p.Payers {
		if i > 0 {
			d.raw(" · ")
		}
		d.name(payer.Name)
	}
	d.raw("</p>\n<h1>Close package <span>")
	d.text(periodWords(d.p.Period))
	d.raw("</span></h1>\n</header>\n")
}

// glance says where the month stands, before anything else.
func (d *packagePage) glance() {
	d.raw("<section class=\"glance ")
	d.text(d.p.Status)
	d.raw("\" aria-label=\"Status\">\n<p class=\"status\"><b>")
	d.text(d.p.Status)
	d.raw("</b> <span>")
	d.text(packageStatusWords(d.p.Status))
	d.raw("</span></p>\n<dl class=\"four\">\n")
	passed, found := 0, map[string]int64{}
	for _, c := range d.p.Controls {
		if c.Exceptions == 0 {
			passed++
		}
		found[c.Severity] += c.Exceptions
	}
	d.raw("<div><dt>Controls passed</dt><dd>")
	d.whole(int64(passed))
	d.raw(" <small>of ")
	d.whole(int64(len(d.p.Controls)))
	d.raw("</small></dd></div>\n")
	for _, s := range []struct {
		severity string
		label    markup
	}{{"block", "Blocking exceptions"}, {"review", "To be reviewed"}, {"monitor", "For information"}} {
		d.raw("<div><dt>", s.label, "</dt><dd>")
		d.whole(found[s.severity])
		d.raw("</dd></div>\n")
	}
	d.raw("</dl>\n</section>\n")
}

func (d *packagePage) contents() {
	d.raw("<nav aria-label=\"Contents\"><ul>\n<li><a href=\"#controls\">Controls</a></li>\n")
	if len(d.ages) > 0 {
		d.raw("<li><a href=\"#ageing\">Ageing</a></li>\n")
	}
	if len(d.p.Flows) > 0 {
		d.raw("<li><a href=\"#flow\">From gross to net</a></li>\n")
	}
	for i := range d.p.Sections {
		if s := &d.p.Sections[i]; s.ID != "controls" {
			d.raw("<li><a href=\"#")
			d.text(s.ID)
			d.raw("\">")
			d.text(s.Title)
			d.raw("</a></li>\n")
		}
	}
	d.raw("</ul></nav>\n")
}

// controls is the register with its results; each opens to what it found.
func (d *packagePage) controls() {
	d.raw("<section id=\"controls\">\n<h2>Controls</h2>\n<p class=\"note\">Each is a query that gives the rows that break its rule. Open one to see why it is there and what it found.</p>\n")
	for i := range d.p.Controls {
		c := &d.p.Controls[i]
		class := markup("pass")
		if c.Exceptions > 0 {
			class = map[string]markup{"block": "block", "review": "review"}[c.Severity]
			if class == "" {
				class = "monitor"
			}
		}
		d.raw("<details class=\"", class, "\"><summary><span class=\"mark\">", map[bool]markup{true: "pass", false: "found"}[c.Exceptions == 0], "</span> <b>")
		d.text(c.Control)
		d.raw("</b> <span class=\"severity\">")
		d.text(c.Severity)
		d.raw("</span> <span class=\"counts\">")
		d.whole(c.Exceptions)
		d.raw(plural(c.Exceptions, " exception", " exceptions"), " in ")
		d.whole(c.Checked)
		d.raw(" checked</span></summary>\n<div class=\"inside\">\n")
		for _, line := range []struct {
			label markup
			text  string
		}{{"", c.Question}, {"The rule. ", c.Rule}, {"Guards against ", c.Guards}, {"Typical causes. ", c.Causes}, {"What to do. ", c.Action}} {
			if line.text != "" {
				d.raw("<p><b>", line.label, "</b>")
				d.text(line.text)
				d.raw("</p>\n")
			}
		}
		d.found(c)
		d.raw("</div></details>\n")
	}
	d.raw("</section>\n")
}

func (d *packagePage) found(c *PackageControl) {
	rows := d.byName[c.Control]
	if len(rows) == 0 {
		return
	}
	d.openTable("Exceptions of "+c.Control, []Column{{Name: "subject"}, {Name: "difference", Kind: Decimal}, {Name: "unit"}})
	for _, row := range rows {
		d.raw("<tr class=\"of\"><td>")
		d.name(row[0])
		d.raw("</td><td class=\"n\">")
		d.number(row[1])
		d.raw("</td><td>")
		d.name(row[2])
		d.raw("</td></tr>\n")
		d.detail(3, row[3])
	}
	d.raw("</tbody></table></div>\n")
	if int64(len(rows)) < c.Exceptions {
		d.raw("<p class=\"note\">The first ")
		d.whole(int64(len(rows)))
		d.raw(" of ")
		d.whole(c.Exceptions)
		d.raw("; the workbook has all.</p>\n")
	}
	d.flush(1 << 16)
}

// ageing counts the exceptions by how long they are known.
func (d *packagePage) ageing() {
	if len(d.ages) == 0 {
		return
	}
	d.raw("<section id=\"ageing\">\n<h2>Exceptions by age</h2>\n<p class=\"note\">Since the month in which they were first found.</p>\n")
	d.openTable("Exceptions by age", []Column{{Name: "control"}, {Name: "severity"}, {Name: "this month", Kind: Number}, {Name: "one month", Kind: Number},
		{Name: "two months", Kind: Number}, {Name: "older", Kind: Number}})
	for _, c := range d.p.Controls {
		ages, ok := d.ages[c.Control]
		if !ok {
			continue
		}
		d.raw("<tr><th scope=\"row\">")
		d.text(c.Control)
		d.raw("</th><td>")
		d.text(c.Severity)
		d.raw("</td>")
		for _, n := range ages {
			d.raw("<td class=\"n\">")
			if n != 0 {
				d.whole(n)
			}
			d.raw("</td>")
		}
		d.raw("</tr>\n")
	}
	d.raw("</tbody></table></div>\n</section>\n")
}

// detail is the sentence about a row, below it: beside it, it would be out of
// sight.
func (d *packagePage) detail(columns int, text string) {
	d.raw("<tr class=\"more\"><td colspan=\"")
	d.whole(int64(columns))
	d.raw("\"><div>")
	d.name(text)
	d.raw("</div></td></tr>\n")
}

// openTable begins a table in a box that scrolls sideways and can be reached
// with the keyboard.
func (d *packagePage) openTable(caption string, columns []Column) {
	d.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"")
	d.text(caption)
	d.raw("\"><table>\n<thead><tr>")
	for _, c := range columns {
		class := markup("")
		if c.Kind == Number || c.Kind == Decimal {
			class = " class=\"n\""
		}
		d.raw("<th scope=\"col\"", class, ">")
		d.text(strings.ReplaceAll(c.Name, "_", " "))
		d.raw("</th>")
	}
	d.raw("</tr></thead>\n<tbody>\n")
}

// section writes a table of the package, as far as the page shows it.
func (d *packagePage) section(s *Section) {
	d.raw("<section id=\"")
	d.text(s.ID)
	d.raw("\">\n<h2>")
	d.text(s.Title)
	d.raw("</h2>\n<p class=\"note\">One row is ")
	d.text(s.Note)
	d.raw(".</p>\n")
	if s.ID == "volumes" {
		d.days(s)
	}
	var columns []Column
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
	d.openTable(s.Title, columns)
	rows := 0
	err := s.Rows(func(row []any) error {
		rows++
		if s.OnPage > 0 && rows > s.OnPage {
			return nil
		}
		text, none := "", true
		if detail >= 0 {
			text, none = cellText(Text, row[detail])
		}
		if none {
			d.raw("<tr>")
		} else {
			d.raw("<tr class=\"of\">")
		}
		for n, c := range columns {
			d.tableCell(c, row[places[n]])
		}
		d.raw("</tr>\n")
		if !none {
			d.detail(len(columns), text)
		}
		d.flush(1 << 16)
		return d.err
	})
	if err != nil && d.err == nil {
		d.err = err
	}
	d.raw("</tbody></table></div>\n")
	switch {
	case rows == 0:
		d.raw("<p>None.</p>\n")
	case s.OnPage > 0 && rows > s.OnPage:
		d.raw("<p class=\"note\">The first ")
		d.whole(int64(s.OnPage))
		d.raw(" of ")
		d.whole(int64(rows))
		d.raw(" rows; the workbook has all.</p>\n")
	}
	d.raw("</section>\n")
}

func (d *packagePage) tableCell(c Column, v any) {
	text, null := cellText(c.Kind, v)
	switch {
	case null:
		d.raw("<td></td>")
	case c.Kind == Number || c.Kind == Decimal:
		d.raw("<td class=\"n\">")
		d.number(text)
		d.raw("</td>")
	case c.Kind == Time:
		d.raw("<td class=\"when\">")
		if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
			d.b = t.In(d.zone).AppendFormat(d.b, "2006-01-02 15:04:05")
		} else {
			d.text(text)
		}
		d.raw("</td>")
	default:
		d.raw("<td>")
		d.name(text)
		d.raw("</td>")
	}
}

// number writes a plain decimal with thousands separated and every digit kept.
func (d *packagePage) number(text string) {
	if !isPlainNumber(text) {
		d.text(text)
		return
	}
	if strings.HasPrefix(text, "-") {
		d.raw("\u2212")
		text = text[1:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			d.b = append(d.b, ',')
		}
		d.b = append(d.b, byte(r))
	}
	if fraction != "" {
		d.b = append(append(d.b, '.'), fraction...)
		if len(fraction) == 1 {
			d.b = append(d.b, '0')
		}
	}
}
