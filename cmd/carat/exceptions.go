package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/ask"
	"carat/jobs/exceptions"
	"carat/jobs/month"
	"carat/pipeline"
	"carat/reports/table"
	"carat/reports/trace"
	"carat/sql"
)

// exceptionsCommand is `carat exceptions [--period P]`: the list, and what
// people decide about it.
func exceptionsCommand(a *app) *cobra.Command {
	var period, control, creator, export, take string
	var resolved bool
	cmd := &cobra.Command{
		Use:   "exceptions [--period 2026-10]",
		Short: "list what the controls found, and take in decisions about it",
		Long: `Lists what the controls found, with what was decided about it and how long it
has stood. --export writes the list as CSV for somebody to decide: set status
to explained, waived (with a day in until), rate (with value, source and note),
match (with matched and note) or open, and owner and note as you like. --import
takes that file in, all of it or nothing. show ID gives the evidence of one.`,
		Example: `  carat exceptions --period 2026-10
  carat exceptions --period 2026-10 --control gift_price
  carat exceptions --creator c371828
  carat exceptions --period 2026-10 --export decisions.csv
  carat exceptions --import decisions.csv --user bob
  carat exceptions show 0f415bf9
  carat exceptions rate EUR/USD/2026-10-31 --value 1.08 --source ECB --reason x
  carat exceptions match txn_A txn_B b1 --reason "advice of the bank"`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			only := pipeline.Period("")
			if period != "" {
				var err error
				if only, err = parsePeriod(cmd, period); err != nil {
					return err
				}
			}
			if take != "" && (export != "" || period != "" || control != "" || creator != "" || resolved) {
				return usage("--import goes with no other choice of exceptions").WithHint("a file of decisions names its exceptions by id")
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			o := exceptions.Options{Setting: s, Period: only, Control: control, Creator: creator, Resolved: resolved}
			switch {
			case take != "":
				return a.importDecisions(cmd.Context(), month.DecideOptions{Setting: s, File: take})
			case export != "":
				if _, err := a.placeOut("--export", export, s.Config); err != nil {
					return err
				}
				rows, err := exceptions.Export(cmd.Context(), o, export)
				if err == nil {
					fmt.Fprintf(a.stdout, "%s in %s\n", numbered(int64(rows), "exceptions"), export)
				}
				return err
			}
			t, err := exceptions.List(cmd.Context(), o)
			if err != nil {
				return err
			}
			if a.format == "table" && table.Columns(a.stdout) > 0 {
				return writeExceptionList(a.stdout, t)
			}
			if a.format == "table" {
				t = narrowed(t)
			}
			return t.Write(a.stdout, a.format)
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringVar(&period, "period", "", "only this month's")
	cmd.Flags().StringVar(&control, "control", "", "only this control's")
	cmd.Flags().StringVar(&creator, "creator", "", "only those about this creator, or gifts, payouts and adjustments of theirs")
	cmd.Flags().BoolVar(&resolved, "resolved", false, "those that are gone, and the run in which they were")
	cmd.Flags().StringVar(&export, "export", "", "write them to this new CSV file, to be decided")
	cmd.Flags().StringVar(&take, "import", "", "take in the decisions of this CSV file")
	cmd.AddCommand(evidenceCommand(a), rateCommand(a), matchCommand(a))
	return cmd
}

// evidenceCommand is `carat exceptions show ID`.
func evidenceCommand(a *app) *cobra.Command {
	var limit int
	var format string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "the evidence of one: rows of both sides, rates, prices",
		Long: `Shows what one exception rests on: what was expected and found, what its
control asks and what to do, what was decided so far, then the rows of both
sides with file, line and original text, and the rate, price or rule in force
with its dates. The beginning of an id is enough when no other exception's id
begins so.`,
		Example: `  carat exceptions show 0f415bf9
  carat exceptions show 0f415bf9 --format json --limit 0`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("carat exceptions show takes one id").WithHint("`carat exceptions` lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return usage("--limit: %d is below 0", limit)
			}
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			e, err := ask.Evidence(cmd.Context(), ask.EvidenceOptions{Setting: s, SQL: sql.Files, ID: args[0], Limit: limit})
			if err != nil {
				return err
			}
			return e.Write(a.stdout, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", strings.Join(trace.EvidenceFormats(), ", "))
	cmd.PreRunE = func(*cobra.Command, []string) error { return chosen("format", format, trace.EvidenceFormats()...) }
	cmd.Flags().IntVar(&limit, "limit", ask.TraceLimit, "how many rows of one kind are shown; 0: all")
	return cmd
}

// rateCommand is `carat exceptions rate PAIR/DAY`.
func rateCommand(a *app) *cobra.Command {
	o := month.RateOptions{}
	cmd := &cobra.Command{
		Use:   "rate BASE/QUOTE/DAY --value 1.08 --source NAME --reason TEXT",
		Short: "decide an exchange rate that nobody published",
		Long: `Gives the exchange rate of a day on which none was published, or only an old
one: units of quote per unit of base. Without it the amounts told at it are not
known, and the month is blocked; no other decision lets it through. The next
run uses it for that pair on that day. The decision is part of the month's
certificate; a rate that is published later changes no closed month.`,
		Example: `  carat exceptions rate EUR/USD/2026-10-31 --value 1.08 --source ECB --reason x`,

		DisableFlagsInUseLine: true, // the line is as wide as a terminal

		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("carat exceptions rate takes one pair and day, such as EUR/USD/2026-10-31").WithHint("`carat exceptions --control fx_rate` lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			o.Setting, o.Missing = s, args[0]
			d, err := month.DecideRate(cmd.Context(), o)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "%s is %s by %s, decided by %s\nrun the month again: `carat run --period %s`\n", d.Rate, d.Value, d.Source, d.By, d.Period)
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Value, "value", "", "the rate: units of quote per unit of base, such as 1.08")
	cmd.Flags().StringVar(&o.Source, "source", "", "whose rate it is")
	cmd.Flags().StringVar(&o.Reason, "reason", "", "why this one was taken")
	return cmd
}

// matchCommand is `carat exceptions match ID ID…`.
func matchCommand(a *app) *cobra.Command {
	o := month.MatchOptions{}
	cmd := &cobra.Command{
		Use:   "match ID ID... --reason TEXT",
		Short: "decide which rows of two sides belong together",
		Long: `Says which rows belong together when nothing in them does: payouts of a store
and the receipt that is their sum, a creator's payout and the debit that the
bank spells otherwise, an order and its settlement line. Name the ids of both
sides, in any order. The next run compares them as the rows of one reference:
what is then missing stays an exception. The decision is part of the month's
certificate; --take-back undoes it while its month is open.`,
		Example: `  carat exceptions match txn_A txn_B b1 --reason "advice of the bank" --user bob
  carat exceptions match txn_A b1 --take-back --reason "another receipt"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("carat exceptions match takes the ids of both sides").WithHint("`carat exceptions --control settlement_bank` lists what nothing was found for")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.setting(a.progress())
			if err != nil {
				return err
			}
			o.Setting, o.IDs = s, args
			d, err := month.DecideMatch(cmd.Context(), o)
			if err != nil {
				return err
			}
			if o.TakeBack {
				fmt.Fprintf(a.stdout, "%s taken back by %s\nrun the month again: `carat run`\n", d.Matched, d.By)
				return nil
			}
			fmt.Fprintf(a.stdout, "%s, decided by %s\nrun the month again: `carat run --period %s`\n", d.Matched, d.By, d.Period)
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Reason, "reason", "", "how it is known that they belong together")
	cmd.Flags().BoolVar(&o.TakeBack, "take-back", false, "they don't: undo what was decided about them")
	return cmd
}

func (a *app) importDecisions(ctx context.Context, o month.DecideOptions) error {
	r, err := month.Decide(ctx, o)
	if err != nil {
		return err
	}
	if len(r.Ignored) > 0 {
		a.tell("import " + o.File + ": columns that carat does not know were ignored: " + strings.Join(r.Ignored, ", "))
	}
	fmt.Fprintf(a.stdout, "%s by %s in %s\n", numbered(int64(r.Decisions), "decisions"), o.By.User, numbered(int64(r.Rows), "rows"))
	return nil
}

// writeExceptionList writes exceptions for a terminal, which has no room for a table
// of them: a few lines each.
func writeExceptionList(w io.Writer, t *table.Table) error {
	at := map[string]int{}
	for i, c := range t.Columns {
		at[c.Name] = i
	}
	var b strings.Builder
	for i, row := range t.Rows {
		cell := func(name string) string {
			text, _ := table.CellText(t.Columns[at[name]].Kind, row[at[name]])
			return printableLine(text)
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s  %s (%s), %s\n  %s %s, off by %s %s, %s", cell("exception_id"), cell("control"), cell("severity"), cell("period"),
			cell("subject_kind"), cell("subject_id"), cell("difference"), cell("unit"), cell("status"))
		if text := cell("exposure"); text != "" && text != strings.TrimPrefix(cell("difference"), "-") {
			b.WriteString(", exposure " + text)
		}
		for _, more := range [][2]string{{"until", " until "}, {"owner", ", with "}, {"resolved_in", ", gone in run "}} {
			if text := cell(more[0]); text != "" {
				b.WriteString(more[1] + text)
			}
		}
		b.WriteString("\n  " + cell("detail") + "\n")
	}
	if len(t.Rows) == 0 {
		b.WriteString("no exceptions\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// narrowed leaves out what a person at a terminal doesn't need: programs get
// every column.
func narrowed(t *table.Table) *table.Table {
	shown := []string{"exception_id", "control", "severity", "period", "subject_kind", "subject_id", "expected", "actual", "difference", "unit", "exposure",
		"status", "until", "age_days", "reason", "detail"}
	if i := slices.IndexFunc(t.Columns, func(c table.Column) bool { return c.Name == "resolved_in" }); i >= 0 &&
		slices.ContainsFunc(t.Rows, func(row []any) bool { return row[i] != nil }) {
		shown = append(shown, "resolved_in")
	}
	n := &table.Table{CellWidth: 120}
	var at []int
	for _, name := range shown {
		if i := slices.IndexFunc(t.Columns, func(c table.Column) bool { return c.Name == name }); i >= 0 {
			n.Columns = append(n.Columns, t.Columns[i])
			at = append(at, i)
		}
	}
	for _, row := range t.Rows {
		var cells []any
		for _, i := range at {
			cells = append(cells, row[i])
		}
		n.Rows = append(n.Rows, cells)
	}
	return n
}
