package layout

import (
	"slices"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
)

// number gives the value of a column of numbers.
func (m *maker) number(column string, cells []Cell, before map[string]value) (value, *fault) {
	number, text, f := "", "", (*fault)(nil)
	m.sign, m.shown = "", false
	if pair, ok := m.Pairs[column]; ok {
		number, text, f = m.pair(column, pair, cells)
	} else {
		cell, wrong := m.joined(column, cells)
		if wrong != nil {
			return value{}, wrong
		}
		text = cell.Text
		if meant, ok := m.Values[column][text]; ok {
			return value{text: meant}, nil
		}
		number, f = m.plain(column, cell)
	}
	if f != nil || number == "" {
		return value{}, f
	}
	if f := m.currency(column, text, before); f != nil {
		return value{}, f
	}
	if sign, ok := m.Signs[column]; ok {
		if number, f = m.signed(column, number, text, m.cell(cells, sign.Column).Text, sign); f != nil {
			return value{}, f
		}
	}
	if slices.Contains(m.Negated, column) {
		number = turned(number)
	}
	places := m.Scale[column]
	if places == MinorUnits {
		currency := before[lex.CurrencyOf(m.feed, column)].text
		digits, known := pipeline.MinorDigits(currency)
		if !known {
			return value{}, &fault{column, pipeline.CodeBadCurrency, currency, "a currency, whose smallest unit the layout counts"}
		}
		places = digits
	}
	if m.Scale[column] == MinorUnits && strings.Contains(whole(number), ".") {
		return value{}, &fault{column, pipeline.CodeTooPrecise, text, "a whole number of the currency's smallest unit, as the layout's scale says"}
	}
	number = moved(number, places)
	if currency := before[lex.CurrencyOf(m.feed, column)].text; m.Scale[column] == Cents && lex.FinenessOf(m.feed.Name) == lex.FineWrong && fine(number, currency) {
		return value{}, &fault{column, pipeline.CodeTooPrecise, text, "an amount in hundredths, as scale: cents says, that comes to no part of the smallest unit of " + currency + "; minor_units counts in that unit"}
	}
	if m.columns[column].Digits == 0 {
		number = whole(number)
	}
	return value{text: number}, nil
}

// plain reads the number of a cell; "" for an empty one.
func (m *maker) plain(column string, cell Cell) (string, *fault) {
	if plainBlanks(cell.Text) == "" {
		return "", nil
	}
	number, ok := cell.Text, true
	switch {
	case cell.sheet != nil:
		text, code := cell.as(pipeline.ColumnNumber)
		if number, ok = text, code == pipeline.CodeOK; cell.currency != "" {
			m.sign, m.shown = cell.currency, true
		}
	case cell.Number: // of JSON, where 1e2 is 100
		number, ok = lex.PlainJSONNumber(number)
	default:
		sign := ""
		if number, sign, ok = m.Spelling.read(cell.Text); sign != "" {
			m.sign = sign
		}
	}
	if !ok {
		return "", &fault{column, pipeline.CodeNotANumber, cell.Text, "a number like " + m.example() + ", as the layout says"}
	}
	return number, nil
}

// severalCurrencies says whether the layout's signs can't all be of one currency.
func (l *Layout) severalCurrencies() bool {
	var first []string
	for _, sign := range l.CurrencySign {
		can := lex.CurrenciesOf(sign)
		switch {
		case can == nil:
		case first == nil:
			first = can
		case !slices.ContainsFunc(can, func(c string) bool { return slices.Contains(first, c) }):
			return true
		}
	}
	return false
}

// currency holds the sign beside an amount against the currency of its row: it gives
// the row one where the layout says so. Of a layout with the signs of several currencies
// an amount whose sign is not of its row's is no amount: it would count in another.
func (m *maker) currency(column, text string, row map[string]value) *fault {
	of := lex.CurrencyOf(m.feed, column)
	if m.sign == "" || m.columns[of] == nil {
		return nil
	}
	have := row[of].text
	if said, ok := m.CurrencyBySign[m.sign]; ok {
		if have == "" {
			row[of] = value{text: said}
			return nil
		}
		if have == said {
			return nil
		}
		return &fault{column, pipeline.CodeBadCurrency, text, "an amount in " + have + ", as the row is: currency_by_sign says " + m.sign + " is " + said}
	}
	can := lex.CurrenciesOf(m.sign)
	if !m.shown && !m.severalCurrencies() || have == "" || can == nil || lex.MayShow(m.sign, have) {
		return nil
	}
	if m.shown {
		text = m.sign + " " + text // as the sheet shows it
	}
	return &fault{column, pipeline.CodeBadCurrency, text, "an amount in " + have + ", as the row is; if the signs tell the currencies, say currency_by_sign: {\"" + m.sign + "\": " + can[0] + ", …} and leave currency out of columns and constants"}
}

// pair reads an amount that stands in one of two columns.
func (m *maker) pair(column string, pair Pair, cells []Cell) (number, text string, f *fault) {
	in, out := m.cell(cells, pair.Credit), m.cell(cells, pair.Debit)
	in.Text, out.Text = strings.TrimSpace(in.Text), strings.TrimSpace(out.Text)
	for _, cell := range []*Cell{&in, &out} {
		if meant, ok := m.Values[column][cell.Text]; ok {
			*cell = Cell{Text: meant, Number: meant != ""} // as carat writes it, whatever the layout's spelling
		} else if cell.sheet == nil && !cell.Number && isDash(cell.Text) {
			cell.Text = "" // in the other one of the two it stands for nothing
		}
	}
	if in.Text == "" && out.Text == "" && !m.columns[column].Optional {
		return "", "", &fault{column, pipeline.CodeMissing, "", "an amount in " + pair.Credit + " or in " + pair.Debit}
	}
	credit, f := m.plain(column, in)
	if f != nil {
		return "", "", f
	}
	debit, f := m.plain(column, out)
	if f != nil {
		return "", "", f
	}
	text = strings.TrimSpace(in.Text + " " + out.Text)
	switch {
	case debit == "" || isZero(debit) && credit != "":
		if strings.HasPrefix(credit, "-") && !isZero(credit) {
			return "", "", &fault{column, pipeline.CodeNegative, text, "an amount without a minus in " + pair.Credit}
		}
		return credit, text, nil
	case credit != "" && !isZero(credit):
		return "", "", &fault{column, pipeline.CodeNotBalanced, text, "an amount in one of " + pair.Credit + " and " + pair.Debit + ", not in both"}
	case isZero(debit):
		return debit, text, nil
	case strings.HasPrefix(debit, "-") != pair.DebitNegative:
		want := "an amount without a minus in " + pair.Debit + ", or debit_negative: true in the layout"
		if pair.DebitNegative {
			want = "an amount with a minus in " + pair.Debit + ", as debit_negative says"
		}
		return "", "", &fault{column, pipeline.CodeNegative, text, want}
	case pair.DebitNegative:
		return debit, text, nil
	}
	return turned(debit), text, nil
}

// isDash says whether a cell has dashes alone, which accountants write for nothing.
func isDash(text string) bool {
	return text != "" && strings.Trim(PlainNumber(text), "-\u2013\u2014 ") == ""
}

// signed gives a number the sign that another column's word says.
func (m *maker) signed(column, number, text, word string, sign Sign) (string, *fault) {
	word = plainBlanks(word)
	switch {
	case strings.HasPrefix(number, "-") && !isZero(number):
		return "", &fault{column, pipeline.CodeNegative, text, "a number without a sign: " + sign.Column + " has it"}
	case among(word, sign.Negative):
		return turned(number), nil
	case len(sign.Positive) == 0 && word != "", among(word, sign.Positive):
		return number, nil
	}
	return "", &fault{column, pipeline.CodeUnknownValue, word, "in " + sign.Column + " one of " + strings.Join(slices.Concat(sign.Negative, sign.Positive), ", ")}
}

// fine says whether a number has more decimals than the currency has.
func fine(number, currency string) bool {
	amount, err := pipeline.ParseAmount([]byte(number))
	return err == nil && lex.Finer(amount, currency)
}
