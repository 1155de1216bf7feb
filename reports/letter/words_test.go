package letter

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/reports/locale"
)

// Each letter says in each language all that it is told, in its own numbers and months, and leaves no place open.
func TestLetters(t *testing.T) {
	open := regexp.MustCompile(`\{[0-9]\}`)
	bodies := map[string]string{}
	for _, tag := range locale.Tags() {
		w := In(tag)
		closing := pipeline.Amount(1_234_560_000)
		final := w.Statement(Statement{Name: "Ann {2}", Payer: "Example Live", Period: "2026-10", Version: 3, Closing: closing, Currency: "EUR"})
		provisional := w.Statement(Statement{Name: "Ann", Payer: "Example Live", Period: "2026-10", Version: 3, Provisional: true, Closing: closing, Currency: "EUR"})
		link := w.Link("https://carat.example", "https://carat.example/mail/x", time.Date(2026, 10, 5, 14, 3, 0, 0, time.UTC))
		changed := w.AddressChanged("https://carat.example", time.Date(2026, 10, 12, 14, 3, 0, 0, time.UTC))
		answered := w.Answered("2026-10", 7, "https://carat.example/earnings")
		l, _ := locale.LanguageOf(tag)
		month := string(l.AppendDate(nil, pipeline.Period("2026-10").Start(time.UTC), locale.MonthYear))
		for name, c := range map[string]struct {
			letter Letter
			says   []string
		}{
			"final":       {final, []string{month, "Ann {2}", "3", "Example Live", "1" + l.Numbers.Group + "234" + l.Numbers.Point + "56 EUR"}},
			"provisional": {provisional, []string{month, "Ann", "3"}},
			"link":        {link, []string{"https://carat.example/mail/x", "https://carat.example", "14:03 (UTC)"}},
			"changed":     {changed, []string{"https://carat.example", "14:03 (UTC)"}},
			"answered":    {answered, []string{month, "7", "https://carat.example/earnings"}},
		} {
			for _, text := range c.says {
				if !strings.Contains(c.letter.Body, text) {
					t.Errorf("%s, %s: %q isn't in\n%s", tag, name, text, c.letter.Body)
				}
			}
			if left := open.FindString(strings.ReplaceAll(c.letter.Subject+c.letter.Body, "Ann {2}", "")); left != "" || c.letter.Subject == "" || strings.Contains(c.letter.Subject, "\n") {
				t.Errorf("%s, %s: %q %s", tag, name, c.letter.Subject, left)
			}
			if other, ok := bodies[name+c.letter.Body]; ok {
				t.Errorf("%s and %s have the same %s letter", tag, other, name)
			}
			bodies[name+c.letter.Body] = tag
		}
		if final.Body == provisional.Body {
			t.Errorf("%s: final is as provisional", tag)
		}
	}
}
