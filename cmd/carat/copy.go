package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/config"
	"carat/jobs/relocate"
)

// copyCommand is `carat copy`.
func copyCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "copy FROM TO",
		Short: "bring a lake from a folder into a bucket, or back",
		Long: `Copies a lake with its state to another place, and verifies the copy by its own
bytes. FROM and TO are folders with a carat.yaml each, which say where the lakes
and their catalogs lie: a folder, or a bucket (lake: s3://BUCKET/PREFIX). The
lake that is copied stays as it is; statements and the inbox are not copied.
Where TO has a lake already nothing is done. Broken off, it goes on where it
stopped.`,
		Example: `  carat copy books cluster
  carat copy cluster restored`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("carat copy takes two folders, each with its carat.yaml; got %d", len(args)).WithHint("see `%s --help`", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p := a.progress()
			var o relocate.Options
			var err error
			a.dir = args[0]
			if o.Setting, err = a.setting(p); err != nil {
				return err
			}
			if o.To, err = config.Load(args[1]); err != nil {
				return err
			}
			if err := o.To.FillSecrets(a.variable); err != nil {
				return err
			}
			a.secrets = append(a.secrets, o.To.Secrets()...)
			r, err := relocate.Copy(cmd.Context(), o)
			p.clear()
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "copied %s to %s, and verified\n", r.From, r.To)
			fmt.Fprintf(a.stdout, "%s; the history ends with batch %s, chain %s\n", counted(int(r.Files), "file", "files"), cmpOr(r.Head.Batch, "none"), cmpOr(r.Head.Chain, "none"))
			return nil
		},
	}
}
