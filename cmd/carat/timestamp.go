package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/stamp"
	"carat/pipeline"
	"carat/reports/table"
)

// timestampCommand is `carat timestamp`: an authority's time on certificates and the
// chain.
func timestampCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "timestamp",
		Short: "have an authority stamp certificates and the end of the chain",
		Long: `Asks the authority of carat.yaml for RFC 3161 time stamps: on the certificate of
each closed month that has none, and once a day on the end of the chain, if a
file came since. They are kept in the lake's folder timestamps, carat verify
checks them, and so does openssl ts -verify, offline. carat approve asks by
itself; this makes up what an authority that was away left undone, and
jobs: {timestamp: {cron: …}} does it every day. Only hashes are sent.`,
		Example: `  carat timestamp`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			made, err := stamp.Run(cmd.Context(), stamp.Options{Setting: s})
			p.clear()
			if len(made) == 0 {
				if err == nil && a.format == "table" {
					fmt.Fprintln(a.stdout, "everything is stamped already")
					return nil
				}
				if err != nil {
					return err
				}
			}
			t := &table.Table{CellWidth: 60, Columns: []table.Column{{Name: "stamped"}, {Name: "at", Kind: table.Time}, {Name: "by"}, {Name: "file"}}}
			for _, m := range made {
				t.Rows = append(t.Rows, []any{m.Of, m.Time, m.Authority, m.File})
			}
			return errors.Join(err, t.Write(a.stdout, a.format))
		},
	}
	a.formatFlag(cmd)
	return cmd
}

// stampApproved has a month's certificate stamped right after it was locked. The month
// is closed whatever becomes of it: what fails is told, and made up later.
func (a *app) stampApproved(ctx context.Context, s books.Setting, period pipeline.Period) error {
	if s.Config.Timestamp.URL == "" {
		return nil
	}
	made, err := stamp.Run(ctx, stamp.Options{Setting: s})
	for _, m := range made {
		fmt.Fprintf(a.stdout, "%s time stamped at %s by %s\n", m.Of, m.Time.Format("2006-01-02T15:04:05Z07:00"), printableLine(m.Authority))
	}
	if err != nil {
		a.tell(fmt.Sprintf("approve %s: the month is closed, its time stamp is missing: %s", period, printableLine(err.Error())))
	}
	return nil
}
