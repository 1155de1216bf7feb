package reshape

import (
	"fmt"
	"regexp"
	"strings"
)

// refused are the words of SQL by which a layout would not give the same rows of the
// same file each time, or would look at something else than the file.
var refused = words(`
age current_catalog current_database current_date current_localtime current_localtimestamp current_query current_schema current_schemas current_time
current_timestamp current_user gen_random_uuid get_current_time get_current_timestamp getdate information_schema localtime localtimestamp now pg_catalog random
reservoir sample setseed session_user sqlite_master tablesample today transaction_timestamp txid_current user uuid uuidv4 uuidv7 version
`)

func words(text string) map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(text) {
		all[w] = true
	}
	return all
}

var (
	literal = regexp.MustCompile(`(?s)'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/`)
	quoted  = regexp.MustCompile(`"((?:[^"]|"")*)"`)
	word    = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)
	calls   = regexp.MustCompile(`^\s*\(`)
)

// Check says why SQL can't be a layout's; nil if it can. Names in double quotes are
// columns, unless they are called.
func Check(sql string) error {
	if strings.TrimSpace(sql) == "" {
		return fmt.Errorf("it is empty")
	}
	if strings.ContainsAny(sql, "$") {
		return fmt.Errorf("a dollar sign quotes text in SQL; write it in single quotes")
	}
	bare := literal.ReplaceAllString(sql, " '' ")
	bare = replaceQuoted(bare)
	for _, w := range word.FindAllString(bare, -1) {
		lower := strings.ToLower(w)
		if refused[lower] || strings.HasPrefix(lower, "duckdb_") || strings.HasPrefix(lower, "pg_") {
			return fmt.Errorf("%q reads a clock, chance or another table, and a layout gives the same rows of a file each time; a column of that name stands in double quotes", w)
		}
	}
	return nil
}

// replaceQuoted takes names in double quotes out, but for those of functions.
func replaceQuoted(sql string) string {
	var b strings.Builder
	at := 0
	for _, m := range quoted.FindAllStringSubmatchIndex(sql, -1) {
		b.WriteString(sql[at:m[0]])
		if calls.MatchString(sql[m[1]:]) || strings.HasPrefix(strings.TrimSpace(sql[m[1]:]), ".") {
			b.WriteString(sql[m[2]:m[3]])
		} else {
			b.WriteString(" _ ")
		}
		at = m[1]
	}
	return b.String() + sql[at:]
}
