package live

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"strings"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
)

const (
	// liveBlockBytes is how much of a recording is held at a time.
	liveBlockBytes = 4 << 20
	// recentGifts is how many counted gifts are remembered, so that a frame that
	// is repeated after its gift was counted isn't counted again.
	recentGifts = 1 << 16
)

// streak is a combo whose end was not yet seen. Its texts are its own.
type streak struct {
	id    string
	frame *frame // the one with the highest count
	count int64
	at    int64 // milliseconds of its latest frame
	place *list.Element
}

// live counts the gifts of a recording. A streak's frames repeat a growing
// count; the gift is counted once, by its final state.
type live struct {
	*published.Report
	counts  published.LiveCounts
	open    map[string]*streak
	order   *list.List // of *streak, the one with the latest frame last
	now     int64      // the latest time of a message, in milliseconds
	silence int64      // milliseconds; 0: none
	recent  map[string]bool
	ring    []string // the ids of recent, in a circle
	oldest  int
	stream  []byte
}

// readLive reads recorded live messages, one JSON object on each line, or the
// elements of an array. Rows
// are the gifts that were counted; a frame that can't be one is a reject.
func readLive(r *published.Report) error {
	r.Cut.Size = min(r.Cut.Size, liveBlockBytes)
	l := &live{Report: r, open: map[string]*streak{}, order: list.New(),
		silence: r.Settings.LiveSilence.Milliseconds(), recent: map[string]bool{}}
	l.stream = []byte(r.Settings.LiveStream)
	if len(l.stream) == 0 {
		stem, _, _ := strings.Cut(r.Name, ".")
		l.stream = []byte(stem)
	}
	err := l.lines()
	for err == nil && l.order.Len() > 0 {
		err = l.settle(l.order.Front().Value.(*streak), true)
	}
	r.Live = &l.counts
	return err
}

func (l *live) lines() error {
	reader := newFrameReader()
	for {
		// A fresh buffer for each block: rows and frames point into it.
		blk, err := l.Cut.Next(nil)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := lex.CheckText(l.Name, blk); err != nil {
			return err
		}
		for data, line := blk.Data, blk.Line; len(data) > 0; line++ {
			end := bytes.IndexByte(data, '\n') + 1
			if end == 0 {
				end = len(data)
			}
			if end > lex.MaxRecordBytes {
				return lex.LineTooLong(l.Name, line)
			}
			record := bytes.TrimSpace(data[:end])
			data = data[end:]
			if len(record) == 0 {
				continue
			}
			if err := l.line(reader, record, line); err != nil {
				return err
			}
		}
	}
}

func (l *live) line(reader *frameReader, record []byte, line int64) error {
	s := lex.JSON{Data: record, Room: func(n int) []byte { return make([]byte, 0, n) }}
	err := reader.read(&s, line, &l.counts.Messages, func(f *frame) error { return l.take(f) })
	if errors.Is(err, lex.ErrJSON) {
		return l.Out.Reject(line, "", pipeline.CodeBadJSON, string(record), "one JSON object on the line")
	}
	return err
}

// take judges one frame.
func (l *live) take(f *frame) error {
	l.counts.Frames++
	if len(f.text(frameReceiver)) == 0 {
		f.values[frameReceiver] = lex.Value{Text: []byte(l.Settings.LiveCreator)}
	}
	for _, need := range []struct {
		field  frameField
		column string
		what   string
	}{
		{frameSender, "viewer_id", "the sender's userId"},
		{frameGift, "gift_id", "giftId"},
		{frameReceiver, "creator_id", "receiverUserId, or a creator for the whole recording"},
		{frameTime, "sent_at", "createTime or timestamp, in milliseconds"},
	} {
		if empty(f.text(need.field)) {
			return l.Out.Reject(f.line, need.column, pipeline.CodeMissing, "", need.what)
		}
	}
	count, err := pipeline.ParseWhole(f.text(frameCount))
	if err != nil || count < 1 {
		return l.Out.Reject(f.line, "quantity", codeOfCount(f.text(frameCount), err), string(f.text(frameCount)), "repeatCount, a whole number, at least 1")
	}
	streakable, err := f.isStreakable()
	if err != nil {
		return l.Out.Reject(f.line, "", pipeline.CodeMissing, "", "giftType")
	}
	at, err := pipeline.ParseWhole(f.text(frameTime))
	if err != nil {
		return l.Out.Reject(f.line, "sent_at", pipeline.CodeBadTime, string(f.text(frameTime)), "milliseconds since 1970")
	}
	if at > 1e14 || !l.Settings.Calendar.Contains(at*1000) {
		return l.Out.Reject(f.line, "sent_at", pipeline.CodeOutOfRange, string(f.text(frameTime)), "milliseconds of a time from 2000 to 2099")
	}
	if err := l.advance(at); err != nil {
		return err
	}
	if !streakable {
		return l.countOnce(f, count, at)
	}
	return l.extend(f, count, at)
}

func codeOfCount(text []byte, err error) pipeline.Code {
	switch {
	case len(text) == 0:
		return pipeline.CodeMissing
	case errors.Is(err, pipeline.ErrTooLarge):
		return pipeline.CodeOutOfRange
	case err != nil:
		return pipeline.CodeNotANumber
	case text[0] == '-':
		return pipeline.CodeNegative
	}
	return pipeline.CodeOutOfRange
}

// countOnce counts a gift that comes in one message.
func (l *live) countOnce(f *frame, count, at int64) error {
	id := messageID(f)
	if l.recent[id] {
		l.counts.Repeated++
		return nil
	}
	l.remember(id)
	return l.emit(id, f, count, at, "live")
}

// extend takes a frame of a streak.
func (l *live) extend(f *frame, count, at int64) error {
	key := streakKey(f)
	id := key
	if empty(f.text(frameGroup)) {
		// Without a group, streaks of one sender and gift differ only by their messages.
		id = messageID(f)
	}
	if l.recent[id] {
		l.counts.Repeated++
		return nil
	}
	s := l.open[key]
	if s == nil {
		s = &streak{frame: f.clone(), count: count, at: at}
		s.place = l.order.PushBack(s)
		l.open[key] = s
	} else {
		if bytes.Equal(f.text(frameMessage), s.frame.text(frameMessage)) && count == s.count && !f.isEnd() {
			l.counts.Repeated++
		}
		if count > s.count || count == s.count && at >= s.at {
			s.frame, s.count = f.clone(), count
		}
		s.at = max(s.at, at)
		l.order.MoveToBack(s.place)
	}
	s.id = id
	if f.isEnd() {
		return l.settle(s, false)
	}
	return nil
}

// advance settles the streaks that were silent for too long.
func (l *live) advance(at int64) error {
	l.now = max(l.now, at)
	for l.silence > 0 && l.order.Len() > 0 {
		s := l.order.Front().Value.(*streak)
		if s.at+l.silence >= l.now {
			return nil
		}
		if err := l.settle(s, true); err != nil {
			return err
		}
	}
	return nil
}

// settle counts a streak by its final state.
func (l *live) settle(s *streak, inferred bool) error {
	l.order.Remove(s.place)
	delete(l.open, streakKey(s.frame))
	l.remember(s.id)
	l.counts.Streaks++
	capture := "live"
	if inferred {
		l.counts.Inferred++
		capture = "live_inferred"
	}
	return l.emit(s.id, s.frame, s.count, s.at, capture)
}

// remember keeps the id among the recent ones.
func (l *live) remember(id string) {
	if len(l.ring) < recentGifts {
		l.ring = append(l.ring, id)
	} else {
		delete(l.recent, l.ring[l.oldest])
		l.ring[l.oldest] = id
		l.oldest = (l.oldest + 1) % recentGifts
	}
	l.recent[id] = true
}

// emit makes the row. diamondCount of a message is the price in coins, not
// what the creator is credited: diamonds is 0.
func (l *live) emit(id string, f *frame, count, at int64, capture string) error {
	if err := l.Out.Begin(f.line); err != nil {
		return err
	}
	put := func(column string, v lex.Value) { l.Out.Put(column, v.Text, v.Form) }
	put("event_id", lex.Value{Text: []byte(id)})
	put("kind", lex.Value{Text: []byte("gift")})
	put("sent_at", lex.Value{Text: lex.MicrosText(at * 1000), Form: lex.TokenMicros})
	room := f.values[frameRoom]
	if empty(room.Text) {
		room = lex.Value{Text: l.stream}
	}
	put("stream_id", room)
	put("viewer_id", f.values[frameSender])
	put("creator_id", f.values[frameReceiver])
	put("gift_id", f.values[frameGift])
	put("quantity", lex.Value{Text: strconv.AppendInt(nil, count, 10)})
	coins, fits := coinsOf(f.values[framePrice], count)
	put("coins", coins)
	if !fits {
		l.Out.Fail("coins", pipeline.CodeOutOfRange, fmt.Sprintf("%s x %d", f.text(framePrice), count))
	}
	put("diamonds", lex.Value{Text: []byte("0")})
	if gift, ok := l.Out.Row().(*pipeline.GiftEvent); ok {
		gift.Capture = capture
	}
	return l.Out.End()
}

// coinsOf gives price x count, or the price as it is where it is no number, for
// the column to reject; fits is false if the product is out of range.
func coinsOf(price lex.Value, count int64) (coins lex.Value, fits bool) {
	p, err := pipeline.ParseWhole(price.Text)
	if err != nil || p < 0 {
		return price, true
	}
	hi, lo := bits.Mul64(uint64(p), uint64(count))
	if hi > 0 || lo > pipeline.DecimalMax {
		return price, false
	}
	return lex.Value{Text: strconv.AppendUint(nil, lo, 10)}, true
}

// streakKey is what the frames of one combo share. A recording that is made
// again gives the same key, so it is the event's id.
func streakKey(f *frame) string {
	return joinID(f.text(frameSender), f.text(frameGift), f.text(frameGroup), f.text(frameReceiver))
}

// messageID is the id of a gift that comes in one message.
func messageID(f *frame) string {
	if id := f.text(frameMessage); !empty(id) {
		return joinID(id)
	}
	return joinID(f.text(frameSender), f.text(frameGift), append([]byte("at"), f.text(frameTime)...), f.text(frameReceiver))
}

// joinID makes an id of parts: joined where that is unambiguous and short, else
// by their hash.
func joinID(parts ...[]byte) string {
	id := []byte("live")
	simple := true
	for _, part := range parts {
		id = append(append(id, '-'), part...)
		for _, b := range part {
			simple = simple && (b-'0' <= 9 || b|0x20 >= 'a' && b|0x20 <= 'z')
		}
	}
	if simple && len(id) <= lex.MaxIDBytes {
		return string(id)
	}
	h := sha256.New()
	for _, part := range parts {
		h.Write(strconv.AppendInt(nil, int64(len(part)), 10))
		h.Write([]byte{':'})
		h.Write(part)
	}
	return "live-" + hex.EncodeToString(h.Sum(nil)[:16])
}

// clone makes the frame's texts its own, so that an open streak doesn't hold
// the block that it was read from.
func (f *frame) clone() *frame {
	size := 0
	for _, v := range f.values {
		size += len(v.Text)
	}
	memory := make([]byte, 0, size)
	c := &frame{line: f.line, rank: f.rank}
	for i, v := range f.values {
		start := len(memory)
		memory = append(memory, v.Text...)
		c.values[i] = lex.Value{Text: memory[start:len(memory):len(memory)], Form: v.Form}
	}
	return c
}
