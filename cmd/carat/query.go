package main

import (
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/publish"
	"carat/reports/table"
	"carat/sql"
)

// queryTimeout is how long a query may take unless --timeout says otherwise.
const queryTimeout = 10 * time.Minute

// queryCommand is `carat query 'SQL'`, and `carat query --tables`.
func queryCommand(a *app) *cobra.Command {
	var asOf, period, out string
	var tables bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "query 'SQL'",
		Short: "read-only SQL over the history",
		Long: `Runs one read-only query over the history: the feeds (gift_events, payouts, …),
rejects, the results of every run (exceptions, control_results,
statement_lines, …), and the records batches, runs and access. --tables lists
them and what their columns mean. --as-of gives exactly the rows known at a
time, right after a batch, or when a period was closed; --period leaves one
month's rows and the results of its current run. Each query is recorded in
access.`,
		Example: `  carat query --tables
  carat query "select * from exceptions" --period 2026-10
  carat query "select * from gift_events" --as-of b000042 --out g.parquet`,
		Args: func(cmd *cobra.Command, args []string) error {
			if tables && len(args) > 0 {
				return usage("--tables takes no query, got %q", args[0])
			}
			if !tables && len(args) != 1 {
				return usage("carat query takes one argument, the SQL in quotes; got %d", len(args)).
					WithHint("for example `carat query 'select count(*) from gift_events'`, or `carat query --tables`")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("format") && table.FormatOfFile(out) != "" {
				a.format = table.FormatOfFile(out)
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			if tables {
				return a.listTables(cmd, s, out)
			}
			o := ask.QueryOptions{Setting: s, Query: args[0], AsOf: asOf, Timeout: timeout}
			if period != "" {
				if o.Period, err = parsePeriod(cmd, period); err != nil {
					return err
				}
			}
			return a.query(cmd, o, out)
		},
	}
	cmd.Flags().StringVar(&a.format, "format", "table", strings.Join(table.RowFormats(), ", "))
	cmd.PreRunE = func(*cobra.Command, []string) error { return chosen("format", a.format, table.RowFormats()...) }
	cmd.Flags().StringVar(&asOf, "as-of", "", "a time (2026-11-02T09:00:00Z), a batch (b000042) or a closed period (2026-10)")
	cmd.Flags().StringVar(&period, "period", "", "only this month's rows")
	cmd.Flags().StringVar(&out, "out", "", "write the answer to this file; its ending can name the format")
	cmd.Flags().BoolVar(&a.force, "force", false, "replace a file that is there")
	cmd.Flags().DurationVar(&timeout, "timeout", queryTimeout, "how long the query may take")
	cmd.Flags().BoolVar(&tables, "tables", false, "list the tables, their columns and what they mean")
	return cmd
}

// query writes the answer of a query. The file of --out is made when there is
// something to write; that it may be made is asked before.
func (a *app) query(cmd *cobra.Command, o ask.QueryOptions, out string) error {
	if err := a.mayOutput(out, o.Config, table.BinaryFormat(a.format)); err != nil {
		return err
	}
	finish := func(err error) error { return err }
	o.Format = a.format
	if out == "" {
		o.Columns = table.Columns(a.stdout)
	}
	o.Output = func() (io.Writer, error) {
		w, done, err := a.output(out, o.Config, table.BinaryFormat(a.format))
		if err == nil {
			finish = done
		}
		return w, err
	}
	_, err := ask.Query(cmd.Context(), o)
	return finish(err)
}

// listTables writes what the tables and their columns mean.
func (a *app) listTables(cmd *cobra.Command, s books.Setting, out string) error {
	t, err := publish.Tables(cmd.Context(), publish.TablesOptions{Setting: s, SQL: sql.Files})
	if err != nil {
		return err
	}
	if table.BinaryFormat(a.format) {
		return usage("--tables is printed as %s", strings.Join(table.Formats(), ", "))
	}
	w, finish, err := a.output(out, s.Config, false)
	if err != nil {
		return err
	}
	return finish(t.Write(w, a.format))
}
