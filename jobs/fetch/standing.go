package fetch

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"carat/jobs/books"
	"carat/jobs/config"
	"carat/pipeline/spelling"
	"carat/pipeline/state"
)

// Standing is where a source stands.
type Standing struct {
	Source      string
	Kind        string
	Files       int64     // taken so far
	LastFile    string    // as the source calls it; "": none yet
	LastAt      time.Time // when it was taken
	TriedAt     time.Time // zero: never
	ReachedAt   time.Time // when the source last answered
	Waiting     int64     // files that are to come
	Error       string    // of the last try
	Late        string    // why it is late; "": it isn't
	Changed     string    // how the newest file of a series differs from the one before
	ChangedFile string
}

// Stands says in a word where a source stands: late, failing, changed, waiting for files
// that aren't there yet, not tried, or well.
func (s Standing) Stands() string {
	switch {
	case s.Late != "":
		return "late"
	case s.Error != "":
		return "failing"
	case s.Changed != "":
		return "changed"
	case s.TriedAt.IsZero():
		return "not tried"
	case s.Waiting > 0:
		return "waiting"
	}
	return "well"
}

// Detail says why a source stands so; "" where there is nothing to say.
func (s Standing) Detail() string {
	switch {
	case s.Error != "":
		return s.Error
	case s.Late != "":
		return s.Late
	case s.Changed != "":
		return s.ChangedFile + ": " + s.Changed
	case s.Waiting == 1:
		return "a file is not there yet"
	case s.Waiting > 1:
		return strconv.FormatInt(s.Waiting, 10) + " files are not there yet"
	}
	return ""
}

// awayAfter is how long a source may fail before it is late, whatever it is expected
// to give.
const awayAfter = 36 * time.Hour

// Standings gives where the sources of carat.yaml stand, by name.
func Standings(ctx context.Context, p *books.Books, s books.Setting) (list []Standing, err error) {
	for _, name := range slices.Sorted(maps.Keys(s.Config.Sources)) {
		one, err := standing(ctx, p, s.Config.Sources[name], s.Now)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

func standing(ctx context.Context, p *books.Books, c config.Source, now time.Time) (Standing, error) {
	one := Standing{Source: c.Name, Kind: c.Kind}
	try, err := p.State.SourceTry(ctx, c.Name)
	if err != nil {
		return one, err
	}
	one.TriedAt, one.ReachedAt, one.Waiting, one.Error = try.TriedAt, try.ReachedAt, try.Waiting, try.Error
	if one.Files, err = p.State.CountFetched(ctx, c.Name); err != nil {
		return one, err
	}
	last, err := p.State.LastFetched(ctx, c.Name, seriesLooked)
	if err != nil {
		return one, err
	}
	if len(last) > 0 {
		one.LastFile, one.LastAt = spelling.Spell(last[0].RemoteName), last[0].At
	}
	one.Changed, one.ChangedFile = changed(last)
	one.Late = late(c, one, now)
	return one, nil
}

// changed finds the newest series whose newest file has another shape than the one
// before it.
func changed(last []state.Fetched) (how, file string) {
	newest := map[string]state.Fetched{}
	judged := map[string]bool{}
	for _, f := range last {
		series := Series(f.RemoteName)
		after, there := newest[series]
		if !there {
			newest[series] = f
			continue
		}
		if judged[series] {
			continue
		}
		judged[series] = true
		if how := ShapeChange(f.Shape, after.Shape); how != "" {
			return how, spelling.Spell(after.RemoteName)
		}
	}
	return "", ""
}

// late says why a source is late.
func late(c config.Source, s Standing, now time.Time) string {
	switch {
	case s.Error != "" && s.ReachedAt.IsZero():
		return "it was never reached: " + s.Error
	case s.Error != "" && now.Sub(s.ReachedAt) > awayAfter:
		return "it was last reached at " + s.ReachedAt.UTC().Format(time.RFC3339) + ": " + s.Error
	case c.LateAfter > 0 && s.LastAt.IsZero() && !s.TriedAt.IsZero():
		return "no file came yet"
	case c.LateAfter > 0 && !s.LastAt.IsZero() && now.Sub(s.LastAt) > c.LateAfter:
		return "the last new file came at " + s.LastAt.UTC().Format(time.RFC3339)
	}
	return ""
}
