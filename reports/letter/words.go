// Package letter words what creators and agencies are mailed, in the language of their
// statements.
package letter

import (
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/statement"
	"carat/reports/statement/catalog"
)

// Letter is a mail of plain text; lines end with \n.
type Letter struct{ Subject, Body string }

// Words writes letters in a language.
type Words struct{ catalog *catalog.Catalog }

// In gives the words of a language by its tag, English where that is "" or none that carat
// has words in.
func In(tag string) Words { return Words{catalog.For(tag)} }

// Statement says what a statement's letter is about.
type Statement struct {
	Name, Payer string // as people are called
	Period      pipeline.Period
	Version     int64
	Provisional bool
	Closing     pipeline.Amount
	Currency    string
}

// Statement is the letter that a statement is attached to.
func (w Words) Statement(s Statement) Letter {
	month := w.month(s.Period)
	attached := "your earnings statement for {1} (final, version {2}) is attached."
	if s.Provisional {
		attached = "your earnings statement for {1} (provisional: its numbers can still change, version {2}) is attached."
	}
	return Letter{w.say("Your earnings statement for {1}", month), paragraphs(
		w.say("Hello {1},", s.Name),
		w.say(attached, month, strconv.FormatInt(s.Version, 10)),
		w.say("Your balance at the end of the month: {1}.", statement.BalanceIn(w.catalog.Language(), s.Closing, s.Currency)),
		w.say("The statement says what you earned, what was taken and why, and what was paid.")+"\n"+w.say("Please reply if something in it looks wrong."),
		s.Payer)}
}

// Link is the letter with a link by which a creator signs in once, until then.
func (w Words) Link(server, link string, until time.Time) Letter {
	return Letter{w.say("Your link to sign in"), paragraphs(w.say("Hello,"),
		w.say("somebody, probably you, wants to sign in at {1}.", server)+"\n"+w.say("This link does it once, until {1}:", until.Format(clock)),
		link, w.say("If it wasn't you, do nothing: without the link nobody signs in."))}
}

// AddressChanged is the letter to a creator's address of before: another one was given, which
// signs in from then on.
func (w Words) AddressChanged(server string, from time.Time) Letter {
	return Letter{w.say("Your address for signing in was changed"), paragraphs(w.say("Hello,"),
		w.say("another address than this one was given for you at {1}.", server)+"\n"+w.say("Links to sign in go there from {1} on.", from.Format(clock)),
		w.say("If it wasn't you, tell whoever pays you before then."))}
}

// Answered is the letter that says that a question about a line has an answer, and where
// it is read.
func (w Words) Answered(period pipeline.Period, line int64, link string) Letter {
	month := w.month(period)
	return Letter{w.say("Your question about {1} has an answer", month), paragraphs(w.say("Hello,"),
		w.say("your question about line {1} of your statement for {2} has an answer.", strconv.FormatInt(line, 10), month)+"\n"+w.say("Sign in to read it: {1}", link))}
}

func (w Words) month(p pipeline.Period) string {
	return string(w.catalog.Language().AppendDate(nil, p.Start(time.UTC), locale.MonthYear))
}

// say fills the places of what stands for an English message.
func (w Words) say(english string, parts ...string) string {
	var places []string
	for i, part := range parts {
		places = append(places, "{"+strconv.Itoa(i+1)+"}", part)
	}
	return strings.NewReplacer(places...).Replace(w.catalog.Text(english))
}

func paragraphs(texts ...string) string { return strings.Join(texts, "\n\n") + "\n" }
