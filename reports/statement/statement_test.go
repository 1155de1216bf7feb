package statement_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/reports/statement"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var fixtures = []struct {
	name string
	make func(testing.TB) *statement.Statement
}{
	{"rich", rich}, {"empty", empty}, {"negative", negative}, {"yen", yen}, {"dinar", dinar}, {"rate-totals", rateTotals},
}

var formats = []struct {
	ext   string
	write func(*renderer, *statement.Statement) ([]byte, error)
}{
	{"html", (*renderer).HTML}, {"csv", (*renderer).CSV}, {"json", (*renderer).JSON},
}

func TestStatementGolden(t *testing.T) {
	for _, f := range fixtures {
		for _, format := range formats {
			t.Run(f.name+"."+format.ext, func(t *testing.T) {
				var r renderer
				got, err := format.write(&r, f.make(t))
				if err != nil {
					t.Fatal(err)
				}
				path := filepath.Join("testdata", f.name+"."+format.ext)
				if *update {
					if err := os.MkdirAll("testdata", 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(path, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s differs; look at it, then go test ./reports/statement -update", path)
				}
			})
		}
	}
}

// The same statement gives the same bytes, whatever the renderer did before.
func TestStatementDeterminism(t *testing.T) {
	for _, format := range formats {
		var used renderer
		for range 3 {
			for _, f := range fixtures {
				var fresh renderer
				want, err := format.write(&fresh, f.make(t))
				if err != nil {
					t.Fatal(err)
				}
				got, err := format.write(&used, f.make(t))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Fatalf("%s.%s depends on what was rendered before", f.name, format.ext)
				}
			}
		}
	}
}

// jsonStatement is what a program reads.
type jsonStatement struct {
	Summary map[string]any   `json:"summary"`
	Lines   []map[string]any `json:"lines"`
	Head    []map[string]any `json:"headline"`
	Shown   []map[string]any `json:"shown"`
	Streams []map[string]any `json:"streams"`
	Held    []map[string]any `json:"held"`
	Terms   map[string]any   `json:"payout_terms"`
	Year    map[string]any   `json:"year_to_date"`
	// Replaced holds a list of its own, moves.
	Replaced map[string]any `json:"replaced"`
}

// moves are what moved since the version before.
func (s *jsonStatement) moves() (moves []map[string]any) {
	list, _ := s.Replaced["moves"].([]any)
	for _, m := range list {
		moves = append(moves, m.(map[string]any))
	}
	return moves
}

func decode(t *testing.T, s *statement.Statement) jsonStatement {
	t.Helper()
	b := bytes.NewBufferString(rendered(t, s, (*renderer).JSON))
	var out jsonStatement
	d := json.NewDecoder(b)
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestStatementJSONTypes(t *testing.T) {
	got := decode(t, rich(t))
	for key, want := range map[string]any{
		"earned_amount": "718.964", "opening_amount": "612", "earned_diamonds": json.Number("69502"), "provisional": false,
		"region": nil, "period": "2026-10", "version": json.Number("2"), "run_id": "r_7f3a9c51d2e84b06",
	} {
		if got.Summary[key] != want {
			t.Errorf("summary %s = %#v, want %#v", key, got.Summary[key], want)
		}
	}
	line := got.Lines[1]
	for key, want := range map[string]any{
		"amount": "6", "rate": "0.01", "diamonds_per_coin": "0.5", "rate_from": "2025-12-31T23:00:00Z", "event_at": nil,
		"coins": json.Number("1234"), "prior_period": false, "net_amount": nil,
	} {
		if line[key] != want {
			t.Errorf("line %s = %#v, want %#v", key, line[key], want)
		}
	}
}

// CSV and JSON hold the same cells: the CSV's header is the keys of a line and
// those of the summary that say whose line it is, and what JSON leaves out is empty.
func TestStatementCSVAgreesWithJSON(t *testing.T) {
	s := rateTotals(t)
	all := decode(t, s)
	lines := all.Lines
	b := bytes.NewBufferString(rendered(t, s, (*renderer).CSV))
	rows, err := csv.NewReader(b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	const termRows, yearRows, reopenedRows = 5, 7, 1
	beside := rows[1+len(lines):]
	if want := len(all.Head) + len(all.Shown) + len(all.Streams) + len(all.Held) + termRows + yearRows + reopenedRows + len(all.moves()); len(beside) != want {
		t.Fatalf("%d rows behind the lines, want %d", len(beside), want)
	}
	for n, line := range lines {
		for key := range line {
			if !slices.Contains(rows[0], key) {
				t.Errorf("line %d has the key %s, which is no column", n+1, key)
			}
		}
		for i, column := range rows[0] {
			value := line[column]
			if i < 6 { // whose line it is, which the summary says of all
				if value != nil {
					t.Errorf("line %d repeats %s", n+1, column)
				}
				value = all.Summary[column]
			}
			var want string
			switch v := value.(type) {
			case string:
				want = v
			case json.Number:
				want = v.String()
			case bool:
				want = map[bool]string{true: "true", false: "false"}[v]
			case nil:
			default:
				t.Fatalf("%s is %T", column, v)
			}
			if rows[n+1][i] != want {
				t.Errorf("row %d %s = %q in CSV, %q in JSON", n+1, column, rows[n+1][i], want)
			}
		}
	}
	at := func(row []string, column string) string { return row[slices.Index(rows[0], column)] }
	check := func(section string, want []map[string]any, key string) {
		t.Helper()
		for _, w := range want {
			row := beside[0]
			beside = beside[1:]
			if at(row, "section") != section || at(row, "amount") != w[key] || at(row, "line_no") != "" {
				t.Errorf("%s: CSV has %v, JSON %v", section, row, w)
			}
		}
	}
	check("headline", all.Head, "shown_amount")
	check("shown", all.Shown, "shown_amount")
	check("by_stream", all.Streams, "amount")
	check("held", all.Held, "amount")
	for _, term := range []struct{ key, column string }{
		{"min_amount", "amount"}, {"max_amount_per_day", "amount"}, {"fee_fixed", "amount"}, {"fee_rate", "rate"}, {"hold_days", "count"},
	} {
		row := beside[0]
		beside = beside[1:]
		if at(row, "section") != "payout_terms" || at(row, "reason") != term.key || at(row, term.column) != fmt.Sprint(all.Terms[term.key]) ||
			at(row, "method") != all.Terms["method"] || at(row, "currency") != all.Terms["currency"] || at(row, "line_no") != "" {
			t.Errorf("%s: CSV has %v, JSON %v", term.key, row, all.Terms)
		}
	}
	for _, key := range []string{"earned_amount", "adjusted_amount", "gross_amount", "withheld_amount", "fee_amount", "paid_amount", "requested_amount"} {
		check("year_to_date", []map[string]any{all.Year}, key)
	}
	check("changed", []map[string]any{{"amount": "0"}}, "amount")
	check("changed", all.moves(), "amount_moved")
}

var numberCell = regexp.MustCompile(`(?:class="n[^"]*"[^>]*>(?:× )?|>exactly )([+\x{2212}]?[0-9][0-9,.]*)`)

// Every number that stands in a cell, a card or the picture of the page is a
// number of the JSON, give or take its sign; and each of the summary's amounts
// that a creator is told is there.
func TestStatementHTMLNumbersAreJSONNumbers(t *testing.T) {
	for _, f := range fixtures {
		s := f.make(t)
		got := decode(t, s)
		known := map[string]bool{}
		learn := func(row map[string]any) {
			for _, v := range row {
				switch v := v.(type) {
				case string:
					known[strings.TrimPrefix(v, "-")] = true
				case json.Number:
					known[strings.TrimPrefix(v.String(), "-")] = true
				}
			}
		}
		learn(got.Summary)
		for _, rows := range [][]map[string]any{got.Lines, got.Head, got.Shown, got.Streams, got.Held, {got.Year}, got.moves()} {
			for _, row := range rows {
				learn(row)
			}
		}
		b := bytes.NewBufferString(rendered(t, s, (*renderer).HTML))
		seen := map[string]bool{}
		for _, match := range numberCell.FindAllStringSubmatch(b.String(), -1) {
			plain := strings.NewReplacer(",", "", "+", "", "\u2212", "").Replace(match[1])
			if strings.Contains(plain, ".") {
				plain = strings.TrimSuffix(strings.TrimRight(plain, "0"), ".")
			}
			seen[plain] = true
			if !known[plain] && !strings.Contains(b.String(), match[0]+"%") {
				t.Errorf("%s: the page shows %s, which no row holds", f.name, match[0])
			}
		}
		for _, key := range []string{"opening_amount", "earned_amount", "closing_amount", "taken_amount", "redeemed_amount"} {
			v := strings.TrimPrefix(got.Summary[key].(string), "-")
			if !seen[v] {
				t.Errorf("%s: the page does not show %s %s", f.name, key, v)
			}
		}
	}
}

const hostile = "<script>alert(1)</script>\"'&\u202Eevil\x00\x1b[31m"

func TestStatementHTMLEscapes(t *testing.T) {
	s := rich(t)
	s.DisplayName, s.RunID = hostile, hostile
	s.Payer = statement.Party{Name: hostile, Address: hostile, TaxID: hostile}
	m := &s.Summary
	m.CreatorID, m.Entity, m.Currency, m.Country, m.Tier, m.AgencyID = hostile, hostile, hostile, hostile, hostile, hostile
	s.Terms.Method, s.Terms.Currency = hostile, hostile
	for i := range s.Lines {
		l := &s.Lines[i]
		l.CreatorID, l.Entity, l.Currency = hostile, hostile, hostile
		l.Label, l.GiftID, l.StreamID, l.ReferenceID, l.OriginalEventID = hostile, hostile, hostile, hostile, hostile
		l.Status, l.Method, l.PayoutCurrency = hostile, hostile, hostile
		if l.Section == "adjusted" {
			l.Reason = hostile
		}
	}
	b := bytes.NewBufferString(rendered(t, s, (*renderer).HTML))
	page := b.String()
	for _, bad := range []string{"<script", "\u202E", "\x00", "\x1b", "\"'&"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q unescaped", bad)
		}
	}
	if n := strings.Count(page, "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;\uFFFDevil\uFFFD\uFFFD[31m"); n < 50 {
		t.Errorf("the escaped text stands on the page %d times", n)
	}
	if n := strings.Count(page, "<bdi"); n != strings.Count(page, "</bdi>") || n < 30 {
		t.Errorf("%d isolated names", n)
	}
}

// The page loads nothing and runs nothing.
func TestStatementHTMLIsSelfContained(t *testing.T) {
	b := bytes.NewBufferString(rendered(t, rich(t), (*renderer).HTML))
	page := strings.ReplaceAll(b.String(), "http://www.w3.org/2000/svg", "")
	for _, bad := range []string{"http", "<script", "<link", "<img", "url(", "@import", "src=", "href=", " on"} {
		if bad == " on" {
			if regexp.MustCompile(`<[^>]* on[a-z]+=`).MatchString(page) {
				t.Error("the page has an event handler")
			}
			continue
		}
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

func TestStatementCSVNeutralises(t *testing.T) {
	s := rich(t)
	texts := []string{"=1+1", "+1", "-1", "@x", "\tx", "\rx", "a,b", `say "hi"`, "a\r\nb", "plain", " lead", "\x00=1", "\uFF1D1"}
	want := []string{"'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "a,b", `say "hi"`, "a\r\nb", "plain", " lead", "'\x00=1", "'\uFF1D1"}
	s.Lines = s.Lines[:len(texts)]
	for i, text := range texts {
		s.Lines[i].Label = text
	}
	s.Lines[2].Amount = amount(t, "-5.1")
	b := bytes.NewBufferString(rendered(t, s, (*renderer).CSV))
	if !strings.Contains(b.String(), ",'-1,") || !strings.Contains(b.String(), ",-5.1,") {
		t.Error("a negative amount must stay a number, a text must not become one")
	}
	reader := csv.NewReader(b)
	rows, err := reader.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := -1
	for i, name := range rows[0] {
		if name == "label" {
			column = i
		}
	}
	for i := range texts {
		// encoding/csv folds \r\n inside a quoted field into \n.
		if got := rows[i+1][column]; got != strings.ReplaceAll(want[i], "\r\n", "\n") {
			t.Errorf("%q became %q, want %q", texts[i], got, want[i])
		}
	}
}

func TestStatementRefusesForeignRows(t *testing.T) {
	cases := []struct {
		name string
		harm func(*statement.Statement)
		want string
	}{
		{"another creator", func(s *statement.Statement) { s.Lines[3].CreatorID = "c_7" },
			`render statement of "c_1029", "main", "USD": line 4 belongs to "c_7", "main", "USD"`},
		{"another currency", func(s *statement.Statement) { s.Lines[0].Currency = "EUR" },
			`render statement of "c_1029", "main", "USD": line 1 belongs to "c_1029", "main", "EUR"`},
		{"section", func(s *statement.Statement) { s.Lines[0].Section = "gifts" },
			`render statement of "c_1029", "main", "USD": line 1 has the unknown section "gifts"`},
		{"period", func(s *statement.Statement) { s.Summary.Period = "October" },
			`render statement of "c_1029": "October" is not a month like 2026-10 (from 2000-01 to 2099-12)`},
	}
	for _, c := range cases {
		for _, format := range formats {
			t.Run(c.name+" "+format.ext, func(t *testing.T) {
				s := rich(t)
				c.harm(s)
				var r renderer
				_, err := format.write(&r, s)
				if err == nil || err.Error() != c.want {
					t.Fatalf("got %v", err)
				}
				if pipeline.KindOf(err) != pipeline.KindInternal {
					t.Errorf("kind %d", pipeline.KindOf(err))
				}
			})
		}
	}
}

// Every element that is opened is closed, in order.
func TestStatementHTMLIsBalanced(t *testing.T) {
	tag := regexp.MustCompile(`<(/?)([a-z0-9]+)[^>]*?(/?)>`)
	void := map[string]bool{"meta": true, "br": true}
	for _, f := range fixtures {
		b := bytes.NewBufferString(rendered(t, f.make(t), (*renderer).HTML))
		var open []string
		for _, m := range tag.FindAllStringSubmatch(b.String(), -1) {
			switch {
			case m[3] == "/" || void[m[2]]:
			case m[1] == "":
				open = append(open, m[2])
			case len(open) == 0 || open[len(open)-1] != m[2]:
				t.Fatalf("%s: </%s> closes %v", f.name, m[2], open)
			default:
				open = open[:len(open)-1]
			}
		}
		if len(open) != 0 {
			t.Errorf("%s: never closed: %v", f.name, open)
		}
	}
}

// What is told in words depends on the rows: each word has its case.
func TestStatementHTMLWords(t *testing.T) {
	changed := func(change func(*pipeline.StatementSummary)) *statement.Statement {
		s := rich(t)
		change(&s.Summary)
		return s
	}
	cases := []struct {
		name    string
		s       *statement.Statement
		says    []string
		saysNot []string
	}{
		{"rich", rich(t), []string{
			">Final<", "version&nbsp;2", "In October 2026 you received 2,289&nbsp;gifts of 140,106&nbsp;coins in all, and 1&nbsp;gift of 1,000&nbsp;coins was taken back: together they earned you 718.96&nbsp;USD.",
			">Opening balance</dt><dd class=\"big\"><span class=\"n\">612.00<", ">Earned and changes</dt>", "exactly +747.7460<", "gifts +718.96, adjustments", "rate changes +31.41",
			"Rates in force 1 Jan 2026 to 14 Oct 2026", "Rates in force since 15 Oct 2026", "rates changed, so each has its own row",
			"Clawback: the coins", "original event <bdi class=\"id\">ev_20261002_118200</bdi>", "On its way", "Payout failed",
			"earlier month", "Fractions smaller than 0.01&nbsp;USD", "whole steps of 0.01&nbsp;USD",
			"at the rate then in force, 0.0105&nbsp;USD per diamond", "176.90&nbsp;USD × 0.9215 \u2248 <b>163.01&nbsp;EUR</b>", "Diamonds can be paid out 15&nbsp;days after they are credited; none of this balance is held.", "requested in an earlier month, paid 2 Oct 2026", "0.10&nbsp;USD and 1.5% of its amount",
			"265.30 reached you, 278.67 on its way, fees 7.93, tax 51.50, 9.20 came back", "parts of diamonds that could not be credited",
		}, []string{"<small>payout <bdi class=\"id\">po_87004", ">0 diamonds", "Provisional</b>", "Why is it negative"}},
		{"empty", empty(t), []string{">Provisional<", "No gifts this month", "No payouts this month", "Nothing was deducted this month", "owes you nothing further", "Nothing moved this month"},
			[]string{"Who gets what", "How coins became money", "earlier month", "Final</b>", "What was added"}},
		{"negative", negative(t), []string{"Why is it negative?", "\u22127.80&nbsp;USD", "class=\"zero\"", "<bdi>نور</bdi>"}, []string{"owes you"}},
		{"yen", yen(t), []string{"2,250&nbsp;JPY", "<b>3,000&nbsp;coins</b> × 0.5 = <b>1,500&nbsp;diamonds</b>", "<b>1,500&nbsp;diamonds</b> × 1.5&nbsp;JPY = <b>2,250&nbsp;JPY</b>"},
			[]string{"2,250.0", "Fractions smaller"}},
		{"dinar", dinar(t), []string{"exactly 4.6125<", "4.612&nbsp;KWD", "Fractions smaller than 0.001&nbsp;KWD", "9.2250<"}, nil},
		{"fees alone", changed(func(m *pipeline.StatementSummary) {
			m.WithheldAmount, m.TakenAmount, m.RoundingKept = 0, m.FeeAmount, -m.RoundingKept
		}), []string{"fees 7.93, 9.20", "less rounding in your favour: parts of diamonds credited as whole ones</th><td class=\"n r\"></td>"},
			[]string{"could not be credited"}},
		{"rate totals", rateTotals(t), []string{"All gifts, rates in force 1 Jan 2026 to 14 Oct 2026", "<b>21,614&nbsp;diamonds</b> × 0.01&nbsp;USD = <b>216.14&nbsp;USD</b>", "(105.00&nbsp;USD) is held: diamonds can be paid out 15&nbsp;days after they are credited. The last of it is free from 15 Nov 2026.", "opened again on 6 November 2026 for this reason: <bdi>the rate of 15 October was &lt;entered&gt; late</bdi>", "1,204&nbsp;other streams together", "February to October 2026"}, []string{"For example"}},
	}
	for _, c := range cases {
		b := bytes.NewBufferString(rendered(t, c.s, (*renderer).HTML))
		for _, want := range c.says {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: the page does not say %q", c.name, want)
			}
		}
		for _, bad := range c.saysNot {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s: the page says %q", c.name, bad)
			}
		}
	}
}
