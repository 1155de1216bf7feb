package pages

import (
	"context"
	"errors"
	"slices"
	"strings"

	"carat/jobs/books"
	jobpackage "carat/jobs/closepackage"
	"carat/jobs/schedule"
	"carat/jobs/serve/kept"
	"carat/reports/closepackage"
	"carat/reports/pages/site"
)

// shownSums are the sums of a month on the list of months.
var shownSums = []string{"Gross sales", "Platform's cut", "Owed to viewers: coins not spent", "Owed to creators"}

// monthsData is what the page of months shows.
type monthsData struct {
	Months []monthData
	Late   []string
	Told   []string // what else somebody should know: people, webhooks, what was refused
	Year   site.Year
	Empty  *site.Empty
}

type monthData struct {
	schedule.PeriodStatus
	Sums []closepackage.Figure
	May  bool // look into it
}

// monthsShown is how many months have a card; the picture has twelve.
const monthsShown = 12

// months shows where each month stands, and what its close waits for.
func (p *Pages) months(v *visit) (*answer, error) {
	a := &answer{template: "months", title: "Months"}
	if books.WantLake(v.Setting) != nil {
		a.data = monthsData{Empty: nothingIngested()}
		return a, nil
	}
	st, err := schedule.Status(v.ctx, v.Setting)
	if err != nil {
		return nil, err
	}
	data := monthsData{Late: st.Late, Told: slices.Concat(st.People, st.Webhooks, st.Refused)}
	list := slices.Clone(st.Periods)
	slices.SortFunc(list, func(a, b schedule.PeriodStatus) int { return strings.Compare(string(b.Period), string(a.Period)) })
	if len(list) == 0 {
		data.Empty = &site.Empty{Why: "No month was reconciled yet.", Next: "Run the first one:", Command: "carat run --period " + string(st.FirstPeriod)}
	}
	for i := range list {
		if i < monthsShown {
			one := monthData{PeriodStatus: list[i], May: v.may(books.RightEvidence)}
			if one.May {
				if one.Sums, err = p.sumsOf(v.ctx, v.Setting, list[i]); err != nil {
					return nil, err
				}
			}
			data.Months = append(data.Months, one)
		}
	}
	for i := min(len(list), monthsShown) - 1; i >= 0; i-- {
		data.Year.Months = append(data.Year.Months, site.YearMonth{Period: list[i].Period, Status: list[i].Status, Exceptions: list[i].Exceptions})
	}
	a.data = data
	return a, nil
}

// sumsOf gives the four sums of a month.
func (p *Pages) sumsOf(ctx context.Context, s books.Setting, month schedule.PeriodStatus) (four []closepackage.Figure, err error) {
	var anew []closepackage.Figure // of a run that is newer than the one that was told
	all, err := kept.Of(ctx, &p.kept, kept.Ask{Setting: s, Right: books.RightEvidence, What: "sums", Run: month.RunID}, func() ([]closepackage.Figure, error) {
		figures, run, err := jobpackage.Sums(ctx, jobpackage.Options{Setting: s, SQL: p.SQL, Period: month.Period})
		if err == nil && run != month.RunID {
			anew, err = figures, kept.ErrMoved
		}
		return figures, err
	})
	if errors.Is(err, kept.ErrMoved) {
		all, err = anew, nil
	}
	if err != nil {
		return nil, err
	}
	for _, label := range shownSums {
		i := slices.IndexFunc(all, func(f closepackage.Figure) bool { return f.Label == label })
		if i >= 0 {
			four = append(four, all[i])
		}
	}
	return four, nil
}

func nothingIngested() *site.Empty {
	return &site.Empty{Why: "Nothing was ingested yet.", Next: "Put feed files into the inbox and run", Command: "carat ingest"}
}
