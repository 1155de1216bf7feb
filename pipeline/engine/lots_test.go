package engine_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine"
)

var lotMonths = []pipeline.Period{"2026-10", "2026-11", "2026-12"}

// lotMonth gives a month by its number, also one behind lotMonths.
func lotMonth(no int) pipeline.Period {
	month := lotMonths[0]
	for range no {
		month = month.Next()
	}
	return month
}

// simulated gives how many times as much a simulation does: once, and with
// CARAT_SIMULATE=N (make simulate) 25 N times.
func simulated(t *testing.T) int {
	t.Helper()
	text := os.Getenv("CARAT_SIMULATE")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("CARAT_SIMULATE=%s is not a count", text)
	}
	return 25 * n
}

// drawHistory draws everything that can happen to one viewer's coins, in small
// numbers so that instants, amounts and keys collide.
func drawHistory(r *rand.Rand, viewer, entity string, careful bool) []bookRow {
	var rows []bookRow
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	minor := map[string]int64{"JPY": 1_000_000, "USD": 10_000, "EUR": 10_000, "KWD": 1_000}
	amount := func(currency string) int64 {
		if r.IntN(3) == 0 {
			return r.Int64N(40) // finer than a minor unit, or nothing
		}
		return r.Int64N(400) * minor[currency]
	}
	for n := r.IntN(4); n > 0; n-- {
		b := bookRow{feed: "balance", viewer: viewer, entity: entity, channel: pick("", "web", "apple"), currency: pick("", "EUR", "USD"), coins: r.Int64N(25)}
		if careful && r.IntN(4) == 0 {
			b.coins = -r.Int64N(9)
		}
		if r.IntN(3) > 0 {
			b.gross, b.fee = r.Int64N(2_000_000), r.Int64N(300)
		}
		b.id = b.channel + "/" + b.currency
		if !slices.ContainsFunc(rows, func(x bookRow) bool { return x.id == b.id }) {
			rows = append(rows, b)
		}
	}
	var purchases, charges, gifts []bookRow
	for n := 2 + r.IntN(14); n > 0; n-- {
		month := r.IntN(len(lotMonths))
		at := time.Date(2026, time.Month(10+month), 1+r.IntN(3), r.IntN(2), r.IntN(2)*15, 0, 0, time.UTC)
		switch r.IntN(30) {
		case 0:
			at = time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC)
		case 1:
			at = at.AddDate(0, -1, 0) // late
		case 2:
			at = at.AddDate(0, 1, 0) // beyond its month
		}
		row := bookRow{viewer: viewer, entity: entity, at: at, month: month, id: pick("a", "b", "c", "d") + viewer + strconv.Itoa(n), coins: 1 + r.Int64N(12)}
		choice := r.IntN(10)
		if !careful {
			choice = min(choice, 5)
		}
		switch choice {
		case 0, 1:
			row.feed, row.kind, row.channel, row.currency = "purchase", "purchase", pick("apple", "web", "reseller"), pick("USD", "EUR", "JPY", "KWD")
			row.bonus = r.Int64N(3)
			row.gross = amount(row.currency)
			row.tax = r.Int64N(row.gross/4 + 1)
			if row.feeGiven = r.IntN(2) == 0; row.feeGiven {
				row.fee = r.Int64N(row.gross/3 + 1)
			}
			purchases = append(purchases, row)
		case 2:
			row.feed, row.kind = "adjustment", pick("promo", "correction", "debt_writeoff")
		case 3, 4, 5:
			row.feed, row.kind = "gift", "gift"
			gifts = append(gifts, row)
		case 6:
			row.feed, row.kind, row.coins = "adjustment", pick("expiry", "correction"), -row.coins
		case 7:
			row.feed, row.kind, row.named = "gift", "reversal", "nothing"
			if len(gifts) > 0 && r.IntN(8) > 0 {
				g := gifts[r.IntN(len(gifts))]
				row.named = g.id
				if r.IntN(2) == 0 {
					row.coins = g.coins
				}
			}
		case 8:
			row.feed, row.kind, row.named = "purchase", pick("refund", "chargeback"), "nothing"
			row.channel, row.currency = "web", "USD"
			if len(purchases) > 0 && r.IntN(8) > 0 {
				p := purchases[r.IntN(len(purchases))]
				row.named, row.channel, row.currency = p.id, p.channel, p.currency
				if r.IntN(2) == 0 {
					row.coins, row.bonus = p.coins, p.bonus
				}
			}
			row.gross = amount(row.currency)
			charges = append(charges, row)
		case 9:
			row.feed, row.kind, row.named = "purchase", "chargeback_reversal", "nothing"
			row.channel, row.currency = "web", "USD"
			if len(charges) > 0 && r.IntN(8) > 0 {
				c := charges[r.IntN(len(charges))]
				row.named, row.channel, row.currency = c.id, c.channel, c.currency
				if r.IntN(3) == 0 {
					row.named = c.named
				}
				if r.IntN(2) == 0 {
					row.coins, row.bonus = c.coins, c.bonus
				}
			}
			row.gross = amount(row.currency)
		}
		rows = append(rows, row)
	}
	return rows
}

// insert writes rows into the raw tables at once.
func insert(t *testing.T, e *engine.Engine, table, columns string, rows []string) {
	t.Helper()
	for part := range slices.Chunk(rows, 2000) {
		if err := e.ExecForTest("insert into raw_" + table + " (" + columns + ") values\n" + strings.Join(part, ",\n")); err != nil {
			t.Fatal(err)
		}
	}
}

func quoted(text string) string {
	if text == "" {
		return "null"
	}
	return "'" + text + "'"
}

func micros(n int64) string {
	return "cast(" + strconv.FormatInt(n, 10) + " as decimal(18, 0)) * 0.000001"
}

// lotTables makes the raw tables of the histories.
func lotTables(t *testing.T, e *engine.Engine, histories [][]bookRow) {
	t.Helper()
	for name, row := range rowTypes {
		var definition []string
		for _, c := range columnsOf(t, row) {
			definition = append(definition, fmt.Sprintf("%q %s", c.Name, c.Type))
		}
		if err := e.ExecForTest("create or replace table raw_" + name + " (" + strings.Join(definition, ", ") + ")"); err != nil {
			t.Fatal(err)
		}
	}
	var balances, purchases, gifts, adjustments, rates []string
	for _, rows := range histories {
		for _, r := range rows {
			lineage := fmt.Sprintf("'b1', 1, timestamptz '2026-11-01 00:00:00+00', '%s'", lotMonth(r.month))
			at := "timestamptz '" + r.at.Format("2006-01-02 15:04:05+00") + "'"
			fee := "null"
			if r.feeGiven {
				fee = micros(r.fee)
			}
			switch r.feed {
			case "balance":
				balances = append(balances, fmt.Sprintf("('viewer', '%s', timestamptz '2026-10-01 00:00:00+00', %s, %s, %d, %s, %s, '%s', %s)",
					r.viewer, quoted(r.channel), quoted(r.currency), r.coins, micros(r.gross), micros(r.fee), r.entity, lineage))
			case "purchase":
				purchases = append(purchases, fmt.Sprintf("('%s', '%s', %s, '%s', '%s', 'k', %d, %d, '%s', %s, %s, %s, %s, '%s', %s)", r.id, r.kind,
					quoted(r.named), r.viewer, r.channel, r.coins, r.bonus, r.currency, micros(r.gross), micros(r.tax), fee, at, r.entity, lineage))
			case "gift":
				gifts = append(gifts, fmt.Sprintf("('%s', '%s', %s, %s, 's', '%s', 'c1', 'r', 1, %d, %d, '%s', %s)", r.id, r.kind, quoted(r.named), at,
					r.viewer, r.coins, r.coins, r.entity, lineage))
			case "adjustment":
				adjustments = append(adjustments, fmt.Sprintf("('%s', '%s', %d, '%s', 'ann', %s, '%s', %s)", r.id, r.viewer, r.coins, r.kind, at, r.entity, lineage))
			}
		}
	}
	for day := time.Date(2026, 9, 28, 0, 0, 0, 0, time.UTC); day.Before(time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)); day = day.AddDate(0, 0, 1) {
		for _, base := range []string{"USD", "EUR", "JPY", "KWD"} {
			for _, quote := range []string{"USD", "EUR"} {
				if rate, ok := lotRate(base, quote, day); ok {
					rates = append(rates, fmt.Sprintf("(date '%s', '%s', '%s', cast(%d as decimal(18, 0)) * 0.000000001, 'b1', 1, timestamptz '2026-09-01 00:00:00+00', '2026-10')",
						day.Format(time.DateOnly), base, quote, rate))
				}
			}
		}
	}
	const lineage = "batch_id, source_line, ingested_at, accounting_month"
	insert(t, e, "balances", "subject_kind, subject_id, as_of, channel, currency, coins, amount, deferred_fee, entity, "+lineage, balances)
	insert(t, e, "coin_purchases", "purchase_id, kind, original_purchase_id, viewer_id, channel, sku, coins, bonus_coins, currency, gross_amount, tax_amount, store_fee_amount, purchased_at, entity, "+lineage, purchases)
	insert(t, e, "gift_events", "event_id, kind, original_event_id, sent_at, stream_id, viewer_id, creator_id, gift_id, quantity, coins, diamonds, entity, "+lineage, gifts)
	insert(t, e, "coin_adjustments", "adjustment_id, viewer_id, coins, reason, approved_by, adjusted_at, entity, "+lineage, adjustments)
	insert(t, e, "fx_rates", "rate_date, base, quote, rate, "+lineage, rates)
}

// lotRate is a rate of every day, in billionths. The yen has none before
// November in the euro entity, so that a missing rate is met too.
func lotRate(base, quote string, day time.Time) (int64, bool) {
	if base == quote {
		return 0, false
	}
	rate := map[string]int64{"USD": 907_333_111, "EUR": 1_101_777_333, "JPY": 6_512_345, "KWD": 3_251_111_117}[base]
	if quote == "EUR" && base == "JPY" {
		return 0, false
	}
	return rate + int64(day.YearDay())*1_001, true
}

// Random histories give, in SQL and in the reference, the same lots, debts and
// money per event, to the last unit; spending by arithmetic and by replay
// agree; and the closing of a month is the opening of the next.
func TestSimulateLotsAgainstReference(t *testing.T) {
	dialect, models := builtinModels(t)
	models = needed(models, "led_lot_movement")
	seed := uint64(1)
	for range simulated(t) {
		for _, breakAfter := range []int{0, 1} {
			t.Run(fmt.Sprintf("seed=%d,break=%d", seed, breakAfter), func(t *testing.T) { simulateLots(t, dialect, models, seed, breakAfter) })
			seed++
		}
	}
}

func simulateLots(t *testing.T, dialect string, models []engine.Model, seed uint64, breakAfter int) {
	r := rand.New(rand.NewPCG(seed, 7))
	var histories [][]bookRow
	for i := range 300 {
		histories = append(histories, drawHistory(r, fmt.Sprintf("v%04d", i), []string{"main", "eu"}[r.IntN(2)], r.IntN(3) > 0))
	}
	closing := map[string]bool{}
	for period := range lotMonths {
		e := openEngine(t)
		lotTables(t, e, histories)
		p := testParameters(t, lotMonths[period], lotMonths[0], "UTC")
		p.BreakageMonths = breakAfter
		p.Entities = []engine.Entity{{ID: "main", FunctionalCurrency: "USD"}, {ID: "eu", FunctionalCurrency: "EUR"}}
		p.Channels = []engine.Channel{{Name: "apple", StoreFeeRate: 300_000_000}, {Name: "web", StoreFeeRate: 29_000_000}}
		if _, err := e.Reconcile(context.Background(), dialect, models, p, nil); err != nil {
			t.Fatal(err)
		}
		opening := lotLines(t, e, openingLots)
		if period > 0 {
			compareLines(t, "opening of "+string(lotMonths[period]), opening, closing)
		}
		compareLots(t, e, histories, period, breakAfter, false)
		closing = lotLines(t, e, openLots)
		everyoneReplayed(t, e, models, false)
		compareLots(t, e, histories, period, breakAfter, false)
		everyoneReplayed(t, e, models, true)
		compareLots(t, e, histories, period, breakAfter, true)
		compareLines(t, "opening when replayed", lotLines(t, e, openingLots), opening)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
}

// everyoneReplayed builds the lots anew with no viewer spared the replay; with
// itemised, every gift is an event by itself.
func everyoneReplayed(t *testing.T, e *engine.Engine, models []engine.Model, itemised bool) {
	t.Helper()
	for _, name := range []string{"led_viewer_replayed", "led_lot_source", "led_lot_event", "led_lot_replay", "led_lot_given", "led_lot_take", "led_lot_balance"} {
		i := slices.IndexFunc(models, func(m engine.Model) bool { return m.Name == name })
		text := models[i].SQL
		if name == "led_viewer_replayed" {
			text = fmt.Sprintf("select viewer_no, %t as is_itemised from led_viewer", itemised)
		}
		if err := e.ExecForTest("create or replace table " + name + " as " + text); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

const (
	openLots = `select concat_ws(' ', viewer_id, lot_id, origin, channel, currency, coins, closing_coins, closing_value, closing_fee,
		coalesce(cast(closing_functional_value as varchar), 'unknown'), coalesce(cast(closing_functional_fee as varchar), 'unknown')) from led_lot_balance inner join led_viewer using (viewer_no) where closing_coins > 0`
	openingLots = `select concat_ws(' ', viewer_id, lot_id, origin, channel, currency, coins, opening_coins, opening_value, opening_fee,
		coalesce(cast(opening_functional_value as varchar), 'unknown'), coalesce(cast(opening_functional_fee as varchar), 'unknown')) from led_lot_balance inner join led_viewer using (viewer_no) where opening_coins > 0`
	lotMoves = `select concat_ws(' ', viewer_id, lot_id, kind, %s, day, cast(sum(before - after) as bigint), sum(m.value), sum(m.fee),
		coalesce(cast(known_sum(m.functional_value) as varchar), 'unknown'),
		coalesce(cast(known_sum(m.functional_fee) as varchar), 'unknown')) from led_lot_movement as m inner join led_viewer using (viewer_no)
		inner join (select viewer_no, lot_no, lot_id from led_lot_balance) using (viewer_no, lot_no) group by viewer_id, lot_id, kind, %[1]s, day`
	openDebts = `select concat_ws(' ', viewer_id, kind, source_id, after) from led_lot_replay as r inner join led_viewer using (viewer_no)
		inner join led_lot_event as d on d.viewer_no = r.viewer_no and d.event_no = r.debit_no where step = 'owed'`
)

func lotLines(t *testing.T, e *engine.Engine, query string) map[string]bool {
	t.Helper()
	texts, err := e.TextsForTest(query)
	if err != nil {
		t.Fatal(err)
	}
	set := map[string]bool{}
	for _, x := range texts {
		set[x] = true
	}
	return set
}

func compareLots(t *testing.T, e *engine.Engine, histories [][]bookRow, period, breakAfter int, replayed bool) {
	t.Helper()
	moves, open, owed := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, rows := range histories {
		if len(rows) == 0 {
			continue
		}
		b := book{breakAfter: breakAfter, functional: map[string]string{"main": "USD", "eu": "EUR"}[rows[0].entity], rate: lotRate,
			feeRate: map[string]int64{"apple": 300, "web": 29}}
		for _, m := range lotMonths {
			b.months = append(b.months, bookMonth{m.Start(time.UTC), m.End(time.UTC).Add(-time.Microsecond)})
		}
		b.replay(rows, period)
		x, y, z := b.lines(period, replayed)
		for set, lines := range map[*map[string]bool][]string{&moves: x, &open: y, &owed: z} {
			for _, line := range lines {
				(*set)[rows[0].viewer+" "+line] = true
			}
		}
	}
	id := "''"
	if replayed {
		id = "coalesce(source_id, '')"
		compareLines(t, "debts", lotLines(t, e, openDebts), owed)
	}
	compareLines(t, "movements", lotLines(t, e, fmt.Sprintf(lotMoves, id)), moves)
	compareLines(t, "open lots", lotLines(t, e, openLots), open)
}

// compareLines reports the first lines that only one side has.
func compareLines(t *testing.T, what string, got, want map[string]bool) {
	t.Helper()
	var odd []string
	for x := range got {
		if !want[x] {
			odd = append(odd, x+" <- SQL only")
		}
	}
	for x := range want {
		if !got[x] {
			odd = append(odd, x+" <- reference only")
		}
	}
	slices.SortFunc(odd, cmp.Compare[string])
	if len(odd) > 0 {
		t.Errorf("%s: %d of %d and %d lines differ\n%s", what, len(odd), len(got), len(want), strings.Join(odd[:min(len(odd), 12)], "\n"))
	}
}
