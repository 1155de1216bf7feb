package pages

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"carat/jobs/books"
	jobpackage "carat/jobs/closepackage"
	"carat/jobs/exceptions"
	"carat/jobs/serve/kept"
	"carat/pipeline"
	"carat/reports/closepackage"
	"carat/reports/pages/site"
)

// monthPage is what the page of a month shows: the close package, as it stands now.
type monthPage struct {
	*closepackage.Package
	Figures  []figure
	Controls []controlData
	Passed   int
	Without  int
	Monitor  int64
	Sections []site.Place
}

// figure is a sum with where its rows are.
type figure struct {
	closepackage.Figure
	Path string
}

type controlData struct {
	closepackage.Control
	Class, Mark string
	Path        string // of what it found; "": nothing
}

// rowsOfFigures are the sections whose rows make a sum, by the beginning of its label.
var rowsOfFigures = [][2]string{
	{"Gross sales", "bridge"}, {"Coins consumed", "bridge"}, {"Platform's cut", "bridge"}, {"Owed to viewers", "rollforwards"},
	{"Owed by stores", "open_items"}, {"Owed to creators", "creators"}, {"Owed by creators", "creators"}, {"On its way", "payout_ages"}, {"Exposure", "exceptions"},
}

// period is the month of the address; a not-found error for what is none.
func (v *visit) period() (pipeline.Period, error) {
	p, err := pipeline.ParsePeriod(v.r.PathValue("period"))
	if err != nil {
		return "", pipeline.Errorf(pipeline.KindNotFound, "find", "the month", "%w", err)
	}
	return p, nil
}

func monthPath(period pipeline.Period, section string) string {
	return "/months/" + string(period) + "/" + url.PathEscape(section)
}

// month shows a month.
func (p *Pages) month(v *visit) (*answer, error) {
	period, err := v.period()
	if err != nil {
		return nil, err
	}
	a := &answer{template: "month", title: site.Month(period), trail: []site.Place{{Path: "/months", Name: "Months"}}}
	a.data, err = kept.Of(v.ctx, &p.kept, kept.Ask{Setting: v.Setting, Right: books.RightEvidence, What: "month " + string(period)}, func() (d monthPage, err error) {
		err = jobpackage.Look(v.ctx, jobpackage.Options{Setting: v.Setting, SQL: p.SQL, Period: period}, d.of)
		return d, err
	})
	return a, err
}

// of takes what the page shows of a package, and keeps nothing of where its rows are read.
func (d *monthPage) of(pack *closepackage.Package) error {
	period := pack.Period
	d.Package = pack
	for _, f := range pack.Figures {
		one := figure{Figure: f}
		for _, to := range rowsOfFigures {
			if strings.HasPrefix(f.Label, to[0]) && pack.Find(to[1]) != nil {
				one.Path = monthPath(period, to[1])
			}
		}
		d.Figures = append(d.Figures, one)
	}
	for _, c := range pack.Controls {
		one := controlData{Control: c, Class: "pass", Mark: "passed"}
		switch {
		case c.Exceptions > 0:
			one.Class, one.Mark = c.Severity, "found"
			one.Path = address("/exceptions", exceptions.FindOptions{Tab: exceptions.TabAll, Period: period, Control: c.Control})
			if c.Severity == "monitor" {
				d.Monitor += c.Exceptions
			}
		case c.Result == "not compared":
			one.Class, one.Mark = "without", "not compared"
			d.Without++
		default:
			d.Passed++
		}
		d.Controls = append(d.Controls, one)
	}
	// What was found stands first, as far as it holds up the close.
	rank := func(c controlData) int {
		return slices.Index([]string{"block", "review", "monitor", "without", "pass"}, c.Class)
	}
	slices.SortStableFunc(d.Controls, func(a, b controlData) int { return rank(a) - rank(b) })
	for _, s := range pack.Sections {
		d.Sections = append(d.Sections, site.Place{Path: monthPath(period, s.ID), Name: s.Title})
	}
	pack.Sections = nil
	return nil
}

// sectionPage is what the page of a month's table shows.
type sectionPage struct {
	Period pipeline.Period
	Title  string
	Note   string
	Rows   site.Rows
	Pager  site.Pager
	Empty  *site.Empty
}

// section shows the rows of one table of a month.
func (p *Pages) section(v *visit) (*answer, error) {
	period, err := v.period()
	if err != nil {
		return nil, err
	}
	id := v.r.PathValue("section")
	a := &answer{template: "section", trail: []site.Place{{Path: "/months", Name: "Months"}, {Path: "/months/" + string(period), Name: site.Month(period)}}}
	return a, jobpackage.Table(v.ctx, jobpackage.Options{Setting: v.Setting, SQL: p.SQL, Period: period}, id, func(s *closepackage.Section) error {
		a.title = s.Title
		d := sectionPage{Period: period, Title: s.Title, Note: s.Note, Rows: site.Rows{Caption: s.Title, Zone: v.Config.Zone, Columns: s.Columns}}
		offset, limit := v.offset(), int64(v.limit)
		count := offset
		add := func(row []any) error {
			count++
			if count <= offset+limit {
				d.Rows.Rows = append(d.Rows.Rows, slices.Clone(row))
			}
			return nil
		}
		if s.Part != nil {
			err = s.Part(offset, limit+1, add) // one more, to know whether there is a next page
		} else {
			skipped := int64(0)
			err = s.Rows(func(row []any) error {
				if skipped < offset {
					skipped++
					return nil
				}
				return add(row)
			})
		}
		if err != nil {
			return err
		}
		d.Pager = site.PagerOf(offset, int64(len(d.Rows.Rows)), count, limit, func(at int64) string {
			return monthPath(period, id) + "?from=" + strconv.FormatInt(at, 10)
		})
		d.Pager.Open = s.Part != nil && d.Pager.After != ""
		if d.Rows.At("detail") >= 0 {
			d.Rows.Under = "detail"
		}
		d.Rows.Links = v.links(d.Rows, period)
		if len(d.Rows.Rows) == 0 {
			d.Empty = &site.Empty{Why: "This run has no row of that.", Next: "What was ingested of each feed is told with the runs.", Path: "/runs"}
		}
		a.data = d
		return nil
	})
}
