package main

import (
	"errors"

	"github.com/spf13/cobra"

	"carat/jobs"
	"carat/reports"
)

// verifyCommand is `carat verify`: the hash chain.
func verifyCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "walk the hash chain of the history, offline",
		Long: `Reads every batch from the first to the last and compares chain values, files,
rows, counts and kept source files with what was recorded. Exit code 7 says that
something was changed. Keep the chain value elsewhere too: it shows whether the
last batches are missing.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			v, err := jobs.Verify(cmd.Context(), s)
			t := &reports.Table{CellWidth: 100, Columns: []reports.Column{
				{Name: "batches", Kind: reports.Number}, {Name: "runs", Kind: reports.Number}, {Name: "files", Kind: reports.Number},
				{Name: "rows", Kind: reports.Number}, {Name: "differences", Kind: reports.Number}, {Name: "chain"},
			}, Rows: [][]any{{v.Batches, v.Runs, v.Files, v.Rows, len(v.Differences), v.Chain}}}
			if v.Batches > 0 || len(v.Differences) > 0 {
				err = errors.Join(err, t.Write(a.stdout, a.format))
			}
			for _, d := range v.Differences {
				a.tell("verify: " + d)
			}
			return err
		},
	}
	a.formatFlag(cmd)
	return cmd
}
