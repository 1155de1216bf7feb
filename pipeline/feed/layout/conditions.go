package layout

import (
	"slices"
	"strconv"
	"strings"
)

// Condition tells rows that are left out: those for which all its tests hold.
type Condition struct {
	Reason string `json:"reason,omitempty"`
	All    []Test `json:"all"`
}

// Test is a question to one column of the file. One of its fields is asked. Capitals say
// nothing in it: a word that is written otherwise one day would let rows in that are to stay out.
type Test struct {
	Column   string   `json:"column"`
	Is       []string `json:"is,omitempty"`       // any of them
	IsNot    []string `json:"is_not,omitempty"`   // none of them
	Begins   []string `json:"begins,omitempty"`   // with any of them
	Contains []string `json:"contains,omitempty"` // any of them
	Empty    bool     `json:"empty,omitempty"`
	Filled   bool     `json:"filled,omitempty"`
}

// AsksOne says whether the test has a column, and one question to it.
func (t Test) AsksOne() bool {
	asked := 0
	for _, is := range []bool{len(t.Is) > 0, len(t.IsNot) > 0, len(t.Begins) > 0, len(t.Contains) > 0, t.Empty || t.Filled} {
		if is {
			asked++
		}
	}
	return t.Column != "" && asked == 1
}

// holds says whether the test holds for a cell's text.
func (t Test) holds(text string) bool {
	switch {
	case t.Empty:
		return text == ""
	case t.Filled:
		return text != ""
	case len(t.Is) > 0:
		return among(text, t.Is)
	case len(t.IsNot) > 0:
		return !among(text, t.IsNot)
	}
	text = strings.ToLower(text)
	if len(t.Begins) > 0 {
		return slices.ContainsFunc(t.Begins, func(part string) bool { return strings.HasPrefix(text, strings.ToLower(part)) })
	}
	return slices.ContainsFunc(t.Contains, func(part string) bool { return strings.Contains(text, strings.ToLower(part)) })
}

// text says the test in words.
func (t Test) text() string {
	words := func(list []string) string {
		var quoted []string
		for _, w := range list {
			quoted = append(quoted, strconv.Quote(w))
		}
		return strings.Join(quoted, " or ")
	}
	switch {
	case t.Empty:
		return t.Column + " is empty"
	case t.Filled:
		return t.Column + " is not empty"
	case len(t.Is) > 0:
		return t.Column + " is " + words(t.Is)
	case len(t.IsNot) > 0:
		return t.Column + " is not " + words(t.IsNot)
	case len(t.Begins) > 0:
		return t.Column + " begins with " + words(t.Begins)
	}
	return t.Column + " contains " + words(t.Contains)
}

// Text says the condition in words, with the reason where there is one.
func (c Condition) Text() string {
	var tests []string
	for _, t := range c.All {
		tests = append(tests, t.text())
	}
	text := strings.Join(tests, " and ")
	if c.Reason != "" {
		return c.Reason + ": " + text
	}
	return text
}
