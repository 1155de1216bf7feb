package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs"
)

// initCommand is `carat init`: carat.yaml and folders.
func initCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "carat.yaml and folders",
		Example: `  carat init
  carat init --dir books`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			made, err := jobs.Init(cmd.Context(), a.dir)
			if err != nil {
				return err
			}
			for _, m := range made {
				fmt.Fprintln(a.stdout, "made", m)
			}
			fmt.Fprintln(a.stdout, "next: put feed files into the inbox, then `carat run --period 2026-10`")
			return nil
		},
	}
}
