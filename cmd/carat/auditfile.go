package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/closepackage"
	"carat/sql"
)

// auditFileCommand is `carat evidence --period P`.
func auditFileCommand(a *app) *cobra.Command {
	var period, out string
	var zipped bool
	cmd := &cobra.Command{
		Use:   "evidence --period 2026-10",
		Short: "a folder for the audit file: inputs, SQL, results, who did what",
		Long: `Gathers what a reconciled or closed month rests on, for an auditor's file: the
files with their hashes, control totals and how they arrived; the SQL that ran,
its parameters and row counts; who ran, prepared and approved; exceptions and
decisions; the commands that do it again; and a README that explains each file.
The same history gives the same bytes. It holds ids, no names or addresses. It
is written to out/PERIOD/evidence, or with --zip to one file, unless --out
names a new place.`,
		Example: `  carat evidence --period 2026-10
  carat evidence --period 2026-10 --zip --out october-2026.zip`,
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
			o := closepackage.AuditFileOptions{Setting: s, SQL: sql.Files, Period: month, Zip: zipped}
			if out != "" {
				if o.Out, err = a.placeOut("--out", out, s.Config); err != nil {
					return err
				}
			}
			r, err := closepackage.AuditFile(cmd.Context(), o)
			p.clear()
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s: %d files of run %s, %s\n", printableLine(r.Path), r.Files, r.RunID, r.Says)
			return nil
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month, such as 2026-10")
	cmd.Flags().BoolVar(&zipped, "zip", false, "one zip file instead of a folder")
	cmd.Flags().StringVar(&out, "out", "", "write it here; nothing may be there yet")
	return cmd
}
