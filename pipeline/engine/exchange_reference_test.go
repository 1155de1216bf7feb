package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// The reference is written from DESIGN's section 15 alone, order by order, and
// knows nothing of the models. Amounts are hundredths, rates ten thousandths,
// so that every product is a whole number of millionths and nothing rounds.

// exchangeOrder is a sale or a refund with all that became of it. Days are of
// October; 0 is never.
type exchangeOrder struct {
	id, refunds, entity, channel, currency string
	gross, tax, fee                        int64
	day                                    int
	// The line of a settlement: in the order's own currency, or in another.
	settledCurrency       string
	settledGross          int64 // what the order's gross is there
	settledTax, lineFee   int64 // positive
	feeStated, ownFeeLine bool
	settledDay            int // 32 and more: after the month
	paidDay, bankDay      int
}

type exchangeMonth struct {
	orders []exchangeOrder
	rates  map[string]map[int]int64 // by pair and day of publication, 0 is the last of September
}

var exchangeCurrencies = []string{"USD", "EUR", "JPY"}

// rate gives the last published rate: none is published at a weekend.
func (m *exchangeMonth) rate(from, to string, day int) int64 {
	if from == to {
		return 10_000
	}
	for ; ; day-- {
		if rate, ok := m.rates[from+"/"+to][day]; ok {
			return rate
		}
	}
}

func drawExchange(r *rand.Rand) *exchangeMonth {
	m := &exchangeMonth{rates: map[string]map[int]int64{}}
	for _, from := range exchangeCurrencies {
		for _, to := range []string{"USD", "EUR"} {
			if from == to {
				continue
			}
			published := map[int]int64{}
			rate := map[string]int64{"USD": 9_200, "EUR": 11_000, "JPY": 70}[from]
			for day := range 32 {
				weekday := time.Date(2026, 9, 30+day, 0, 0, 0, 0, time.UTC).Weekday()
				if weekday != time.Saturday && weekday != time.Sunday {
					published[day] = rate + r.Int64N(rate/5+1)
				}
			}
			m.rates[from+"/"+to] = published
		}
	}
	whole := func(currency string, n int64) int64 {
		if currency == "JPY" {
			return n / 100 * 100
		}
		return n
	}
	for i := range 60 {
		o := exchangeOrder{id: fmt.Sprintf("p%02d", i), entity: []string{"main", "de"}[r.IntN(2)], channel: []string{"web", "apple", "reseller"}[r.IntN(3)],
			currency: exchangeCurrencies[r.IntN(3)], day: 1 + r.IntN(31)}
		o.gross = whole(o.currency, 1_000+r.Int64N(900_000))
		o.tax, o.fee = whole(o.currency, o.gross*r.Int64N(20)/100), whole(o.currency, o.gross*r.Int64N(30)/100)
		m.orders = append(m.orders, m.settle(r, o, whole))
		if o.day < 31 && r.IntN(3) == 0 {
			back := o
			back.id, back.refunds, back.day = "r"+o.id, o.id, o.day+1+r.IntN(31-o.day)
			if r.IntN(2) == 0 {
				back.gross, back.tax, back.fee = whole(o.currency, o.gross/3), whole(o.currency, o.tax/3), 0
			}
			m.orders = append(m.orders, m.settle(r, back, whole))
		}
	}
	return m
}

// settle draws what a counterparty makes of an order.
func (m *exchangeMonth) settle(r *rand.Rand, o exchangeOrder, whole func(string, int64) int64) exchangeOrder {
	if r.IntN(4) == 0 {
		return o // not settled yet
	}
	o.settledCurrency = o.currency
	if r.IntN(2) == 0 {
		o.settledCurrency = exchangeCurrencies[r.IntN(3)]
	}
	o.settledDay = o.day + r.IntN(6)
	o.settledGross, o.settledTax, o.lineFee = o.gross, 0, o.fee
	if o.channel == "apple" {
		o.settledTax = o.tax
	}
	if o.settledCurrency != o.currency {
		convert := func(n int64) int64 {
			return whole(o.settledCurrency, n*map[string]int64{"USD": 100, "EUR": 110, "JPY": 1}[o.currency]/map[string]int64{"USD": 100, "EUR": 110, "JPY": 1}[o.settledCurrency])
		}
		o.settledGross, o.settledTax, o.lineFee = convert(o.gross)+whole(o.settledCurrency, r.Int64N(500)), convert(o.settledTax), convert(o.fee)
	}
	o.feeStated = r.IntN(3) > 0
	if !o.feeStated && o.settledCurrency == o.currency {
		o.lineFee = o.fee // an unstated fee is not another one
	}
	if o.feeStated && r.IntN(3) == 0 && o.channel != "apple" {
		o.lineFee += whole(o.settledCurrency, 100)
	}
	if !o.feeStated && o.settledCurrency != o.currency {
		o.ownFeeLine = o.channel == "web" && r.IntN(2) == 0
	}
	if o.paidDay = o.settledDay + r.IntN(5); o.paidDay > 31 {
		o.paidDay = 0
	} else if o.bankDay = o.paidDay + r.IntN(4); o.bankDay > 31 || r.IntN(5) == 0 {
		o.bankDay = 0
	}
	return o
}

func (o *exchangeOrder) sign() int64 {
	if o.refunds != "" {
		return -1
	}
	return 1
}

// net is what the line pays, of a refund negative.
func (o *exchangeOrder) net() int64 { return o.sign() * (o.settledGross - o.settledTax - o.lineFee) }

func hundredths(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

func exchangeAt(day int) string {
	return time.Date(2026, 9, 30+day, 10, 0, 0, 0, time.UTC).Format(time.RFC3339)
}

// tables gives the month as its feeds have it.
func (m *exchangeMonth) tables() map[string]string {
	var rates, orders, lines, bank strings.Builder
	fmt.Fprintln(&rates, "rate_date, base, quote, rate")
	fmt.Fprintln(&orders, "purchase_id, kind, original_purchase_id, viewer_id, channel, reseller_id, store_transaction_id, sku, coins, currency, gross_amount, tax_amount, store_fee_amount, country, purchased_at, entity")
	fmt.Fprintln(&lines, "line_id, channel, report_id, store_transaction_id, kind, gross_amount, tax_amount, fee_amount, net_amount, currency, customer_currency, customer_amount, transaction_at, settled_at, event_at, bank_reference, payout_id, counterparty, entity")
	fmt.Fprintln(&bank, "line_id, account, booked_at, amount, currency, reference, counterparty, entity")
	for pair, published := range m.rates {
		for day, rate := range published {
			fmt.Fprintf(&rates, "%s, %s, %d.%04d\n", time.Date(2026, 9, 30+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), strings.ReplaceAll(pair, "/", ", "), rate/10_000, rate%10_000)
		}
	}
	for i := range m.orders {
		o := &m.orders[i]
		kind, lineKind, coins := "purchase", "sale", int64(300)
		if o.refunds != "" {
			kind, lineKind, coins = "refund", "refund", 100
		}
		reseller := map[bool]string{true: "z1"}[o.channel == "reseller"]
		fmt.Fprintf(&orders, "%s, %s, %s, v%s, %s, %s, t%s, k, %d, %s, %s, %s, %s, DE, %s, %s\n", o.id, kind, o.refunds, strings.TrimPrefix(o.id, "r"), o.channel,
			reseller, o.id, coins, o.currency, hundredths(o.gross), hundredths(o.tax), hundredths(o.fee), exchangeAt(o.day), o.entity)
		if o.settledDay == 0 {
			continue
		}
		s, fee, apart, tax := o.sign(), "", int64(0), ""
		if o.feeStated {
			fee = hundredths(-s * o.lineFee)
		}
		if o.ownFeeLine {
			apart = o.lineFee
		}
		if o.settledTax != 0 {
			tax = hundredths(-s * o.settledTax)
		}
		fmt.Fprintf(&lines, "l%s, %s, x%s, t%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, , y%s, %s, %s\n", o.id, o.channel, o.id, o.id, lineKind, hundredths(s*o.settledGross), tax, fee,
			hundredths(o.net()+s*apart), o.settledCurrency, o.currency, hundredths(s*o.gross), exchangeAt(o.day), exchangeAt(o.settledDay), exchangeAt(o.day), o.id, reseller, o.entity)
		if apart != 0 {
			fmt.Fprintf(&lines, "f%s, %s, x%s, t%s, fee, 0, , %s, %s, %s, , , %s, %s, %s, , y%s, %s, %s\n", o.id, o.channel, o.id, o.id, hundredths(-s*apart), hundredths(-s*apart), o.settledCurrency,
				exchangeAt(o.day), exchangeAt(o.settledDay), exchangeAt(o.day), o.id, reseller, o.entity)
		}
		if o.paidDay != 0 && o.net() != 0 {
			fmt.Fprintf(&lines, "y%s, %s, x%s, , payout, %s, , , %s, %s, , , , %s, %s, bank-reference-%s, y%s, %s, %s\n", o.id, o.channel, o.id, hundredths(-o.net()), hundredths(-o.net()), o.settledCurrency,
				exchangeAt(o.paidDay), exchangeAt(o.paidDay), o.id, o.id, reseller, o.entity)
		}
		if o.bankDay != 0 && o.net() != 0 {
			fmt.Fprintf(&bank, "b%s, a%s, %s, %s, %s, bank-reference-%s, Pay, %s\n", o.id, o.settledCurrency, exchangeAt(o.bankDay), hundredths(o.net()), o.settledCurrency, o.id, o.entity)
		}
	}
	return map[string]string{"fx_rates": rates.String(), "coin_purchases": orders.String(), "settlement_lines": lines.String(), "bank_lines": bank.String()}
}

// reference gives the balances of money at the month's end, in their currency
// and at the closing rate, and each entity's exchange differences: what
// everything else leaves over, because debits are credits.
func (m *exchangeMonth) reference() (balances, differences map[string]bool) {
	type account struct{ entity, role, currency string }
	money := map[account]int64{}
	others := map[string]int64{} // millionths in the entity's currency
	functional := map[string]string{"main": "USD", "de": "EUR"}
	days := map[string]int{}
	for i := range m.orders {
		o := &m.orders[i]
		days[o.id] = o.day
	}
	for i := range m.orders {
		o := &m.orders[i]
		s, own := o.sign(), functional[o.entity]
		receivable := map[string]string{"apple": "store_receivable", "web": "provider_receivable", "reseller": "reseller_receivable"}[o.channel]
		at := func(currency, role string) account { return account{o.entity, role, currency} }
		// a store remits the tax, elsewhere it is ours
		if o.channel == "apple" {
			money[at(o.currency, receivable)] += s * (o.gross - o.tax - o.fee)
		} else {
			money[at(o.currency, receivable)] += s * (o.gross - o.fee)
			money[at(o.currency, "tax_payable")] -= s * o.tax
		}
		// the liability, the deferred fee and what a refund takes of either: all at the purchase's rate
		bought := o.day
		if o.refunds != "" {
			bought = days[o.refunds]
		}
		others[o.entity] -= s * (o.gross - o.tax - o.fee) * m.rate(o.currency, own, bought)
		if o.settledDay == 0 {
			continue
		}
		states := o.feeStated || o.ownFeeLine
		switch {
		case o.settledCurrency == o.currency:
			// the line meets its order on the day of the later, which is the order's; only the fee can differ
			money[at(o.currency, receivable)] -= s * (o.lineFee - o.fee)
			others[o.entity] += s * (o.lineFee - o.fee) * m.rate(o.currency, own, o.day)
		case o.settledDay <= 31:
			kept := o.fee
			if o.channel == "apple" {
				kept += o.tax
			}
			money[at(o.currency, receivable)] -= s * (o.gross - kept)
			money[at(o.settledCurrency, receivable)] += o.net()
			if states {
				others[o.entity] -= s * o.fee * m.rate(o.currency, own, o.settledDay)
				others[o.entity] += s * o.lineFee * m.rate(o.settledCurrency, own, o.settledDay)
			}
		}
		if o.paidDay != 0 {
			money[at(o.settledCurrency, receivable)] -= o.net()
			money[at(o.settledCurrency, "clearing")] += o.net()
		}
		if o.bankDay != 0 {
			money[at(o.settledCurrency, "clearing")] -= o.net()
			money[at(o.settledCurrency, "cash")] += o.net()
		}
	}
	// what we owe to a counterparty is a liability; here each kind of receivable has one counterparty
	for a, amount := range money {
		if strings.HasSuffix(a.role, "_receivable") && amount < 0 {
			delete(money, a)
			money[account{a.entity, "counterparty_payable", a.currency}] += amount
		}
	}
	balances, differences = map[string]bool{}, map[string]bool{}
	for a, amount := range money {
		told := amount * m.rate(a.currency, functional[a.entity], 31)
		others[a.entity] += told
		if amount != 0 {
			balances[fmt.Sprintf("%s %s %s %s0000 %s", a.entity, a.role, a.currency, hundredths(amount), sixDecimals(told))] = true
		}
	}
	for entity, left := range others {
		differences[entity+" "+sixDecimals(-left)] = true
	}
	return balances, differences
}

func sixDecimals(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%06d", sign, n/1_000_000, n%1_000_000)
}
