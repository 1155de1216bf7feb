package feed

import (
	"bufio"
	"context"
	"errors"
	"io"

	"carat/pipeline"
	"carat/pipeline/feed/lex"
	"carat/pipeline/feed/published"
	"carat/pipeline/feed/typed"
)

// readReport lets a format's reader read the file.
func readReport(ctx context.Context, j *job, read func(*published.Report) error, text io.Reader, wrap func(error) error) (typed.Result, error) {
	s := typed.NewSerial(j.task)
	in := bufio.NewReaderSize(lex.DecodeText(text, j.format.encoding), 64<<10)
	if mark, _ := in.Peek(len(lex.ByteOrderMark)); string(mark) == lex.ByteOrderMark {
		_, _ = in.Discard(len(lex.ByteOrderMark))
	}
	if _, err := in.Peek(1); errors.Is(err, io.EOF) {
		return typed.Result{}, lex.EmptyFile(j.in.Name)
	}
	r := &published.Report{Name: j.in.Name, Feed: j.format.Feed, Settings: j.settings(), Text: in, Wrap: wrap, Out: &reportRows{s, ctx}}
	err := read(r)
	j.notes, j.left = r.Notes.All(), r.LeftOut
	return s.Finish(err)
}

// readLines lets a format's reader read the file in blocks of lines.
func readLines(ctx context.Context, j *job, read func(*published.Report) error, cut *lex.Cutter) (typed.Result, error) {
	s := typed.NewSerial(j.task)
	r := &published.Report{Name: j.in.Name, Feed: j.format.Feed, Settings: j.settings(), Cut: cut, Wrap: cut.Wrap, Out: &reportRows{s, ctx}}
	err := read(r)
	j.notes, j.live = r.Notes.All(), r.Live
	return s.Finish(err)
}

func (j *job) settings() published.Settings {
	o := j.opts
	return published.Settings{Zone: o.Zone, Accounts: o.Accounts, MinorDigits: o.MinorDigits, TransactionColumn: o.TransactionColumn, Kinds: o.Kinds, SKUCoins: o.SKUCoins,
		LiveCreator: o.LiveCreator, LiveStream: o.LiveStream, LiveSilence: o.LiveSilence, GiftValidFrom: o.GiftValidFrom, Calendar: o.Calendar, FirstPeriod: o.FirstPeriod, Held: o.Held}
}

// reportRows puts the rows of a report into the blocks of one goroutine.
type reportRows struct {
	serial *typed.Serial
	ctx    context.Context
}

func (w *reportRows) Begin(line int64) error {
	if err := w.serial.Ready(w.ctx); err != nil {
		return err
	}
	w.serial.Begin(line)
	return nil
}

// Set reads a text into a column; the text is copied by whoever keeps the row.
func (w *reportRows) Set(column, text string) {
	w.serial.Value(w.column(column), []byte(text), lex.TokenText)
}

func (w *reportRows) SetMicros(column string, at int64) {
	w.serial.Value(w.column(column), lex.MicrosText(at), lex.TokenMicros)
}

func (w *reportRows) SetAmount(column string, micros int64) {
	w.serial.Value(w.column(column), pipeline.AppendDecimal(nil, micros, pipeline.AmountDigits), lex.TokenText)
}

func (w *reportRows) Put(column string, text []byte, form lex.Token) {
	w.serial.Value(w.column(column), text, form)
}

func (w *reportRows) Fail(column string, code pipeline.Code, text string) {
	w.serial.Fail(w.column(column), code, []byte(text))
}

func (w *reportRows) Row() pipeline.Row { return w.serial.Rows.Last() }

// column finds a column of the feed. An adapter that names one that isn't there
// is a programmer's mistake.
func (w *reportRows) column(name string) int {
	i, ok := w.serial.Schema.ByName[name]
	if !ok {
		panic("feed: " + w.serial.Schema.Feed.Name + " has no column " + name)
	}
	return i
}

func (w *reportRows) Kind(column string) pipeline.ColumnKind {
	return w.serial.Columns[w.column(column)].Kind
}

func (w *reportRows) End() error {
	w.serial.Missing()
	return w.serial.Builder.End()
}

func (w *reportRows) Reject(line int64, column string, code pipeline.Code, value, expected string) error {
	if err := w.serial.Ready(w.ctx); err != nil {
		return err
	}
	return w.serial.RejectColumn(line, column, code, []byte(value), expected)
}
