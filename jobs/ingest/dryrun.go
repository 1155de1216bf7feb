package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"carat/jobs/books"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/feed"
	"carat/pipeline/lake"
)

// dryRows is how many rows a dry run shows.
const dryRows = 10

// DryFile is what would become of a file.
type DryFile struct {
	FileResult
	LayoutSHA256 string            `json:"layout_sha256"` // "" without a layout
	Layout       string            `json:"layout"`
	Columns      []string          `json:"columns"`   // of Rows
	Rows         [][]string        `json:"rows"`      // the first good ones, as carat sees them
	Sums         map[string]string `json:"sums"`      // of the rows that would come in
	SumsRead     map[string]string `json:"sums_read"` // of all rows that were read: rejected ones and duplicates too
	// SumsOf are Sums by currency, of columns that are money.
	SumsOf  map[string]map[string]string `json:"sums_by_currency,omitempty"`
	Rejects []DryReject                  `json:"rejects"`
	LeftOut []pipeline.LeftOut           `json:"left_out"`
	Notes   []string                     `json:"notes"`
}

// DryReject is why some rows would be rejected.
type DryReject struct {
	Code     string `json:"code"`
	Column   string `json:"column"`
	Rows     int64  `json:"rows"`
	Line     int64  `json:"line"` // of the first
	Value    string `json:"value"`
	Expected string `json:"expected"`
}

// What would become of a file.
const (
	FileWouldIngest = "would be ingested"
	FileWouldFail   = "would fail"
)

// DryRun says what Files would do with some files, and writes nothing: what it
// needs lies in a temporary folder. Rows are compared with the history, and not
// with the other files. A file that would fail is a result, with its rejects and first
// rows where it could be read to its end; its error is part of the returned one.
func DryRun(ctx context.Context, o Options) (files []DryFile, err error) {
	inputs, ignored, err := o.inputs()
	if err != nil {
		return nil, err
	}
	d := &dryRun{Setting: o.Setting, calendar: pipeline.NewCalendar(o.Config.Zone, o.Config.FirstPeriod)}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	var failures []error
	for _, one := range ignored {
		if one.Near {
			f := failed(InputFile{Name: one.Name}, one.err())
			f.Result = FileWouldFail
			files, failures = append(files, DryFile{FileResult: f}), append(failures, one.err())
		}
	}
	for _, in := range inputs {
		f, err := d.file(ctx, in)
		if err != nil && !IsFileError(err) {
			return files, err
		}
		if err != nil {
			if f.File == "" { // nothing is known of it
				f.FileResult = failed(in, err)
			}
			f.Result, f.Error = FileWouldFail, err.Error()
			failures = append(failures, err)
		}
		files = append(files, f)
	}
	return files, errors.Join(failures...)
}

// dryRun is a running one. history is nil where there is no lake.
type dryRun struct {
	books.Setting
	calendar *pipeline.Calendar
	earliest pipeline.Period
	history  *books.Books
	reader   *books.Reader
	folder   string
	scratch  *lake.Lake
	release  func() // gives back the turn of the one whose SQL runs; nil: none was taken
}

func (d *dryRun) open(ctx context.Context) (err error) {
	if books.WantLake(d.Setting) == nil {
		if d.history, err = books.OpenExisting(ctx, d.Setting, books.RightIngest); err != nil {
			return err
		}
		if d.runsSQL() { // an ingest needs none: the lake's lock lets one in
			if d.release, err = d.history.Turn(d.Setting); err != nil {
				return err
			}
		}
		closed, err := d.history.Closures(ctx, d.Config)
		if err != nil {
			return err
		}
		d.earliest = closed.First
		if closed.First != "" {
			d.earliest = closed.EarliestOpen()
		}
		d.calendar = pipeline.NewCalendar(d.Config.Zone, d.earliest)
		if d.reader, err = d.history.OpenEmpty(ctx, d.Config); err != nil {
			return err
		}
	}
	if d.folder, err = os.MkdirTemp("", "carat-dry-"); err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", disk.Cause(err))
	}
	d.scratch, err = lake.Open(ctx, lake.Config{Root: filepath.Join(d.folder, "lake")})
	return err
}

// runsSQL says whether a file may be read by SQL that a person wrote.
func (d *dryRun) runsSQL() bool {
	for _, layouts := range d.Config.Layouts() {
		if slices.ContainsFunc(layouts, func(l feed.Layout) bool { return l.SQL != "" }) {
			return true
		}
	}
	return false
}

func (d *dryRun) close() error {
	var errs []error
	if d.release != nil {
		d.release()
	}
	if d.reader != nil {
		errs = append(errs, d.reader.Close())
	}
	if d.history != nil {
		errs = append(errs, d.history.Close())
	}
	if d.scratch != nil {
		errs = append(errs, d.scratch.Close())
	}
	if d.folder != "" {
		errs = append(errs, os.RemoveAll(d.folder))
	}
	return errors.Join(errs...)
}

// nextBatch is what the batch would be called.
func (d *dryRun) nextBatch() string {
	if d.history != nil {
		return d.history.Lake.NextBatchID()
	}
	return d.scratch.NextBatchID()
}

// file reads one file as it would be ingested.
func (d *dryRun) file(ctx context.Context, in InputFile) (r DryFile, err error) {
	if in.Refused != "" {
		return r, pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%s", in.Refused)
	}
	table, ok := pipeline.FeedByName(in.Feed)
	if !ok {
		return r, pipeline.Errorf(pipeline.KindInternal, "ingest", in.Name, "no row type for feed %q", in.Feed)
	}
	f, size, err := openInput(in)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if d.history != nil {
		known, note, err := (&ingestion{Books: d.history, Setting: d.Setting}).known(ctx, in, f, size)
		if err != nil || known.Result != "" {
			r.FileResult = known
			if note != "" {
				r.Notes = append(r.Notes, note)
			}
			return r, err
		}
	}
	totals, err := readTotals(in)
	if err != nil {
		return r, err
	}
	id := d.nextBatch()
	stage, err := lake.StageFeed(ctx, d.scratch, table, id)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, stage.Discard()) }()
	o := readOptions(d.Config, in, in.Name)
	o.BatchID, o.IngestedAt, o.Calendar, o.FirstPeriod, o.MaxRejectShare, o.Totals = id, d.Now.UnixMicro(), d.calendar, d.Config.FirstPeriod, d.Config.MaxRejectShare, totals
	o.Look = true
	counted := map[[2]string]*DryReject{}
	o.OnRejects = func(list []pipeline.Reject) error { countRejects(counted, list); return nil }
	if d.history != nil {
		o.Held = d.history.HeldLines(ctx, books.Latest, func(context.Context) (*engine.Engine, error) { return d.reader.Engine, nil })
	}
	report, err := feed.ReadFeed(ctx, table, feed.Input{Path: in.Path, Name: in.Name, File: f, Size: size, Tee: io.Discard}, o, stage)
	refused := withNextStep(err)
	if refused != nil && report.RowsRead == 0 {
		return r, refused
	}
	r = DryFile{FileResult: FileResult{File: in.Name, Feed: in.Feed, Format: report.Format.String(), Result: FileWouldIngest, RowsRead: report.RowsRead,
		RowsAccepted: report.RowsAccepted, RowsRejected: report.RowsRejected, RowsLeftOut: report.RowsLeftOut}, Sums: map[string]string{}, SumsRead: report.ControlTotals, LeftOut: report.LeftOut, Notes: report.Notes}
	if len(report.UnknownColumns) > 0 {
		r.Notes = append(r.Notes, "columns that carat does not know are ignored: "+strings.Join(report.UnknownColumns, ", "))
	}
	if report.Layout != nil {
		r.Layout, r.LayoutSHA256 = report.Layout.Text(), report.Layout.SHA256()
	}
	here := &hereAlready{made: report.Layout != nil && report.Layout.ContentID}
	if err := d.compare(ctx, table, stage, &r, counted, here); err != nil {
		return r, err
	}
	if d.history != nil {
		sources, err := here.sources(ctx, d.history.Lake)
		if err != nil {
			return r, err
		}
		if note := here.note(r.RowsRead, sources); note != "" {
			r.Notes = append(r.Notes, note)
		}
	}
	if note := here.twice(); note != "" {
		r.Notes = append(r.Notes, note)
	}
	for _, one := range counted {
		r.Rejects = append(r.Rejects, *one)
	}
	sort.Slice(r.Rejects, func(i, j int) bool {
		a, b := r.Rejects[i], r.Rejects[j]
		return a.Rows > b.Rows || a.Rows == b.Rows && a.Code+a.Column < b.Code+b.Column
	})
	return r, refused
}

func countRejects(counted map[[2]string]*DryReject, list []pipeline.Reject) {
	for _, one := range list {
		key := [2]string{one.Code, one.Column}
		if counted[key] == nil {
			counted[key] = &DryReject{Code: one.Code, Column: one.Column, Line: one.SourceLine, Value: one.Value, Expected: one.Expected}
		}
		counted[key].Rows++
	}
}

// compare counts the rows that are here already, and takes the first ones to show.
func (d *dryRun) compare(ctx context.Context, table pipeline.Feed, stage lake.FeedStage, r *DryFile, counted map[[2]string]*DryReject, here *hereAlready) error {
	for column := range r.SumsRead {
		r.Sums[column] = "0"
	}
	if r.RowsAccepted == 0 {
		return nil
	}
	r.RowsAccepted -= stage.Duplicates()
	r.RowsDuplicate += stage.Duplicates()
	within, err := stage.KeysMayRepeat()
	if err != nil {
		return err
	}
	if d.reader == nil {
		if d.reader, err = openAlone(ctx, d.Setting); err != nil {
			return err
		}
	}
	staged, err := d.scratch.Table(ctx, table.Name, books.Latest)
	if err != nil {
		return err
	}
	staged.Name, staged.Files = "dry_run", stage.Files()
	if r.Columns, r.Rows, err = firstRows(ctx, d.reader, table, staged); err != nil {
		return err
	}
	var history pipeline.TableFiles
	if d.history != nil {
		if history, err = d.history.Lake.Table(ctx, table.Name, books.Latest); err != nil {
			return err
		}
	}
	good, against, drop := r.RowsAccepted, map[string]int64{}, lake.NewRowSet()
	err = d.reader.Repeats(ctx, table, staged.Columns, staged.Files, history, within, func(one engine.Repeat) error {
		switch {
		case one.Identical:
			r.RowsDuplicate++
			here.add(one)
		case table.Reference:
			here.version(one, d.nextBatch())
			return nil
		default:
			r.RowsRejected++
			against[one.OtherBatch]++
			countRejects(counted, []pipeline.Reject{conflict(pipeline.Batch{Feed: table.Name, Source: r.File}, one)})
		}
		r.RowsAccepted--
		drop.Add(one.Line, one.RowKey)
		return nil
	})
	if err != nil {
		return err
	}
	if err := stage.Drop(ctx, drop); err != nil {
		return err
	}
	if staged.Files = stage.Files(); len(staged.Files) > 0 {
		if err := r.sum(ctx, d.reader, table, staged); err != nil {
			return err
		}
	}
	return allConflict(pipeline.Batch{ID: d.nextBatch(), Source: r.File, RowsRead: r.RowsRead}, good, against)
}

// openAlone opens an engine where there is no lake yet.
func openAlone(ctx context.Context, s books.Setting) (*books.Reader, error) {
	return new(books.Books).OpenEmpty(ctx, s.Config)
}

// firstRows gives the first rows of what was staged, in the columns of the feed.
func firstRows(ctx context.Context, r *books.Reader, table pipeline.Feed, staged pipeline.TableFiles) (names []string, list [][]string, err error) {
	if err := r.LoadWhere(ctx, "", []pipeline.TableFiles{staged}, nil); err != nil {
		return nil, nil, err
	}
	var texts []string
	for _, c := range table.ColumnNames() {
		i := slices.IndexFunc(staged.Columns, func(have pipeline.Column) bool { return have.Name == c })
		if i < 0 {
			continue
		}
		text := `cast("` + c + `" as varchar)`
		switch kind := staged.Columns[i].Type; {
		case strings.HasPrefix(kind, "TIMESTAMP"):
			text = `strftime("` + c + `" at time zone 'UTC', '%Y-%m-%dT%H:%M:%S') || 'Z'`
		case strings.HasPrefix(kind, "DECIMAL"):
			text = `regexp_replace(regexp_replace(` + text + `, '(\.[0-9]*?)0+$', '\1'), '\.$', '')`
		}
		names, texts = append(names, c), append(texts, "coalesce("+text+", '')")
	}
	rows, err := r.Query(ctx, fmt.Sprintf("select %s from dry_run order by source_line limit %d", strings.Join(texts, ", "), dryRows))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, into := make([]string, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		list = append(list, row)
	}
	return names, list, rows.Err()
}
