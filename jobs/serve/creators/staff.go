package creators

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"carat/jobs/books"
	"carat/jobs/creators"
	"carat/jobs/serve/room"
	"carat/pipeline"
	"carat/reports/pages/site"
	"carat/reports/table"
)

// listPage is the list of creators.
type listPage struct {
	Rows   site.Rows
	Pager  site.Pager
	Empty  *site.Empty
	Text   string
	Period pipeline.Period
}

// list lists creators, for whoever has to find one.
func list(v *room.Visit) (*room.Answer, error) {
	a := &room.Answer{Template: "creators", Title: "Creators"}
	if books.WantLake(v.Setting) != nil {
		a.Data = listPage{Empty: &site.Empty{Why: "Nothing was ingested yet.", Next: "Put feed files into the inbox and run", Command: "carat ingest"}}
		return a, nil
	}
	o := creators.Options{Setting: v.Setting, Text: v.Text("text"), Offset: v.Offset(), Limit: int64(v.Limit)}
	l, err := creators.List(v.Ctx, o)
	if err != nil {
		return nil, err
	}
	d := listPage{Rows: v.Rows("Creators", l.Table), Text: o.Text, Period: l.Period}
	d.Rows.Links = creatorLinks(d.Rows)
	d.Pager = site.PagerOf(o.Offset, int64(len(l.Table.Rows)), l.Total, o.Limit, func(offset int64) string {
		return addressOf("/creators", "text", o.Text, "from", strconv.FormatInt(offset, 10))
	})
	switch {
	case len(l.Table.Rows) > 0:
	case l.Period == "":
		d.Empty = &site.Empty{Why: "No month was reconciled yet.", Next: "Creators are listed after the first run:", Command: "carat run --period 2026-10"}
	case o.Text != "":
		d.Empty = &site.Empty{Why: "No creator of the newest month has that in their id.", Next: "One without a statement in it can be opened by the whole id, or traced.", Path: "/creators/" + url.PathEscape(o.Text)}
	default:
		d.Empty = &site.Empty{Why: "Nobody earned anything and nobody is owed anything in " + site.Month(l.Period) + "."}
	}
	a.Data = d
	return a, nil
}

// creatorLinks leads from an id to the creator.
func creatorLinks(r site.Rows) func(column string, row []any) string {
	return func(column string, row []any) string {
		if id, ok := row[max(r.At("creator_id"), 0)].(string); ok && column == "creator_id" && id != "." && id != ".." { // which are other pages
			return "/creators/" + url.PathEscape(id)
		}
		return ""
	}
}

// creatorPage is what is told of one creator.
type creatorPage struct {
	*creators.Creator
	Why                        []why
	Questions                  []question
	Statements, Lines, Payouts site.Rows
	Pager                      site.Pager
	Trace                      string // "": the one who asks may not
}

// why tells a payout as the steps from what was asked for to what arrives.
type why struct {
	ID, Status string
	Steps      []step
}

// step is one of them, or anything else that has a name and a value.
type step struct{ Name, Text, Path string }

// whyShown is how many payouts are told in steps: the newest.
const whyShown = 3

// whys tells the newest payouts. Each is told by its newest version, which comes first.
func whys(v *room.Visit, t *table.Table) (list []why) {
	told := map[string]bool{}
	for _, row := range t.Rows {
		get := func(column string) string { return cell(t, row, column) }
		id := get("payout_id")
		if told[id] || len(list) == whyShown {
			continue
		}
		told[id] = true
		one := why{ID: id, Status: get("status")}
		add := func(name, text string, with ...string) {
			if text != "" {
				one.Steps = append(one.Steps, step{Name: name, Text: strings.Join(append([]string{text}, with...), " ")})
			}
		}
		amount := func(column string) string { return money(get(column), get("currency")) }
		day := func(column string) string { return dayOf(get(column), v.Config.Zone) }
		add("asked for", amount("gross_amount"), get("currency")+", for "+site.Number(get("diamonds"))+" diamonds, on "+day("requested_at"))
		for _, less := range [][2]string{{"less tax withheld", "withholding_amount"}, {"less fee", "fee_amount"}} {
			if text := amount(less[1]); strings.Trim(text, "0.") != "" {
				add(less[0], text, get("currency"))
			}
		}
		add("leaves", amount("net_amount"), get("currency"))
		if get("fx_rate") != "" {
			add("at the rate of", get("fx_rate"))
		}
		if get("payout_amount") != "" {
			add("arrives as", money(get("payout_amount"), get("payout_currency")), get("payout_currency"))
		}
		add("by", get("method"))
		add("is", get("status"), "since "+day("updated_at"))
		list = append(list, one)
	}
	return list
}

// dayOf gives the day of an instant in a zone.
func dayOf(text string, zone *time.Location) string {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	return at.In(zone).Format("2 January 2006")
}

// look shows one: why their payouts are what they are, month by month.
func look(v *room.Visit) (*room.Answer, error) {
	o := creators.Options{Setting: v.Setting, Creator: v.R.PathValue("id"), Period: pipeline.Period(v.Text("period")), Offset: v.Offset(), Limit: int64(v.Limit)}
	c, err := creators.Look(v.Ctx, o)
	if err != nil {
		return nil, err
	}
	path := below("/creators", c.ID)
	d := creatorPage{Creator: c, Why: whys(v, c.Payouts), Statements: v.Rows("Statements", asMoney(c.Statements)).Filled(), Lines: v.Rows("Lines of "+string(c.Period), c.Lines).Filled(), Payouts: v.Rows("Payouts", c.Payouts).Filled()}
	d.Statements.Links = func(column string, row []any) string {
		if month, ok := row[max(d.Statements.At("period"), 0)].(string); ok && column == "period" {
			return addressOf(path, "period", month) + "#lines"
		}
		return ""
	}
	shown := &table.Table{Columns: d.Lines.Columns}
	d.Lines.Links = func(column string, row []any) string {
		value := cell(shown, row, column)
		switch {
		case value == "":
		case column == "line_no":
			return below(path, string(c.Period), cell(shown, row, "entity"), cell(shown, row, "currency"), value)
		case (column == "reference_id" || column == "original_event_id") && v.May(books.RightTrace):
			return tracePath(value)
		}
		return ""
	}
	d.Payouts.Links = v.Links(d.Payouts, "")
	d.Pager = site.PagerOf(o.Offset, int64(len(c.Lines.Rows)), max(c.Total, int64(len(c.Lines.Rows))), o.Limit, func(offset int64) string {
		return addressOf(path, "period", string(c.Period), "from", strconv.FormatInt(offset, 10)) + "#lines"
	})
	if v.May(books.RightTrace) {
		d.Trace = tracePath(c.ID)
	}
	if v.May(books.RightAnswer) {
		asked, err := creators.Questions(v.Ctx, v.Setting, c.ID)
		if err != nil {
			return nil, err
		}
		d.Questions = questionsOf(v, asked, true, nil)
	}
	return &room.Answer{Template: "creator", Title: "Creator " + c.ID, Trail: []site.Place{{Path: "/creators", Name: "Creators"}}, Data: d}, nil
}

func tracePath(id string) string { return "/trace?" + url.Values{"id": {id}}.Encode() }
