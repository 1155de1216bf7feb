package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs"
	"carat/pipeline"
	"carat/reports"
)

// formatFlag adds --format to a verb that prints a table.
func (a *app) formatFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.format, "format", "table", strings.Join(reports.Formats(), ", "))
	cmd.PreRunE = func(*cobra.Command, []string) error { return chosen("format", a.format, reports.Formats()...) }
}

// setting reads the configuration for a job.
func (a *app) setting(p *progress) (jobs.Setting, error) {
	c, err := jobs.LoadConfig(a.dir)
	if err != nil {
		return jobs.Setting{}, err
	}
	return jobs.Setting{Config: c, Now: a.now, Who: a.who, Progress: p.tell}, nil
}

// blocked is the error of a period that blocking controls hold up.
func blocked(p pipeline.Period, controls []jobs.Control) error {
	var names []string
	for _, c := range controls {
		if c.Severity == "block" && c.Exceptions > 0 {
			names = append(names, c.Control)
		}
	}
	return pipeline.Errorf(pipeline.KindBlocked, "reconcile", string(p), "blocked by %s", strings.Join(names, ", ")).
		WithHint("see `carat exceptions --period %s`", p)
}

func controlsTable(controls []jobs.Control) *reports.Table {
	t := &reports.Table{Columns: []reports.Column{
		{Name: "control"}, {Name: "severity"}, {Name: "checked", Kind: reports.Number}, {Name: "exceptions", Kind: reports.Number}, {Name: "result"},
	}}
	for _, c := range controls {
		t.Rows = append(t.Rows, []any{c.Control, c.Severity, c.Checked, c.Exceptions, c.Result})
	}
	return t
}

func filesTable(files []jobs.FileResult) *reports.Table {
	t := &reports.Table{Columns: []reports.Column{
		{Name: "file"}, {Name: "feed"}, {Name: "format"}, {Name: "result"}, {Name: "batch_id"},
		{Name: "rows_read", Kind: reports.Number}, {Name: "rows_accepted", Kind: reports.Number},
		{Name: "rows_rejected", Kind: reports.Number}, {Name: "rows_duplicate", Kind: reports.Number},
	}}
	for _, f := range files {
		t.Rows = append(t.Rows, []any{f.File, f.Feed, absent(f.Format), f.Result, absent(f.Batch), f.RowsRead, f.RowsAccepted, f.RowsRejected, f.RowsDuplicate})
	}
	return t
}

// absent makes an empty text an absent cell.
func absent(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// tellIgnored says which files of the inbox are no input.
func tellIgnored(p *progress, ignored []jobs.IgnoredFile) {
	for _, i := range ignored {
		p.tell(jobs.Event{Step: "ingest", Object: i.Name, Note: "left alone: " + i.Reason})
	}
}

// tell writes a line to stderr.
func (a *app) tell(line string) { fmt.Fprintln(a.stderr, "carat: "+printable(line)) }
