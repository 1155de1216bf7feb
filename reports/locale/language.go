package locale

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// Language is a language that statements are written in: how it writes numbers and
// dates, counts, and in which direction it runs. The patterns are those of Unicode
// CLDR, with Latin digits in all of them: ids and amounts are looked up elsewhere.
type Language struct {
	Tag         string // BCP 47, such as de
	Name        string // as the language calls itself
	English     string // as English calls it
	RightToLeft bool
	Numbers     Locale
	percent     string
	first       string   // what stands behind the number of a month's first day
	months      []string // none: a month is its number
	short       []string // none: the same as months
	dates       [dateKinds]string
	forms       []plural.Form // in the order in which a catalogue has them
}

// Date is how much of an instant is written, and how.
type Date uint8

// The kinds of dates, as English has them.
const (
	MonthYear    Date = iota // October 2026
	DayMonth                 // 5 October
	DayMonthYear             // 5 October 2026
	ShortDay                 // 5 Oct 2026
	Moment                   // 5 Oct 2026, 14:03
	Month                    // October
	Day                      // 5
	Clock                    // 14:03
	dateKinds
)

// The groups of plural forms (CLDR, plural rules) of these languages.
var (
	onlyOther = []plural.Form{plural.Other}
	oneOther  = []plural.Form{plural.One, plural.Other}
	arabic    = []plural.Form{plural.Zero, plural.One, plural.Two, plural.Few, plural.Many, plural.Other}
)

// In a pattern, d is the day, M the month's number, N its name, n its short name, y
// the year and t the time; dd and MM have two digits. What stands in ” is text.
var (
	eastern = [dateKinds]string{"y年M月", "M月d日", "y年M月d日", "y/MM/dd", "y/MM/dd t", "M月", "d日", "t"}

	languages = []*Language{
		{Tag: "en", Name: "English", English: "English", Numbers: English, percent: "%", forms: oneOther,
			months: strings.Fields("January February March April May June July August September October November December"),
			short:  strings.Fields("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
			dates:  [dateKinds]string{"N y", "d N", "d N y", "d n y", "d n y, t", "N", "d", "t"}},
		{Tag: "es", Name: "Español", English: "Spanish", Numbers: Locale{Group: ".", Point: ","}, percent: "\u00a0%", forms: oneOther,
			months: strings.Fields("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
			short:  strings.Fields("ene feb mar abr may jun jul ago sept oct nov dic"),
			dates:  [dateKinds]string{"N 'de' y", "d 'de' N", "d 'de' N 'de' y", "d n y", "d n y, t", "N", "d", "t"}},
		{Tag: "pt", Name: "Português", English: "Portuguese", Numbers: Locale{Group: ".", Point: ","}, percent: "%", forms: oneOther,
			months: strings.Fields("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
			short:  strings.Fields("jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez."),
			dates:  [dateKinds]string{"N 'de' y", "d 'de' N", "d 'de' N 'de' y", "d n y", "d n y, t", "N", "d", "t"}},
		{Tag: "id", Name: "Bahasa Indonesia", English: "Indonesian", Numbers: Locale{Group: ".", Point: ","}, percent: "%", forms: onlyOther,
			months: strings.Fields("Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"),
			short:  strings.Fields("Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des"),
			dates:  [dateKinds]string{"N y", "d N", "d N y", "d n y", "d n y, t", "N", "d", "t"}},
		{Tag: "ar", Name: "العربية", English: "Arabic", RightToLeft: true, Numbers: Locale{Group: ",", Point: ".", Mark: "\u200e"}, percent: "%", forms: arabic,
			months: strings.Fields("يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"),
			dates:  [dateKinds]string{"N y", "d N", "d N y", "d N y", "d N y، t", "N", "d", "t"}},
		{Tag: "ja", Name: "日本語", English: "Japanese", Numbers: English, percent: "%", forms: onlyOther, dates: eastern},
		{Tag: "zh", Name: "简体中文", English: "Chinese (simplified)", Numbers: English, percent: "%", forms: onlyOther, dates: eastern},
		{Tag: "de", Name: "Deutsch", English: "German", Numbers: Locale{Group: ".", Point: ","}, percent: "\u00a0%", forms: oneOther,
			months: strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
			dates:  [dateKinds]string{"N y", "d. N", "d. N y", "dd.MM.y", "dd.MM.y, t", "N", "d.", "t"}},
		{Tag: "fr", Name: "Français", English: "French", Numbers: Locale{Group: "\u202f", Point: ","}, percent: "\u202f%", first: "er", forms: oneOther,
			months: strings.Fields("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
			short:  strings.Fields("janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
			dates:  [dateKinds]string{"N y", "d N", "d N y", "d n y", "d n y, t", "N", "d", "t"}},
		{Tag: "vi", Name: "Tiếng Việt", English: "Vietnamese", Numbers: Locale{Group: ".", Point: ","}, percent: "%", forms: onlyOther,
			dates: [dateKinds]string{"'tháng' M 'năm' y", "d 'tháng' M", "d 'tháng' M 'năm' y", "dd/MM/y", "dd/MM/y, t", "'tháng' M", "d", "t"}},
	}
)

// Languages gives the languages that statements are written in, English first.
func Languages() []*Language { return languages }

// Tags gives the tags of the languages, English first.
func Tags() (tags []string) {
	for _, l := range languages {
		tags = append(tags, l.Tag)
	}
	return tags
}

// LanguageOf gives the language of a tag, such as pt or pt-BR; English, and false, for
// one that carat has no words in. An empty tag is English.
func LanguageOf(tag string) (l *Language, known bool) {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	for _, l := range languages {
		if l.Tag == base {
			return l, true
		}
	}
	return languages[0], tag == ""
}

// Forms gives how many forms a phrase with a number has.
func (l *Language) Forms() int { return len(l.forms) }

// FormNames gives the CLDR names of the forms, in the order in which a catalogue has them.
func (l *Language) FormNames() (names []string) {
	for _, f := range l.forms {
		names = append(names, [...]string{plural.Other: "other", plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many"}[f])
	}
	return names
}

// Form gives which of its forms a phrase about so many things has.
func (l *Language) Form(v int64) int {
	if len(l.forms) == 1 {
		return 0
	}
	if v < 0 {
		v = -v
	}
	if l.Tag == "en" { // as often as all others together, and -1 is one too
		if v == 1 {
			return 0
		}
		return 1
	}
	// The rules look at no more than the last seven digits, and at whether the number is small.
	if v >= 10_000_000 {
		v = 10_000_000 + v%10_000_000
	}
	form := plural.Cardinal.MatchPlural(language.Make(l.Tag), int(v), 0, 0, 0, 0)
	for i, f := range l.forms {
		if f == form {
			return i
		}
	}
	return len(l.forms) - 1
}

// AppendPercent ends a number as a percentage.
func (l *Language) AppendPercent(number []byte) []byte { return append(number, l.percent...) }

// Within gives how the first and the last day of a stretch within one year are written:
// the year stands once, where the language has it.
func (l *Language) Within() (first, last Date) {
	if l.dates[DayMonthYear][0] == 'y' {
		return DayMonthYear, DayMonth
	}
	return DayMonth, DayMonthYear
}

// AppendDate appends an instant in its own zone.
func (l *Language) AppendDate(b []byte, t time.Time, kind Date) []byte {
	pattern := l.dates[kind]
	two := func(v int) {
		if v < 10 {
			b = append(b, '0')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	for i := 0; i < len(pattern); i++ {
		double := i+1 < len(pattern) && pattern[i+1] == pattern[i]
		switch c := pattern[i]; {
		case c == '\'':
			end := i + 1 + strings.IndexByte(pattern[i+1:], '\'')
			b = append(b, pattern[i+1:end]...)
			i = end
		case c == 'd' && double:
			two(t.Day())
			i++
		case c == 'd':
			b = strconv.AppendInt(b, int64(t.Day()), 10)
			if t.Day() == 1 {
				b = append(b, l.first...)
			}
		case c == 'M' && double:
			two(int(t.Month()))
			i++
		case c == 'M':
			b = strconv.AppendInt(b, int64(t.Month()), 10)
		case c == 'N' || c == 'n' && l.short == nil:
			b = append(b, l.months[t.Month()-1]...)
		case c == 'n':
			b = append(b, l.short[t.Month()-1]...)
		case c == 'y':
			b = strconv.AppendInt(b, int64(t.Year()), 10)
		case c == 't':
			two(t.Hour())
			b = append(b, ':')
			two(t.Minute())
		default:
			b = append(b, c)
		}
	}
	return b
}
