package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"carat/jobs"
	"carat/reports"
)

// statusCommand is `carat status`: periods, last runs, what is late.
func statusCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "periods, last runs, what is late",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			r, err := jobs.Status(cmd.Context(), s)
			if err != nil {
				return err
			}
			return a.writeStatus(r)
		},
	}
	a.formatFlag(cmd)
	return cmd
}

func (a *app) writeStatus(r *jobs.StatusResult) error {
	periods := &reports.Table{Columns: []reports.Column{
		{Name: "period"}, {Name: "status"}, {Name: "run_id"}, {Name: "run_at", Kind: reports.Time}, {Name: "exceptions", Kind: reports.Number},
		{Name: "newer_batches", Kind: reports.Number}, {Name: "stage"}, {Name: "found"}, {Name: "signed"},
	}}
	for _, p := range r.Periods {
		periods.Rows = append(periods.Rows, []any{string(p.Period), p.Status, absent(p.RunID), p.RunAt.Truncate(time.Second), p.Exceptions, p.NewerBatches, p.Stage, p.Counts, absent(p.Signed)})
	}
	if err := periods.Write(a.stdout, a.format); err != nil || a.format != "table" {
		return err
	}
	feeds := &reports.Table{Columns: []reports.Column{
		{Name: "feed"}, {Name: "batches", Kind: reports.Number}, {Name: "rows", Kind: reports.Number}, {Name: "rejected", Kind: reports.Number},
		{Name: "last_ingest", Kind: reports.Time},
	}}
	for _, f := range r.Feeds {
		feeds.Rows = append(feeds.Rows, []any{f.Feed, f.Batches, f.Rows, f.Rejected, f.LastIngest.Truncate(time.Second)})
	}
	fmt.Fprintln(a.stdout)
	if err := feeds.Write(a.stdout, a.format); err != nil {
		return err
	}
	fmt.Fprintln(a.stdout)
	if r.FirstPeriod != "" {
		fmt.Fprintf(a.stdout, "first period: %s\n", r.FirstPeriod)
	}
	for _, l := range r.Late {
		fmt.Fprintln(a.stdout, "late:", l)
	}
	if len(r.Late) == 0 {
		fmt.Fprintln(a.stdout, "nothing is late")
	}
	return nil
}
