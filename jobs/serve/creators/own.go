package creators

import (
	"slices"
	"strconv"

	"carat/jobs/books"
	"carat/jobs/creators"
	"carat/jobs/serve/room"
	"carat/pipeline"
	"carat/reports/pages/site"
	"carat/reports/table"
)

// formats are the forms in which a creator takes a statement along, and what each is.
var formats = map[string]string{"pdf": "application/pdf", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"}

// earningsPage is what a creator sees of themselves.
type earningsPage struct {
	*creators.Earnings
	Heads  []head // of the month that is shown, one an entity and currency
	Old    []head // of all others, newest first
	Lines  site.Rows
	Payout site.Rows
	Pager  site.Pager
	Empty  *site.Empty
}

// head is the head of a statement.
type head struct {
	Period                  pipeline.Period
	Version                 string // "": it is the first
	Provisional             bool   // its month isn't closed: it has no statement
	Entity, Currency        string
	Earned, Paid, Way, Held string
	Open, FreeAt, Opening   string
	Path                    string
	Statement               []site.Place
	Steps                   []step // from the opening to what is open
}

// steps are how a balance came about, in the order in which a statement tells it. A
// statement says the taken ones as positive numbers.
var steps = []struct{ column, name string }{
	{"opening_amount", "At the beginning"}, {"earned_amount", "Earned by gifts"}, {"adjusted_amount", "Bonuses and corrections"}, {"redeemed_amount", "Less what you asked to be paid"},
	{"returned_amount", "Payouts that came back"}, {"revaluation_amount", "Change of what a diamond is worth"}, {"rounding_amount", "Less fractions given up in payouts"}, {"closing_amount", "At the end"},
}

func headsOf(v *room.Visit, e *creators.Earnings) (heads []head) {
	for _, row := range e.Months.Rows {
		get := func(column string) string { return cell(e.Months, row, column) }
		h := head{Period: pipeline.Period(get("period")), Entity: get("entity"), Currency: get("currency")}
		amount := func(column string) string { return money(get(column), h.Currency) }
		h.Earned, h.Paid, h.Way, h.Held, h.Open, h.Opening = amount("earned_amount"), amount("paid_amount"), amount("in_transit_amount"), amount("held_amount"), amount("closing_amount"), amount("opening_amount")
		if version := get("version"); version != "1" {
			h.Version = version
		}
		if get("free_at") != "" {
			h.FreeAt = dayOf(get("free_at"), v.Config.Zone)
		}
		for _, one := range steps {
			if text := amount(one.column); text != "" && text != money("0", h.Currency) || one.column == "closing_amount" {
				h.Steps = append(h.Steps, step{Name: one.name, Text: text})
			}
		}
		h.Path = below("/earnings", string(h.Period))
		if h.Provisional = e.Provisional(h.Period); h.Provisional {
			h.Version = ""
			heads = append(heads, h)
			continue
		}
		for _, format := range []string{"pdf", "csv", "html"} {
			h.Statement = append(h.Statement, site.Place{Path: below(h.Path, h.Entity, h.Currency, "statement", format), Name: map[string]string{"pdf": "PDF", "csv": "CSV", "html": "HTML"}[format]})
		}
		heads = append(heads, h)
	}
	return heads
}

// earnings shows a creator what they earned.
func earnings(v *room.Visit) (*room.Answer, error) {
	a := &room.Answer{Template: "earnings", Title: "My earnings"}
	if books.WantLake(v.Setting) != nil {
		a.Data = earningsPage{Empty: &site.Empty{Why: "There is no month yet."}}
		return a, nil
	}
	o := creators.OwnOptions{Setting: v.Setting, SQL: v.SQL, Period: pipeline.Period(v.R.PathValue("period")), Offset: v.Offset(), Limit: int64(v.Limit)}
	e, err := creators.Own(v.Ctx, o)
	if err != nil {
		return nil, err
	}
	d := earningsPage{Earnings: e}
	a.Data = &d
	for _, h := range headsOf(v, e) {
		if h.Period == e.Period {
			d.Heads = append(d.Heads, h)
		} else {
			d.Old = append(d.Old, h)
		}
	}
	switch {
	case e.Period == "":
		d.Empty = &site.Empty{Why: "No month is final yet.", Next: "You see each month here once it is closed; the first is " + site.Month(e.Next) + "."}
		return a, nil
	case len(d.Heads) == 0:
		d.Empty = &site.Empty{Why: "In " + site.Month(e.Period) + " you earned nothing, and nothing was owed to you."}
	}
	d.Lines, d.Payout = v.Rows("Lines of "+string(e.Period), asMoney(e.Lines)).Filled(), v.Rows("Payouts", asMoney(e.Payouts)).Filled()
	shown := &table.Table{Columns: d.Lines.Columns}
	d.Lines.Links = func(column string, row []any) string {
		if column != "line_no" || e.Provisional(e.Period) {
			return ""
		}
		return below("/earnings", string(e.Period), cell(shown, row, "entity"), cell(shown, row, "currency"), cell(shown, row, "line_no"))
	}
	d.Pager = site.PagerOf(o.Offset, int64(len(e.Lines.Rows)), max(e.Total, int64(len(e.Lines.Rows))), o.Limit, func(offset int64) string {
		return addressOf(below("/earnings", string(e.Period)), "from", strconv.FormatInt(offset, 10)) + "#lines"
	})
	if o.Period != "" {
		a.Title = "My earnings, " + site.Month(e.Period)
		a.Trail = []site.Place{{Path: "/earnings", Name: "My earnings"}}
	}
	return a, nil
}

// ownOptions reads what of theirs a creator asks for by its address.
func ownOptions(v *room.Visit) creators.OwnOptions {
	o := creators.OwnOptions{Setting: v.Setting, SQL: v.SQL, Period: pipeline.Period(v.R.PathValue("period")), Entity: v.R.PathValue("entity"), Currency: v.R.PathValue("currency"), Format: v.R.PathValue("format")}
	o.Line, _ = strconv.ParseInt(v.R.PathValue("line"), 10, 64) // none has the number 0
	return o
}

// ownStatement gives a creator a statement to take along.
func ownStatement(v *room.Visit) (*room.Answer, error) {
	o := ownOptions(v)
	if !slices.Contains([]string{"pdf", "csv", "html"}, o.Format) {
		o.Format = "" // which there is not
	}
	name, text, err := creators.OwnStatement(v.Ctx, o)
	if err != nil {
		return nil, err
	}
	return &room.Answer{File: &room.File{Name: name, Kind: formats[o.Format], Content: text}}, nil
}

// linePage is what a line of a statement is made of.
type linePage struct {
	*creators.Line
	Facts     []step
	Parts     []part
	Trace     string // "": the one who asks may not
	Ask       string // to which a question is posted; "": it is the staff who looks
	Days, Max int
	Wrong     string // why a question was not kept
	Typed     string
}

type part struct {
	Title, More string
	Rows        site.Rows
}

// titles are what the rows of a line are called.
var titles = map[string]string{"gift": "The gifts", "reversal": "What was taken back", "adjustment": "Bonuses and corrections", "payout": "The payout, as it went", "rate": "The rate in force", "price": "The price in the catalogue", "statement_line": "Other lines of the statement"}

// headed are the values of a line that its heading says.
var headed = []string{"period", "version", "entity", "currency", "line_no"}

func linePageOf(v *room.Visit, l *creators.Line) linePage {
	d := linePage{Line: l}
	t := &table.Table{}
	var row []any
	for _, f := range l.Says {
		t.Columns, row = append(t.Columns, table.Column{Name: f.Name, Kind: f.Kind}), append(row, f.Value)
	}
	t.Rows = [][]any{row}
	shown := asMoney(t)
	for i, c := range shown.Columns {
		// What the heading says, and what is so of nearly every line, isn't said again.
		if text := site.Cell(c, shown.Rows[0][i], v.Config.Zone); text != "" && !slices.Contains(headed, c.Name) && !(c.Name == "prior_period" && text == "false") {
			d.Facts = append(d.Facts, step{Name: c.Name, Text: text})
		}
	}
	for _, p := range l.Parts {
		d.Parts = append(d.Parts, part{Title: titles[p.Kind], More: p.More, Rows: v.Rows(titles[p.Kind], p.Table).Filled()})
	}
	return d
}

// ownLine shows a creator what a line of theirs is made of.
func ownLine(v *room.Visit) (*room.Answer, error) {
	l, err := creators.OwnLine(v.Ctx, ownOptions(v))
	if err != nil {
		return nil, err
	}
	d := linePageOf(v, l)
	d.Ask, d.Days, d.Max = below("/earnings", string(l.Period), l.Entity, l.Currency, strconv.FormatInt(l.No, 10)), creators.AnswerDays, creators.QuestionRunesMax
	return &room.Answer{Template: "line", Title: "Line " + strconv.FormatInt(l.No, 10) + " of " + site.Month(l.Period), Data: d,
		Trail: []site.Place{{Path: "/earnings", Name: "My earnings"}, {Path: below("/earnings", string(l.Period)), Name: site.Month(l.Period)}}}, nil
}

// line shows the staff what a line is made of.
func line(v *room.Visit) (*room.Answer, error) {
	id := v.R.PathValue("id")
	l, err := creators.LineOf(v.Ctx, ownOptions(v), id)
	if err != nil {
		return nil, err
	}
	d := linePageOf(v, l)
	if v.May(books.RightTrace) {
		d.Trace = tracePath(string(l.Period) + "/" + id + "/" + l.Entity + "/" + l.Currency + "/" + strconv.FormatInt(l.No, 10))
	}
	return &room.Answer{Template: "line", Title: "Line " + strconv.FormatInt(l.No, 10) + " of " + site.Month(l.Period), Data: d,
		Trail: []site.Place{{Path: "/creators", Name: "Creators"}, {Path: below("/creators", id), Name: id}}}, nil
}
