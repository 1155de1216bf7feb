package reshape

import (
	"errors"
	"fmt"
	"strings"
)

// refused are the words of SQL by which a layout would not give the same rows of the
// same file each time, or would look at something else than the file.
var refused = words(`
age current_catalog current_database current_date current_localtime current_localtimestamp current_query current_schema current_schemas current_setting current_time
current_timestamp current_user currval gen_random_uuid get_current_time get_current_timestamp getdate getvariable information_schema localtime localtimestamp nextval now
pg_catalog query query_table random reservoir sample setseed session_user sqlite_master tablesample today transaction_timestamp txid_current user uuid uuidv4 uuidv7 version
`)

func words(text string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		all[w] = true
	}
	return all
}

// forbidden says whether a word, in small letters, is refused.
func forbidden(lower string) bool {
	return refused[lower] || strings.HasPrefix(lower, "duckdb_") || strings.HasPrefix(lower, "pg_") || strings.HasPrefix(lower, "pragma_")
}

// token is a part of SQL that means something: a word, a name in double quotes, or a
// mark. Texts in single quotes are marks.
type token struct {
	text   string
	quoted bool // a name in double quotes, without them
	word   bool
}

// Check says why SQL can't be a layout's; nil if it can. Names in double quotes are
// columns, unless they are called or parted by a point.
func Check(sql string) error {
	if strings.TrimSpace(sql) == "" {
		return errors.New("it is empty")
	}
	if strings.ContainsAny(sql, "$") {
		return errors.New("a dollar sign quotes text in SQL; write it in single quotes")
	}
	tokens, err := scan(sql)
	if err != nil {
		return err
	}
	for i, t := range tokens {
		next := ""
		if i+1 < len(tokens) && !tokens[i+1].quoted {
			next = tokens[i+1].text
		}
		if t.quoted && next != "(" && next != "." || !t.quoted && !t.word {
			continue
		}
		if forbidden(strings.ToLower(t.text)) {
			return fmt.Errorf("%q reads a clock, chance or another table, and a layout gives the same rows of a file each time; a column of that name stands in double quotes", t.text)
		}
	}
	return nil
}

// scan parts SQL as DuckDB does: texts in single quotes, in which a doubled quote is one,
// and a backslash quotes behind an E; names in double quotes; comments, of which those
// between /* and */ may hold others. A part that doesn't end is an error.
func scan(sql string) (tokens []token, err error) {
	for i := 0; i < len(sql); {
		rest := sql[i:]
		switch c := sql[i]; {
		case c == '\'':
			last := token{}
			if len(tokens) > 0 && i > 0 && isWord(sql[i-1]) {
				last = tokens[len(tokens)-1]
			}
			n := ended(rest, '\'', strings.EqualFold(last.text, "e"))
			if n == 0 {
				return nil, errors.New("a text in single quotes doesn't end")
			}
			tokens = append(tokens, token{text: "''"})
			i += n
		case c == '"':
			if i > 1 && sql[i-1] == '&' && (sql[i-2] == 'U' || sql[i-2] == 'u') {
				return nil, errors.New(`a name in numbers (U&"…"); write it in letters`)
			}
			n := ended(rest, '"', false)
			if n == 0 {
				return nil, errors.New("a name in double quotes doesn't end")
			}
			tokens = append(tokens, token{text: strings.ReplaceAll(rest[1:n-1], `""`, `"`), quoted: true})
			i += n
		case strings.HasPrefix(rest, "--"):
			end := strings.IndexAny(rest, "\n\r")
			if end < 0 {
				return tokens, nil
			}
			i += end
		case strings.HasPrefix(rest, "/*"):
			n := comment(rest)
			if n == 0 {
				return nil, errors.New("a comment doesn't end")
			}
			i += n
		case isWord(c):
			n := 1
			for n < len(rest) && isWord(rest[n]) {
				n++
			}
			tokens = append(tokens, token{text: rest[:n], word: true})
			i += n
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v':
			i++
		default:
			tokens = append(tokens, token{text: string(c)})
			i++
		}
	}
	return tokens, nil
}

// isWord says whether a byte is of a word; those of other alphabets are.
func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// ended gives the length of the quoted text with which a text begins; 0 if it doesn't
// end.
func ended(text string, quote byte, backslash bool) int {
	for i := 1; i < len(text); i++ {
		switch {
		case backslash && text[i] == '\\':
			i++
		case text[i] != quote:
		case i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return 0
}

// comment gives the length of the comment with which a text begins; 0 if it doesn't
// end.
func comment(text string) int {
	depth := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			i++
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
