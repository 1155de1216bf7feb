package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"carat/jobs"
	"carat/jobs/books"
	"carat/jobs/creators"
	"carat/jobs/ingest"
	"carat/jobs/reconcile"
	"carat/sql"
)

// runObject is what `carat run --format json` prints: a contract.
type runObject struct {
	Period     string              `json:"period"`
	RunID      string              `json:"run_id"`
	Status     string              `json:"status"`
	Controls   []reconcile.Control `json:"controls"`
	Batches    []runBatch          `json:"batches"`
	Statements int64               `json:"statements"`
	Seconds    json.Number         `json:"seconds"`
	Exceptions runCounts           `json:"exceptions"`
}

// runCounts are the exceptions by severity, and what of them was decided.
type runCounts struct {
	Block         int64 `json:"block"`
	BlockWaived   int64 `json:"block_waived"`
	Review        int64 `json:"review"`
	ReviewWaived  int64 `json:"review_waived"`
	ReviewDecided int64 `json:"review_decided"` // and not waived
	Monitor       int64 `json:"monitor"`
}

// runBatch is a file that this run took in.
type runBatch struct {
	BatchID       string `json:"batch_id"`
	File          string `json:"file"`
	Feed          string `json:"feed"`
	Format        string `json:"format"`
	RowsRead      int64  `json:"rows_read"`
	RowsAccepted  int64  `json:"rows_accepted"`
	RowsRejected  int64  `json:"rows_rejected"`
	RowsDuplicate int64  `json:"rows_duplicate"`
	RowsLeftOut   int64  `json:"rows_left_out"`
}

// runCommand is `carat run --period P`: ingest, reconcile, statements.
func runCommand(a *app) *cobra.Command {
	var period string
	var verbose bool
	cmd := &cobra.Command{
		Use:   "run --period 2026-10",
		Short: "ingest, reconcile, statements, close package",
		Long: `Takes in what is new in the inbox, reconciles the period and writes its
statements and its close package. Exit code 4 says that a blocking control
found something, 3 that a file could not be taken in; the rest was done all the
same. The files are told in one line; --verbose lists them.`,
		Example: `  carat run --period 2026-10
  carat run --period 2026-10 --verbose
  carat run --period 2026-10 --format json > run.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			p := a.progress()
			p.quiet = !verbose
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := jobs.Run(cmd.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: month})
			p.clear()
			if r == nil {
				return err
			}
			creators.AfterIngest(cmd.Context(), s)
			tellIgnored(p, r.Ingest.Ignored)
			fresh, known := newFiles(r.Ingest.Files)
			if known > 0 {
				p.tell(books.Event{Step: "ingest", Note: numbered(known, "files") + map[bool]string{true: " was", false: " were"}[known == 1] + " ingested before"})
			}
			if r.Reconcile == nil {
				return err
			}
			a.tellSignOff("run", r.Reconcile)
			a.tellSettings("run", r.Reconcile)
			took := a.clock().Sub(a.now)
			err = errors.Join(err, a.writeRun(r, fresh, verbose, took))
			if r.Reconcile.Status == books.StatusBlocked {
				err = errors.Join(err, r.Reconcile.Blocked())
			}
			return err
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringVar(&period, "period", "", "the month to run, such as 2026-10")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list every file that was taken in")
	return cmd
}

func (a *app) writeRun(r *jobs.RunResult, fresh []ingest.FileResult, verbose bool, took time.Duration) error {
	switch a.format {
	case "json":
		return writeRunJSON(a.stdout, r, took)
	case "csv":
		return controlsTable(r.Reconcile.Controls, a.format == "csv").Write(a.stdout, a.format)
	}
	switch {
	case len(fresh) > 0 && !verbose:
		fmt.Fprintln(a.stdout, filesLine(fresh)+"\n")
	case len(fresh) > 0:
		if err := filesTable(fresh, a.format != "table").Write(a.stdout, a.format); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout)
	}
	if err := controlsTable(r.Reconcile.Controls, a.format == "csv").Write(a.stdout, a.format); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "\n%s is %s (run %s, %s seconds)\n%s\n",
		r.Reconcile.Period, r.Reconcile.Verdict.Words(), r.Reconcile.RunID, seconds(took), r.Reconcile.Verdict.Counts())
	fmt.Fprint(a.stdout, r.Reconcile.Verdict.Unknown()+r.Reconcile.Verdict.LeftOut())
	if err != nil || r.Statements == nil { // the error that left them out is told beside this
		return err
	}
	if r.Statements.Folder == "" {
		_, err = fmt.Fprintf(a.stdout, "%s, whose files are made on demand: `carat statements --period %s`\n", numbered(r.Statements.Statements, "statements"), r.Reconcile.Period)
	} else {
		_, err = fmt.Fprintf(a.stdout, "%s in %s\n", numbered(r.Statements.Statements, "statements"), r.Statements.Folder)
	}
	if err != nil || r.Package == nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "close package in %s\n", filepath.Dir(r.Package.Files[0]))
	return err
}

// filesLine tells in one line what became of the files.
func filesLine(files []ingest.FileResult) string {
	var read, rejected, duplicate, refused int64
	for _, f := range files {
		read, rejected, duplicate = read+f.RowsRead, rejected+f.RowsRejected, duplicate+f.RowsDuplicate
		if f.Result != ingest.FileIngested {
			refused++
		}
	}
	line := numbered(int64(len(files))-refused, "files") + " taken in, " + numbered(read, "rows")
	for _, one := range []struct {
		n    int64
		what string
	}{{rejected, " rejected"}, {duplicate, " duplicate"}} {
		if one.n > 0 {
			line += ", " + grouped(one.n) + one.what
		}
	}
	if refused > 0 {
		line += "; " + numbered(refused, "files") + " not taken in"
	}
	return line
}

func writeRunJSON(w io.Writer, r *jobs.RunResult, took time.Duration) error {
	o := runObject{
		Period: string(r.Reconcile.Period), RunID: r.Reconcile.RunID, Status: r.Reconcile.Status, Controls: r.Reconcile.Controls,
		Batches: []runBatch{}, Seconds: seconds(took),
	}
	v := r.Reconcile.Verdict
	o.Exceptions = runCounts{v.Block, v.BlockWaived, v.Review, v.ReviewWaived, v.ReviewDecided, v.Monitor}
	if r.Statements != nil {
		o.Statements = r.Statements.Statements
	}
	if o.Controls == nil {
		o.Controls = []reconcile.Control{}
	}
	for _, f := range r.Ingest.Files {
		if f.Result == ingest.FileIngested {
			o.Batches = append(o.Batches, runBatch{f.Batch, f.File, f.Feed, f.Format, f.RowsRead, f.RowsAccepted, f.RowsRejected, f.RowsDuplicate, f.RowsLeftOut})
		}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(o)
}

// seconds writes a duration as seconds with two places.
func seconds(d time.Duration) json.Number {
	hundredths := d.Round(10*time.Millisecond) / (10 * time.Millisecond)
	return json.Number(fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100))
}

// newFiles leaves out the files that the lake held already, and counts them.
func newFiles(files []ingest.FileResult) (fresh []ingest.FileResult, known int64) {
	for _, f := range files {
		if f.Result == ingest.FileKnown {
			known++
		} else {
			fresh = append(fresh, f)
		}
	}
	return fresh, known
}
