package main

import (
	"github.com/spf13/cobra"

	"carat/jobs/creators"
	"carat/reports/table"
)

// creatorsCommand is `carat creators [ID]`.
func creatorsCommand(a *app) *cobra.Command {
	o := creators.Options{}
	var period string
	cmd := &cobra.Command{
		Use:   "creators [ID]",
		Short: "what creators were owed and paid, month by month",
		Long: `Lists the creators who have a statement in the newest month. With an id it
tells about that one: the statements of all months, the lines of the newest (or
of --period), and what became of each payout. Who looks at whom is recorded.`,
		Example: `  carat creators --find c37
  carat creators c371828 --period 2026-10`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("carat creators takes one id, got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			o.Setting, o.Limit = s, creators.Most
			if period != "" {
				if o.Period, err = parsePeriod(cmd, period); err != nil {
					return err
				}
			}
			if len(args) == 0 {
				l, err := creators.List(cmd.Context(), o)
				if err != nil {
					return err
				}
				return l.Table.Write(a.stdout, a.format)
			}
			o.Creator = args[0]
			c, err := creators.Look(cmd.Context(), o)
			if err != nil {
				return err
			}
			for i, t := range []*table.Table{c.Statements, c.Lines, c.Payouts} {
				if i > 0 && a.format == "table" {
					if _, err := a.stdout.Write([]byte("\n")); err != nil {
						return err
					}
				}
				if err := t.Write(a.stdout, a.format); err != nil {
					return err
				}
			}
			return nil
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringVar(&o.Text, "find", "", "only those whose id has this in it")
	cmd.Flags().StringVar(&period, "period", "", "the month whose lines are shown")
	return cmd
}
