package statement_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"carat/pipeline"
	"carat/reports/agency"
	"carat/reports/locale"
	"carat/reports/statement/html"
	"carat/reports/statement/pdf"
)

// agencyMonth is a month in which everything that an agency's statement can say is said.
func agencyMonth(language string) *agency.Statement {
	n, rate, share := int64(2), pipeline.Rate(1_250_000), pipeline.Rate(20_000_000)
	when, ended, paid, fx := int64(1_790_942_400_000_000), int64(1_791_590_400_000_000), pipeline.Amount(9_300_000), pipeline.Rate(93_000_000)
	amount := func(v int64) pipeline.Amount { return pipeline.Amount(v) }
	net, fee := amount(10_000_000), amount(500_000)
	s := &agency.Statement{RunID: "run", Language: language, Head: agency.Head{Period: "2026-10", Version: 2, AgencyID: "ag-1", Entity: "main", Currency: "USD", Country: "DE",
		PaidCurrency: "EUR", WithholdingRate: 15_000_000, OnFile: true, EndedAt: &ended, Creators: 2, Gifts: 2, Coins: 2, Diamonds: 2, Accrued: amount(12_345_678), Reversed: amount(-1_000_000),
		ClawedBack: amount(-2_000_000), Adjusted: amount(3_000_000), Redeemed: amount(-14_000_000), Returned: amount(500_000), Rounding: amount(-1), Closing: amount(-1_154_323)},
		Year: &agency.Year{FirstPeriod: "2026-03", Accrued: amount(5), TakenBack: amount(-1), Adjusted: amount(2), PaidOut: amount(-4), Withheld: amount(1), Fees: amount(1), Paid: amount(2)}}
	line := func(section string, v pipeline.Amount, change func(l *agency.Line)) {
		l := agency.Line{Section: section, LineNo: int64(len(s.Lines) + 1), Amount: v}
		if change != nil {
			change(&l)
		}
		s.Lines = append(s.Lines, l)
	}
	gift := func(l *agency.Line) {
		l.Day, l.CreatorID, l.Count, l.Diamonds, l.Rate, l.Share = "2026-10-02", "creator-1", &n, &n, &rate, &share
	}
	line("opening", 0, nil)
	line("accrued", s.Accrued, gift)
	line("reversed", s.Reversed, func(l *agency.Line) { gift(l); l.PriorPeriod = true })
	line("clawed_back", s.ClawedBack, func(l *agency.Line) {
		l.EventAt, l.CreatorID, l.Diamonds, l.Reason, l.ReferenceID, l.OriginalEventID = &when, "creator-1", &n, "clawback", "k1", "g1"
	})
	for _, reason := range []string{"bonus", "penalty", "correction"} {
		line("adjusted", s.Adjusted/3, func(l *agency.Line) { l.EventAt, l.Reason, l.ReferenceID = &when, reason, "a-"+reason })
	}
	line("redeemed", s.Redeemed, func(l *agency.Line) {
		l.EventAt, l.Reason, l.ReferenceID, l.Status, l.Method, l.Fee, l.Net = &when, "payout", "p1", "paid", "bank", &fee, &net
		l.PaidAt, l.PaidAmount, l.PaidCurrency, l.FXRate = &when, &paid, "EUR", &fx
	})
	line("returned", s.Returned, func(l *agency.Line) {
		l.EventAt, l.Reason, l.ReferenceID, l.Status = &when, "payout_returned", "p0", "returned"
	})
	line("rounding", s.Rounding, nil)
	line("closing", s.Closing, nil)
	return s
}

// An agency reads its month in its language: nothing of it is English, nothing overflows
// on paper, and the files for programs are the same bytes.
func TestAgenciesReadTheirLanguage(t *testing.T) {
	english := []string{"Agency", "Gifts", "creators", "diamonds", "October", "Payouts", "Clawback", "Adjustments", "share", "year", "came back", "Requested", "earlier month"}
	var papers pdf.Renderer
	var pages html.Renderer
	for _, l := range locale.Languages() {
		s := agencyMonth(l.Tag)
		rows, err := s.CSV()
		if err != nil {
			t.Fatal(err)
		}
		plain, err := agencyMonth("").CSV()
		if err != nil || !bytes.Equal(rows, plain) {
			t.Errorf("%s: the rows differ (%v)", l.Tag, err)
		}
		page, err := pages.Agency(s)
		if err != nil {
			t.Fatal(err)
		}
		_, shown, _ := strings.Cut(string(page), "<main>")
		if !strings.Contains(string(page), `<html lang="`+l.Tag+`"`) || l.RightToLeft != strings.Contains(string(page), `dir="rtl"`) {
			t.Errorf("%s: the page does not say its language", l.Tag)
		}
		paper, err := papers.Agency(s, rows)
		if err != nil {
			t.Fatal(err)
		}
		printed, err := pdfText(program(t, "pdftotext"), paper)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range english {
			if l.Tag != "en" && (strings.Contains(shown, word) || strings.Contains(printed, word)) {
				t.Errorf("%s says %q", l.Tag, word)
			}
			if l.Tag == "en" && !strings.Contains(shown, word) {
				t.Errorf("English doesn't say %q: it would not be missed", word)
			}
		}
		if l.RightToLeft && !strings.ContainsFunc(printed, func(r rune) bool { return unicode.Is(unicode.Arabic, r) }) {
			t.Errorf("%s: no Arabic on paper", l.Tag)
		}
		nothingOverflows(t, l.Tag+", an agency", paper, 596)
	}
}

// In another language it is another statement; what is silent about it is English.
func TestAgencyDigestKnowsTheLanguage(t *testing.T) {
	digest := func(language string) string {
		d, err := agencyMonth(language).Digest()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if digest("") != digest("en") || digest("de") == digest("") || digest("de") == digest("fr") {
		t.Error("the digest doesn't follow the language")
	}
}
