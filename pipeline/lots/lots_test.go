package lots_test

import (
	"cmp"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"carat/pipeline/lots"
)

// slowBook spends coin by coin, one event after the other: no intervals, no
// segments, nothing of the pass but the order of its events.
type slowBook struct {
	lots  []slowLot
	debts []slowDebt
	takes map[int64][]slowTake // by debit, in the order in which they were
	made  map[int64]int64
}

type slowLot struct{ no, left int64 }
type slowDebt struct{ no, open int64 }
type slowTake struct{ lot, coins int64 }

func (b *slowBook) takeCoin(debit int64) bool {
	for i := range b.lots {
		if b.lots[i].left > 0 {
			b.lots[i].left--
			b.takes[debit] = append(b.takes[debit], slowTake{b.lots[i].no, 1})
			return true
		}
	}
	return false
}

func (b *slowBook) settle() {
	for i := range b.debts {
		for b.debts[i].open > 0 && b.takeCoin(b.debts[i].no) {
			b.debts[i].open--
		}
	}
}

func (b *slowBook) debit(no, coins int64) {
	for ; coins > 0; coins-- {
		if !b.takeCoin(no) {
			b.debts = append(b.debts, slowDebt{no, coins})
			return
		}
	}
}

func (b *slowBook) lot(no int64) *slowLot {
	for i := range b.lots {
		if b.lots[i].no == no {
			return &b.lots[i]
		}
	}
	return nil
}

func (b *slowBook) event(e lots.Event) {
	switch e.Kind {
	case lots.Lot:
		b.lots = append(b.lots, slowLot{e.No, e.Coins})
		b.settle()
	case lots.Gift, lots.Breakage, lots.Debt:
		b.debit(e.No, e.Coins)
	case lots.Refund:
		coins := e.Coins
		if own := b.lot(e.Own); own != nil {
			for ; own.left > 0 && coins > 0; coins-- {
				own.left--
				b.takes[e.No] = append(b.takes[e.No], slowTake{own.no, 1})
			}
		}
		b.debit(e.No, coins)
	default:
		b.undo(e)
	}
}

func (b *slowBook) undo(e lots.Event) {
	coins := e.Coins
	for i := range b.debts {
		for e.Target != 0 && b.debts[i].no == e.Target && b.debts[i].open > 0 && coins > 0 {
			b.debts[i].open--
			coins--
		}
	}
	for took := b.takes[e.Target]; e.Target != 0 && coins > 0 && len(took) > 0; coins-- {
		b.lot(took[len(took)-1].lot).left++
		took = took[:len(took)-1]
		b.takes[e.Target] = took
	}
	if coins > 0 {
		b.made[e.No] = coins
		b.lots = append(b.lots, slowLot{e.No, coins})
	}
	b.settle()
}

// drawRows draws one viewer's history, in small numbers so that instants and
// amounts collide.
func drawRows(r *rand.Rand) (rows []lots.Row) {
	var gifts, bought, refunds []lots.Row
	for i := range 3 + r.IntN(25) {
		row := lots.Row{ID: fmt.Sprintf("%c%d", 'a'+r.IntN(4), i), Coins: 1 + r.Int64N(9), At: r.Int64N(12), Rank: lots.RankGift}
		row.Month = int32(row.At / 6)
		switch r.IntN(9) {
		case 0, 1:
			row.Kind, row.Rank, row.LotNo = lots.Lot, lots.RankPurchase, int64(i+1)
			bought = append(bought, row)
		case 2:
			row.Kind = lots.Run
			row.Day = int32(row.At / 2)
		case 3, 4:
			row.Kind = lots.Gift
			gifts = append(gifts, row)
		case 5:
			row.Kind, row.Rank = lots.Breakage, lots.RankAdjustment
		case 6:
			row.Kind, row.Named = lots.Restore, "nothing"
			if len(gifts) > 0 && r.IntN(6) > 0 {
				row.Named = gifts[r.IntN(len(gifts))].ID
			}
		case 7:
			row.Kind, row.Rank, row.Named, row.Chargeback = lots.Refund, lots.RankPurchase, "nothing", r.IntN(2) == 0
			if len(bought) > 0 && r.IntN(6) > 0 {
				row.Named = bought[r.IntN(len(bought))].ID
			}
			refunds = append(refunds, row)
		case 8:
			row.Kind, row.Rank, row.Named = lots.Unrefund, lots.RankPurchase, "nothing"
			if len(refunds) > 0 && r.IntN(6) > 0 {
				x := refunds[r.IntN(len(refunds))]
				if row.Named = x.ID; r.IntN(3) == 0 {
					row.Named = x.Named
				}
			}
		}
		rows = append(rows, row)
	}
	if r.IntN(4) == 0 {
		rows = append(rows, lots.Row{Kind: lots.Debt, Coins: 5, Rank: lots.RankOpening})
	}
	return rows
}

// What the pass says of any history is what coins taken one by one come to:
// lots and debts that are open at the end, lots that came of nothing, and of
// each lot what each debit took and was given back. The order of the rows that
// it is given changes nothing, and no coin is lost.
func TestReplayAgainstCoinByCoin(t *testing.T) {
	var replayer lots.Replayer
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		rows := drawRows(r)
		events := lots.Arrange(rows, nil)
		steps := replayer.Replay(events, nil)
		shuffled := slices.Clone(rows)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := lots.Arrange(shuffled, nil); !slices.Equal(again, events) {
			t.Fatalf("seed %d: the order of the rows changes the events\n%v\n%v", seed, events, again)
		}
		b := slowBook{takes: map[int64][]slowTake{}, made: map[int64]int64{}}
		for _, e := range events {
			b.event(e)
		}
		want, got := map[string]int64{}, map[string]int64{}
		for _, l := range b.lots {
			want[fmt.Sprint("open ", l.no)] += l.left
		}
		for _, d := range b.debts {
			want[fmt.Sprint("owed ", d.no)] += d.open
		}
		for no, coins := range b.made {
			want[fmt.Sprint("made ", no)] = coins
		}
		for no, takes := range b.takes {
			for _, x := range takes {
				want[fmt.Sprint("took ", no, " of ", x.lot)] += x.coins
			}
		}
		left := map[int64]int64{}
		for _, e := range events {
			if e.Kind == lots.Lot {
				left[e.No] = e.Coins
			}
		}
		for _, s := range steps {
			switch s.Kind {
			case lots.Open:
				got[fmt.Sprint("open ", s.Lot)] = s.After
			case lots.Owed:
				got[fmt.Sprint("owed ", s.Debit)] = s.After
			case lots.Made:
				got[fmt.Sprint("made ", s.Lot)], left[s.Lot] = s.After, s.After
			case lots.Moved:
				if left[s.Lot] != s.Before {
					t.Fatalf("seed %d: lot %d goes from %d, and %d were left", seed, s.Lot, s.Before, left[s.Lot])
				}
				left[s.Lot] = s.After
				by := s.Debit
				if target := lots.EventOf(events, s.Debit); target.Kind == lots.Restore || target.Kind == lots.Unrefund {
					by = target.Target
				}
				got[fmt.Sprint("took ", by, " of ", s.Lot)] += s.Before - s.After
			}
		}
		for _, m := range []map[string]int64{want, got} {
			for k, v := range m {
				if v == 0 {
					delete(m, k)
				}
			}
		}
		for k := range want {
			if got[k] != want[k] {
				t.Fatalf("seed %d: %s: %d, coin by coin %d\n%v\n%v", seed, k, got[k], want[k], events, steps)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("seed %d: %v, coin by coin %v", seed, got, want)
		}
	}
}

// Spending by days is coins taken one by one too, and all pieces of a lot sum
// to what it gave, in money as in coins.
func TestSpendAgainstCoinByCoin(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 2))
		var own []lots.AxisLot
		var upto int64
		for i := range 1 + r.IntN(5) {
			l := lots.AxisLot{No: int64(i + 1), Coins: 1 + r.Int64N(9), CameBefore: r.IntN(3) == 0, Acquired: int32(r.IntN(8)),
				Value: r.Int64N(1_000_000) - 1000, Fee: r.Int64N(100), FunctionalValue: lots.WideOf(r.Int64()), IsFunctional: r.IntN(2) == 0}
			upto += l.Coins
			l.Upto = upto
			own = append(own, l)
		}
		var movements []lots.Movement
		for range r.IntN(12) {
			at := r.Int64N(16)
			movements = append(movements, lots.Movement{At: at, Day: int32(at / 2), Coins: -1 - r.Int64N(5), IsGift: r.IntN(4) > 0})
		}
		var earlier *lots.Day
		if r.IntN(2) == 0 {
			earlier = &lots.Day{Coins: 1 + r.Int64N(9)}
		}
		low, hasGift := slowLow(movements)
		days, gotLow, gotGift := lots.Days(movements, earlier, nil)
		if gotLow != low || gotGift != hasGift {
			t.Fatalf("seed %d: low %d %t, one by one %d %t", seed, gotLow, gotGift, low, hasGift)
		}
		type key struct {
			lot     int64
			day     int32
			earlier bool
		}
		want := map[key]int64{}
		for _, l := range own {
			for coin := l.Upto - l.Coins + 1; coin <= l.Upto; coin++ {
				for _, d := range days {
					if coin > d.Upto-d.Coins && coin <= d.Upto && !(d.Earlier && l.CameBefore) {
						want[key{l.No, d.Day, d.Earlier}]++
					}
				}
			}
		}
		for _, p := range lots.Spend(own, days, nil) {
			k := key{p.Lot.No, p.Day, p.Earlier}
			if want[k] != p.Before-p.After {
				t.Fatalf("seed %d: %v took %d, coin by coin %d", seed, k, p.Before-p.After, want[k])
			}
			delete(want, k)
			if p.PaidLater != (!p.Lot.CameBefore && (p.Earlier || p.Lot.Acquired > p.Day)) || p.CountsOn < p.Day && !p.Earlier {
				t.Fatalf("seed %d: %+v counts on a wrong day", seed, p)
			}
			if value := carried(p.Lot.Value, p.Before, p.Lot.Coins) - carried(p.Lot.Value, p.After, p.Lot.Coins); p.Value != value {
				t.Fatalf("seed %d: %+v carries %d", seed, p, value)
			}
			if p.Lot.IsFunctional {
				continue
			}
			total := int64(p.Lot.FunctionalValue.Lo)
			if value := carried(total, p.Before, p.Lot.Coins) - carried(total, p.After, p.Lot.Coins); p.FunctionalValue != lots.WideOf(value) {
				t.Fatalf("seed %d: %+v carries %d", seed, p, value)
			}
		}
		if len(want) > 0 {
			t.Fatalf("seed %d: missing %v", seed, want)
		}
	}
}

func slowLow(movements []lots.Movement) (low int64, hasGift bool) {
	sorted := slices.SortedFunc(slices.Values(movements), func(a, b lots.Movement) int { return cmp.Compare(a.At, b.At) })
	for _, m := range sorted {
		if !m.IsGift {
			continue
		}
		var sum int64
		for _, x := range sorted {
			if x.At <= m.At {
				sum += x.Coins
			}
		}
		if !hasGift || sum < low {
			low, hasGift = sum, true
		}
	}
	return low, hasGift
}

// carried is the macro of that name.
func carried(total, rest, whole int64) int64 {
	if rest == 0 {
		return 0
	}
	share := new(big.Int).Mul(big.NewInt(total), big.NewInt(whole-rest))
	return total - share.Quo(share, big.NewInt(whole)).Int64()
}

// A lot's money of more than 64 bits is told exactly.
func TestWideAmounts(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 3))
		whole := 2 + r.Int64N(1<<40)
		rest := 1 + r.Int64N(whole-1)
		total := lots.Wide{Hi: r.Int64N(1<<60) - 1<<59, Lo: r.Uint64()}
		l := lots.AxisLot{No: 1, Coins: whole, Upto: whole, FunctionalValue: total}
		p := lots.Spend([]lots.AxisLot{l}, []lots.Day{{Coins: whole - rest, Upto: whole - rest}}, nil)[0]
		want := new(big.Int).Mul(number(total), big.NewInt(whole-rest))
		if want.Quo(want, big.NewInt(whole)); number(p.FunctionalValue).Cmp(want) != 0 {
			t.Fatalf("%v x %d / %d is %v, want %v", total, whole-rest, whole, number(p.FunctionalValue), want)
		}
	}
}

func number(w lots.Wide) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(w.Hi), 64)
	return n.Add(n, new(big.Int).SetUint64(w.Lo))
}
