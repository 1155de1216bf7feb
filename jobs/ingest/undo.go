package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/jobs/disk"
	"carat/pipeline"
	"carat/pipeline/feed"
	"carat/pipeline/lake"
	"carat/pipeline/spelling"
	"carat/pipeline/undo"
)

// UndoOptions say which batch to take out of the history, and why.
type UndoOptions struct {
	books.Setting
	Batch  string
	Reason string
}

// UndoResult is what was taken out, and what was read again for it.
type UndoResult struct {
	Batch  string       // that was taken out
	By     string       // the batch that says so
	Feed   string       // of both
	Source string       // its file
	Rows   int64        // that are no longer read
	Again  []FileResult // files that had dropped rows against it
	Fell   []pipeline.Period
	Lies   string // where its file lies in the inbox still, from which it would come again; "": nowhere
	// Readings are the batches of its file that were taken out with it: what had come in from
	// it when others were taken out.
	Readings []*UndoResult
}

// reasonBytes bounds a reason.
const reasonBytes = 500

// Undo takes a batch out of the history by a batch that says so: its rows are no
// longer read from then on, and states of before still have them. Files whose rows
// were dropped as repetitions of it, or rejected for speaking against it, are read
// again from their kept sources; the first of them is in the same commit. The same
// file may come again. Sign-offs of open months fall away. An undo that was cut short
// before all were read again is gone on with by the same call, and no month is
// reconciled before.
//
// What came in from its file when others were taken out goes with it, and before it: an
// undo that is cut short in between is gone on with by the same call.
//
// A batch of which a row lies in a closed month is a locked error, and so is one
// of reference rows that a closed month was judged by.
func Undo(ctx context.Context, o UndoOptions) (*UndoResult, error) {
	if err := books.WantLake(o.Setting); err != nil {
		return nil, err
	}
	return books.Locked(ctx, o.Setting, books.RightUndo, "", func(p *books.Books, job *books.Job) (*UndoResult, error) {
		u := &undoing{ingestion: ingestion{Books: p, Setting: o.Setting}, options: o}
		defer u.close()
		r, err := u.run(ctx)
		if r == nil {
			return nil, err
		}
		for _, one := range append(r.Readings, r) {
			if one.By != "" {
				job.Took(one.By + " undoes " + one.Batch)
			}
		}
		return r, err
	})
}

// undoing is one running undo.
type undoing struct {
	ingestion
	options UndoOptions
	table   pipeline.Feed
	batch   lake.CommittedBatch
	all     []lake.CommittedBatch
	closed  books.Closures
	undo    pipeline.Undo
	left    []string // batches that an undo which was cut short had still to read again
}

func (u *undoing) run(ctx context.Context) (r *UndoResult, err error) {
	if err := u.may(ctx); err != nil {
		return nil, err
	}
	readings := []string{u.batch.ID}
	if u.batch.UndoneBy == "" {
		readings = undo.Readings(u.plain(), u.batch.ID)
	}
	for _, id := range readings {
		u.batch = u.all[u.at(id)]
		months, err := u.months(ctx)
		if err != nil {
			return nil, err
		}
		if err := u.open(months); err != nil {
			return nil, err
		}
	}
	u.earliest = u.closed.EarliestOpen()
	r = &UndoResult{}
	for i, id := range readings {
		if i > 0 {
			if err := u.Step("undo", id); err != nil {
				return r, err
			}
			if u.all, err = u.Lake.Batches(ctx, books.Latest); err != nil {
				return r, err
			}
		}
		one, err := u.takeOut(ctx, u.all[u.at(id)])
		if one != nil {
			one.Readings, r.Readings = r.Readings, nil
			r = one
		}
		if err != nil || i == len(readings)-1 {
			return r, err
		}
		r = &UndoResult{Readings: append(r.Readings, one)}
	}
	return r, nil
}

// takeOut takes one batch out.
func (u *undoing) takeOut(ctx context.Context, batch lake.CommittedBatch) (r *UndoResult, err error) {
	u.batch = batch
	r = &UndoResult{Batch: u.batch.ID, Feed: u.batch.Feed, Source: u.batch.Source, Rows: u.batch.RowsAccepted}
	if len(u.left) > 0 {
		return r, u.resume(ctx, r)
	}
	u.undo = pipeline.Undo{Batch: u.batch.ID, Reason: u.options.Reason, By: u.By.User}
	// First all are tried, so that the first commit can name them; then they are
	// taken, each against what those before it gave.
	var again []lake.CommittedBatch
	own := undo.Readings(u.plain(), u.batch.ID)
	for _, b := range u.all {
		if !u.mayHaveDropped(b) || slices.Contains(own, b.ID) {
			continue
		}
		f, err := u.again(ctx, b, false)
		if err != nil {
			return nil, err
		}
		if f.RowsAccepted > 0 {
			again = append(again, b)
			u.undo.Again = append(u.undo.Again, b.ID)
		}
	}
	// Sign-offs fall first: one that fell for nothing is signed again, and one that
	// stands on what is gone would be approved.
	if r.Fell, err = u.fall(ctx); err != nil {
		return r, err
	}
	if len(again) == 0 {
		if r.By, err = u.alone(ctx); err != nil {
			return nil, err
		}
	}
	if err := u.take(ctx, again, r); err != nil {
		return r, err
	}
	inputs, _, err := FindInputs(u.Config)
	for _, in := range inputs {
		if in.Name == u.batch.Source {
			r.Lies = in.Path
		}
	}
	return r, err
}

// at is where a batch stands among all.
func (u *undoing) at(id string) int {
	return slices.IndexFunc(u.all, func(b lake.CommittedBatch) bool { return b.ID == id })
}

// plain gives all batches as they are told.
func (u *undoing) plain() (all []pipeline.Batch) {
	for _, b := range u.all {
		all = append(all, b.Batch)
	}
	return all
}

// take reads the files again and commits what they give.
func (u *undoing) take(ctx context.Context, again []lake.CommittedBatch, r *UndoResult) error {
	for _, b := range again {
		if err := u.Step("read again", b.ID); err != nil {
			return err
		}
		f, err := u.again(ctx, b, true)
		if err != nil {
			return err
		}
		if r.By == "" {
			r.By = f.Batch
		}
		r.Again = append(r.Again, f)
	}
	return nil
}

// resume goes on with an undo that was cut short: with its own reason, and in the name
// of who began it.
func (u *undoing) resume(ctx context.Context, r *UndoResult) (err error) {
	var again []lake.CommittedBatch
	for _, b := range u.all {
		switch {
		case b.ID == u.batch.UndoneBy && b.Undo != nil:
			u.undo, r.By = *b.Undo, b.ID
			u.undo.Reads = ""
		case slices.Contains(u.left, b.ID):
			again = append(again, b)
		}
	}
	if r.Fell, err = u.fall(ctx); err != nil {
		return err
	}
	return u.take(ctx, again, r)
}

// may finds the batch, and says why it can't be taken out.
func (u *undoing) may(ctx context.Context) (err error) {
	o := u.options
	if err := spelling.CheckReason(o.Reason, reasonBytes); err != nil {
		return pipeline.Errorf(pipeline.KindUsage, "undo", o.Batch, "a reason is needed, of at most %d bytes: %w", reasonBytes, err).
			WithHint("for example `carat undo %s --reason \"read with the wrong layout\"`", o.Batch)
	}
	if u.all, err = u.Lake.Batches(ctx, books.Latest); err != nil {
		return err
	}
	if u.closed, err = u.Closures(ctx, u.Config); err != nil {
		return err
	}
	i := u.at(o.Batch)
	if i < 0 {
		return pipeline.Errorf(pipeline.KindNotFound, "undo", o.Batch, "the history has no such batch").
			WithHint("`carat query 'select batch_id, feed, source from batches'` lists them")
	}
	u.batch = u.all[i]
	if u.batch.UndoneBy != "" {
		u.left = undo.LeftToRead(u.plain(), u.batch.ID)
	}
	switch {
	case len(u.left) > 0:
	case u.batch.UndoneBy != "":
		return pipeline.Errorf(pipeline.KindUsage, "undo", o.Batch, "%s has taken it out already", u.batch.UndoneBy)
	case u.batch.Undo != nil && u.batch.Undo.Reads == "":
		return pipeline.Errorf(pipeline.KindUsage, "undo", o.Batch, "it took %s out itself, which can't be undone", u.batch.Undo.Batch).
			WithHint("ingest the file of %s again", u.batch.Undo.Batch)
	case u.batch.Undo != nil:
		readings := undo.Readings(u.plain(), u.batch.ID)
		if first := u.all[u.at(readings[len(readings)-1])]; first.Undo == nil {
			return pipeline.Errorf(pipeline.KindUsage, "undo", o.Batch, "its rows are of %s, the file of %s", u.batch.Source, first.ID).
				WithHint("`carat undo %s --reason …` takes out all of that file", first.ID)
		}
	}
	var ok bool
	if u.table, ok = pipeline.FeedByName(u.batch.Feed); !ok {
		return pipeline.Errorf(pipeline.KindInternal, "undo", o.Batch, "there is no feed %q", u.batch.Feed)
	}
	return nil
}

// months gives the months in which rows of the batch are booked.
func (u *undoing) months(ctx context.Context) (months []string, err error) {
	table, err := u.Lake.Table(ctx, u.table.Name, books.Latest)
	if err != nil {
		return nil, err
	}
	eng, err := u.engine(ctx)
	if err != nil {
		return nil, err
	}
	table.Name = "undo_rows"
	if err := eng.LoadWhere(ctx, "", []pipeline.TableFiles{table}, nil); err != nil {
		return nil, err
	}
	rows, err := eng.Select(ctx, "select distinct accounting_month from undo_rows where batch_id = "+pipeline.SQLText(u.batch.ID)+" order by accounting_month")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var month string
		if err := rows.Scan(&month); err != nil {
			return nil, err
		}
		months = append(months, month)
	}
	return months, rows.Err()
}

// open refuses a batch that a closed month rests on.
func (u *undoing) open(months []string) error {
	for _, l := range u.closed.Locks {
		if !l.InForce() {
			continue
		}
		c, err := u.ReadCertificate(l)
		if err != nil {
			return err
		}
		seq := slices.IndexFunc(u.all, func(b lake.CommittedBatch) bool { return b.ID == c.LastBatch })
		covered := seq >= 0 && u.all[seq].Seq >= u.batch.Seq
		switch {
		case u.table.Reference && covered:
			return pipeline.Errorf(pipeline.KindLocked, "undo", u.batch.ID, "%s is closed, and was judged by the %s of then", l.Period, u.batch.Feed).
				WithHint("send what is right as new rows: a later version of the same key counts from then on")
		case slices.Contains(months, string(l.Period)), covered && u.table.Name == books.FeedBalances && slices.ContainsFunc(months, func(m string) bool { return m <= string(l.Period) }):
			return pipeline.Errorf(pipeline.KindLocked, "undo", u.batch.ID, "rows of it are booked in %s, which is closed", l.Period).
				WithHint("correct them in %s, by reversals or adjustments; or open %s again, if it is the last closed month", u.closed.EarliestOpen(), l.Period)
		}
	}
	return nil
}

// mayHaveDropped says whether rows of a batch can have been dropped against the
// one that is taken out.
func (u *undoing) mayHaveDropped(b lake.CommittedBatch) bool {
	return b.Seq > u.batch.Seq && b.Feed == u.batch.Feed && b.UndoneBy == "" && b.Format != pipeline.UndoFormat && (b.RowsDuplicate > 0 || b.RowsRejected > 0)
}

// alone commits a batch without rows that says which one it takes out.
func (u *undoing) alone(ctx context.Context) (id string, err error) {
	id = u.Lake.NextBatchID()
	stage, err := lake.StageFeed(ctx, u.Lake, u.table, id)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, stage.Discard()) }()
	text, err := json.MarshalIndent(struct {
		pipeline.Undo
		At string `json:"at"`
	}{u.undo, u.Now.UTC().Format("2006-01-02T15:04:05.999999Z")}, "", "  ")
	if err != nil {
		return "", err
	}
	if _, err := stage.Raw().Write(append(text, '\n')); err != nil {
		return "", err
	}
	b := pipeline.Batch{ID: id, Feed: u.table.Name, Format: pipeline.UndoFormat, Source: "undo-" + u.batch.ID + ".json", IngestedAt: u.Now.UTC(), EarliestOpen: u.earliest, Undo: &u.undo}
	if b.SourceSHA256, b.SourceBytes, err = stage.SHA256(); err != nil {
		return "", err
	}
	if _, err := stage.Commit(ctx, b); err != nil {
		return "", err
	}
	return id, nil
}

// again reads a kept file again, against the history without the batch that is
// taken out; with take what it gives then is committed.
func (u *undoing) again(ctx context.Context, b lake.CommittedBatch, take bool) (r FileResult, err error) {
	f, err := u.kept(b)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	id := u.Lake.NextBatchID()
	stage, err := lake.StageFeed(ctx, u.Lake, u.table, id)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, stage.Discard()) }()
	o, zone, err := u.Config.ReadAgain(b.Feed, b.Reading)
	if err != nil {
		return r, pipeline.Errorf(pipeline.KindVerification, "read again", b.Source, "%w", err)
	}
	o.BatchID, o.IngestedAt, o.Calendar = id, u.Now.UnixMicro(), pipeline.NewCalendar(zone, u.earliest)
	o.MaxRejectShare, o.Again, o.OnRejects = 1_000_000_000, true, stage.AddRejects // it was taken before
	o.Held = u.HeldLines(ctx, books.Latest, u.engine)
	report, err := feed.ReadFeed(ctx, u.table, feed.Input{Path: b.Source, Name: b.Source, File: f, Size: b.SourceBytes, Tee: stage.Raw()}, o, stage)
	if err != nil {
		return r, err
	}
	undo := u.undo
	undo.Reads = b.ID
	batch := pipeline.Batch{ID: id, Feed: b.Feed, Format: report.Format.String(), Source: b.Source, IngestedAt: u.Now.UTC(),
		RowsRead: report.RowsRead, RowsAccepted: report.RowsAccepted, RowsRejected: report.RowsRejected, RowsLeftOut: report.RowsLeftOut, LeftOut: report.LeftOut,
		Reading: config.ReadBy(b.Reading, report.Format.Name), ControlTotals: report.ControlTotals, FirstEvent: report.FirstEvent, UnknownColumn: report.UnknownColumns, EarliestOpen: u.earliest, Undo: &undo}
	if batch.SourceSHA256, batch.SourceBytes, err = stage.SHA256(); err != nil {
		return r, err
	}
	u.without, u.since = u.batch.ID, b.ID
	defer func() { u.without, u.since = "", "" }()
	if err := dropRepeats(ctx, &u.ingestion, u.table, stage, &batch, &hereAlready{}); err != nil {
		return r, err
	}
	if !take {
		batch.RowsAccepted -= stage.Duplicates()
		batch.RowsDuplicate += stage.Duplicates()
	} else {
		committed, err := stage.Commit(ctx, batch)
		if err != nil {
			return r, err
		}
		batch = committed.Batch
	}
	return FileResult{File: b.Source, Feed: b.Feed, Format: batch.Format, Result: FileIngested, Batch: batch.ID, RowsRead: batch.RowsRead, RowsAccepted: batch.RowsAccepted,
		RowsRejected: batch.RowsRejected, RowsDuplicate: batch.RowsDuplicate, RowsLeftOut: batch.RowsLeftOut}, nil
}

// kept puts the original bytes of a batch's file into a file.
func (u *undoing) kept(b lake.CommittedBatch) (*os.File, error) {
	r, err := u.Lake.RawFile(b.Feed, b.SourceSHA256)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, pipeline.Errorf(pipeline.KindUsage, "undo", u.batch.ID, "the file of %s, which may have dropped rows against it, was erased", b.ID).
			WithHint("ingest that file again under another name once the batch is out; until then it can't be taken out")
	}
	if err != nil {
		return nil, err
	}
	defer r.Close()
	dir, err := u.Lake.StagingDir("undo")
	if err != nil {
		return nil, err
	}
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

// fall lets the sign-offs of open months fall away.
func (u *undoing) fall(ctx context.Context) (fell []pipeline.Period, err error) {
	if u.earliest == "" {
		return nil, nil
	}
	last := pipeline.PeriodOf(u.Now, u.Config.Zone)
	for period := u.earliest; period <= last; period = period.Next() {
		n, err := u.State.VoidSignOffs(ctx, period, u.closed.Version(period), u.Now, fmt.Sprintf("%s is taken out of the history", u.batch.ID))
		if err != nil {
			return fell, err
		}
		if n > 0 {
			fell = append(fell, period)
		}
	}
	return fell, nil
}
