package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// The reference of what agencies are owed, of payouts in time and of their exchange rates is
// written from DESIGN's section 15 alone and knows nothing of the models. Shares are
// billionths, and so are amounts of agencies; what is paid is in hundredths.

// payeeGift is a gift, with what became of it. Days are of October, hours of the day; 0 is never.
type payeeGift struct {
	id, creator       string
	diamonds          int64
	day, hour         int
	reversed          int     // day
	clawed            []int64 // diamonds, each a day later
	clawedFrom        int     // day
	toAgency          string  // who got it
	share, valueNanos int64
}

// payeePayout is a payout of a creator or an agency. The other currency is JPY.
type payeePayout struct {
	id, payee    string
	ofAgency     bool
	day, hour    int
	paid, failed int   // day; past 31: in November
	net          int64 // hundredths, all that is asked for
	rate         int64 // ten thousandths of JPY for a dollar; 0: paid in dollars
}

type payeeTerm struct {
	agency string
	share  int64
}

type payeeMonth struct {
	creators map[string][2]payeeTerm // before and since an instant
	changes  map[string][2]int       // of the terms: day and hour
	gifts    []payeeGift
	bonuses  map[string]int64 // by agency, hundredths, on the 1st
	payouts  []payeePayout
	rates    map[int]int64 // by day of publication
	dueDays  int
}

const payeeValue = 10_000_000 // of a diamond, in billionths of a dollar

func drawPayees(r *rand.Rand) *payeeMonth {
	m := &payeeMonth{creators: map[string][2]payeeTerm{}, changes: map[string][2]int{}, bonuses: map[string]int64{}, rates: map[int]int64{}, dueDays: 1 + r.IntN(20)}
	agencies := []string{"a1", "a2", "a3"}
	for i := range 6 {
		term := func() payeeTerm {
			if r.IntN(4) == 0 {
				return payeeTerm{}
			}
			return payeeTerm{agencies[r.IntN(3)], []int64{100_000_000, 333_333_333, 50_000_000, 1 + r.Int64N(999_999_999)}[r.IntN(4)]}
		}
		id := fmt.Sprintf("c%d", i)
		m.creators[id] = [2]payeeTerm{term(), term()}
		m.changes[id] = [2]int{2 + r.IntN(28), r.IntN(24)}
	}
	for i := range 60 {
		g := payeeGift{id: fmt.Sprintf("g%02d", i), creator: fmt.Sprintf("c%d", r.IntN(6)), diamonds: 1 + r.Int64N(400), day: 1 + r.IntN(30), hour: r.IntN(24)}
		who, since := m.creators[g.creator], m.changes[g.creator]
		term := who[0]
		if g.day > since[0] || g.day == since[0] && g.hour >= since[1] {
			term = who[1]
		}
		g.toAgency, g.share, g.valueNanos = term.agency, term.share, payeeValue
		switch r.IntN(5) {
		case 0:
			g.reversed = g.day + 1 + r.IntN(31-g.day)
		case 1:
			g.clawedFrom = g.day + 1
			for left := g.diamonds; left > 0 && g.clawedFrom+len(g.clawed) <= 31; {
				n := 1 + r.Int64N(left)
				g.clawed, left = append(g.clawed, n), left-n
			}
		}
		m.gifts = append(m.gifts, g)
	}
	for _, a := range agencies {
		m.bonuses[a] = 200_000 + r.Int64N(100_000) // so that nobody asks for what isn't there
	}
	rate := int64(1_500_000)
	for day := range 32 {
		if weekday := time.Date(2026, 9, 30+day, 0, 0, 0, 0, time.UTC).Weekday(); weekday != time.Saturday && weekday != time.Sunday {
			m.rates[day] = rate + r.Int64N(20_000)
		}
	}
	for i := range 24 {
		p := payeePayout{id: fmt.Sprintf("y%02d", i), payee: fmt.Sprintf("c%d", r.IntN(6)), day: 2 + r.IntN(30), hour: 12, net: 100 + r.Int64N(5_000)}
		if i%3 == 0 {
			p.payee, p.ofAgency, p.day = agencies[i/3%3], true, 2+i // one a day
		}
		switch r.IntN(4) {
		case 0, 1:
			p.paid = p.day + 1 + r.IntN(12)
		case 2:
			p.failed = p.day + 1 + r.IntN(12)
		}
		if !p.ofAgency && r.IntN(2) == 0 {
			p.rate = m.published(p.day) * (90_000 + r.Int64N(20_000)) / 100_000
		}
		m.payouts = append(m.payouts, p)
	}
	return m
}

// published gives the last rate: none is published at a weekend.
func (m *payeeMonth) published(day int) int64 {
	for ; ; day-- {
		if rate, ok := m.rates[day]; ok {
			return rate
		}
	}
}

func payeeAt(day, hour int) time.Time { return time.Date(2026, 9, 30+day, hour, 0, 0, 0, time.UTC) }

func (m *payeeMonth) tables() map[string]string {
	var creators, gifts, clawbacks, bonuses, payouts, ofAgencies, rates strings.Builder
	at := func(day, hour int) string { return payeeAt(day, hour).Format(time.RFC3339) }
	fmt.Fprintln(&creators, "creator_id, valid_from, country, agency_id, agency_share, currency")
	for id, who := range m.creators {
		for i, term := range who {
			from, share := "2026-01-01T00:00:00Z", ""
			if i == 1 {
				from = at(m.changes[id][0], m.changes[id][1])
			}
			if term.agency != "" {
				share = "0." + fmt.Sprintf("%09d", term.share)
			}
			fmt.Fprintf(&creators, "%s, %s, US, %s, %s, USD\n", id, from, term.agency, share)
		}
	}
	fmt.Fprintln(&gifts, "event_id, kind, original_event_id, sent_at, stream_id, viewer_id, creator_id, gift_id, quantity, coins, diamonds")
	fmt.Fprintln(&clawbacks, "adjustment_id, creator_id, diamonds, reason, reference_id, approved_by, adjusted_at")
	for i := range m.gifts {
		g := &m.gifts[i]
		fmt.Fprintf(&gifts, "%s, gift, , %s, s, v, %s, r, 1, %d, %d\n", g.id, at(g.day, g.hour), g.creator, 2*g.diamonds, g.diamonds)
		if g.reversed != 0 {
			fmt.Fprintf(&gifts, "r%s, reversal, %s, %s, s, v, %s, r, 1, %d, %d\n", g.id, g.id, at(g.reversed, g.hour), g.creator, 2*g.diamonds, g.diamonds)
		}
		for k, n := range g.clawed {
			fmt.Fprintf(&clawbacks, "k%s%d, %s, -%d, clawback, %s, ann, %s\n", g.id, k, g.creator, n, g.id, at(g.clawedFrom+k, 6))
		}
	}
	fmt.Fprintln(&bonuses, "adjustment_id, agency_id, currency, amount, reason, approved_by, adjusted_at")
	for agency, amount := range m.bonuses {
		fmt.Fprintf(&bonuses, "b%s, %s, USD, %s, bonus, ann, %s\n", agency, agency, hundredths(amount), at(1, 1))
	}
	fmt.Fprintln(&payouts, "payout_id, creator_id, status, diamonds, currency, gross_amount, net_amount, payout_currency, fx_rate, payout_amount, method, requested_at, paid_at, updated_at, event_at, accounting_month")
	fmt.Fprintln(&ofAgencies, "payout_id, agency_id, status, currency, gross_amount, net_amount, method, requested_at, paid_at, updated_at, event_at, accounting_month")
	for i := range m.payouts {
		p := &m.payouts[i]
		version := func(status string, day int) {
			when, paid, net := payeeAt(day, p.hour), "", hundredths(p.net)
			if status == "paid" {
				paid = when.Format(time.RFC3339)
			}
			rest := fmt.Sprintf("bank, %s, %s, %s, %s, %s\n", at(p.day, p.hour), paid, when.Format(time.RFC3339), when.Format(time.RFC3339), when.Format("2006-01"))
			if p.ofAgency {
				fmt.Fprintf(&ofAgencies, "%s, %s, %s, USD, %s, %s, %s", p.id, p.payee, status, net, net, rest)
				return
			}
			other := ", , "
			if p.rate != 0 {
				other = fmt.Sprintf("JPY, %d.%04d, %d", p.rate/10_000, p.rate%10_000, yenOf(p.net, p.rate))
			}
			fmt.Fprintf(&payouts, "%s, %s, %s, %d, USD, %s, %s, %s, %s", p.id, p.payee, status, p.net, net, net, other, rest)
		}
		version("requested", p.day)
		if p.paid != 0 {
			version("paid", p.paid)
		}
		if p.failed != 0 {
			version("failed", p.failed)
		}
	}
	fmt.Fprintln(&rates, "rate_date, base, quote, rate")
	for day, rate := range m.rates {
		fmt.Fprintf(&rates, "%s, USD, JPY, %d.%04d\n", payeeAt(day, 0).Format(time.DateOnly), rate/10_000, rate%10_000)
	}
	return map[string]string{"creators": creators.String(), "gift_events": gifts.String(), "diamond_adjustments": clawbacks.String(), "agency_adjustments": bonuses.String(),
		"payouts": payouts.String(), "agency_payouts": ofAgencies.String(), "fx_rates": rates.String(),
		"conversion_rates": "scope, scope_id, valid_from, diamonds_per_coin, diamond_value, coin_value, platform_share, currency, rounding\ndefault, , 2026-01-01T00:00:00Z, 0.5, 0.01, 0.01, 0.5, USD, floor\n"}
}

// yenOf changes hundredths of a dollar at a rate, half up in whole yen.
func yenOf(net, rate int64) int64 { return (net*rate + 500_000) / 1_000_000 }

// agencies gives what each agency's month comes to, in billionths: accrued, reversed, clawed
// back, adjusted, redeemed, returned, rounding, closing.
func (m *payeeMonth) agencies() map[string]bool {
	type move struct {
		at     time.Time
		kind   int
		amount int64
	}
	moves := map[string][]move{}
	add := func(agency string, at time.Time, kind int, amount int64) {
		if agency != "" {
			moves[agency] = append(moves[agency], move{at, kind, amount})
		}
	}
	const accrued, reversed, clawed, adjusted, redeemed, returned = 0, 1, 2, 3, 4, 5
	for i := range m.gifts {
		g := &m.gifts[i]
		gave := (g.diamonds*g.valueNanos*g.share + 500_000_000) / 1_000_000_000
		add(g.toAgency, payeeAt(g.day+1, 0), accrued, gave) // a day's gifts count at its end
		if g.reversed != 0 {
			add(g.toAgency, payeeAt(g.reversed+1, 0), reversed, -gave)
		}
		taken, diamonds := int64(0), int64(0)
		for k, n := range g.clawed {
			diamonds += n
			all := gave * diamonds / g.diamonds
			add(g.toAgency, payeeAt(g.clawedFrom+k, 6), clawed, taken-all)
			taken = all
		}
	}
	for agency, amount := range m.bonuses {
		add(agency, payeeAt(1, 1), adjusted, amount*10_000_000)
	}
	for i := range m.payouts {
		if p := &m.payouts[i]; p.ofAgency {
			add(p.payee, payeeAt(p.day, p.hour), redeemed, -p.net*10_000_000)
			if p.failed != 0 && p.failed <= 31 {
				add(p.payee, payeeAt(p.failed, p.hour), returned, p.net*10_000_000)
			}
		}
	}
	lines := map[string]bool{}
	for agency, list := range moves {
		slices.SortStableFunc(list, func(a, b move) int { return a.at.Compare(b.at) })
		var sums [7]int64
		closing := int64(0)
		for _, x := range list {
			if x.kind == redeemed { // what is below a cent is given up
				fraction := closing % 10_000_000
				sums[6], closing = sums[6]-fraction, closing-fraction
			}
			sums[x.kind] += x.amount
			closing += x.amount
		}
		line := agency
		for _, n := range append(sums[:], closing) {
			line += " " + nineDecimals(n)
		}
		lines[line] = true
	}
	return lines
}

// open gives what was asked for and is neither paid nor undone at the month's end: net, days of
// age, and whether it is overdue.
func (m *payeeMonth) open() map[string]bool {
	lines, end := map[string]bool{}, payeeAt(32, 0)
	for i := range m.payouts {
		p := &m.payouts[i]
		if p.paid != 0 && p.paid <= 31 || p.failed != 0 && p.failed <= 31 {
			continue
		}
		due := payeeAt(p.day, p.hour).Add(time.Duration(m.dueDays) * 24 * time.Hour)
		lines[fmt.Sprintf("%s %s %d %t", p.id, hundredths(p.net), 31-p.day, !due.After(end))] = true
	}
	return lines
}

// badlyChanged gives the payouts whose rate is more than a twentieth off the published one, with what
// their net is at that and at their own.
func (m *payeeMonth) badlyChanged() map[string]bool {
	lines := map[string]bool{}
	for i := range m.payouts {
		p := &m.payouts[i]
		if p.rate == 0 {
			continue
		}
		published := m.published(p.day)
		if apart := max(p.rate-published, published-p.rate); 20*apart > published {
			lines[fmt.Sprintf("%s %d %d", p.id, yenOf(p.net, published), yenOf(p.net, p.rate))] = true
		}
	}
	return lines
}

func nineDecimals(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%09d", sign, n/1_000_000_000, n%1_000_000_000)
}
