package statement

import (
	"strings"
	"time"

	"carat/pipeline"
	"carat/reports/locale"
)

// Style says how a part of a text stands out.
type Style uint8

// The styles.
const (
	Strong Style = iota + 1 // the number or the word that the sentence is about
	Name                    // a text of a row, which may be of another script and direction
	Code                    // something to type
	Figure                  // a number that may not be broken
	Tag                     // a mark as it stands on other lines
	ID                      // an id, to be found elsewhere by it: as one word
)

// Mark is a part of a text that stands out: the bytes from From to To.
type Mark struct {
	From, To int
	Style    Style
}

// Text is a sentence, or some words, as plain text: nothing in it is escaped.
// Blanks at which it must not break are U+00A0. It is valid until the Words that
// gave it are asked for another.
type Text struct {
	Bytes []byte
	Marks []Mark // one behind the other, none inside another
}

// String gives the text without its styles; a tag stands in quotes.
func (t *Text) String() string {
	tagged := false
	for _, m := range t.Marks {
		tagged = tagged || m.Style == Tag
	}
	if !tagged {
		return string(t.Bytes)
	}
	var b []byte
	at := 0
	for _, m := range t.Marks {
		if m.Style == Tag {
			b = append(append(b, t.Bytes[at:m.From]...), "“"...)
			b = append(append(b, t.Bytes[m.From:m.To]...), "”"...)
			at = m.To
		}
	}
	return string(append(b, t.Bytes[at:]...))
}

// T gives a text in the statement's language: what it gets is the English one, one of
// those of words.go and the files whose names begin with it.
func (w *Words) T(english string) string { return w.catalog.Text(english) }

// put appends a sentence in the statement's language. It gets the English one, in
// which {1} stands for what the first of the parts appends: another language may
// have them in another order.
func (w *Words) put(english string, parts ...func()) { w.fill(w.T(english), parts) }

// many appends a sentence about a number of things: forms are the English one for
// one thing and the one for several, as "{1} coin|{1} coins".
func (w *Words) many(v int64, forms string, parts ...func()) { w.fill(w.catalog.Form(forms, v), parts) }

func (w *Words) fill(text string, parts []func()) {
	for {
		at := strings.IndexByte(text, '{')
		if at < 0 {
			w.say(text)
			return
		}
		w.say(text[:at])
		parts[text[at+1]-'1']()
		text = text[at+len("{1}"):]
	}
}

// strong makes a part stand out.
func (w *Words) strong(part func()) {
	w.open(Strong)
	part()
	w.close()
}

// say appends words.
func (w *Words) say(words string) { w.text.Bytes = append(w.text.Bytes, words...) }

// begin begins a text.
func (w *Words) begin() { w.text.Bytes, w.text.Marks = w.text.Bytes[:0], w.text.Marks[:0] }

// open begins a part that stands out, close ends it.
func (w *Words) open(style Style) {
	w.text.Marks = append(w.text.Marks, Mark{From: len(w.text.Bytes), Style: style})
}

func (w *Words) close() { w.text.Marks[len(w.text.Marks)-1].To = len(w.text.Bytes) }

// styled appends words that stand out.
func (w *Words) styled(style Style, words string) {
	w.open(style)
	w.say(words)
	w.close()
}

// name appends a text of a row.
func (w *Words) name(text string) { w.styled(Name, text) }

// id appends an id of a row.
func (w *Words) id(text string) { w.styled(ID, text) }

func (w *Words) whole(v int64) { w.text.Bytes = w.AppendWhole(w.text.Bytes, v) }
func (w *Words) money(v pipeline.Amount) {
	w.text.Bytes = w.Loc.Append(w.text.Bytes, int64(v), pipeline.AmountDigits, w.Minor)
}
func (w *Words) rate(v pipeline.Rate) { w.text.Bytes = w.AppendRate(w.text.Bytes, v) }
func (w *Words) day(micros int64)     { w.text.Bytes = w.AppendDay(w.text.Bytes, micros) }
func (w *Words) moment(micros int64)  { w.text.Bytes = w.AppendMoment(w.text.Bytes, micros) }

func (w *Words) date(t time.Time, kind locale.Date) {
	w.text.Bytes = w.Language.AppendDate(w.text.Bytes, t, kind)
}

// sum appends an amount in the statement's currency, with its code.
func (w *Words) sum(v pipeline.Amount) {
	w.money(v)
	w.say("\u00a0")
	w.say(w.Currency)
}

// moneyIn appends an amount of any currency, with its code.
func (w *Words) moneyIn(v pipeline.Amount, currency string) {
	w.text.Bytes = w.Loc.Append(w.text.Bytes, int64(v), pipeline.AmountDigits, locale.MinorDigits(currency))
	w.say("\u00a0")
	w.say(currency)
}

func (w *Words) plus() {
	w.say(w.Loc.Mark)
	w.say("+")
}

func (w *Words) signed(v pipeline.Amount) {
	if v > 0 {
		w.plus()
	}
	w.money(v)
}

// dayOrMoment appends a day, with the time where it is not midnight.
func (w *Words) dayOrMoment(micros int64) {
	if isMidnight(timeIn(micros, w.Zone)) {
		w.day(micros)
		return
	}
	w.moment(micros)
}
