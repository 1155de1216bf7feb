package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"carat/jobs/score"
	"carat/reports/table"
)

// scoreBytesMax bounds a file of faults: the truth of ten million gifts has megabytes.
const scoreBytesMax = 1 << 30

// scoreCommand is `carat score TRUTH FOUND`: what a tool found of what was planted.
func scoreCommand(a *app) *cobra.Command {
	var missed, wrong bool
	cmd := &cobra.Command{
		Use:   "score TRUTH FOUND",
		Short: "score what a tool found in a generated month against its truth",
		Long: `Compares the faults that a tool found in a month that carat generate made with
those that were planted: how many of each kind were found (recall), how many of
the found were planted (precision), and how often the amount was right too.
TRUTH is truth.json. FOUND is a JSON array or CSV with the columns control and
subject_id, and what there is of subject_kind, difference, unit and period; -
reads it from stdin. Any tool can be scored: see docs/benchmark.md.`,
		Example: `  carat score truth.json found.json
  carat score truth.json found.csv --missed`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("TRUTH and FOUND are needed").WithHint("for example `carat score truth.json found.csv`")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			truth, err := readFaults(args[0])
			if err != nil {
				return err
			}
			found, err := readFaults(args[1])
			if err != nil {
				return err
			}
			s := score.Of(truth, found)
			switch {
			case missed:
				return findings(s.Missed).Write(a.stdout, a.format)
			case wrong:
				return findings(s.Wrong).Write(a.stdout, a.format)
			}
			t := &table.Table{Columns: []table.Column{{Name: "control"}, {Name: "planted", Kind: table.Number}, {Name: "found", Kind: table.Number}, {Name: "right", Kind: table.Number},
				{Name: "amount_right", Kind: table.Number}, {Name: "misnamed", Kind: table.Number}, {Name: "recall"}, {Name: "precision"}}}
			s.All.Fault = "all"
			for _, k := range append(s.Kinds, s.All) {
				t.Rows = append(t.Rows, []any{k.Fault, k.Planted, k.Found, k.Right, k.AmountToo, k.Misnamed, absent(k.Recall()), absent(k.Precision())})
			}
			return t.Write(a.stdout, a.format)
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().BoolVar(&missed, "missed", false, "list what was planted and not found")
	cmd.Flags().BoolVar(&wrong, "wrong", false, "list what was found and not planted")
	cmd.MarkFlagsMutuallyExclusive("missed", "wrong")
	return cmd
}

// findings is a list of faults as a table, in the columns that score reads.
func findings(list []score.Finding) *table.Table {
	t := &table.Table{Columns: []table.Column{{Name: "period"}, {Name: "control"}, {Name: "subject_kind"}, {Name: "subject_id"}, {Name: "difference"}, {Name: "unit"}}}
	for _, f := range list {
		t.Rows = append(t.Rows, []any{absent(f.Period), f.Fault, absent(f.Kind), f.ID, absent(f.Difference), absent(f.Unit)})
	}
	return t
}

// readFaults reads a file of faults; "-" is stdin.
func readFaults(path string) ([]score.Finding, error) {
	var in io.Reader = os.Stdin
	name := "stdin"
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, usage("%w", err)
		}
		defer f.Close()
		in, name = f, path
	}
	text, err := io.ReadAll(io.LimitReader(in, scoreBytesMax))
	if err != nil {
		return nil, usage("read %s: %w", name, err)
	}
	return score.Read(name, text)
}
