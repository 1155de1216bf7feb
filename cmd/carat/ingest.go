package main

import (
	"errors"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/creators"
	"carat/jobs/ingest"
)

// ingestCommand is `carat ingest [FILE…]`: all of the inbox, or these files.
func ingestCommand(a *app) *cobra.Command {
	var feed string
	var dry bool
	cmd := &cobra.Command{
		Use:   "ingest [FILE…]",
		Short: "all of the inbox, or these files",
		Long: `Takes feed files into the history, each whole or not at all. A file that is
there already changes nothing; a file that can't be read commits nothing, and
the others go on (exit code 3). Rows that can't be read are rejected, counted
and kept in the table rejects: carat query 'select * from rejects'.`,
		Example: `  carat ingest
  carat ingest exports/gift_events-2026-10-01.csv
  carat ingest --dry-run exports/bank-october.csv
  carat ingest --feed bank_lines statement-october.csv --format json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if feed != "" && len(args) == 0 {
				return usage("--feed needs the files that it is for").WithHint("for example `carat ingest --feed fx_rates eurofxref-hist.zip`")
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			if dry {
				files, err := ingest.DryRun(cmd.Context(), ingest.Options{Setting: s, Files: args, Feed: feed})
				p.clear()
				return errors.Join(err, a.printDryRun(files))
			}
			r, err := ingest.Files(cmd.Context(), ingest.Options{Setting: s, Files: args, Feed: feed})
			p.clear()
			if r == nil {
				return err
			}
			creators.AfterIngest(cmd.Context(), s)
			tellIgnored(p, r.Ignored)
			for _, f := range r.Files {
				if f.Result == ingest.FileKnown {
					p.tell(books.Event{Step: "ingest", Object: f.File, Note: "already ingested as batch " + f.Batch})
				}
			}
			return errors.Join(err, filesTable(r.Files, a.format != "table").Write(a.stdout, a.format))
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would become of the files, and write nothing")
	cmd.Flags().StringVar(&feed, "feed", "", "the feed of FILE, when its name doesn't begin with it")
	return cmd
}
