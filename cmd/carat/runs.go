package main

import (
	"github.com/spf13/cobra"

	"carat/jobs/history"
)

// runsCommand is `carat runs` and `carat runs show ID`.
func runsCommand(a *app) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "runs [show ID]",
		Short: "what ran: who, when, with which outcome",
		Long: `Lists the jobs that ran, newest first. carat runs show ID tells all about one:
a job by its number, or every job of a reconciliation by its run id.`,
		Example: `  carat runs --limit 50
  carat runs show 12`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) == 2 && args[0] == "show" {
				return nil
			}
			return usage("carat runs takes nothing, or show with an id").WithHint("for example `carat runs show 12`")
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			o := history.RunsOptions{Setting: s, Limit: limit}
			if len(args) == 2 {
				o.ID = args[1]
			}
			t, err := history.Runs(cmd.Context(), o)
			if err != nil {
				return err
			}
			return t.Write(a.stdout, a.format)
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().IntVar(&limit, "limit", 20, "how many, newest first")
	return cmd
}
