package feed

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"carat/pipeline"
)

func bankAdapters() []adapter {
	return []adapter{
		{name: "camt.053", feeds: []string{"bank_lines", "provider_payments"}, sniff: isXML(camtSpace + "camt.053."), read: readCamt},
		{name: "camt.054", feeds: []string{"bank_lines", "provider_payments"}, sniff: isXML(camtSpace + "camt.054."), read: readCamt},
		{name: "mt940", feeds: []string{"bank_lines"}, sniff: isMT940, read: readMT940},
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
	sum      *money
	entries  int64
	ids      *rowIDs
	// What the statement's own counts and sums are held against: all entries,
	// those that aren't booked too.
	credits, debits *money
	count           [2]int64 // credits, debits
}

// balance is a booked balance, signed.
type balance struct {
	amount   *money
	currency string
	line     int64
}

func newStatement(line int64) *statement {
	return &statement{line: line, sum: new(money), credits: new(money), debits: new(money), ids: newRowIDs()}
}

// entry is one booked movement.
type entry struct {
	line     int64
	amount   *money // signed, + towards the account
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
		return badFile(name, e.line, "an entry in %s on an account in %s", e.currency, s.currency)
	}
	s.sum.Add(s.sum, e.amount)
	s.entries++
	return nil
}

// tally counts an entry, booked or not.
func (s *statement) tally(amount *money) {
	if amount.Sign() >= 0 {
		s.credits.Add(s.credits, amount)
		s.count[0]++
	} else {
		s.debits.Sub(s.debits, amount)
		s.count[1]++
	}
}

// check proves opening + entries = closing.
func (s *statement) check(name string) error {
	for _, b := range []struct {
		what string
		is   *balance
	}{{"opening", s.opening}, {"closing", s.closing}} {
		if b.is == nil {
			return badFile(name, s.line, "statement %s of account %s has no %s balance: that it is whole can't be proven", shown(s.id), shown(s.account), b.what).
				WithHint("fetch the statement again")
		}
		if s.currency == "" {
			s.currency = b.is.currency
		}
		if b.is.currency != s.currency {
			return badFile(name, b.is.line, "the %s balance of statement %s is in %s, its account in %s", b.what, shown(s.id), b.is.currency, s.currency)
		}
	}
	want := new(money).Add(s.opening.amount, s.sum)
	if want.Cmp(s.closing.amount) != 0 {
		return badFile(name, s.closing.line, "statement %s of account %s doesn't add up: opening %s + %d entries %s = %s, but closing %s, difference %s",
			shown(s.id), shown(s.account), moneyText(s.opening.amount), s.entries, moneyText(s.sum), moneyText(want),
			moneyText(s.closing.amount), moneyText(new(money).Sub(s.closing.amount, want))).
			WithHint("fetch the statement again; if the bank sends it so, ask the bank")
	}
	return nil
}

// shown is a text of the file as a message gives it.
func shown(text string) string {
	if text == "" {
		return "without a name"
	}
	return columnName([]byte(cut80([]byte(text))))
}

// lineID is the key of a bank line. The bank's own reference makes it, with
// what was booked, so that a notification and the statement of the same
// movement give one line; without a reference, the statement and the place in it.
func (s *statement) lineID(e *entry) string {
	if e.bankRef != "" {
		return s.ids.id("bank", s.account, e.bankRef, moneyText(e.amount), e.currency, e.day)
	}
	return s.ids.id("bank", s.account, s.key, "entry", strconv.FormatInt(s.entries, 10))
}

// bankLine makes the row of an entry that was added.
func (r *report) bankLine(s *statement, e *entry) error {
	if err := r.out.begin(e.line); err != nil {
		return err
	}
	r.out.set("line_id", s.lineID(e))
	r.out.set("account", s.account)
	r.out.set("booked_at", dayStart(e.day))
	r.out.set("amount", moneyText(e.amount))
	r.out.set("currency", e.currency)
	r.out.set("reference", cutText(e.reference))
	r.out.set("counterparty", cutText(e.counterparty))
	return r.out.end()
}

// dayStart gives the beginning of a day, in the feed's zone.
func dayStart(day string) string {
	if day == "" {
		return ""
	}
	return day + "T00:00:00"
}

// accountText is an account's number without the blanks that people write.
func accountText(text string) string { return strings.Join(strings.Fields(text), "") }

// ownAccount refuses a report of an account that is not one of ours, if the
// configuration names ours.
func (r *report) ownAccount(account string, line int64) error {
	if len(r.settings.Accounts) == 0 {
		return nil
	}
	for _, own := range r.settings.Accounts {
		if strings.EqualFold(accountText(own), accountText(account)) {
			return nil
		}
	}
	return r.refuse(line, "account %s is none of ours", shown(account)).
		WithHint("carat.yaml names them: feeds: %s: accounts: [%s]", r.feed, strings.Join(r.settings.Accounts, ", "))
}

// money is an exact sum in millionths.
type money = big.Int

var errAmount = errors.New("not an amount")

// parseMoney reads a plain decimal of at most six places.
func parseMoney(text string) (*money, error) {
	v, err := pipeline.ParseAmount([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAmount, err)
	}
	return big.NewInt(int64(v)), nil
}

func moneyText(v *money) string { return pipeline.DecimalText(v, pipeline.AmountDigits) }

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

// cutText cuts a text to what a text column takes, at a rune's end.
func cutText(text string) string { return cutTo([]byte(text), MaxTextBytes) }

// signedAmount reads an amount with its direction.
func signedAmount(text string, debit bool) (*money, error) {
	v, err := parseMoney(text)
	if err != nil {
		return nil, err
	}
	if v.Sign() < 0 {
		return nil, fmt.Errorf("%w: a sign where the direction is a word", errAmount)
	}
	if debit {
		v.Neg(v)
	}
	return v, nil
}
