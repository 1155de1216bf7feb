package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/reconcile"
	"carat/sql"
)

// reconcileCommand is `carat reconcile --period P`.
func reconcileCommand(a *app) *cobra.Command {
	var period string
	cmd := &cobra.Command{
		Use:   "reconcile --period 2026-10",
		Short: "run the controls of a period and publish what they find",
		Example: `  carat reconcile --period 2026-10
  carat reconcile --period 2026-10 --format csv > controls.csv`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := reconcile.Run(cmd.Context(), reconcile.Options{Setting: s, SQL: sql.Files, Period: month})
			p.clear()
			if err != nil {
				return err
			}
			if r.Repeated {
				fmt.Fprintf(a.stderr, "carat: reconcile %s: the same inputs as before; nothing was written again\n", month)
			}
			a.tellSignOff("reconcile", r)
			err = controlsTable(r.Controls, a.format != "table").Write(a.stdout, a.format)
			if a.format == "table" {
				fmt.Fprintf(a.stdout, "\n%s is %s (run %s)\n%s\n", r.Period, r.Verdict.Words(), r.RunID, r.Verdict.Counts())
				fmt.Fprint(a.stdout, r.Verdict.Unknown()+r.Verdict.LeftOut())
			}
			if r.Status == books.StatusBlocked {
				err = errors.Join(err, r.Blocked())
			}
			return err
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringVar(&period, "period", "", "the month to reconcile, such as 2026-10")
	return cmd
}
