package journal

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"carat/pipeline"
	"carat/reports/escape"
	"carat/reports/table"
)

// fecColumns are the eighteen of the fichier des écritures comptables, in the order of
// the law: livre des procédures fiscales, article A47 A-1, VII.
const fecColumns = "JournalCode|JournalLib|EcritureNum|EcritureDate|CompteNum|CompteLib|CompAuxNum|CompAuxLib|PieceRef|PieceDate|" +
	"EcritureLib|Debit|Credit|EcritureLet|DateLet|ValidDate|Montantdevise|Idevise"

// fec is such a file under way.
type fec struct {
	out    *bufio.Writer
	period pipeline.Period
	valid  string // the month's last day
	entry  string
	number int
	err    error
}

// newFEC writes the French tax administration's file of accounting entries for one
// entity that keeps its books in euros: text parted by tabs, UTF-8, amounts with a
// decimal comma, days as YYYYMMDD. Debit and credit are the entity's euros; an entry in
// another currency has its amount in Montantdevise, a credit below zero. A journal is an
// event class, a piece an entry of journal_lines, ValidDate the month's last day, since
// entries are valid when the month is closed. The number that an account's name begins
// with is CompteNum: the chart must be that of the plan comptable. The year's file is
// its months one behind another, with one head; its name begins with the SIREN.
func newFEC(w io.Writer, period pipeline.Period) Writer {
	f := &fec{out: bufio.NewWriter(w), period: period, valid: period.End(time.UTC).AddDate(0, 0, -1).Format("20060102")}
	f.line(strings.Split(fecColumns, "|"))
	return f
}

func (f *fec) line(cells []string) {
	if f.err == nil {
		_, f.err = f.out.WriteString(strings.Join(cells, "\t") + "\r\n")
	}
}

// Add takes a line; one that moves nothing, in euros or in the entry's own currency, is
// left out. One that moves nothing in euros alone, such as a cent of another currency
// that is less than half of one, stands with 0,00: without it Montantdevise wouldn't
// add up.
func (f *fec) Add(l *Line) error {
	known := l.FunctionalDebit != "" || l.FunctionalCredit != ""
	moves := l.Currency != l.FunctionalCurrency && !(isZero(l.Debit) && isZero(l.Credit))
	if known && !moves && isZero(l.FunctionalDebit) && isZero(l.FunctionalCredit) {
		return f.err
	}
	if l.EntryID != f.entry {
		f.entry = l.EntryID
		f.number++
	}
	debit, credit := notKnown, notKnown
	if known {
		debit, credit = fecAmount(l.FunctionalDebit), fecAmount(l.FunctionalCredit)
	}
	foreign, currency := "", ""
	if moves {
		foreign, currency = fecAmount(l.Debit), l.Currency
		if !isZero(l.Credit) {
			foreign = "-" + fecAmount(l.Credit)
		}
	}
	account, name, _ := strings.Cut(l.Account, " ")
	class := eventClass(l.EntryID)
	f.line([]string{
		fecText(class), fecText(class), fmt.Sprintf("%s-%05d", f.period, f.number), dayAs(l.Day, "20060102"), fecText(account), fecText(name), "", "",
		fecText(l.EntryID), dayAs(l.Day, "20060102"), fecText(l.Memo), debit, credit, "", "", f.valid, foreign, currency,
	})
	return f.err
}

// Close writes what is left.
func (f *fec) Close() error {
	if f.err != nil {
		return f.err
	}
	return f.out.Flush()
}

// eventClass is the last but one part of an entry's id: ENTITY/DAY/CLASS/CURRENCY.
func eventClass(entry string) string {
	parts := strings.Split(entry, "/")
	return parts[max(len(parts)-2, 0)]
}

// fecAmount writes a decimal with a comma and at least two places.
func fecAmount(decimal string) string {
	whole, part, _ := strings.Cut(table.PlainDecimal(decimal), ".")
	if whole == "" {
		whole = "0"
	}
	return whole + "," + part + strings.Repeat("0", max(2-len(part), 0))
}

// fecText keeps a text in its cell, and from being a formula there.
func fecText(text string) string {
	return escape.CSVText(strings.TrimSpace(strings.Map(func(r rune) rune {
		if escape.Unsafe(r) || r == '\t' || r == '|' {
			return ' '
		}
		return r
	}, text)))
}
