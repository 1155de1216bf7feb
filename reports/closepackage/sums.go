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
			s.kind(t, true).by[t.key()] = &termSum{}
		}
	}
	return s
}

// key joins the values of a term's conditions as a spreadsheet compares them:
// whatever their case.
func (t Term) key() string {
	values := make([]string, len(t.Where))
	for i, w := range t.Where {
		values[i] = strings.ToLower(w[1])
	}
	return strings.Join(values, "\x00")
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
	k := &termKind{column: t.Column, where: where, not: t.Not, count: t.Count, by: map[string]*termSum{}}
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
			values[i] = strings.ToLower(section.at(row, column))
		}
		if sum, wanted := k.by[strings.Join(values, "\x00")]; wanted {
			sum.add(k, section, row)
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
