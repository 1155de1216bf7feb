package main

import (
	"github.com/spf13/cobra"

	"carat/jobs"
)

// queryCommand is `carat query 'SQL' [--as-of T]`.
func queryCommand(a *app) *cobra.Command {
	var asOf string
	cmd := &cobra.Command{
		Use:   "query 'SQL'",
		Short: "read-only SQL over the history",
		Long: `Runs one read-only query over the history. Tables are the feeds (gift_events,
payouts, …), rejects, and the results of the last runs (exceptions,
control_results, statement_lines, …). --as-of gives the history as it was at a
time, or right after a batch.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("carat query takes one argument, the SQL in quotes; got %d", len(args)).
					WithHint("for example `carat query 'select count(*) from gift_events'`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			t, err := jobs.Query(cmd.Context(), jobs.QueryOptions{Setting: s, Query: args[0], AsOf: asOf})
			if err != nil {
				return err
			}
			return t.Write(a.stdout, a.format)
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringVar(&asOf, "as-of", "", "a time (2026-11-02T09:00:00Z) or a batch (b000042)")
	return cmd
}
