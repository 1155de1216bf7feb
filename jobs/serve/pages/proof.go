package pages

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/history"
	"carat/jobs/serve/room"
	"carat/jobs/serve/web"
	"carat/pipeline"
	"carat/reports/pages/site"
	"carat/reports/table"
	"carat/reports/trace"
)

// kindOf is a column for a value whose kind no table says.
func kindOf(value any) table.Column {
	if _, ok := value.(time.Time); ok {
		return table.Column{Kind: table.Time}
	}
	return table.Column{}
}

// tracePage is where something comes from and what it touched.
type tracePage struct {
	ID    string
	Roots []*trace.Node
	Empty *site.Empty
}

// trace shows the way of an id, both ways.
func (p *Pages) trace(v *visit) (*answer, error) {
	d := tracePage{ID: v.text("id")}
	a := &answer{template: "trace", title: "Trace"}
	if books.WantLake(v.Setting) != nil {
		d.Empty = nothingIngested()
		a.data = d
		return a, nil
	}
	if d.ID == "" {
		if err := v.standing.grants.May(v.By, books.RightTrace); err != nil {
			return nil, err
		}
		d.Empty = &site.Empty{Why: "Give an id.", Next: "It may be a creator's or viewer's, a purchase's, gift's, payout's, adjustment's, exception's, a journal entry's, a batch's, a file's name, or a line of it such as b000042:17."}
		a.data = d
		return a, nil
	}
	roots, err := ask.Trace(v.ctx, ask.TraceOptions{Setting: v.Setting, SQL: p.SQL, IDs: []string{d.ID}, Limit: ask.TraceLimit})
	if pipeline.IsMisnamed(err) {
		d.Empty = &site.Empty{Why: "Nothing in the history has that id.", Next: "Look at its spelling; ids are told as the files have them."}
	} else if err != nil {
		return nil, err
	}
	d.Roots = roots
	a.data, a.title = d, "Trace "+pipeline.CutText(d.ID)
	return a, nil
}

// Bounds on what a query may answer to a page. More is for the command line.
const (
	queryRows  = 1000
	queryBytes = 4 << 20
	queryTime  = 45 * time.Second
)

// queryPage is a query and its answer.
type queryPage struct {
	Query, AsOf, Period string
	Rows                site.Rows
	Cut                 bool // there is more
	Asked               bool
	Wrong               string
	Tables              []string
}

// query asks what a person wrote. It is posted, since each is recorded.
func (p *Pages) query(v *visit) (*answer, error) {
	d := &queryPage{}
	a := &answer{template: "query", title: "Query", data: d}
	if err := v.standing.grants.May(v.By, books.RightQuery); err != nil {
		return nil, err
	}
	if v.r.Method == "POST" {
		d.Query, d.AsOf, d.Period = v.r.PostFormValue("query"), v.r.PostFormValue("as_of"), v.r.PostFormValue("period")
	}
	if d.Query == "" {
		return a, nil
	}
	d.Asked = true
	into := &site.Beginning{Most: queryBytes}
	o := ask.QueryOptions{Setting: v.Setting, Query: d.Query, AsOf: d.AsOf, Timeout: queryTime, Format: "csv", Output: func() (io.Writer, error) { return into, nil }}
	if d.Period != "" {
		period, err := pipeline.ParsePeriod(d.Period)
		if err != nil {
			d.Wrong = "The month is none, such as 2026-10."
			return a, nil
		}
		o.Period = period
	}
	still, stop := web.WhileStill(v.ctx, errEnded, func(ctx context.Context) error {
		_, err := p.standingOf(ctx, p.settingOf(v.By.User, v.r), v.session)
		return err
	})
	defer stop()
	ctx, cancel := context.WithCancelCause(still)
	defer cancel(nil)
	if !v.Apart { // in tests, which have no binary to call
		k := &site.FirstRows{Most: queryRows}
		o.Answer = k.Begin
		_, err := ask.Query(ctx, o)
		if err = d.took(web.Ended(still, err)); err != nil {
			return nil, err
		}
		d.Rows = site.Rows{Caption: "Answer", Zone: v.Config.Zone, Columns: k.Columns, Rows: k.Rows}
		d.Rows.Links = v.links(d.Rows, "")
		return a, nil
	}
	into.Full = func() { cancel(site.ErrFull) }
	_, err := ask.Query(ctx, o)
	if errors.Is(err, site.ErrFull) || into.Over {
		d.Cut, err = true, nil
	}
	if err = d.took(web.Ended(still, err)); err != nil {
		return nil, err
	}
	if d.Wrong == "" {
		cut := false
		d.Rows, cut = site.RowsOfCSV("Answer", v.Config.Zone, into.Bytes(), queryRows)
		d.Cut, d.Rows.Links = d.Cut || cut, v.links(d.Rows, "")
	}
	return a, nil
}

// took keeps what a person did wrong on the page, beside what they typed.
func (d *queryPage) took(err error) error {
	var e *pipeline.Error
	if errors.As(err, &e) && e.Kind != pipeline.KindInternal {
		d.Wrong = e.Error()
		return nil
	}
	return err
}

// historyPage is what was signed.
type historyPage struct {
	Records, Locks site.Rows
	Pager          site.Pager
}

// history shows the chain of records.
func (p *Pages) history(v *visit) (*answer, error) {
	a := &answer{template: "history", title: "History"}
	if books.WantLake(v.Setting) != nil {
		a.data = historyPage{}
		return a, nil
	}
	l, err := history.List(v.ctx, history.Options{Setting: v.Setting, Offset: v.offset(), Limit: int64(v.limit)})
	if err != nil {
		return nil, err
	}
	d := historyPage{Records: rowsOf(v, "Records", l.Records), Locks: rowsOf(v, "Locks", l.Locks)}
	d.Records.Links = func(column string, row []any) string {
		if no, ok := row[0].(int64); ok && column == "record" {
			return "/history/" + strconv.FormatInt(no, 10)
		}
		return ""
	}
	d.Locks.Links = func(column string, row []any) string {
		if period, ok := row[0].(string); ok && column == "period" {
			return "/months/" + period
		}
		return ""
	}
	d.Pager = site.PagerOf(v.offset(), int64(len(d.Records.Rows)), l.Total, int64(v.limit), func(offset int64) string {
		return room.AddressOf("/history", "from", strconv.FormatInt(offset, 10))
	})
	a.data = d
	return a, nil
}

// record shows one, byte for byte.
func (p *Pages) record(v *visit) (*answer, error) {
	no, err := strconv.ParseInt(v.r.PathValue("record"), 10, 64)
	if err != nil {
		no = 0 // which none has
	}
	r, err := history.Look(v.ctx, history.Options{Setting: v.Setting, Record: no})
	if err != nil {
		return nil, err
	}
	return &answer{template: "record", title: "Record " + strconv.FormatInt(no, 10), trail: []site.Place{{Path: "/history", Name: "History"}}, data: r}, nil
}

// accesses shows who read what.
func (p *Pages) accesses(v *visit) (*answer, error) {
	t, total, err := history.Accesses(v.ctx, history.Options{Setting: v.Setting, Offset: v.offset(), Limit: int64(v.limit)})
	if err != nil {
		return nil, err
	}
	d := listPage{Rows: rowsOf(v, "Accesses", t)}
	d.Rows.Under = "query"
	d.Pager = site.PagerOf(v.offset(), int64(len(t.Rows)), total, int64(v.limit), func(offset int64) string {
		return room.AddressOf("/history/accesses", "from", strconv.FormatInt(offset, 10))
	})
	return &answer{template: "accesses", title: "Accesses", trail: []site.Place{{Path: "/history", Name: "History"}}, data: d}, nil
}
