package closepackage

import (
	"math/big"
	"strings"

	"carat/reports/table"
)

// sums adds up the terms of the ties while the sections are written, exactly.
// A spreadsheet is given these values beside its formulas: a viewer that
// doesn't recalculate shows them. It holds one number for each term; a row
// costs one look-up for each kind of term of its section.
type sums struct{ bySection map[string][]*termKind }

// termKind are the terms over one column of a section whose conditions are on
// the same columns.
type termKind struct {
	column string
	where  []string
	not    [2]string
	count  bool
	by     map[string]*termSum // by the conditions' values
	alike  map[string]*alike   // by the same, as a spreadsheet compares them
}

// alike are values that a spreadsheet's conditions don't tell apart.
type alike struct {
	one   string // one of them
	mixed bool   // there is another: an Ann beside an ann, a 7 beside a 007
}

// termSum is what a term comes to. left are its cells that have more digits
// than a spreadsheet's number: the formula doesn't see them.
type termSum struct {
	sum  big.Rat
	left int64
}

func newSums(ties []Tie) *sums {
	s := &sums{bySection: map[string][]*termKind{}}
	for _, tie := range ties {
		for _, t := range tie.Terms {
			k, key := s.kind(t, true), t.key()
			k.by[key] = &termSum{}
			k.meet(t.values(), key, true)
		}
	}
	return s
}

// values are the values of a term's conditions, key joins them.
func (t Term) values() []string {
	values := make([]string, len(t.Where))
	for i, w := range t.Where {
		values[i] = w[1]
	}
	return values
}

func (t Term) key() string { return strings.Join(t.values(), "\x00") }

// comparedAs is how a spreadsheet's conditions see values: whatever their case, and
// numbers by what they are worth.
func comparedAs(values []string) string {
	compared := make([]string, len(values))
	for i, v := range values {
		compared[i] = strings.ToLower(v)
		// A long number is no number of a spreadsheet's, and a great exponent would be a very long one.
		if len(v) > 30 || len(v) > 6 && strings.ContainsAny(v, "eEpP") {
			continue
		}
		if number, ok := new(big.Rat).SetString(v); ok {
			compared[i] = number.RatString()
		}
	}
	return strings.Join(compared, "\x00")
}

// meet notes values that may be taken for those of a term. There are as many
// entries as terms.
func (k *termKind) meet(values []string, key string, wanted bool) {
	as := comparedAs(values)
	switch known := k.alike[as]; {
	case known != nil:
		known.mixed = known.mixed || known.one != key
	case wanted:
		k.alike[as] = &alike{one: key}
	}
}

// apart says whether a spreadsheet's conditions tell a term's rows from the others.
func (s *sums) apart(t Term) bool {
	known := s.kind(t, false).alike[comparedAs(t.values())]
	return known == nil || !known.mixed
}

func (s *sums) kind(t Term, add bool) *termKind {
	where := make([]string, len(t.Where))
	for i, w := range t.Where {
		where[i] = w[0]
	}
	for _, k := range s.bySection[t.Section] {
		if k.column == t.Column && k.count == t.Count && k.not == t.Not && strings.Join(k.where, " ") == strings.Join(where, " ") {
			return k
		}
	}
	k := &termKind{column: t.Column, where: where, not: t.Not, count: t.Count, by: map[string]*termSum{}, alike: map[string]*alike{}}
	if add {
		s.bySection[t.Section] = append(s.bySection[t.Section], k)
	}
	return k
}

// add counts a row of a section in.
func (s *sums) add(section *Section, row []any) {
	for _, k := range s.bySection[section.ID] {
		if k.not[0] != "" && strings.EqualFold(section.at(row, k.not[0]), k.not[1]) {
			continue
		}
		values := make([]string, len(k.where))
		for i, column := range k.where {
			values[i] = section.at(row, column)
		}
		key := strings.Join(values, "\x00")
		if sum, wanted := k.by[key]; wanted {
			sum.add(k, section, row)
		} else {
			k.meet(values, key, false)
		}
	}
}

func (s *termSum) add(k *termKind, section *Section, row []any) {
	if k.count {
		s.sum.Add(&s.sum, big.NewRat(1, 1))
		return
	}
	text := section.at(row, k.column)
	if text == "" || text == "0" || !table.IsPlainNumber(text) {
		return
	}
	if _, exact := exactNumber(text); !exact {
		s.left++
	}
	if n, ok := new(big.Rat).SetString(text); ok {
		s.sum.Add(&s.sum, n)
	}
}

// of is what terms come to, a plain decimal of at most six places, and whether
// a spreadsheet comes to the same.
func (s *sums) of(terms []Term) (total string, exact bool) {
	sum, left := new(big.Rat), int64(0)
	for _, t := range terms {
		one := s.kind(t, false).by[t.key()]
		if one == nil {
			continue
		}
		left += one.left
		if t.Minus {
			sum.Sub(sum, &one.sum)
		} else {
			sum.Add(sum, &one.sum)
		}
	}
	return table.PlainDecimal(sum.FloatString(6)), left == 0
}

// less is a - b, plain decimals; "0" where they are equal.
func less(a, b string) string {
	x, okX := new(big.Rat).SetString(a)
	y, okY := new(big.Rat).SetString(b)
	if !okX || !okY {
		return ""
	}
	return table.PlainDecimal(x.Sub(x, y).FloatString(6))
}
