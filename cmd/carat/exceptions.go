package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs"
	"carat/pipeline"
	"carat/reports"
)

// exceptionsCommand is `carat exceptions [--period P]`: the list, and what
// people decide about it.
func exceptionsCommand(a *app) *cobra.Command {
	var period, control, export, take string
	var resolved bool
	cmd := &cobra.Command{
		Use:   "exceptions [--period 2026-10]",
		Short: "list what the controls found, and take in decisions about it",
		Long: `Lists what the controls found, with what was decided about it and how long it has
stood. --export writes the list as CSV for somebody to decide: set status to
explained, waived (with a day in until) or open, and owner and note as you like.
--import takes that file in, all of it or nothing.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month := pipeline.Period("")
			if period != "" {
				var err error
				if month, err = parsePeriod(cmd, period); err != nil {
					return err
				}
			}
			if take != "" && (export != "" || period != "" || control != "" || resolved) {
				return usage("--import goes with no other choice of exceptions").WithHint("a file of decisions names its exceptions by id")
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			o := jobs.ExceptionsOptions{Setting: s, Period: month, Control: control, Resolved: resolved}
			switch {
			case take != "":
				return a.importDecisions(cmd.Context(), jobs.ImportOptions{Setting: s, File: take})
			case export != "":
				rows, err := jobs.Export(cmd.Context(), o, export)
				if err == nil {
					fmt.Fprintf(a.stdout, "%s exceptions in %s\n", grouped(int64(rows)), export)
				}
				return err
			}
			t, err := jobs.Exceptions(cmd.Context(), o)
			if err != nil {
				return err
			}
			if a.format == "table" {
				t = narrowed(t)
			}
			return t.Write(a.stdout, a.format)
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringVar(&period, "period", "", "only this month's")
	cmd.Flags().StringVar(&control, "control", "", "only this control's")
	cmd.Flags().BoolVar(&resolved, "resolved", false, "those that are gone, and the run in which they were")
	cmd.Flags().StringVar(&export, "export", "", "write them to this new CSV file, to be decided")
	cmd.Flags().StringVar(&take, "import", "", "take in the decisions of this CSV file")
	return cmd
}

func (a *app) importDecisions(ctx context.Context, o jobs.ImportOptions) error {
	r, err := jobs.Import(ctx, o)
	if err != nil {
		return err
	}
	if len(r.Ignored) > 0 {
		a.tell("import " + o.File + ": columns that carat does not know were ignored: " + strings.Join(r.Ignored, ", "))
	}
	fmt.Fprintf(a.stdout, "%s decisions by %s in %s rows\n", grouped(int64(r.Decisions)), o.By.User, grouped(int64(r.Rows)))
	return nil
}

// narrowed leaves out what a person at a terminal doesn't need: programs get
// every column.
func narrowed(t *reports.Table) *reports.Table {
	shown := []string{"exception_id", "control", "severity", "period", "subject_kind", "subject_id", "expected", "actual", "difference", "unit",
		"status", "until", "age_days", "reason", "detail"}
	if i := slices.IndexFunc(t.Columns, func(c reports.Column) bool { return c.Name == "resolved_in" }); i >= 0 &&
		slices.ContainsFunc(t.Rows, func(row []any) bool { return row[i] != nil }) {
		shown = append(shown, "resolved_in")
	}
	n := &reports.Table{CellWidth: 120}
	var at []int
	for i, c := range t.Columns {
		if slices.Contains(shown, c.Name) {
			n.Columns = append(n.Columns, c)
			at = append(at, i)
		}
	}
	for _, row := range t.Rows {
		var cells []any
		for _, i := range at {
			cells = append(cells, row[i])
		}
		n.Rows = append(n.Rows, cells)
	}
	return n
}
