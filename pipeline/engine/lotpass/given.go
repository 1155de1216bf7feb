package lotpass

import (
	"cmp"
	"context"
	"slices"

	"carat/pipeline/engine/duckdb"
	"carat/pipeline/lots"
)

// givenPass sums what each viewer gave by day, tells how low it brought them,
// and spends the lots of those who need no replay.
var givenPass = &Pass{
	Makes: []Model{
		{"led_viewer_day", "d2424c22056815753ab2bfcf4d9cfbc70347fffc2c844d247c764ee132f0bf62"},
		{"led_wallet_low", "7a30389af39661b2e772a4163b6a4006eedc10bca13c4ec7aba3312b699a3a04"},
		{"led_lot_given", "4b9f31a14f6c108ec33ab4506c98f9c861431291499c360bba36dcc98bc38e42"},
	},
	Reads: []string{"led_carried_lot", "led_carried_viewer", "led_gift", "led_lot", "led_lot_class", "led_lot_source", "led_viewer", "led_viewer_replayed", "led_quarter_day", "led_coin_change",
		"led_coin_movement", "led_reached_gift", "stg_gift_events", "run"},
	views: []string{"led_coin_movement", "led_coin_change"},
	tells: []string{"led_viewer", "led_gift", "led_lot", "led_viewer_replayed"},
	fill:  fillGiven,
}

// movementsAtOnce bounds the movements that are in memory, of 24 bytes each.
const movementsAtOnce = 2_000_000

type viewerLot struct {
	lots.AxisLot
	replayed bool
}

func fillGiven(ctx context.Context, r *run) error {
	g := &given{run: r, earlier: map[int64]int64{}}
	return r.end(g.fill())
}

// given is the pass being made.
type given struct {
	*run
	day, low, lot *duckdb.TableWriter
	earlier       map[int64]int64 // coins given away in the months before, by viewer
	others        []change        // neither gifts nor lots, by viewer

	movements byViewer[lots.Movement]
	lots      byViewer[viewerLot]
	days      []lots.Day
	axis      []lots.AxisLot
	pieces    []lots.Piece
}

type change struct{ viewer, at, coins int64 }

func (g *given) fill() (err error) {
	for table, w := range map[string]**duckdb.TableWriter{"led_viewer_day": &g.day, "led_wallet_low": &g.low, "led_lot_given": &g.lot} {
		if *w, err = g.write(table); err != nil {
			return err
		}
	}
	err = g.each(`select led_viewer.viewer_no, cast(sum(gifts.coins) as bigint)
from (
    select viewer_id, entity, coins from stg_gift_events cross join run
    where accounting_month < run.period and sent_at >= run.first_start and kind = 'gift'
    union all
    select viewer_id, entity, coins from led_reached_gift where kind = 'gift'
) as gifts
inner join led_viewer on led_viewer.viewer_id = gifts.viewer_id and led_viewer.entity = gifts.entity
left join led_carried_viewer on led_carried_viewer.viewer_no = led_viewer.viewer_no
where led_carried_viewer.viewer_no is null
group by led_viewer.viewer_no`, func(rows *duckdb.ColumnRows) { g.earlier[rows.Whole(0)] = rows.Whole(1) })
	if err != nil {
		return err
	}
	err = g.each(`select led_viewer.viewer_no, led_coin_movement.effective_at, led_coin_movement.coins
from led_coin_movement
inner join led_viewer on led_viewer.viewer_id = led_coin_movement.viewer_id and led_viewer.entity = led_coin_movement.entity
where led_coin_movement.kind = 'refunded' or led_coin_movement.kind in ('expired', 'adjusted') and led_coin_movement.coins < 0`,
		func(rows *duckdb.ColumnRows) {
			g.others = append(g.others, change{rows.Whole(0), rows.Whole(1), rows.Whole(2)})
		})
	if err != nil {
		return err
	}
	slices.SortFunc(g.others, func(a, b change) int { return cmp.Compare(a.viewer, b.viewer) })
	return g.ranges("led_gift", movementsAtOnce, g.some)
}

// some handles the viewers of a range.
func (g *given) some(from, to int64) error {
	g.movements.reset()
	g.lots.reset()
	if err := g.readLots(from, to); err != nil {
		return err
	}
	err := g.each(`select viewer_no, greatest(least(sent_at, closing_instant), period_start), is_gift, coins,
    greatest(least(sent_day, last_day), first_day)
from led_gift
cross join (select period_start, closing_instant, local_day(period_start, time_zone) as first_day, local_day(closing_instant, time_zone) as last_day from run) as bounds
where `+within("viewer_no", from, to), func(rows *duckdb.ColumnRows) {
		m := lots.Movement{At: rows.Whole(1), IsGift: rows.Bool(2), Coins: rows.Whole(3), Day: int32(rows.Whole(4))}
		if m.IsGift {
			m.Coins = -m.Coins
		}
		g.movements.add(rows.Whole(0)-from, m)
	})
	if err != nil {
		return err
	}
	first, _ := slices.BinarySearchFunc(g.others, from, func(c change, no int64) int { return cmp.Compare(c.viewer, no) })
	for _, c := range g.others[first:] {
		if c.viewer >= to {
			break
		}
		g.movements.add(c.viewer-from, lots.Movement{At: c.at, Coins: c.coins})
	}
	g.movements.sort(to - from)
	g.lots.sort(to - from)
	for i := range to - from {
		g.viewer(int32(from+i), g.movements.viewer(i), g.lots.viewer(i))
	}
	return g.ctx.Err()
}

// readLots reads the lots of a range; those that came in the period are
// movements too.
func (g *given) readLots(from, to int64) error {
	return g.each(`select led_lot.viewer_no, led_lot.lot_no, led_lot_class.class_no, led_lot.came_before, led_lot.acquired_day, led_lot.acquired_at,
    led_lot.coins, coalesce(led_carried_lot.upto, led_lot.upto), led_lot.value, led_lot.fee, led_lot.currency = led_lot.functional_currency,
    led_lot.functional_value, led_lot.functional_fee, led_viewer_replayed.viewer_no is not null,
    coalesce(led_carried_lot.left_coins, led_lot.coins)
from led_lot
inner join led_lot_class on led_lot_class.entity = led_lot.entity and led_lot_class.channel = led_lot.channel and led_lot_class.currency = led_lot.currency
left join led_viewer_replayed on led_viewer_replayed.viewer_no = led_lot.viewer_no
left join led_carried_lot on led_carried_lot.viewer_no = led_lot.viewer_no and led_carried_lot.lot_no = led_lot.lot_no
where (coalesce(led_carried_lot.left_coins > 0, true) or led_lot.coins = 0) and `+within("led_lot.viewer_no", from, to), func(rows *duckdb.ColumnRows) {
		l := viewerLot{lots.AxisLot{No: rows.Whole(1), Class: int32(rows.Whole(2)), CameBefore: rows.Bool(3), Acquired: int32(rows.Whole(4)),
			Coins: rows.Whole(6), Spent: rows.Whole(6) - rows.Whole(14), Upto: rows.Whole(7), Value: rows.Whole(8), Fee: rows.Whole(9), IsFunctional: rows.Bool(10)}, rows.Bool(13)}
		var known bool
		l.FunctionalValue.Hi, l.FunctionalValue.Lo, known = rows.Wide(11)
		l.UnknownValue = !known
		l.FunctionalFee.Hi, l.FunctionalFee.Lo, known = rows.Wide(12)
		l.UnknownFee = !known
		g.lots.add(rows.Whole(0)-from, l)
		if !l.CameBefore {
			g.movements.add(rows.Whole(0)-from, lots.Movement{At: rows.Whole(5), Coins: l.Coins, Day: l.Acquired})
		}
	})
}

func (g *given) viewer(no int32, movements []lots.Movement, own []viewerLot) {
	var earlier *lots.Day
	if coins, gave := g.earlier[int64(no)]; gave {
		earlier = &lots.Day{Coins: coins}
	}
	var low int64
	var hasGift bool
	g.days, low, hasGift = lots.Days(movements, earlier, g.days[:0])
	for _, d := range g.days {
		g.day.Int(no)
		putDay(g.day, d.Day, d.Earlier)
		g.day.Big(d.Coins)
		g.day.Big(d.Upto)
		g.day.Done()
	}
	if hasGift {
		g.low.Int(no)
		g.low.Big(low)
		g.low.Done()
	}
	if len(own) == 0 || own[0].replayed || len(g.days) == 0 {
		return
	}
	g.axis = g.axis[:0]
	for _, l := range own {
		g.axis = append(g.axis, l.AxisLot)
	}
	slices.SortFunc(g.axis, func(a, b lots.AxisLot) int { return cmp.Compare(a.No, b.No) })
	g.pieces = lots.Spend(g.axis, g.days, g.pieces[:0])
	for i := range g.pieces {
		g.put(no, &g.pieces[i])
	}
}

func (g *given) put(no int32, p *lots.Piece) {
	w := g.lot
	w.Int(no)
	w.Big(p.Lot.No)
	w.Int(p.Lot.Class)
	putDay(w, p.Day, p.Earlier)
	w.Int(p.CountsOn)
	w.Bool(p.PaidLater)
	w.Big(p.Before)
	w.Big(p.After)
	w.Big(p.Value)
	w.Big(p.Fee)
	putWide(w, p.FunctionalValue, p.UnknownValue)
	putWide(w, p.FunctionalFee, p.UnknownFee)
	w.Done()
}

func putDay(w *duckdb.TableWriter, day int32, earlier bool) {
	if earlier {
		w.Null()
		return
	}
	w.Int(day)
}

func putWide(w *duckdb.TableWriter, n lots.Wide, unknown bool) {
	if unknown {
		w.Null()
		return
	}
	w.Wide(n.Hi, n.Lo)
}
