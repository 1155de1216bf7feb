package published

import (
	"strings"
	"time"
)

// zoneHours are the abbreviations of time zones that providers write beside a
// time, with minutes from UTC. One that several zones share is not here, but for
// those of North America, where the providers' reports are.
var zoneHours = map[string]int{
	"UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "CEST": 120, "MET": 60, "MEST": 120, "EET": 120, "EEST": 180,
	"AST": -240, "ADT": -180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420, "AKST": -540, "AKDT": -480, "HST": -600,
	"JST": 540, "KST": 540, "SGT": 480, "HKT": 480, "AEST": 600, "AEDT": 660, "ACST": 570, "ACDT": 630, "AWST": 480, "NZST": 720, "NZDT": 780, "BRT": -180,
}

// LocalTime reads a time of a layout of package time, in the zone that is written
// beside it: an abbreviation, or a name such as Europe/Amsterdam. False if the
// text isn't written so, or nobody knows the zone.
func LocalTime(layout, text, zone string) (micros int64, ok bool) {
	zone = strings.TrimSpace(zone)
	where, known := time.UTC, false
	if minutes, ok := zoneHours[strings.ToUpper(zone)]; ok {
		where, known = time.FixedZone(zone, minutes*60), true
	} else if strings.Contains(zone, "/") && !strings.Contains(zone, "..") {
		if named, err := time.LoadLocation(zone); err == nil {
			where, known = named, true
		}
	}
	if !known {
		return 0, false
	}
	at, err := time.ParseInLocation(layout, strings.TrimSpace(text), where)
	if err != nil {
		return 0, false
	}
	return at.UnixMicro(), true
}
