package books

import (
	"fmt"
	"testing"
)

// A query names the tables that it loads, however it spells them. One that names
// none, or asks what there is, names none: it has all of them at hand.
func TestTablesThatAQueryNames(t *testing.T) {
	known := []string{"creators", "gift_events", "payouts"}
	for _, c := range []struct{ query, want string }{
		{"select * from Gift_Events", "[gift_events] []"},
		{`with g as (select * from "gift_events") select * from g join main.creators using (creator_id), batches`, "[gift_events creators] [batches]"},
		{"select * from batches", "[] [batches]"},
		{"select * from batches where feed = 'payouts'", "[payouts] [batches]"},
		{"select 1", "[] []"},
		{"select * from gift_event", "[] []"},
		{"show tables", "[] []"},
		{"select * from gift_events, information_schema.tables", "[] []"},
		{"select * from payouts, duckdb_views()", "[] []"},
	} {
		names, records := tablesNamed(c.query, known)
		if got := fmt.Sprint(names, records); got != c.want {
			t.Errorf("%s names %s, want %s", c.query, got, c.want)
		}
	}
}
