package closepackage

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/reports/journal/saft"
	"carat/reports/statement"
)

// saftFile begins the names of the files for Norway's tax administration.
const saftFile = "saf-t-"

// writeSAFT writes the journal of each entity that keeps its books in Norwegian kroner as
// SAF-T Financial. Books that make no file which passes are told, with the first reason, and
// hold up nothing: whoever needs the file mends carat.yaml and writes the package again.
func (b *packageBuilder) writeSAFT(folder string) (files []string, err error) {
	entities, err := b.texts("select distinct entity from journal_lines where run_id = "+pipeline.SQLText(b.run.ID)+
		" and functional_currency = "+pipeline.SQLText(saft.Currency)+" order by entity", 1)
	if err != nil {
		return nil, err
	}
	for _, row := range entities {
		told, err := b.saftBooks(row[0])
		if err != nil {
			return nil, err
		}
		_, name := statement.FolderName(row[0])
		file := filepath.Join(folder, saftFile+name+".xml")
		if faults := saft.Check(told); len(faults) > 0 {
			b.options.Tell(books.Event{Step: "package", Note: fmt.Sprintf("%s has no SAF-T file: %s%s", row[0], faults[0], more(len(faults)))})
			continue
		}
		if err := disk.Write(file, 0o600, func(w io.Writer) error { return saft.Write(w, told) }); err != nil {
			return nil, packageError(file, err)
		}
		files = append(files, file)
	}
	return files, nil
}

// more says how many reasons there are besides the first.
func more(faults int) string {
	if faults == 1 {
		return ""
	}
	return fmt.Sprintf(" (and %d more)", faults-1)
}

// texts reads the rows of a query as texts; what is null is "".
func (b *packageBuilder) texts(query string, columns int) (rows [][]string, err error) {
	err = b.each(query, columns, func(row []any) error {
		cells := make([]string, columns)
		for i, cell := range row {
			if cell != nil {
				cells[i] = fmt.Sprint(cell)
			}
		}
		rows = append(rows, cells)
		return nil
	})
	return rows, err
}

// saftBooks reads what is told of one entity. The journal's lines are sums of a day, so a
// month has thousands of them whatever its gifts; counterparties are as many as have a
// roll-forward.
func (b *packageBuilder) saftBooks(entity string) (*saft.Books, error) {
	of := " where run_id = " + pipeline.SQLText(b.run.ID) + " and entity = " + pipeline.SQLText(entity)
	told := &saft.Books{Period: b.run.Period, Created: b.run.CreatedAt, Software: b.options.Build}
	if i := slices.IndexFunc(b.options.Config.Entities, func(e config.Entity) bool { return e.ID == entity }); i >= 0 {
		told.Company, told.TaxID = b.options.Config.Entities[i].Name, b.options.Config.Entities[i].TaxID
	}
	// Balances at other rates than the day's own have fractions of an øre when a month opens.
	accounts, err := b.texts(`select account,
case when count(functional_opening) = count(*) then cast(cast(round(sum(functional_opening), 2) as decimal(38, 2)) as varchar) end,
cast(sum(functional_debit) as varchar), cast(sum(functional_credit) as varchar),
cast(sum(case when functional_debit is null or functional_credit is null then 1 else 0 end) as varchar)
from trial_balances`+of+" group by account order by account", 5)
	if err != nil {
		return nil, err
	}
	for _, a := range accounts {
		if a[4] != "0" {
			a[2] = saft.Unknown // the file can't be whole, and Check says so
		}
		told.Accounts = append(told.Accounts, saft.Account{Name: a[0], Opening: a[1], Debit: a[2], Credit: a[3]})
	}
	lines, err := b.texts(`select entry_id, cast(day as varchar), account, memo, cast(functional_debit as varchar), cast(functional_credit as varchar),
currency, cast(debit as varchar), cast(credit as varchar) from journal_lines`+of+" order by day, event_class, currency, line_no", 9)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		one := saft.Line{EntryID: l[0], Day: l[1], Account: l[2], Memo: l[3], Debit: l[4], Credit: l[5]}
		if l[6] != saft.Currency {
			one.Currency, one.CurrencyDebit, one.CurrencyCredit = l[6], l[7], l[8]
		}
		if one.Debit == "" && one.Credit == "" {
			one.Debit = saft.Unknown
		}
		told.Lines = append(told.Lines, one)
	}
	return told, b.saftParties(told, of)
}

// saftParties reads who owes the entity and whom it owes, from the roll-forwards.
func (b *packageBuilder) saftParties(told *saft.Books, of string) error {
	rows, err := b.texts(`select subject_kind, subject_id, count(distinct currency), max(currency),
cast(max(case when line = 'opening' then amount end) as varchar), cast(max(case when line = 'closing' then amount end) as varchar)
from rollforwards`+of+` and (identity = 'receivable' and subject_kind = 'counterparty' or identity = 'payable' and subject_kind = 'creator' or identity = 'agency' and subject_kind = 'agency')
group by subject_kind, subject_id order by subject_kind, subject_id`, 6)
	if err != nil {
		return err
	}
	for _, r := range rows {
		one := saft.Party{ID: r[1]}
		kroner := r[2] == "1" && r[3] == saft.Currency && r[4] != "" && r[5] != ""
		if r[0] == "counterparty" {
			if kroner {
				one.Opening, one.Closing = r[4], r[5]
			}
			told.Customers = append(told.Customers, one)
			continue
		}
		if kroner { // what is owed is a credit
			one.Opening, one.Closing = negated(r[4]), negated(r[5])
		}
		told.Suppliers = append(told.Suppliers, one)
	}
	return nil
}

// negated turns a decimal's sign.
func negated(decimal string) string {
	if rest, ok := strings.CutPrefix(decimal, "-"); ok {
		return rest
	}
	return "-" + decimal
}
