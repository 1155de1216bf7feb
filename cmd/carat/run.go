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
	cmd := &cobra.Command{
		Use:   "run --period 2026-10",
		Short: "ingest, reconcile, statements, close package",
		Long: `Takes in what is new in the inbox, reconciles the period and writes its
statements and its close package. Exit code 4 says that a blocking control
found something, 3 that a file could not be taken in; the rest was done all the
same.`,
		Example: `  carat run --period 2026-10
  carat run --period 2026-10 --format json > run.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			month, err := parsePeriod(cmd, period)
			if err != nil {
				return err
			}
			p := a.progress()
			s, err := a.setting(p)
			if err != nil {
				return err
			}
			r, err := jobs.Run(cmd.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: month})
			p.clear()
			if r == nil {
				return err
			}
			tellIgnored(p, r.Ingest.Ignored)
			fresh, known := newFiles(r.Ingest.Files)
			if known > 0 {
				p.tell(books.Event{Step: "ingest", Note: grouped(known) + " files were ingested before"})
			}
			if r.Reconcile == nil {
				return err
			}
			a.tellSignOff("run", r.Reconcile)
			took := a.clock().Sub(a.now)
			err = errors.Join(err, a.writeRun(r, fresh, took))
			if r.Reconcile.Status == books.StatusBlocked {
				err = errors.Join(err, r.Reconcile.Blocked())
			}
			return err
		},
	}
	a.formatFlag(cmd)
	cmd.Flags().StringVar(&period, "period", "", "the month to run, such as 2026-10")
	return cmd
}

func (a *app) writeRun(r *jobs.RunResult, fresh []ingest.FileResult, took time.Duration) error {
	switch a.format {
	case "json":
		return writeRunJSON(a.stdout, r, took)
	case "csv":
		return controlsTable(r.Reconcile.Controls, a.format == "csv").Write(a.stdout, a.format)
	}
	if len(fresh) > 0 {
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
	_, err = fmt.Fprintf(a.stdout, "%s statements in %s\n", grouped(r.Statements.Statements), r.Statements.Folder)
	if err != nil || r.Package == nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "close package in %s\n", filepath.Dir(r.Package.Files[0]))
	return err
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
