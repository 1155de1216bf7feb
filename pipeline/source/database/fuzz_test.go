package database

import (
	"fmt"
	"strings"
	"testing"
)

// What is bound is what was written, with a marker for each :from and :to, and one
// statement.
func FuzzBind(f *testing.F) {
	for _, query := range []string{
		"select * from t where at >= :from and at < :to", "select ':from', \":to\" from t where a >= :from and a < :to;", "select a::date from t where b > :from -- :to\n and b < :to",
		"select 1 where :from < :to; drop table t", "select /* ; */ 1 where :from < :to", ":from:to", "select 'a\\'' where :from < :to ;;", ":from_ :to", "$1 ? :from :to", "select '", ";:from;:to",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		if strings.Contains(query, "\x01") {
			return // the marks of this test
		}
		text, order, err := bind(query, func(n int) string { return fmt.Sprintf("\x01%d\x01", n) })
		if err != nil {
			if text != "" || order != nil {
				t.Errorf("%q, %v and %v", text, order, err)
			}
			return
		}
		froms := 0
		for i, from := range order {
			name := ":to"
			if from {
				name = ":from"
				froms++
			}
			mark := fmt.Sprintf("\x01%d\x01", i+1)
			if strings.Count(text, mark) != 1 {
				t.Fatalf("%q has marker %d %d times", text, i+1, strings.Count(text, mark))
			}
			text = strings.Replace(text, mark, name, 1)
		}
		if froms == 0 || froms == len(order) {
			t.Errorf("%q is bound without both ends of the window", query)
		}
		written := strings.TrimSpace(query)
		if text != written && text != strings.TrimSpace(strings.TrimSuffix(written, ";")) && text != strings.TrimSuffix(written, ";") {
			t.Errorf("%q is bound as %q", written, text)
		}
	})
}
