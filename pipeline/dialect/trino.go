package dialect

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Dialect spells models for Trino.
type Dialect struct {
	macros map[string]Macro
}

// Trino reads sql/dialect/trino.sql; file is what errors call it.
func Trino(file, text string) (*Dialect, error) {
	macros, err := Macros(file, text)
	if err != nil {
		return nil, err
	}
	d := &Dialect{map[string]Macro{}}
	for _, m := range macros {
		d.macros[m.Name] = m
	}
	return d, nil
}

// Expand spells a query that is written for DuckDB, with the macros of
// sql/dialect/duckdb.sql, for Trino. file is what errors call the query; they are
// of type *Error.
func (d *Dialect) Expand(file, query string) (string, error) {
	list, err := tokens(file, query)
	if err != nil {
		return "", err
	}
	if list, err = d.expand(file, list, 0); err != nil {
		return "", err
	}
	if list, err = spelled(file, list); err != nil {
		return "", err
	}
	if list, err = answered(file, list); err != nil {
		return "", err
	}
	if err := known(file, list); err != nil {
		return "", err
	}
	return strings.TrimSpace(written(list)), nil
}

// IsSequential says whether a query goes on from its own rows (WITH RECURSIVE):
// Trino unrolls that to a fixed depth, and gives a query per round, so such a
// model runs in the embedded engine.
func IsSequential(query string) bool {
	list, err := tokens("", query)
	if err != nil {
		return false
	}
	for i := range list {
		if is(list, i, "recursive") {
			if last, any := before(list, i); any && last.lower() == "with" {
				return true
			}
		}
	}
	return false
}

// Type gives Trino's name of a type as DuckDB writes it; "" for one that no
// table of carat's has.
func Type(name string) string {
	name = strings.ToLower(strings.TrimSpace(name))
	switch name {
	case "varchar", "bigint", "integer", "smallint", "boolean", "date":
		return name
	case "timestamp with time zone", "timestamptz":
		return instantType
	case "timestamp":
		return "timestamp(6)"
	case "hugeint":
		return hugeType
	}
	if decimalType.MatchString(name) {
		return name
	}
	return ""
}

const (
	instantType = "timestamp(6) with time zone"
	hugeType    = "decimal(38, 0)"
)

var (
	wideNumber  = regexp.MustCompile(`^\d{19,38}$`)
	decimalType = regexp.MustCompile(`^decimal\(\d+, ?\d+\)$`)
	instantText = regexp.MustCompile(`^'(\d{4,5}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d{1,6})?\+00(?::00)?'$`)
)

// refusedSigns are signs that DuckDB has and Trino doesn't, with what to write.
var refusedSigns = map[string]string{
	"::": "write cast(… as …)", "->": "no lambda and no JSON", "->>": "no lambda and no JSON", "**": "write power", "==": "write =", "=>": "no named values",
	"[": "no lists", "{": "no structs", "/*": "comments begin with --", "?": "no placeholders", "$": "no placeholders",
}

// refusedWords are keywords that DuckDB has and Trino doesn't, or that it reads otherwise.
var refusedWords = map[string]bool{
	"qualify": true, "exclude": true, "asof": true, "ilike": true, "pivot": true, "unpivot": true, "positional": true, "semi": true, "anti": true,
	"double": true, "real": true, "float": true, "uhugeint": true, "ubigint": true, "similar": true, "glob": true, "summarize": true, "sample": true,
}

// spelled replaces types and signs. DuckDB's // of whole numbers is Trino's /: both
// cut towards zero. Of decimals Trino's / rounds, so the macros of the dialect take
// the remainder away first.
func spelled(file string, list []token) ([]token, error) {
	var out []token
	for i := 0; i < len(list); i++ {
		t := list[i]
		word := t.lower()
		last, _ := before(out, len(out))
		isName := last.text == "." || is(list, next(list, i+1), ".") // a column's, whatever it is called
		put := func(text string) { out = append(out, token{text, t.line}) }
		switch {
		case t.isBlank() || t.text[0] == '\'' || t.text[0] == '"':
			out = append(out, t)
		case wideNumber.MatchString(t.text): // DuckDB takes it for a HUGEINT, Trino for no number
			put("decimal '" + t.text + "'")
		case refusedSigns[t.text] != "":
			return nil, &Error{file, t.line, fmt.Sprintf("`%s` is not SQL that both engines read: %s", t.text, refusedSigns[t.text])}
		case refusedWords[word] && !isName:
			return nil, &Error{file, t.line, fmt.Sprintf("`%s` is not SQL that both engines read", t.text)}
		case word == "group" && isAll(list, i):
			return nil, &Error{file, t.line, "`group by all` is not SQL that both engines read"}
		case t.text == "//":
			put("/")
		case t.text == "!=":
			put("<>")
		case isName:
			out = append(out, t)
		case word == "hugeint":
			put(hugeType)
		case word == "timestamptz":
			put(instantType)
		case word == "decimal" && !is(list, next(list, i+1), "(") && !isText(list, next(list, i+1)):
			return nil, &Error{file, t.line, "decimal has no digits: each engine takes others"}
		case word == "timestamp":
			end, text, err := timestamp(file, list, i)
			if err != nil {
				return nil, err
			}
			put(text)
			i = end - 1
		default:
			out = append(out, t)
		}
	}
	return out, nil
}

// isText says whether a text stands at i.
func isText(list []token, i int) bool { return i < len(list) && list[i].text[0] == '\'' }

// isAll says whether `group by all` stands at i.
func isAll(list []token, i int) bool {
	by := next(list, i+1)
	return is(list, by, "by") && is(list, next(list, by+1), "all")
}

// timestamp spells the type or the literal that begins at i, and gives the place behind.
func timestamp(file string, list []token, i int) (end int, text string, err error) {
	with := next(list, i+1)
	if is(list, with, "(") { // spelled for Trino, by a macro
		return i + 1, list[i].text, nil
	}
	if with < len(list) && list[with].text[0] == '\'' {
		return i + 1, list[i].text, nil
	}
	if !is(list, with, "with") {
		return i + 1, "timestamp(6)", nil
	}
	time := next(list, with+1)
	zone := next(list, time+1)
	if !is(list, time, "time") || !is(list, zone, "zone") {
		return 0, "", &Error{file, list[i].line, "`timestamp with` is followed by no `time zone`"}
	}
	literal := next(list, zone+1)
	if literal >= len(list) || list[literal].text[0] != '\'' {
		return zone + 1, instantType, nil
	}
	m := instantText.FindStringSubmatch(list[literal].text)
	if m == nil {
		return 0, "", &Error{file, list[i].line, fmt.Sprintf("%s is no instant in UTC, as '2026-10-01 00:00:00+00:00' is", list[literal].text)}
	}
	return literal + 1, "timestamp '" + m[1] + "." + (strings.TrimPrefix(m[2], ".") + "000000")[:6] + " UTC'", nil
}

// answered spells the functions that both engines have and answer otherwise.
// Trino's greatest and least are null with any null; DuckDB's leave nulls out, and so
// every value that may be null stands for another one here. Trino's split_part is null
// where there are fewer parts; DuckDB's is an empty text.
func answered(file string, list []token) ([]token, error) {
	var out []token
	for i := 0; i < len(list); i++ {
		word := list[i].lower()
		opens := next(list, i+1)
		if word != "greatest" && word != "least" && word != "split_part" || !is(list, opens, "(") {
			out = append(out, list[i])
			continue
		}
		args, end, err := arguments(file, list, opens)
		if err != nil {
			return nil, err
		}
		texts := make([]string, len(args))
		for k, arg := range args {
			inner, err := answered(file, arg)
			if err != nil {
				return nil, err
			}
			texts[k] = strings.TrimSpace(written(inner))
		}
		text := ""
		if word == "split_part" {
			if len(texts) != 3 {
				return nil, &Error{file, list[i].line, fmt.Sprintf("split_part takes 3 values and is given %d", len(texts))}
			}
			text = fmt.Sprintf("coalesce(split_part(%s), substr(%s, 1, 0))", strings.Join(texts, ", "), texts[0])
		} else {
			text = ofKnown(word, texts)
		}
		out = append(out, token{text, list[i].line})
		i = end - 1
	}
	return out, nil
}

var literal = regexp.MustCompile(`^(-?\d+(\.\d+)?|((date|timestamp) )?'[^']*')$`)

// ofKnown is greatest or least of those values that are not null.
func ofKnown(function string, values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	at := slices.IndexFunc(values, literal.MatchString)
	list := make([]string, len(values))
	for i, v := range values {
		switch {
		case literal.MatchString(v):
			list[i] = v
		case at >= 0: // never null, and one of the values
			list[i] = "coalesce(" + v + ", " + values[at] + ")"
		default:
			list[i] = "coalesce(" + strings.Join(slices.Concat(values[i:], values[:i]), ", ") + ")"
		}
	}
	return function + "(" + strings.Join(list, ", ") + ")"
}
