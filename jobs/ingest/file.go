package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"carat/jobs/books"
	"carat/jobs/disk"
	erasures "carat/jobs/gone"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/feed"
	"carat/pipeline/lake"
)

// file takes one file into the lake.
func (g *ingestion) file(ctx context.Context, in InputFile) (FileResult, error) {
	if in.Refused != "" {
		return FileResult{}, pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%s", in.Refused)
	}
	table, ok := pipeline.FeedByName(in.Feed)
	if !ok {
		return FileResult{}, pipeline.Errorf(pipeline.KindInternal, "ingest", in.Name, "no row type for feed %q", in.Feed)
	}
	return g.ingest(ctx, table, in)
}

// ingest takes one file of a feed into the lake: recognise, parse into a stage,
// take out what was there before, commit.
func (g *ingestion) ingest(ctx context.Context, table pipeline.Feed, in InputFile) (result FileResult, err error) {
	f, size, err := openInput(in)
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	before, err := f.Stat()
	if err != nil {
		return result, pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%w", disk.Cause(err))
	}
	if known, note, err := g.known(ctx, in, f, size); err != nil || known.Result != "" {
		if note != "" {
			g.Tell(books.Event{Step: "ingest", Object: in.Name, Note: note})
		}
		return known, err
	}
	totals, err := readTotals(in)
	if err != nil {
		return result, err
	}
	id := g.Lake.NextBatchID()
	stage, err := lake.StageFeed(ctx, g.Lake, table, id)
	if err != nil {
		return result, g.ifFull(in, err)
	}
	defer func() {
		// After an error that of giving up is no news: what is left is swept.
		if derr := stage.Discard(); err == nil {
			err = derr
		}
		err = g.ifFull(in, err)
	}()
	report, err := feed.ReadFeed(ctx, table, feed.Input{Path: in.Path, Name: in.Name, File: f, Size: size, Tee: stage.Raw()}, g.options(ctx, in, id, totals, stage.AddRejects, size), stage)
	err = withNextStep(err)
	if changed := unchangedSince(in, f, size, before); changed != nil && ctx.Err() == nil {
		return result, changed // whatever else is wrong with what was read
	}
	if err != nil {
		return result, err
	}
	g.notes(in, report)
	batch := pipeline.Batch{
		ID: id, Feed: in.Feed, Format: report.Format.String(), Source: in.Name, IngestedAt: g.Now.UTC(),
		RowsRead: report.RowsRead, RowsAccepted: report.RowsAccepted, RowsRejected: report.RowsRejected,
		RowsLeftOut: report.RowsLeftOut, LeftOut: report.LeftOut, Reading: g.Config.Reading(in.Feed, report.Format.Name, report.Layout),
		ControlTotals: report.ControlTotals, FirstEvent: report.FirstEvent, UnknownColumn: report.UnknownColumns,
		EarliestOpen: g.earliest,
	}
	if batch.SourceSHA256, batch.SourceBytes, err = stage.SHA256(); err != nil {
		return result, err
	}
	here := &hereAlready{made: report.Layout != nil && report.Layout.ContentID}
	if err := dropRepeats(ctx, g, table, stage, &batch, here); err != nil {
		return result, err
	}
	sources, err := here.sources(ctx, g.Lake)
	if err != nil {
		return result, err
	}
	for _, note := range []string{toldBefore(batch), here.note(batch.RowsRead, sources), here.twice()} {
		if note != "" {
			g.Tell(books.Event{Step: "ingest", Object: in.Name, Note: note})
		}
	}
	committed, err := stage.Commit(ctx, batch)
	if err != nil {
		return result, err
	}
	batch = committed.Batch
	if n := stage.Erased(); n > 0 {
		g.Tell(books.Event{Step: "ingest", Object: in.Name, Note: erasedNote(n)})
		if err := erasures.Keep(ctx, g.Books, batch.SourceSHA256, g.Now); err != nil {
			return result, err
		}
	}
	g.Tell(books.Event{Step: "ingest", Object: in.Name, Done: batch.RowsRead, Unit: "rows", Finished: true})
	return FileResult{
		File: in.Name, Feed: in.Feed, Format: batch.Format, Result: FileIngested, Batch: batch.ID,
		RowsRead: batch.RowsRead, RowsAccepted: batch.RowsAccepted, RowsRejected: batch.RowsRejected, RowsDuplicate: batch.RowsDuplicate,
		RowsLeftOut: batch.RowsLeftOut,
	}, nil
}

// unchangedSince refuses a file that somebody wrote to while it was read: what
// was read may be half of it.
func unchangedSince(in InputFile, f *os.File, size int64, before os.FileInfo) error {
	after, err := f.Stat()
	if err != nil {
		return pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%w", disk.Cause(err))
	}
	if after.Size() == size && after.ModTime().Equal(before.ModTime()) {
		return nil
	}
	return pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "it changed while it was read (%d bytes, then %d); nothing of it was taken", size, after.Size()).
		WithHint("write it under a name that begins with a point, rename it when it is whole, and ingest again")
}

// options say how a file is read.
func (g *ingestion) options(ctx context.Context, in InputFile, batch string, totals *feed.Totals, rejects func([]pipeline.Reject) error, size int64) feed.Options {
	o := readOptions(g.Config, in, in.Name)
	o.BatchID, o.IngestedAt, o.Calendar, o.FirstPeriod = batch, g.Now.UnixMicro(), g.calendar, g.Config.FirstPeriod
	o.MaxRejectShare, o.Totals, o.OnRejects = g.Config.MaxRejectShare, totals, rejects
	o.Held = g.HeldLines(ctx, books.Latest, g.engine)
	o.Progress = func(done int64) {
		g.Tell(books.Event{Step: "ingest", Object: in.Name, Done: done, Total: size, Unit: "bytes"})
	}
	return o
}

// ifFull says of a full disk what matters: which file is not in the lake, and
// where to make room.
func (g *ingestion) ifFull(in InputFile, err error) error {
	full := lake.DiskFull(err)
	if full == nil {
		return err
	}
	return pipeline.Errorf(pipeline.KindInternal, "ingest", in.Name, "%w", full).
		WithHint("free space in %s and run again; nothing of the file was ingested", g.Lake.Root())
}

// known says whether the lake holds what the file says already, with what should be said
// of it. Only a file of a size that the lake has seen is hashed for that.
func (g *ingestion) known(ctx context.Context, in InputFile, f *os.File, size int64) (r FileResult, note string, err error) {
	if may, err := g.Lake.MayHoldSource(ctx, size); err != nil || !may {
		return r, "", err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return r, "", pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%w", disk.Cause(err))
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return r, "", pipeline.Errorf(pipeline.KindBadInput, "read", in.Name, "%w", disk.Cause(err))
	}
	made, err := g.Lake.FindSources(ctx, in.Feed, hex.EncodeToString(sum.Sum(nil)))
	if err != nil || len(made) == 0 {
		return r, "", err
	}
	format, unreadable := feed.RecogniseAs(f, in.Name, in.Feed, readOptions(g.Config, in, in.Name))
	batch, note, err := g.readBefore(in, f, format.Layout(), made)
	if err != nil || batch == "" {
		return r, "", err
	}
	r = FileResult{File: in.Name, Feed: in.Feed, Result: FileKnown, Batch: batch}
	if unreadable == nil {
		r.Format = format.String()
	}
	return r, note, nil
}

// readTotals reads the sidecar of a file, nil when there is none.
func readTotals(in InputFile) (*feed.Totals, error) {
	if in.Totals == "" {
		return nil, nil
	}
	f, _, err := openInput(InputFile{Name: in.Name + totalsEnding, Path: in.Totals})
	if err != nil {
		return nil, err
	}
	totals, err := feed.ReadTotals(f, f.Name()[strings.LastIndexByte(f.Name(), os.PathSeparator)+1:])
	return totals, errors.Join(err, f.Close())
}

// notes tells what a person should know of a file that is not wrong.
func (g *ingestion) notes(in InputFile, r feed.Report) {
	if len(r.UnknownColumns) > 0 {
		g.Tell(books.Event{Step: "ingest", Object: in.Name, Note: "columns that carat does not know were ignored: " + strings.Join(r.UnknownColumns, ", ")})
	}
	for _, l := range r.LeftOut {
		g.Tell(books.Event{Step: "ingest", Object: in.Name, Note: leftOutNote(l)})
	}
	for _, note := range r.Notes {
		g.Tell(books.Event{Step: "ingest", Object: in.Name, Note: note})
	}
	if l := r.Live; l != nil {
		g.Tell(books.Event{Step: "ingest", Object: in.Name, Note: fmt.Sprintf(
			"a live recording: %d messages, %d about gifts, %d repeated, %d streaks of which %d without an end",
			l.Messages, l.Frames, l.Repeated, l.Streaks, l.Inferred)})
	}
}

// leftOutNote says what a condition of a layout left out.
func leftOutNote(l pipeline.LeftOut) string {
	text := fmt.Sprintf("left out: %d rows, as the layout says: %s", l.Rows, l.Condition)
	if added := l.Added(); len(added) > 0 {
		text += " (" + strings.Join(added, ", ") + ")"
	}
	return text
}

// dropRepeats takes rows out of the stage whose key is in the lake already or
// earlier in the file: an identical row is a duplicate and counted; in an
// event feed a row with other content is rejected as a conflict that names
// both places. In a reference feed it is a new version and stays.
func dropRepeats(ctx context.Context, g *ingestion, table pipeline.Feed, stage lake.FeedStage, batch *pipeline.Batch, here *hereAlready) error {
	if batch.RowsAccepted == 0 {
		return nil
	}
	within, err := stage.KeysMayRepeat()
	if err != nil {
		return err
	}
	history, err := g.before(ctx, table, stage, within)
	if err != nil {
		return err
	}
	if !within && len(history.Files) == 0 {
		return nil
	}
	eng, err := g.engine(ctx)
	if err != nil {
		return err
	}
	drop := lake.NewRowSet()
	var conflicts []pipeline.Reject
	against := map[string]int64{}
	good := batch.RowsAccepted - stage.Duplicates()
	err = eng.Repeats(ctx, table, history.Columns, stage.Files(), history, within, func(r engine.Repeat) error {
		switch {
		case r.Identical, table.Reference && g.since != "" && r.OtherBatch > g.since:
			// Of a reference feed a later version counts, and is here already.
			batch.RowsDuplicate++
			here.add(r)
		case table.Reference:
			here.version(r, batch.ID)
			return nil
		default:
			batch.RowsRejected++
			against[r.OtherBatch]++
			conflicts = append(conflicts, conflict(*batch, r))
		}
		batch.RowsAccepted--
		drop.Add(r.Line, r.RowKey)
		if len(conflicts) < pipeline.BatchRows {
			return nil
		}
		err := stage.AddRejects(conflicts)
		conflicts = conflicts[:0]
		return err
	})
	if err != nil {
		return err
	}
	if err := allConflict(*batch, good, against); err != nil && g.without == "" {
		return err
	}
	if err := stage.AddRejects(conflicts); err != nil {
		return err
	}
	return stage.Drop(ctx, drop)
}

// allConflict refuses a file all of whose good rows have keys that are here with
// other content: it is another reading of rows that were taken, not new ones.
func allConflict(b pipeline.Batch, good int64, against map[string]int64) error {
	most, all := "", int64(0)
	for _, id := range slices.Sorted(maps.Keys(against)) {
		if id == b.ID {
			return nil // the file speaks against itself: its first rows are new
		}
		if all += against[id]; against[id] > against[most] {
			most = id
		}
	}
	if all == 0 || all < good {
		return nil
	}
	others := ""
	if n := len(against) - 1; n > 0 {
		others = fmt.Sprintf(" and %d other batches", n)
	}
	return pipeline.Errorf(pipeline.KindBadInput, "ingest", b.Source, "%d of %d rows have the keys of %s%s with other content", all, b.RowsRead, most, others).
		WithHint("nothing of it was taken: if %s was read wrongly, take it out by `carat undo %s --reason …` and ingest this again; "+
			"else find out why its sender says the same rows otherwise, and correct them by reversals or adjustments", most, most)
}

// toldBefore says that entries of a bank's statement were taken for lines that are
// already here. A statement that is fetched again, or that overlaps another, has
// such entries, and a notification before it. One that goes on where another ended
// has none; but where balances don't tell whether it does, bookings to which the bank
// gave one reference may be among them, and then money is missing.
func toldBefore(b pipeline.Batch) string {
	statement := strings.HasPrefix(b.Format, "camt.053") || strings.HasPrefix(b.Format, "bai2")
	if b.Feed != "bank_lines" || !statement || b.RowsDuplicate == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d rows are taken for lines that are here already, with the same account, bank reference, amount and day; "+
		"if they are other bookings, which the bank gave one reference, ask it for one statement of the whole day: what is here already stays, the others come in", b.RowsDuplicate, b.RowsRead)
}

// erasedNote tells that names were left out, and not whose.
func erasedNote(rows int64) string {
	if rows == 1 {
		return "1 row is of a person who was erased: name and address were left out, and the file is not kept"
	}
	return fmt.Sprintf("%d rows are of people who were erased: names and addresses were left out, and the file is not kept", rows)
}

// conflict is the reject of a row whose key came before with other content.
func conflict(b pipeline.Batch, r engine.Repeat) pipeline.Reject {
	line := r.OtherLine
	return pipeline.Reject{
		Feed: b.Feed, Source: b.Source, Code: string(pipeline.CodeKeyConflict), Value: pipeline.CutText(r.Key), Expected: "the content that the key came with first",
		RowKey: r.Key, OtherBatch: r.OtherBatch, OtherLine: &line, Entity: r.Entity,
		Lineage: pipeline.Lineage{BatchID: b.ID, SourceLine: r.Line, IngestedAt: b.IngestedAt.UnixMicro(), AccountingMonth: r.AccountingMonth},
	}
}
