package bank

import (
	"regexp"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

// bai2Detail is a record 16: one movement.
type bai2Detail struct {
	code, amount           string
	bankRef, customer      string
	texts                  []string // as it is told, line by line
	endToEnd, payer, payee string   // what its texts mark
}

// readDetail takes the fields of a movement, which may go on in continuations,
// and the text behind them, which ends with the last of these.
func readDetail(parts []string) (d bai2Detail, ok bool) {
	var fields []string
	textAt, known := 0, false
	for len(parts) > 0 && !(known && len(fields) >= textAt) {
		fields = append(fields, strings.Split(bai2Body(parts[0]), ",")...)
		parts = parts[1:]
		if len(fields) > 2 {
			var width int
			if width, known = fundsWidth(fields, 2); known {
				textAt = 3 + width + 2
			}
		}
	}
	if len(fields) < 2 {
		return d, false
	}
	at := func(i int) string { return strings.TrimSpace(field(fields, i)) }
	d.code, d.amount = at(0), at(1)
	if textAt > 0 {
		d.bankRef, d.customer = givenRef(at(textAt-2)), givenRef(at(textAt-1))
		if len(fields) > textAt {
			d.texts = append(d.texts, strings.Join(fields[textAt:], ","))
		}
	}
	for _, part := range parts {
		d.texts = append(d.texts, bai2Body(part))
	}
	d.marks()
	return d, true
}

// bai2Mark is a line of text that says what it is.
var bai2Mark = regexp.MustCompile(`^\s*(EREF|CRNM|DBNM):\s*(.*?)\s*$`)

// bai2Origin is who began an ACH transfer, inside a text.
var bai2Origin = regexp.MustCompile(`ORIG CO NAME:\s*(.+?)(?:\s{2,}|\s*ORIG ID:|,|$)`)

// marks finds the payer's reference and the names in the texts.
func (d *bai2Detail) marks() {
	for _, text := range d.texts {
		if m := bai2Mark.FindStringSubmatch(text); m != nil {
			switch m[1] {
			case "EREF":
				d.endToEnd = published.FirstOf(d.endToEnd, givenRef(m[2]))
			case "DBNM":
				d.payer = published.FirstOf(d.payer, m[2])
			case "CRNM":
				d.payee = published.FirstOf(d.payee, m[2])
			}
		}
		if m := bai2Origin.FindStringSubmatch(text); m != nil && d.payer == "" {
			d.payer, d.payee = m[1], m[1] // of a collection the one who collects
		}
	}
}

// reference is what the movement is known by: the payer's reference, else the
// customer's with the text, else the bank's.
func (d *bai2Detail) reference() string {
	text := words(strings.Join(d.texts, " "))
	customer := d.customer
	if strings.Contains(text, customer) {
		customer = ""
	}
	return published.FirstOf(d.endToEnd, words(customer, text), d.bankRef)
}

// bai2Direction says by its type code what an entry does to the account: 1 adds,
// -1 takes, 0 neither.
func bai2Direction(code string) int {
	n, err := strconv.Atoi(code)
	switch {
	case err != nil || len(code) != 3:
		return 0
	case n >= 100 && n <= 399, n >= 920 && n <= 959:
		return 1
	case n >= 400 && n <= 699, n >= 960:
		return -1
	}
	return 0
}

// detail counts a movement and makes its row.
func (b *bai2) detail() error {
	d, ok := readDetail(b.record.parts)
	if !ok {
		return b.Refuse(b.record.line, "an entry (16) without type code and amount")
	}
	if len(d.code) != 3 || strings.Trim(d.code, "0123456789") != "" {
		return b.Refuse(b.record.line, "an entry (16) with the type code %q, which is not of three digits", lex.Cut80([]byte(d.code)))
	}
	direction := bai2Direction(d.code)
	if direction == 0 && d.amount == "" {
		b.Leave("entries that move no money (type code " + d.code + ")")
		return nil
	}
	units, err := b.whole(d.amount, "the amount of an entry (16)", false)
	if err != nil {
		return err
	}
	b.account.sum.Add(b.account.sum, units)
	if direction == 0 {
		b.Leave("entries that move no money of a deposit account (type code " + d.code + ")")
		return nil
	}
	amount := b.money(units)
	if direction < 0 {
		amount.Neg(amount)
	}
	b.stmt.tallySide(amount, direction < 0)
	e := entry{line: b.record.line, amount: amount, currency: b.stmt.currency, day: b.day, bankRef: d.bankRef, reference: d.reference(), counterparty: words(d.payer)}
	if direction < 0 {
		e.counterparty = words(d.payee)
	}
	if err := b.stmt.add(b.Name, &e); err != nil {
		return err
	}
	if b.interim && e.bankRef == "" {
		return b.Out.Reject(e.line, "line_id", pipeline.CodeMissing, "", "the bank's reference, without which an entry of a day that isn't over can't be told from the day's own report")
	}
	return bankLine(b.Report, b.stmt, &e)
}
