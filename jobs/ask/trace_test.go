package ask_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"carat/fixtures"
	"carat/jobs"
	"carat/jobs/ask"
	"carat/jobs/books"
	"carat/jobs/internal/trial"
	"carat/pipeline"
	"carat/reports/trace"
	"carat/sql"
)

// traced runs a generated month with all its faults.
func traced(t *testing.T) books.Setting {
	t.Helper()
	s, _ := trial.Made(t, fixtures.Options{Period: "2026-10", Gifts: 2_200, Viewers: 300, Creators: 40, Seed: 7, Files: fixtures.FilesMonth}, "all")
	if _, err := jobs.Run(t.Context(), jobs.RunOptions{Setting: s, SQL: sql.Files, Period: "2026-10"}); err != nil {
		t.Fatal(err)
	}
	return s
}

// nodes gives all nodes of a kind.
func nodes(roots []*trace.Node, kind string) (found []*trace.Node) {
	for _, n := range roots {
		if n.Kind == kind {
			found = append(found, n)
		}
		found = append(found, nodes(n.Children, kind)...)
	}
	return found
}

func field(n *trace.Node, name string) string {
	for _, f := range n.Fields {
		if f.Name == name {
			return f.PlainText()
		}
	}
	return ""
}

func TestTrace(t *testing.T) {
	s := traced(t)
	t.Run("statement lines add up", func(t *testing.T) { linesAddUp(t, s) })
	t.Run("every kind of id", func(t *testing.T) { everyKind(t, s) })
	t.Run("many gifts", func(t *testing.T) { manyGifts(t, s) })
	t.Run("lines of gifts share a month", func(t *testing.T) { linesShareAMonth(t, s) })
	t.Run("no name is shown", func(t *testing.T) { noName(t, s) })
}

// From 500 random statement lines the trace reaches lines of the source files
// whose coins and diamonds, read from the original text, add up to the line.
func linesAddUp(t *testing.T, s books.Setting) {
	t.Helper()
	all, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Period: "2026-10", Query: `select
		concat_ws('/', period, creator_id, entity, currency, line_no) as id, coins, diamonds,
		gift_id in (select gift_id from gift_catalog) as priced from statement_lines
		where section = 'earned' order by 1`})
	if err != nil {
		t.Fatal(err)
	}
	draw := rand.New(rand.NewPCG(1, 2))
	var ids []string
	want, priced := map[string][2]string{}, map[string]bool{}
	for _, i := range draw.Perm(len(all.Rows)) {
		if row := all.Rows[i]; len(ids) < 500 {
			ids = append(ids, row[0].(string))
			want[row[0].(string)] = [2]string{fmt.Sprint(row[1]), fmt.Sprint(row[2])}
			priced[row[0].(string)] = row[3] == true
		}
	}
	if len(ids) < 500 {
		t.Fatalf("only %d lines", len(ids))
	}
	roots, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: ids, Limit: 0})
	if err != nil || len(roots) != len(ids) {
		t.Fatalf("%d traces, %v", len(roots), err)
	}
	header := giftHeader(t, s)
	for _, root := range roots {
		var coins, diamonds int64
		reversal := field(root, "reason") == "reversal"
		for _, n := range root.Children {
			switch {
			case n.Kind == "gifts":
				if field(n, "adds_up") != "true" {
					t.Errorf("%s: %s", root.ID, n.Text)
				}
				for _, g := range n.Children {
					c, d := fromText(t, header, g)
					coins, diamonds = coins+c, diamonds+d
				}
			case n.Kind == "reversal" && reversal:
				c, d := fromText(t, header, n)
				coins, diamonds = coins-c, diamonds-d
			}
		}
		if got := [2]string{fmt.Sprint(coins), fmt.Sprint(diamonds)}; got != want[root.ID] {
			t.Errorf("%s: the source lines give coins and diamonds %v, the line says %v", root.ID, got, want[root.ID])
		}
		if len(nodes(root.Children, "rate")) == 0 && !reversal {
			t.Errorf("%s shows no rate", root.ID)
		}
		if shown := len(nodes(root.Children, "price")) > 0; shown != priced[root.ID] && !reversal {
			t.Errorf("%s: a price is shown: %v; the catalogue has one: %v", root.ID, shown, priced[root.ID])
		}
		if b := nodes(root.Children, "batch"); len(b) == 0 || len(field(b[0], "source_sha256")) != 64 {
			t.Errorf("%s shows no file", root.ID)
		}
	}
}

// Where gifts are many a trace reads few columns of them, and says the same.
func manyGifts(t *testing.T, s books.Setting) {
	t.Helper()
	all, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Period: "2026-10", Query: `select id from (
		select concat_ws('/', period, creator_id, entity, currency, line_no) as id, row_number() over (partition by section, reason order by hash(creator_id), line_no) as n
		from statement_lines where section in ('earned', 'redeemed', 'closing')
		union all
		select event_id as id, row_number() over (partition by kind, capture is null order by hash(event_id)) as n from gift_events
	) as ids where n <= 2 order by all`})
	if err != nil || len(all.Rows) < 9 {
		t.Fatalf("%d ids, %v", len(all.Rows), err)
	}
	said := func(id string, limit int, narrow bool) string {
		roots, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{id}, Limit: limit}.Narrowed(narrow))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := trace.WriteTrees(&b, "json", roots); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for i, row := range all.Rows {
		limit := []int{0, 2}[i%2]
		if few, many := said(row[0].(string), limit, false), said(row[0].(string), limit, true); few != many {
			t.Errorf("%s: as one of many gifts it is\n%s\nwant\n%s", row[0], many, few)
		}
	}
}

// Many lines of gifts need one engine with the month's models, and are told as each is alone: an engine each outgrew any memory.
func linesShareAMonth(t *testing.T, s books.Setting) {
	t.Helper()
	lines, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: `select batch_id || ':' || cast(source_line as varchar) as line from gift_events
		where accounting_month = '2026-10' and kind = 'gift' order by hash(event_id) limit 6`})
	if err != nil || len(lines.Rows) != 6 {
		t.Fatalf("%v %v", lines, err)
	}
	o := ask.TraceOptions{Setting: s, SQL: sql.Files, Limit: 2}
	said := func(ids ...string) string {
		o.IDs = ids
		roots, err := ask.Trace(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := trace.WriteTrees(&b, "tree", roots); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	var ids, each []string
	for _, row := range lines.Rows {
		ids = append(ids, row[0].(string))
		each = append(each, said(row[0].(string)))
	}
	if got, want := said(ids...), strings.Join(each, "\n"); got != want {
		t.Errorf("together they are\n%s\nwant\n%s", got, want)
	}
	if n, err := ask.MonthsOf(t.Context(), o); err != nil || n != 1 {
		t.Errorf("%d engines of a month, %v", n, err)
	}
}

// giftHeader gives the places of coins and diamonds in a gift file's header.
func giftHeader(t *testing.T, s books.Setting) [2]int {
	t.Helper()
	got, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{giftFile(t, s) + ":1"}})
	if err != nil {
		t.Fatal(err)
	}
	columns := strings.Split(field(got[0], "original"), ",")
	at := [2]int{slices.Index(columns, "coins"), slices.Index(columns, "diamonds")}
	if at[0] < 0 || at[1] < 0 {
		t.Fatalf("header %v", columns)
	}
	return at
}

func giftFile(t *testing.T, s books.Setting) string {
	t.Helper()
	got, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select source from batches where feed = 'gift_events' order by batch_id limit 1"})
	if err != nil || len(got.Rows) != 1 {
		t.Fatalf("%v %v", got, err)
	}
	return got.Rows[0][0].(string)
}

// fromText reads coins and diamonds from the original text of a gift's line.
func fromText(t *testing.T, header [2]int, gift *trace.Node) (coins, diamonds int64) {
	t.Helper()
	for _, n := range gift.Children {
		if n.Kind != "source_line" {
			continue
		}
		cells := strings.Split(field(n, "original"), ",")
		if len(cells) <= max(header[0], header[1]) {
			t.Fatalf("gift %s: the line is %q", gift.ID, field(n, "original"))
		}
		if _, err := fmt.Sscan(cells[header[0]]+" "+cells[header[1]], &coins, &diamonds); err != nil {
			t.Fatal(err)
		}
		return coins, diamonds
	}
	t.Fatalf("gift %s shows no source line", gift.ID)
	return 0, 0
}

// Every kind of id leads to a source line, and from a source line one comes to
// all that it touched.
func everyKind(t *testing.T, s books.Setting) {
	t.Helper()
	pick := func(query string) string {
		t.Helper()
		got, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Period: "2026-10", Query: query})
		if err != nil || len(got.Rows) == 0 {
			t.Fatalf("%s: %v", query, err)
		}
		return got.Rows[0][0].(string)
	}
	line := func(section string) string {
		return "select concat_ws('/', period, creator_id, entity, currency, line_no) from statement_lines where section = '" + section + "' order by 1 limit 1"
	}
	for _, c := range []struct{ name, query, kind, reaches string }{
		{"gift", "select event_id from gift_events where kind = 'gift' order by sent_at desc limit 1", "gift", "statement_line"},
		{"reversal", "select event_id from gift_events where kind = 'reversal' order by 1 limit 1", "reversal", "undoes"},
		{"gift that was undone", "select original_event_id from gift_events where kind = 'reversal' and original_event_id in (select event_id from gift_events) order by 1 limit 1", "gift", "undone by"},
		{"purchase", "select purchase_id from coin_purchases where kind = 'purchase' order by 1 limit 1", "purchase", "source_line"},
		{"refund", "select purchase_id from coin_purchases where kind = 'refund' and original_purchase_id in (select purchase_id from coin_purchases) order by 1 limit 1", "refund", "undoes"},
		{"payout", "select payout_id from payouts where status = 'paid' order by 1 limit 1", "payout", "statement_line"},
		{"adjustment", "select adjustment_id from diamond_adjustments order by 1 limit 1", "adjustment", "statement_line"},
		{"exception about a gift", "select exception_id from exceptions where subject_kind = 'gift' order by 1 limit 1", "exception", "gift"},
		{"exception about a viewer", "select exception_id from exceptions where control = 'viewer_wallet' order by 1 limit 1", "exception", "source_line"},
		{"batch", "select batch_id from batches where feed = 'gift_events' order by 1 limit 1", "batch", "run"},
		{"file", "select source from batches where feed = 'payouts' order by 1 limit 1", "batch", "file"},
		{"line of a file", "select source || ':2' from batches where feed = 'gift_events' order by 1 limit 1", "source_line", "gift"},
		{"line of a batch", "select batch_id || ':2' from batches where feed = 'conversion_rates' order by 1 limit 1", "source_line", "rate"},
		{"opening", line("opening"), "statement_line", "balance"},
		{"redeemed", line("redeemed"), "statement_line", "payout"},
		{"adjusted", line("adjusted"), "statement_line", "adjustment"},
		{"closing", line("closing"), "statement_line", "statement_line"},
		{"revaluation", line("revaluation"), "statement_line", "note"},
	} {
		id := pick(c.query)
		roots, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{id}, Limit: 5})
		if err != nil {
			t.Errorf("%s %s: %v", c.name, id, err)
			continue
		}
		if roots[0].Kind != c.kind || len(nodes(roots[0].Children, c.reaches)) == 0 {
			var b strings.Builder
			_ = trace.WriteTrees(&b, "tree", roots)
			t.Errorf("%s %s: want a %s that reaches a %s, got\n%s", c.name, id, c.kind, c.reaches, b.String())
		}
	}
	for _, id := range []string{"nothing", "2026-10/nobody/main/USD/1", "2026-10/x", "gift_events.csv:0", "b999999", "' or 1=1 --", ""} {
		if _, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{id}}); !pipeline.IsMisnamed(err) {
			t.Errorf("%q: error %v", id, err)
		}
	}
}

// A creator's line is not shown: it holds a name.
func noName(t *testing.T, s books.Setting) {
	t.Helper()
	got, err := trial.Query(t.Context(), ask.QueryOptions{Setting: s, Query: "select batch_id from batches where feed = 'creators'"})
	if err != nil {
		t.Fatal(err)
	}
	batch := got.Rows[0][0].(string)
	roots, err := ask.Trace(t.Context(), ask.TraceOptions{Setting: s, SQL: sql.Files, IDs: []string{batch + ":2", batch}})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := trace.WriteTrees(&b, "json", roots); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "@") || !strings.Contains(b.String(), "kept with the people") {
		t.Error(b.String())
	}
}
