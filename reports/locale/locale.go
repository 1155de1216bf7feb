package locale

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Locale is how the people of a country write numbers (Unicode CLDR, of the
// language most spoken there, in Latin digits).
type Locale struct {
	Group, Point string
	first, then  int // digits of the group before the point, and of those before it
}

// English is the locale of pages whose reader's country is not known.
var English = Locale{Group: ",", Point: ".", first: 3, then: 3}

// Of gives the locale of an ISO 3166 country; English for what is none.
func Of(country string) Locale {
	region, err := language.ParseRegion(country)
	if err != nil || !region.IsCountry() {
		return English
	}
	spoken, err := language.Compose(region)
	if err != nil {
		return English
	}
	base, _ := spoken.Base()
	tag, err := language.Compose(base, region)
	if err != nil {
		return English
	}
	if tag, err = tag.SetTypeForKey("nu", "latn"); err != nil {
		return English
	}
	// CLDR's symbols are read off a number as it writes it.
	sample := message.NewPrinter(tag).Sprint(number.Decimal(123456789, number.MinFractionDigits(1)))
	return readLocale(sample)
}

// readLocale finds the separators of 123456789.0 as some locale writes it;
// English where that is not understood.
func readLocale(sample string) Locale {
	end := strings.LastIndex(sample, "9")
	if end < 0 || !strings.HasSuffix(sample, "0") || end+2 > len(sample) {
		return English
	}
	l := Locale{Point: sample[end+1 : len(sample)-1]}
	var digits []int // in each group, from the left
	count := 0
	for _, r := range sample[:end+1] {
		if r >= '0' && r <= '9' {
			count++
			continue
		}
		if l.Group == "" {
			l.Group = string(r)
		}
		digits, count = append(digits, count), 0
	}
	digits = append(digits, count)
	if len(digits) < 2 || l.Point == "" || utf8.RuneCountInString(l.Point) > 1 {
		return English
	}
	l.first, l.then = digits[len(digits)-1], digits[len(digits)-1]
	if len(digits) > 2 {
		l.then = digits[len(digits)-2]
	}
	return l
}

// Append appends v / 10^places with separators, a true minus sign, at least
// least digits behind the point and no zero beyond those.
func (l *Locale) Append(b []byte, v int64, places, least int) []byte {
	u := uint64(v)
	if v < 0 {
		b = append(b, "\u2212"...)
		u = -u
	}
	for places > least && u%10 == 0 {
		u, places = u/10, places-1
	}
	var digits [40]byte
	i := len(digits)
	for n := 0; n <= places || u > 0; n++ {
		i--
		digits[i] = byte('0' + u%10)
		u /= 10
	}
	whole := len(digits) - places
	for at := i; at < whole; at++ {
		left := whole - at // digits from here to the point
		if at > i && left >= l.first && (left-l.first)%l.then == 0 {
			b = append(b, l.Group...)
		}
		b = append(b, digits[at])
	}
	if places > 0 {
		b = append(append(b, l.Point...), digits[whole:]...)
	}
	return b
}

// Cache keeps the locales of countries: reading one off CLDR is slow. There are as
// many as countries. The zero value is ready; it is not safe for concurrent use.
type Cache struct{ known map[string]Locale }

// Of gives the locale of an ISO 3166 country, as the function Of does.
func (c *Cache) Of(country string) Locale {
	l, ok := c.known[country]
	if !ok {
		if c.known == nil {
			c.known = map[string]Locale{}
		}
		l = Of(country)
		c.known[country] = l
	}
	return l
}
