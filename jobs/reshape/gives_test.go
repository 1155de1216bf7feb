package reshape

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// What SQL gives is told by its text, and what no file could be read by is refused.
func TestGives(t *testing.T) {
	for sql, want := range map[string]string{
		"select line, a as line_id, f.booked_at, '1' || x as amount from file f;": "[line line_id booked_at amount] true",
		"select line, id as line_id from file union all select line, b from file": "[line line_id] true",
		"with good as (select * from file) select line, a as amount from good":    "[line amount] true",
		"select * from file":                          "[] false",
		"select line, * exclude (line) from file":     "[line] false",
		"select line, trim(a) from file":              "[line] false",
		`select "line", a "amount" from file`:         "[line amount] true",
		"from file select line, a as amount":          "[line amount] true",
		"select line, amount from file wehre a = 'x'": `syntax error`,
		"select line from file; drop table file":      "only a SELECT",
		"delete from file":                            "only a SELECT",
		"select line from read_csv('/etc/passwd')":    "read_csv",
		"select line, now() as at from file":          "clock",
	} {
		names, all, err := Gives(context.Background(), sql)
		got := fmt.Sprint(names, " ", all)
		if err != nil {
			got = err.Error()
		}
		if got != want && (err == nil || !strings.Contains(got, want)) {
			t.Errorf("%s:\n got %s\nwant %s", sql, got, want)
		}
	}
}
