package closepackage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/reports/journal"
	"carat/reports/statement"
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
	list, err := b.journals()
	if err != nil {
		return nil, err
	}
	if err := b.clearJournals(folder, list); err != nil {
		return nil, err
	}
	var write func(writers []journalOf) error
	write = func(writers []journalOf) error {
		if len(writers) == len(list) {
			return b.addJournal(writers)
		}
		one := list[len(writers)]
		file := filepath.Join(folder, one.file)
		files = append(files, file)
		err := disk.Write(file, 0o600, func(w io.Writer) error {
			one.Writer = one.format.New(w, b.run.Period)
			return write(append(writers, one))
		})
		var told *pipeline.Error
		if err == nil || errors.As(err, &told) { // of a file inside this one
			return err
		}
		return packageError(file, err)
	}
	if err := write(nil); err != nil {
		return nil, err
	}
	taxes, err := b.writeSAFT(folder)
	return append(files, taxes...), err
}

// journalOf is a file of the journal: of one entity, or of all.
type journalOf struct {
	journal.Writer
	format journal.Format
	file   string
	entity string // "": all
}

// journals gives the files of the run's journal.
func (b *packageBuilder) journals() (list []journalOf, err error) {
	for _, f := range journal.Formats {
		if f.Own == "" {
			list = append(list, journalOf{format: f, file: f.File})
			continue
		}
		query := "select distinct entity from journal_lines where run_id = " + pipeline.SQLText(b.run.ID) +
			" and functional_currency = " + pipeline.SQLText(f.Own) + " order by entity"
		if err := b.each(query, 1, func(row []any) error {
			entity := fmt.Sprint(row[0])
			_, name := statement.FolderName(entity)
			ending := filepath.Ext(f.File)
			list = append(list, journalOf{format: f, entity: entity, file: strings.TrimSuffix(f.File, ending) + "-" + name + ending})
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// clearJournals takes away the files of entities that have none any more.
func (b *packageBuilder) clearJournals(folder string, list []journalOf) error {
	there, err := os.ReadDir(folder)
	if err != nil {
		return packageError(folder, err)
	}
	for _, f := range there {
		if !slices.ContainsFunc(list, func(one journalOf) bool { return one.file == f.Name() }) && (strings.HasPrefix(f.Name(), "fec-") || strings.HasPrefix(f.Name(), saftFile)) {
			if err := os.Remove(filepath.Join(folder, f.Name())); err != nil {
				return packageError(folder, err)
			}
		}
	}
	return nil
}

// addJournal reads the journal once and hands each of its lines to all writers.
func (b *packageBuilder) addJournal(writers []journalOf) error {
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
			if w.entity != "" && w.entity != line.Entity {
				continue
			}
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
