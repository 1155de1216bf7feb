package main

import (
	"slices"

	"github.com/spf13/cobra"

	"carat/jobs"
	"carat/pipeline"
	"carat/reports"
)

// exceptionsCommand is `carat exceptions [--period P]`: the list.
func exceptionsCommand(a *app) *cobra.Command {
	var period, control string
	cmd := &cobra.Command{
		Use:   "exceptions [--period 2026-10]",
		Short: "list what the controls found",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month := pipeline.Period("")
			if period != "" {
				var err error
				if month, err = parsePeriod(cmd, period); err != nil {
					return err
				}
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			t, err := jobs.Exceptions(cmd.Context(), jobs.ExceptionsOptions{Setting: s, Period: month, Control: control})
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
	return cmd
}

// narrowed leaves out what a person at a terminal doesn't need: programs get
// every column.
func narrowed(t *reports.Table) *reports.Table {
	shown := []string{"control", "severity", "period", "subject_kind", "subject_id", "expected", "actual", "difference", "unit", "reason", "detail"}
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
