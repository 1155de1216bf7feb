package bank

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// Formats gives the formats of statements and notifications that banks send, in the order in which they are asked.
// Where the format fixes the mark before the decimals, banks do write more of them than the currency has.
func Formats() []published.Format {
	return []published.Format{
		{Name: "camt.053", Fine: lex.FineTold, Feeds: []string{"bank_lines", "provider_payments"}, Sniff: lex.IsXML(camtSpace + "camt.053."), Read: readCamt},
		{Name: "camt.054", Fine: lex.FineTold, Feeds: []string{"bank_lines", "provider_payments"}, Sniff: lex.IsXML(camtSpace + "camt.054."), Read: readCamt},
		{Name: "mt940", Fine: lex.FineTold, Feeds: []string{"bank_lines"}, Sniff: isMT940, Read: readMT940},
		{Name: "bai2", Feeds: []string{"bank_lines"}, Sniff: isBAI2, Read: readBAI2},
		{Name: "ofx", Feeds: []string{"bank_lines"}, Sniff: isOFX, Read: readOFX},
	}
}

// statement is what a bank says of one account: an opening balance, entries,
// and the closing balance that must follow from them. The layouts of banks give
// the same rows through it.
type statement struct {
	id       string // the bank's own, as messages give it
	key      string // with what else makes it unique for the account
	account  string
	currency string // of the balances; "" until it is known
	opening  *balance
	closing  *balance
	line     int64
	sum      *published.Money
	entries  int64
	ids      *published.RowIDs
	proves   bool      // its balances will prove it whole, or the file is refused
	booked   []booking // its entries, to be compared with what the lake holds
	// What the statement's own counts and sums are held against: all entries,
	// those that aren't booked too.
	credits, debits *published.Money
	count           [2]int64 // credits, debits
}

// balance is a booked balance, signed.
type balance struct {
	amount   *published.Money
	currency string
	day      string // 2026-10-01, as the bank wrote it; "" where it didn't
	line     int64
}

func newStatement(line int64) *statement {
	return &statement{line: line, sum: new(published.Money), credits: new(published.Money), debits: new(published.Money), ids: published.NewRowIDs()}
}

// entry is one booked movement.
type entry struct {
	line     int64
	amount   *published.Money // signed, + towards the account
	currency string
	day      string // 2026-10-01, as the bank booked it
	// bankRef is the bank's own reference of the movement, the same in every
	// message about it; "" without.
	bankRef      string
	reference    string
	counterparty string
}

// add counts an entry towards the balance. An error says that the file can't
// be right.
func (s *statement) add(name string, e *entry) error {
	if s.currency == "" {
		s.currency = e.currency
	}
	if e.currency != s.currency {
		return lex.BadFile(name, e.line, "an entry in %s on an account in %s", e.currency, s.currency)
	}
	s.sum.Add(s.sum, e.amount)
	s.entries++
	return nil
}

// tally counts an entry, booked or not.
func (s *statement) tally(amount *published.Money) { s.tallySide(amount, amount.Sign() < 0) }

// tallySide counts an entry as a credit or a debit, which one of zero says too.
func (s *statement) tallySide(amount *published.Money, debit bool) {
	if !debit {
		s.credits.Add(s.credits, amount)
		s.count[0]++
	} else {
		s.debits.Sub(s.debits, amount)
		s.count[1]++
	}
}

// follows are the statements of a file, the last one of each account.
type follows map[string]*statement

// begin says whether a statement goes on where the one before it in the file
// ended. Then its entries are other bookings than those, also where the bank
// gives all of them one reference, and their ids are numbered on; else the
// same reference, amount and day may be the same booking told again.
func (f follows) begin(s *statement, opening *balance) {
	if before := f[s.account]; before != nil && before.key != s.key && before.closing != nil && opening != nil &&
		before.closing.currency == opening.currency && before.closing.amount.Cmp(opening.amount) == 0 {
		s.ids = before.ids
	}
	f[s.account] = s
}

// check proves opening + entries = closing.
func (s *statement) check(name string) error {
	for _, b := range []struct {
		what string
		is   *balance
	}{{"opening", s.opening}, {"closing", s.closing}} {
		if b.is == nil {
			return lex.BadFile(name, s.line, "statement %s of account %s has no %s balance: that it is whole can't be proven", lex.Shown(s.id), lex.Shown(s.account), b.what).
				WithHint("fetch the statement again")
		}
		if s.currency == "" {
			s.currency = b.is.currency
		}
		if b.is.currency != s.currency {
			return lex.BadFile(name, b.is.line, "the %s balance of statement %s is in %s, its account in %s", b.what, lex.Shown(s.id), b.is.currency, s.currency)
		}
	}
	want := new(published.Money).Add(s.opening.amount, s.sum)
	if want.Cmp(s.closing.amount) != 0 {
		return lex.BadFile(name, s.closing.line, "statement %s of account %s doesn't add up: opening %s + %d entries %s = %s, but closing %s, difference %s",
			lex.Shown(s.id), lex.Shown(s.account), published.MoneyText(s.opening.amount), s.entries, published.MoneyText(s.sum), published.MoneyText(want),
			published.MoneyText(s.closing.amount), published.MoneyText(new(published.Money).Sub(s.closing.amount, want))).
			WithHint("fetch the statement again; if the bank sends it so, ask the bank")
	}
	return nil
}

// lineID is the key of a bank line. The bank's own reference makes it, with
// what was booked, so that a notification and the statement of the same
// movement give one line; without a reference, the statement and the place in it.
func (s *statement) lineID(e *entry) string {
	if e.bankRef != "" {
		return s.ids.ID("bank", s.account, e.bankRef, published.MoneyText(e.amount), e.currency, e.day)
	}
	return s.ids.ID("bank", s.account, s.key, "entry", strconv.FormatInt(s.entries, 10))
}

// bankLine makes the row of an entry that was added.
func bankLine(r *published.Report, s *statement, e *entry) error {
	if err := r.Out.Begin(e.line); err != nil {
		return err
	}
	r.Out.Set("line_id", s.lineID(e))
	r.Out.Set("account", s.account)
	r.Out.Set("booked_at", e.day)
	r.Out.Set("amount", published.MoneyText(e.amount))
	r.Out.Set("currency", e.currency)
	r.Out.Set("reference", lex.CutText(e.reference))
	r.Out.Set("counterparty", lex.CutText(e.counterparty))
	if s.proves {
		r.Out.Set("statement_id", s.told())
	}
	if row, ok := r.Out.Row().(*pipeline.BankLine); ok && r.Settings.Held != nil {
		s.booked = append(s.booked, booking{e.line, row.LineID, row.BookedAt, row.Amount})
	}
	return r.Out.End()
}

// words joins texts that are not empty and not there twice, with single blanks.
func words(texts ...string) string {
	var all []string
	for _, text := range texts {
		if text = strings.Join(strings.Fields(text), " "); text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, " ")
}

// signedAmount reads an amount with its direction.
func signedAmount(text string, debit bool) (*published.Money, error) {
	v, err := published.ParseMoney(text)
	if err != nil {
		return nil, err
	}
	if v.Sign() < 0 {
		return nil, fmt.Errorf("%w: a sign where the direction is a word", published.ErrAmount)
	}
	if debit {
		v.Neg(v)
	}
	return v, nil
}
