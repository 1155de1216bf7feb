package layout

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// epochs are the time formats that count from 1970, and how many of a unit make
// a second.
var epochs = map[string]int{"epoch_seconds": 0, "epoch_milliseconds": 3, "epoch_microseconds": 6}

// EpochFormats are the time formats that count from 1970-01-01 in UTC.
func EpochFormats() []string {
	return []string{"epoch_seconds", "epoch_milliseconds", "epoch_microseconds"}
}

// timeTokens are the parts of a time format, the longer ones first.
var timeTokens = []struct{ token, layout string }{
	{"YYYY", "2006"}, {"YY", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"}, {"DD", "02"}, {"D", "2"},
	{"HH", "15"}, {"hh", "03"}, {"h", "3"}, {"mm", "04"}, {"ss", "05"}, {"AM", "PM"}, {"PM", "PM"}, {"Z", "Z07:00"},
}

// TimeLayout turns a format such as "DD.MM.YYYY HH:mm:ss" into one of package
// time. Letters that are no part of a format are an error; put a T between the
// day and the time as it is. A fraction of a second is read after ss. Z at the end is the
// zone, however it is written: Z, +02:00, +0200, GMT+1, CET.
func TimeLayout(format string) (string, error) {
	var layout strings.Builder
	if format == "" {
		return "", errors.New("it says nothing yet: write how times look, such as DD/MM/YYYY HH:mm")
	}
	var parts strings.Builder
	for rest := format; rest != ""; {
		i := slices.IndexFunc(timeTokens, func(t struct{ token, layout string }) bool { return strings.HasPrefix(rest, t.token) })
		switch {
		case i >= 0:
			layout.WriteString(timeTokens[i].layout)
			parts.WriteString(timeTokens[i].token[:1])
			rest = rest[len(timeTokens[i].token):]
		case strings.HasPrefix(rest, "T"), strings.Trim(rest[:1], " .,/:-_'") == "":
			layout.WriteByte(rest[0])
			rest = rest[1:]
		default:
			return "", fmt.Errorf("%q is no part of a time; write YYYY MM DD HH mm ss, or one of %s", rest[:1], strings.Join(EpochFormats(), ", "))
		}
	}
	if i := strings.Index(layout.String(), zoneLayout); i >= 0 && i+len(zoneLayout) < layout.Len() {
		return "", errors.New("the zone, Z, stands at the end of a time")
	}
	for _, part := range []string{"Year: YYYY", "Month: MM", "Day: DD"} {
		if n := strings.Count(parts.String(), part[:1]); n != 1 {
			return "", fmt.Errorf("a time needs one %s, and this has %d; mm is minutes", strings.ToLower(part[:1])+part[1:], n)
		}
	}
	if half := strings.ContainsAny(parts.String(), "AP"); half != strings.Contains(parts.String(), "h") {
		return "", errors.New("hh is 1 to 12 and needs AM behind it; HH is 0 to 23 and has none")
	}
	return layout.String(), nil
}

// CheckTimeFormat says what is wrong with a time format.
func CheckTimeFormat(format string) error {
	if _, epoch := epochs[format]; epoch {
		return nil
	}
	_, err := TimeLayout(format)
	return err
}

// zoneLayout is the part of a format that is the zone. It stands at the end.
const zoneLayout = "Z07:00"

// zoneBehind is a zone at the end of a time, as published.ZoneOffset reads it.
var zoneBehind = regexp.MustCompile(`(?i)[ ]?(Z|(UTC|GMT)? ?[+-][0-9]{1,2}(:?[0-9]{2})?|[A-Z]{2,5})$`)

// timeReader reads the times of a layout.
type timeReader struct {
	formats []string // as the layout says
	layouts []string // of package time; "" for an epoch
	zone    *time.Location
}

func newTimeReader(formats []string, zone *time.Location) (*timeReader, error) {
	r := &timeReader{formats: formats, zone: zone}
	for _, format := range formats {
		if _, epoch := epochs[format]; epoch {
			r.layouts = append(r.layouts, "")
			continue
		}
		layout, err := TimeLayout(format)
		if err != nil {
			return nil, err
		}
		r.layouts = append(r.layouts, layout)
	}
	return r, nil
}

// expected says what would have been right.
func (r *timeReader) expected() string {
	if len(r.formats) == 0 {
		return "a time like 2026-10-01T12:00:00Z"
	}
	return "a time like " + strings.Join(r.formats, " or ") + ", as the layout says"
}

// read writes a time as RFC 3339 does, or, counted from 1970, gives its
// microseconds. A time that two formats read as two times is none; one that no row could
// have, as seconds that are taken for milliseconds give it, is no reading. want is what
// would have been right.
func (r *timeReader) read(text string, kind pipeline.ColumnKind) (found value, ok bool, want string) {
	if len(r.formats) == 0 || text == "" {
		return value{text: text}, true, ""
	}
	text = plainBlanks(text)
	want, by, far := r.expected(), "", false
	for i, layout := range r.layouts {
		v, read, doubt := r.readAs(text, layout, r.formats[i], kind)
		outside := read && layout == "" && !r.plausible(v)
		switch {
		case doubt != "":
			want = doubt
		case !read, ok && outside && !far:
		case ok && !far && v != found:
			return value{}, false, "a time that can be read in one way: " + by + " and " + r.formats[i] + " read this as two times, and both stand in the layout's time_format; name the one that the file has"
		default:
			found, ok, by, far = v, true, r.formats[i], outside
		}
	}
	return found, ok, want
}

// plausible says whether a counted time lies where rows can: from 2000 to 2099.
func (r *timeReader) plausible(v value) bool {
	if v.counted {
		year := time.UnixMicro(v.micros).UTC().Year()
		return year >= 2000 && year < 2100
	}
	return v.text >= "2000" && v.text < "2100" && len(v.text) == len(time.DateOnly)
}

func (r *timeReader) readAs(text, layout, format string, kind pipeline.ColumnKind) (v value, ok bool, doubt string) {
	if layout == "" {
		v, ok = r.epoch(text, epochs[format], kind)
		return v, ok, ""
	}
	zone, zoned := "", strings.HasSuffix(layout, zoneLayout)
	if zoned {
		zone = zoneBehind.FindString(text)
		text, layout = strings.TrimSpace(strings.TrimSuffix(text, zone)), strings.TrimSpace(strings.TrimSuffix(layout, zoneLayout))
	}
	if strings.Contains(layout, "PM") {
		text = strings.ToUpper(text) // am, p.m.
		text = strings.ReplaceAll(strings.ReplaceAll(text, "A.M.", "AM"), "P.M.", "PM")
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return value{}, false, ""
	}
	if zoned {
		minutes, known, doubt := published.ZoneAt(zone, t, r.zone)
		if !known {
			return value{}, false, doubt
		}
		t = t.Add(-time.Duration(minutes) * time.Minute)
	}
	as := "2006-01-02T15:04:05.999999999"
	switch {
	case kind == pipeline.ColumnDate && zoned:
		return value{text: t.In(r.zone).Format(time.DateOnly)}, true, ""
	case kind == pipeline.ColumnDate:
		as = time.DateOnly
	case zoned:
		as = time.RFC3339Nano
	case !strings.ContainsAny(layout, "35"): // no hour (15, 03, 3), minute or second
		as = time.DateOnly
	}
	return value{text: t.Format(as)}, true, ""
}

// epoch reads a count of units since 1970; digits is the power of ten of the
// units in a second.
func (r *timeReader) epoch(text string, digits int, kind pipeline.ColumnKind) (value, bool) {
	if strings.Trim(text, "0123456789.-") != "" {
		return value{}, false
	}
	micros, err := pipeline.ParseAmount([]byte(moved(text, digits)))
	if err != nil {
		return value{}, false
	}
	if kind == pipeline.ColumnDate {
		return value{text: time.UnixMicro(int64(micros)).In(r.zone).Format(time.DateOnly)}, true
	}
	return value{text: lex.Cut([]byte(text)), micros: int64(micros), counted: true}, true
}

// TimeReading gives how a time format reads texts: as RFC 3339 writes what they mean,
// without a zone where they have none; false of a text that isn't written so. An error
// says what is wrong with the format.
func TimeReading(format string) (func(text string) (string, bool), error) {
	r, err := newTimeReader([]string{format}, time.UTC)
	if err != nil {
		return nil, err
	}
	return func(text string) (string, bool) {
		v, ok, _ := r.read(text, pipeline.ColumnTime)
		if ok && v.counted {
			return lex.InstantText(v.micros), true
		}
		return v.text, ok
	}, nil
}
