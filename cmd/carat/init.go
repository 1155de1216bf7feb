package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs"
	"carat/reports/table"
)

// initCommand is `carat init [--from DIR]`: carat.yaml and folders.
func initCommand(a *app) *cobra.Command {
	var from string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "carat.yaml and folders",
		Long: `Makes carat.yaml, in which every key has its default, and an empty inbox. With
--from it looks at a folder of your exports first, and writes a layout for each
kind of file that carat doesn't read as it is: what can be guessed, and an empty
value with a question mark for what can't. Nothing there is changed.`,
		Example: `  carat init
  carat init --from exports
  carat init --dir books`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if from == "" {
				made, err := jobs.Init(cmd.Context(), a.dir)
				if err != nil {
					return err
				}
				for _, m := range made {
					fmt.Fprintln(a.stdout, "made", m)
				}
				fmt.Fprintln(a.stdout, "next: put feed files into the inbox, then `carat run --period 2026-10`")
				return nil
			}
			r, err := jobs.InitFrom(cmd.Context(), a.dir, from)
			if err != nil {
				return err
			}
			t := &table.Table{Columns: []table.Column{{Name: "file"}, {Name: "is"}}}
			for _, f := range r.Files {
				t.Rows = append(t.Rows, []any{f.File, f.As})
			}
			if err := t.Write(a.stdout, "table"); err != nil {
				return err
			}
			for _, m := range r.Made {
				fmt.Fprintln(a.stdout, "made", printableLine(m))
			}
			if r.Ask > 0 {
				fmt.Fprintf(a.stdout, "%s in carat.yaml: look for `\"\" # ?`; `carat check` lists them\n", counted(r.Ask, "value is to be said", "values are to be said"))
			}
			fmt.Fprintln(a.stdout, "next: `carat check`, put the files into the inbox, `carat ingest --dry-run`")
			return nil
		},
	}
	cmd.Flags().StringVar(&from, "from", "", "a folder of exports to look at")
	return cmd
}
