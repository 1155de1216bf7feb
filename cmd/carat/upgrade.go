package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/jobs/guard"
	"carat/reports/table"
)

// upgradeCommand is `carat upgrade`: a lake of an earlier carat gets the form of today.
func upgradeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "upgrade",
		Short: "bring a lake of an earlier carat to the form of today, once",
		Long: `Brings the history to the form that this carat reads and writes. Make a backup
with the earlier carat before. The lake is verified before anything is
written, and all of the history after; each closed month is run again and
compared with its certificate; what differs stops it. No row, no kept file, no
run and no certificate changes, and the hash chain goes on. It can be
interrupted at any time and run again. Earlier carats don't open the lake any
more afterwards. Every other verb refuses a lake that it is needed for.`,
		Example: `  carat upgrade`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := guard.Upgrade(cmd.Context(), guard.UpgradeOptions{Setting: s})
			p.clear()
			if r == nil {
				return err
			}
			differences := append(r.Before.Differences, r.After.Differences...)
			if r.Verified != nil {
				differences = append(differences, r.Verified.Differences...)
			}
			for _, d := range differences {
				a.tell("upgrade: " + d)
			}
			if err != nil {
				return err
			}
			if r.From == r.To && a.format == "table" {
				fmt.Fprintf(a.stdout, "nothing to upgrade: the history has form %d, which is today's\n", r.To)
				return nil
			}
			t := &table.Table{Columns: []table.Column{{Name: "form_before", Kind: table.Number}, {Name: "form", Kind: table.Number}, {Name: "links", Kind: table.Number},
				{Name: "batches", Kind: table.Number}, {Name: "runs", Kind: table.Number}, {Name: "certificates", Kind: table.Number}, {Name: "differences", Kind: table.Number}},
				Rows: [][]any{{r.From, r.To, r.Links, r.Verified.Batches, r.Verified.Runs, r.Verified.Certificates, len(r.Verified.Differences)}}}
			return t.Write(a.stdout, a.format)
		},
	}
	a.formatFlag(cmd)
	return cmd
}
