package closepackage

import (
	"fmt"
	"strings"

	"carat/jobs/books"
	"carat/pipeline"
	"carat/reports/closepackage"
)

// stand says where the month stands, as the verbs do, and what is next.
func (b *packageBuilder) stand(pack *closepackage.Package) error {
	closed, err := b.books.Closures(b.ctx, b.options.Config)
	if err != nil {
		return err
	}
	s, err := b.books.Standing(b.ctx, b.options.Setting, closed, b.run)
	if err != nil {
		return err
	}
	pack.Status, pack.Says = s.Status(), s.Words()
	pack.RatesDecided, pack.MatchesDecided, b.missing = s.RatesDecided, s.MatchesDecided, s.MissingRateLines()
	pack.Open, pack.Waived, pack.Decided = s.Open(), s.Waivers(), s.ReviewDecided
	_, prepared, _, err := b.books.SignOff(b.ctx, b.run.Period, closed.Version(b.run.Period))
	if err != nil {
		return err
	}
	pack.Next, pack.NextCommand = next(s, prepared, b.run.Period)
	return nil
}

// next says what is to be done after this, and the command for it.
func next(s books.Standing, prepared bool, period pipeline.Period) (what, command string) {
	month := " --period " + string(period)
	switch {
	case s.Closed():
		return "Nothing is left to do. To make the month again from its rows:", "carat verify" + month
	case len(s.MissingRates) > 0:
		return "Ingest the missing exchange rates, or decide them (" + strings.Join(s.MissingRateLines(), "; ") + "): what is told at them is not known.",
			books.RateCommand(s.MissingRates[0])
	case len(s.BlockedBy) > 0:
		return "Have the files corrected where they are made and ingest them, or let a second person waive what blocks: " + strings.Join(s.BlockedBy, ", ") + ".", "carat exceptions" + month
	case len(s.Undecided) > 0:
		return "Decide the exceptions of " + strings.Join(s.Undecided, ", ") + ".", "carat exceptions" + month + " --export decisions.csv"
	case prepared:
		return "Somebody who neither prepared the month nor decided in it approves it.", "carat approve" + month
	}
	return "Prepare the month for approval.", "carat close" + month
}

// figures are the month's money for the cover, from the same rows as the sections: what was sold, what was spent of it, what is owed, what is left.
func (b *packageBuilder) figures(flows []closepackage.Flow) ([]closepackage.Figure, error) {
	var list []closepackage.Figure
	for _, f := range []struct{ line, label string }{{"sold_gross", "Gross sales"}, {"consumed_net", "Coins consumed, less restored"}} {
		list = append(list, figureOf(flows, f.line, f.label))
	}
	list = append(list, figureOf(flows, "platform_cut", "Platform's cut"))
	for _, f := range []struct{ identity, label, of, amount string }{
		{"liability", "Owed to viewers: coins not spent", "subject_kind = 'entity'", "amount"},
		// what one owes isn't set off against what another has been paid too much, or is owed
		{"receivable", "Owed by stores and providers", "subject_kind = 'counterparty' and amount > 0", "amount"},
		{"payable", "Owed to creators", "subject_kind = 'creator' and amount > 0", "amount"},
		{"payable", "Owed by creators", "subject_kind = 'creator' and amount < 0", "-amount"},
		{"in_transit", "On its way to creators", "subject_kind = 'entity'", "amount"},
	} {
		owed := closepackage.Figure{Label: f.label}
		if t, ok := b.tables["rollforwards"]; ok && t.Snapshot != 0 {
			err := b.each("select currency, cast(sum("+f.amount+") as varchar) from rollforwards where run_id = "+pipeline.SQLText(b.run.ID)+" and identity = "+pipeline.SQLText(f.identity)+
				" and "+f.of+" and line = 'closing' group by currency having sum(amount) <> 0 order by currency", 2, func(row []any) error {
				owed.Amounts = append(owed.Amounts, closepackage.Money{Amount: text(row[1]), Currency: fmt.Sprint(row[0])})
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
		if f.amount == "amount" || len(owed.Amounts) > 0 { // what nobody owes isn't told
			list = append(list, owed)
		}
	}
	exposure, err := b.exposed()
	return append(list, exposure), err
}

// exposed is what the run's exceptions come to, gross, in reporting currency; what can't be measured is not in it.
func (b *packageBuilder) exposed() (f closepackage.Figure, err error) {
	f.Label = "Exposure of exceptions, gross"
	t, ok := b.tables[books.TableExceptions]
	if !ok || t.Snapshot == 0 {
		return f, nil
	}
	err = b.each("select cast(sum("+books.Exposure(t)+") as varchar), count(*) - count("+books.Exposure(t)+") from exceptions where run_id = "+pipeline.SQLText(b.run.ID), 2, func(row []any) error {
		if amount := text(row[0]); amount != "" {
			f.Amounts = append(f.Amounts, closepackage.Money{Amount: amount, Currency: b.options.Config.ReportingCurrency})
		}
		if n := fmt.Sprint(row[1]); n != "0" {
			f.Label += ", without " + n + " that can't be measured"
		}
		return nil
	})
	return f, err
}

// figureOf is one line of every flow. A flow without the line shows nothing.
func figureOf(flows []closepackage.Flow, line, label string) closepackage.Figure {
	f := closepackage.Figure{Label: label}
	for _, flow := range flows {
		for _, l := range flow.Lines {
			if l.Line == line {
				f.Amounts = append(f.Amounts, closepackage.Money{Amount: l.Amount, Currency: flow.Currency, Entity: flow.Entity})
			}
		}
	}
	return f
}

// flows are the revenue bridge over all channels and currencies, by entity,
// with its two subtotals: consumed_net = consumed - restored, and to_share,
// that and marketing.
func (b *packageBuilder) flows() ([]closepackage.Flow, error) {
	if t, ok := b.tables["revenue_bridge"]; !ok || t.Snapshot == 0 {
		return nil, nil
	}
	const bridge = `with bridge as (select entity, functional_currency, line_rank * 10 as line_rank, line, functional_amount from revenue_bridge where run_id = {run}),
signed as (select entity, functional_currency, line, case when line = 'restored' then -functional_amount else functional_amount end as functional_amount from bridge),
lines as (
    select * from bridge
    union all
    select entity, functional_currency, 85, 'consumed_net', functional_amount from signed where line in ('consumed', 'restored')
    union all
    select entity, functional_currency, 95, 'to_share', functional_amount from signed where line in ('consumed', 'restored', 'marketing')
)
select entity, functional_currency, line, case when count(*) = count(functional_amount) then cast(sum(functional_amount) as varchar) else {unknown} end from lines
group by entity, functional_currency, line_rank, line order by entity, functional_currency, line_rank, line`
	var flows []closepackage.Flow
	fill := strings.NewReplacer("{run}", pipeline.SQLText(b.run.ID), "{unknown}", pipeline.SQLText(closepackage.NotKnown))
	err := b.each(fill.Replace(bridge), 4, func(row []any) error {
		entity, currency := fmt.Sprint(row[0]), fmt.Sprint(row[1])
		if n := len(flows); n == 0 || flows[n-1].Entity != entity || flows[n-1].Currency != currency {
			flows = append(flows, closepackage.Flow{Entity: entity, Currency: currency})
		}
		last := &flows[len(flows)-1]
		last.Lines = append(last.Lines, closepackage.FlowLine{Line: fmt.Sprint(row[2]), Amount: text(row[3])})
		return nil
	})
	return flows, err
}
