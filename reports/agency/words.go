package agency

import (
	"fmt"
	"strings"
	"time"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/statement"
)

// Page is all that a reader of a statement is told, in its order: a layout only
// places it.
type Page struct {
	Title, Heading, Month, State, Payer string
	Provisional                         bool
	Country                             string // of the agency, which decides on paper
	Parties                             [3]Party
	Lead                                string // the month in one sentence
	Notes                               []string
	Tables                              []Table
	Check, Mark                         string
}

// Party is a block of who pays, who is paid, and for when.
type Party struct {
	Title, Name string
	Lines       []string
}

// Table is a table of a page. Columns that are Right hold numbers. Width is that on
// paper in hundredths of a point, 0 what the others leave.
type Table struct {
	Title   string
	Columns []Column
	Rows    []Row
	Total   []string // nil: none
	None    string   // said instead of a table without rows
}

// Column is a column of a table.
type Column struct {
	Title string
	Right bool
	Width int
}

// Row is a row of a table; Small stands below its first cell.
type Row struct {
	Cells []string
	Small string
}

// reasons are the words of codes.
var reasons = map[string]string{
	"bonus": "Bonus", "split": "Split", "clawback": "Clawback", "penalty": "Penalty", "correction": "Correction", "payout_failed": "Failed", "payout_returned": "Came back",
	"payout": "Requested", "payout_paid": "Requested in an earlier month", "payout_on_its_way": "Requested in an earlier month",
}

var statuses = map[string]string{"requested": "On its way", "paid": "Paid", "failed": "Failed", "returned": "Came back"}

// Words gives the page of a statement. They are English, and so are its numbers.
func (s *Statement) Words() *Page {
	f := statement.Figures{Language: locale.Languages()[0], Loc: locale.English, Zone: s.zone(), Minor: locale.MinorDigits(s.Currency), Currency: s.Currency}
	start, end := s.Period.Start(s.zone()), s.Period.End(s.zone())
	p := &Page{Heading: "Agency statement", Month: start.Format("January 2006"), Payer: s.Payer.Name, Provisional: s.Provisional, Country: s.Country,
		State: "Final, version " + f.Whole(s.Version), Check: howToCheck, Mark: s.mark()}
	if p.Payer == "" {
		p.Payer = s.Entity
	}
	if s.Provisional {
		p.State = "Provisional, version " + f.Whole(s.Version)
		p.Notes = append(p.Notes, statement.NotClosed)
	}
	p.Title = p.Heading + ", " + p.Month + ", " + s.AgencyID
	p.Parties = [3]Party{
		{"Paid by", p.Payer, s.address()},
		{"Agency", s.AgencyID, s.terms(&f)},
		{"Period", start.Format("2 January 2006") + " to " + end.AddDate(0, 0, -1).Format("2 January 2006"), []string{"Time zone " + s.zone().String(), "All amounts in " + s.Currency}},
	}
	p.Lead = fmt.Sprintf("Gifts to %s gave %s %s, %s was taken back, %s was paid out: %s %s is owed at the end of %s.", counted(s.Creators, "creator"),
		f.Money(s.Accrued), s.Currency, f.Money(-s.Reversed-s.ClawedBack), f.Money(-s.Redeemed-s.Returned), f.Money(s.Closing), s.Currency, p.Month)
	if s.Closing < 0 {
		p.Notes = append(p.Notes, "The balance is below zero: more was taken back or paid than gifts gave. Later gifts make up for it first.")
	}
	if !s.OnFile {
		p.Notes = append(p.Notes, "No terms are on file for this agency: nothing is withheld, and it is paid in the currency of the gifts' rates.")
	}
	if s.EndedAt != nil {
		p.Notes = append(p.Notes, "The agency's terms ended on "+string(f.AppendDay(nil, *s.EndedAt-1))+".")
	}
	p.Tables = []Table{s.movement(&f), s.gifts(&f), s.entries(&f), s.payouts(&f)}
	if s.Year != nil {
		p.Tables = append(p.Tables, s.yearToDate(&f))
	}
	return p
}

const howToCheck = "Opening + gifts − reversals − clawbacks ± adjustments − payouts requested + payouts that came back − rounding = closing, to the last digit. " +
	"A gift gives its diamonds × the money per diamond × the agency's share; its reversal takes back exactly that. All files of this statement (page, PDF, CSV and JSON) " +
	"are made from the same rows."

// PageOf is the number of a printed page.
func PageOf(page, of int) string { return fmt.Sprintf("page %d of %d", page, of) }

func (s *Statement) mark() string {
	return fmt.Sprintf("carat, run %s, agency %s, %s.", s.RunID, s.AgencyID, s.Period)
}

func (s *Statement) address() (lines []string) {
	for _, line := range strings.Split(s.Payer.Address, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if s.Payer.TaxID != "" {
		lines = append(lines, statement.LabelTaxID+s.Payer.TaxID)
	}
	return lines
}

func (s *Statement) terms(f *statement.Figures) (lines []string) {
	if !s.OnFile {
		return []string{"no terms on file"}
	}
	return []string{"Country " + s.Country, "Paid in " + s.PaidCurrency, "Tax withheld: " + f.Rate(s.WithholdingRate*100) + "%"}
}

// movement is the way from opening to closing. Steps that moved nothing are left out.
func (s *Statement) movement(f *statement.Figures) Table {
	t := Table{Title: "How the balance moved", Columns: []Column{{Title: "Item"}, {s.Currency, true, 12000}}}
	steps := []struct {
		name   string
		amount pipeline.Amount
	}{{"Gifts gave", s.Accrued}, {"Reversals took back", s.Reversed}, {"Clawbacks took back", s.ClawedBack}, {"Adjustments", s.Adjusted},
		{"Payouts requested", s.Redeemed}, {"Payouts that came back", s.Returned}, {"Fractions given up in payouts", s.Rounding}}
	f.Align(s.Opening, s.Accrued, s.Reversed, s.ClawedBack, s.Adjusted, s.Redeemed, s.Returned, s.Rounding, s.Closing)
	t.Rows = append(t.Rows, Row{Cells: []string{"Opening balance", f.Money(s.Opening)}})
	for _, step := range steps {
		if step.amount != 0 {
			t.Rows = append(t.Rows, Row{Cells: []string{step.name, f.Signed(step.amount)}})
		}
	}
	t.Total = []string{"Closing balance", f.Money(s.Closing)}
	return t
}

// yearToDate sums the year's statements up to this one.
func (s *Statement) yearToDate(f *statement.Figures) Table {
	y := s.Year
	t := Table{Title: "The year so far, from " + y.FirstPeriod.Start(s.zone()).Format("January 2006"), Columns: []Column{{Title: "Item"}, {s.Currency, true, 12000}},
		None: "Nothing was given, adjusted or paid so far."}
	f.Align(y.Accrued, y.TakenBack, y.Adjusted, y.PaidOut, y.Withheld, y.Fees, y.Paid)
	for _, step := range []struct {
		name   string
		amount pipeline.Amount
	}{{"Gifts gave", y.Accrued}, {"Reversals and clawbacks took back", y.TakenBack}, {"Adjustments", y.Adjusted}, {"Payouts requested, less those that came back", y.PaidOut},
		{"Tax withheld from payouts", -y.Withheld}, {"Fees of payouts", -y.Fees}, {"Paid", y.Paid}} {
		if step.amount != 0 {
			t.Rows = append(t.Rows, Row{Cells: []string{step.name, f.Signed(step.amount)}})
		}
	}
	return t
}

// gifts are what gifts gave and reversals took, by day and creator.
func (s *Statement) gifts(f *statement.Figures) Table {
	t := Table{Title: "Gifts, by day and creator", None: "No gift gave anything this month.", Columns: []Column{{Title: "Day and creator"}, {"Gifts", true, 4600},
		{"Diamonds", true, 7000}, {"× " + s.Currency + " per diamond", true, 9000}, {"× share", true, 6500}, {"= " + s.Currency, true, 8500}}}
	var amounts []pipeline.Amount
	is := func(l *Line) bool { return l.Section == "accrued" || l.Section == "reversed" }
	for i := range s.Lines {
		if is(&s.Lines[i]) {
			amounts = append(amounts, s.Lines[i].Amount)
		}
	}
	f.Align(append(amounts, s.Accrued+s.Reversed)...)
	for i := range s.Lines {
		l := &s.Lines[i]
		if !is(l) {
			continue
		}
		name := day(l.Day) + " · " + l.CreatorID
		if l.Section == "reversed" {
			name += " (gifts taken back)"
		}
		t.Rows = append(t.Rows, Row{Cells: []string{name + earlier(l), whole(f, l.Count), whole(f, l.Diamonds), "× " + rate(f, l.Rate), "× " + rate(f, l.Share), f.Money(l.Amount)}})
	}
	if len(t.Rows) > 0 {
		t.Total = []string{"All gifts, less those taken back", f.Whole(s.Gifts), f.Whole(s.Diamonds), "", "", f.Money(s.Accrued + s.Reversed)}
	}
	return t
}

// entries are clawbacks and adjustments, one by one.
func (s *Statement) entries(f *statement.Figures) Table {
	t := Table{Title: "Clawbacks and adjustments", None: "Nothing was clawed back or adjusted this month.", Columns: []Column{{"Date", false, 9000}, {Title: "Reason"}, {s.Currency, true, 10000}}}
	f.Align()
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Section != "clawed_back" && l.Section != "adjusted" {
			continue
		}
		reason := words(reasons, l.Reason)
		if l.Diamonds != nil {
			reason += fmt.Sprintf(" of %s from %s, for gift %s", counted(-*l.Diamonds, "diamond"), l.CreatorID, l.OriginalEventID)
		}
		reason += " (" + l.ReferenceID + ")"
		t.Rows = append(t.Rows, Row{Cells: []string{f.Moment(l.EventAt), reason + earlier(l), f.Signed(l.Amount)}})
	}
	return t
}

// payouts are those requested, paid or come back in the month, and those under way.
func (s *Statement) payouts(f *statement.Figures) Table {
	t := Table{Title: "Payouts", None: "No payout was requested or paid this month.", Columns: []Column{{Title: "Payout"}, {"Balance", true, 8500}, {"Fee", true, 6500}, {"Tax withheld", true, 8000}, {"Net " + s.Currency, true, 8500}}}
	f.Align()
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Section != "redeemed" && l.Section != "returned" {
			continue
		}
		small := []string{f.Moment(l.EventAt), words(reasons, l.Reason), words(statuses, l.Status), l.Method}
		if l.PaidAt != nil {
			small = append(small, "paid "+f.Moment(l.PaidAt))
		}
		if l.PaidAmount != nil {
			other := statement.Figures{Language: locale.Languages()[0], Loc: locale.English, Zone: s.zone(), Minor: locale.MinorDigits(l.PaidCurrency), Currency: l.PaidCurrency}
			small = append(small, "× "+rate(f, l.FXRate)+" = "+other.Money(*l.PaidAmount)+" "+l.PaidCurrency)
		}
		t.Rows = append(t.Rows, Row{Small: strings.Join(nonEmpty(small), ", "),
			Cells: []string{l.ReferenceID + earlier(l), f.Signed(l.Amount), amount(f, l.Fee), amount(f, l.Withheld), amount(f, l.Net)}})
	}
	return t
}

func nonEmpty(parts []string) (kept []string) {
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return kept
}

func words(of map[string]string, code string) string {
	if word, ok := of[code]; ok {
		return word
	}
	return code
}

func earlier(l *Line) string {
	if l.PriorPeriod {
		return " (" + statement.EarlierMonth + ")"
	}
	return ""
}

// day is "2 Oct 2026".
func day(text string) string {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return text
	}
	return at.Format("2 Jan 2006")
}

func counted(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return string(locale.English.Append(nil, n, 0, 0)) + " " + one + "s"
}

func whole(f *statement.Figures, v *int64) string {
	if v == nil {
		return ""
	}
	return f.Whole(*v)
}

func rate(f *statement.Figures, v *pipeline.Rate) string {
	if v == nil {
		return ""
	}
	return f.Rate(*v)
}

func amount(f *statement.Figures, v *pipeline.Amount) string {
	if v == nil {
		return ""
	}
	return f.Money(*v)
}
