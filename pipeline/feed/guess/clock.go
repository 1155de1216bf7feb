package guess

import (
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/layout"
	"carat/pipeline/feed/published"
)

// clockFormats are how a time of the day is written that stands in a column of its own.
var clockFormats = []string{"HH:mm:ss", "HH:mm", "h:mm:ss AM", "h:mm AM", "HH.mm.ss", "HHmmss", "HHmm", "HH.mm"}

// bareClocks are those of them that numbers look like: they are tried in a column whose
// name says that it has times.
var bareClocks = []string{"HHmmss", "HHmm", "HH.mm"}

// dayWords, clockWords and zoneWords are what the columns are called that a time is parted into.
var (
	dayWords   = []string{"date", "day", "datum", "tag", "fecha", "data", "jour", "dag", "dato", "am", "on", "local"}
	clockWords = []string{"time", "uhrzeit", "zeit", "hora", "ora", "heure", "tijd", "tid", "clock", "hour", "at", "local"}
	zoneWords  = []string{"timezone", "time zone", "zone", "tz", "utc offset", "gmt offset", "offset", "zeitzone", "tijdzone", "fuseau horaire", "zona horaria"}
)

// parted is a time that stands in several columns of a file: a day, the time of the day,
// and perhaps the zone.
type parted struct {
	day, clock, zone string   // names of columns; zone may be ""
	formats          []string // that read day, clock and zone joined by blanks; none in a sheet, where they add up
	daysOnly         []string // that read the days of rows without a time, where there are any
	texts, days      []string // what they read
	example          string
	mixed            bool // one is a sheet's date, the other a text: they can't be joined
}

// partedTimes finds the times of the day that stand in a column of their own, each with the
// day that it belongs to: that of the same words, else the one beside it.
func (s sample) partedTimes(columns []guessed) (all []parted) {
	for at, c := range columns {
		if !c.isClock() {
			continue
		}
		day := -1
		for i, d := range columns {
			if d.isDay() && stem(d.name, dayWords) == stem(c.name, clockWords) {
				day = i
				break
			}
		}
		for _, beside := range []int{at - 1, at + 1} {
			if day < 0 && beside >= 0 && beside < len(columns) && columns[beside].isDay() {
				day = beside
			}
		}
		if day < 0 || slices.ContainsFunc(all, func(p parted) bool { return p.day == columns[day].name }) {
			continue
		}
		if p := s.parted(columns, day, at); p.mixed || len(p.formats) > 0 || columns[day].cells[0].sheet {
			all = append(all, p)
		}
	}
	return all
}

// parted joins the columns of a time and finds how they are written.
func (s sample) parted(columns []guessed, day, clock int) parted {
	d, c := columns[day], columns[clock]
	p := parted{day: d.name, clock: c.name, example: d.texts[0] + " " + c.texts[0]}
	if d.cells[0].sheet || c.cells[0].sheet {
		p.mixed = d.cells[0].sheet != c.cells[0].sheet
		return p
	}
	zone := slices.IndexFunc(columns, func(z guessed) bool { return z.isZone() })
	var joined, days []string
	for _, row := range s.Rows {
		text := func(i int) string {
			if i < 0 || i >= len(row) {
				return ""
			}
			return strings.TrimSpace(row[i].Text)
		}
		switch {
		case text(day) == "":
		case text(clock) == "":
			days = append(days, text(day))
		default:
			joined = append(joined, strings.TrimSpace(text(day)+" "+text(clock)+" "+text(zone)))
		}
	}
	if len(joined) == 0 {
		return p
	}
	ends := []string{"", "Z"}
	if zone >= 0 {
		p.zone, ends = columns[zone].name, []string{" Z"}
	}
	p.texts, p.days, p.example = joined, days, joined[0]
	for _, format := range d.times {
		for _, hours := range c.clocks() {
			for _, end := range ends {
				if both := format + " " + hours + end; reads(both, joined) {
					p.formats = append(p.formats, both)
				}
			}
		}
		if len(days) > 0 && reads(format, days) {
			p.daysOnly = append(p.daysOnly, format)
		}
	}
	return p
}

// reads says whether a time format reads every text.
func reads(format string, texts []string) bool {
	read, err := layout.TimeReading(format)
	return err == nil && !slices.ContainsFunc(texts, func(t string) bool { _, ok := read(t); return !ok })
}

// isDay says whether a column has days without a time.
func (c guessed) isDay() bool {
	if len(c.cells) == 0 {
		return false
	}
	if c.cells[0].sheet {
		return !slices.ContainsFunc(c.cells, func(cell cell) bool { return !cell.date || strings.ContainsAny(cell.Text, ".eE") })
	}
	return len(c.times) > 0 && !slices.ContainsFunc(c.times, func(f string) bool { return strings.HasPrefix(f, "epoch") || strings.ContainsAny(f, "Hh") })
}

// isClock says whether a column has times of a day without the day.
func (c guessed) isClock() bool {
	if len(c.cells) == 0 || len(c.times) > 0 && !c.number {
		return false
	}
	if c.cells[0].sheet { // a part of a day
		return !slices.ContainsFunc(c.cells, func(cell cell) bool {
			return !cell.date || cell.Text != "0" && !strings.HasPrefix(cell.Text, "0.") && !strings.Contains(cell.Text, "E-") && !strings.Contains(cell.Text, "e-")
		})
	}
	return len(c.clocks()) > 0
}

// clocks gives the formats of a time of the day that read every text of a column. A zone
// may stand behind it.
func (c guessed) clocks() (formats []string) {
	named := slices.ContainsFunc(strings.Fields(plainName(c.name)), func(w string) bool {
		return slices.Contains(clockWords, w) || strings.HasSuffix(w, "time") || strings.HasSuffix(w, "zeit")
	})
	for _, format := range clockFormats {
		if !named && slices.Contains(bareClocks, format) || slices.Contains(bareClocks, format) && len(c.times) > 0 {
			continue
		}
		for _, end := range []string{"", "Z"} {
			days := make([]string, len(c.texts))
			for i, t := range c.texts {
				days[i] = "2000-01-01 " + t
			}
			if reads("YYYY-MM-DD "+format+end, days) {
				formats = append(formats, format)
				break
			}
		}
	}
	return formats
}

// isZone says whether a column has zones of times, by its name and its texts.
func (c guessed) isZone() bool {
	return slices.Contains(zoneWords, plainName(c.name)) && len(c.texts) > 0 && !slices.ContainsFunc(c.texts, func(t string) bool {
		_, known := published.ZoneOffset(t)
		return !known
	})
}

// stem is what a name says besides that it is a day or a time.
func stem(name string, words []string) string {
	var rest []string
	for _, w := range strings.Fields(plainName(name)) {
		if !slices.Contains(words, w) {
			rest = append(rest, w)
		}
	}
	return strings.Join(rest, " ")
}

// join gives the times of the feed that a day was found for the time of the day beside it.
func (g *draft) join(all []parted) {
	l := &g.Layout
	for _, column := range l.Mapped() {
		if kindOf(g.Feed, column) != pipeline.ColumnTime {
			continue
		}
		for _, p := range all {
			if l.Columns[column] != p.day {
				continue
			}
			if p.mixed {
				g.Doubts[column] = "the time in " + p.clock + " is left out: one of the two is a date of the sheet, the other a text"
				continue
			}
			delete(l.Columns, column)
			l.Joined[column] = []string{p.day, p.clock}
			if p.zone != "" {
				l.Joined[column] = append(l.Joined[column], p.zone)
			}
			g.Joins[column] = p
			g.timeFormat(p.formats, p.texts...)
			g.timeFormat(p.daysOnly, p.days...)
			if len(p.daysOnly) > 0 {
				g.Doubts[column] = "some rows have no time"
			}
		}
	}
}

// timeFormat takes the first of the formats that read a column. Where another one reads the
// same texts as other days, the guess asks.
func (g *draft) timeFormat(formats []string, texts ...string) {
	if len(formats) == 0 {
		return
	}
	if !slices.Contains(g.Layout.TimeFormats, formats[0]) {
		g.Layout.TimeFormats = append(g.Layout.TimeFormats, formats[0])
	}
	if other := otherDay(guessed{texts: texts, times: formats}); other != "" {
		if days := [2]string{formats[0], other}; g.Doubts["time_format"] == "" || g.Days == days {
			g.Days = days
		} else {
			g.Days = [2]string{}
		}
		g.Doubts["time_format"] = formats[0] + " and " + other + " both read every one of them: look which it is"
	}
}
