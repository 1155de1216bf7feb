package dialect

import (
	"fmt"
	"strings"
)

// functions are those that Trino answers as DuckDB does, or that only macros of
// sql/dialect/trino.sql call.
var functions = set(`abs cast coalesce concat_ws count dense_rank first_value floor greatest lag last_value lead least length lower max min mod
	nullif rank replace round row_number sign split_part starts_with strpos substr sum translate trim upper chr
	at_timezone date_add date_diff date_format date_trunc from_big_endian_64 from_unixtime_nanos regexp_replace to_utf8 truncate with_timezone xxhash64`)

// beforeBracket are keywords and types that stand before a bracket and call nothing.
var beforeBracket = set(`all and any as between by case decimal distinct else end except exists filter from having if in intersect is join lateral left like limit
	not on or order over partition right rows range select set some then timestamp union using values varchar when where with recursive materialized offset interval`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

// known refuses what calls a function that is on no list.
func known(file string, list []token) error {
	for i, t := range list {
		if t.isBlank() || !t.isWord() || '0' <= t.text[0] && t.text[0] <= '9' {
			continue
		}
		word, opens := t.lower(), next(list, i+1)
		if !is(list, opens, "(") || beforeBracket[word] || functions[word] {
			continue
		}
		if namesColumns(file, list, i, opens) {
			continue
		}
		return &Error{file, t.line, fmt.Sprintf("%s is neither a macro of sql/dialect nor a function that both engines answer alike", t.text)}
	}
	return nil
}

// namesColumns says whether a name before a bracket is that of a table, whose columns
// the bracket lists: `with t (a, b) as (` and `from (values …) as t (a, b)`.
func namesColumns(file string, list []token, i, opens int) bool {
	last, _ := before(list, i)
	if last.lower() == "as" {
		return true
	}
	_, end, err := arguments(file, list, opens)
	if err != nil {
		return false
	}
	as := next(list, end)
	return is(list, as, "as") && is(list, next(list, as+1), "(")
}
