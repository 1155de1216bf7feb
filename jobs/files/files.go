package files

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"carat/jobs/books"
	"carat/jobs/fetch"
	"carat/pipeline"
	"carat/reports/table"
)

// Options say which batches, or which rows of one, are wanted.
type Options struct {
	books.Setting
	Feed     string // only this feed's; "": all
	Rejected bool   // only those of which a row was rejected
	Batch    string // of Look
	Offset   int64
	Limit    int64 // at most Most
}

// Most is how many rows are given at a time.
const Most = 500

// Listed are batches, newest first, and how many the filter finds.
type Listed struct {
	Table *table.Table
	Total int64
	All   int64 // without the filter
	Feeds []string
}

// List lists what was ingested. The right to it is that to a row's way back to its
// file.
func List(ctx context.Context, o Options) (l *Listed, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightTrace)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	l = &Listed{All: int64(len(batches)), Table: &table.Table{Columns: []table.Column{{Name: "batch_id"}, {Name: "feed"}, {Name: "source"}, {Name: "format"},
		{Name: "rows_read", Kind: table.Number}, {Name: "rows_accepted", Kind: table.Number}, {Name: "rows_rejected", Kind: table.Number}, {Name: "rows_duplicate", Kind: table.Number},
		{Name: "rows_left_out", Kind: table.Number}, {Name: "ingested_at", Kind: table.Time}, {Name: "note"}}}}
	for _, b := range slices.Backward(batches) {
		if !slices.Contains(l.Feeds, b.Feed) {
			l.Feeds = append(l.Feeds, b.Feed)
		}
		if o.Feed != "" && b.Feed != o.Feed || o.Rejected && b.RowsRejected == 0 {
			continue
		}
		l.Total++
		if l.Total <= o.Offset || int64(len(l.Table.Rows)) >= min(max(o.Limit, 1), Most) {
			continue
		}
		note := ""
		switch {
		case b.UndoneBy != "":
			note = "taken out by " + b.UndoneBy
		case b.Undo != nil:
			note = "takes out " + b.Undo.Batch + ": " + b.Undo.Reason
		case b.RowsLeftOut > 0:
			note = "left out: " + pipeline.LeftOutText(b.LeftOut)
		}
		l.Table.Rows = append(l.Table.Rows, []any{b.ID, b.Feed, b.Source, b.Format, b.RowsRead, b.RowsAccepted, b.RowsRejected, b.RowsDuplicate, b.RowsLeftOut, b.IngestedAt, books.TextOrNil(note)})
	}
	slices.Sort(l.Feeds)
	return l, nil
}

// Batch is one file as it was taken in.
type Batch struct {
	pipeline.Batch
	UndoneBy  string
	FetchedBy string       // who or what brought it, and from where; "": it lay in the inbox
	Rejects   *table.Table // as many as were asked for, with line, column and text
	Total     int64        // of all rejected rows that are kept
}

// rejectColumns are what is told of a row that was not taken.
const rejectColumns = `source_line, "column", code, "value", expected, row_key, other_batch, other_line`

// tableRejects holds the rows that were not taken.
const tableRejects = "rejects"

// Look tells about one batch and the rows of it that were rejected. An id that no batch
// has is a not-found error. The access is recorded.
func Look(ctx context.Context, o Options) (b *Batch, err error) {
	p, err := books.OpenExisting(ctx, o.Setting, books.RightTrace)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	_, err = p.Recorded(ctx, o.Setting, "trace", "batch "+o.Batch, func() (int64, error) {
		if b, err = look(ctx, p, o); err != nil {
			return 0, err
		}
		return int64(len(b.Rejects.Rows)), nil
	})
	return b, err
}

func look(ctx context.Context, p *books.Books, o Options) (*Batch, error) {
	batches, err := p.Lake.Batches(ctx, books.Latest)
	if err != nil {
		return nil, err
	}
	b := &Batch{Rejects: &table.Table{}}
	var known []string
	for _, one := range batches {
		known = append(known, one.ID)
		if one.ID == o.Batch {
			b.Batch, b.UndoneBy = one.Batch, one.UndoneBy
		}
	}
	if b.ID == "" {
		return nil, pipeline.Misnamed("find", "batch "+pipeline.CutText(o.Batch), o.Batch, known, "no batch has that id")
	}
	fetched, err := p.State.AllFetched(ctx)
	if err != nil {
		return nil, err
	}
	for _, f := range fetch.Of(fetched, b.Source, b.SourceSHA256) {
		b.FetchedBy = fmt.Sprintf("%s fetched it from %s (%s)", f.By, f.Source, f.RemoteName)
	}
	if b.RowsRejected == 0 {
		return b, nil
	}
	where := " from " + tableRejects + " where batch_id = " + pipeline.SQLText(b.ID)
	t, err := p.Query(ctx, o.Config, books.Latest, fmt.Sprintf("select %s, count(*) over () as rejected%s order by source_line, code limit %d offset %d", rejectColumns, where, min(max(o.Limit, 1), Most), max(o.Offset, 0)), tableRejects)
	if err != nil {
		return nil, err
	}
	last := len(t.Columns) - 1
	b.Rejects.Columns = t.Columns[:last]
	for _, row := range t.Rows {
		b.Total, _ = row[last].(int64)
		b.Rejects.Rows = append(b.Rejects.Rows, row[:last])
	}
	return b, nil
}
