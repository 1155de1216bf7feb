package jobs

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"carat/reports/journal"
)

// journalFolder lies in a period's folder, beside the package.
const journalFolder = "journal"

const journalQuery = `select entry_id, cast(day as varchar), entity, account, currency, cast(debit as varchar), cast(credit as varchar),
functional_currency, cast(functional_debit as varchar), cast(functional_credit as varchar), memo from journal_lines where run_id = `

// writeJournals writes the run's journal in every layout. A run without a
// journal has none.
func (b *packageBuilder) writeJournals() (files []string, err error) {
	if t, ok := b.tables["journal_lines"]; !ok || t.Snapshot == 0 {
		return nil, nil
	}
	folder := filepath.Join(b.options.Config.outFolder(b.run.Period), journalFolder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, packageError(folder, err)
	}
	lines := func(add func(*journal.Line) error) error {
		query := journalQuery + quoted(b.run.ID) + " order by entity, day, event_class, currency, line_no"
		return b.each(query, 11, func(row []any) error {
			cell := func(i int) string {
				if row[i] == nil {
					return ""
				}
				return fmt.Sprint(row[i])
			}
			return add(&journal.Line{
				EntryID: cell(0), Day: cell(1), Entity: cell(2), Account: cell(3), Currency: cell(4), Debit: cell(5), Credit: cell(6),
				FunctionalCurrency: cell(7), FunctionalDebit: cell(8), FunctionalCredit: cell(9), Memo: cell(10),
			})
		})
	}
	for _, f := range journal.Formats {
		file := filepath.Join(folder, f.File)
		if err := writeWhole(file, func(w io.Writer) error { return f.Write(w, b.run.Period, lines) }); err != nil {
			return nil, packageError(file, err)
		}
		files = append(files, file)
	}
	return files, nil
}
