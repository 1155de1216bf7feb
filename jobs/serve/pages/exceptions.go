package pages

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/exceptions"
	"carat/jobs/serve/kept"
	"carat/jobs/serve/room"
	"carat/jobs/serve/talking"
	"carat/jobs/views"
	"carat/pipeline"
	"carat/reports/pages/site"
	"carat/reports/table"
	"carat/reports/trace"
)

// exceptionsData is what the page of exceptions shows.
type exceptionsData struct {
	Filter      exceptions.FindOptions
	Tabs        []tab
	Found       *exceptions.Found
	Rows        site.Rows
	Causes      site.Rows
	Severities  []string
	Pager       site.Pager
	Reporting   string
	Materiality string // in reporting currency; "": none is set
	CSV         string // where those that stand, of the same month and control, are as CSV
	Decide      string // where all that the filter finds are decided about; "": nobody may here
	Empty       *site.Empty
	Saved       []views.View
	Query       string // of this filter, to be saved
}

type tab struct {
	Name, Path string
	Count      int64
	Here       bool
}

// offset is where the page of a list begins, from its address.
func (v *visit) offset() int64 {
	n, err := strconv.ParseInt(v.text("from"), 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// shownOfExceptions are the columns that the list shows.
var shownOfExceptions = []string{"exception_id", "control", "severity", "period", "subject_id", "difference", "unit", "exposure", "status", "age_days", "detail"}

// filterOf reads what is asked for from the address.
func (v *visit) filterOf() exceptions.FindOptions {
	o := exceptions.FilterOf(v.r.URL.Query())
	o.Setting, o.Offset, o.Limit = v.Setting, v.offset(), int64(v.limit)
	return o
}

// address is that of a list by its filter: it can be saved and sent.
func address(path string, o exceptions.FindOptions, more ...string) string {
	return o.Address(path, more...)
}

// exceptions shows what the controls found.
func (p *Pages) exceptions(v *visit) (*answer, error) {
	a := &answer{template: "exceptions", title: "Exceptions"}
	o := v.filterOf()
	if books.WantLake(v.Setting) != nil {
		a.data = exceptionsData{Filter: o, Empty: nothingIngested()}
		return a, nil
	}
	found, err := p.desk.Find(v.ctx, o)
	if pipeline.KindOf(err) == pipeline.KindNotFound && !pipeline.IsMisnamed(err) {
		a.data = exceptionsData{Filter: o, Empty: &site.Empty{Why: "No month was reconciled yet.", Next: "What the controls find is listed here after the first run:", Command: "carat run --period 2026-10"}}
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	d := exceptionsData{Filter: o, Found: found, Severities: []string{"block", "review", "monitor"}, Reporting: v.Config.ReportingCurrency}
	if amount, ok := v.Config.Materiality[v.Config.ReportingCurrency]; ok {
		d.Materiality = amount.String()
	}
	for _, name := range exceptions.Tabs {
		other := o
		other.Tab = name
		d.Tabs = append(d.Tabs, tab{Name: name, Path: address("/exceptions", other), Count: found.Tabs[name], Here: name == o.Tab})
	}
	d.Rows = rowsOf(v, "Exceptions", found.Table, shownOfExceptions...)
	d.Rows.Under = "detail"
	d.Rows.Links = func(column string, row []any) string {
		if id, ok := row[d.Rows.At("exception_id")].(string); ok && column == "exception_id" {
			return address("/exceptions/"+url.PathEscape(id), o)
		}
		return ""
	}
	d.Causes = rowsOf(v, "Causes", found.Causes, "control", "reason", "severity", "exceptions", "exposure", "unmeasured", "unit", "oldest", "shared_batch", "detail")
	d.Causes.Under = "detail"
	d.Causes.Links = func(column string, row []any) string {
		if column != "reason" && column != "control" {
			return ""
		}
		one := o
		one.Control, _ = row[d.Causes.At("control")].(string)
		one.Severity, _ = row[d.Causes.At("severity")].(string)
		one.Unit, _ = row[d.Causes.At("unit")].(string)
		if column == "reason" {
			one.Reason, _ = row[d.Causes.At("reason")].(string)
		}
		return address("/exceptions", one)
	}
	d.Pager = site.PagerOf(o.Offset, int64(len(found.Table.Rows)), found.Total, o.Limit, func(offset int64) string {
		return address("/exceptions", o, "from", strconv.FormatInt(offset, 10))
	})
	d.Empty = emptyOf(o, found)
	if v.may(books.RightDecide) && found.Total > 1 && o.Tab != exceptions.TabGone {
		d.Decide, d.Rows.Select = address("/exceptions/decide", o), "exception_id"
	}
	if d.Saved, err = views.Of(v.ctx, v.Setting); err != nil {
		return nil, err
	}
	_, d.Query, _ = strings.Cut(address("", o), "?")
	d.CSV = room.AddressOf("/exceptions.csv", "period", string(o.Period), "control", o.Control)
	a.data = d
	return a, nil
}

// exceptionsFile is the list as the verb exports it, to be decided in a spreadsheet.
func (p *Pages) exceptionsFile(v *visit) (*answer, error) {
	t, err := exceptions.List(v.ctx, exceptions.Options{Setting: v.Setting, Period: pipeline.Period(v.text("period")), Control: v.text("control")})
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Write(&b, "csv"); err != nil {
		return nil, err
	}
	return &answer{file: &file{name: "exceptions.csv", kind: "text/csv; charset=utf-8", content: b.Bytes()}}, nil
}

// emptyOf says why a list of exceptions has no row; nil: it has some.
func emptyOf(o exceptions.FindOptions, found *exceptions.Found) *site.Empty {
	all := o
	all.Control, all.Severity, all.Reason, all.Unit, all.Text, all.IDs = "", "", "", "", "", nil
	switch {
	case len(found.Table.Rows) > 0:
		return nil
	case o.Period != "" && !slices.Contains(found.Periods, o.Period):
		return &site.Empty{Why: string(o.Period) + " was not run.", Next: "Run it first:", Command: "carat run --period " + string(o.Period)}
	case found.Hidden > 0:
		return &site.Empty{Why: "The filter leaves out all of them: " + site.Number(strconv.FormatInt(found.Hidden, 10)) + " hidden.", Next: "Take it away:", Path: address("/exceptions", all)}
	case found.Total > 0:
		return &site.Empty{Why: "The list ends before this page.", Next: "Begin with the first:", Path: address("/exceptions", o)}
	case o.Tab == exceptions.TabUndecided && found.Tabs[exceptions.TabAll] > 0:
		return &site.Empty{Why: "Everything that needs a decision has one.", Next: "See what was decided:", Path: address("/exceptions", tabbed(all, exceptions.TabDecided))}
	case o.Tab == exceptions.TabUndecided || o.Tab == exceptions.TabAll:
		return &site.Empty{Why: "The controls ran and found nothing.", Next: "How much each of them checked is told with the month.", Path: "/months"}
	}
	return &site.Empty{Why: "There are none of these.", Next: "See all that stand:", Path: address("/exceptions", tabbed(all, exceptions.TabAll))}
}

func tabbed(o exceptions.FindOptions, name string) exceptions.FindOptions {
	o.Tab = name
	return o
}

// rowsOf gives some columns of a table as a page shows them; none named: all.
func rowsOf(v *visit, caption string, t *table.Table, shown ...string) site.Rows {
	return site.RowsOf(caption, v.Config.Zone, t, shown...)
}

// evidenceData is what the page of one exception shows.
type evidenceData struct {
	*trace.Evidence
	ID, Title     string
	Facts, Rule   []fact
	Decisions     site.Rows
	Blocks        []evidenceBlock
	Before, After string // the neighbours' addresses; "": none
	Trace         string // where what it is about is traced; "": the one who asks may not
	Form          *decideForm
	Talk          *talking.Block
}

type fact struct{ Name, Text, Path string }

type evidenceBlock struct {
	Heading string
	Rows    site.Rows
	Sources []fact // the lines that the rows were read from
	Left    int
}

// evidenceRows is how many rows of a kind the page of an exception shows.
const evidenceRows = 50

// exception shows the evidence of one.
func (p *Pages) exception(v *visit) (*answer, error) {
	id, o := v.r.PathValue("id"), v.filterOf()
	keep := func(gather func() (ask.Gathered, error)) (ask.Gathered, error) {
		return kept.Of(v.ctx, &p.kept, kept.Ask{Setting: v.Setting, Right: books.RightExceptions, What: "evidence " + strconv.Quote(id)}, gather)
	}
	e, err := ask.Evidence(v.ctx, ask.EvidenceOptions{Setting: v.Setting, SQL: p.SQL, ID: id, Limit: evidenceRows, Keep: keep})
	if err != nil {
		return nil, err
	}
	d := evidenceData{Evidence: e, ID: id, Decisions: rowsOf(v, "Decisions", e.Decisions).Filled()}
	kind := ""
	for _, f := range e.Exception {
		if f.Name == "subject_kind" {
			kind = f.PlainText()
		}
	}
	for _, f := range e.Exception {
		text := site.Cell(table.Column{Kind: f.Kind}, f.Value, v.Config.Zone)
		one := fact{Name: f.Name, Text: text}
		switch {
		case text == "":
			continue
		case f.Name == "exception_id":
			d.ID = text
		case f.Name == "detail":
			d.Title = text
			continue
		case f.Name == "subject_id" && v.may(books.RightTrace) && slices.Contains(tracedSubjects, kind):
			one.Path = "/trace?" + url.Values{"id": {f.PlainText()}}.Encode()
			d.Trace = one.Path
		case f.Name == "batch_id" && v.may(books.RightTrace):
			one.Path = "/files/" + url.PathEscape(text)
		case f.Name == "control":
			one.Path = address("/exceptions", exceptions.FindOptions{Tab: exceptions.TabAll, Control: text})
		}
		d.Facts = append(d.Facts, one)
	}
	for _, f := range e.Control {
		d.Rule = append(d.Rule, fact{Name: f.Name, Text: f.PlainText()})
	}
	for _, b := range e.Blocks {
		block := evidenceBlock{Heading: b.Heading, Rows: rowsOf(v, b.Heading, &b.Rows), Left: b.Total - len(b.Sources)}
		for _, s := range b.Sources {
			if s != nil {
				block.Sources = append(block.Sources, fact{Name: s.ID, Text: s.Text})
			}
		}
		d.Blocks = append(d.Blocks, block)
	}
	if v.may(books.RightDecide) {
		d.Form = v.formOf(address("/exceptions/"+url.PathEscape(d.ID)+"/decide", o))
		d.Form.Decided = v.text("decided") != ""
		decided, difference := "", ""
		for _, f := range e.Exception {
			switch f.Name {
			case "difference":
				difference = f.PlainText()
			case "control":
				d.Form.Rejected = f.PlainText() == "rejected_row"
			}
		}
		if rows := e.Decisions.Rows; len(rows) > 0 {
			if at, ok := rows[len(rows)-1][0].(time.Time); ok {
				decided = at.UTC().Format(time.RFC3339Nano)
			}
		}
		d.Form.Hidden = []fact{{Name: "decided", Text: decided}, {Name: "difference", Text: difference}}
	}
	before, after, err := p.desk.Beside(v.ctx, o, d.ID)
	if err != nil {
		return nil, err
	}
	for to, id := range map[*string]string{&d.Before: before, &d.After: after} {
		if id != "" {
			*to = address("/exceptions/"+url.PathEscape(id), o)
		}
	}
	if d.Talk, err = talking.Of(v.ctx, v.Setting, d.ID, v.may, v.text("said")); err != nil {
		return nil, err
	}
	return &answer{template: "exception", title: "Exception " + d.ID, trail: []site.Place{{Path: address("/exceptions", o), Name: "Exceptions"}}, data: d}, nil
}
