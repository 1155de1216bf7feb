package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/config"
	"carat/jobs/exceptions"
	"carat/pipeline"
	"carat/reports/statement"
	"carat/reports/table"
	"carat/sql"
)

// The demo's month: large enough to look like life, small enough to be closed
// in a few seconds.
const (
	demoFolder   = "carat-demo"
	demoPeriod   = pipeline.Period("2026-10")
	demoGifts    = 20_000
	demoViewers  = 2_000
	demoCreators = 150
	demoSeed     = 1
)

// demoCommand is `carat demo`: a generated month, end to end.
func demoCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "demo",
		Short: "a generated month, end to end, in ./" + demoFolder,
		Long: `Generates a month of purchases, gifts and payouts with planted faults into
./carat-demo, takes it in, reconciles it and writes a statement for every
creator. Running it again makes the folder anew.`,
		Example: `  carat demo`,
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := a.runDemo(cmd)
			if err != nil {
				return err
			}
			d.print(a.stdout)
			if !d.exact() {
				return pipeline.Errorf(pipeline.KindInternal, "check", d.dir, "what was found is not what was planted").
					WithHint("compare %s with `carat exceptions --dir %s`", filepath.Join(d.dir, "truth.json"), d.dir)
			}
			return nil
		},
	}
}

// demo is what the demo has to tell.
type demo struct {
	self, dir  string
	files      int
	run        *jobs.RunResult
	summary    *jobs.Summary
	exceptions *table.Table
	truth      []fixtures.Truth
	took       time.Duration
}

func (a *app) runDemo(cmd *cobra.Command) (*demo, error) {
	ctx, p := cmd.Context(), a.progress()
	defer p.clear()
	d := &demo{self: a.self, dir: filepath.Join(a.dir, demoFolder)}
	faults, err := fixtures.ParseFaults("all")
	if err != nil {
		return nil, err
	}
	err = jobs.MakeDemo(ctx, a.now, d.dir, func(dir string) error {
		made, err := fixtures.Generate(ctx, fixtures.Options{
			Out: dir, Period: demoPeriod, Gifts: demoGifts, Viewers: demoViewers, Creators: demoCreators, Seed: demoSeed, Faults: faults, Files: fixtures.FilesWeekly,
		})
		d.truth, d.files = made.Truth, made.Files
		for i := range d.truth {
			d.truth[i].Carried = false // the demo has no later month
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	c, err := config.Load(d.dir)
	if err != nil {
		return nil, err
	}
	s := a.settingOf(c, nil)
	if a.terminal { // elsewhere the lines would bury what the demo tells
		s.Progress = p.tell
	}
	if d.run, err = jobs.Run(ctx, jobs.RunOptions{Setting: s, SQL: sql.Files, Period: demoPeriod}); err != nil {
		return nil, err
	}
	if d.exceptions, err = exceptions.List(ctx, exceptions.Options{Setting: s, Period: demoPeriod}); err != nil {
		return nil, err
	}
	if d.summary, err = jobs.Summarise(ctx, jobs.SummaryOptions{Setting: s, Period: demoPeriod}); err != nil {
		return nil, err
	}
	d.took = a.clock().Sub(a.now)
	return d, nil
}

// found gives each exception as the truth spells it, with its plain sentence.
func (d *demo) found() map[fixtures.Truth]string {
	at := map[string]int{}
	for i, c := range d.exceptions.Columns {
		at[c.Name] = i
	}
	found := map[fixtures.Truth]string{}
	for _, row := range d.exceptions.Rows {
		cell := func(name string) string { return fmt.Sprint(row[at[name]]) }
		found[fixtures.Truth{
			Period: cell("period"), Control: cell("control"), Reason: cell("reason"), SubjectKind: cell("subject_kind"), SubjectID: cell("subject_id"),
			Difference: cell("difference"), Unit: cell("unit"),
		}] = cell("detail")
	}
	return found
}

// exact says whether what was found is what was planted: no more, no fewer.
func (d *demo) exact() bool {
	found := d.found()
	for _, t := range d.truth {
		if _, ok := found[t]; !ok {
			return false
		}
	}
	return len(d.exceptions.Rows) == len(d.truth)
}

func (d *demo) print(w io.Writer) {
	var read, accepted, rejected, duplicate int64
	for _, f := range d.run.Ingest.Files {
		read, accepted = read+f.RowsRead, accepted+f.RowsAccepted
		rejected, duplicate = rejected+f.RowsRejected, duplicate+f.RowsDuplicate
	}
	fmt.Fprintf(w, "%s reconciled in %s seconds: a generated month, with %d faults planted in it.\n\n", demoPeriod, seconds(d.took), len(d.truth))
	fmt.Fprintf(w, "READ      %s files, %s rows: %s accepted, %s rejected, %s duplicate\n",
		grouped(int64(len(d.run.Ingest.Files))), grouped(read), grouped(accepted), grouped(rejected), grouped(duplicate))
	fmt.Fprintf(w, "STATUS    %s is %s\n", demoPeriod, d.run.Reconcile.Verdict.Words())

	fmt.Fprintf(w, "\nCONTROLS\n")
	writeIndented(w, controlsTable(d.run.Reconcile.Controls, false))
	d.printExceptions(w)
	fmt.Fprintf(w, "\nTHE MONTH\n")
	writeIndented(w, d.summary.Movements)
	d.printFiles(w)
}

func (d *demo) printExceptions(w io.Writer) {
	found := d.found()
	hit := 0
	for _, t := range d.truth {
		if _, ok := found[t]; ok {
			hit++
		}
	}
	fmt.Fprintf(w, "\nEXCEPTIONS  %d of %d planted faults found", hit, len(d.truth))
	if d.exact() {
		fmt.Fprint(w, ", and nothing else")
	} else {
		fmt.Fprintf(w, ", and %d others", len(d.exceptions.Rows)-hit)
	}
	fmt.Fprintln(w)
	at := map[string]int{}
	for i, c := range d.exceptions.Columns {
		at[c.Name] = i
	}
	for _, row := range d.exceptions.Rows {
		fmt.Fprintf(w, "  %-28s %s %s: %s\n", row[at["control"]], row[at["subject_kind"]],
			printable(fmt.Sprint(row[at["subject_id"]])), printable(fmt.Sprint(row[at["detail"]])))
	}
}

func (d *demo) printFiles(w io.Writer) {
	statements := d.run.Statements
	fmt.Fprintf(w, "\nFILES\n")
	fmt.Fprintf(w, "  statements   %s%c (%s creators, each as PDF, HTML, CSV and JSON)\n", statements.Folder, filepath.Separator, grouped(statements.Statements))
	if d.summary.TopCreator != "" {
		shard, folder := statement.FolderName(d.summary.TopCreator)
		fmt.Fprintf(w, "  open one     %s\n", filepath.Join(statements.Folder, shard, folder,
			statement.FileName(d.summary.TopCreator, d.summary.TopEntity, d.summary.TopCurrency, "html")))
	}
	fmt.Fprintf(w, "  close        %s%c (a workbook and a page)\n", filepath.Dir(d.run.Package.Files[0]), filepath.Separator)
	fmt.Fprintf(w, "  history      %s%c (Iceberg tables of Parquet)\n", filepath.Join(d.dir, "lake"), filepath.Separator)
	fmt.Fprintf(w, "  input        %s%c (%s files; what was planted: %s)\n", filepath.Join(d.dir, "inbox"), filepath.Separator,
		grouped(int64(d.files)), filepath.Join(d.dir, "truth.json"))
	fmt.Fprintf(w, "\nTRY NEXT\n")
	fmt.Fprintf(w, "  %s exceptions --dir %s --period %s\n", d.self, d.dir, demoPeriod)
	fmt.Fprintf(w, "  %s query --dir %s \"select gift_id, count(*) as gifts, sum(coins) as coins from gift_events group by gift_id order by coins desc limit 5\"\n", d.self, d.dir)
	fmt.Fprintf(w, "  %s run --dir %s --period %s   # the same files again: nothing changes\n", d.self, d.dir, demoPeriod)
}

// writeIndented writes a table two columns in.
func writeIndented(w io.Writer, t *table.Table) {
	var b strings.Builder
	if err := t.Write(&b, "table"); err != nil {
		fmt.Fprintln(w, "  "+err.Error())
		return
	}
	for line := range strings.Lines(b.String()) {
		fmt.Fprint(w, "  "+line)
	}
}
