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
	var fromStart bool
	cmd := &cobra.Command{
		Use:   "reconcile --period 2026-10",
		Short: "run the controls of a period and publish what they find",
		Example: `  carat reconcile --period 2026-10
  carat reconcile --period 2026-10 --format csv > controls.csv
  carat reconcile --period 2026-10 --from-start`,
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
			r, err := reconcile.Run(cmd.Context(), reconcile.Options{Setting: s, SQL: sql.Files, Period: month, FromStart: fromStart})
			p.clear()
			if err != nil {
				return err
			}
			switch {
			case fromStart:
				fmt.Fprintf(a.stderr, "carat: reconcile %s: from the start, run %s comes out the same in every table; nothing was written\n", month, r.RunID)
			case r.Carried:
				fmt.Fprintf(a.stderr, "carat: reconcile %s: carried forward from %s\n", month, month.Previous())
			case r.Start != "":
				fmt.Fprintf(a.stderr, "carat: reconcile %s: built from the start, because %s\n", month, r.Start)
			}
			if r.Repeated && !fromStart {
				fmt.Fprintf(a.stderr, "carat: reconcile %s: the same inputs as before; nothing was written again\n", month)
			}
			a.tellSignOff("reconcile", r)
			a.tellSettings("reconcile", r)
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
	cmd.Flags().BoolVar(&fromStart, "from-start", false, "publish nothing: build the month's run once more, from the first row on, and compare every table")
	return cmd
}
