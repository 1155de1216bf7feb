package feed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/packing"
	"carat/pipeline/feed/published"
	"carat/pipeline/feed/typed"
	"carat/pipeline/feed/view"
	"carat/pipeline/feed/workbook"
)

// job is one file being read.
type job struct {
	in     Input
	opts   *Options
	schema *typed.Schema
	task   *typed.Task
	format Format
	live   *published.LiveCounts
	header []string // columns that were ignored, as the header says
	notes  []string // what a person should know of the file
	left   []pipeline.LeftOut
}

// Read reads the file and hands its rows to the sink. T is a row type of the
// domain package and decides the feed; the file's content decides the format.
// It is ReadFeed for callers that name the row type.
func Read[T any](ctx context.Context, in Input, opts Options, sink pipeline.Sink[T]) (Report, error) {
	f, ok := pipeline.FeedOf[T]()
	if !ok {
		return Report{}, pipeline.Errorf(pipeline.KindInternal, "read", fmt.Sprintf("%T", *new(T)), "no feed has this row type")
	}
	return ReadFeed(ctx, f, in, opts, pipeline.ToAny(sink))
}

// ReadFeed reads a file of the feed and hands its rows to the sink; the file's
// content decides the format.
//
// Every block that it opens it closes, also after an error; a block may end
// without a row. An error means that nothing of the file is to be committed:
// KindBadInput says what is wrong with the file, anything else is the machine's,
// the sink's, or the context's. Where the file was read to its end and has too many
// rejects, the report is there beside the error, for whoever shows what is wrong.
func ReadFeed(ctx context.Context, f pipeline.Feed, in Input, opts Options, sink pipeline.AnySink) (Report, error) {
	if opts.Zone == nil || opts.Calendar == nil || opts.Entity == "" {
		return Report{}, pipeline.Errorf(pipeline.KindInternal, "read", in.Name, "no entity, zone or calendar was given")
	}
	if opts.BlockBytes <= 0 {
		opts.BlockBytes = DefaultBlockBytes
	}
	format, err := recognise(in.File, in.Name, f.Name, &opts)
	if err != nil {
		return Report{}, err
	}
	if l := format.layout; l != nil && l.TimeZone != "" {
		if opts.Zone, err = time.LoadLocation(l.TimeZone); err != nil {
			return Report{}, pipeline.Errorf(pipeline.KindUsage, "read", in.Name, "%s: no time zone is called %q", l.Called(), l.TimeZone)
		}
	}
	s, rejects := typed.NewSchema(f), newRejectCounter(in.Name, &opts)
	j := &job{in: in, opts: &opts, schema: s, format: format, task: &typed.Task{Schema: s, Name: in.Name, BatchID: opts.BatchID,
		IngestedAt: opts.IngestedAt, Entity: opts.Entity, Zone: opts.Zone, Calendar: opts.Calendar, Workers: opts.Workers,
		Sink: sink, OnRejects: rejects.take, Alike: &typed.Alike{}, AnyAddress: opts.AnyAddress}}
	if a, ok := adapterOf(format.Name); ok {
		j.task.Fine = a.Fine
	}
	if f.Name == "balances" {
		j.task.Opens = opts.Calendar.Start(opts.FirstPeriod)
	}
	total, err := j.run(ctx)
	if err != nil {
		return Report{}, err
	}
	report, err := j.report(total)
	if rejects.refused != nil {
		return report, rejects.refused
	}
	return report, err
}

func (j *job) run(ctx context.Context) (typed.Result, error) {
	raw, err := packing.NewRaw(ctx, j.in.File, j.in.Name, j.in.Tee, j.opts.Progress)
	if err != nil {
		return typed.Result{}, err
	}
	if j.format.Name == formatParquet {
		if err := checkParquetEnd(j.in); err != nil { // before all of it is kept
			return typed.Result{}, err
		}
	}
	if j.format.Name == formatParquet || j.format.Name == formatXLSX || j.format.Compression == packing.Zip {
		if err := raw.Drain(); err != nil { // read out of order below
			return typed.Result{}, packing.Broken(j.in.Name, j.format.Compression, raw, err)
		}
		if j.format.Name == formatXLSX && j.format.layout != nil && j.format.layout.SQL != "" {
			return typed.Result{}, lex.BadFile(j.in.Name, 0, "%s: its sql reads delimited text, and this is a workbook", j.format.layout.Called()).WithHint("have it exported as CSV")
		}
		if j.format.Name == formatXLSX && !j.opts.Again {
			if err := j.onlySheet(); err != nil {
				return typed.Result{}, err
			}
		}
		if j.format.Name == formatXLSX && j.format.layout != nil {
			return readReport(ctx, j, func(r *published.Report) error {
				return j.format.layout.ReadSheet(ctx, r, j.in.File, j.in.Size, j.opts.Sheet, j.opts.Zone)
			}, strings.NewReader("-"), nil)
		}
		if j.format.Name == formatXLSX {
			total, unknown, err := workbook.Read(ctx, j.task, j.in.File, j.in.Size, j.opts.Sheet)
			j.header = unknown
			return total, err
		}
		if j.format.Name == formatParquet {
			return readParquet(ctx, j)
		}
		text, err := packing.OpenZip(j.in.File, j.in.Size, j.in.Name)
		if err != nil {
			return typed.Result{}, err
		}
		defer text.Close()
		return j.text(ctx, text, func(err error) error {
			return packing.Broken(j.in.Name, packing.Zip, nil, err)
		})
	}
	wrap := func(err error) error { return packing.Broken(j.in.Name, j.format.Compression, raw, err) }
	text, release, err := packing.Unpack(raw, j.format.Compression)
	if err != nil {
		return typed.Result{}, wrap(err)
	}
	defer release()
	if j.format.Compression != packing.Plain {
		text = &packing.Unfolding{Text: text, Raw: raw}
	}
	total, err := j.text(ctx, text, wrap)
	if err != nil {
		return typed.Result{}, err
	}
	if err := raw.Drain(); err != nil {
		return typed.Result{}, wrap(err)
	}
	return total, nil
}

// text reads a format that is text.
func (j *job) text(ctx context.Context, src io.Reader, wrap func(error) error) (typed.Result, error) {
	a, known := adapterOf(j.format.Name)
	if known && !a.Lines {
		return readReport(ctx, j, a.Read, src, wrap)
	}
	if j.format.Name == FormatLayout {
		return j.layoutText(ctx, src, wrap)
	}
	quoted := j.format.Name == formatCSV
	if !quoted && !known && j.format.Name != formatNDJSON {
		return typed.Result{}, pipeline.Errorf(pipeline.KindInternal, "read", j.in.Name, "no reader for %s", j.format.Name)
	}
	if j.format.encoding != "" {
		src, wrap = lex.Strict(lex.DecodeText(src, j.format.encoding), j.in.Name), ownErrors(wrap)
	}
	if j.format.Name == formatNDJSON || a.Elements {
		src, wrap = lex.Elements(src, j.in.Name), ownErrors(wrap)
	}
	cut := lex.NewCutter(src, j.in.Name, j.opts.BlockBytes, quoted, wrap)
	if j.format.Compression == packing.Plain {
		cut.Hint = int(min(j.in.Size, int64(j.opts.BlockBytes)))
	}
	if err := cut.SkipBOM(); err != nil {
		return typed.Result{}, err
	}
	if len(cut.Carry) == 0 {
		if cut.Err != nil && !errors.Is(cut.Err, io.EOF) {
			return typed.Result{}, wrap(cut.Err)
		}
		return typed.Result{}, lex.EmptyFile(j.in.Name)
	}
	if known {
		return readLines(ctx, j, a.Read, cut)
	}
	if !quoted {
		return typed.RunBlocks(ctx, j.task, cut, ndjsonParse(j.in.Name))
	}
	record, line, err := cut.First()
	if errors.Is(err, io.EOF) {
		return typed.Result{}, lex.EmptyFile(j.in.Name)
	}
	if err != nil {
		return typed.Result{}, err
	}
	layout, unknown, err := csvHeader(j.schema, j.in.Name, record, line)
	if err != nil {
		return typed.Result{}, err
	}
	j.header = unknown
	return typed.RunBlocks(ctx, j.task, cut, csvParse(j.in.Name, layout))
}

// layoutText reads a text by its layout.
func (j *job) layoutText(ctx context.Context, src io.Reader, wrap func(error) error) (typed.Result, error) {
	l := j.format.layout
	if l.SQL != "" {
		if j.format.objects {
			return typed.Result{}, lex.BadFile(j.in.Name, 0, "%s: its sql reads delimited text, and this is JSON", l.Called())
		}
		return readReport(ctx, j, func(r *published.Report) error { return view.Read(ctx, l, r, j.opts.View) }, src, ownErrors(wrap))
	}
	if !j.format.objects {
		return readReport(ctx, j, func(r *published.Report) error { return l.ReadText(r, j.opts.Zone) }, src, wrap)
	}
	rows := lex.Elements(src, j.in.Name)
	if l.Rows != "" {
		rows = lex.ElementsAt(src, j.in.Name, l.Rows)
	}
	return readReport(ctx, j, func(r *published.Report) error { return l.ReadObjects(r, j.opts.Zone) }, rows, ownErrors(wrap))
}

// ownErrors lets the errors of a file pass that say already what is wrong with it.
func ownErrors(wrap func(error) error) func(error) error {
	return func(err error) error {
		var e *pipeline.Error
		if errors.As(err, &e) {
			return e
		}
		return wrap(err)
	}
}

// report judges the file as a whole.
func (j *job) report(total typed.Result) (Report, error) {
	r := Report{
		Format:         j.format,
		RowsRead:       total.Accepted + total.Rejected,
		RowsAccepted:   total.Accepted,
		RowsRejected:   total.Rejected,
		ControlTotals:  map[string]string{},
		UnknownColumns: append(j.header, total.Unknown...),
		Live:           j.live,
		Notes:          j.notes,
		LeftOut:        j.left,
		Layout:         j.format.layout,
	}
	for _, l := range j.left {
		r.RowsLeftOut += l.Rows
	}
	r.RowsRead += r.RowsLeftOut
	if total.Twice > 0 {
		r.Notes = append(r.Notes, published.Twice(total.Twice, total.TwiceFirst, j.opts.Zone.String()))
	}
	if total.Beside > 0 {
		r.Notes = append(r.Notes, besideOpening(total.Beside, total.BesideFirst, j.task.Opens, j.opts.FirstPeriod))
	}
	_, known := adapterOf(j.format.Name)
	r.Notes = append(r.Notes, total.Fine.Notes(known)...)
	if total.FirstEvent != typed.NoTime && !j.schema.Feed.Reference {
		r.FirstEvent = time.UnixMicro(total.FirstEvent).UTC()
	}
	for i, c := range j.schema.Columns {
		if total.Summed[i] {
			r.ControlTotals[c.Name] = pipeline.DecimalText(total.Sums[i].Big(), c.Digits)
		}
	}
	if note := j.task.Alike.Note(); note != "" {
		r.Notes = append(slices.Clone(r.Notes), note)
	}
	if err := j.checkShare(r, total.Rejected-total.Conflicts, total.FirstReject); err != nil {
		return r, err
	}
	if j.opts.Totals != nil {
		if err := j.opts.Totals.compare(j.in.Name, r.RowsRead, j.totals(r.ControlTotals, j.left)); err != nil {
			return Report{}, err
		}
	}
	if a, b, found := typed.Overlap(total.Ranges); found {
		return Report{}, lex.BadFile(j.in.Name, b.Line, "its range [%s, %s) overlaps that of %s, [%s, %s), for the same key",
			typed.Instant(b.From), typed.Instant(b.To), lex.Place(j.in.Name, a.Line), typed.Instant(a.From), typed.Instant(a.To)).
			WithHint("end the earlier range where the later begins, or leave valid_to empty")
	}
	return r, nil
}

// besideOpening says of balances that are nearly as of the first month's start what it is:
// midnight in UTC isn't midnight everywhere.
func besideOpening(count, first, opens int64, period pipeline.Period) string {
	balances := fmt.Sprintf("%d balances are, the first as of %s,", count, typed.Instant(first))
	if count == 1 {
		balances = "1 balance is, as of " + typed.Instant(first) + ","
	}
	return balances + fmt.Sprintf(" less than a day from %s, when %s begins here: an opening is as of that instant; a later one opens nothing, and an earlier one misses what came between", typed.Instant(opens), period)
}

// totals are the sums of the whole file, what was left out of it too, with a zero
// for the columns that had no number.
func (j *job) totals(sums map[string]string, left []pipeline.LeftOut) map[string]string {
	all := map[string]string{}
	for _, c := range j.schema.Columns {
		if c.Kind == pipeline.ColumnNumber {
			all[c.Name] = "0"
		}
	}
	for name, sum := range sums {
		all[name] = sum
	}
	for _, l := range left {
		for name, sum := range l.Sums {
			a, _ := lex.PlainDecimal(all[name])
			b, _ := lex.PlainDecimal(sum)
			all[name] = ratText(a.Add(a, b))
		}
	}
	return all
}

// checkShare compares rejected / read with the share that is tolerated, by
// cross-multiplication: exactly. Rows whose key came before count as little as those
// whose key the lake has.
func (j *job) checkShare(r Report, rejected int64, first *pipeline.Reject) error {
	aHi, aLo := bits.Mul64(uint64(rejected), 1_000_000_000)
	bHi, bLo := bits.Mul64(uint64(r.RowsRead), uint64(max(0, j.opts.MaxRejectShare)))
	if aHi < bHi || aHi == bHi && aLo <= bLo {
		return nil
	}
	column := first.Column
	if column == "" {
		column = "the row"
	}
	return lex.BadFile(j.in.Name, 0, "%d of %d rows are rejected, more than max_reject_share %s allows; the first is %s: %s: %q is %s, expected %s",
		r.RowsRejected, r.RowsRead, j.opts.MaxRejectShare, lex.Place(j.in.Name, first.SourceLine), column, first.Value, first.Code, first.Expected).
		WithHint("nothing of it was ingested: have it corrected where it is made, or say in carat.yaml how it is to be read (docs/formats.md), and ingest it again")
}
