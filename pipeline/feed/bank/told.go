package bank

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// Banks give several bookings of a day one reference. Inside a statement its
// balances tell them apart, and so they do between statements: one that begins
// with the balance that another ended with has other bookings than that one. Their
// ids are numbered on from those of the other, whichever file came first.

// span is a statement that the lake holds, by its balances.
type span struct {
	opening, closing *published.Money
	day              string // of the closing balance
}

// whole says whether both balances are known and differ: one that ends as it
// began tells no order.
func (s *span) whole() bool {
	return s.opening != nil && s.closing != nil && s.opening.Cmp(s.closing) != 0
}

// numberOn says that the statement's balances, which it has told before its
// entries, prove it, and makes the ids of the statement's entries go on behind those of the
// statements that the lake holds and that can't have told the same bookings.
func (s *statement) numberOn(r *published.Report) error {
	if s.proves = s.opening != nil && s.closing != nil; !s.proves || r.Settings.Held == nil || s.closing.day == "" {
		return nil
	}
	held, err := r.Settings.Held(s.account, s.closing.currency, s.closing.day)
	if err != nil {
		return err
	}
	apart := s.apart(spansOf(held))
	for _, line := range held {
		if !apart[line.Statement] {
			continue
		}
		if base, n, ok := numbered(line.ID); ok {
			s.ids.From(base, n)
		}
	}
	return nil
}

// spansOf gives the statements among what is held, by their names.
func spansOf(held []pipeline.HeldLine) map[string]*span {
	all := map[string]*span{}
	for _, line := range held {
		if line.Statement == "" || line.Kind != pipeline.BankOpening && line.Kind != pipeline.BankClosing {
			continue
		}
		at := all[line.Statement]
		if at == nil {
			at = &span{}
			all[line.Statement] = at
		}
		balance := big.NewInt(int64(line.Balance))
		if line.Kind == pipeline.BankOpening {
			at.opening = balance
		} else {
			at.closing, at.day = balance, line.Day
		}
	}
	return all
}

// apart names the held statements whose bookings are others than this one's:
// those that it follows from, balance by balance, and those that follow from it.
// There are none if it is held itself, or if another begins or ends as it does:
// then it may tell again what that one told.
func (s *statement) apart(spans map[string]*span) map[string]bool {
	if spans[s.told()] != nil || s.opening.amount.Cmp(s.closing.amount) == 0 {
		return nil
	}
	for _, other := range spans {
		if other.opening != nil && other.opening.Cmp(s.opening.amount) == 0 || other.closing != nil && other.closing.Cmp(s.closing.amount) == 0 {
			return nil
		}
	}
	found := map[string]bool{}
	var walk func(at *published.Money, day string, back bool)
	walk = func(at *published.Money, day string, back bool) {
		for name, other := range spans {
			joint, next := other.closing, other.opening
			if !back {
				joint, next = next, joint
			}
			if found[name] || !other.whole() || joint.Cmp(at) != 0 || back && other.day > day || !back && other.day < day {
				continue
			}
			found[name] = true
			walk(next, other.day, back)
		}
	}
	walk(s.opening.amount, s.closing.day, true)
	walk(s.closing.amount, s.closing.day, false)
	return found
}

// booking is an entry of a statement as it became a line.
type booking struct {
	line         int64
	id           string
	at, millions int64 // booked_at in microseconds, the amount in millionths
}

// tellOverlap says that entries of the statement have the day and the amount of lines
// that the lake holds of another, under other ids: where banks give their bookings no
// references, two statements of the same days count twice what is in both. It stays
// quiet of statements of which one follows from the other.
func (s *statement) tellOverlap(r *published.Report) error {
	if r.Settings.Held == nil || len(s.booked) == 0 {
		return nil
	}
	held, err := r.Settings.Held(s.account, s.closing.currency, s.closing.day)
	if err != nil {
		return err
	}
	apart := s.apart(spansOf(held))
	here := map[string]bool{}
	others := map[string][]string{} // statements of held lines, by day and amount
	for _, line := range held {
		here[line.ID] = true
		if line.Kind == "" && line.Statement != "" && line.Statement != s.told() && !apart[line.Statement] {
			key := line.Day + " " + line.Amount.String()
			others[key] = append(others[key], line.Statement)
		}
	}
	count, first, statement := 0, int64(0), ""
	for _, b := range s.booked {
		key := time.UnixMicro(b.at).UTC().Format(time.DateOnly) + " " + pipeline.Amount(b.millions).String()
		if of := others[key]; len(of) > 0 && !here[b.id] {
			if count++; count == 1 {
				first, statement = b.line, of[0]
			}
			others[key] = of[1:]
		}
	}
	if count > 0 {
		r.Note("%d entries of statement %s of account %s, the first in line %d, have the day and amount of lines that are here of statement %s: "+
			"if both statements tell the same bookings, they count twice; then take the one batch out (carat undo)", count, lex.Shown(s.id), lex.Shown(s.account), first, lex.Shown(statement))
	}
	return nil
}

// numbered parts the id of a line that the bank's reference made into what it
// shares with others of that reference and its number among them, from 1.
func numbered(id string) (base string, n int, ok bool) {
	const length = len("bank-") + 32
	if !strings.HasPrefix(id, "bank-") || len(id) < length {
		return "", 0, false
	}
	if len(id) == length {
		return id, 1, true
	}
	n, err := strconv.Atoi(strings.TrimPrefix(id[length:], "-"))
	return id[:length], n, err == nil && n > 1
}

// told names the statement in its rows, unique for the account: the bank's own
// name, and what makes it unique where that comes again.
func (s *statement) told() string {
	var parts []string
	for _, part := range strings.Split(s.key, "\x1f") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// balanceRows makes the rows of a statement's balances, which its entries were
// proven to lie between. Both have the day of the closing one: they are of the
// statement, whatever day the bank gave to the balance before it.
func balanceRows(r *published.Report, s *statement) error {
	if !s.proves || s.closing.day == "" {
		return nil
	}
	if err := s.tellOverlap(r); err != nil {
		return err
	}
	for _, b := range []struct {
		kind string
		is   *balance
	}{{pipeline.BankOpening, s.opening}, {pipeline.BankClosing, s.closing}} {
		if err := r.Out.Begin(b.is.line); err != nil {
			return err
		}
		amount := published.MoneyText(b.is.amount)
		r.Out.Set("line_id", published.NewRowIDs().ID("bankbal", s.account, s.key, b.kind, b.is.currency, s.closing.day, amount))
		r.Out.Set("account", s.account)
		r.Out.Set("booked_at", s.closing.day)
		r.Out.Set("amount", "0")
		r.Out.Set("currency", b.is.currency)
		r.Out.Set("statement_id", s.told())
		r.Out.Set("kind", b.kind)
		r.Out.Set("balance", amount)
		if err := r.Out.End(); err != nil {
			return err
		}
	}
	return nil
}
