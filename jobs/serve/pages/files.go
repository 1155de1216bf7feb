package pages

import (
	"net/url"
	"slices"
	"strconv"

	"carat/jobs/books"
	"carat/jobs/files"
	"carat/jobs/history"
	"carat/jobs/ingest"
	"carat/jobs/schedule"
	"carat/jobs/serve/room"
	"carat/jobs/serve/work"
	"carat/pipeline"
	"carat/reports/pages/site"
	"carat/reports/table"
)

// listPage is a page of a long list with a filter.
type listPage struct {
	Rows   site.Rows
	Pager  site.Pager
	Empty  *site.Empty
	Feeds  []string
	Feed   string
	Only   bool // those with rejected rows alone
	Text   string
	Period pipeline.Period
	// MayUpload says whether the one who looks may bring a file.
	MayUpload bool
	Near      []ingest.IgnoredFile // of the inbox: not taken, though they all but fit
}

// files shows what was ingested.
func (p *Pages) files(v *visit) (*answer, error) {
	a := &answer{template: "files", title: "Files"}
	if books.WantLake(v.Setting) != nil {
		a.data = listPage{Empty: nothingIngested(), MayUpload: v.may(books.RightIngest), Near: ingest.NearlyFit(v.Config)}
		return a, nil
	}
	o := files.Options{Setting: v.Setting, Feed: v.text("feed"), Rejected: v.text("rejected") != "", Offset: v.offset(), Limit: int64(v.limit)}
	l, err := files.List(v.ctx, o)
	if err != nil {
		return nil, err
	}
	d := listPage{Rows: rowsOf(v, "Batches", l.Table), Feeds: l.Feeds, Feed: o.Feed, Only: o.Rejected, MayUpload: v.may(books.RightIngest), Near: ingest.NearlyFit(v.Config)}
	d.Rows.Links, d.Rows.Under = v.links(d.Rows, ""), "note"
	d.Pager = site.PagerOf(o.Offset, int64(len(l.Table.Rows)), l.Total, o.Limit, func(offset int64) string {
		return room.AddressOf("/files", "feed", o.Feed, "rejected", v.text("rejected"), "from", strconv.FormatInt(offset, 10))
	})
	switch {
	case len(l.Table.Rows) > 0:
	case l.All == 0:
		d.Empty = nothingIngested()
	default:
		d.Empty = &site.Empty{Why: "The filter leaves out all of them: " + site.Number(strconv.FormatInt(l.All-l.Total, 10)) + " hidden.", Next: "Take it away:", Path: "/files"}
	}
	a.data = d
	return a, nil
}

// batchPage is one file as it was taken in.
type batchPage struct {
	*files.Batch
	Facts []fact
	Rows  site.Rows
	Pager site.Pager
	Trace string
}

// batch shows one file, and the rows of it that were not taken.
func (p *Pages) batch(v *visit) (*answer, error) {
	o := files.Options{Setting: v.Setting, Batch: v.r.PathValue("batch"), Offset: v.offset(), Limit: int64(v.limit)}
	b, err := files.Look(v.ctx, o)
	if err != nil {
		return nil, err
	}
	d := batchPage{Batch: b, Rows: rowsOf(v, "Rejected rows", b.Rejects).Filled(), Trace: tracePath(b.ID)}
	whole := func(n int64) string { return site.Number(strconv.FormatInt(n, 10)) }
	for _, f := range []fact{{Name: "file", Text: b.Source}, {Name: "feed", Text: b.Feed, Path: room.AddressOf("/files", "feed", b.Feed)}, {Name: "format", Text: b.Format}, {Name: "read as", Text: b.Reading},
		{Name: "bytes", Text: whole(b.SourceBytes)}, {Name: "SHA-256", Text: b.SourceSHA256}, {Name: "ingested", Text: site.When(b.IngestedAt, v.Config.Zone)}, {Name: "fetched", Text: b.FetchedBy},
		{Name: "rows read", Text: whole(b.RowsRead)}, {Name: "taken", Text: whole(b.RowsAccepted)}, {Name: "rejected", Text: whole(b.RowsRejected)}, {Name: "known before", Text: whole(b.RowsDuplicate)},
		{Name: "left out", Text: pipeline.LeftOutText(b.LeftOut)}, {Name: "taken out by", Text: b.UndoneBy}} {
		if f.Text != "" {
			d.Facts = append(d.Facts, f)
		}
	}
	links := v.links(d.Rows, "")
	d.Rows.Links = func(column string, row []any) string {
		switch column {
		case "source_line":
			if line, _ := table.CellText(table.Number, row[d.Rows.At("source_line")]); line != "" {
				return tracePath(b.ID + ":" + line)
			}
		case "other_batch":
			if other, _ := row[d.Rows.At("other_batch")].(string); other != "" {
				return "/files/" + url.PathEscape(other)
			}
		}
		return links(column, row)
	}
	d.Pager = site.PagerOf(o.Offset, int64(len(b.Rejects.Rows)), max(b.Total, int64(len(b.Rejects.Rows))), o.Limit, func(offset int64) string {
		return room.AddressOf("/files/"+url.PathEscape(b.ID), "from", strconv.FormatInt(offset, 10))
	})
	return &answer{template: "batch", title: "Batch " + b.ID, trail: []site.Place{{Path: "/files", Name: "Files"}}, data: d}, nil
}

// runsPage is what ran, runs and comes next.
type runsPage struct {
	Now    []work.Piece // what pages began, and is not over
	Jobs   []schedule.JobStatus
	Feeds  []schedule.FeedStatus
	Rows   site.Rows
	Empty  *site.Empty
	Source []sourceData
}

type sourceData struct{ Name, Stands, Says, Last string }

// runsShown is how many jobs the page of runs shows.
const runsShown = 200

// runs shows what ran.
func (p *Pages) runs(v *visit) (*answer, error) {
	a := &answer{template: "runs", title: "Runs"}
	if books.WantLake(v.Setting) != nil {
		a.data = runsPage{Empty: nothingIngested()}
		return a, nil
	}
	t, err := history.Runs(v.ctx, history.RunsOptions{Setting: v.Setting, Limit: runsShown})
	if err != nil {
		return nil, err
	}
	st, err := schedule.Status(v.ctx, v.Setting)
	if err != nil {
		return nil, err
	}
	d := runsPage{Now: p.work.Standing(), Jobs: st.Jobs, Feeds: st.Feeds, Rows: rowsOf(v, "Runs", t)}
	d.Rows.Under = "error"
	d.Rows.Links = func(column string, row []any) string {
		if i := d.Rows.At(column); slices.Contains([]string{"id", "run_id"}, column) && i >= 0 {
			if id, none := table.CellText(d.Rows.Columns[i].Kind, row[i]); !none {
				return "/runs/" + url.PathEscape(id)
			}
		}
		return ""
	}
	for _, one := range st.Sources {
		s := sourceData{Name: one.Source, Stands: one.Stands(), Says: one.Late, Last: one.LastFile}
		if one.Error != "" {
			s.Says = one.Error
		}
		d.Source = append(d.Source, s)
	}
	if len(t.Rows) == 0 {
		d.Empty = &site.Empty{Why: "Nothing ran yet.", Next: "Begin with", Command: "carat ingest"}
	}
	a.data = d
	return a, nil
}

// run shows one job, or one reconciliation.
func (p *Pages) run(v *visit) (*answer, error) {
	id := v.r.PathValue("id")
	t, err := history.Runs(v.ctx, history.RunsOptions{Setting: v.Setting, ID: id})
	if err != nil {
		return nil, err
	}
	var facts []fact
	for _, row := range t.Rows {
		if text := site.Cell(kindOf(row[1]), row[1], v.Config.Zone); text != "" {
			facts = append(facts, fact{Name: row[0].(string), Text: text})
		}
	}
	return &answer{template: "run", title: "Run " + pipeline.CutText(id), trail: []site.Place{{Path: "/runs", Name: "Runs"}}, data: facts}, nil
}
