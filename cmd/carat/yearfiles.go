package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/spf13/cobra"

	"carat/jobs/yearfiles"
	"carat/reports/table"
)

// yearFilesCommand is `carat yearfiles --year Y`.
func yearFilesCommand(a *app) *cobra.Command {
	var year, country, form string
	cmd := &cobra.Command{
		Use:   "yearfiles --year 2026",
		Short: "the year's tax returns of payees: DAC7, 1099, 1042-S",
		Long: `Writes out/yearfiles/YEAR/ from the last run that tells of the year: a DAC7
message (XML of the OECD's schema, version 1) and rows of 1099 and 1042-S (CSV)
for each entity. What was paid counts by the day of payment in time_zone, less
what came back in the year in which it did: in 1099 and 1042-S before tax and
fee, in DAC7 net of both, which stand beside it, by quarter, in whole units.
Payees of whom a form lacks something are listed in exceptions.csv and stand in
no file. The files name people: only their owner can read them.`,
		Example: `  carat yearfiles --year 2026 --country DE
  carat yearfiles --year 2026 --us-form misc`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !regexp.MustCompile(`^20[0-9]{2}$`).MatchString(year) {
				return usage("--year is a year from 2000 to 2099").WithHint("for example `carat yearfiles --year 2026`")
			}
			if country != "" && !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(country) {
				return usage("--country is two upper-case letters").WithHint("for example --country DE")
			}
			if err := chosen("us-form", form, yearfiles.US1099NEC, yearfiles.US1099MISC); err != nil {
				return err
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			number, err := strconv.Atoi(year)
			if err != nil {
				return err
			}
			r, err := yearfiles.Write(cmd.Context(), yearfiles.Options{Setting: s, Year: number, Country: country, US1099: form})
			if err != nil {
				return err
			}
			return a.writeYearFiles(r)
		},
	}
	cmd.Flags().StringVar(&year, "year", "", "the year, such as 2026")
	cmd.Flags().StringVar(&country, "country", "", "the country in which DAC7 is filed")
	cmd.Flags().StringVar(&form, "us-form", yearfiles.US1099NEC, "which 1099 the earnings stand in: nec or misc")
	return cmd
}

// writeYearFiles tells which files there are, and who is in none.
func (a *app) writeYearFiles(r *yearfiles.Result) error {
	for _, f := range r.Files {
		fmt.Fprintf(a.stdout, "%s: %s\n", filepath.Join(r.Folder, f.Name), numbered(f.Payees, "payees"))
	}
	if len(r.Files) == 0 {
		fmt.Fprintf(a.stdout, "no form has a payee that can be written (run of %s)\n", r.Period)
	}
	if r.Below > 0 {
		fmt.Fprintf(a.stdout, "%s below the threshold of a 1099, without tax withheld\n", numbered(r.Below, "payees"))
	}
	if len(r.Exceptions) == 0 {
		return nil
	}
	fmt.Fprintf(a.stdout, "in no file, listed in %s:\n", filepath.Join(r.Folder, yearfiles.ExceptionsFile))
	t := &table.Table{Columns: []table.Column{{Name: "form"}, {Name: "entity"}, {Name: "payee"}, {Name: "currency"}, {Name: "what"}}}
	for _, x := range r.Exceptions[:min(len(r.Exceptions), exceptionsShown)] {
		t.Rows = append(t.Rows, []any{x.Form, x.Entity, x.Payee, x.Currency, x.What})
	}
	if err := t.Write(a.stdout, "table"); err != nil {
		return err
	}
	if more := len(r.Exceptions) - exceptionsShown; more > 0 {
		fmt.Fprintf(a.stdout, "and %s more\n", grouped(int64(more)))
	}
	return nil
}

// exceptionsShown bounds how many payees are listed on a screen.
const exceptionsShown = 20
