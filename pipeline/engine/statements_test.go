package engine_test

import (
	"io/fs"
	"strings"
	"testing"

	"carat/sql"
)

// comparison makes two runs of a month and one of the month before, and gives
// the rows of a query of sql/statements.
func comparison(t *testing.T, name, columns, setup string) []string {
	t.Helper()
	text, err := fs.ReadFile(sql.Files, "statements/"+name+".sql")
	if err != nil {
		t.Fatal(err)
	}
	e := openEngine(t)
	for _, q := range strings.Split(`create table statement_summaries (period varchar, run_id varchar, creator_id varchar, entity varchar, currency varchar,
	opening_diamonds bigint, earned_diamonds bigint, adjusted_diamonds bigint, redeemed_diamonds bigint, returned_diamonds bigint, closing_diamonds bigint,
	opening_amount decimal(38, 6), earned_amount decimal(38, 6), adjusted_amount decimal(38, 6), redeemed_amount decimal(38, 6), returned_amount decimal(38, 6),
	revaluation_amount decimal(38, 6), rounding_amount decimal(38, 6), closing_amount decimal(38, 6), paid_amount decimal(38, 6), withheld_amount decimal(38, 6), fee_amount decimal(38, 6),
	settled_gross_amount decimal(38, 6), settled_withheld_amount decimal(38, 6), settled_fee_amount decimal(38, 6), settled_net_amount decimal(38, 6));
insert into statement_summaries values
	('2026-09', 'sep', 'bob', 'main', 'USD', 0, 100, 0, 0, 0, 100, 0, 1, 0, 0, 0, 0, 0, 1, 0.5, 0.05, 0.01, null, null, null, null),
	('2026-10', 'old', 'bob', 'main', 'USD', 100, 50, -5, 60, 0, 85, 1, 0.5, -0.05, 0.6, 0, 0, 0.000001, 0.849999, 0.25, 0.02, 0.03, 9, 9, 9, 9),
	('2026-10', 'new', 'bob', 'main', 'USD', 100, 70, -5, 60, 0, 105, 1, 0.7, -0.05, 0.6, 0, 0, 0.000002, 1.049998, 0.25, 0.02, 0.03, 3, 0.9, 0.1, 2),
	('2026-10', 'old', 'eve', 'main', 'USD', 7, 0, 0, 0, 0, 7, 0.07, 0, 0, 0, 0, 0, 0, 0.07, 0, 0, 0, 0, 0, 0, 0),
	('2026-10', 'new', 'eve', 'main', 'USD', 7, 0, 0, 0, 0, 7, 0.07, 0, 0, 0, 0, 0, 0, 0.07, 0, 0, 0, 0, 0, 0, 0),
	('2026-10', 'other', 'bob', 'main', 'USD', 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9);
`+setup+";\ncreate view compared as "+string(text), ";\n") {
		if err := e.ExecForTest(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	got, err := e.TextsForTest("select concat_ws(' ', " + columns + ") from compared order by all")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The moved items add up to the moved closing balance, and who stands where they
// stood has none.
func TestMovedSinceTheVersionBefore(t *testing.T) {
	got := comparison(t, "sta_moved", "place, creator_id, item, diamonds_before, diamonds_now, diamonds_moved, amount_before, amount_now, amount_moved",
		"create table versions as select 'old' as run_before, 'new' as run_now")
	want := `2 bob earned 50 70 20 0.500000 0.700000 0.200000
7 bob rounding 0 0 0 -0.000001 -0.000002 -0.000001
8 bob closing 85 105 20 0.849999 1.049998 0.199999`
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
	}
}

// A year sums the runs that its months were stated from, and no other run. What was
// paid goes by the day of payment, where the run knew it.
func TestYearToDate(t *testing.T) {
	got := comparison(t, "sta_year_to_date", "creator_id, first_period, earned_amount, adjusted_amount, gross_amount, withheld_amount, fee_amount, paid_amount",
		"create table year_runs as select * from (values ('2026-09', 'sep'), ('2026-10', 'new')) as given(period, run_id)")
	want := `bob 2026-09 1.700000 -0.050000 3.560000 0.950000 0.110000 2.500000
eve 2026-10 0.000000 0.000000 0.000000 0.000000 0.000000 0.000000`
	if strings.Join(got, "\n") != want {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), want)
	}
}
