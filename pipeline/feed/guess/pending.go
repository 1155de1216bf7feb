package guess

import (
	"slices"
	"strings"

	"carat/pipeline/feed/layout"
)

// notBooked are words by which banks and shops mark a row that isn't money yet: it comes
// again, with another day or amount, when it is.
var notBooked = []string{"pending", "vorgemerkt", "ausstehend", "not booked", "unbooked", "not posted", "unposted", "en attente", "pendiente", "pendente", "in sospeso", "in behandeling", "gereserveerd"}

// pending leaves out the rows that a column marks as not booked, which has to be looked at:
// nothing else uses that column, and its texts are such marks. In a provider's settlement a
// pending row is money that can't be paid out yet, and stays.
func (g *draft) pending(columns []guessed) {
	if g.Feed != "bank_lines" && g.Feed != "coin_purchases" {
		return
	}
	for _, c := range columns {
		if c.name == "" || slices.Contains(g.Layout.Uses(), c.name) {
			continue
		}
		var marks, all []string
		for _, text := range c.texts {
			if slices.Contains(all, text) {
				continue
			}
			if all = append(all, text); isNotBooked(text) {
				marks = append(marks, text)
			}
		}
		if len(marks) > 0 && len(all) <= 8 { // more are no marks
			slices.Sort(marks)
			g.Layout.LeaveOut = append(g.Layout.LeaveOut, layout.Condition{Reason: "not booked", All: []layout.Test{{Column: c.name, Is: marks}}})
		}
	}
}

// isNotBooked says whether a text is such a mark, with a word or two around it.
func isNotBooked(text string) bool {
	words := " " + plainName(text) + " "
	return len(strings.Fields(words)) <= 3 && slices.ContainsFunc(notBooked, func(mark string) bool { return strings.Contains(words, " "+mark+" ") })
}

// leftOut writes those conditions.
func (g draft) leftOut(say func(string, ...any)) {
	for i, c := range g.Layout.LeaveOut {
		if i == 0 {
			say("      leave_out: # ? rows that aren't booked yet, and come again when they are: counted and shown, not taken")
		}
		say("        - {column: %s, is: [%s], reason: %s}", quoted(c.All[0].Column), each(c.All[0].Is), quoted(c.Reason))
	}
}
