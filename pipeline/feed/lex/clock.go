package lex

import (
	"math"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
)

// Clock parses times. It remembers the last day and the last stretch of a
// zone's offset, since neighbouring rows share them; one belongs to one worker.
type Clock struct {
	zone *time.Location
	date [10]byte
	days int64 // of date, since the epoch; valid if dateOK
	ok   bool

	safeFrom, safeTo int64 // local seconds between which offset holds, a day off any change
	offset           int64
	both             bool // the last local time comes twice

	// Twice counts the local times that the zone has twice, of which the first was
	// TwiceFirst.
	Twice      int64
	TwiceFirst string
}

// NewClock makes the clock of a feed's zone.
func NewClock(zone *time.Location) Clock {
	return Clock{zone: zone, safeFrom: math.MaxInt64, safeTo: math.MinInt64}
}

// SecondsPerDay is that of a day without a leap second.
const SecondsPerDay = 86_400

// Micros reads an RFC 3339 time, or one without a zone in the clock's own, or a
// day, which is its beginning in that zone. Digits finer than microseconds must
// be zero. Of a local time that the zone has twice, the earlier instant is
// meant; one that it skips is a bad time.
func (c *Clock) Micros(text []byte) (int64, pipeline.Code) {
	if len(text) == len("2026-10-01") {
		return c.dayStart(text)
	}
	if len(text) < len("2026-10-01T12:00:00") {
		return 0, pipeline.CodeBadTime
	}
	if !c.ok || string(text[:10]) != string(c.date[:]) {
		days, ok := CivilDays(text[:10])
		if !ok {
			return 0, pipeline.CodeBadTime
		}
		copy(c.date[:], text)
		c.days, c.ok = days, true
	}
	if sep := text[10]; sep != 'T' && sep != ' ' && sep != 't' {
		return 0, pipeline.CodeBadTime
	}
	hour, minute, second := twoDigits(text[11:]), twoDigits(text[14:]), twoDigits(text[17:])
	if text[13] != ':' || text[16] != ':' || hour > 23 || minute > 59 || second > 59 {
		return 0, pipeline.CodeBadTime
	}
	seconds := c.days*SecondsPerDay + int64(hour)*3600 + int64(minute)*60 + int64(second)
	rest, fraction, code := text[19:], int64(0), pipeline.CodeOK
	if len(rest) > 0 && rest[0] == '.' {
		fraction, rest, code = microFraction(rest[1:])
		if code == pipeline.CodeBadTime {
			return 0, code
		}
	}
	switch {
	case len(rest) == 1 && (rest[0] == 'Z' || rest[0] == 'z'):
	case len(rest) == 0:
		offset, ok := c.LocalOffset(seconds)
		if !ok {
			return 0, pipeline.CodeBadTime
		}
		c.CountTwice(text)
		seconds -= offset
	case len(rest) == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':':
		h, m := twoDigits(rest[1:]), twoDigits(rest[4:])
		if h > 23 || m > 59 {
			return 0, pipeline.CodeBadTime
		}
		offset := int64(h)*3600 + int64(m)*60
		if rest[0] == '-' {
			offset = -offset
		}
		seconds -= offset
	default:
		return 0, pipeline.CodeBadTime
	}
	return seconds*1_000_000 + fraction, code
}

// CountTwice counts the local time of which LocalOffset was asked last, as it is written, if
// the zone has it twice.
func (c *Clock) CountTwice(text []byte) {
	if !c.both {
		return
	}
	if c.Twice++; c.TwiceFirst == "" {
		c.TwiceFirst = string(text)
	}
}

// Skips says whether a text is a local time, rightly written, that the clock's zone never
// showed, because its clocks went forward over it.
func (c *Clock) Skips(text []byte) bool {
	at, err := time.Parse("2006-01-02T15:04:05", strings.Replace(string(text), " ", "T", 1)) // fractions too
	if err != nil {
		return false
	}
	_, shown := c.LocalOffset(at.Unix())
	return !shown
}

// Zone is the name of the clock's zone.
func (c *Clock) Zone() string { return c.zone.String() }

// dayStart reads a day as its first instant in the clock's zone: midnight, or,
// where the zone's clocks go forward over it, what they show then.
func (c *Clock) dayStart(text []byte) (int64, pipeline.Code) {
	days, ok := CivilDays(text)
	if !ok {
		return 0, pipeline.CodeBadTime
	}
	local := days * SecondsPerDay
	if offset, ok := c.LocalOffset(local); ok {
		return (local - offset) * 1_000_000, pipeline.CodeOK
	}
	t := time.Unix(local-SecondsPerDay, 0).In(c.zone)
	for {
		_, end := t.ZoneBounds()
		if end.IsZero() {
			return 0, pipeline.CodeBadTime
		}
		_, offset := end.Zone()
		if shown := end.Unix() + int64(offset); shown >= local+SecondsPerDay {
			return 0, pipeline.CodeBadTime // the zone has no such day
		} else if shown >= local {
			return end.Unix() * 1_000_000, pipeline.CodeOK
		}
		t = end
	}
}

// microFraction reads the digits behind the point.
func microFraction(text []byte) (micros int64, rest []byte, code pipeline.Code) {
	i := 0
	for ; i < len(text) && text[i]-'0' <= 9; i++ {
		if i < 6 {
			micros = micros*10 + int64(text[i]-'0')
		} else if text[i] != '0' {
			code = pipeline.CodeTooPrecise
		}
	}
	if i == 0 {
		return 0, nil, pipeline.CodeBadTime
	}
	for n := i; n < 6; n++ {
		micros *= 10
	}
	return micros, text[i:], code
}

// twoDigits gives 255 for what isn't two digits; text has two bytes at least.
func twoDigits(text []byte) uint {
	a, b := text[0]-'0', text[1]-'0'
	if a > 9 || b > 9 {
		return 255
	}
	return uint(a)*10 + uint(b)
}

// CivilDays gives the days since the epoch of "2026-10-01", in the proleptic
// Gregorian calendar (algorithm: Howard Hinnant, days_from_civil).
func CivilDays(text []byte) (int64, bool) {
	if len(text) != 10 || text[4] != '-' || text[7] != '-' {
		return 0, false
	}
	hi, lo, month, day := twoDigits(text), twoDigits(text[2:]), twoDigits(text[5:]), twoDigits(text[8:])
	if hi > 99 || lo > 99 || month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	year := int64(hi*100 + lo)
	if int64(day) > daysIn(year, month) {
		return 0, false
	}
	if month <= 2 {
		year--
	}
	era := year / 400
	if year < 0 {
		era = -1
	}
	yearOfEra := year - era*400
	shifted := (int64(month) + 9) % 12
	dayOfYear := (153*shifted+2)/5 + int64(day) - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146_097 + dayOfEra - 719_468, true
}

func daysIn(year int64, month uint) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// LocalOffset gives the zone's offset for a local time, in seconds since the
// epoch as if it were UTC; false if the zone skips that time.
func (c *Clock) LocalOffset(local int64) (int64, bool) {
	c.both = false
	if local >= c.safeFrom && local < c.safeTo {
		return c.offset, true
	}
	found := false
	var instant int64
	for _, near := range [2]int64{local - SecondsPerDay, local + SecondsPerDay} {
		_, guess := time.Unix(near, 0).In(c.zone).Zone()
		at := local - int64(guess)
		if _, real := time.Unix(at, 0).In(c.zone).Zone(); real == guess {
			c.both = found && at != instant
			if !found || at < instant {
				instant, found = at, true
			}
		}
	}
	if !found {
		return 0, false
	}
	t := time.Unix(instant, 0).In(c.zone)
	_, offset := t.Zone()
	c.offset = int64(offset)
	c.safeFrom, c.safeTo = math.MinInt64, math.MaxInt64
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		c.safeFrom = start.Unix() + c.offset + SecondsPerDay
	}
	if !end.IsZero() {
		c.safeTo = end.Unix() + c.offset - SecondsPerDay
	}
	return c.offset, true
}

// DateText gives "2026-10-01" of days since the epoch (algorithm: Howard
// Hinnant, civil_from_days).
func DateText(dst []byte, days int64) []byte {
	z := days + 719_468
	era, _ := FloorDiv(z, 146_097)
	dayOfEra := z - era*146_097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153
	day := dayOfYear - (153*shifted+2)/5 + 1
	month := shifted + 3
	year := yearOfEra + era*400
	if month > 12 {
		month, year = month-12, year+1
	}
	dst = strconv.AppendInt(dst, year, 10)
	return append(dst, '-', byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10))
}

// FloorDiv divides and rounds down, so that the rest is not negative.
func FloorDiv(a, b int64) (quotient, rest int64) {
	quotient, rest = a/b, a%b
	if rest < 0 {
		quotient, rest = quotient-1, rest+b
	}
	return quotient, rest
}

// DateMonth gives "2026-10" of days since the epoch. A day has no zone.
func DateMonth(dst []byte, days int32) []byte {
	text := DateText(dst, int64(days))
	return text[:len(text)-len("-01")]
}

// The days that a rate can be of: from the euro's first to the calendar's last.
const (
	FirstRateDay = 10_592 // 1999-01-01
	LastRateDay  = 47_481 // 2099-12-31
)

// InstantText gives an instant as RFC 3339, in UTC.
func InstantText(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano) }
