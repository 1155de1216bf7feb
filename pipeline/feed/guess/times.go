package guess

import (
	"carat/pipeline/feed/layout"
	"slices"
	"strings"
)

// timeGuesses are the formats that are tried, those with a zone first.
var timeGuesses = []string{
	"YYYY-MM-DDTHH:mm:ssZ", "YYYY-MM-DD HH:mm:ssZ", "YYYY-MM-DDTHH:mm:ss", "YYYY-MM-DD HH:mm:ss", "YYYY-MM-DD HH:mm", "YYYY-MM-DD",
	"DD.MM.YYYY HH:mm:ss", "DD.MM.YYYY HH:mm", "DD.MM.YYYY", "DD.MM.YY", "DD/MM/YYYY HH:mm:ss", "DD/MM/YYYY HH:mm", "DD/MM/YYYY", "D/M/YYYY",
	"MM/DD/YYYY HH:mm:ss", "MM/DD/YYYY HH:mm", "MM/DD/YYYY h:mm AM", "MM/DD/YYYY", "M/D/YYYY", "DD-MM-YYYY", "MM-DD-YYYY", "YYYYMMDD", "YYYY/MM/DD", "DD MMM YYYY", "D MMM YYYY", "MMM D, YYYY",
	"YYYY-MM-DDTHH:mmZ", "YYYY-MM-DDTHH:mm", "DD.MM.YYYY HH:mm:ssZ", "DD.MM.YYYY HH:mmZ", "DD/MM/YYYY HH:mm:ssZ", "DD/MM/YYYY HH:mmZ", "MM/DD/YYYY HH:mm:ssZ", "MM/DD/YYYY HH:mmZ",
	"M/D/YYYY h:mm:ss AM", "M/D/YYYY h:mm AM", "M/D/YYYY h:mm AMZ", "MMM D, YYYY h:mm:ss AM", "MMM D, YYYY h:mm:ss AMZ", "DD MMM YYYY HH:mm:ss", "DD MMM YYYY HH:mm", "YYYYMMDDTHHmmssZ",
	"DD-MMM-YYYY", "D-MMM-YYYY", "DD-MMM-YY", "DD/MMM/YYYY", "DD.MMM.YYYY", "DD-MMM-YYYY HH:mm:ss", "DD-MMM-YYYY HH:mm", "YYYY/MM/DD HH:mm:ss", "YYYY/MM/DD HH:mm", "D.M.YYYY", "D MMMM YYYY", "MMMM D, YYYY", "DD.MM.YY HH:mm", "DD.MM.YYYY, HH:mm",
	"epoch_seconds", "epoch_milliseconds", "epoch_microseconds",
}

// readTimes gives the formats that read every text, as years that exports are of.
func readTimes(texts []string) (formats []string) {
	if len(texts) == 0 {
		return nil
	}
	for _, format := range timeGuesses {
		read, err := layout.TimeReading(format)
		if err != nil {
			continue
		}
		if !slices.ContainsFunc(texts, func(t string) bool {
			at, ok := read(t)
			return !ok || strings.HasPrefix(format, "epoch") && (at < "2000" || at > "2100")
		}) {
			formats = append(formats, format)
		}
	}
	return formats
}

// otherDay gives a format that reads all of a column and means other days.
func otherDay(c guessed) string {
	first, err := layout.TimeReading(c.times[0])
	if err != nil {
		return ""
	}
	for _, format := range c.times[1:] {
		other, err := layout.TimeReading(format)
		if err != nil {
			continue
		}
		for _, t := range c.texts {
			a, _ := first(t)
			b, _ := other(t)
			if a != b {
				return format
			}
		}
	}
	return ""
}
