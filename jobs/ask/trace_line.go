package ask

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/pipeline/state"
	"carat/reports/table"
	"carat/reports/trace"
)

// statementLineID names a line of a statement: PERIOD/CREATOR/ENTITY/CURRENCY/LINE_NO,
// which is what statements in CSV and JSON call it.
type statementLineID struct {
	period                    pipeline.Period
	creator, entity, currency string
	line                      int64
}

// String gives the id as a trace takes it.
func (id statementLineID) String() string {
	return fmt.Sprintf("%s/%s/%s/%s/%d", id.period, id.creator, id.entity, id.currency, id.line)
}

// parseStatementLine reads an id; a creator's own id may hold slashes.
func parseStatementLine(text string) (id statementLineID, ok bool) {
	parts := strings.Split(text, "/")
	if len(parts) < 5 {
		return id, false
	}
	n := len(parts)
	line, err := strconv.ParseInt(parts[n-1], 10, 64)
	period, perr := pipeline.ParsePeriod(parts[0])
	if err != nil || perr != nil || line < 1 {
		return id, false
	}
	return statementLineID{period: period, creator: strings.Join(parts[1:n-3], "/"), entity: parts[n-3], currency: parts[n-2], line: line}, true
}

func lineIDOf(line *record) statementLineID {
	return statementLineID{pipeline.Period(line.text("period")), line.text("creator_id"), line.text("entity"), line.text("currency"), line.number("line_no")}
}

// statementLine finds a line in the current run of its period; nil when there
// is none.
func (t *tracer) statementLine(ctx context.Context, id statementLineID) (*record, error) {
	lines, err := t.statementLines(ctx, id.period, "creator_id = ? and entity = ? and currency = ? and line_no = ?", id.creator, id.entity, id.currency, id.line)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	return lines[0], nil
}

// statementLines finds lines of a period's current run.
func (t *tracer) statementLines(ctx context.Context, period pipeline.Period, condition string, values ...any) ([]*record, error) {
	run, ok := t.runOf(period)
	if !ok {
		return nil, nil
	}
	if has, err := t.has(ctx, statements.TableLines); err != nil || !has {
		return nil, err
	}
	return t.records(ctx, "select * from "+statements.TableLines+" where run_id = ? and period = ? and "+condition+
		" order by creator_id, entity, currency, line_no", append([]any{run.ID, string(period)}, values...)...)
}

// says is where the month of a current run stands, as every verb says it. One
// trace asks once for each run: five hundred lines of a month stand alike.
func (t *tracer) says(ctx context.Context, run state.Run) (string, error) {
	if said, ok := t.standing[run.ID]; ok {
		return said, nil
	}
	closed, err := t.Closures(ctx, t.Config)
	if err != nil {
		return "", err
	}
	s, err := t.Standing(ctx, t.Setting, closed, run)
	if err != nil {
		return "", err
	}
	t.standing[run.ID] = s.Words()
	return t.standing[run.ID], nil
}

// statementLineNode goes from a line back to what it is made of.
func (t *tracer) statementLineNode(ctx context.Context, id statementLineID, line *record) (*trace.Node, error) {
	n := t.lineHead(line)
	run, _ := t.runOf(id.period)
	says, err := t.says(ctx, run.Run)
	if err != nil {
		return nil, err
	}
	n.Add(&trace.Node{Kind: "run", ID: run.ID, Text: fmt.Sprintf("%s, %s, %s", run.Period, says, run.CreatedAt.UTC().Format("2006-01-02T15:04:05Z"))})
	section, reason := line.text("section"), line.text("reason")
	switch {
	case isGiftLine(line):
		return n, t.addLineGifts(ctx, n, run, line)
	case section == "earned":
		undone := line.text("reference_id")
		return n, t.addAnswer(ctx, n, question{query: "evi_gift", of: "gift_events", id: undone, parts: []string{"itself", "its original"},
			cut: giftsAround(undone, line.text("original_event_id"))})
	case section == "adjusted":
		return n, t.addAnswer(ctx, n, question{query: "evi_adjustment_diamond", of: "diamond_adjustments", id: line.text("reference_id"),
			parts: []string{"itself"}})
	case section == "redeemed" || section == "returned":
		if err := t.addAnswer(ctx, n, question{query: "evi_payout", of: "payouts", id: line.text("reference_id")}); err != nil {
			return nil, err
		}
		return n, t.addRateOfLine(ctx, n, run, line)
	case section == "opening":
		return n, t.addOpening(ctx, n, id)
	case section == "revaluation" || reason == "payout_fraction" || section == "rounding":
		n.Add(&trace.Node{Kind: "note", Text: noteOf[reason]})
	case section == "closing":
		if err := t.addRateOfLine(ctx, n, run, line); err != nil {
			return nil, err
		}
	}
	return n, t.addOtherLines(ctx, n, id)
}

// noteOf says what a line is that no single row makes.
var noteOf = map[string]string{
	"rate_change":     "open diamonds x the change of their value, at each change of rate: opening, the lines below and the rates give it",
	"currency_change": "the diamonds that the creator held when their currency changed: out of the statement in the one, into that in the other",
	"payout_fraction": "the fractions of a minor unit that the payouts below gave up",
	"millionths":      "what the lines lose of a rate finer than a millionth",
}

// lineHead is the node of a line itself.
func (t *tracer) lineHead(line *record) *trace.Node {
	return &trace.Node{Kind: "statement_line", ID: lineIDOf(line).String(), Fields: line.fields,
		Text: line.said("version", "creator_id", "entity", "line_no", "original_event_id", "prior_period")}
}

// addLineGifts adds the gifts of a line, the rate and the prices in force, and
// the files that they came in.
func (t *tracer) addLineGifts(ctx context.Context, n *trace.Node, run books.RunAt, line *record) error {
	m, err := t.month(ctx, run, line.text("creator_id"), "gift_id = "+pipeline.SQLText(line.text("gift_id")))
	if err != nil {
		return err
	}
	g, err := t.giftsOfLine(ctx, m, line)
	if err != nil {
		return err
	}
	of := &trace.Node{Kind: "gifts", Text: fmt.Sprintf("%d rows: quantity %d, coins %d, diamonds %d: what the line says", g.count, g.quantity, g.coins, g.diamonds),
		Fields: []trace.Field{{Name: "rows", Kind: table.Number, Value: g.count}, {Name: "quantity", Kind: table.Number, Value: g.quantity},
			{Name: "coins", Kind: table.Number, Value: g.coins}, {Name: "diamonds", Kind: table.Number, Value: g.diamonds},
			{Name: "adds_up", Kind: table.Bool, Value: g.addsUp}}}
	if !g.addsUp {
		of.Text = strings.Replace(of.Text, ": what the line says", "; the line says otherwise, so it was made of other rows or by other rules", 1)
	}
	for _, one := range g.shown {
		of.Add(t.giftOfLine(one))
	}
	n.Add(of.Add(more(g.count - int64(len(g.shown)))))
	if g.count == 0 {
		return nil
	}
	rate, err := t.rateNode(ctx, m, g.rateKey)
	if err != nil {
		return err
	}
	prices, err := t.priceNodes(ctx, m, line.text("gift_id"), g.firstAt, g.lastAt)
	if err != nil {
		return err
	}
	n.Add(rate).Add(prices...)
	for _, id := range g.batches {
		if err := t.addBatch(ctx, n, id); err != nil {
			return err
		}
	}
	return nil
}

// giftOfLine is a gift below its line, without what the line says already.
func (t *tracer) giftOfLine(g *record) *trace.Node {
	n := &trace.Node{Kind: "gift", ID: g.text("event_id"), Fields: g.fields,
		Text: fmt.Sprintf("sent %s, quantity %s, coins %s, diamonds %s, viewer %s", g.text("sent_at"), g.text("quantity"), g.text("coins"), g.text("diamonds"), g.text("viewer_id"))}
	return n.Add(t.sourceOf(g.text("batch_id"), g.number("source_line")))
}

// addBatchesOf adds the files that rows came in, each once.
func (t *tracer) addBatchesOf(ctx context.Context, n *trace.Node, rows []*record) error {
	seen := map[string]bool{}
	for _, r := range rows {
		id := r.text("batch_id")
		if seen[id] {
			continue
		}
		seen[id] = true
		if err := t.addBatch(ctx, n, id); err != nil {
			return err
		}
	}
	return nil
}

func (t *tracer) addBatch(ctx context.Context, n *trace.Node, id string) error {
	if _, ok := t.batches[id]; !ok {
		return nil
	}
	b, err := t.batchNode(ctx, id, false)
	n.Add(b)
	return err
}

// addAnswer adds the rows that belong to what a line names, and their files.
func (t *tracer) addAnswer(ctx context.Context, n *trace.Node, q question) error {
	rows, err := t.related(ctx, q)
	if err != nil {
		return err
	}
	return t.addFound(ctx, n, q.of, rows)
}

// addFound adds rows that were found, and their files.
func (t *tracer) addFound(ctx context.Context, n *trace.Node, table string, rows []*record) error {
	part, rest := t.shown(rows)
	for _, r := range part {
		n.Add(t.plainRow(table, r))
	}
	n.Add(rest)
	return t.addBatchesOf(ctx, n, rows)
}

// addRateOfLine adds the rate that a payout or a closing was valued at.
func (t *tracer) addRateOfLine(ctx context.Context, n *trace.Node, run books.RunAt, line *record) error {
	if line.value("rate_from") == nil {
		return nil
	}
	m, err := t.month(ctx, run, line.text("creator_id"), "")
	if err != nil {
		return err
	}
	keys, err := selectRecords(ctx, m.eng.Engine, `select distinct rate_key from led_rate_at
		where creator_id = ? and rate_from = ? and diamond_value = cast(? as decimal(18, 9)) and currency = ? and rate_key is not null order by 1`,
		line.text("creator_id"), line.value("rate_from"), line.text("rate"), line.text("currency"))
	if err != nil || len(keys) == 0 {
		return err
	}
	rate, err := t.rateNode(ctx, m, keys[0].text("rate_key"))
	n.Add(rate)
	return err
}

// addOpening adds where an opening comes from: the closing of the month before,
// or the balance that was fed.
func (t *tracer) addOpening(ctx context.Context, n *trace.Node, id statementLineID) error {
	before := id.period.Previous()
	lines, err := t.statementLines(ctx, before, "creator_id = ? and entity = ? and currency = ? and section = 'closing'", id.creator, id.entity, id.currency)
	if err != nil {
		return err
	}
	for _, l := range lines {
		n.Add(t.lineHead(l))
	}
	return t.addAnswer(ctx, n, question{query: "evi_balance", of: books.FeedBalances, kind: "creator", id: id.creator, parts: []string{"opening"},
		start: id.period.Start(t.Config.Zone)})
}

// addOtherLines adds the other lines of a statement, which a closing sums.
func (t *tracer) addOtherLines(ctx context.Context, n *trace.Node, id statementLineID) error {
	lines, err := t.statementLines(ctx, id.period, "creator_id = ? and entity = ? and currency = ? and line_no <> ?", id.creator, id.entity, id.currency, id.line)
	if err != nil {
		return err
	}
	part, rest := t.shown(lines)
	for _, l := range part {
		n.Add(t.lineHead(l))
	}
	n.Add(rest)
	return nil
}

// LineID names a line of a creator's statement.
type LineID struct {
	Period                    pipeline.Period
	Creator, Entity, Currency string
	Line                      int64
}

// Line gives what a line is made of, in books that are open; nil when there is no such
// line. Whose it may be is the caller's to judge and to record.
func Line(ctx context.Context, p *books.Books, o TraceOptions, id LineID) (root *trace.Node, err error) {
	t, err := newTracer(ctx, p, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	own := statementLineID{period: id.Period, creator: id.Creator, entity: id.Entity, currency: id.Currency, line: id.Line}
	line, err := t.statementLine(ctx, own)
	if err != nil || line == nil {
		return nil, err
	}
	return t.statementLineNode(ctx, own, line)
}
