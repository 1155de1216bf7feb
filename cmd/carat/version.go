package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func versionText() string {
	return fmt.Sprintf("carat %s %s/%s %s\n", version, runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// versionCommand is `carat version`.
func versionCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "which carat this is",
		Example: `  carat version`,
		Args:    noArguments,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.stdout, versionText())
			return err
		},
	}
}
