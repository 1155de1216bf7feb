package lotpass

import (
	"context"
	"fmt"
	"strconv"

	"carat/pipeline/engine/duckdb"
	"carat/pipeline/lots"
)

// replayPass puts the events of viewers who are replayed in order, replays them
// and tells what each took.
var replayPass = &Pass{
	Makes: []Model{
		{"led_lot_event", "c385dc08e1aeea39405b5002d4656bf7b5536f66021973816af8473f05ccac5c"},
		{"led_lot_replay", "fb416290a8c174f47ba7fdad2317f1f03a444cffa0de17c9c48c1c67feaca9a4"},
		{"led_lot_take", "1a7a60f5698d8730f77d2e21e54024d7b5dfed74e57dd78b3a1141e247959a47"},
	},
	Reads: []string{"led_lot_source", "led_quarter_day", "led_viewer", "led_viewer_replayed", "run"},
	tells: []string{"led_lot_source", "led_viewer_replayed"},
	fill:  fillReplay,
}

// rowsAtOnce bounds the rows of history that are in memory, of about 200 bytes
// each with their texts.
const rowsAtOnce = 500_000

func fillReplay(ctx context.Context, r *run) error {
	p := &replay{run: r, days: map[int64]int32{}, months: map[int32]string{}}
	return r.end(p.fill())
}

// replay is the pass being made.
type replay struct {
	*run
	event, step, take *duckdb.TableWriter
	days              map[int64]int32  // by quarter of an hour, as a day is told
	months            map[int32]string // by number
	period            int32

	rows     byViewer[lots.Row]
	events   []lots.Event
	replayer lots.Replayer
	steps    []lots.Step
	odd      error
}

const quarterMicros = 900_000_000

func (p *replay) fill() (err error) {
	for table, w := range map[string]**duckdb.TableWriter{"led_lot_event": &p.event, "led_lot_replay": &p.step, "led_lot_take": &p.take} {
		if *w, err = p.write(table); err != nil {
			return err
		}
	}
	if err := p.each("select quarter, day from led_quarter_day", func(rows *duckdb.ColumnRows) { p.days[rows.Whole(0)] = int32(rows.Whole(1)) }); err != nil {
		return err
	}
	if err := p.each("select period from run", func(rows *duckdb.ColumnRows) { p.period = p.month(rows.Text(0)) }); err != nil {
		return err
	}
	if err := p.ranges("led_lot_source", rowsAtOnce, p.some); err != nil {
		return err
	}
	return p.odd
}

// month gives the number of a month told as 2026-10, and keeps how it is told.
func (p *replay) month(text string) int32 {
	var year, month int
	if len(text) == len("2026-10") {
		year, _ = strconv.Atoi(text[:4])
		month, _ = strconv.Atoi(text[5:])
	}
	n := int32(year*12 + month)
	if known, ok := p.months[n]; !ok {
		p.months[n] = text
	} else if known != text && p.odd == nil {
		p.odd = fmt.Errorf("the months %s and %s are one number", known, text)
	}
	return n
}

// some handles the viewers of a range.
func (p *replay) some(from, to int64) error {
	p.rows.reset()
	err := p.each(`select viewer_no, kind, source_id, named_id, is_chargeback, source_rank, lot_no, coins, effective_at, accounting_month
from led_lot_source where `+within("viewer_no", from, to), func(rows *duckdb.ColumnRows) {
		kind, known := lots.KindOf(rows.Text(1))
		if !known && p.odd == nil {
			p.odd = fmt.Errorf("there is no event of kind %s", rows.Text(1))
		}
		r := lots.Row{Kind: kind, ID: rows.Text(2), Named: rows.Text(3), Chargeback: rows.Bool(4), Rank: int8(rows.Whole(5)), LotNo: rows.Whole(6),
			Coins: rows.Whole(7), At: rows.Whole(8), Month: p.month(rows.Text(9))}
		if kind == lots.Run && r.Month == p.period {
			r.Day = p.days[r.At/quarterMicros*quarterMicros]
		}
		p.rows.add(rows.Whole(0)-from, r)
	})
	if err != nil {
		return err
	}
	p.rows.sort(to - from)
	for i := range to - from {
		if rows := p.rows.viewer(i); len(rows) > 0 {
			p.viewer(int32(from+i), rows)
		}
	}
	return p.ctx.Err()
}

func (p *replay) viewer(no int32, rows []lots.Row) {
	p.events = lots.Arrange(rows, p.events[:0])
	p.steps = p.replayer.Replay(p.events, p.steps[:0])
	for i := range p.events {
		p.putEvent(no, &p.events[i])
	}
	for _, s := range p.steps {
		p.step.Int(no)
		p.step.Big(s.Segment)
		p.step.Text(s.Kind.String())
		for _, n := range []int64{s.Debit, s.Lot, s.Before, s.After, s.At} {
			p.step.Big(n)
		}
		p.step.Done()
		if s.Kind == lots.Moved {
			p.putTake(no, s)
		}
	}
}

func (p *replay) putEvent(no int32, e *lots.Event) {
	w := p.event
	w.Int(no)
	w.Big(e.No)
	w.Text(e.Kind.String())
	if e.Kind == lots.Gift && e.ID == "" {
		w.Null() // a run of gifts
	} else {
		w.Text(e.ID)
	}
	putNumber(w, e.LotNo)
	w.Big(e.Coins)
	w.Big(e.At)
	w.Text(p.months[e.Month])
	w.Big(e.Segment)
	putNumber(w, e.Own)
	putNumber(w, e.Target)
	w.Bool(e.IsTarget)
	w.Done()
}

func (p *replay) putTake(no int32, s lots.Step) {
	lot, debit, moment := lots.EventOf(p.events, s.Lot), lots.EventOf(p.events, s.Debit), lots.EventOf(p.events, s.At)
	w := p.take
	w.Int(no)
	if lot.LotNo != 0 {
		w.Big(lot.LotNo)
	} else {
		w.Big(-lot.No)
	}
	w.Big(s.Lot)
	w.Big(s.Segment)
	w.Big(s.Debit)
	w.Big(s.At)
	w.Big(s.Before)
	w.Big(s.After)
	w.Text(debit.Kind.String())
	if debit.Kind == lots.Gift && debit.ID == "" {
		w.Null()
	} else {
		w.Text(debit.ID)
	}
	w.Bool(s.At > s.Debit)
	w.Text(p.months[debit.Month])
	w.Big(debit.At)
	w.Big(moment.At)
	w.Text(p.months[moment.Month])
	w.Done()
}

// putNumber puts the number of a thing; 0 is none.
func putNumber(w *duckdb.TableWriter, n int64) {
	if n == 0 {
		w.Null()
		return
	}
	w.Big(n)
}
