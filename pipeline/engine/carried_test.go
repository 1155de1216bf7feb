package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"carat/pipeline"
	"carat/pipeline/engine"
)

// carriedModels are what is compared of a month that is built from the start and of one
// that is carried forward, beside the lots themselves.
var carriedModels = []string{"led_viewer_rollforward", "led_wallet_suspect", "led_liability_day", "led_liability_rollforward",
	"led_lot_cohort", "led_refund_money", "led_spent_coin", "mart_coin_lots", "mart_viewer_balances"}

// carriedQueries tell each without what holds within one run: numbers and what an event is called.
var carriedQueries = map[string]string{
	"open lots":        openLots,
	"opening lots":     openingLots,
	"movements":        fmt.Sprintf(lotMoves, "''"),
	"roll-forwards":    "select concat_ws(' ', viewer_id, entity, opening, bought, bonus, adjusted, gifted, reversed, refunded, expired, closing) from led_viewer_rollforward",
	"suspects":         "select concat_ws(' ', viewer_id, entity, opening) from led_wallet_suspect",
	"liability days":   "select cast(m as varchar) from led_liability_day as m",
	"liability":        "select cast(m as varchar) from led_liability_rollforward as m",
	"cohorts":          "select cast(m as varchar) from led_lot_cohort as m",
	"refund money":     "select cast(m as varchar) from led_refund_money as m",
	"spent coins":      "select concat_ws(' ', viewer_id, day, class_no, sum(coins)) from led_spent_coin inner join led_viewer using (viewer_no) group by viewer_id, day, class_no having sum(coins) <> 0",
	"coin lots":        "select cast(m as varchar) from mart_coin_lots as m",
	"viewer balances":  "select cast(m as varchar) from mart_viewer_balances as m",
	"lots as specific": "select concat_ws(' ', viewer_id, model) from run_lot_differences",
}

// carriedMonth builds one month over the histories and gives what it says, what it closes
// with, and how many viewers were carried forward, of those how many replayed.
func carriedMonth(t *testing.T, histories [][]bookRow, p engine.Parameters, closing []pipeline.TableFiles) (said map[string]map[string]bool, closes []pipeline.TableFiles, carried, replayed string) {
	t.Helper()
	dialect, all := builtinModels(t)
	var models []engine.Model
	for _, name := range carriedModels {
		for _, m := range needed(all, name) {
			if !slices.ContainsFunc(models, func(x engine.Model) bool { return x.Name == m.Name }) {
				models = append(models, m)
			}
		}
	}
	e := openEngine(t)
	lotTables(t, e, histories)
	e.LoadClosing(closing)
	if p.Carries = closing != nil; p.Carries { // earlier gifts lie apart, as in a run
		if err := e.ExecForTest("insert into raw_earlier_gift_events select * from raw_gift_events where accounting_month < '" + string(p.Period) + "'; " +
			"delete from raw_gift_events where accounting_month < '" + string(p.Period) + "'"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := e.Reconcile(context.Background(), dialect, models, p, nil); err != nil {
		t.Fatal(err)
	}
	said = map[string]map[string]bool{}
	for what, query := range carriedQueries {
		said[what] = lotLines(t, e, query)
	}
	counts, err := e.TextsForTest("select count(*) || ' ' || count(led_viewer_replayed.viewer_no) from led_carried_viewer left join led_viewer_replayed using (viewer_no)")
	if err != nil {
		t.Fatal(err)
	}
	carried, replayed, _ = strings.Cut(counts[0], " ")
	files, err := e.Export(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range engine.ClosingTables() {
		if len(files[name]) == 0 {
			continue
		}
		table := pipeline.TableFiles{Name: name, Files: files[name]}
		columns, err := e.TextsForTest("select column_name || ' ' || column_type from (describe select * from read_parquet('" + files[name][0] + "'))")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range columns {
			c := pipeline.Column{ID: len(table.Columns) + 1} // as Export counts them
			c.Name, c.Type, _ = strings.Cut(text, " ")
			table.Columns = append(table.Columns, c)
		}
		closes = append(closes, table)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return said, closes, carried, replayed
}

func carriedParameters(t *testing.T, period pipeline.Period, zone string) engine.Parameters {
	p := testParameters(t, period, lotMonths[0], zone)
	p.KeepModels = true
	p.Entities = []engine.Entity{{ID: "main", FunctionalCurrency: "USD"}, {ID: "eu", FunctionalCurrency: "EUR"}}
	p.Channels = []engine.Channel{{Name: "apple", StoreFeeRate: 300_000_000}, {Name: "web", StoreFeeRate: 29_000_000}}
	return p
}

// Random histories, three months each: a month that begins with what the closed one left
// says the same as one that reads all rows from the start, and closes with the same. The
// third month is carried from the second as the second was carried, too.
func TestSimulateCarriedIsFromStart(t *testing.T) {
	for round := range uint64(simulated(t)) {
		r := rand.New(rand.NewPCG(round, 19))
		var histories [][]bookRow
		for i := range 600 {
			histories = append(histories, drawHistory(r, fmt.Sprintf("v%03d", i), []string{"main", "eu"}[r.IntN(2)], r.IntN(3) > 0))
		}
		t.Run(fmt.Sprintf("seed=%d", round), func(t *testing.T) {
			var closing []pipeline.TableFiles
			for i, period := range lotMonths {
				p := carriedParameters(t, period, []string{"America/New_York", "UTC"}[round%2])
				want, closes, _, _ := carriedMonth(t, histories, p, nil)
				if i > 0 {
					got, same, carried, replayed := carriedMonth(t, histories, p, closing)
					for what := range carriedQueries {
						compareLines(t, string(period)+", "+what, got[what], want[what])
					}
					t.Logf("%s: %s viewers carried, %s of them replayed", period, carried, replayed)
					if len(carried) < 3 || replayed == "0" {
						t.Errorf("%s: only %s viewers are carried, %s of them replayed", period, carried, replayed)
					}
					closes = same
				}
				closing = closes
				if t.Failed() {
					return
				}
			}
		})
	}
}

// What reaches back over one, two and thirteen months, some of it late: the viewer's history
// is read from the start, and all comes out as if everyone's were.
func TestReachBack(t *testing.T) {
	var histories [][]bookRow
	for _, apart := range []int{1, 2, 13} {
		for _, late := range []bool{false, true} {
			for _, what := range []string{"reversal", "refund", "chargeback", "charged twice", "nothing", "expiry"} {
				histories = append(histories, reachingBack(fmt.Sprintf(" %s %d %t", what, apart, late), what, apart, late))
			}
		}
	}
	_, closing, _, _ := carriedMonth(t, histories, carriedParameters(t, lotMonth(0), "UTC"), nil)
	for no := 1; no <= 14; no++ {
		if no == 4 {
			no = 12 // nothing but a gift and a purchase a month lies between
		}
		p := carriedParameters(t, lotMonth(no), "UTC")
		want, closes, _, _ := carriedMonth(t, histories, p, nil)
		if no != 12 {
			got, _, carried, _ := carriedMonth(t, histories, p, closing)
			for what := range carriedQueries {
				compareLines(t, string(p.Period)+", "+what, got[what], want[what])
			}
			if carried == "0" || carried == fmt.Sprint(len(histories)) {
				t.Errorf("%s: %s of %d viewers are carried", p.Period, carried, len(histories))
			}
		}
		closing = closes
	}
}

// reachingBack is the history of a viewer of whom a row reaches back by so many months, and in
// the month after it another.
func reachingBack(v, what string, apart int, late bool) []bookRow {
	row := func(feed, kind, id, named string, no, day int, coins int64) bookRow {
		b := bookRow{feed: feed, kind: kind, id: id + v, viewer: v, entity: "main", month: no, at: lotMonth(no).Start(time.UTC).AddDate(0, 0, day), coins: coins}
		if named != "" {
			b.named = named + v
		}
		if late && no == apart { // what came of a closed month counts in the one that was open
			b.at = b.at.AddDate(0, -1, 0)
		}
		if feed == "purchase" {
			b.channel, b.currency, b.gross = "web", "USD", coins*7_777
		}
		return b
	}
	list := []bookRow{row("purchase", "purchase", "p", "", 0, 0, 50), row("purchase", "purchase", "q", "", 0, 1, 30), row("gift", "gift", "g", "", 0, 2, 57)}
	for no := 1; no < apart; no++ {
		list = append(list, row("gift", "gift", fmt.Sprintf("g%d", no), "", no, 3, 1), row("purchase", "purchase", fmt.Sprintf("p%d", no), "", no, 4, 3))
	}
	after := apart + 1
	switch what {
	case "reversal":
		list = append(list, row("gift", "reversal", "r", "g", apart, 5, 40), row("gift", "reversal", "r2", "g", after, 5, 17))
	case "refund":
		list = append(list, row("purchase", "refund", "r", "q", apart, 5, 30), row("purchase", "refund", "r2", "p", after, 5, 50))
	case "chargeback":
		list = append(list, row("purchase", "chargeback", "r", "p", apart, 5, 50), row("purchase", "chargeback_reversal", "u", "r", after, 6, 50))
	case "charged twice":
		list = append(list, row("purchase", "chargeback", "r", "p", 0, 5, 20), row("purchase", "chargeback", "r2", "p", apart, 5, 20), row("purchase", "chargeback_reversal", "u", "p", after, 6, 20))
	case "expiry":
		list = append(list, row("adjustment", "expiry", "e", "", apart, 5, -4), row("adjustment", "expiry", "e2", "", after, 5, -100))
	}
	return append(list, row("gift", "gift", "h", "", apart, 8, 9), row("purchase", "purchase", "z", "", after, 9, 100))
}
