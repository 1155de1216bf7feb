package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/config"
	"carat/pipeline"
)

// checkCommand is `carat check`: the configuration alone.
func checkCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "what is wrong with carat.yaml",
		Long: `Reads carat.yaml alone, opens nothing else, and says everything that is wrong
with it, each with its line, what stands there and what would be right. Exit
code 0: nothing is wrong.`,
		Example: `  carat check
  carat check --dir books`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			r, err := config.Check(a.dir)
			if err != nil {
				return err
			}
			for _, p := range r.Problems {
				fmt.Fprintf(a.stdout, "%s:%d: %s\n", config.File, p.Line, printable(p.Text))
				if p.Source != "" {
					fmt.Fprintf(a.stdout, "  there:       %s\n", printable(p.Source))
				}
				for i, line := range strings.Split(p.Example, "\n") {
					if head := "for example:"; line != "" {
						if i > 0 {
							head = ""
						}
						fmt.Fprintf(a.stdout, "  %-12s %s\n", head, line)
					}
				}
			}
			for _, note := range r.Notes {
				fmt.Fprintf(a.stdout, "note: %s\n", printable(note))
			}
			if n := len(r.Problems); n > 0 {
				return pipeline.Errorf(pipeline.KindUsage, "check", config.File, "%s", counted(n, "problem", "problems")).
					WithHint("mend them and run `carat check` again")
			}
			fmt.Fprintf(a.stdout, "%s: nothing is wrong with it\n", config.File)
			return nil
		},
	}
}
