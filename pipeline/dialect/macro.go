package dialect

import (
	"fmt"
	"slices"
	"strings"
)

// Macro is one that a dialect's file makes.
type Macro struct {
	Name       string
	Parameters []string
	body       []token
	line       int
}

// Macros reads a dialect's file: `create or replace macro name(parameters) as
// expression;`, one after the other, with comments between them. It gives them in
// the order of the file. file is what errors call it.
func Macros(file, text string) ([]Macro, error) {
	list, err := tokens(file, text)
	if err != nil {
		return nil, err
	}
	var macros []Macro
	for i := next(list, 0); i < len(list); i = next(list, i) {
		from := list[i].line
		for _, word := range []string{"create", "or", "replace", "macro"} {
			if i = next(list, i); !is(list, i, word) {
				return nil, &Error{file, from, "a macro begins with `create or replace macro`"}
			}
			i++
		}
		if i = next(list, i); i >= len(list) || !list[i].isWord() {
			return nil, &Error{file, from, "a macro has no name"}
		}
		m := Macro{Name: list[i].lower(), line: from}
		if i = next(list, i+1); !is(list, i, "(") {
			return nil, &Error{file, from, fmt.Sprintf("macro %s has no parameters", m.Name)}
		}
		args, end, err := arguments(file, list, i)
		if err != nil {
			return nil, err
		}
		for _, a := range args {
			m.Parameters = append(m.Parameters, strings.ToLower(written(a)))
		}
		if i = next(list, end); !is(list, i, "as") {
			return nil, &Error{file, from, fmt.Sprintf("macro %s says nothing: `as` is missing", m.Name)}
		}
		start := i + 1
		for i = start; i < len(list) && list[i].text != ";"; i++ {
		}
		if i == len(list) {
			return nil, &Error{file, from, fmt.Sprintf("macro %s doesn't end: `;` is missing", m.Name)}
		}
		m.body = trimmed(slices.Clone(list[start:i]))
		if slices.ContainsFunc(macros, func(have Macro) bool { return have.Name == m.Name }) {
			return nil, &Error{file, from, fmt.Sprintf("macro %s is there twice", m.Name)}
		}
		macros = append(macros, m)
		i++
	}
	return macros, nil
}

// mostNested bounds macros within macros: more is a circle.
const mostNested = 16

// expand puts what the macros say in place of their calls.
func (d *Dialect) expand(file string, list []token, depth int) ([]token, error) {
	var out []token
	for i := 0; i < len(list); i++ {
		m, ok := d.macros[list[i].lower()]
		opens := next(list, i+1)
		if last, any := before(out, len(out)); !ok || !is(list, opens, "(") || any && last.text == "." {
			out = append(out, list[i])
			continue
		}
		args, end, err := arguments(file, list, opens)
		if err != nil {
			return nil, err
		}
		line := list[i].line
		if len(args) != len(m.Parameters) {
			return nil, &Error{file, line, fmt.Sprintf("%s takes %d values (%s) and is given %d", m.Name, len(m.Parameters), strings.Join(m.Parameters, ", "), len(args))}
		}
		if depth == mostNested {
			return nil, &Error{file, line, fmt.Sprintf("macro %s reads itself", m.Name)}
		}
		values := map[string][]token{}
		for k, arg := range args {
			if arg, err = d.expand(file, arg, depth); err != nil {
				return nil, err
			}
			values[m.Parameters[k]] = bracketed(arg, line)
		}
		put := []token{{"(", line}}
		for k, t := range m.body {
			value, isParameter := values[t.lower()]
			if last, any := before(m.body, k); isParameter && !(any && last.text == ".") {
				put = append(put, value...)
				continue
			}
			put = append(put, token{t.text, line})
		}
		said, err := d.expand(file, append(put, token{")", line}), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, said...)
		i = end - 1
	}
	return out, nil
}

// bracketed puts a value in brackets, unless it is one name or one literal.
func bracketed(value []token, line int) []token {
	plain := len(value) == 1 || len(value) == 3 && value[1].text == "."
	if plain {
		return value
	}
	return slices.Concat([]token{{"(", line}}, value, []token{{")", line}})
}
