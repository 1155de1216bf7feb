package paypal

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"carat/pipeline/feed/lex"
)

// payPalTally adds up what the rows of a section or a report say, to be
// compared with what its footers say.
type payPalTally struct {
	line     int64
	rows     int64
	by       map[string]*payPalSums
	footed   map[string]bool // currencies whose footer was seen
	anyTotal bool
}

// payPalSums are the sums of one currency, in minor units: gross credits, gross
// debits, fee credits, fee debits.
type payPalSums struct {
	sums [4]big.Int
	rows int64
}

var payPalSumNames = [4]string{"gross credits", "gross debits", "fee credits", "fee debits"}

func newPayPalTally() *payPalTally {
	return &payPalTally{by: map[string]*payPalSums{}, footed: map[string]bool{}}
}

func (t *payPalTally) add(m payPalRow) {
	s := t.by[m.currency]
	if s == nil {
		s = &payPalSums{}
		t.by[m.currency] = s
	}
	t.rows++
	s.rows++
	for i, v := range []*big.Int{&m.gross, &m.fee} {
		to := &s.sums[2*i]
		if v.Sign() < 0 {
			to = &s.sums[2*i+1]
		}
		to.Add(to, new(big.Int).Abs(v))
	}
}

// errPayPal is a number that isn't as PayPal writes it.
var errPayPal = errors.New("is not as PayPal writes it")

// payPalAmount reads an amount in minor units with CR or DR beside it; false
// if there is none.
func payPalAmount(text, direction string, into *big.Int) (bool, error) {
	if text == "" {
		return false, fmt.Errorf("%w: it is empty", errPayPal)
	}
	if !payPalWhole(text, into) {
		return false, fmt.Errorf("%w: %q, where a whole number of minor units belongs", errPayPal, lex.Cut80([]byte(text)))
	}
	switch strings.ToUpper(direction) {
	case "CR":
	case "DR":
		into.Neg(into)
	default:
		if into.Sign() == 0 {
			return true, nil
		}
		return false, fmt.Errorf("%w: %s with %q beside it, where CR or DR belongs", errPayPal, text, lex.Cut80([]byte(direction)))
	}
	return true, nil
}

func payPalWhole(text string, into *big.Int) bool {
	if text == "" || len(text) > 26 || strings.Trim(text, "0123456789") != "" {
		return false
	}
	_, ok := into.SetString(text, 10)
	return ok
}

// sectionTotal compares SF (sums of a currency, or a count) and SC (a count)
// with the rows of the section.
func (p *payPal) sectionTotal(kind string, cells []string, line int64) error {
	if p.section == nil {
		return p.Refuse(line, "totals of a section (%s) that has not begun (SH)", kind)
	}
	return p.compare(p.section, kind, "section", cells, line)
}

// reportTotal compares RF, RC and FF with the rows of the report.
func (p *payPal) reportTotal(kind string, cells []string, line int64) error {
	if err := p.closes(line); err != nil {
		return err
	}
	return p.compare(p.all, kind, "report", cells, line)
}

// compare holds a footer against what was added up: currency, four sums, then
// balances that can't be proven from the rows, last the count; or a count alone.
func (p *payPal) compare(t *payPalTally, kind, what string, cells []string, line int64) error {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	t.anyTotal = true
	if len(cells) == 1 {
		return p.count(kind, what, cells[0], t.rows, line)
	}
	if len(cells) < 6 || kind == "SC" || kind == "RC" || kind == "FF" {
		return p.Refuse(line, "totals (%s) of %d fields, which say neither a count nor the sums of a currency", kind, len(cells)+1)
	}
	currency := strings.TrimSpace(cells[0])
	s := t.by[currency]
	if s == nil {
		s = &payPalSums{} // no rows: every sum must be 0
	}
	t.footed[currency] = true
	for i, name := range payPalSumNames {
		var want big.Int
		if !payPalWhole(cells[i+1], &want) {
			return p.Refuse(line, "totals (%s): %s of %s are %q, no whole number", kind, name, lex.Shown(currency), lex.Cut80([]byte(cells[i+1])))
		}
		if want.Cmp(&s.sums[i]) != 0 {
			return p.Refuse(line, "the %s's own totals (%s) don't match its rows: %s of %s: expected %s, added up %s, difference %s, in minor units",
				what, kind, name, lex.Shown(currency), &want, &s.sums[i], new(big.Int).Sub(&s.sums[i], &want)).WithHint("fetch the report again")
		}
	}
	return p.count(kind, what+" in "+lex.Shown(currency), cells[len(cells)-1], s.rows, line)
}

func (p *payPal) count(kind, what, text string, have, line int64) error {
	var want big.Int
	if !payPalWhole(text, &want) {
		return p.Refuse(line, "totals (%s): the count is %q, no whole number", kind, lex.Cut80([]byte(text)))
	}
	if want.Cmp(big.NewInt(have)) != 0 {
		return p.Refuse(line, "the report's own count (%s) doesn't match its rows: rows of the %s: expected %s, found %d", kind, what, &want, have).
			WithHint("fetch the report again")
	}
	return nil
}

// closes ends the open section. In a whole report each currency of a section
// must have had its totals, or the section its count.
func (p *payPal) closes(line int64) error {
	if p.section == nil {
		return nil
	}
	section := p.section
	p.section = nil
	if !p.whole {
		if !section.anyTotal {
			p.Note("a section without totals (SF): that no row is missing can't be proven")
		}
		return nil
	}
	if section.rows == 0 {
		return nil
	}
	var missing []string
	for currency := range section.by {
		if !section.footed[currency] {
			missing = append(missing, currency)
		}
	}
	slices.Sort(missing)
	if !section.anyTotal || len(section.footed) > 0 && len(missing) > 0 {
		return p.Refuse(line, "the section that begins in line %d has no totals (SF) of %s", section.line, strings.Join(missing, ", ")).
			WithHint("fetch the report again")
	}
	return nil
}

// ended judges the end of the file.
func (p *payPal) ended() error {
	if p.last == "" {
		return lex.EmptyFile(p.Name)
	}
	if p.begun && p.last != "FF" {
		return p.Refuse(p.end, "the report ends with %s, without the file's end (FF): it was cut off", p.last).WithHint("fetch the report again")
	}
	return p.closes(p.end)
}
