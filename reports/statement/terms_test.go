package statement_test

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"carat/pipeline"
	"carat/reports/statement"
)

var markup = regexp.MustCompile(`<[^>]*>`)

// Page and paper tell the same terms in the same words, whatever the rule, the
// balance and their currencies are.
func TestStatementTermsInWords(t *testing.T) {
	pdftotext := program(t, "pdftotext")
	const hold = "Diamonds can be paid out 15 days after they are credited"
	for _, c := range []struct {
		name    string
		from    func(testing.TB) *statement.Statement
		change  func(*statement.Statement)
		says    []string
		saysNot []string
	}{
		{"enough", rich, func(*statement.Statement) {}, []string{"Payouts by bank start at 10.00 USD: your balance is enough for one.", hold + "; none of this balance is held.",
			"Fee of a payout: 0.10 USD and 1.5% of its amount.", "At most 1,000.00 USD is paid out a day."}, []string{"held included", "until it gets there"}},
		{"exactly enough", rich, func(s *statement.Statement) { s.Terms.MinAmount = s.Summary.ClosingAmount }, []string{"your balance is enough for one."}, nil},
		{"a millionth less", rich, func(s *statement.Statement) { s.Terms.MinAmount = s.Summary.ClosingAmount + 1 },
			[]string{": your balance is carried on until it gets there."}, []string{"enough for one"}},
		{"held", rateTotals, func(*statement.Statement) {}, []string{"start at 10.00 USD: your balance is enough for one, what is held included.",
			"is held: diamonds can be paid out 15 days after they are credited. The last of it is free from 15 Nov 2026."}, []string{hold, "none of this balance"}},
		{"another currency", rich, func(s *statement.Statement) { s.Terms.Currency = "JPY" }, []string{"Payouts by bank start at 10 JPY; your balance is in USD.",
			"Fee of a payout: 0.1 JPY and 1.5% of its amount.", "At most 1,000 JPY is paid out a day."}, []string{"enough for one", "until it gets there"}},
		{"neither minimum nor fee nor hold nor maximum", rich, func(s *statement.Statement) {
			s.Terms = &pipeline.StatementTerms{Method: "bank", Currency: "USD"}
		}, []string{"Payouts by bank have no minimum.", "A payout costs no fee."}, []string{"start at", hold, "At most", "Fee of a payout"}},
		{"a part as fee", rich, func(s *statement.Statement) { s.Terms.FeeFixed = 0 }, []string{"Fee of a payout: 1.5% of its amount."}, nil},
		{"an amount as fee", rich, func(s *statement.Statement) { s.Terms.FeeRate = 0 }, []string{"Fee of a payout: 0.10 USD."}, nil},
		{"below zero", negative, func(s *statement.Statement) { s.Terms = rich(t).Terms }, []string{"Why is it negative?", "Payouts by bank start at 10.00 USD.", hold + "."},
			[]string{"enough for one", "until it gets there", "none of this balance"}},
		{"nothing left", empty, func(s *statement.Statement) { s.Terms = rich(t).Terms }, []string{"Payouts by bank start at 10.00 USD.", hold + "."},
			[]string{"enough for one", "until it gets there", "none of this balance"}},
		{"no rule", rich, func(s *statement.Statement) { s.Terms = nil }, nil, []string{"Payouts by bank start", "no minimum", hold, "At most", "Fee of a payout", "costs no fee"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.from(t)
			c.change(s)
			var r renderer
			page, err := r.HTML(s)
			if err != nil {
				t.Fatal(err)
			}
			told := map[string]string{"page": html.UnescapeString(markup.ReplaceAllString(string(page), ""))}
			paper, err := r.PDF(s)
			if err != nil {
				t.Fatal(err)
			}
			if told["paper"], err = pdfText(pdftotext, paper, "-raw"); err != nil {
				t.Fatal(err)
			}
			for where, text := range told {
				text = strings.Join(strings.Fields(text), " ")
				for _, want := range c.says {
					if !strings.Contains(text, want) {
						t.Errorf("the %s does not say %q", where, want)
					}
				}
				for _, bad := range c.saysNot {
					if strings.Contains(text, bad) {
						t.Errorf("the %s says %q", where, bad)
					}
				}
			}
		})
	}
}

// The files hold the terms whole, in the terms' currency; without a rule there
// are none.
func TestStatementTermsInFiles(t *testing.T) {
	s := rich(t)
	s.Terms.Currency, s.Terms.MaxAmountPerDay = "EUR", nil
	got := decode(t, s).Terms
	want := map[string]any{"method": "bank", "currency": "EUR", "min_amount": "10", "fee_fixed": "0.1", "fee_rate": "0.015", "hold_days": "15"}
	if len(got) != len(want) {
		t.Errorf("%d keys: %v", len(got), got)
	}
	for key, v := range want {
		if fmt.Sprint(got[key]) != fmt.Sprint(v) {
			t.Errorf("%s = %v, want %v", key, got[key], v)
		}
	}
	b := bytes.NewBufferString(rendered(t, s, (*renderer).CSV))
	if n := strings.Count(b.String(), ",EUR,payout_terms,"); n != 4 || strings.Contains(b.String(), "max_amount_per_day") {
		t.Errorf("%d rows of terms in EUR without a maximum, want 4", n)
	}
	s.Terms = nil
	if got := decode(t, s).Terms; got != nil {
		t.Errorf("terms without a rule: %v", got)
	}
	b = bytes.NewBufferString(rendered(t, s, (*renderer).CSV))
	if strings.Contains(b.String(), "payout_terms") {
		t.Error("rows of terms without a rule")
	}
}

// A statement is rendered again when any of its terms is another, and only then.
func TestStatementDigestKnowsTheTerms(t *testing.T) {
	var r renderer
	digest := func(change func(*statement.Statement)) string {
		s := rich(t)
		change(s)
		d, err := r.files.Digest(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if digest(func(*statement.Statement) {}) != digest(func(s *statement.Statement) { s.RunID = "another" }) {
		t.Error("the same terms of another run are another statement")
	}
	seen := []string{digest(func(*statement.Statement) {})}
	for i, change := range []func(*statement.Statement){
		func(s *statement.Statement) { s.Terms = nil },
		func(s *statement.Statement) { s.Terms.Method = "wire" },
		func(s *statement.Statement) { s.Terms.Currency = "EUR" },
		func(s *statement.Statement) { s.Terms.MinAmount++ },
		func(s *statement.Statement) { *s.Terms.MaxAmountPerDay++ },
		func(s *statement.Statement) { s.Terms.MaxAmountPerDay = nil },
		func(s *statement.Statement) { s.Terms.FeeFixed++ },
		func(s *statement.Statement) { s.Terms.FeeRate++ },
		func(s *statement.Statement) { s.Terms.HoldDays++ },
	} {
		d := digest(change)
		if slices.Contains(seen, d) {
			t.Errorf("change %d is not seen", i)
		}
		seen = append(seen, d)
	}
}
