package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"carat/fixtures"
	"carat/pipeline"
)

// generateCommand is `carat generate`: synthetic months at any size, with planted
// faults and their truth.
func generateCommand(a *app) *cobra.Command {
	o := fixtures.Options{}
	var period, faults string
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "a synthetic month at any size, with planted faults and truth.json",
		Long: `Writes a month that looks like life, or several in a row, into a new or empty
folder: carat.yaml, inbox/ with every feed, and truth.json, which names each
exception that reconciling them must find, and in which month. The same flags
give the same bytes. Gifts and faults are those of each month. --style messy
writes the folder exports alone, as a small platform has its first month: files
of its own, and Apple's, Google's, Stripe's and its bank's; docs/walk.md begins
with it.`,
		Example: `  carat generate --out month --faults all --seed 7
  carat generate --out mine --style messy --gifts 300 --viewers 40
  carat generate --out quarter --periods 3 --entities 2 --zone Asia/Tokyo`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Out == "" {
				return usage("--out is missing").WithHint("name a new or empty folder, for example `carat generate --out october`")
			}
			p, err := pipeline.ParsePeriod(period)
			if err != nil {
				return usage("--period: %w", err)
			}
			o.Period = p
			if what := ownPlace(fullPath(o.Out)); what != "" {
				return usage("--out: %s is %s", o.Out, what).WithHint("name a new or empty folder elsewhere")
			}
			if o.Faults, err = fixtures.ParseFaults(faults); err != nil {
				return err
			}
			s, err := fixtures.Generate(cmd.Context(), o)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s: %s files, %s bytes, %s gifts, %s purchases, %s payouts, %s planted faults\n", o.Out,
				grouped(int64(s.Files)), grouped(s.Bytes), grouped(s.Gifts+s.LiveGifts), grouped(s.Purchases), grouped(s.Payouts), grouped(int64(len(s.Truth))))
			if o.Style == fixtures.StyleMessy {
				fmt.Fprintf(a.stdout, "next: carat init --from %s/exports --dir books\n", o.Out)
				return nil
			}
			fmt.Fprintf(a.stdout, "next: carat run --dir %s --period %s\n", o.Out, p)
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Out, "out", "", "folder to write; new or empty")
	flags.StringVar(&period, "period", "2026-10", "the month to make, or the first of several")
	flags.IntVar(&o.Periods, "periods", 1, "months in a row: people, balances and open payouts live on")
	flags.IntVar(&o.Entities, "entities", 1, "legal entities: 1, or 2 of which the second keeps its books in EUR")
	flags.StringVar(&o.Zone, "zone", "UTC", "time zone of months and days")
	flags.IntVar(&o.Gifts, "gifts", 10_000, "gifts sent in a month")
	flags.IntVar(&o.Viewers, "viewers", 1_000, "viewers")
	flags.IntVar(&o.Creators, "creators", 100, "creators")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the random draws")
	flags.StringVar(&faults, "faults", "none", "all, none, or CONTROL=N,…; planted in each month")
	flags.StringVar(&o.Style, "style", fixtures.StyleOwn, "own or messy: in carat's columns, or as a small platform has its exports")
	flags.BoolVar(&o.Fresh, "fresh", false, "the platform's first month: no balances, and nothing before it")
	flags.StringVar(&o.Files, "files", fixtures.FilesDaily, "daily, weekly or month: a file a day or a week in mixed formats, or one CSV per feed")
	return cmd
}
