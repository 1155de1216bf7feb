package bank

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// SWIFT MT940 customer statements: fields that begin with :TAG:, amounts with a
// decimal comma, years of two digits. Layout: SWIFT's "MT 940 Customer Statement
// Message"; banks add lines around the messages, which are passed over.

// mt940Tag begins a field.
var mt940Tag = regexp.MustCompile(`^:([0-9]{2}[A-Z]?|NS):`)

// mt940Line is field 61: value date, booking date, direction, third letter of
// the currency, amount, type, references (ours, then // and the bank's). Some
// banks write blanks where there is no booking date, or no type.
var mt940Line = regexp.MustCompile(`^([0-9]{6})([0-9]{4}| {1,4})?(RC|RD|EC|ED|C|D)([A-Z])?([0-9]{1,15},[0-9]*)` +
	`([A-Z][A-Z0-9]{3}|[A-Z][A-Z0-9]{2} |[A-Z][A-Z0-9] {2}|[A-Z] {3}| {4}|[A-Z]?$)(.*)$`)

// mt940Balance is field 60 or 62: direction, date, currency, amount. Some banks
// leave the currency out of the closing balance.
var mt940Balance = regexp.MustCompile(`^([CD])([0-9]{6}| {6})([A-Z]{3})?([0-9]{1,15},[0-9]*)$`)

// isMT940 tells a statement by its first field: 20 with a 25 soon behind it.
func isMT940(head []byte, _ string) bool { return swiftStatement(head) == "940" }

// IsMT942 says whether a text is an interim report of SWIFT's: it looks like a
// statement, and has floor limits and a time where that has a balance.
func IsMT942(head []byte) bool { return swiftStatement(head) == "942" }

// swiftStatement tells statement (940) and interim report (942) apart by what
// comes behind the account; "" for neither.
func swiftStatement(head []byte) string {
	first, account := "", false
	for n, line := range bytes.SplitN(head, lex.Newline, 40) {
		line = bytes.TrimRight(line, "\r")
		// A message may come in SWIFT's envelope: {1:…}{2:…}{4:
		if i := bytes.LastIndexByte(line, '{'); i >= 0 && bytes.HasPrefix(line, []byte("{")) {
			line = nil
		}
		tag := mt940Tag.FindSubmatch(line)
		switch {
		case tag == nil && first == "" && n > 8:
			return ""
		case tag == nil:
		case first == "":
			if first = string(tag[1]); first != "20" {
				return ""
			}
		case string(tag[1]) == "25" || string(tag[1]) == "25P":
			account = true
		case account && (string(tag[1]) == "34F" || string(tag[1]) == "13D" || string(tag[1]) == "13"):
			return "942"
		case account && string(tag[1]) != "28C" && string(tag[1]) != "28" && string(tag[1]) != "NS" && string(tag[1]) != "21":
			return "940"
		}
	}
	if account {
		return "940"
	}
	return ""
}

// mt940 reads one file of any number of messages.
type mt940 struct {
	*lines
	tag     string
	text    []string // of the open field
	at      int64    // its line
	stmt    *statement
	entry   *mt940Entry // waiting for its field 86
	message string      // field 20
	closed  bool        // the open statement has its closing balance
	found   int
	// of the statement that ended last, which the next message may go on with
	lastAccount, lastCurrency string
}

// mt940Entry is a field 61 whose text may still come.
type mt940Entry struct {
	entry
	own, banks, supplement, sepa string
}

func readMT940(r *published.Report) error {
	m := &mt940{lines: linesOf(r)}
	for {
		line, err := m.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := m.take(line); err != nil {
			return err
		}
	}
	if err := m.endField(); err != nil {
		return err
	}
	if err := m.endStatement(); err != nil {
		return err
	}
	if m.found == 0 {
		return m.Refuse(0, "no statement in it: no field :25: behind :20:")
	}
	return nil
}

// take puts a line to the field that it begins or continues.
func (m *mt940) take(line string) error {
	if tag := mt940Tag.FindStringSubmatch(line); tag != nil {
		if err := m.endField(); err != nil {
			return err
		}
		m.tag, m.at, m.text = tag[1], m.line, append(m.text[:0], line[len(tag[0]):])
		return nil
	}
	bare := strings.Trim(line, "\x01\x03\x00 \t")
	if bare == "-" || bare == "-}" || strings.HasPrefix(bare, "-}") {
		if err := m.endField(); err != nil {
			return err
		}
		return m.endStatement()
	}
	if m.tag == "" || bare == "" || strings.HasPrefix(bare, "{") {
		return nil // around the messages
	}
	if len(m.text) < lex.MaxColumns {
		m.text = append(m.text, line)
	}
	return nil
}

// endField judges the field that is now whole.
func (m *mt940) endField() error {
	tag := m.tag
	m.tag = ""
	if tag == "" {
		return nil
	}
	text := strings.TrimSpace(m.text[0])
	switch tag {
	case "20":
		if err := m.endStatement(); err != nil {
			return err
		}
		m.message = text
	case "25", "25P":
		return m.begins(text)
	case "28", "28C":
		if m.stmt != nil {
			m.stmt.id = text
		}
	case "60F", "60M":
		return m.balance(tag, text, false)
	case "61":
		return m.entryField(text)
	case "62F", "62M":
		return m.balance(tag, text, true)
	case "86":
		return m.about()
	case "NS":
		if m.entry != nil {
			m.entry.reference = words(m.entry.reference, mt940Notes(m.text))
		}
	case "90C", "90D":
		return m.counts(tag, text)
	}
	return nil
}

// begins opens a statement with its account.
func (m *mt940) begins(account string) error {
	if m.stmt != nil {
		return m.Refuse(m.at, "a second account (:25:) in one statement")
	}
	m.found++
	m.stmt, m.closed = newStatement(m.at), false
	m.stmt.account = published.AccountText(account)
	if m.stmt.account == "" {
		return m.Refuse(m.at, "a statement without its account (:25:)")
	}
	return m.OwnAccount(m.stmt.account, m.at)
}

// balance takes the opening (60) or closing (62) balance; F and M differ in
// being the first and last of a statement or between two of its messages.
func (m *mt940) balance(tag, text string, closing bool) error {
	part := mt940Balance.FindStringSubmatch(text)
	if part == nil {
		return m.Refuse(m.at, "a balance (:%s:) of %q, which is not C or D, date, currency, amount", tag, lex.Cut80([]byte(text)))
	}
	if m.stmt == nil {
		return m.Refuse(m.at, "a balance (:%s:) outside a statement (:20:, :25:)", tag)
	}
	amount, err := signedAmount(pointed(part[4]), part[1] == "D")
	if err != nil {
		return m.Refuse(m.at, "a balance (:%s:) of %q: %w", tag, lex.Cut80([]byte(text)), err)
	}
	day := ""
	if part[2] = strings.TrimSpace(part[2]); part[2] != "" {
		day, _ = mt940Day(part[2], "")
	}
	b := &balance{amount: amount, currency: part[3], day: day, line: m.at}
	if b.currency == "" {
		b.currency = m.stmt.currency // the opening balance's
	}
	if b.currency == "" && tag == "60M" && m.lastAccount == m.stmt.account {
		b.currency = m.lastCurrency // that of the part before
	}
	if b.currency == "" && !closing {
		b.currency = m.closingCurrency()
	}
	if b.currency == "" {
		return m.Refuse(m.at, "a balance (:%s:) of %q, which is not C or D, date, currency, amount", tag, lex.Cut80([]byte(text)))
	}
	if !closing {
		if m.stmt.opening != nil {
			return m.Refuse(m.at, "a second opening balance (:%s:) in one statement", tag)
		}
		m.stmt.opening, m.stmt.currency, m.stmt.proves = b, b.currency, true
		// Numbers begin anew each year, and some banks give none: the day of the
		// opening balance tells statements apart.
		m.stmt.key = strings.Join([]string{m.stmt.id, tag, part[2], part[1] + part[4]}, "\x1f")
		return nil
	}
	if err := m.flush(); err != nil {
		return err
	}
	m.stmt.closing, m.closed = b, true
	m.lastAccount, m.lastCurrency = m.stmt.account, m.stmt.currency
	if err := m.stmt.check(m.Name); err != nil {
		return err
	}
	return balanceRows(m.Report, m.stmt)
}

// closingCurrency gives the currency of the closing balance that the open statement will
// have, where the opening one has none; "" if it isn't near.
func (m *mt940) closingCurrency() string {
	ahead, _ := m.in.Peek(mt940Ahead) // an error comes again when it is read
	if next := bytes.Index(ahead, []byte("\n:20:")); next >= 0 {
		ahead = ahead[:next]
	}
	if found := mt940Closing.FindSubmatch(ahead); found != nil {
		return string(found[1])
	}
	return ""
}

// mt940Ahead is how far a closing balance is looked for.
const mt940Ahead = 64 << 10

var mt940Closing = regexp.MustCompile(`(?:^|\n):62[FM]:[CD][0-9 ]{6}([A-Z]{3})`)

// pointed writes a decimal comma as a point.
func pointed(amount string) string {
	return strings.TrimSuffix(strings.Replace(amount, ",", ".", 1), ".")
}

// entryField takes field 61.
func (m *mt940) entryField(text string) error {
	if err := m.flush(); err != nil {
		return err
	}
	if m.stmt == nil || m.closed {
		return m.Out.Reject(m.at, "", pipeline.CodeUnknownValue, ":61:"+text, "entries inside a statement, before its closing balance (:62F:)")
	}
	part := mt940Line.FindStringSubmatch(text)
	if part == nil {
		return m.Refuse(m.at, "an entry (:61:) that is not as SWIFT writes it: %q", lex.Cut80([]byte(text))).
			WithHint("it is value date, booking date, C or D, amount with a comma, type, references")
	}
	direction, letter := part[3], part[4]
	if currency := m.stmt.currency; letter != "" && currency != "" && currency[2:] != letter {
		return m.Refuse(m.at, "an entry (:61:) in a currency that ends with %s on an account in %s", letter, currency)
	}
	amount, err := signedAmount(pointed(part[5]), direction == "D" || direction == "RC" || direction == "ED")
	if err != nil {
		return m.Refuse(m.at, "an entry (:61:) of %q: %w", lex.Cut80([]byte(part[5])), err)
	}
	m.stmt.tally(amount)
	if direction == "EC" || direction == "ED" {
		m.Leave("entries that are expected, not booked (EC, ED)")
		return nil
	}
	day, clamped := mt940Day(part[1], strings.TrimSpace(part[2]))
	if clamped {
		m.Note("line %d: a 30 February of the calendar of interest was read as the last day of the month", m.at)
	}
	own, banks, _ := strings.Cut(part[7], "//")
	e := &mt940Entry{entry: entry{line: m.at, amount: amount, currency: m.stmt.currency, day: day}, own: mt940Own(own), banks: givenRef(strings.TrimSpace(banks))}
	if len(m.text) > 1 {
		e.supplement = strings.Join(m.text[1:], " ")
	}
	if err := m.stmt.add(m.Name, &e.entry); err != nil {
		return err
	}
	m.entry = e
	return nil
}

// mt940Day gives the day of booking: the entry date, which has no year, at its
// nearest to the value date; else the value date. A day that is none comes back
// as it was written.
func mt940Day(value, booked string) (day string, clamped bool) {
	year, _ := strconv.Atoi(value[:2])
	if year += 2000; year >= 2080 {
		year -= 100
	}
	month, date := value[2:4], value[4:]
	if booked != "" {
		from, _ := strconv.Atoi(month)
		month, date = booked[:2], booked[2:]
		switch to, _ := strconv.Atoi(month); {
		case from-to > 6:
			year++
		case to-from > 6:
			year--
		}
	}
	if month == "02" && (date == "30" || date == "29") {
		last := time.Date(year, 3, 0, 0, 0, 0, 0, time.UTC).Day()
		if n, _ := strconv.Atoi(date); n > last {
			date, clamped = strconv.Itoa(last), true
		}
	}
	return strconv.Itoa(year) + "-" + month + "-" + date, clamped
}

// about puts field 86 to its entry; behind the closing balance it is about the
// whole statement, and passed over.
func (m *mt940) about() error {
	if m.entry == nil {
		return nil
	}
	m.entry.sepa, m.entry.reference, m.entry.counterparty = mt940About(m.text)
	return m.flush()
}

// flush makes the row of the entry that waits.
func (m *mt940) flush() error {
	e := m.entry
	if e == nil {
		return nil
	}
	m.entry = nil
	e.reference = published.FirstOf(e.sepa, e.own, e.reference, words(e.supplement), e.banks)
	return bankLine(m.Report, m.stmt, &e.entry)
}

// counts holds the statement's own number and sum of debits or credits against
// its entries.
func (m *mt940) counts(tag, text string) error {
	number := strings.TrimRight(text, "0123456789,")
	if m.stmt == nil || len(number) < 4 {
		return nil
	}
	count, currency := number[:len(number)-3], number[len(number)-3:]
	side, have := 0, m.stmt.credits
	if tag == "90D" {
		side, have = 1, m.stmt.debits
	}
	sum, err := published.ParseMoney(pointed(text[len(number):]))
	if err != nil || currency != m.stmt.currency {
		return m.Refuse(m.at, "totals (:%s:) of %q, which are not count, currency, sum", tag, lex.Cut80([]byte(text)))
	}
	if n, ok := new(big.Int).SetString(count, 10); !ok || n.Cmp(big.NewInt(m.stmt.count[side])) != 0 || sum.Cmp(have) != 0 {
		return m.Refuse(m.at, "the statement's own totals (:%s:) don't match its entries: expected %s of %s, found %d of %s", tag, lex.Cut80([]byte(count)),
			published.MoneyText(sum), m.stmt.count[side], published.MoneyText(have)).WithHint("fetch the statement again")
	}
	return nil
}

// endStatement ends the open statement.
func (m *mt940) endStatement() error {
	if m.stmt == nil {
		return nil
	}
	if err := m.flush(); err != nil {
		return err
	}
	s := m.stmt
	m.stmt = nil
	if m.closed {
		return nil // proven when the closing balance came
	}
	return s.check(m.Name)
}
