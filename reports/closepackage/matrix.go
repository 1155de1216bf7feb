package closepackage

import (
	"slices"
	"strings"

	"carat/reports/table"
)

// identityTitles say in words what a roll-forward is of, by its identity and
// the column that it is told in. One that isn't here goes by its own name.
var identityTitles = map[string]string{
	"coins quantity":    "Coins that viewers hold",
	"payable quantity":  "Diamonds that creators hold",
	"payable amount":    "Owed to creators",
	"in_transit amount": "On its way to creators",
	"liability amount":  "Contract liability: coins that are paid for and not spent",
	"store_fee amount":  "Deferred store fees: of the coins that are not spent",
}

// matrix is one roll-forward as a controller reads it: a row a subject,
// movements across.
type matrix struct {
	title string
	lines []string // in their order
	rows  []*matrixRow
}

type matrixRow struct {
	entity, currency, subject string
	total                     bool // of the entity
	cells                     map[string]string
}

// matrices gathers the roll-forwards of a section. Their subjects are entities
// and channels, so they are few.
func matrices(s *Section) (list []*matrix, err error) {
	byTitle := map[string]*matrix{}
	err = s.Rows(func(row []any) error {
		identity, line := s.at(row, "identity"), s.at(row, "line")
		for _, column := range []string{"quantity", "amount"} {
			i := s.place(column)
			if i < 0 {
				continue
			}
			text, none := table.CellText(s.Columns[i].Kind, row[i])
			if none {
				continue
			}
			m := byTitle[identity+" "+column]
			if m == nil {
				title := identityTitles[identity+" "+column]
				if title == "" {
					title = strings.ReplaceAll(identity, "_", " ")
				}
				m = &matrix{title: title}
				byTitle[identity+" "+column] = m
				list = append(list, m)
			}
			m.add(s, row, line, text)
		}
		return nil
	})
	return list, err
}

func (m *matrix) add(s *Section, row []any, line, text string) {
	if !slices.Contains(m.lines, line) {
		m.lines = append(m.lines, line)
	}
	// The closing stands last, whichever movements the first subject lacked.
	if i := slices.Index(m.lines, "closing"); i >= 0 && i < len(m.lines)-1 {
		m.lines = append(slices.Delete(m.lines, i, i+1), "closing")
	}
	at := matrixRow{entity: s.at(row, "entity"), currency: s.at(row, "currency"), subject: s.at(row, "subject_id"), total: s.at(row, "subject_kind") == "entity"}
	for _, r := range m.rows {
		if r.entity == at.entity && r.currency == at.currency && r.subject == at.subject && r.total == at.total {
			r.cells[line] = text
			return
		}
	}
	at.cells = map[string]string{line: text}
	m.rows = append(m.rows, &at)
}

// rollforwards draws each roll-forward with its movements across; the workbook
// has the lines one by one.
func (d *packagePage) rollforwards(s *Section) {
	list, err := matrices(s)
	if err != nil {
		d.err = err
		return
	}
	d.Raw("<section id=\"")
	d.Text(s.ID)
	d.Raw("\">\n<h2>")
	d.Text(s.Title)
	d.Raw("</h2>\n<p class=\"note\">Each row begins with its opening; the movements lead to its closing. Where channels stand apart, the entity's row is their sum.</p>\n")
	for _, m := range list {
		d.Raw("<h3>")
		d.Text(m.title)
		d.Raw("</h3>\n")
		columns := []table.Column{{Name: "entity"}, {Name: "channel"}, {Name: "currency"}}
		for _, line := range m.lines {
			columns = append(columns, table.Column{Name: line, Kind: table.Decimal})
		}
		d.openTable(m.title, columns)
		for _, r := range m.rows {
			d.matrixRow(m, r)
		}
		d.Raw("</tbody></table></div>\n")
		d.flush(1 << 16)
	}
	if len(list) == 0 {
		d.Raw("<p>None.</p>\n")
	}
	d.Raw("</section>\n")
}

func (d *packagePage) matrixRow(m *matrix, r *matrixRow) {
	subject := r.subject
	if r.total {
		subject = "all"
		d.Raw("<tr class=\"total\"><td>")
	} else {
		d.Raw("<tr><td>")
	}
	d.Name(r.entity)
	d.Raw("</td><td>")
	d.Name(subject)
	d.Raw("</td><td>")
	d.Name(r.currency)
	d.Raw("</td>")
	for _, line := range m.lines {
		d.Raw("<td class=\"n\">")
		if text := r.cells[line]; text != "" {
			d.number(text)
		}
		d.Raw("</td>")
	}
	d.Raw("</tr>\n")
}
