package agency

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"carat/pipeline"
)

func amountOf(text string) pipeline.Amount {
	v, err := pipeline.ParseAmount([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

// month is an agency's month whose ids would be markup and formulas elsewhere.
func month() *Statement {
	n, rate, share := int64(3), pipeline.Rate(10_000_000), pipeline.Rate(100_000_000)
	at, net, fee := int64(1_790_942_400_000_000), amountOf("0.4"), amountOf("0.1")
	s := &Statement{RunID: "run", Head: Head{Period: "2026-10", Version: 1, AgencyID: `=<b>&"`, Entity: "main", Currency: "USD",
		Accrued: amountOf("1.003"), Redeemed: amountOf("-0.5"), Rounding: amountOf("-0.003"), ClawedBack: amountOf("-0.75"), Closing: amountOf("-0.25"), Creators: 1, Gifts: 3, Diamonds: 3}}
	s.Lines = []Line{
		{Section: "opening", LineNo: 1, Reason: "opening"},
		{Section: "accrued", LineNo: 2, Day: "2026-10-02", CreatorID: "@c1", Count: &n, Coins: &n, Diamonds: &n, Rate: &rate, Share: &share, Amount: amountOf("1.003"), Reason: "gift"},
		{Section: "clawed_back", LineNo: 3, EventAt: &at, CreatorID: "@c1", Diamonds: &n, Amount: amountOf("-0.75"), Reason: "clawback", ReferenceID: "k1", OriginalEventID: "g1"},
		{Section: "redeemed", LineNo: 4, EventAt: &at, Amount: amountOf("-0.5"), Reason: "payout", ReferenceID: "p1", Status: "paid", Method: "bank", Net: &net, Fee: &fee},
		{Section: "rounding", LineNo: 5, Amount: amountOf("-0.003"), Reason: "payout_fraction"},
		{Section: "closing", LineNo: 6, Amount: amountOf("-0.25"), Reason: "closing"},
	}
	return s
}

// The page says whose month it is, what moved, and what has to be known of it.
func TestWordsOfAMonth(t *testing.T) {
	p := month().Words()
	if p.Lead != "Gifts to 1\u00a0creator gave 1.003\u00a0USD, 0.75\u00a0USD was taken back, 0.50\u00a0USD was paid out: −0.25\u00a0USD is owed at the end of October 2026." {
		t.Error(p.Lead)
	}
	notes := strings.Join(p.Notes, " ")
	for _, want := range []string{"below zero", "No terms are on file"} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q isn't told: %s", want, notes)
		}
	}
	var titles []string
	for _, table := range p.Tables {
		titles = append(titles, table.Title)
		for _, row := range table.Rows {
			if len(row.Cells) != len(table.Columns) {
				t.Errorf("%s: %q has %d cells", table.Title, row.Cells, len(row.Cells))
			}
		}
	}
	if got := strings.Join(titles, "; "); got != "How the balance moved; Gifts, by day and creator; Clawbacks and adjustments; Payouts" {
		t.Error(got)
	}
	if got := p.Tables[3].Rows[0]; strings.Join(got.Cells, "|") != "p1|−0.50|0.10||0.40" || !strings.Contains(got.Small, "Requested, Paid, bank") {
		t.Errorf("%q", got)
	}
}

// CSV and JSON hold the same lines; what a spreadsheet would run is text.
func TestFilesHoldTheSameLines(t *testing.T) {
	s := month()
	sheet, err := s.CSV()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(sheet))).ReadAll()
	if err != nil || len(rows) != len(s.Lines)+1 || rows[1][3] != `'=<b>&"` || rows[2][10] != "'@c1" || rows[2][16] != "1.003" {
		t.Fatal(err, rows)
	}
	text, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Summary map[string]any
		Lines   []map[string]any
	}
	if err := json.Unmarshal(text, &file); err != nil || len(file.Lines) != len(s.Lines) || file.Summary["agency_id"] != s.AgencyID || file.Lines[1]["amount"] != "1.003" {
		t.Fatal(err, string(text))
	}
}

// A statement whose lines don't lead to its closing balance is none.
func TestLinesMustSum(t *testing.T) {
	s := month()
	s.Lines[1].Amount++
	if _, err := s.JSON(); pipeline.KindOf(err) != pipeline.KindInternal || err == nil {
		t.Error(err)
	}
	if _, err := s.Digest(); err == nil {
		t.Error("a digest of what doesn't add up")
	}
}

// The digest depends on what is said and not on the run that said it.
func TestDigest(t *testing.T) {
	a, b, c := month(), month(), month()
	b.RunID = "another"
	c.Payer.Name = "Payer"
	one, _ := a.Digest()
	other, _ := b.Digest()
	third, _ := c.Digest()
	if one != other || one == third {
		t.Error(one, other, third)
	}
}

// The year so far stands on the page and in JSON, and is no part of what the month says.
func TestYearToDate(t *testing.T) {
	s := month()
	before, err := s.Digest()
	if err != nil {
		t.Fatal(err)
	}
	s.Year = &Year{FirstPeriod: "2026-03", Accrued: amountOf("12.5"), TakenBack: amountOf("-1.25"), PaidOut: amountOf("-7"), Withheld: amountOf("0.7"), Paid: amountOf("6.3")}
	after, err := s.Digest()
	if err != nil || before != after {
		t.Errorf("the digest changed (%v)", err)
	}
	p := s.Words()
	table := p.Tables[len(p.Tables)-1]
	if table.Title != "The year so far, from March 2026" || len(table.Rows) != 5 || table.Rows[3].Cells[0] != "Tax withheld from payouts" || table.Rows[3].Cells[1] != "−0.70" {
		t.Errorf("%+v", table)
	}
	text, err := s.JSON()
	if err != nil || !strings.Contains(string(text), `"year_to_date":{"first_period":"2026-03","accrued_amount":"12.5","taken_back_amount":"-1.25","adjusted_amount":"0","paid_out_amount":"-7","withheld_amount":"0.7","fee_amount":"0","paid_amount":"6.3"},`) {
		t.Errorf("%s (%v)", text, err)
	}
}

// What is owed is what can be paid; the fraction of a yen stays in the balance, and is told.
func TestAFractionIsNotOwedYet(t *testing.T) {
	s := month()
	s.Currency, s.Closing = "JPY", amountOf("20.8")
	p := s.Words()
	if notes := strings.Join(p.Notes, " "); !strings.Contains(p.Lead, ": 20\u00a0JPY is owed") || !strings.Contains(notes, "Fractions smaller than 1\u00a0JPY stay in your balance") {
		t.Error(p.Lead, notes)
	}
	if total := p.Tables[0].Total[1]; !strings.HasPrefix(total, "20.8") {
		t.Error(total)
	}
	s.Closing = amountOf("20")
	if p := s.Words(); !strings.Contains(p.Lead, ": 20\u00a0JPY is owed") || strings.Contains(strings.Join(p.Notes, " "), "Fractions") {
		t.Error(p.Lead, p.Notes)
	}
}
