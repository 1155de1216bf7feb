package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/engine"
	"carat/pipeline/feed"
	"carat/pipeline/lake"
)

// whole is a share of rejects that no file is above.
const whole pipeline.Rate = 1_000_000_000

// verifySources reads every kept source file again and compares what comes out
// with its batch: the counts, the sums, and each row of the history.
func verifySources(ctx context.Context, p *books.Books, s books.Setting, report *Verification) error {
	dir, err := os.MkdirTemp("", "carat-verify-")
	if err != nil {
		return pipeline.Errorf(pipeline.KindInternal, "make", "a folder for temporary files", "%w", disk.Cause(err))
	}
	defer func() { _ = os.RemoveAll(dir) }()
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		report.differ("the batches can't be listed: %v", err)
		return nil
	}
	var eng *engine.Engine // opened for the first statement of a bank
	defer func() {
		if eng != nil {
			_ = eng.Close() // it only read
		}
	}()
	open := func(ctx context.Context) (*engine.Engine, error) {
		if eng == nil {
			var err error
			if eng, err = books.OpenEngine(ctx, p, s.Config, s.Config.Workers()); err != nil {
				return nil, err
			}
		}
		return eng, nil
	}
	for i, b := range batches {
		var held pipeline.HeldLines // as it was when the file was ingested
		if i > 0 {
			held = p.HeldLines(ctx, lake.AsOf{Batch: batches[i-1].ID}, open)
		}
		s.Tell(books.Event{Step: "verify", Object: b.Source, Done: int64(i), Total: int64(len(batches)), Unit: "files"})
		err := verifySource(ctx, p, s, b, held, dir, report)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			report.differ("batch %s: its source file %s can't be taken out of the history: %v", b.ID, b.Source, err)
		}
	}
	return nil
}

// verifySource reads a kept file as it was read when it was ingested, by the
// settings that its batch keeps, and compares. A batch of before they were kept is
// read by the configuration as it is now.
func verifySource(ctx context.Context, p *books.Books, s books.Setting, b lake.CommittedBatch, held pipeline.HeldLines, dir string, report *Verification) error {
	table, ok := pipeline.FeedByName(b.Feed)
	if !ok {
		return fmt.Errorf("there is no feed %q", b.Feed)
	}
	if b.Format == pipeline.UndoFormat {
		return nil // it says which batch it takes out, in the chain; it has no rows
	}
	f, err := unpackSource(p, b, dir)
	if errors.Is(err, fs.ErrNotExist) && table.Personal() {
		report.Erased = append(report.Erased, b.ID) // whether a record of it exists is judged with all of them
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(f.Close(), os.Remove(f.Name())) }()
	differences, err := compareSource(ctx, p, s, b, table, f, held, report)
	if err != nil || len(differences) == 0 {
		return err
	}
	now := feed.ReaderVersion(b.Format)
	if then := config.ReaderOf(b.Reading); then == now {
		report.Differences = append(report.Differences, differences...)
		return nil
	} else if sum, err := sumOf(f); err != nil || sum != b.SourceSHA256 {
		report.differ("batch %s: its source file %s has the hash %s, the chain says %s", b.ID, b.Source, sum, b.SourceSHA256)
		return err
	} else {
		report.Notes = append(report.Notes, fmt.Sprintf("%s. It was read by an earlier reader of %s (%d, and this one is %d), so that is no sign of a change: "+
			"the file has the hash that the chain names, and its rows are proven by theirs", differences[0], b.Format, then, now))
	}
	return nil
}

func sumOf(f *os.File) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	h := sha256.New()
	_, err := io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// compareSource reads a kept file again and gives what is otherwise than in the history.
func compareSource(ctx context.Context, p *books.Books, s books.Setting, b lake.CommittedBatch, table pipeline.Feed, f *os.File, held pipeline.HeldLines, report *Verification) (
	differences []string, err error) {
	got, check, err := readSource(ctx, p, s, b, table, f, held, false)
	if err == nil && got.RowsRejected > b.RowsRejected && hasAddresses(table) {
		// Taken by a carat that was not yet strict about mail addresses.
		if _, err = f.Seek(0, io.SeekStart); err == nil {
			got, check, err = readSource(ctx, p, s, b, table, f, held, true)
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return []string{fmt.Sprintf("batch %s: its source file %s can't be read again: %v", b.ID, b.Source, err)}, nil
	}
	differ := func(format string, args ...any) { differences = append(differences, fmt.Sprintf(format, args...)) }
	report.Sources++
	report.SourceRows += got.RowsRead
	repeated := got.RowsAccepted - b.RowsAccepted
	switch {
	case got.RowsRead != b.RowsRead:
		differ("batch %s: the source file %s has %d rows, the history says %d were read", b.ID, b.Source, got.RowsRead, b.RowsRead)
	case repeated != b.RowsDuplicate+b.RowsRejected-got.RowsRejected:
		differ("batch %s: of the source file %s %d rows are good, the history says %d accepted, %d rejected, %d duplicate",
			b.ID, b.Source, got.RowsAccepted, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate)
	case !pipeline.SameLeftOut(got.LeftOut, b.LeftOut):
		differ("batch %s: of the source file %s the layout leaves out %s, the history says %s", b.ID, b.Source, pipeline.LeftOutText(got.LeftOut), pipeline.LeftOutText(b.LeftOut))
	case !maps.Equal(got.ControlTotals, b.ControlTotals):
		differ("batch %s: the sums of the source file %s are %v, the history says %v", b.ID, b.Source, got.ControlTotals, b.ControlTotals)
	}
	strangers, line, err := check.Strangers(ctx, b)
	if err != nil {
		return nil, err
	}
	if strangers > 0 {
		hint := ""
		if b.Reading == "" {
			hint = "; if the entity, the time zone or the feed's settings in carat.yaml changed since it was ingested, verify with those of then"
		}
		differ("batch %s: %d rows are not what the source file %s gives, the first at line %d%s", b.ID, strangers, b.Source, line, hint)
	}
	return differences, nil
}

// hasAddresses says whether a feed's rows name mail addresses.
func hasAddresses(table pipeline.Feed) bool {
	return slices.ContainsFunc(table.Columns, func(c pipeline.FeedColumn) bool { return c.Kind == pipeline.ColumnAddress })
}

// readSource reads a kept file as it was read when it was ingested, into a check
// of its rows.
func readSource(ctx context.Context, p *books.Books, s books.Setting, b lake.CommittedBatch, table pipeline.Feed, f *os.File, held pipeline.HeldLines, anyAddress bool) (
	got feed.Report, check lake.FeedCheck, err error) {
	if check, err = lake.CheckFeed(p.Lake, b.Feed); err != nil {
		return got, nil, err
	}
	o, zone, err := s.Config.ReadAgain(b.Feed, b.Reading)
	if err != nil {
		return got, nil, err
	}
	o.BatchID, o.IngestedAt, o.MaxRejectShare, o.AnyAddress, o.Again = b.ID, b.IngestedAt.UnixMicro(), whole, anyAddress, true
	o.Calendar, o.Held = pipeline.NewCalendar(zone, b.EarliestOpen), held
	got, err = feed.ReadFeed(ctx, table, feed.Input{Path: b.Source, Name: b.Source, File: f, Size: b.SourceBytes}, o, check)
	return got, check, err
}

// unpackSource puts the original bytes of a batch's file into a file.
func unpackSource(p *books.Books, b lake.CommittedBatch, dir string) (*os.File, error) {
	r, err := p.Lake.RawFile(b.Feed, b.SourceSHA256)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	f, err := os.Create(filepath.Join(dir, b.SourceSHA256))
	if err != nil {
		return nil, disk.Cause(err)
	}
	if _, err := io.Copy(f, r); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	_, err = f.Seek(0, io.SeekStart)
	return f, err
}
