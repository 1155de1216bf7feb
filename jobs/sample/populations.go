package sample

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"carat/pipeline"
)

// population is a table from whose rows samples are drawn: SQL expressions over it.
type population struct {
	table string
	from  string // what is read of it; "": its rows as they are
	// item names a row, and trace follows it; "" and "": by batch and line of the source.
	item, trace  string
	id           string // what people call the row
	amount, unit string
	where        string // which of its rows; "": all
	// at is when a row happened, where the books count none from before carat
	// began: those lie inside the opening balances.
	at string
}

// paidVersions gives the versions of a payout with which the books move money: the first that is paid after its request, with
// the amount that the first version of all states, and with a minus the one that failed or came back after it was paid
// (led_paid_payout). A later version of the same status moves nothing.
func paidVersions(table string) string {
	return fmt.Sprintf(`(
    select
        *,
        coalesce(lag(status) over versions, 'requested') as previous_status,
        first_value(net_amount) over versions as first_net_amount
    from %s
    window versions as (partition by payout_id order by updated_at, batch_id, source_line)
) as %s`, table, table)
}

// Of a payout's versions, those that move money, when, and by how much.
const (
	paidMoves  = "((status = 'paid' and previous_status = 'requested') or (status in ('failed', 'returned') and previous_status = 'paid'))"
	paidAt     = "case status when 'paid' then coalesce(paid_at, updated_at) else updated_at end"
	paidAmount = "case status when 'paid' then first_net_amount else -first_net_amount end"
)

// populations are the tables that samples are drawn from. What takes something back, a refund,
// a chargeback, a reversal, a payment that came back, has the sign with which the books count it.
var populations = []population{
	{table: "coin_purchases", id: "purchase_id", amount: "case when kind in ('refund', 'chargeback') then -gross_amount else gross_amount end", unit: "currency", at: "purchased_at"},
	{table: "gift_events", id: "event_id", amount: "case kind when 'reversal' then -coins else coins end", unit: "'coins'", at: "sent_at"},
	{table: "payouts", from: paidVersions("payouts"), id: "payout_id", amount: paidAmount, unit: "currency", where: paidMoves, at: paidAt},
	{table: "agency_payouts", from: paidVersions("agency_payouts"), id: "payout_id", amount: paidAmount, unit: "currency", where: paidMoves, at: paidAt},
	{table: "coin_adjustments", id: "adjustment_id", amount: "coins", unit: "'coins'", at: "adjusted_at"},
	{table: "diamond_adjustments", id: "adjustment_id", amount: "diamonds", unit: "'diamonds'", at: "adjusted_at"},
	// Orders and what was taken back of them. What a report says of transfers, reserves and changes of currency moves money that was counted before.
	{table: "settlement_lines", id: "line_id", amount: "gross_amount", unit: "currency", where: "kind in ('sale', 'refund', 'chargeback')"},
	{table: "provider_payments", id: "line_id", amount: "case status when 'returned' then -amount else amount end", unit: "currency", where: "status <> 'failed'"},
	{table: "bank_lines", id: "line_id", amount: "amount", unit: "currency", where: "coalesce(kind, 'entry') not in ('opening', 'closing')", at: "booked_at"},
	{table: "tax_payments", id: "reference", amount: "amount", unit: "currency"},
	{
		table: "statement_lines", id: "label", amount: "amount", unit: "currency", where: "section not in ('opening', 'closing')",
		item:  "period || '/' || creator_id || '/' || entity || '/' || currency || '/' || cast(line_no as varchar)",
		trace: "period || '/' || creator_id || '/' || entity || '/' || currency || '/' || cast(line_no as varchar)",
	},
	{
		table: "journal_lines", id: "account", amount: "functional_debit", unit: "functional_currency", where: "functional_debit > 0",
		item: "entry_id || '#' || cast(line_no as varchar)", trace: "entry_id",
	},
}

// Tables gives the names of the tables that samples are drawn from.
func Tables() (names []string) {
	for _, p := range populations {
		names = append(names, p.table)
	}
	slices.Sort(names)
	return names
}

func populationOf(table string) (population, bool) {
	at := slices.IndexFunc(populations, func(p population) bool { return p.table == table })
	if at < 0 {
		return population{}, false
	}
	return populations[at], true
}

// rows gives what stands behind from.
func (p population) rows() string {
	if p.from == "" {
		return p.table
	}
	return p.from
}

// of gives the condition that leaves a month's rows: of a feed by its month, without
// what happened before began, of results by the run.
func (p population) of(period pipeline.Period, run string, began time.Time) string {
	conditions := []string{"period = " + pipeline.SQLText(string(period)), "run_id = " + pipeline.SQLText(run)}
	if _, feed := pipeline.FeedByName(p.table); feed {
		conditions = []string{"accounting_month = " + pipeline.SQLText(string(period))}
		if p.at != "" {
			conditions = append(conditions, p.at+" >= cast("+pipeline.SQLText(began.UTC().Format(time.RFC3339))+" as timestamptz)")
		}
	}
	if p.where != "" {
		conditions = append(conditions, p.where)
	}
	return strings.Join(conditions, " and ")
}

// query tells the population: item, trace, id and amount of each row of a unit. Two
// rows of one line of a source are told apart by a number.
func (p population) query(period pipeline.Period, run, unit string, began time.Time) string {
	item, trace := p.item, p.trace
	if item == "" {
		line := "batch_id || ':' || cast(source_line as varchar)"
		trace = line
		item = fmt.Sprintf(`%s || case row_number() over (partition by batch_id, source_line order by %s, %s)
        when 1 then '' else '#' || cast(row_number() over (partition by batch_id, source_line order by %s, %s) as varchar) end`, line, p.id, p.amount, p.id, p.amount)
	}
	return fmt.Sprintf(`select
    %s as item,
    %s as trace,
    coalesce(cast(%s as varchar), '') as id,
    cast(%s as decimal(38, 9)) as amount
from %s
where %s
    and %s = %s`, item, trace, p.id, p.amount, p.rows(), p.of(period, run, began), p.unit, pipeline.SQLText(unit))
}
