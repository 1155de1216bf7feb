package closepackage

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"carat/jobs/disk"
	"carat/pipeline"
	"carat/reports/table"
)

// taxFolder lies in a period's folder, beside the package.
const taxFolder = "tax"

// taxFiles are what a return of sales tax and of tax withheld is made of: the month's
// lines by country and rate, and the roll-forwards of what is owed to authorities.
var taxFiles = []struct {
	file, table, columns, where, order string
	texts                              int // columns that are text, from the first on
}{
	{"tax_lines.csv", "tax_lines", "entity country rate treatment remitter currency functional_currency sales gross_amount base_amount tax_amount refunds refunded_gross refunded_base " +
		"refunded_tax net_tax payable_tax functional_gross_amount functional_base_amount functional_tax_amount functional_refunded_gross functional_refunded_base functional_refunded_tax " +
		"functional_net_tax functional_payable_tax", "", "entity country rate treatment remitter currency", 7},
	{"tax_rollforward.csv", "rollforwards", "identity entity currency subject_kind subject_id line amount", "identity in ('tax', 'withholding')",
		"identity entity currency subject_kind subject_id line_rank", 6},
}

// writeTax writes the CSV files of the month's taxes; a month without taxes, and a run of before they were told, have none.
func (b *packageBuilder) writeTax() (files []string, err error) {
	folder := filepath.Join(b.options.Config.OutFolder(b.run.Period), taxFolder)
	for _, f := range taxFiles {
		file := filepath.Join(folder, f.file)
		if err := disk.IgnoreMissing(os.Remove(file)); err != nil {
			return nil, packageError(file, err)
		}
		t, err := b.taxTable(f.table, strings.Fields(f.columns), f.where, strings.Fields(f.order), f.texts)
		if err != nil {
			return nil, err
		}
		if t == nil {
			continue
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, packageError(folder, err)
		}
		if err := disk.Write(file, 0o600, func(w io.Writer) error { return t.Write(w, "csv") }); err != nil {
			return nil, packageError(file, err)
		}
		files = append(files, file)
	}
	return files, nil
}

// taxTable reads the columns that the run's table has; nil: it has no rows.
func (b *packageBuilder) taxTable(name string, columns []string, where string, order []string, texts int) (*table.Table, error) {
	have, ok := b.tables[name]
	if !ok || have.Snapshot == 0 {
		return nil, nil
	}
	known := map[string]bool{}
	for _, c := range have.Columns {
		known[c.Name] = true
	}
	t := &table.Table{}
	var selected []string
	for i, column := range columns {
		if !known[column] {
			continue
		}
		kind := table.Decimal
		if i < texts && column != "rate" { // 0.19, not 0.190000000
			kind = table.Text
		}
		t.Columns = append(t.Columns, table.Column{Name: column, Kind: kind})
		selected = append(selected, "cast("+column+" as varchar)")
	}
	query := fmt.Sprintf("select %s from %s where run_id = %s", strings.Join(selected, ", "), name, pipeline.SQLText(b.run.ID))
	if where != "" {
		query += " and " + where
	}
	err := b.each(query+" order by "+strings.Join(order, ", "), len(selected), func(row []any) error {
		t.Rows = append(t.Rows, append([]any(nil), row...))
		return nil
	})
	if err != nil || len(t.Rows) == 0 {
		return nil, err
	}
	return t, nil
}
