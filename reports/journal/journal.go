package journal

import (
	"encoding/csv"
	"fmt"
	"io"
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

// Lines hands over lines, entry by entry, each time it is called.
type Lines func(add func(*Line) error) error

// Formats are the layouts of a journal, each a file.
var Formats = []struct {
	Name, File string
	Write      func(w io.Writer, period pipeline.Period, lines Lines) error
}{
	{"hledger", "journal.hledger", writeHledger},
	{"quickbooks", "quickbooks-online.csv", writeQuickBooks},
	{"xero", "xero.csv", writeXero},
	{"netsuite", "netsuite.csv", writeNetSuite},
}

// journalCSV writes the lines as CSV (CRLF), numbering entries; row gives the
// cells of a line, nil to leave it out.
func journalCSV(w io.Writer, head []string, lines Lines, row func(l *Line, number int) []string) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(head); err != nil {
		return err
	}
	number, entry := 0, ""
	err := lines(func(l *Line) error {
		if number == 0 || l.EntryID != entry {
			number, entry = number+1, l.EntryID
		}
		cells := row(l, number)
		if cells == nil {
			return nil
		}
		return out.Write(cells)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func isZero(decimal string) bool { return strings.Trim(decimal, "0.") == "" }

// side is an amount in its column; nothing for zero.
func side(decimal string) string {
	if isZero(decimal) {
		return ""
	}
	return table.PlainDecimal(decimal)
}

// writeQuickBooks writes QuickBooks Online's journal import: amounts in the
// entry's own currency, dates as in the United States.
func writeQuickBooks(w io.Writer, period pipeline.Period, lines Lines) error {
	head := strings.Split("Journal No,Journal Date,Account Name,Debits,Credits,Description,Name,Currency,Location,Class", ",")
	return journalCSV(w, head, lines, func(l *Line, number int) []string {
		if isZero(l.Debit) && isZero(l.Credit) {
			return nil
		}
		return []string{
			fmt.Sprintf("%s-%05d", period, number), dayAs(l.Day, "01/02/2006"), escape.CSVText(l.Account), side(l.Debit), side(l.Credit),
			escape.CSVText(l.Memo + " (" + l.EntryID + ")"), "", l.Currency, escape.CSVText(l.Entity), "",
		}
	})
}

// writeXero writes Xero's manual journals: signed amounts in the entity's
// currency, since Xero's have no other, and the number that an account's name
// begins with.
func writeXero(w io.Writer, _ pipeline.Period, lines Lines) error {
	head := strings.Split("*Narration,*Date,Description,*AccountCode,*TaxRate,*Amount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2", ",")
	return journalCSV(w, head, lines, func(l *Line, _ int) []string {
		amount := side(l.FunctionalDebit)
		if credit := side(l.FunctionalCredit); credit != "" {
			amount = "-" + credit
		}
		if amount == "" {
			return nil
		}
		code, _, _ := strings.Cut(l.Account, " ")
		return []string{escape.CSVText(l.EntryID), dayAs(l.Day, "2006-01-02"), escape.CSVText(l.Memo), escape.CSVText(code), "Tax Exempt", amount, "Entity", escape.CSVText(l.Entity), "Currency", l.Currency}
	})
}

// writeNetSuite writes NetSuite's journal import, in the entry's own currency.
// The exchange rate is left to NetSuite: an entry has none of its own.
func writeNetSuite(w io.Writer, period pipeline.Period, lines Lines) error {
	head := strings.Split("tranId,trandate,subsidiary,currency,exchangerate,postingperiod,journalItemLine_account,journalItemLine_debitAmount,journalItemLine_creditAmount,journalItemLine_memo", ",")
	month := period.Start(time.UTC).Format("Jan 2006")
	return journalCSV(w, head, lines, func(l *Line, number int) []string {
		if isZero(l.Debit) && isZero(l.Credit) {
			return nil
		}
		return []string{
			fmt.Sprintf("%s-%05d", period, number), dayAs(l.Day, "1/2/2006"), escape.CSVText(l.Entity), l.Currency, "", month, escape.CSVText(l.Account),
			side(l.Debit), side(l.Credit), escape.CSVText(l.Memo + " (" + l.EntryID + ")"),
		}
	})
}

func dayAs(day, layout string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format(layout)
}

// writeHledger writes a journal file of hledger (and ledger): every entry in its
// own currency, the amount in the entity's currency as a comment, accounts and
// currencies declared, so that `hledger check --strict` holds.
func writeHledger(w io.Writer, period pipeline.Period, lines Lines) error {
	out := &strings.Builder{}
	flush := func(least int) error {
		if out.Len() <= least {
			return nil
		}
		_, err := io.WriteString(w, out.String())
		out.Reset()
		return err
	}
	fmt.Fprintf(out, "; The journal of %s, made by carat.\ndecimal-mark .\n\n", period)
	declared := map[string]bool{}
	declare := func(line string) {
		if !declared[line] {
			declared[line] = true
			out.WriteString(line + "\n")
		}
	}
	if err := lines(func(l *Line) error {
		declare("commodity 1000000.000000 " + l.Currency)
		declare("account " + hledgerAccount(l))
		return flush(1 << 16)
	}); err != nil {
		return err
	}
	entry := ""
	if err := lines(func(l *Line) error {
		if isZero(l.Debit) && isZero(l.Credit) {
			return nil
		}
		if l.EntryID != entry {
			entry = l.EntryID
			fmt.Fprintf(out, "\n%s (%s) %s\n", l.Day, hledgerText(l.EntryID), hledgerText(l.Memo))
		}
		amount, own := table.PlainDecimal(l.Debit), table.PlainDecimal(l.FunctionalDebit)
		if isZero(l.Debit) {
			amount, own = "-"+table.PlainDecimal(l.Credit), "-"+table.PlainDecimal(l.FunctionalCredit)
		}
		fmt.Fprintf(out, "    %s  %s %s", hledgerAccount(l), amount, l.Currency)
		if l.FunctionalCurrency != "" && l.FunctionalCurrency != l.Currency {
			fmt.Fprintf(out, "  ; %s %s", own, l.FunctionalCurrency)
		}
		out.WriteByte('\n')
		return flush(1 << 16)
	}); err != nil {
		return err
	}
	return flush(0)
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
