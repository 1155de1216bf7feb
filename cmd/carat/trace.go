package main

import (
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/ask"
	"carat/reports/trace"
	"carat/sql"
)

// traceCommand is `carat trace ID…`.
func traceCommand(a *app) *cobra.Command {
	var limit int
	var format string
	cmd := &cobra.Command{
		Use:   "trace ID…",
		Short: "from any id back to its source lines, and forward",
		Long: `Shows the newest month of a creator (statement, streams, payouts) or viewer
(coins left, lots, purchases, gifts). Follows a purchase, gift, payout,
adjustment, third party's line, exception, statement line
(2026-10/CREATOR/ENTITY/CURRENCY/LINE_NO), journal entry, batch, file name or
source line (gift_events.csv:17, b000042:17): back to the original text of the
source files' lines, with file, SHA-256 and batch, and forward to reversals,
settlements, statement lines and exceptions. The trace of a statement line shows
the gifts whose coins and diamonds add up to it, the rate and the prices in
force.`,
		Example: `  carat trace c371828
  carat trace gift_events-2026-10-01.csv:17
  carat trace 2026-10/c371828/main/USD/3 --format json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("carat trace needs an id").WithHint("for example `carat trace 2026-10/CREATOR/main/USD/2`, a gift's event_id, or `carat trace gift_events.csv:2`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return usage("--limit: %d is below 0", limit)
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			roots, err := ask.Trace(cmd.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: args, Limit: limit})
			if err != nil {
				return err
			}
			return trace.WriteTrees(a.stdout, format, roots)
		},
	}
	cmd.Flags().StringVar(&format, "format", "tree", strings.Join(trace.TreeFormats(), ", "))
	cmd.PreRunE = func(*cobra.Command, []string) error { return chosen("format", format, trace.TreeFormats()...) }
	cmd.Flags().IntVar(&limit, "limit", ask.TraceLimit, "how many rows of one kind are shown; 0: all")
	return cmd
}
