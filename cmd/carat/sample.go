package main

import (
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/sample"
	"carat/pipeline/sampling"
	"carat/sql"
)

// sampleCommand is `carat sample --table T`, and `carat sample evaluate FOLDER`.
func sampleCommand(a *app) *cobra.Command {
	o := sample.Options{}
	var period, out string
	cmd := &cobra.Command{
		Use:   "sample --period 2026-10 --table payouts",
		Short: "draw an audit sample of a month's rows, and project its errors",
		Long: `Draws items of a month for an auditor to examine, and writes a folder: how it
was drawn, with count, total and hash of all there was to draw from
(sample.json), a sheet to fill in (worksheet.csv), and where each item comes
from and goes to (trace.txt). mus draws by monetary unit: an item's chance grows
with its amount, and whatever reaches the interval is drawn; amounts below zero
have no chance there. random gives each row the same chance; stratified draws as
many from each stratum of about equal totals. The seed decides: the same seed
draws the same items from the same rows. Then: carat sample evaluate FOLDER.`,
		Example: `  carat sample --period 2026-10 --table payouts --size 60 --seed 4711
  carat sample --period 2026-10 --table statement_lines --unit USD --seed x
  carat sample --period 2026-10 --table gift_events --method random --seed 1
  carat sample evaluate samples/x --tolerable 2500`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Table == "" {
				return usage("--table is missing").WithHint("samples are drawn from %s", strings.Join(sample.Tables(), ", "))
			}
			if o.Seed == "" {
				return usage("--seed is missing").WithHint("choose a number that nobody who made the rows could know; it stands in the sample, so that others can draw it again")
			}
			if err := chosen("method", o.Method, sampling.Methods()...); err != nil {
				return err
			}
			var err error
			if o.Period, err = parsePeriod(cmd, period); err != nil {
				return err
			}
			if o.Setting, err = a.setting(a.progress()); err != nil {
				return err
			}
			o.SQL = sql.Files
			if o.Out = o.DefaultFolder(); out != "" {
				if o.Out, err = a.placeOut("--out", out, o.Config); err != nil {
					return err
				}
			}
			r, err := sample.Draw(cmd.Context(), o)
			if err != nil {
				return err
			}
			a.tellSample(r)
			return nil
		},
	}
	cmd.Flags().StringVar(&period, "period", "", "the month")
	cmd.Flags().StringVar(&o.Table, "table", "", "the table whose rows are drawn")
	cmd.Flags().StringVar(&o.Method, "method", sampling.MUS, strings.Join(sampling.Methods(), ", "))
	cmd.Flags().IntVar(&o.Size, "size", 60, "how many items")
	cmd.Flags().StringVar(&o.Seed, "seed", "", "what decides which: any text")
	cmd.Flags().IntVar(&o.Strata, "strata", 4, "how many strata")
	cmd.Flags().StringVar(&o.Unit, "unit", "", "only amounts in this currency")
	cmd.Flags().StringVar(&out, "out", "", "the new folder; else one in samples beside carat.yaml")
	cmd.AddCommand(evaluateCommand(a))
	return cmd
}

// tellSample says what was drawn from what, and what to do next.
func (a *app) tellSample(r *sample.Result) {
	l := r.Plan
	fmt.Fprintf(a.stdout, "%s of %s: %s of %s %s\n", l.Table, l.Period, numbered(l.Population.Items, "items"), l.Population.Amount, l.Unit)
	fmt.Fprintf(a.stdout, "  SHA-256 %s\n", l.Population.SHA256)
	fmt.Fprintf(a.stdout, "drawn: %s of %s %s, seed %s\n", numbered(int64(l.Drawn), "items"), l.DrawnAmount, l.Unit, printableLine(l.Seed))
	switch {
	case l.Interval != "":
		fmt.Fprintf(a.stdout, "  one in every %s %s; an item that holds several is drawn once\n", l.Interval, l.Unit)
		if n := l.Population.Negative; n > 0 {
			fmt.Fprintf(a.stdout, "  %s below zero (%s %s) had no chance: draw them by --method random\n", numbered(n, "items"), l.Population.NegativeAmount, l.Unit)
		}
	case l.Method == sampling.Stratified:
		for n, s := range l.Strata {
			fmt.Fprintf(a.stdout, "  stratum %d: %d of %s of %s %s\n", n+1, s.Drawn, numbered(s.Items, "items"), s.Amount, l.Unit)
		}
	}
	folder := r.Folder
	if rel, err := filepath.Rel(fullPath("."), folder); err == nil && filepath.IsLocal(rel) {
		folder = rel
	}
	fmt.Fprintf(a.stdout, "fill in audited in %s, then: carat sample evaluate %s\n", filepath.Join(folder, sample.WorksheetFile), folder)
}

// evaluateCommand is `carat sample evaluate FOLDER`.
func evaluateCommand(a *app) *cobra.Command {
	o := sample.EvaluateOptions{}
	var confidences []string
	for _, c := range sampling.Confidences() {
		confidences = append(confidences, strconv.Itoa(c))
	}
	cmd := &cobra.Command{
		Use:   "evaluate FOLDER",
		Short: "what the errors found in a sample say about the month",
		Long: `Draws the sample of the folder again from the history as it was then, and says
if anything differs. Then projects the sheet's audited amounts onto all rows:
the likeliest misstatement, and how much the rows are over- and understated at
most, at the confidence asked for. Monetary units: Stringer's bound with the
factors of the AICPA's guide; else difference estimation with Student's t, or,
where fewer than 25 items are misstated, how many can be at most, each by no
more than its amount.`,
		Example: `  carat sample evaluate samples/x --tolerable 2500
  carat sample evaluate samples/x --confidence 90`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("carat sample evaluate takes one folder").WithHint("the one that `carat sample` wrote")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(sampling.Confidences(), o.Confidence) {
				return usage("--confidence %d", o.Confidence).WithHint("one of %s percent", strings.Join(confidences, ", "))
			}
			var err error
			if o.Setting, err = a.setting(a.progress()); err != nil {
				return err
			}
			o.Folder = args[0]
			e, err := sample.Evaluate(cmd.Context(), o)
			if err != nil {
				return err
			}
			a.tellEvaluation(e)
			return nil
		},
	}
	cmd.Flags().IntVar(&o.Confidence, "confidence", 95, "percent: "+strings.Join(confidences, ", "))
	cmd.Flags().StringVar(&o.Tolerable, "tolerable", "", "the misstatement that can be borne, in the sample's unit")
	return cmd
}

// tellEvaluation writes what was found, what it says about the rest, and whether
// that is tolerable.
func (a *app) tellEvaluation(e *sample.Evaluation) {
	unit := e.Plan.Unit
	line := func(name string, v *big.Int, up bool) {
		fmt.Fprintf(a.stdout, "  %-28s %16s %s\n", name, sampling.Hundredths(v, up), unit)
	}
	fmt.Fprintf(a.stdout, "%s of %s: %s of %s %s, drawn again: the same\n", e.Plan.Table, e.Plan.Period, numbered(e.Plan.Population.Items, "items"), e.Plan.Population.Amount, unit)
	fmt.Fprintf(a.stdout, "examined: %s, %d of them misstated; above zero is overstated\n", numbered(e.Examined, "items"), e.Misstated)
	line("found in them", e.Known, false)
	line("likeliest in all", e.Projected, false)
	fmt.Fprintf(a.stdout, "at %d percent%s\n", e.Confidence, limitsBy(e))
	if e.Basic != nil {
		line("basic precision", e.Basic, true)
		line("projected overstatement", e.Projection, true)
		line("incremental allowance", e.Incremental, true)
	}
	if e.ByCount {
		fmt.Fprintf(a.stdout, "  misstated at most: %d of %s\n", e.MisstatedMost, numbered(e.Plan.Population.Items, "items"))
	}
	if e.Over == nil || e.Under == nil {
		fmt.Fprintln(a.stdout, "  no limit can be told: an item is wrong by more than its own amount, and so may be those that nobody saw")
	} else {
		line("overstated by at most", e.Over, true)
		line("understated by at most", e.Under, true)
	}
	of := ""
	if e.LeftOut > 0 {
		of = ", as far as amounts above zero go"
		fmt.Fprintf(a.stdout, "  not in it: %s of %s %s, not above zero, that had no chance: draw by --method random too\n",
			numbered(e.LeftOut, "items"), sampling.Text(e.LeftOutAmount), unit)
	}
	if e.Tolerable == nil {
		return
	}
	tolerable := sampling.Text(e.Tolerable) + " " + unit
	switch {
	case e.Over == nil || e.Under == nil:
		fmt.Fprintf(a.stdout, "not known to be within the tolerable %s: examine more items\n", tolerable)
	case e.Holds():
		fmt.Fprintf(a.stdout, "within the tolerable %s%s\n", tolerable, of)
	default:
		fmt.Fprintf(a.stdout, "beyond the tolerable %s%s: examine more items, or correct what was found\n", tolerable, of)
	}
}

// limitsBy says by what the limits of an evaluation were worked out.
func limitsBy(e *sample.Evaluation) string {
	switch {
	case e.ByCount:
		return fmt.Sprintf(": fewer than %d differences to tell how they spread; by the count, if no item is wrong by more than its amount", sampling.DifferencesMin)
	case len(e.Factors) == 0:
		return ": everything was examined"
	}
	with := "Student's t "
	if e.Basic != nil {
		with = "confidence factors "
	}
	return ", " + with + strings.Join(e.Factors[:min(len(e.Factors), factorsShown)], ", ")
}

// factorsShown bounds how many confidence factors are listed.
const factorsShown = 6
