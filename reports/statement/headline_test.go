package statement_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"carat/pipeline"
	"carat/reports/statement"
)

// Whatever the month, the four numbers that a reader sees lead from opening to
// closing, as they are shown and as they are; each is shown less than one unit from
// what it is; and the balances are never rounded up nor bent, so that one month's closing
// is the next one's opening.
func TestHeadlineAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"USD", "JPY", "KWD", "EUR"}).Draw(t, "currency")
		unit := map[string]pipeline.Amount{"USD": 10_000, "JPY": 1_000_000, "KWD": 1000, "EUR": 10_000}[currency]
		some := func(name string) pipeline.Amount {
			return pipeline.Amount(rapid.Int64Range(-5_000_000, 5_000_000).Draw(t, name))
		}
		m := pipeline.StatementSummary{Period: "2026-10", CreatorID: "c", Entity: "main", Currency: currency,
			OpeningAmount: some("opening"), EarnedAmount: some("earned"), AdjustedAmount: some("adjusted"), RedeemedAmount: some("redeemed"),
			ReturnedAmount: some("returned"), RevaluationAmount: some("revaluation"), RoundingAmount: some("rounding")}
		m.ClosingAmount = m.OpeningAmount + m.EarnedAmount + m.AdjustedAmount - m.RedeemedAmount + m.ReturnedAmount + m.RevaluationAmount - m.RoundingAmount
		var w statement.Words
		w.About(&statement.Statement{Statement: &pipeline.Statement{Summary: m}})
		c := w.Cards()
		if c[0].Amount+c[1].Amount+c[2].Amount != c[3].Amount || c[0].Shown+c[1].Shown+c[2].Shown != c[3].Shown {
			t.Fatalf("%+v", c)
		}
		steps, _, _ := w.Steps()
		var shown pipeline.Amount
		for i := range steps {
			s := &steps[i]
			off := s.Amount - s.Shown
			if s.Shown%unit != 0 || off <= -unit || off >= unit {
				t.Fatalf("%+v is shown as %d", s, s.Shown)
			}
			if !s.Moves() && off < 0 {
				t.Fatalf("a balance of %d is rounded up to %d", s.Amount, s.Shown)
			}
			if s.Move != statement.MoveClosing {
				shown += s.Shown
			} else if shown != s.Shown {
				t.Fatalf("the steps lead to %d, not to %d: %+v", shown, s.Shown, steps)
			}
		}
	})
}

// The unit that isn't whole is nobody's to be paid yet, and the sentence, the cards and the
// mail say so alike.
func TestWhatIsOwedIsNeverRoundedUp(t *testing.T) {
	for _, c := range []struct{ exact, currency, want string }{
		{"74.67", "JPY", "74"}, {"-74.67", "JPY", "-75"}, {"0.999999", "USD", "0.99"}, {"1230.55875", "USD", "1,230.55"}, {"4.6125", "KWD", "4.612"}, {"0.4", "JPY", "0"},
	} {
		if got := strings.ReplaceAll(statement.Balance(amount(t, c.exact), c.currency), "\u2212", "-"); got != c.want {
			t.Errorf("%s %s is shown as %s, want %s", c.exact, c.currency, got, c.want)
		}
		m := pipeline.StatementSummary{Period: "2026-10", CreatorID: "c", Entity: "main", Currency: c.currency, EarnedAmount: amount(t, c.exact), ClosingAmount: amount(t, c.exact)}
		var w statement.Words
		w.About(&statement.Statement{Statement: &pipeline.Statement{Summary: m}})
		cards := w.Cards()
		if cards[1].Shown != cards[3].Shown || cards[3].Shown%amount(t, "0.001") != 0 {
			t.Errorf("%+v", cards)
		}
	}
}

// A month's gifts are told as they came and went; a payout that left the balance
// before is no payout of nothing; what is on its way is told payout by payout; and
// one of a thing is one thing.
func TestStatementMonths(t *testing.T) {
	r := rates{at(t, "2026-01-01T00:00:00Z"), nil, rate(t, "0.5"), rate(t, "0.00505")}
	undone := func(back string) *statement.Statement {
		d := newDraft(t, "USD")
		d.s.Summary.Country = "DE"
		d.opening(0, "0")
		d.gift(r, "Lion", 3, 1503, 751, "3.79255")
		d.line(pipeline.StatementLine{Section: "earned", Reason: "reversal", GiftID: "g_Lion", Label: "Lion", EventAt: at(t, "2026-10-06T10:00:00Z"),
			Count: ptr[int64](-3), Coins: ptr[int64](-1503), Diamonds: ptr[int64](-751), DiamondsPerCoin: r.perCoin, Rate: r.diamond, RateFrom: r.from,
			Amount: amount(t, back), OriginalEventID: "g2"})
		d.s.Streams = []pipeline.StatementStream{{StreamID: "s1", Streams: 1, FirstAt: at(t, "2026-10-05T10:00:00Z"), LastAt: at(t, "2026-10-06T10:00:00Z")}}
		d.s.Year = &pipeline.StatementYear{FirstPeriod: "2026-10"}
		return d.close("0", "0", "0", "0")
	}
	flight := newDraft(t, "USD")
	flight.opening(1, "0.00505")
	for _, p := range []struct{ id, reason, status, net string }{
		{"po-2026-09-aaaa-bbbb-cccc-000000000001", "payout_on_its_way", "requested", "44.95"}, {"po-4", "payout_paid", "returned", "17.68"},
	} {
		flight.s.Lines = append(flight.s.Lines, pipeline.StatementLine{CreatorID: "c_1029", Entity: "main", Currency: "USD", LineNo: 9, Section: "redeemed",
			Reason: p.reason, Status: p.status, ReferenceID: p.id, EventAt: at(t, "2026-09-28T10:00:00Z"), NetAmount: ptr(amount(t, p.net))})
	}
	flight.s.Summary.InTransitAmount = amount(t, "44.95")
	large := newDraft(t, "USD")
	large.s.Summary.Country = "DE"
	large.opening(0, "0")
	large.gift(r, "Lion", 1, 487_350, 243_675, "1230.55875")
	for _, c := range []struct {
		name          string
		s             *statement.Statement
		says, saysNot []string
	}{
		{"came and went", undone("-3.79255"), []string{"you received 3 gifts of 1,503 coins in all, and 3 gifts of 1,503 coins in all were taken back: together they left nothing.",
			"What came this month went again", "Nothing was earned, adjusted or paid so far"}, []string{"received no gifts", "Nothing moved", "0 coins ×", "Your streams"}},
		{"came and went at another rate", undone("-3.8"), []string{"were taken back: that took 0.01 USD from your balance."}, []string{"received no gifts"}},
		{"in flight", flight.close("0", "0", "0", "0"), []string{"po-2026-09-aaaa-bbbb-cccc-000000000001", "28 Sep 2026", "44.95 on its way", "Paid, then returned", "+ 1 diamond|1 diamond", "exactly 0.00505"},
			[]string{"<td class=\"n\">0</td>", "1 diamonds"}},
		{"German creator, English words", large.close("0", "0", "0", "0"), []string{"243,675", "1,230.55"}, []string{"243.675"}},
	} {
		page := strings.NewReplacer("&nbsp;", " ").Replace(rendered(t, c.s, (*renderer).HTML))
		page = page[strings.Index(page, "<body>"):]
		paper := rendered(t, c.s, (*renderer).PDF)
		if len(paper) == 0 {
			t.Errorf("%s: no paper", c.name)
		}
		for _, want := range c.says {
			if first, other, _ := strings.Cut(want, "|"); !strings.Contains(page, first) && (other == "" || !strings.Contains(page, other)) {
				t.Errorf("%s: the page does not say %q", c.name, want)
			}
		}
		for _, bad := range c.saysNot {
			if strings.Contains(page, bad) {
				t.Errorf("%s: the page says %q", c.name, bad)
			}
		}
	}
}
