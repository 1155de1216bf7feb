package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/ingest"
)

// layoutCommand is `carat layout FILE`: a first layout for a file.
func layoutCommand(a *app) *cobra.Command {
	var feed, sheet string
	cmd := &cobra.Command{
		Use:   "layout FILE",
		Short: "a first layout for an export of your own",
		Long: `Looks at the beginning of a file (CSV, JSON, a workbook) and prints a layout
for carat.yaml: what it guesses, and as comments what it can't know. It takes
nothing in and writes nothing. Put the layout into carat.yaml, then:
carat check; carat ingest --dry-run FILE.`,
		Example: `  carat layout exports/bank-october.csv
  carat layout --feed coin_purchases sales.xlsx --sheet October`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("a file is needed").WithHint("for example `carat layout exports/bank-october.csv`")
			}
			text, err := ingest.GuessLayout(cmd.Context(), args[0], feed, sheet)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.stdout, printable(text))
			return err
		},
	}
	cmd.Flags().StringVar(&feed, "feed", "", "the feed that the file is for, when its name doesn't begin with it")
	cmd.Flags().StringVar(&sheet, "sheet", "", "the sheet of a workbook; the first without")
	return cmd
}
