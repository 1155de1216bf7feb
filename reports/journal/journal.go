package journal

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/table"
)

// Line is a row of the result table journal_lines. Amounts are plain
// decimals; the other of debit and credit is zero.
type Line struct {
	EntryID, Day, Entity, Account, Currency, Debit, Credit string
	FunctionalCurrency, FunctionalDebit, FunctionalCredit  string
	Memo                                                   string
}

// Writer takes the lines of a journal, entry by entry. Close ends the file; without
// it the file is not whole. Errors are those of the file that is written to.
type Writer interface {
	Add(l *Line) error
	Close() error
}

// Format is a layout of a journal: a file for all entities or, with an Own currency,
// one for each entity whose functional currency it is.
type Format struct {
	Name, File string
	New        func(w io.Writer, period pipeline.Period) Writer
	Own        string
}

// Formats are the layouts of a journal. They take the same lines, so that a journal is
// read once for all of them.
var Formats = []Format{
	{Name: "hledger", File: "journal.hledger", New: newHledger},
	{Name: "quickbooks", File: "quickbooks-online.csv", New: newQuickBooks},
	{Name: "xero", File: "xero.csv", New: newXero},
	{Name: "netsuite", File: "netsuite.csv", New: newNetSuite},
	{Name: "fec", File: "fec.txt", New: newFEC, Own: "EUR"},
}

// lineCSV writes the lines as CSV (CRLF), numbering entries; row gives the cells of
// a line, nil to leave it out. The lines of one entry are held until it ends: where
// the layout is in the entries' own currencies, one that moves nothing in its own
// (balances told at another rate) is written in the entity's.
type lineCSV struct {
	out           *csv.Writer
	ownCurrencies bool
	row           func(l *Line, number int) []string
	number        int
	entry         []Line
}

// newCSV begins a file of such columns. An error of the head is kept by the writer
// and told with the next line.
func newCSV(w io.Writer, columns string, ownCurrencies bool, row func(l *Line, number int) []string) Writer {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write(strings.Split(columns, ","))
	return &lineCSV{out: out, ownCurrencies: ownCurrencies, row: row}
}

// Add writes a line.
func (c *lineCSV) Add(l *Line) error {
	if len(c.entry) > 0 && l.EntryID != c.entry[0].EntryID {
		if err := c.flush(); err != nil {
			return err
		}
	}
	c.entry = append(c.entry, *l)
	return nil
}

// flush writes the entry that is held.
func (c *lineCSV) flush() error {
	c.number++
	functional := c.ownCurrencies && !slices.ContainsFunc(c.entry, func(l Line) bool { return !isZero(l.Debit) || !isZero(l.Credit) || l.FunctionalCurrency == "" })
	for i := range c.entry {
		l := &c.entry[i]
		if functional {
			l.Currency, l.Debit, l.Credit = l.FunctionalCurrency, l.FunctionalDebit, l.FunctionalCredit
		}
		if cells := c.row(l, c.number); cells != nil {
			if err := c.out.Write(cells); err != nil {
				return err
			}
		}
	}
	c.entry = c.entry[:0]
	return nil
}

// Close writes what is left.
func (c *lineCSV) Close() error {
	if len(c.entry) > 0 {
		if err := c.flush(); err != nil {
			return err
		}
	}
	c.out.Flush()
	return c.out.Error()
}

func isZero(decimal string) bool { return strings.Trim(decimal, "0.") == "" }

// isNothing says that a line moves nothing, neither in the entry's currency nor
// in the entity's. A functional amount that nobody knows is something.
func (l *Line) isNothing() bool {
	return isZero(l.Debit) && isZero(l.Credit) && isZero(l.FunctionalDebit) && isZero(l.FunctionalCredit) &&
		(l.FunctionalDebit != "" || l.FunctionalCredit != "" || l.FunctionalCurrency == "")
}

// hasNoAmount says that a line has neither debit nor credit in the currency of its
// entry, as an exchange difference within it or rounding in the entity's own: an import
// wants one on each line and takes one rate for an entry. An amount that nobody knows is one.
func (l *Line) hasNoAmount() bool {
	return isZero(l.Debit) && isZero(l.Credit) && (l.FunctionalDebit != "" || l.FunctionalCredit != "" || l.FunctionalCurrency == "")
}

// functional gives a line's amounts in the entity's currency as cells: the
// currency, the debit, the credit.
func (l *Line) functional() []string {
	if l.FunctionalDebit == "" && l.FunctionalCredit == "" && l.FunctionalCurrency != "" {
		return []string{l.FunctionalCurrency, notKnown, notKnown}
	}
	return []string{l.FunctionalCurrency, side(l.FunctionalDebit), side(l.FunctionalCredit)}
}

// side is an amount in its column; nothing for zero.
func side(decimal string) string {
	if isZero(decimal) {
		return ""
	}
	return table.PlainDecimal(decimal)
}

// newQuickBooks writes QuickBooks Online's journal import: amounts in the
// entry's own currency, dates as in the United States. The columns behind Class
// are the amounts in the entity's currency, which its import leaves unmapped.
func newQuickBooks(w io.Writer, period pipeline.Period) Writer {
	return newCSV(w, "Journal No,Journal Date,Account Name,Debits,Credits,Description,Name,Currency,Location,Class,Functional Currency,Functional Debits,Functional Credits", true, func(l *Line, number int) []string {
		if l.hasNoAmount() {
			return nil
		}
		return append([]string{
			fmt.Sprintf("%s-%05d", period, number), dayAs(l.Day, "01/02/2006"), escape.CSVText(l.Account), side(l.Debit), side(l.Credit),
			escape.CSVText(l.Memo + " (" + l.EntryID + ")"), "", l.Currency, escape.CSVText(l.Entity), "",
		}, l.functional()...)
	})
}

// notKnown stands for an amount in the entity's currency that no exchange rate
// tells: a month with one can't be closed, and its journal is not to be imported.
const notKnown = "not known"

// newXero writes Xero's manual journals: signed amounts in the entity's
// currency, since Xero's have no other, and the number that an account's name
// begins with.
func newXero(w io.Writer, _ pipeline.Period) Writer {
	return newCSV(w, "*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2", false, func(l *Line, _ int) []string {
		amount := side(l.FunctionalDebit)
		if credit := side(l.FunctionalCredit); credit != "" {
			amount = "-" + credit
		}
		if l.FunctionalDebit == "" && l.FunctionalCredit == "" {
			amount = notKnown
		}
		if amount == "" {
			return nil
		}
		code, _, _ := strings.Cut(l.Account, " ")
		return []string{escape.CSVText(l.EntryID), dayAs(l.Day, "2006-01-02"), escape.CSVText(l.Memo), escape.CSVText(code), "Tax Exempt", amount, "Entity", escape.CSVText(l.Entity), "Currency", l.Currency}
	})
}

// newNetSuite writes NetSuite's journal import, in the entry's own currency.
// The exchange rate is left to NetSuite: an entry has none of its own. The last
// columns are the amounts in the entity's currency, to compare with what
// NetSuite makes of it.
func newNetSuite(w io.Writer, period pipeline.Period) Writer {
	month := period.Start(time.UTC).Format("Jan 2006")
	return newCSV(w, "tranId,trandate,subsidiary,currency,exchangerate,postingperiod,journalItemLine_account,journalItemLine_debitAmount,journalItemLine_creditAmount,journalItemLine_memo,functionalCurrency,functionalDebit,functionalCredit", true, func(l *Line, number int) []string {
		if l.hasNoAmount() {
			return nil
		}
		return append([]string{
			fmt.Sprintf("%s-%05d", period, number), dayAs(l.Day, "1/2/2006"), escape.CSVText(l.Entity), l.Currency, "", month, escape.CSVText(l.Account),
			side(l.Debit), side(l.Credit), escape.CSVText(l.Memo + " (" + l.EntryID + ")"),
		}, l.functional()...)
	})
}

func dayAs(day, layout string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format(layout)
}

// hledger is a journal file under way. What it declares stands before the entries
// that use it, so both are held until all lines are there: as many as entities,
// days, event classes and currencies, not as events.
type hledger struct {
	w                   io.Writer
	declared            map[string]bool
	directives, entries strings.Builder
	entry               string
}

// newHledger writes a journal file of hledger (and ledger): every entry in its
// own currency, the amount in the entity's currency as a comment, accounts and
// currencies declared, so that `hledger check --strict` holds.
func newHledger(w io.Writer, period pipeline.Period) Writer {
	h := &hledger{w: w, declared: map[string]bool{}}
	fmt.Fprintf(&h.directives, "; The journal of %s, made by carat.\ndecimal-mark .\n\n", period)
	return h
}

func (h *hledger) declare(line string) {
	if !h.declared[line] {
		h.declared[line] = true
		h.directives.WriteString(line + "\n")
	}
}

// Add takes a line.
func (h *hledger) Add(l *Line) error {
	h.declare("commodity 1000000.000000 " + l.Currency)
	h.declare("account " + hledgerAccount(l))
	if l.isNothing() {
		return nil
	}
	out := &h.entries
	if l.EntryID != h.entry {
		h.entry = l.EntryID
		fmt.Fprintf(out, "\n%s (%s) %s\n", l.Day, hledgerText(l.EntryID), hledgerText(l.Memo))
	}
	amount, own := table.PlainDecimal(l.Debit), table.PlainDecimal(l.FunctionalDebit)
	if isZero(l.FunctionalDebit) && !isZero(l.FunctionalCredit) {
		own = "-" + table.PlainDecimal(l.FunctionalCredit)
	}
	switch {
	case !isZero(l.Credit):
		amount = "-" + table.PlainDecimal(l.Credit)
	case isZero(l.Debit):
		amount = "0"
	}
	if l.FunctionalDebit == "" && l.FunctionalCredit == "" {
		own = notKnown
	}
	fmt.Fprintf(out, "    %s  %s %s", hledgerAccount(l), amount, l.Currency)
	if l.FunctionalCurrency != "" && l.FunctionalCurrency != l.Currency {
		fmt.Fprintf(out, "  ; %s %s", own, l.FunctionalCurrency)
	}
	out.WriteByte('\n')
	return nil
}

// Close writes the file.
func (h *hledger) Close() error {
	if _, err := io.WriteString(h.w, h.directives.String()); err != nil {
		return err
	}
	_, err := io.WriteString(h.w, h.entries.String())
	return err
}

// hledgerAccount is entity:account. A colon would begin a subaccount, two blanks
// would end the name, and some characters at its beginning mean something.
func hledgerAccount(l *Line) string {
	part := func(text string) string {
		text = strings.Join(strings.Fields(strings.NewReplacer(":", " -", ";", ",").Replace(hledgerText(text))), " ")
		return strings.TrimLeft(text, "([*!~=#%")
	}
	return part(l.Entity) + ":" + part(l.Account)
}

// hledgerText keeps a text on its line, and out of codes and comments.
func hledgerText(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case escape.Unsafe(r):
			return ' '
		case r == '(' || r == ')':
			return -1
		case r == ';' || r == '|':
			return ','
		}
		return r
	}, text)
}
