package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carat/jobs/ask"
	"carat/jobs/guard"
	"carat/jobs/ingest"
	"carat/jobs/internal/trial"
)

// wallet is a layout that no key could say: two columns of one number, a word for its
// direction, rows that are void, a day without a time.
const wallet = `first_period: 2026-10
max_reject_share: 0.9
feeds:
  bank_lines:
    layout:
      files: ["wallet*"]
      separator: ";"
      constants: {account: wallet, currency: EUR}
      sql: |
        SELECT
`

const walletFile = "id;day;way;euros;cents;state\nw1;2026-10-01;out;12;05;done\nw2;2026-10-02;in;3;50;done\nw3;2026-10-03;in;9;99;void\nw4;2026-10-04;in\nw5;x;in;1;00;done\n\"w\n6\";2026-10-05;in;7;00;done\n"

const walletSQL = "select line, regexp_replace(id, '\\s', '', 'g') as line_id, day || 'T00:00:00Z' as booked_at, case when way = 'out' then '-' else '' end || euros || '.' || cents as amount from file where state <> 'void';"

func TestLayoutOfSQL(t *testing.T) {
	s := trial.Folder(t, strings.Replace(wallet, "SELECT", walletSQL, 1), map[string]string{"wallet-1.csv": walletFile})
	ctx := context.Background()
	dry, err := ingest.DryRun(ctx, ingest.Options{Setting: s})
	if err != nil || len(dry) != 1 {
		t.Fatalf("%+v %v", dry, err)
	}
	r, err := ingest.Files(ctx, ingest.Options{Setting: s})
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Files[0]; f.RowsRead != 6 || f.RowsAccepted != 3 || f.RowsRejected != 2 || f.RowsLeftOut != 1 || f.RowsRead != f.RowsAccepted+f.RowsRejected+f.RowsDuplicate+f.RowsLeftOut {
		t.Errorf("%+v", f)
	}
	wantLines(t, "lines", linesOf(t, s, ""), "w1 -12.05 b000001:2", "w2 3.5 b000001:3", "w6 7 b000001:7")
	records, err := trial.Query(ctx, ask.QueryOptions{Setting: s, Query: "select left_out, position('select line' in reading) > 0, (select string_agg(source_line || ' ' || code, ',' order by source_line) from rejects) from batches"})
	if err != nil || fmt.Sprint(records.Rows) != `[[[{"condition":"not given by the layout's sql","rows":1}] true 5 wrong_field_count,6 bad_time]]` {
		t.Errorf("%v %v", records, err)
	}
	// What carat.yaml says later changes nothing of how it was read.
	s.Config.Feeds["bank_lines"].Layouts[0].SQL = "select 1 as line from file"
	if v, err := guard.Verify(ctx, guard.VerifyOptions{Setting: s}); err != nil {
		t.Errorf("%+v %v", v, err)
	}
}

// What a layout's SQL may not give; nothing of the file is taken then.
func TestLayoutOfSQLIsRefused(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for sql, want := range map[string]string{
		"select line, id as line_id from file union all select line, id from file":              "gives line 2 more than once",
		"select 99 as line, id as line_id from file limit 1":                                    "the file has no such row",
		"select line, id as lineid from file":                                                   "did you mean line_id?",
		"select id as line_id from file":                                                        "line",
		"select 'x' as line, id as line_id from file":                                           "no number of a line",
		"select line, id as line_id from gift_events":                                           "gift_events",
		"select line, content as line_id from read_text('/etc/passwd')":                         "read_text",
		"select line, id as line_id, '1.5'::double as amount from file":                         "amount is a DOUBLE, which keeps no number exactly",
		"select line, id as line_id, sqrt(line) as amount from file":                            "amount is a DOUBLE",
		"select line, id as line_id, cast(line as real) as amount from file":                    "amount is a FLOAT",
		"select line, nosuch as line_id from file":                                              "nosuch",
		"copy file to '/tmp/x'":                                                                 "",
		"select line, id as line_id from file) as answer; drop table file; select * from (file": "",
	} {
		s := trial.Folder(t, strings.Replace(wallet, "SELECT", sql, 1), map[string]string{"wallet-1.csv": walletFile})
		r, err := ingest.Files(context.Background(), ingest.Options{Setting: s})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", sql, err)
		}
		if r == nil || len(r.Files) != 1 || r.Files[0].Result != ingest.FileFailed {
			t.Errorf("%s: %+v", sql, r)
		}
		if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "carat-layout-*")); len(left) > 0 {
			t.Errorf("%s: left behind %v", sql, left)
		}
	}
}
