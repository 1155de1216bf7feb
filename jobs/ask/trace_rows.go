package ask

import (
	"context"
	"fmt"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/reports/trace"
)

// rowNode goes from a row of a raw table both ways: to the line and the file
// that it was read from, and to all that it touched.
func (t *tracer) rowNode(ctx context.Context, table string, r *record, back bool) (*trace.Node, error) {
	n := t.plainRow(table, r)
	if !back { // whoever came from the line knows it
		n.Children = nil
	} else if err := t.addBatchesOf(ctx, n, []*record{r}); err != nil {
		return nil, err
	}
	if err := t.addTouched(ctx, n, table, r); err != nil {
		return nil, err
	}
	return n, t.addExceptions(ctx, n, table, r)
}

// addTouched adds what a row has to do with and what it led to.
func (t *tracer) addTouched(ctx context.Context, n *trace.Node, table string, r *record) error {
	if table == "gift_events" {
		if err := t.addLineOfGift(ctx, n, r); err != nil {
			return err
		}
	}
	if err := t.addRelations(ctx, n, table, r); err != nil {
		return err
	}
	switch table {
	case "coin_purchases":
		return t.addLots(ctx, n, r)
	case "payouts":
		return t.addLinesOf(ctx, n, r.text("creator_id"), r.text("payout_id"))
	case "diamond_adjustments":
		return t.addLinesOf(ctx, n, r.text("creator_id"), r.text("adjustment_id"))
	case "conversion_rates":
		return t.addUse(ctx, n, r)
	}
	return nil
}

// addLineOfGift adds the rate that a gift was credited at and the line of its
// creator's statement that it is in.
func (t *tracer) addLineOfGift(ctx context.Context, n *trace.Node, gift *record) error {
	period, creator := pipeline.Period(gift.text("accounting_month")), gift.text("creator_id")
	run, ok := t.runOf(period)
	if !ok {
		n.Add(&trace.Node{Kind: "note", Text: string(period) + " was not reconciled yet, so no statement counts it"})
		return nil
	}
	if gift.text("kind") == "reversal" {
		return t.addLinesOf(ctx, n, creator, gift.text("event_id"))
	}
	m, err := t.month(ctx, run, creator, "event_id = "+pipeline.SQLText(gift.text("event_id")))
	if err != nil {
		return err
	}
	rated, err := selectRecords(ctx, m.eng.Engine, giftsQuery+m.gifts+giftsFrom+" and gifts.event_id = ?", creator, gift.text("event_id"))
	if err != nil {
		return err
	}
	if len(rated) == 0 {
		n.Add(&trace.Node{Kind: "note", Text: "the run of " + string(period) + " doesn't count it: it was ingested later, or is older than the first period"})
		return nil
	}
	g := rated[0]
	rate, err := t.rateNode(ctx, m, g.text("rate_key"))
	if err != nil {
		return err
	}
	at, _ := g.time("sent_at")
	prices, err := t.priceNodes(ctx, m, g.text("gift_id"), at, at)
	if err != nil {
		return err
	}
	n.Add(rate).Add(prices...)
	lines, err := t.statementLines(ctx, period, `creator_id = ? and entity = ? and currency = ? and section = 'earned' and reason = 'gift' and gift_id = ?
		and prior_period = ? and rate_from is not distinct from ? and rate_to is not distinct from ?`,
		creator, g.text("entity"), g.text("currency"), g.text("gift_id"), g.value("is_prior_period"), g.value("rate_from"), g.value("rate_until"))
	if err != nil {
		return err
	}
	for _, l := range lines {
		n.Add(t.lineHead(l))
	}
	return nil
}

// addLinesOf adds the statement lines that name something.
func (t *tracer) addLinesOf(ctx context.Context, n *trace.Node, creator, reference string) error {
	for _, run := range t.runs {
		if !run.Current {
			continue
		}
		lines, err := t.statementLines(ctx, run.Period, "creator_id = ? and reference_id = ?", creator, reference)
		if err != nil {
			return err
		}
		for _, l := range lines {
			n.Add(t.lineHead(l))
		}
	}
	return nil
}

// addLots adds the lot that a purchase became, in the current runs.
func (t *tracer) addLots(ctx context.Context, n *trace.Node, purchase *record) error {
	if has, err := t.has(ctx, "coin_lots"); err != nil || !has {
		return err
	}
	lots, err := t.records(ctx, "select * from coin_lots where lot_id = ? and run_id in ("+t.currentRuns()+") order by all", purchase.text("purchase_id"))
	if err != nil {
		return err
	}
	for _, l := range lots {
		n.Add(&trace.Node{Kind: "coin_lot", ID: l.text("lot_id"), Text: "open at the end of " + l.text("period") + ": " + l.said("lot_id", "viewer_id", "entity"), Fields: l.fields})
	}
	return nil
}

// addUse adds how many statement lines of each current run a rate made.
func (t *tracer) addUse(ctx context.Context, n *trace.Node, rate *record) error {
	if has, err := t.has(ctx, statements.TableLines); err != nil || !has {
		return err
	}
	used, err := t.records(ctx, "select period, count(*) as lines, count(distinct creator_id) as creators from "+statements.TableLines+
		" where run_id in ("+t.currentRuns()+`) and rate_from = ? and rate = cast(? as decimal(18, 9)) and currency = ? group by period order by period`,
		rate.value("valid_from"), rate.text("diamond_value"), rate.text("currency"))
	if err != nil {
		return err
	}
	for _, u := range used {
		n.Add(&trace.Node{Kind: "used", ID: u.text("period"), Fields: u.fields,
			Text: fmt.Sprintf("%s statement lines of %s creators have a rate with this beginning and value", u.text("lines"), u.text("creators"))})
	}
	return nil
}

// addExceptions adds what the controls of the current runs found about a row.
func (t *tracer) addExceptions(ctx context.Context, n *trace.Node, table string, r *record) error {
	if has, err := t.has(ctx, books.TableExceptions); err != nil || !has {
		return err
	}
	_, columns := keyOf(table, r)
	found, err := t.records(ctx, "select * from "+books.TableExceptions+" where run_id in ("+t.currentRuns()+`)
		and (subject_id = ? and subject_kind = ? or batch_id = ? and source_line = ?) order by period, control, exception_id`,
		r.text(columns[0]), subjectKind(table), r.text("batch_id"), r.number("source_line"))
	if err != nil {
		return err
	}
	part, rest := t.shown(found)
	for _, e := range part {
		n.Add(exceptionHead(e))
	}
	n.Add(rest)
	return nil
}

// subjectKinds are the subject_kinds that exceptions name the rows of tables by, in
// the order in which a trace shows them.
var subjectKinds = []struct{ table, kind string }{
	{"gift_events", "gift"}, {"coin_purchases", "purchase"}, {"payouts", "payout"}, {"agency_payouts", "payout"}, {"agency_adjustments", "adjustment"}, {"settlement_lines", "settlement"},
	{"diamond_adjustments", "adjustment"}, {"coin_adjustments", "adjustment"}, {"provider_payments", "payment"}, {"bank_lines", "bank"},
}

// subjectKind is the kind of a table's rows; "" when no exception names one.
func subjectKind(table string) string {
	for _, s := range subjectKinds {
		if s.table == table {
			return s.kind
		}
	}
	return ""
}

func exceptionHead(e *record) *trace.Node {
	return &trace.Node{Kind: "exception", ID: e.text("exception_id"), Fields: e.fields,
		Text: fmt.Sprintf("%s (%s) of %s: %s", e.text("control"), e.text("severity"), e.text("period"), e.text("detail"))}
}

// exceptionNode goes from an exception to the row that it is about.
func (t *tracer) exceptionNode(ctx context.Context, e *record) (*trace.Node, error) {
	n := exceptionHead(e)
	for _, s := range subjectKinds {
		if s.kind != e.text("subject_kind") {
			continue
		}
		table := s.table
		if has, err := t.has(ctx, table); err != nil {
			return nil, err
		} else if !has {
			continue
		}
		feed, _ := pipeline.FeedByName(table)
		rows, err := t.records(ctx, "select * from "+table+" where "+feed.Key[0]+" = ? order by all", e.text("subject_id"))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			row, err := t.rowNode(ctx, table, r, true)
			if err != nil {
				return nil, err
			}
			n.Add(row)
		}
	}
	if b, ok := t.batches[e.text("batch_id")]; ok && e.number("source_line") > 0 && len(n.Children) == 0 {
		n.Add(t.sourceOf(b.ID, e.number("source_line")))
	}
	if len(n.Children) == 0 {
		n.Add(&trace.Node{Kind: "note", Text: fmt.Sprintf("it is about %s %s as a whole; no single row shows it", e.text("subject_kind"), e.text("subject_id"))})
	}
	return n, nil
}

// journalNode goes from a journal entry to its lines.
func (t *tracer) journalNode(ctx context.Context, entry *record) (*trace.Node, error) {
	n := &trace.Node{Kind: "journal_entry", ID: entry.text("entry_id"), Text: entry.said("entry_id", "line_no", "account", "debit", "credit", "functional_debit", "functional_credit")}
	lines, err := t.records(ctx, "select * from "+tableJournal+" where run_id = ? and entry_id = ? order by line_no", entry.text("run_id"), entry.text("entry_id"))
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		n.Add(&trace.Node{Kind: "journal_line", ID: l.text("line_no"), Text: l.said("entry_id", "line_no", "day", "event_class", "entity"), Fields: l.fields})
	}
	return n, nil
}
