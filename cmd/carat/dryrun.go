package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"carat/jobs/ingest"
)

// printDryRun says what would become of files: of each a block for people, one
// array for programs.
func (a *app) printDryRun(files []ingest.DryFile) error {
	if a.format == "json" {
		e := json.NewEncoder(a.stdout)
		e.SetIndent("", "  ")
		if files == nil {
			files = []ingest.DryFile{}
		}
		return e.Encode(files)
	}
	var results []ingest.FileResult
	for _, f := range files {
		results = append(results, f.FileResult)
	}
	if a.format == "csv" {
		return filesTable(results, true).Write(a.stdout, a.format)
	}
	for _, f := range files {
		if err := a.printDryFile(f); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(a.stdout, "Nothing was written.")
	return err
}

func (a *app) printDryFile(f ingest.DryFile) error {
	say := func(format string, args ...any) { fmt.Fprintln(a.stdout, printable(fmt.Sprintf(format, args...))) }
	say("%s: %s", f.File, f.Result)
	if f.Error != "" && f.RowsRead == 0 {
		say("")
		return nil // the error itself follows on stderr
	}
	if f.Result == ingest.FileKnown {
		say("  as batch %s: nothing would change", f.Batch)
		for _, note := range f.Notes {
			say("  note: %s", note)
		}
		say("")
		return nil
	}
	say("  feed %s, format %s", f.Feed, f.Format)
	if f.LayoutSHA256 != "" {
		say("  layout %s…", f.LayoutSHA256[:16])
	}
	if f.Error != "" {
		say("  %s: as they are read, though none would come in:", counted(int(f.RowsRead), "row", "rows"))
	}
	say("  %s = %d accepted + %d rejected + %d duplicate + %d left out", counted(int(f.RowsRead), "row", "rows"), f.RowsAccepted, f.RowsRejected, f.RowsDuplicate, f.RowsLeftOut)
	for _, column := range slices.Sorted(maps.Keys(f.Sums)) {
		say("  sum of %s: %s", column, f.SumText(column))
	}
	for _, r := range f.Rejects {
		say("  rejected: %d × %s in %s, the first at line %d: %q, expected %s", r.Rows, r.Code, orRow(r.Column), r.Line, r.Value, r.Expected)
	}
	for _, l := range f.LeftOut {
		say("  left out: %d × %s %s", l.Rows, l.Condition, strings.Join(l.Added(), ", "))
	}
	for _, note := range f.Notes {
		say("  note: %s", note)
	}
	if len(f.Rows) == 0 {
		say("")
		return nil
	}
	if len(f.Rows) == 1 {
		say("  the first good row as carat sees it:")
	} else {
		say("  the first %d good rows as carat sees them:", len(f.Rows))
	}
	for i, row := range f.Rows {
		var parts []string
		for j, column := range f.Columns {
			if row[j] != "" {
				parts = append(parts, column+" "+row[j])
			}
		}
		say("  %3d  %s", i+1, strings.Join(parts, ", "))
	}
	say("")
	return nil
}

func orRow(column string) string {
	if column == "" {
		return "the row"
	}
	return column
}
