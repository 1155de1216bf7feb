package dialect

import (
	"slices"
	"strings"
)

// Step is a part of a query that is made as a table of its own first.
type Step struct {
	Table string
	Query string
}

// Steps parts a query that Expand spelled. Trino runs a common table expression once for
// every place that reads it, and what that reads again: one of a dozen steps comes to
// hundreds of scans, which it refuses to plan. Where a query comes to more than most
// scans, each expression that is read more than once becomes a table, named after the
// model and the expression, and the rest reads these. Other queries are one step.
func Steps(model, query string, most int) (first []Step, rest string) {
	list, err := tokens(model, query)
	if err != nil {
		return nil, query
	}
	named, main, ok := expressions(list)
	if !ok || scans(named, main) <= most {
		return nil, query
	}
	made := map[string]string{}
	var inlined []expression
	for i, e := range named {
		readers := references(main, e.name)
		for _, later := range named[i+1:] {
			readers += references(later.body, e.name)
		}
		if readers < 2 {
			inlined = append(inlined, e)
			continue
		}
		text := with(inlined, e.body, made)
		if len(e.columns) > 0 {
			text = "select * from (" + text + ") as " + e.name + " " + written(e.columns)
		}
		table := model + "__" + e.name
		first = append(first, Step{table, text})
		made[e.name] = table
	}
	return first, with(inlined, main, made)
}

// expression is a common table expression of a query.
type expression struct {
	name          string
	columns, body []token // columns with their brackets; none
}

// expressions parts a query that begins with WITH.
func expressions(list []token) (named []expression, main []token, ok bool) {
	i := next(list, 0)
	if !is(list, i, "with") || is(list, next(list, i+1), "recursive") {
		return nil, nil, false
	}
	for {
		i = next(list, i+1)
		if i >= len(list) {
			return nil, nil, false
		}
		e := expression{name: list[i].lower()}
		if i = next(list, i+1); is(list, i, "(") {
			_, end, err := arguments("", list, i)
			if err != nil {
				return nil, nil, false
			}
			e.columns = list[i:end]
			i = next(list, end)
		}
		opens := next(list, i+1)
		if !is(list, i, "as") || !is(list, opens, "(") {
			return nil, nil, false
		}
		_, end, err := arguments("", list, opens)
		if err != nil {
			return nil, nil, false
		}
		e.body = list[opens+1 : end-1]
		named = append(named, e)
		if i = next(list, end); !is(list, i, ",") {
			return named, list[i:], true
		}
	}
}

// references counts the places that read a name.
func references(list []token, name string) (n int) {
	for i, t := range list {
		if t.lower() == name && isRead(list, i) {
			n++
		}
	}
	return n
}

// isRead says whether the token at i stands where a table does.
func isRead(list []token, i int) bool {
	last, any := before(list, i)
	return any && !list[i].isBlank() && (last.lower() == "from" || last.lower() == "join")
}

// scans counts the tables that a query reads, those of its expressions once for every
// place that reads them.
func scans(named []expression, main []token) int {
	weight := map[string]int{}
	of := func(list []token) (n int) {
		for i, t := range list {
			if !isRead(list, i) || !t.isWord() {
				continue
			}
			if w, known := weight[t.lower()]; known {
				n += w
			} else {
				n++
			}
		}
		return n
	}
	for _, e := range named {
		weight[e.name] = of(e.body)
	}
	return of(main)
}

// with gives a query with the expressions before it that it reads, and reads tables
// in the place of those that were made.
func with(inlined []expression, query []token, made map[string]string) string {
	var needed []string
	var need func(list []token)
	need = func(list []token) {
		for _, e := range inlined {
			if references(list, e.name) > 0 && !slices.Contains(needed, e.name) {
				needed = append(needed, e.name)
				need(e.body)
			}
		}
	}
	need(query)
	var parts []string
	for _, e := range inlined {
		if slices.Contains(needed, e.name) {
			parts = append(parts, e.name+" "+written(e.columns)+" as ("+renamed(e.body, made)+")")
		}
	}
	text := renamed(query, made)
	if len(parts) > 0 {
		text = "with " + strings.Join(parts, ",\n") + "\n" + text
	}
	return text
}

// renamed reads tables in the place of expressions, under the expressions' names.
func renamed(list []token, made map[string]string) string {
	out := slices.Clone(list)
	for i, t := range list {
		table, ok := made[t.lower()]
		if !ok || !isRead(list, i) {
			continue
		}
		out[i].text = table
		if !is(list, next(list, i+1), "as") {
			out[i].text += " as " + t.text
		}
	}
	return written(out)
}

// Expressions gives a query of each of a query's common table expressions and of its
// end, under their names: what each comes to can be asked by itself. The end is "".
func Expressions(query string) (parts []Step) {
	list, err := tokens("", query)
	if err != nil {
		return nil
	}
	named, _, ok := expressions(list)
	for i, e := range named {
		if ok {
			parts = append(parts, Step{e.name, with(named[:i+1], []token{{text: "select"}, {text: " "}, {text: "*"}, {text: " "}, {text: "from"}, {text: " "}, {text: e.name}}, nil)})
		}
	}
	return append(parts, Step{"", query})
}
