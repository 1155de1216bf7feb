package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/closepackage"
	pack "carat/reports/closepackage"
	"carat/sql"
)

// packageCommand is `carat package --period P`.
func packageCommand(a *app) *cobra.Command {
	var period string
	var formats []string
	cmd := &cobra.Command{
		Use:   "package --period 2026-10",
		Short: "write the close package of a reconciled period",
		Example: `  carat package --period 2026-10
  carat package --period 2026-10 --format html`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			for _, f := range formats {
				if err := chosen("format", f, pack.Formats...); err != nil {
					return err
				}
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := closepackage.Write(cmd.Context(), closepackage.Options{Setting: s, SQL: sql.Files, Period: month, Formats: formats})
			p.clear()
			if err != nil {
				return err
			}
			for _, f := range r.Files {
				fmt.Fprintln(a.stdout, f)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month, such as 2026-10")
	cmd.Flags().StringSliceVar(&formats, "format", pack.Formats, "which renderings to write")
	return cmd
}
