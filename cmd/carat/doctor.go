package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/doctor"
	"carat/pipeline"
	"carat/reports/table"
)

// doctorCommand is `carat doctor`: what carat rests on, tried.
func doctorCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "whether disk, history, engine, mail and sources answer",
		Long: `Tries what carat rests on, each by itself: the configuration, a trial file in
each folder, who may read secrets, the room on the disk, catalog and state, the
clock, the engine, the mail server's greeting, and whether each source answers.
Nothing is taken and nothing stays changed; a database is written to only to see
that it refuses. What isn't well says what to do. Exit code 0: nothing is wrong.`,
		Example: `  carat doctor
  carat doctor --format json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			list, err := doctor.Run(cmd.Context(), doctor.Options{Setting: s})
			if err != nil {
				return err
			}
			wrong := 0
			t := &table.Table{Columns: []table.Column{{Name: "check"}, {Name: "stands"}, {Name: "says"}, {Name: "next"}}}
			for _, f := range list {
				if f.Stands == doctor.Wrong {
					wrong++
				}
				t.Rows = append(t.Rows, []any{f.Check, f.Stands, f.Says, absent(f.Next)})
			}
			if a.format != "table" {
				err = t.Write(a.stdout, a.format)
			} else {
				for _, f := range list {
					fmt.Fprintf(a.stdout, "%-5s  %s: %s\n", f.Stands, printableLine(f.Check), printableLine(f.Says))
					if f.Next != "" {
						fmt.Fprintf(a.stdout, "       next: %s\n", printableLine(f.Next))
					}
				}
			}
			if err == nil && wrong > 0 {
				err = pipeline.Errorf(pipeline.KindUsage, "examine", "carat", "%s", counted(wrong, "thing is wrong", "things are wrong")).WithHint("do what stands behind next, and run `carat doctor` again")
			}
			return err
		},
	}
	a.formatFlag(cmd)
	return cmd
}
