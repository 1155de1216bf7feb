package closepackage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/reports/journal"
)

// journalFolder lies in a period's folder, beside the package.
const journalFolder = "journal"

const journalQuery = `select entry_id, cast(day as varchar), entity, account, currency, cast(debit as varchar), cast(credit as varchar),
functional_currency, cast(functional_debit as varchar), cast(functional_credit as varchar), memo from journal_lines where run_id = `

// writeJournals writes the run's journal in every layout, all of them at once. A run
// without a journal has none.
func (b *packageBuilder) writeJournals() (files []string, err error) {
	if t, ok := b.tables["journal_lines"]; !ok || t.Snapshot == 0 {
		return nil, nil
	}
	folder := filepath.Join(b.options.Config.OutFolder(b.run.Period), journalFolder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, packageError(folder, err)
	}
	var write func(writers []journal.Writer) error
	write = func(writers []journal.Writer) error {
		if len(writers) == len(journal.Formats) {
			return b.addJournal(writers)
		}
		f := journal.Formats[len(writers)]
		file := filepath.Join(folder, f.File)
		files = append(files, file)
		err := disk.Write(file, 0o600, func(w io.Writer) error { return write(append(writers, f.New(w, b.run.Period))) })
		var told *pipeline.Error
		if err == nil || errors.As(err, &told) { // of a file inside this one
			return err
		}
		return packageError(file, err)
	}
	if err := write(nil); err != nil {
		return nil, err
	}
	return files, nil
}

// addJournal reads the journal once and hands each of its lines to all writers.
func (b *packageBuilder) addJournal(writers []journal.Writer) error {
	query := journalQuery + pipeline.SQLText(b.run.ID) + " order by entity, day, event_class, currency, line_no"
	err := b.each(query, 11, func(row []any) error {
		cell := func(i int) string {
			if row[i] == nil {
				return ""
			}
			return fmt.Sprint(row[i])
		}
		line := journal.Line{
			EntryID: cell(0), Day: cell(1), Entity: cell(2), Account: cell(3), Currency: cell(4), Debit: cell(5), Credit: cell(6),
			FunctionalCurrency: cell(7), FunctionalDebit: cell(8), FunctionalCredit: cell(9), Memo: cell(10),
		}
		for _, w := range writers {
			if err := w.Add(&line); err != nil {
				return err
			}
		}
		return nil
	})
	for _, w := range writers {
		err = errors.Join(err, w.Close())
	}
	return err
}
