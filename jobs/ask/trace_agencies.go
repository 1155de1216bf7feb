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

// addAgency adds an agency's statements with what each creator's day gave, payouts and
// adjustments.
func (t *tracer) addAgency(ctx context.Context, n *trace.Node, run books.RunAt, id string) error {
	heads, err := t.resultsOf(ctx, statements.TableAgencies, run, "agency_id = ? order by entity, currency", id)
	if err != nil {
		return err
	}
	if len(heads) == 0 {
		n.Add(&trace.Node{Kind: "note", Text: "no statement: nothing happened and nothing is owed"})
	}
	for _, s := range heads {
		currency := s.text("currency")
		node := &trace.Node{Kind: "statement", ID: strings.Join([]string{string(run.Period), id, s.text("entity"), currency}, "/"), Fields: s.fields,
			Text: s.money("closing_amount", currency) + " owed at the end"}
		lines, err := t.resultsOf(ctx, statements.TableAgencyLines, run, "agency_id = ? and entity = ? and currency = ? order by line_no", id, s.text("entity"), currency)
		if err != nil {
			return err
		}
		part, rest := t.shown(lines)
		for _, l := range part {
			node.Add(agencyLineHead(l))
		}
		n.Add(node.Add(rest))
	}
	for _, q := range []question{{query: "evi_agency_payout", of: "agency_payouts"}, {query: "evi_agency_adjustment", of: "agency_adjustments"}} {
		if err := t.addBrief(ctx, n, run, "agency", id, q); err != nil {
			return err
		}
	}
	return nil
}

// agencyLine finds a line of an agency's statement in the current run of its period,
// named as a creator's is; nil when there is none.
func (t *tracer) agencyLine(ctx context.Context, id statementLineID) (*record, error) {
	run, ok := t.runOf(id.period)
	if !ok {
		return nil, nil
	}
	lines, err := t.resultsOf(ctx, statements.TableAgencyLines, run, "agency_id = ? and entity = ? and currency = ? and line_no = ?", id.creator, id.entity, id.currency, id.line)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	return lines[0], nil
}

func agencyLineHead(l *record) *trace.Node {
	text := l.money("amount", l.text("currency"))
	if creator := l.text("creator_id"); creator != "" {
		text += fmt.Sprintf(", %s of %s on %s", l.counted("diamonds", "diamond"), creator, cmpOr(l.text("day"), l.text("event_at")))
	}
	if reference := l.text("reference_id"); reference != "" {
		text += ", " + reference
	}
	id := strings.Join([]string{l.text("period"), l.text("agency_id"), l.text("entity"), l.text("currency"), l.text("line_no")}, "/")
	return &trace.Node{Kind: l.text("section"), ID: id, Text: text, Fields: l.fields}
}

// agencyLineNode goes from a line of an agency's statement to the rows that it sums: the
// creator's gifts or reversals of that day, or the clawback, adjustment or payout.
func (t *tracer) agencyLineNode(ctx context.Context, l *record) (*trace.Node, error) {
	n := agencyLineHead(l)
	table, condition, values := "", "", []any(nil)
	switch l.text("section") {
	case "accrued", "reversed":
		kind := map[string]string{"accrued": "gift", "reversed": "reversal"}[l.text("section")]
		table = "gift_events"
		condition = fmt.Sprintf("kind = ? and creator_id = ? and entity = ? and accounting_month = ? and cast(sent_at at time zone %s as date) = cast(? as date)", pipeline.SQLText(t.Config.Zone.String()))
		values = []any{kind, l.text("creator_id"), l.text("entity"), l.text("period"), l.text("day")}
		times, instants, err := t.agencyTimes(ctx, l)
		if err != nil {
			return nil, err
		}
		condition, values = condition+times, append(values, instants...)
	case "clawed_back":
		table, condition, values = "diamond_adjustments", "adjustment_id = ?", []any{l.text("reference_id")}
	case "adjusted":
		table, condition, values = "agency_adjustments", "adjustment_id = ?", []any{l.text("reference_id")}
	case "redeemed", "returned":
		table, condition, values = "agency_payouts", "payout_id = ?", []any{l.text("reference_id")}
	}
	if table == "" {
		return n, nil
	}
	if has, err := t.has(ctx, table); err != nil || !has {
		return n, err
	}
	rows, err := t.records(ctx, "select * from "+table+" where "+condition+" order by all", values...)
	if err != nil {
		return nil, err
	}
	t.addUnder(n, "made of", table, rows)
	return n, nil
}

// agencyTimes gives a condition on gifts, and its values, that holds for those that a
// line of gifts or reversals sums: those sent while the creator's terms named the agency
// with the line's share, and the rate had its value. A reversal is of the terms of its
// gift, also of one of an earlier month. Terms may change within a day.
func (t *tracer) agencyTimes(ctx context.Context, l *record) (string, []any, error) {
	run, ok := t.runOf(pipeline.Period(l.text("period")))
	if !ok {
		return "", nil, nil
	}
	m, err := t.month(ctx, run, l.text("creator_id"), "")
	if err != nil {
		return "", nil, err
	}
	ranges, err := selectRecords(ctx, m.eng.Engine, `select range_from, range_to from (
		select instant as range_from, coalesce(lead(instant) over (order by instant), timestamp with time zone '9999-12-31 00:00:00+00:00') as range_to, agency_id, agency_share, diamond_value from led_rate_at where creator_id = ?) as spans
		where agency_id = ? and agency_share = cast(? as decimal(18, 9)) and diamond_value = cast(? as decimal(18, 9)) order by range_from`,
		l.text("creator_id"), l.text("agency_id"), l.text("agency_share"), l.text("rate"))
	if err != nil || len(ranges) == 0 {
		return "", nil, err
	}
	const valued = "coalesce((select max(originals.sent_at) from gift_events as originals where originals.event_id = gift_events.original_event_id), sent_at)"
	parts, values := []string{valued + " < ?"}, []any{run.Period.Start(t.Config.Zone)} // a gift of an earlier month
	for _, r := range ranges {
		parts = append(parts, valued+" >= ? and "+valued+" < ?")
		values = append(values, r.value("range_from"), r.value("range_to"))
	}
	return " and ((" + strings.Join(parts, ") or (") + "))", values, nil
}
