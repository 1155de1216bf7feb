package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"carat/jobs/statements"
	"carat/pipeline"
	"carat/sql"
)

// statementsCommand is `carat statements --period P`.
func statementsCommand(a *app) *cobra.Command {
	var period, creator, agency string
	var formats []string
	var packed bool
	cmd := &cobra.Command{
		Use:   "statements --period 2026-10",
		Short: "write the statements of a reconciled period",
		Long: `Writes creators' statements to out/PERIOD/statements/SHARD/CREATOR/ and
agencies' to out/PERIOD/statements/agencies/AGENCY/, each with an index that
has the SHA-256 of every file. What says the same as before is left as it is; a
run that was broken off goes on where it was.`,
		Example: `  carat statements --period 2026-10 --zip
  carat statements --period 2026-10 --creator c371828 --format pdf,html
  carat statements --period 2026-10 --agency agency-03`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			for _, f := range formats {
				if err := chosen("format", f, statements.Formats...); err != nil {
					return err
				}
			}
			if creator != "" && agency != "" {
				return pipeline.Errorf(pipeline.KindUsage, "write", "statements", "--creator and --agency are two statements").WithHint("give one of them at a time")
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := statements.Write(cmd.Context(), statements.Options{Setting: s, SQL: sql.Files, Period: month, Creator: creator, Agency: agency, Formats: formats, Zip: packed})
			p.clear()
			if err != nil {
				return err
			}
			for _, f := range r.Written {
				fmt.Fprintln(a.stdout, f)
			}
			if r.Restored {
				fmt.Fprintf(a.stdout, "final statements put back in %s\n", r.Folder)
				return nil
			}
			if agency == "" {
				fmt.Fprintf(a.stdout, "%s in %s (%s written)\n", numbered(r.Statements, "statements"), r.Folder, grouped(r.Changed))
			}
			if r.Agencies > 0 {
				fmt.Fprintf(a.stdout, "%s of agencies in %s\n", numbered(r.Agencies, "statements"), filepath.Join(r.Folder, statements.AgenciesFolder))
			}
			if r.Removed > 0 {
				fmt.Fprintf(a.stdout, "%s of an earlier run are no more\n", grouped(r.Removed))
			}
			if r.Zip != "" {
				fmt.Fprintln(a.stdout, r.Zip)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month, such as 2026-10")
	cmd.Flags().StringVar(&creator, "creator", "", "only this creator's; the others stay as they are")
	cmd.Flags().StringVar(&agency, "agency", "", "only this agency's; the others stay as they are")
	cmd.Flags().BoolVar(&packed, "zip", false, "also pack all of them, with their index, into one file")
	cmd.Flags().StringSliceVar(&formats, "format", statements.Formats, "which renderings to write")
	return cmd
}
