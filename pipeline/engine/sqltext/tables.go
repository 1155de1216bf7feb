package sqltext

import (
	"slices"
	"strings"
)

// Tables gives the tables that a query of carat's own names, sorted: what
// stands behind FROM or JOIN and is neither a common table expression of the
// query nor a function. Binding a query to ask the database the same takes a
// sixth of the time in which a small month is reconciled. It reads the SQL that
// sql/ is written in, in which tables are never parted by commas; a test holds
// it against the database's own parser for every query there. A user's query
// may be written in any way and is parsed.
func Tables(query string) []string {
	words := sqlWords(query)
	at := func(i int) string {
		if i < 0 || i >= len(words) {
			return ""
		}
		return strings.ToLower(words[i])
	}
	named := map[string]bool{} // the query's common table expressions
	for i := range words {
		if at(i) != "as" {
			continue
		}
		opens := i + 1
		if at(opens) == "not" {
			opens++
		}
		if at(opens) == "materialized" {
			opens++
		}
		name := i - 1
		if at(name) == ")" { // with t(a, b) as (
			for name--; name >= 0 && at(name) != "("; name-- {
			}
			name--
		}
		if before := at(name - 1); at(opens) == "(" && (before == "with" || before == "recursive" || before == ",") {
			named[at(name)] = true
		}
	}
	var tables []string
	for i := range words {
		if w := at(i); w != "from" && w != "join" || at(i-1) == "distinct" { // is distinct from
			continue
		}
		if name := at(i + 1); isName(name) && at(i+2) != "(" && !named[name] {
			tables = append(tables, name)
		}
	}
	slices.Sort(tables)
	return slices.Compact(tables)
}

// isName says whether a word can be a table's name.
func isName(word string) bool {
	return word != "" && word != "lateral" && word != "select" && word != "values" && isLetter(word[0])
}

func isLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// sqlWords gives names, keywords and numbers as words, and each other sign as a
// word of its own, without comments; a text is one word that begins with its
// quote.
func sqlWords(query string) []string {
	var words []string
	for i := 0; i < len(query); {
		c, from := query[i], i
		switch {
		case strings.HasPrefix(query[i:], "--"):
			end := strings.IndexByte(query[i:], '\n')
			if end < 0 {
				return words
			}
			i += end + 1
			continue
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
			continue
		case c == '\'' || c == '"':
			end := strings.IndexByte(query[i+1:], c)
			if end < 0 {
				return append(words, query[i:])
			}
			i += end + 2
		case isLetter(c):
			for i < len(query) && isLetter(query[i]) {
				i++
			}
		default:
			i++
		}
		words = append(words, query[from:i])
	}
	return words
}
