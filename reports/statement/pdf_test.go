package statement_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"
	"golang.org/x/text/unicode/norm"

	"carat/pipeline"
	"carat/reports/statement"
)

// program gives a system program's path. Without it the test is skipped by
// name, or fails where CI is true and .ci/run should have installed it.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, and CI is true", name)
	}
	if err != nil {
		t.Skipf("needs %s", name)
	}
	return path
}

// pdfText gives what a reader can select and copy.
func pdfText(pdftotext string, pdf []byte, args ...string) (string, error) {
	cmd := exec.Command(pdftotext, append(args, "-", "-")...)
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	return string(out), err
}

func TestStatementPDFGolden(t *testing.T) {
	pdftotext := program(t, "pdftotext")
	for _, f := range fixtures {
		t.Run(f.name, func(t *testing.T) {
			var r renderer
			b, err := r.PDF(f.make(t))
			if err != nil {
				t.Fatal(err)
			}
			got, err := pdfText(pdftotext, b, "-layout")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", f.name+".pdf.txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; look at it, then go test ./reports/statement -update", path)
			}
		})
	}
}

// The same statement gives the same bytes, whatever was rendered before.
func TestStatementPDFDeterminism(t *testing.T) {
	var used renderer
	for range 2 {
		for _, f := range fixtures {
			var fresh renderer
			want, err := fresh.PDF(f.make(t))
			if err != nil {
				t.Fatal(err)
			}
			got, err := used.PDF(f.make(t))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("%s.pdf depends on what was rendered before", f.name)
			}
			s := f.make(t)
			rows := "/ModDate (D:" + s.Summary.Period.End(s.TimeZone()).UTC().Format("20060102150405Z") + ")" // as the month ended
			if bytes.Contains(bytes.Replace(got, []byte(rows), nil, 1), []byte("Date")) {
				t.Fatalf("%s.pdf holds a date of its making", f.name)
			}
		}
	}
}

// Names in every script, names that are markup, formulas or paths: the text
// comes out of the file as it went in, and nothing else changes.
func TestStatementPDFNames(t *testing.T) {
	pdftotext := program(t, "pdftotext")
	for _, name := range []string{
		"李小龍", "ひらがな カタカナ", "김철수 뷁", "Nguyễn Thị Ánh", "Ελένη", "Привет", "<script>alert(1)</script>", `=HYPERLINK("http://x","y")`,
		"(\\) Tj ET endstream endobj", "../../etc/passwd", "🦄", "Ünïcødé", "שלום",
		"สมชาย ใจดีน้ำ", "प्रिया श्रीवास्तव", "မောင်မောင်", "ಶ್ರೀನಿವಾಸ", "پرویز", "سلام", "प्रिया & Tom (ก้อง)",
	} {
		s := rich(t)
		s.DisplayName = name
		var r renderer
		b, err := r.PDF(s)
		if err != nil {
			t.Fatal(err)
		}
		text, err := pdfText(pdftotext, b, "-raw")
		if err != nil {
			t.Fatal(err)
		}
		flat := strings.NewReplacer("\n", "", " ", "", "\u202b", "", "\u202c", "", "\u202a", "").Replace(text)
		// A lam and an alef that are one glyph come out as one character.
		if want := strings.ReplaceAll(name, " ", ""); !strings.Contains(flat, want) && !strings.Contains(norm.NFKC.String(flat), want) {
			t.Errorf("%q is not in the text", name)
		}
	}
	s := rich(t)
	s.DisplayName = strings.Repeat("Long name ", 30)
	var r renderer
	b, err := r.PDF(s)
	if err != nil {
		t.Fatal(err)
	}
	text, err := pdfText(pdftotext, b, "-layout")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(text, "Long name"); n == 0 || n > 12 || !strings.Contains(text, "…") {
		t.Errorf("a name of 300 characters stands there %d times", n)
	}
}

// generated is a creator's month drawn from a seed: any number of gifts under
// several rates, reversals, adjustments and payouts.
func generated(t testing.TB, n int) *statement.Statement {
	draw := rand.New(rand.NewPCG(20261122, uint64(n)))
	d := newDraft(t, []string{"USD", "EUR", "JPY", "KWD"}[n%4])
	m := &d.s.Summary
	m.CreatorID, m.Country, m.Provisional = fmt.Sprintf("c%04d", n), []string{"", "US", "DE", "IN", "FR", "CH", "BR"}[n%7], n%3 == 0
	d.s.Payer, d.s.RunID, d.s.DisplayName = statement.Party{Name: "Payer"}, "", "Name"
	d.opening(int64(draw.IntN(100_000)), pipeline.Amount(draw.Int64N(1_000_000_000)).String())
	first := rates{at(t, "2026-09-30T22:00:00Z"), at(t, "2026-10-14T22:00:00Z"), rate(t, "0.5"), rate(t, "0.01")}
	second := rates{at(t, "2026-10-14T22:00:00Z"), nil, rate(t, "0.525"), rate(t, "0.0105")}
	list := pipeline.Amount(0)
	for range draw.IntN(40) {
		r := []rates{first, second}[draw.IntN(2)]
		coins := draw.Int64N(2_000_000)
		money := pipeline.Amount(draw.Int64N(20_000_000_000))
		list += 2 * money
		d.gift(r, fmt.Sprintf("Gift%c", 'A'+draw.IntN(26)), draw.Int64N(5000)+1, coins, coins/2, money.String()).PriorPeriod = draw.IntN(20) == 0
	}
	for range draw.IntN(6) {
		diamonds := draw.Int64N(20_000) - 10_000
		d.line(pipeline.StatementLine{
			Section: "adjusted", Reason: []string{"bonus", "clawback", "split", "penalty", "correction"}[draw.IntN(5)], EventAt: first.to,
			Diamonds: &diamonds, Rate: second.diamond, Amount: pipeline.Amount(diamonds * 10_500), ReferenceID: "adj", OriginalEventID: "ev",
		})
	}
	for range draw.IntN(4) {
		gross := pipeline.Amount(draw.Int64N(100_000)+1) * 1_000_000
		fee, tax := gross/100, gross/10
		d.line(pipeline.StatementLine{
			Section: "redeemed", Reason: "payout", Status: []string{"paid", "requested"}[draw.IntN(2)], Method: "bank", EventAt: second.from, ReferenceID: "po",
			Diamonds: ptr(-int64(gross) / 10_000), Amount: -gross, FeeAmount: &fee, WithholdingAmount: &tax, NetAmount: ptr(gross - fee - tax),
		})
	}
	return d.close(list.String(), (list - m.EarnedAmount).String(), "0", "0")
}

// notNumbers is what a statement says in digits that is no row's number: dates,
// times, percentages, its foot, sums carried over a page's end, the smallest unit.
var notNumbers = regexp.MustCompile(`(?m)^.*Carried forward.*$|^.*Brought forward.*$|^Statement c.*$|\b\d{1,2}\s+(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*(\s+20\d\d)?(, \d\d:\d\d)?|[A-Z][a-z]+\s+20\d\d\b|c\d{4}|version \d+|[\d.,’]+%|(smaller than|steps of) [\d.,]+|Page \d+ of \d+|\d rates this month`)

// What can be selected in a PDF is what the JSON says: each number of the JSON
// stands on paper, and no number stands on paper that is not in the JSON.
func TestStatementPDFNumbersAreJSONNumbers(t *testing.T) {
	pdftotext := program(t, "pdftotext")
	const creators = 1000
	var group errgroup.Group
	for worker := range 2 {
		group.Go(func() error {
			var r renderer
			for n := worker; n < creators; n += 2 {
				if err := comparePDF(pdftotext, &r, generated(t, n)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

func comparePDF(pdftotext string, r *renderer, s *statement.Statement) error {
	b, err := r.PDF(s)
	if err != nil {
		return err
	}
	text, err := pdfText(pdftotext, b, "-layout")
	if err != nil {
		return err
	}
	text = notNumbers.ReplaceAllString(text, " ")
	token := regexp.MustCompile(`\d(?:[\d,]*\d)?(?:\.\d+)?`)
	shown := map[string]bool{}
	for _, v := range token.FindAllString(text, -1) {
		v = strings.ReplaceAll(v, ",", "")
		if strings.Contains(v, ".") {
			v = strings.TrimSuffix(strings.TrimRight(v, "0"), ".")
		}
		shown[v] = true
	}
	known := map[string]bool{}
	data, err := r.JSON(s)
	if err != nil {
		return err
	}
	var rows struct {
		Summary                map[string]any
		Lines, Headline, Shown []map[string]any
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(&rows); err != nil {
		return err
	}
	id := s.Summary.CreatorID
	learn := func(row map[string]any, must []string) error {
		for _, v := range row {
			known[plainNumber(v)] = true
		}
		for _, key := range must {
			if v := plainNumber(row[key]); v != "" && v != "0" && !shown[v] { // what is nothing has no row
				return fmt.Errorf("%s: the PDF does not show %s %s", id, key, v)
			}
		}
		return nil
	}
	if err := learn(rows.Summary, []string{"opening_amount", "opening_diamonds", "earned_amount", "earned_diamonds", "redeemed_amount", "closing_amount",
		"closing_diamonds", "taken_amount", "paid_amount", "gift_coins", "gift_count"}); err != nil && len(rows.Lines) > 2 {
		return err
	}
	for _, line := range rows.Lines {
		if err := learn(line, []string{"amount", "diamonds", "count", "coins", "rate", "fee_amount", "withholding_amount", "net_amount"}); err != nil && line["section"] != "rounding" {
			return err
		}
	}
	for _, row := range append(rows.Headline, rows.Shown...) {
		if err := learn(row, []string{"shown_amount"}); err != nil {
			return err
		}
	}
	for v := range shown {
		if !known[v] {
			return fmt.Errorf("%s: the PDF shows %s, which no row holds", id, v)
		}
	}
	return nil
}

// plainNumber gives a JSON number or decimal without its sign; "" for other values.
func plainNumber(v any) string {
	switch v := v.(type) {
	case json.Number:
		return strings.TrimPrefix(v.String(), "-")
	case string:
		if _, err := pipeline.ParseRate([]byte(v)); err == nil {
			return strings.TrimPrefix(v, "-")
		}
	}
	return ""
}

// The sums at the ends of pages lead to the total that the summary has.
func TestStatementPDFCarriesSums(t *testing.T) {
	pdftotext := program(t, "pdftotext")
	d := newDraft(t, "USD")
	r := rates{at(t, "2026-09-30T22:00:00Z"), nil, rate(t, "0.5"), rate(t, "0.01")}
	d.opening(0, "0")
	for i := range 120 {
		d.gift(r, fmt.Sprintf("Gift%03d", i), 1, 200, 100, "1")
	}
	var one renderer
	b, err := one.PDF(d.close("240", "120", "0", "0"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := pdfText(pdftotext, b, "-layout")
	if err != nil {
		t.Fatal(err)
	}
	var sums []string
	rows := 0
	for _, line := range strings.Split(text, "\n") {
		switch fields := strings.Fields(line); {
		case len(fields) == 0:
		case strings.HasPrefix(fields[0], "Gift0") || strings.HasPrefix(fields[0], "Gift1"):
			rows++
		case fields[0] == "Carried" || fields[0] == "Brought":
			if want := fmt.Sprintf("%d.00", rows); fields[2] != want {
				t.Errorf("%s after %d gifts of 1.00", line, rows)
			}
			sums = append(sums, fields[2])
		}
	}
	if rows != 120 || len(sums) < 4 {
		t.Errorf("%d rows, carried %v", rows, sums)
	}
}
