package agency

import (
	"strings"

	"carat/pipeline"
	"carat/reports/locale"
	"carat/reports/statement"
	"carat/reports/statement/catalog"
)

// Page is all that a reader of a statement is told, in its order: a layout only
// places it.
type Page struct {
	Title, Heading, Month, State, Payer string
	Provisional                         bool
	Language                            *locale.Language
	Country                             string // of the agency, which decides on paper
	Parties                             [3]Party
	Lead                                string // the month in one sentence
	Notes                               []string
	Tables                              []Table
	HowToCheck, Check, Mark             string
	Watermark, Carried, Brought         string
	PageOf                              func(page, of int) string
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
	Title string // a line end is where it may break
	Right bool
	Width int
}

// Row is a row of a table; Small stands below its first cell.
type Row struct {
	Cells []string
	Small string
}

// reason says what a code of a line means; it does not know codes that others made up.
func reason(code string) string {
	switch code {
	case "bonus":
		return "Bonus"
	case "split":
		return "Split"
	case "clawback":
		return "Clawback"
	case "penalty":
		return "Penalty"
	case "correction":
		return "Correction"
	case "payout":
		return "Requested"
	case "payout_paid", "payout_on_its_way":
		return "Requested in an earlier month"
	case "payout_failed", "failed":
		return "Failed"
	case "payout_returned", "returned":
		return "Came back"
	case "requested":
		return "On its way"
	case "paid":
		return "Paid"
	}
	return code
}

// speaker says what a statement says in its language. It gets the English message, in
// which {1} stands for the first of the parts.
type speaker struct {
	statement.Figures
	words *catalog.Catalog
}

func (v *speaker) t(english string, parts ...string) string {
	return fill(v.words.Text(english), parts)
}

// many is about so many things: forms are the English message for one and for several.
func (v *speaker) many(n int64, forms string) string {
	return fill(v.words.Form(forms, n), []string{v.Whole(n)})
}

func fill(text string, parts []string) string {
	before, after, found := strings.Cut(text, "{")
	if !found {
		return text
	}
	return before + parts[after[0]-'1'] + fill(after[len("1}"):], parts)
}

// list joins parts by the language's comma; empty ones are left out, and what was said just before.
func (v *speaker) list(parts ...string) string {
	var kept []string
	for i, part := range parts {
		if part != "" && (i == 0 || part != parts[i-1]) {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, v.t(", "))
}

func (v *speaker) sum(a pipeline.Amount) string { return v.Money(a) + blank + v.Currency }

func (s *Statement) speaker() *speaker {
	words := catalog.For(s.Language)
	language := words.Language()
	return &speaker{statement.Figures{Language: language, Loc: language.Numbers, Zone: s.zone(), Minor: locale.MinorDigits(s.Currency), Currency: s.Currency}, words}
}

// Words gives the page of a statement in its language, and so are its numbers and dates.
func (s *Statement) Words() *Page {
	v := s.speaker()
	start, end := s.Period.Start(s.zone()), s.Period.End(s.zone())
	date := func(kind locale.Date) string { return string(v.Language.AppendDate(nil, start, kind)) }
	first, last := v.Language.Within()
	p := &Page{Heading: v.t("Agency statement"), Month: date(locale.MonthYear), Payer: s.Payer.Name, Provisional: s.Provisional, Country: s.Country, Language: v.Language,
		HowToCheck: v.t(statement.TitleCheck), Check: v.t(howToCheck) + " " + v.t(statement.NoViewers), Mark: s.mark(v), Watermark: v.t(statement.Watermark),
		Carried: v.t(statement.CarriedForward), Brought: v.t(statement.BroughtForward),
		PageOf: func(page, of int) string { return v.t("Page {1} of {2}", v.Whole(int64(page)), v.Whole(int64(of))) }}
	if p.Payer == "" {
		p.Payer = s.Entity
	}
	state := v.t("Final")
	if s.Provisional {
		state = v.t("Provisional")
		p.Notes = append(p.Notes, v.t(statement.NotClosed))
	}
	p.State = v.list(state, v.t("version\u00a0{1}", v.Whole(s.Version)))
	p.Title = v.list(p.Heading, p.Month, s.AgencyID)
	p.Parties = [3]Party{
		{v.t(statement.LabelPayer), p.Payer, s.address(v)},
		{v.t("Agency"), s.AgencyID, s.terms(v)},
		{v.t(statement.LabelPeriod), v.t("{1} to {2}", date(first), string(v.Language.AppendDate(nil, end.AddDate(0, 0, -1), last))),
			[]string{v.t("Days run by the time zone {1}", s.zone().String()), v.t("All amounts in {1}", s.Currency)}},
	}
	owed := s.Closing // a fraction of a unit is owed, and paid with what comes to it
	if whole, smallest := statement.Payable(owed, s.Currency); owed > 0 && whole != owed {
		owed = whole
		p.Notes = append(p.Notes, strings.TrimSpace(v.t(statement.FractionsStay, v.sum(smallest))))
	}
	p.Lead = v.t("Gifts to {1} gave {2}, {3} was taken back, {4} was paid out: {5} is owed at the end of {6}.", v.many(s.Creators, "{1}\u00a0creator|{1}\u00a0creators"),
		v.sum(s.Accrued), v.sum(-s.Reversed-s.ClawedBack), v.sum(-s.Redeemed-s.Returned), v.sum(owed), p.Month)
	if s.Closing < 0 {
		p.Notes = append(p.Notes, v.t("The balance is below zero: more was taken back or paid than gifts gave. Later gifts make up for it first."))
	}
	if !s.OnFile {
		p.Notes = append(p.Notes, v.t("No terms are on file for this agency: nothing is withheld, and it is paid in the currency of the gifts’ rates."))
	}
	if s.EndedAt != nil {
		p.Notes = append(p.Notes, v.t("The agency’s terms ended on {1}.", string(v.AppendDay(nil, *s.EndedAt-1))))
	}
	p.Tables = []Table{s.movement(v), s.gifts(v), s.entries(v), s.payouts(v)}
	if s.Year != nil {
		p.Tables = append(p.Tables, s.yearToDate(v))
	}
	return p
}

const howToCheck = "Opening + gifts − reversals − clawbacks ± adjustments − payouts requested + payouts that came back − rounding = closing, to the last digit. A gift gives its diamonds × the money per diamond × the agency’s share; its reversal takes back exactly that. All files of this statement (page, PDF, CSV and JSON) are made from the same rows."

func (s *Statement) mark(v *speaker) string {
	mark := v.t("Statement {1} · {2} · {3} · {4} · version {5}", s.AgencyID, s.Entity, s.Currency, string(s.Period), v.Whole(s.Version))
	return mark + v.t(" · run {1}", s.RunID)
}

func (s *Statement) address(v *speaker) (lines []string) {
	for _, line := range strings.Split(s.Payer.Address, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if s.Payer.TaxID != "" {
		lines = append(lines, v.t(statement.LabelTaxID)+s.Payer.TaxID)
	}
	return lines
}

func (s *Statement) terms(v *speaker) (lines []string) {
	if !s.OnFile {
		return []string{v.t("No terms on file")}
	}
	return []string{v.t(statement.LabelCountry) + s.Country, v.t("Paid in {1}", s.PaidCurrency),
		v.t("Tax withheld: {1}", string(v.Language.AppendPercent([]byte(v.Rate(s.WithholdingRate*100)))))}
}

// step is an amount of a way from one balance to another, with its English name.
type step struct {
	name   string
	amount pipeline.Amount
}

// steps are rows of those that moved something.
func (v *speaker) steps(steps ...step) (rows []Row) {
	for _, s := range steps {
		if s.amount != 0 {
			rows = append(rows, Row{Cells: []string{v.t(s.name), v.Signed(s.amount)}})
		}
	}
	return rows
}

// movement is the way from opening to closing. Steps that moved nothing are left out.
func (s *Statement) movement(v *speaker) Table {
	v.Align(s.Opening, s.Accrued, s.Reversed, s.ClawedBack, s.Adjusted, s.Redeemed, s.Returned, s.Rounding, s.Closing)
	t := Table{Title: v.t("How the balance moved"), Columns: []Column{{Title: v.t(statement.ColumnItem)}, {s.Currency, true, 12000}},
		Rows: []Row{{Cells: []string{v.t("Opening balance"), v.Money(s.Opening)}}}, Total: []string{v.t("Closing balance"), v.Money(s.Closing)}}
	t.Rows = append(t.Rows, v.steps(step{"Gifts gave", s.Accrued}, step{"Reversals took back", s.Reversed}, step{"Clawbacks took back", s.ClawedBack},
		step{"Adjustments", s.Adjusted}, step{"Payouts requested", s.Redeemed}, step{"Payouts that came back", s.Returned}, step{"Fractions given up in payouts", s.Rounding})...)
	return t
}

// yearToDate sums the year's statements up to this one.
func (s *Statement) yearToDate(v *speaker) Table {
	y := s.Year
	v.Align(y.Accrued, y.TakenBack, y.Adjusted, y.PaidOut, y.Withheld, y.Fees, y.Paid)
	return Table{Title: v.t("The year so far, from {1}", string(v.Language.AppendDate(nil, y.FirstPeriod.Start(s.zone()), locale.MonthYear))),
		Columns: []Column{{Title: v.t(statement.ColumnItem)}, {s.Currency, true, 12000}}, None: v.t("Nothing was given, adjusted or paid so far."),
		Rows: v.steps(step{"Gifts gave", y.Accrued}, step{"Reversals and clawbacks took back", y.TakenBack}, step{"Adjustments", y.Adjusted},
			step{"Payouts requested, less those that came back", y.PaidOut}, step{"Tax withheld from payouts", -y.Withheld}, step{"Fees of payouts", -y.Fees}, step{"Paid", y.Paid})}
}

// gifts are what gifts gave and reversals took, by day and creator.
func (s *Statement) gifts(v *speaker) Table {
	t := Table{Title: v.t("Gifts, by day and creator"), None: v.t("No gift gave anything this month."), Columns: []Column{{Title: v.t("Day and creator")},
		{v.t(statement.ColumnGifts), true, 5000}, {v.t(statement.ColumnDiamonds), true, 7000}, {v.t("× {1}\nper diamond", s.Currency), true, 8600},
		{v.t("× share"), true, 6500}, {equals + s.Currency, true, 8500}}}
	var amounts []pipeline.Amount
	is := func(l *Line) bool { return l.Section == sectionAccrued || l.Section == sectionReversed }
	for i := range s.Lines {
		if is(&s.Lines[i]) {
			amounts = append(amounts, s.Lines[i].Amount)
		}
	}
	v.Align(append(amounts, s.Accrued+s.Reversed)...)
	for i := range s.Lines {
		l := &s.Lines[i]
		if !is(l) {
			continue
		}
		name := s.day(v, l.Day) + " · " + l.CreatorID
		if l.Section == sectionReversed {
			name = v.t("{1} (gifts taken back)", name)
		}
		t.Rows = append(t.Rows, Row{Cells: []string{v.earlier(l, name), optional(l.Count, v.Whole), optional(l.Diamonds, v.Whole), times + optional(l.Rate, v.Rate),
			times + optional(l.Share, v.Rate), v.Money(l.Amount)}})
	}
	if len(t.Rows) > 0 {
		t.Total = []string{v.t("All gifts, less those taken back"), v.Whole(s.Gifts), v.Whole(s.Diamonds), "", "", v.Money(s.Accrued + s.Reversed)}
	}
	return t
}

// entries are clawbacks and adjustments, one by one.
func (s *Statement) entries(v *speaker) Table {
	t := Table{Title: v.t("Clawbacks and adjustments"), None: v.t("Nothing was clawed back or adjusted this month."),
		Columns: []Column{{v.t(statement.ColumnDate), false, 9000}, {Title: v.t(statement.ColumnReason)}, {s.Currency, true, 10000}}}
	v.Align()
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Section != sectionClawedBack && l.Section != sectionAdjusted {
			continue
		}
		why := v.t(reason(l.Reason))
		if l.Diamonds != nil {
			why = v.t("{1}: {2} from {3}, gift {4}", why, v.many(-*l.Diamonds, "{1}\u00a0diamond|{1}\u00a0diamonds"), l.CreatorID, l.OriginalEventID)
		}
		t.Rows = append(t.Rows, Row{Cells: []string{v.Moment(l.EventAt), v.earlier(l, why+" ("+l.ReferenceID+")"), v.Signed(l.Amount)}})
	}
	return t
}

// payouts are those requested, paid or come back in the month, and those under way.
func (s *Statement) payouts(v *speaker) Table {
	t := Table{Title: v.t(statement.TitlePayouts), None: v.t("No payouts this month."), Columns: []Column{{Title: v.t(statement.ColumnPayout)},
		{v.t(statement.ColumnBalance), true, 8500}, {v.t(statement.ColumnFee), true, 6500}, {v.t(statement.ColumnWithheld), true, 8500}, {v.t("Net {1}", s.Currency), true, 8500}}}
	v.Align()
	for i := range s.Lines {
		l := &s.Lines[i]
		if l.Section != sectionRedeemed && l.Section != sectionReturned {
			continue
		}
		paidAt, paid := "", ""
		if l.PaidAt != nil {
			paidAt = v.t("paid {1}", v.Moment(l.PaidAt))
		}
		if l.PaidAmount != nil {
			other := statement.Figures{Language: v.Language, Loc: v.Loc, Zone: v.Zone, Minor: locale.MinorDigits(l.PaidCurrency), Currency: l.PaidCurrency}
			paid = times + optional(l.FXRate, v.Rate) + " " + equals + other.Money(*l.PaidAmount) + blank + l.PaidCurrency
		}
		t.Rows = append(t.Rows, Row{Small: v.list(v.Moment(l.EventAt), v.t(reason(l.Reason)), v.t(reason(l.Status)), l.Method, paidAt, paid),
			Cells: []string{v.earlier(l, l.ReferenceID), v.Signed(l.Amount), optional(l.Fee, v.Money), optional(l.Withheld, v.Money), optional(l.Net, v.Money)}})
	}
	return t
}

// earlier says of a line that it is of an earlier month.
func (v *speaker) earlier(l *Line, text string) string {
	if l.PriorPeriod {
		return text + " (" + v.t(statement.EarlierMonth) + ")"
	}
	return text
}

// optional writes what is there.
func optional[T any](value *T, write func(T) string) string {
	if value == nil {
		return ""
	}
	return write(*value)
}
