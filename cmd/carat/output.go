package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/ingest"
	"carat/jobs/names"
	"carat/jobs/reconcile"
	"carat/pipeline/spelling"
	"carat/reports/table"
)

// formatFlag adds --format to a verb that prints a table.
func (a *app) formatFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.format, "format", "table", strings.Join(table.Formats(), ", "))
	cmd.PreRunE = func(*cobra.Command, []string) error { return chosen("format", a.format, table.Formats()...) }
}

// setting reads the configuration for a job.
func (a *app) setting(p *progress) (books.Setting, error) {
	c, err := config.Load(a.dir)
	if err != nil {
		return books.Setting{}, err
	}
	if err := c.FillSecrets(a.variable); err != nil {
		return books.Setting{}, err
	}
	a.secrets = c.Secrets()
	return a.settingOf(c, p.tell), nil
}

// settingOf is what every job is given: who runs it, when, and with which
// arguments, for the record.
func (a *app) settingOf(c *config.Config, progress books.Progress) books.Setting {
	by := books.Actor{User: a.user, OSUser: a.osUser}
	if name, err := names.User(a.user); err == nil {
		by.User = name // else the job refuses it, as it was written
	}
	if strings.TrimSpace(a.user) == "" {
		by.User = userOf(a.osUser)
	}
	if c != nil { // restoring has none yet
		c.SQLApart = true
	}
	return books.Setting{Config: c, Now: a.now, Progress: a.trace.progress(progress), By: by, Arguments: a.arguments, Build: version, Clock: a.clock,
		Variable: a.variable, Apart: true, Fault: a.fault, Signer: a.ring().Signer}
}

// controlsTable is the table of controls; for programs with what was not
// compared, which people are told beneath it.
func controlsTable(controls []reconcile.Control, programs bool) *table.Table {
	t := &table.Table{Columns: []table.Column{
		{Name: "control"}, {Name: "severity"}, {Name: "checked", Kind: table.Number}, {Name: "exceptions", Kind: table.Number}, {Name: "result"},
	}}
	if programs {
		t.Columns = append(t.Columns, table.Column{Name: "not_compared", Kind: table.Number}, table.Column{Name: "not_compared_reason"})
	}
	for _, c := range controls {
		row := []any{c.Control, c.Severity, c.Checked, c.Exceptions, c.Result}
		if programs {
			row = append(row, whole(c.NotCompared), text(c.NotComparedReason))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// filesTable is the table of files; for programs with what was left out, which
// people are shown where there is some.
func filesTable(files []ingest.FileResult, programs bool) *table.Table {
	t := &table.Table{Columns: []table.Column{
		{Name: "file"}, {Name: "feed"}, {Name: "format"}, {Name: "result"}, {Name: "batch_id"},
		{Name: "rows_read", Kind: table.Number}, {Name: "rows_accepted", Kind: table.Number},
		{Name: "rows_rejected", Kind: table.Number}, {Name: "rows_duplicate", Kind: table.Number},
	}}
	leftOut := programs || slices.ContainsFunc(files, func(f ingest.FileResult) bool { return f.RowsLeftOut > 0 })
	if leftOut {
		t.Columns = append(t.Columns, table.Column{Name: "rows_left_out", Kind: table.Number})
	}
	for _, f := range files {
		row := []any{f.File, f.Feed, absent(f.Format), f.Result, absent(f.Batch), f.RowsRead, f.RowsAccepted, f.RowsRejected, f.RowsDuplicate}
		if leftOut {
			row = append(row, f.RowsLeftOut)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// whole makes an absent number an absent cell.
func whole(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

// text makes an absent text an absent cell.
func text(t *string) any {
	if t == nil {
		return nil
	}
	return *t
}

// absent makes an empty text an absent cell.
func absent(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// tellIgnored says which files of the inbox are no input.
func tellIgnored(p *progress, ignored []ingest.IgnoredFile) {
	for _, i := range ignored {
		p.tell(books.Event{Step: "ingest", Object: i.Name, Note: "left alone: " + i.Reason})
	}
}

// tellSignOff says that a prepared period must be prepared again.
func (a *app) tellSignOff(verb string, r *reconcile.Result) {
	if r.SignOffFell != "" {
		a.tell(verb + " " + string(r.Period) + ": the sign-off fell away: " + r.SignOffFell)
	}
}

// tellSettings tells what was set otherwise in the run before, a line each.
func (a *app) tellSettings(verb string, r *reconcile.Result) {
	for _, one := range r.Changed.Says() {
		a.tell(verb + " " + string(r.Period) + ": " + one)
	}
}

// tell writes a line to stderr.
func (a *app) tell(line string) {
	fmt.Fprintln(a.stderr, "carat: "+printable(spelling.Redact(line, a.secrets...)))
}
