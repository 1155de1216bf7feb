package published

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// zoneHours are the abbreviations of time zones that providers write beside a
// time, with minutes from UTC. One that several zones share is not here, but for
// those of North America, where the providers' reports are.
var zoneHours = map[string]int{
	"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MET": 60, "MEST": 120, "EET": 120, "EEST": 180,
	"AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600,
	"JST": 540, "KST": 540, "SGT": 480, "HKT": 480, "AEST": 600, "AEDT": 660, "ACST": 570, "ACDT": 630, "AWST": 480, "NZST": 720, "NZDT": 780, "BRT": -180,
}

// severalZones are abbreviations that zones on several continents have: China's, Cuba's and
// Chicago's, India's, Israel's and Ireland's, Arabia's and the Atlantic's, Samoa's and Singapore's.
var severalZones = []string{"CST", "IST", "AST", "SST"}

// ZoneAt is ZoneOffset of a zone that is written beside a local time. An abbreviation that
// home, the feed's own zone, has in that year is home's; of those that several zones share
// any other is none, and doubt says so.
func ZoneAt(text string, at time.Time, home *time.Location) (minutes int, ok bool, doubt string) {
	name := strings.ToUpper(strings.TrimSpace(text))
	if home != nil && name != "" {
		for _, month := range []time.Month{time.January, time.July} {
			if have, seconds := time.Date(at.Year(), month, 1, 12, 0, 0, 0, home).Zone(); have == name {
				return seconds / 60, true, ""
			}
		}
	}
	if slices.Contains(severalZones, name) {
		return 0, false, "a time whose zone is beyond doubt: zones of several countries are called " + name +
			"; say as time_zone of the feed which is meant, such as Asia/Shanghai, or have the file exported in UTC"
	}
	minutes, ok = ZoneOffset(text)
	return minutes, ok, ""
}

// ZoneOffset reads a zone that is written behind a time, and gives its minutes from UTC:
// Z, +02:00, +0200, +2, GMT+1, UTC-05:30, CEST. False of what nobody can know. It takes
// CST and AST for America's: ZoneAt knows better.
func ZoneOffset(text string) (minutes int, ok bool) {
	text = strings.ToUpper(strings.TrimSpace(text))
	at := strings.IndexAny(text, "+-")
	if at < 0 {
		minutes, ok = zoneHours[text]
		return minutes, ok
	}
	if name := strings.TrimSpace(text[:at]); name != "" && name != "UTC" && name != "GMT" {
		return 0, false
	}
	hours, rest, colon := strings.Cut(text[at+1:], ":")
	if !colon && len(hours) == 4 {
		hours, rest = hours[:2], hours[2:]
	}
	h, err := strconv.Atoi(hours)
	if err != nil || len(hours) > 2 || h > 14 || h < 0 {
		return 0, false
	}
	m := 0
	if rest != "" || colon {
		if m, err = strconv.Atoi(rest); err != nil || len(rest) != 2 || m > 59 || m < 0 {
			return 0, false
		}
	}
	if minutes = h*60 + m; text[at] == '-' {
		minutes = -minutes
	}
	return minutes, true
}

// localClocks read times in zones by their names.
type localClocks map[string]*lex.Clock

// LocalTime reads a time of a layout of package time, in the zone that is written
// beside it: an abbreviation or an offset as ZoneAt reads it, or a name such as Europe/Amsterdam. False if the text
// isn't written so, nobody knows the zone, or the zone skips that time in spring; doubt is then what
// ZoneAt has to say, or "". Of
// a time that a zone has twice in autumn the earlier is meant, and the notes say so; an
// abbreviation tells which it is.
func (n *Notes) LocalTime(layout, text, zone string, home *time.Location) (micros int64, ok bool, doubt string) {
	zone = strings.TrimSpace(zone)
	at, err := time.Parse(layout, strings.TrimSpace(text))
	if err != nil {
		return 0, false, ""
	}
	minutes, known, doubt := ZoneAt(zone, at, home)
	if known {
		return at.UnixMicro() - int64(minutes)*60_000_000, true, ""
	}
	if doubt != "" {
		return 0, false, doubt
	}
	clock := n.clocks[zone]
	if clock == nil {
		if !strings.Contains(zone, "/") || strings.Contains(zone, "..") || len(n.clocks) == maxNotes {
			return 0, false, ""
		}
		named, err := time.LoadLocation(zone)
		if err != nil {
			return 0, false, ""
		}
		own := lex.NewClock(named)
		if clock = &own; n.clocks == nil {
			n.clocks = localClocks{}
		}
		n.clocks[zone] = clock
	}
	micros, code := clock.Micros([]byte(at.Format("2006-01-02T15:04:05.999999")))
	return micros, code == pipeline.CodeOK, ""
}

// Twice says that local times come twice in a zone, of which the first is given.
func Twice(count int64, first, zone string) string {
	return fmt.Sprintf("%d times, the first %s, come twice in %s, when clocks go back: the earlier is meant; have the file written in UTC, or with the offset, if an hour matters",
		count, first, zone)
}

// twice gives the sentences for zones that had times twice, by their names.
func (c localClocks) twice() (lines []string) {
	for _, zone := range slices.Sorted(maps.Keys(c)) {
		if clock := c[zone]; clock.Twice > 0 {
			lines = append(lines, Twice(clock.Twice, clock.TwiceFirst, zone))
		}
	}
	return lines
}
