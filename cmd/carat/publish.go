package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/publish"
	"carat/sql"
)

// publishCommand is `carat publish --out FILE`.
func publishCommand(a *app) *cobra.Command {
	var out string
	var force bool
	cmd := &cobra.Command{
		Use:   "publish --out audit.duckdb",
		Short: "a DuckDB file of views, for tools that don't know carat",
		Long: `Writes a DuckDB file with a view of every raw, reference and result table as
they are now, with what each table and column means, and the tables batches,
runs and published. Any DuckDB client or BI tool opens it without carat. Its
paths start where the file lies: move it together with the lake. Result tables
hold the rows of the runs in force; those of every run are in the schema
all_runs. The file shows what was there when it was written: publish again
after new files.`,
		Example: `  carat publish --out audit.duckdb
  carat publish --out audit.duckdb --force`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usage("--out is missing").WithHint("for example `carat publish --out audit.duckdb`")
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			full, err := a.placeOut("--out", out, s.Config)
			if err != nil {
				return err
			}
			r, err := publish.Write(cmd.Context(), publish.Options{Setting: s, SQL: sql.Files, Out: full, Force: force})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s: %d tables up to %s, chain %s\n", printableLine(out), r.Views, orNone(r.LastBatch), orNone(r.Chain))
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file to write")
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	return cmd
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
