package statement_test

import (
	"testing"
	"time"

	"carat/pipeline"
	"carat/reports/statement"
	"carat/reports/statement/data"
	"carat/reports/statement/html"
	"carat/reports/statement/pdf"
)

// renderer has all renderings of a statement, as the jobs have them.
type renderer struct {
	files data.Files
	page  html.Renderer
	paper pdf.Renderer
}

func (r *renderer) HTML(s *statement.Statement) ([]byte, error) { return r.page.HTML(s) }
func (r *renderer) CSV(s *statement.Statement) ([]byte, error)  { return r.files.CSV(s) }
func (r *renderer) PDF(s *statement.Statement) ([]byte, error) {
	rows, err := r.files.CSV(s)
	if err != nil {
		return nil, err
	}
	return r.paper.PDF(s, rows)
}
func (r *renderer) JSON(s *statement.Statement) ([]byte, error) { return r.files.JSON(s) }

// rendered gives one rendering of a statement.
func rendered(t testing.TB, s *statement.Statement, format func(*renderer, *statement.Statement) ([]byte, error)) string {
	t.Helper()
	b, err := format(new(renderer), s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func at(t testing.TB, text string) *int64 {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	micros := v.UnixMicro()
	return &micros
}

func amount(t testing.TB, text string) pipeline.Amount {
	t.Helper()
	v, err := pipeline.ParseAmount([]byte(text))
	if err != nil {
		t.Fatal(text, err)
	}
	return v
}

func rate(t testing.TB, text string) *pipeline.Rate {
	t.Helper()
	v, err := pipeline.ParseRate([]byte(text))
	if err != nil {
		t.Fatal(text, err)
	}
	return &v
}

func valueOf[T any](v *T) (value T) {
	if v != nil {
		value = *v
	}
	return value
}

func ptr[T any](v T) *T { return &v }

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// draft builds a statement whose summary is the sum of its lines, as the marts make it.
type draft struct {
	t testing.TB
	s *statement.Statement
}

func newDraft(t testing.TB, currency string) *draft {
	return &draft{t: t, s: &statement.Statement{
		Statement: &pipeline.Statement{Summary: pipeline.StatementSummary{
			Period: "2026-10", Version: 1, CreatorID: "c_1029", Entity: "main", Currency: currency,
		}},
		Payer: statement.Party{Name: "Carat Live Ltd", Address: "12 Harbour Street\nDublin D02 X285\nIreland", TaxID: "IE3628739L"},
		RunID: "r_7f3a9c51d2e84b06",
	}}
}

func (d *draft) line(l pipeline.StatementLine) {
	m := &d.s.Summary
	l.CreatorID, l.Entity, l.Currency = m.CreatorID, m.Entity, m.Currency
	l.LineNo = int64(len(d.s.Lines)) + 1
	diamonds := valueOf(l.Diamonds)
	switch l.Section {
	case "opening":
		m.OpeningDiamonds, m.OpeningAmount = diamonds, l.Amount
	case "earned":
		m.EarnedDiamonds += diamonds
		m.EarnedAmount += l.Amount
		m.GiftCoins += valueOf(l.Coins)
		m.GiftCount += valueOf(l.Count)
	case "adjusted":
		m.AdjustedDiamonds += diamonds
		m.AdjustedAmount += l.Amount
		if l.Amount < 0 {
			m.TakenAmount -= l.Amount
		}
	case "redeemed":
		m.RedeemedDiamonds -= diamonds
		m.RedeemedAmount -= l.Amount
		m.FeeAmount += valueOf(l.FeeAmount)
		m.WithheldAmount += valueOf(l.WithholdingAmount)
		m.TakenAmount += valueOf(l.FeeAmount) + valueOf(l.WithholdingAmount)
		switch l.Status {
		case "paid":
			m.PaidAmount += valueOf(l.NetAmount)
		case "requested":
			m.InTransitAmount += valueOf(l.NetAmount)
		}
	case "returned":
		m.ReturnedDiamonds += diamonds
		m.ReturnedAmount += l.Amount
		m.FeeAmount -= valueOf(l.FeeAmount)
		m.WithheldAmount -= valueOf(l.WithholdingAmount)
		m.TakenAmount -= valueOf(l.FeeAmount) + valueOf(l.WithholdingAmount)
		m.FailedAmount += valueOf(l.NetAmount)
	case "revaluation":
		m.RevaluationAmount += l.Amount
	case "rounding":
		m.RoundingAmount -= l.Amount
	}
	if l.PriorPeriod {
		m.PriorPeriodAmount += l.Amount
	}
	d.s.Lines = append(d.s.Lines, l)
}

func (d *draft) opening(diamonds int64, money string) {
	d.line(pipeline.StatementLine{Section: "opening", Diamonds: &diamonds, Amount: amount(d.t, money)})
}

// rates is one rate row, for gifts.
type rates struct {
	from, to         *int64
	perCoin, diamond *pipeline.Rate
}

func (d *draft) gift(r rates, name string, count, coins, diamonds int64, money string) *pipeline.StatementLine {
	d.line(pipeline.StatementLine{
		Section: "earned", Reason: "gift", GiftID: "g_" + name, Label: name, Count: &count, Coins: &coins, Diamonds: &diamonds,
		DiamondsPerCoin: r.perCoin, Rate: r.diamond, RateFrom: r.from, RateTo: r.to, Amount: amount(d.t, money),
	})
	return &d.s.Lines[len(d.s.Lines)-1]
}

func (d *draft) close(listValue, platform, agency, kept string) *statement.Statement {
	m := &d.s.Summary
	m.ClosingDiamonds = m.OpeningDiamonds + m.EarnedDiamonds + m.AdjustedDiamonds - m.RedeemedDiamonds + m.ReturnedDiamonds
	m.ClosingAmount = m.OpeningAmount + m.EarnedAmount + m.AdjustedAmount + m.RevaluationAmount - m.RoundingAmount -
		m.RedeemedAmount + m.ReturnedAmount
	m.ListValueAmount, m.PlatformAmount = amount(d.t, listValue), amount(d.t, platform)
	m.AgencyAmount, m.RoundingKept = amount(d.t, agency), amount(d.t, kept)
	d.line(pipeline.StatementLine{Section: "closing", Diamonds: ptr(m.ClosingDiamonds), Amount: m.ClosingAmount})
	return d.s
}

// rich is a month with everything in it: two rates, a reversal, adjustments of
// both signs, payouts in three states, and a gift of an earlier month.
func rich(t testing.TB) *statement.Statement {
	d := newDraft(t, "USD")
	d.s.DisplayName, d.s.Zone = "Ana Souza", zone(t, "Europe/Berlin")
	m := &d.s.Summary
	m.Country, m.Tier, m.AgencyID, m.PayoutMethod, m.Version = "IE", "gold", "ag_northstar", "bank", 2
	early := rates{at(t, "2025-12-31T23:00:00Z"), at(t, "2026-10-14T22:00:00Z"), rate(t, "0.5"), rate(t, "0.01")}
	late := rates{at(t, "2026-10-14T22:00:00Z"), nil, rate(t, "0.5"), rate(t, "0.0105")}
	d.opening(61_200, "612")
	d.gift(early, "Rose", 1234, 1234, 600, "6")
	d.gift(early, "Finger Heart", 210, 1050, 510, "5.1")
	d.gift(early, "Galaxy", 12, 12_000, 6000, "60")
	d.gift(early, "Lion", 1, 29_999, 14_999, "149.99")
	d.gift(late, "Rose", 815, 815, 390, "4.095")
	d.gift(late, "Galaxy", 5, 5000, 2500, "26.25")
	d.gift(late, "TikTok Universe", 2, 89_998, 44_998, "472.479")
	d.gift(early, "Rose", 10, 10, 5, "0.05").PriorPeriod = true
	m.PriorPeriodAmount += amount(t, "0.05")
	d.line(pipeline.StatementLine{
		Section: "earned", Reason: "reversal", GiftID: "g_Galaxy", Label: "Galaxy", EventAt: at(t, "2026-10-09T18:22:00Z"),
		Count: ptr[int64](-1), Coins: ptr[int64](-1000), Diamonds: ptr[int64](-500), DiamondsPerCoin: early.perCoin,
		Rate: early.diamond, RateFrom: early.from, RateTo: early.to, Amount: amount(t, "-5"), OriginalEventID: "ev_20261009_000412",
	})
	adjust := func(when, reason string, diamonds int64, money, reference, original string) {
		d.line(pipeline.StatementLine{
			Section: "adjusted", Reason: reason, EventAt: at(t, when), Diamonds: &diamonds, Rate: late.diamond,
			Amount: amount(t, money), ReferenceID: reference, OriginalEventID: original,
		})
	}
	adjust("2026-10-16T09:00:00Z", "bonus", 200, "2.1", "adj_501", "")
	adjust("2026-10-19T12:30:00Z", "clawback", -300, "-3.15", "adj_502", "ev_20261002_118200")
	adjust("2026-10-22T07:15:00Z", "split", -50, "-0.525", "adj_503", "ev_20261021_004411")
	adjust("2026-10-28T16:45:00Z", "penalty", -100, "-1.05", "adj_504", "")
	payout := func(p pipeline.StatementLine) {
		p.Section, p.Reason, p.Method = "redeemed", "payout", "bank"
		d.line(p)
	}
	payout(pipeline.StatementLine{
		EventAt: at(t, "2026-10-05T10:00:00Z"), Diamonds: ptr[int64](-20_000), Amount: amount(t, "-200"), Status: "paid",
		ReferenceID: "po_88120", FeeAmount: ptr(amount(t, "3.1")), WithholdingAmount: ptr(amount(t, "20")), NetAmount: ptr(amount(t, "176.9")),
		PayoutCurrency: "EUR", FXRate: rate(t, "0.9215"), PayoutAmount: ptr(amount(t, "163.01")), PaidAt: at(t, "2026-10-08T06:00:00Z"),
	})
	payout(pipeline.StatementLine{
		EventAt: at(t, "2026-10-20T10:00:00Z"), Diamonds: ptr[int64](-1001), Amount: amount(t, "-10.51"), Status: "failed",
		ReferenceID: "po_88377", FeeAmount: ptr(amount(t, "0.26")), WithholdingAmount: ptr(amount(t, "1.05")), NetAmount: ptr(amount(t, "9.2")),
	})
	payout(pipeline.StatementLine{
		EventAt: at(t, "2026-10-29T10:00:00Z"), Diamonds: ptr[int64](-30_000), Amount: amount(t, "-315"), Status: "requested",
		ReferenceID: "po_88502", FeeAmount: ptr(amount(t, "4.83")), WithholdingAmount: ptr(amount(t, "31.5")), NetAmount: ptr(amount(t, "278.67")),
	})
	// Requested in September, so its fee and tax were that month's.
	m.PaidAmount += amount(t, "88.4")
	d.s.Lines = append(d.s.Lines, pipeline.StatementLine{
		CreatorID: m.CreatorID, Entity: m.Entity, Currency: m.Currency, LineNo: int64(len(d.s.Lines)) + 1,
		Section: "redeemed", Reason: "payout_paid", Method: "bank", EventAt: at(t, "2026-10-02T06:00:00Z"), Diamonds: ptr[int64](0),
		Status: "paid", ReferenceID: "po_87004", FeeAmount: ptr(amount(t, "1.6")), WithholdingAmount: ptr(amount(t, "10")),
		NetAmount: ptr(amount(t, "88.4")), PaidAt: at(t, "2026-10-02T06:00:00Z"),
	})
	d.line(pipeline.StatementLine{
		Section: "returned", Reason: "payout_failed", EventAt: at(t, "2026-10-23T08:00:00Z"), Diamonds: ptr[int64](1001),
		Amount: amount(t, "10.51"), Status: "failed", Method: "bank", ReferenceID: "po_88377",
		FeeAmount: ptr(amount(t, "0.26")), WithholdingAmount: ptr(amount(t, "1.05")), NetAmount: ptr(amount(t, "9.2")),
	})
	d.line(pipeline.StatementLine{Section: "revaluation", Reason: "rate_change", EventAt: late.from, Amount: amount(t, "31.4075"), Rate: late.diamond})
	d.line(pipeline.StatementLine{Section: "rounding", Reason: "payout_fraction", EventAt: at(t, "2026-10-20T10:00:00Z"), ReferenceID: "po_88377", Amount: amount(t, "-0.0005")})
	d.s.Terms = &pipeline.StatementTerms{
		Method: "bank", Currency: "USD", MinAmount: amount(t, "10"), MaxAmountPerDay: ptr(amount(t, "1000")), FeeFixed: amount(t, "0.1"),
		FeeRate: *rate(t, "0.015"), HoldDays: 15,
	}
	d.s.Year = &pipeline.StatementYear{
		FirstPeriod: "2026-02", Earned: amount(t, "6480.3325"), Adjusted: amount(t, "-12.5"), Gross: amount(t, "5494.56"), Paid: amount(t, "4930.11"), Withheld: amount(t, "493.05"), Fees: amount(t, "71.4"),
	}
	for i, money := range []string{"5.05", "12.1", "0", "150.09", "60", "-5", "472.479", "26.25"} {
		d.s.Days = append(d.s.Days, pipeline.StatementDay{
			Day: time.Date(2026, 10, 1+3*i, 0, 0, 0, 0, time.UTC).UnixMicro(), Gifts: 10, Coins: 100, Diamonds: 50, Amount: amount(t, money),
		})
	}
	d.s.Days = append(d.s.Days, pipeline.StatementDay{Day: time.Date(2026, 9, 30, 0, 0, 0, 0, time.UTC).UnixMicro(), Amount: amount(t, "999")})
	s := d.close("1391.06", "672.096", "71.8964", "0.5825")
	s.Lines[len(s.Lines)-1].Rate = late.diamond
	return s
}

// empty is a creator who only holds a balance.
func empty(t testing.TB) *statement.Statement {
	d := newDraft(t, "USD")
	d.s.Summary.Provisional = true
	d.opening(0, "0")
	return d.close("0", "0", "0", "0")
}

// negative is a creator from whom more was taken than was left.
func negative(t testing.TB) *statement.Statement {
	d := newDraft(t, "USD")
	d.s.DisplayName = "نور"
	d.opening(120, "1.2")
	d.line(pipeline.StatementLine{
		Section: "adjusted", Reason: "clawback", EventAt: at(t, "2026-10-19T12:30:00Z"), Diamonds: ptr[int64](-900), Rate: rate(t, "0.01"),
		Amount: amount(t, "-9"), ReferenceID: "adj_9", OriginalEventID: "ev_1",
	})
	return d.close("0", "0", "0", "0")
}

// single is a month under one rate, in a currency of any minor unit.
func single(t testing.TB, currency, diamondValue, money, list, platform string) *statement.Statement {
	d := newDraft(t, currency)
	d.s.DisplayName = "Mika"
	r := rates{at(t, "2026-01-01T00:00:00Z"), nil, rate(t, "0.5"), rate(t, diamondValue)}
	d.opening(0, "0")
	d.gift(r, "Galaxy", 3, 3000, 1500, money)
	return d.close(list, platform, "0", "0")
}

func yen(t testing.TB) *statement.Statement { return single(t, "JPY", "1.5", "2250", "4500", "2250") }
func dinar(t testing.TB) *statement.Statement {
	return single(t, "KWD", "0.003075", "4.6125", "9.225", "4.6125")
}

// rateTotals is rich with the totals by rate that a mart may give.
func rateTotals(t testing.TB) *statement.Statement {
	s := rich(t)
	s.Rates = []pipeline.StatementRate{
		{RateFrom: at(t, "2025-12-31T23:00:00Z"), RateTo: at(t, "2026-10-14T22:00:00Z"), DiamondsPerCoin: rate(t, "0.5"), Rate: *rate(t, "0.01"),
			Coins: 43_293, Diamonds: 21_614, Amount: amount(t, "216.14")},
		{RateFrom: at(t, "2026-10-14T22:00:00Z"), DiamondsPerCoin: rate(t, "0.5"), Rate: *rate(t, "0.0105"),
			Coins: 95_813, Diamonds: 47_888, Amount: amount(t, "502.824")},
	}
	early, late, m := s.Rates[0], s.Rates[1], &s.Summary
	s.Streams = []pipeline.StatementStream{
		{StreamID: "live_20261020", Streams: 1, FirstAt: at(t, "2026-10-20T19:03:12Z"), LastAt: at(t, "2026-10-20T22:41:00Z"), Gifts: 800, Coins: 90_000, Diamonds: 45_000,
			DiamondsPerCoin: late.DiamondsPerCoin, Rate: &late.Rate, RateFrom: late.RateFrom, RateTo: late.RateTo, Amount: amount(t, "472.5")},
		{StreamID: "live_20261014", Streams: 1, FirstAt: at(t, "2026-10-14T20:30:00Z"), LastAt: at(t, "2026-10-14T21:59:59Z"), Gifts: 10, Coins: 12_000, Diamonds: 6000,
			DiamondsPerCoin: early.DiamondsPerCoin, Rate: &early.Rate, RateFrom: early.RateFrom, RateTo: early.RateTo, Amount: amount(t, "60")},
		{StreamID: "live_20261014", Streams: 1, FirstAt: at(t, "2026-10-14T22:00:00Z"), LastAt: at(t, "2026-10-15T00:10:00Z"), Gifts: 2, Coins: 2000, Diamonds: 1000,
			DiamondsPerCoin: late.DiamondsPerCoin, Rate: &late.Rate, RateFrom: late.RateFrom, RateTo: late.RateTo, Amount: amount(t, "10.5")},
		{Streams: 1204, FirstAt: at(t, "2026-09-30T10:00:00Z"), LastAt: at(t, "2026-10-31T22:00:00Z"), Gifts: m.GiftCount - 812, Coins: m.GiftCoins - 104_000,
			Diamonds: m.EarnedDiamonds - 52_000, Amount: m.EarnedAmount - amount(t, "543")},
	}
	s.Releases = []pipeline.StatementRelease{
		{ReleaseAt: *at(t, "2026-11-10T23:00:00Z"), HoldDays: 15, Diamonds: 4000, Amount: amount(t, "42"), HeldDiamonds: 10_000, HeldAmount: amount(t, "105")},
		{ReleaseAt: *at(t, "2026-11-14T23:00:00Z"), HoldDays: 15, Diamonds: 6000, Amount: amount(t, "63"), HeldDiamonds: 10_000, HeldAmount: amount(t, "105")},
	}
	m.Version = 2
	s.Replaced = &statement.Replaced{Version: 1, ReopenedAt: time.Date(2026, 11, 6, 9, 30, 0, 0, time.UTC), Reason: "the rate of 15 October was <entered> late"}
	s.Moves = []pipeline.StatementMove{
		{Item: "earned", DiamondsBefore: m.EarnedDiamonds, DiamondsNow: m.EarnedDiamonds, AmountBefore: m.EarnedAmount - amount(t, "23.94"), AmountNow: m.EarnedAmount, AmountMoved: amount(t, "23.94")},
		{Item: "closing", DiamondsBefore: m.ClosingDiamonds + 10, DiamondsNow: m.ClosingDiamonds, DiamondsMoved: -10,
			AmountBefore: m.ClosingAmount - amount(t, "23.94"), AmountNow: m.ClosingAmount, AmountMoved: amount(t, "23.94")},
	}
	return s
}
