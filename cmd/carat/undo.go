package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/ingest"
)

// undoCommand is `carat undo BATCH --reason T`: take a batch out of an open month.
func undoCommand(a *app) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "undo BATCH --reason TEXT",
		Short: "take a batch out of an open month",
		Long: `Takes a file that should not have been ingested, or was read wrongly, out of
the history, by a batch that says so: nothing is deleted, and states of before
(query --as-of) still have its rows. Files whose rows were dropped against it
are read again from what the history keeps of them; what came in so goes with
its file when that is taken out. The same file may then come again. Sign-offs
of open months fall. Exit code 5: rows of it lie in a closed month.`,
		Example: `  carat undo b000003 --reason "read with the wrong layout"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("one batch is needed").WithHint("for example `carat undo b000003 --reason \"read with the wrong layout\"`")
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := ingest.Undo(cmd.Context(), ingest.UndoOptions{Setting: s, Batch: args[0], Reason: reason})
			p.clear()
			if r == nil {
				return err
			}
			for _, one := range append(r.Readings, r) {
				a.tookOut(one)
			}
			if r.Lies != "" {
				fmt.Fprintf(a.stdout, "%s lies there still and comes again by the next ingest: take it away, or mend\nwhat was wrong before (carat ingest --dry-run shows how it would be read)\n", printableLine(r.Lies))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the close package")
	return cmd
}

// tookOut says what went out of the history, and what came in for it.
func (a *app) tookOut(r *ingest.UndoResult) {
	if r.By != "" {
		fmt.Fprintf(a.stdout, "%s takes %s out of the history: %s, %s\n", r.By, r.Batch, printableLine(r.Source), counted(int(r.Rows), "row", "rows"))
	}
	for _, f := range r.Again {
		fmt.Fprintf(a.stdout, "%s: %s of %s, dropped against it before, came in\n", f.Batch, counted(int(f.RowsAccepted), "row", "rows"), printableLine(f.File))
	}
	for _, period := range r.Fell {
		fmt.Fprintf(a.stdout, "the sign-off of %s fell away: prepare it again by `carat close --period %s`\n", period, period)
	}
}
