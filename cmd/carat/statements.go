package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs"
)

// statementsCommand is `carat statements --period P`.
func statementsCommand(a *app) *cobra.Command {
	var period, creator string
	var formats []string
	cmd := &cobra.Command{
		Use:   "statements --period 2026-10",
		Short: "write the creators' statements of a reconciled period",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			for _, f := range formats {
				if err := chosen("format", f, jobs.StatementFormats...); err != nil {
					return err
				}
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := jobs.Statements(cmd.Context(), jobs.StatementsOptions{Setting: s, Period: month, Creator: creator, Formats: formats, Build: version})
			p.clear()
			if err != nil {
				return err
			}
			for _, f := range r.Written {
				fmt.Fprintln(a.stdout, f)
			}
			fmt.Fprintf(a.stdout, "%s statements in %s\n", grouped(r.Statements), r.Folder)
			return nil
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month, such as 2026-10")
	cmd.Flags().StringVar(&creator, "creator", "", "only this creator's; the others stay as they are")
	cmd.Flags().StringSliceVar(&formats, "format", jobs.StatementFormats, "which renderings to write")
	return cmd
}
