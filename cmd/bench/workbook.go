package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"carat/reports/closepackage"
	"carat/reports/table"
)

// workbookRows is how many exceptions the measured workbook holds.
const workbookRows = 200_000

// workbook measures a close package of very many exceptions.
func (b *bench) workbook(ctx context.Context) error {
	file := filepath.Join(b.dir, "close.xlsx")
	var all []usage
	for range b.runs {
		u, err := measure(ctx, b.self, "-job", "xlsx", file)
		if err != nil {
			return err
		}
		all = append(all, u)
	}
	bytes, err := size(file, "", "")
	if err != nil {
		return err
	}
	u := median(all)
	row("close workbook of 200,000 exceptions", "carat", "", "")
	row("  seconds", seconds(u.wall), "", "")
	row("  peak memory, MiB", fmt.Sprint(u.peak>>20), "", "")
	row("  bytes", fmt.Sprint(bytes), "", "")
	return os.Remove(file)
}

// workbook writes the workbook that is measured.
func workbook(file string) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	p := &closepackage.Package{Period: "2026-10", Status: "blocked", Sections: []closepackage.Section{{
		ID: "exceptions", Title: "Exceptions", Note: "one row that breaks a control's rule",
		Columns: []table.Column{{Name: "exception_id"}, {Name: "control"}, {Name: "severity"}, {Name: "period"}, {Name: "entity"}, {Name: "subject_kind"}, {Name: "subject_id"},
			{Name: "expected", Kind: table.Decimal}, {Name: "actual", Kind: table.Decimal}, {Name: "difference", Kind: table.Decimal}, {Name: "unit"}, {Name: "reason"},
			{Name: "detail"}, {Name: "batch_id"}, {Name: "source_line", Kind: table.Number}},
		Rows: func(add func([]any) error) error {
			for i := range workbookRows {
				id := fmt.Sprintf("%016x", i*7919)
				if err := add([]any{id, "gift_conversion", "block", "2026-10", "main", "gift", "g" + id, fmt.Sprint(i), fmt.Sprintf("%d.25", i+1), "1.25", "diamonds", "wrong_diamonds",
					"Gift g" + id + " of 100 coins was credited with other diamonds than the rate in force gives.", "b000012", int64(i + 2)}); err != nil {
					return err
				}
			}
			return nil
		},
	}}, Ties: []closepackage.Tie{{What: "exceptions", Total: fmt.Sprint(workbookRows), Terms: []closepackage.Term{
		{Section: "exceptions", Column: "control", Where: [][2]string{{"control", "gift_conversion"}}, Count: true},
	}}}}
	return errors.Join(p.WriteXLSX(w), w.Flush(), f.Close())
}
