package ask

import (
	"context"
	"fmt"
	"strings"

	"carat/jobs/books"
	"carat/jobs/statements"
	"carat/pipeline"
	"carat/reports/trace"
)

// Creators and viewers are traced by a month: the newest that was reconciled. What
// belongs to them in it the queries of sql/evidence say; each row that is shown
// can be traced itself.

// tableViewers holds what each viewer has left at the end of a month.
const tableViewers = "viewer_balances"

// tableStreams holds what each stream of a creator came to.
const tableStreams = "statement_streams"

// isPerson gives, for a kind of person, the tables in which one of that kind is
// named, the cheap ones first: creators who were never named in the feed still
// have gifts.
var isPerson = map[string][][2]string{
	"creator": {{"creators", "creator_id"}, {"statement_summaries", "creator_id"}, {"payouts", "creator_id"}, {"gift_events", "creator_id"}},
	"agency":  {{"agencies", "agency_id"}, {statements.TableAgencies, "agency_id"}, {"agency_payouts", "agency_id"}, {"creators", "agency_id"}},
	"viewer":  {{tableViewers, "viewer_id"}, {"coin_purchases", "viewer_id"}, {"gift_events", "viewer_id"}},
}

// findPeople says whether an id is a creator's or a viewer's.
func (t *tracer) findPeople(ctx context.Context, id string) (found []subject, err error) {
	for _, kind := range []string{"creator", "viewer", "agency"} {
		for _, in := range isPerson[kind] {
			if has, err := t.has(ctx, in[0]); err != nil {
				return nil, err
			} else if !has {
				continue
			}
			rows, err := t.records(ctx, "select "+in[1]+" from "+in[0]+" where "+in[1]+" = ? limit 1", id)
			if err != nil {
				return nil, err
			}
			if len(rows) > 0 {
				found = append(found, subject{kind: kind, person: id})
				break
			}
		}
	}
	return found, nil
}

// newestRun gives the current run of the newest month; false when none was
// reconciled.
func (t *tracer) newestRun() (newest books.RunAt, ok bool) {
	for _, r := range t.runs {
		if r.Current && (!ok || r.Period > newest.Period) {
			newest, ok = r, true
		}
	}
	return newest, ok
}

// personNode shows a creator's, viewer's or agency's newest month.
func (t *tracer) personNode(ctx context.Context, kind, id string) (*trace.Node, error) {
	n := &trace.Node{Kind: kind, ID: id}
	run, ok := t.newestRun()
	if !ok {
		n.Text = "no month was reconciled yet, so nothing is known of a balance"
		return n, nil
	}
	n.Text = "in " + string(run.Period)
	add := t.addCreator
	switch kind {
	case "viewer":
		add = t.addViewer
	case "agency":
		add = t.addAgency
	}
	if err := add(ctx, n, run, id); err != nil {
		return nil, err
	}
	return n, t.addExceptionsAbout(ctx, n, kind, id)
}

// addCreator adds a creator's terms, statements, streams, payouts and adjustments.
func (t *tracer) addCreator(ctx context.Context, n *trace.Node, run books.RunAt, id string) error {
	summaries, err := t.resultsOf(ctx, "statement_summaries", run, "creator_id = ? order by entity, currency", id)
	if err != nil {
		return err
	}
	if len(summaries) == 0 {
		n.Add(&trace.Node{Kind: "note", Text: "no statement: nothing happened and nothing is owed"})
	}
	for _, s := range summaries {
		of := strings.Join([]string{string(run.Period), id, s.text("entity"), s.text("currency")}, "/")
		currency := s.text("currency")
		node := &trace.Node{Kind: "statement", ID: of, Fields: s.fields,
			Text: fmt.Sprintf("%s owed at the end (%s)", s.money("closing_amount", currency), s.counted("closing_diamonds", "diamond"))}
		for _, part := range []string{"opening", "earned", "adjusted", "redeemed", "returned", "revaluation", "rounding"} {
			if s.text(part+"_amount") == "0" && s.number(part+"_diamonds") == 0 {
				continue
			}
			sign := ""
			if part == "redeemed" { // the one part that stands without its sign
				sign = "-"
			}
			text := sign + s.money(part+"_amount", currency)
			if s.value(part+"_diamonds") != nil {
				text += ", " + sign + s.counted(part+"_diamonds", "diamond")
			}
			node.Add(&trace.Node{Kind: part, Text: text})
		}
		n.Add(node)
	}
	if err := t.addStreams(ctx, n, run, id); err != nil {
		return err
	}
	for _, q := range []question{
		{query: "evi_creator_payout", of: "payouts"}, {query: "evi_creator_adjustment", of: "diamond_adjustments"},
	} {
		if err := t.addBrief(ctx, n, run, "creator", id, q); err != nil {
			return err
		}
	}
	return nil
}

// addStreams adds the streams in which most was given.
func (t *tracer) addStreams(ctx context.Context, n *trace.Node, run books.RunAt, id string) error {
	streams, err := t.resultsOf(ctx, tableStreams, run, "creator_id = ? order by entity, currency, stream_rank", id)
	if err != nil || len(streams) == 0 {
		return err
	}
	head := &trace.Node{Kind: "streams", Text: counted(int64(len(streams)), "stream") + ", the largest first"}
	part, rest := t.shown(streams)
	for _, s := range part {
		head.Add(&trace.Node{Kind: "stream", ID: s.text("stream_id"), Fields: s.fields,
			Text: fmt.Sprintf("%s, %s, %s", s.counted("count", "gift"), s.counted("coins", "coin"), s.counted("diamonds", "diamond"))})
	}
	n.Add(head.Add(rest))
	return nil
}

// addViewer adds a viewer's balance, what lots it is made of, and the rows of the
// month.
func (t *tracer) addViewer(ctx context.Context, n *trace.Node, run books.RunAt, id string) error {
	balances, err := t.resultsOf(ctx, tableViewers, run, "viewer_id = ? order by entity, currency", id)
	if err != nil {
		return err
	}
	if len(balances) == 0 {
		n.Add(&trace.Node{Kind: "note", Text: "no coins are left at the end of the month, and none are owed"})
	}
	for _, b := range balances {
		text := fmt.Sprintf("%s left, worth %s", b.counted("coins", "coin"), b.money("value", b.text("currency")))
		if b.number("debt") != 0 {
			text += ", " + b.counted("debt", "coin") + " owed back"
		}
		n.Add(&trace.Node{Kind: "balance", ID: b.text("entity"), Text: text, Fields: b.fields})
	}
	lots, err := t.resultsOf(ctx, "coin_lots", run, "viewer_id = ? order by acquired_at, lot_id", id)
	if err != nil {
		return err
	}
	if len(lots) > 0 {
		head := &trace.Node{Kind: "lots", Text: counted(int64(len(lots)), "lot") + " with coins left, the oldest first"}
		part, rest := t.shown(lots)
		for _, l := range part {
			head.Add(&trace.Node{Kind: "coin_lot", ID: l.text("lot_id"), Fields: l.fields,
				Text: fmt.Sprintf("%s left, %s, from %s (%s)", l.counted("coins_left", "coin"), l.money("value_left", l.text("currency")), l.text("acquired_at"), l.text("channel"))})
		}
		n.Add(head.Add(rest))
	}
	gifts := "select * from gift_events where viewer_id = " + pipeline.SQLText(id) + " and accounting_month = " + pipeline.SQLText(string(run.Period))
	for _, q := range []question{
		{query: "evi_viewer_purchase", of: "coin_purchases"}, {query: "evi_viewer_gift", of: "gift_events", cut: gifts},
		{query: "evi_viewer_adjustment", of: "coin_adjustments"},
	} {
		if err := t.addBrief(ctx, n, run, "viewer", id, q); err != nil {
			return err
		}
	}
	return nil
}

// resultsOf gives rows of a result table of one run.
func (t *tracer) resultsOf(ctx context.Context, table string, run books.RunAt, condition string, values ...any) ([]*record, error) {
	if has, err := t.has(ctx, table); err != nil || !has {
		return nil, err
	}
	return t.records(ctx, "select * from "+table+" where run_id = ? and "+condition, append([]any{run.ID}, values...)...)
}

// addBrief adds the rows of a month that belong to a person, one line each.
func (t *tracer) addBrief(ctx context.Context, n *trace.Node, run books.RunAt, kind, id string, q question) error {
	q.kind, q.id, q.period, q.start = kind, id, run.Period, run.Period.Start(t.Config.Zone)
	rows, err := t.related(ctx, q)
	if err != nil || len(rows) == 0 {
		return err
	}
	feed, _ := pipeline.FeedByName(q.of)
	head := &trace.Node{Kind: q.of, Text: counted(int64(len(rows)), "row") + " of the month"}
	part, rest := t.shown(rows)
	for _, r := range part {
		at := r.text(feed.EventColumn)
		head.Add(&trace.Node{Kind: cmpOr(r.text("status"), r.text("reason"), r.text("kind"), feed.Row), ID: r.text(feed.Key[0]), Text: at + ", " + brief(q.of, r), Fields: r.fields})
	}
	n.Add(head.Add(rest))
	return nil
}

// brief says what a row is about in a few words.
func brief(table string, r *record) string {
	switch table {
	case "payouts":
		return r.counted("diamonds", "diamond") + ", " + r.money("gross_amount", r.text("currency"))
	case "coin_purchases":
		return r.counted("coins", "coin") + ", " + r.money("gross_amount", r.text("currency")) + ", " + r.text("channel")
	case "gift_events":
		return r.counted("coins", "coin") + " to " + r.text("creator_id")
	case "agency_payouts", "agency_adjustments":
		return r.money(map[string]string{"agency_payouts": "gross_amount", "agency_adjustments": "amount"}[table], r.text("currency"))
	case "diamond_adjustments":
		return r.counted("diamonds", "diamond")
	}
	return r.counted("coins", "coin")
}

// cmpOr gives the first text that says something.
func cmpOr(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// money gives an amount with its currency.
func (r *record) money(column, currency string) string {
	return cmpOr(r.text(column), "0") + " " + currency
}

// counted says how many of something a column counts.
func (r *record) counted(column, one string) string { return counted(r.number(column), one) }

// counted says how many there are of something.
func counted(n int64, one string) string {
	if n == 1 || n == -1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// addExceptionsAbout adds what the controls of the current runs found about a
// person.
func (t *tracer) addExceptionsAbout(ctx context.Context, n *trace.Node, kind, id string) error {
	if has, err := t.has(ctx, books.TableExceptions); err != nil || !has {
		return err
	}
	found, err := t.records(ctx, "select * from "+books.TableExceptions+" where run_id in ("+t.currentRuns()+") and subject_kind = ? and subject_id = ?"+
		" order by period, control, exception_id", kind, id)
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

// knownPeople gives the ids that a mistyped one may have been meant to be: those
// of creators, and of the files.
func (t *tracer) knownPeople(ctx context.Context) (known []string) {
	for _, b := range t.batches {
		known = append(known, b.Source)
	}
	if has, err := t.has(ctx, "creators"); err != nil || !has {
		return known // what was meant is a guess; that it isn't there is the error
	}
	rows, err := t.records(ctx, "select distinct creator_id from creators order by 1")
	if err != nil {
		return known
	}
	for _, r := range rows {
		known = append(known, r.text("creator_id"))
	}
	return known
}
