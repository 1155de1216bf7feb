-- One row is a payout of a counterparty that isn't what its lines add up to.
-- grain: subject_kind, subject_id, reason
-- control: settlement_payout
-- severity: block
-- unit: currency
-- reasons: short, over
-- guards: money that a store or provider keeps without a line that says so; lines of a report that got lost on the way here
-- question: Did every payout pay what the lines of its report add up to?
-- causes: a line that was rejected or is not in the file; a reserve, a loan or a balance carried forward that the report doesn't show; a part of the report that is missing
-- action: look for rejected lines of the report; fetch it again whole; ask the counterparty what the remainder is; where it pays out of a balance, say so in carat.yaml (settlement)
-- checked: from led_settlement_payout cross join run where led_settlement_payout.accounting_month = run.period and outcome in ('matched', 'tolerated', 'short', 'over')
-- not_compared: from led_settlement_payout cross join run where led_settlement_payout.accounting_month = run.period and outcome in ('alone', 'running', 'before_carat')
-- not_compared_reason: select case when not exists (select 1 from led_settlement_payout cross join run where led_settlement_payout.accounting_month = run.period) then 'no settlement report tells of a payout' else 'no payout of the month says which lines it pays' end
-- Lines of one payout_id are paid by it; without one, a payout in a report with lines of its own pays them and those of the
-- reports since the payout before, all kinds of lines together. Expected is what the lines add up to, actual what was paid.
-- Reasons: short, over. A payout that stands without lines says nothing of what it pays; neither does one that comes from a
-- running balance (settlement in carat.yaml), or more than its lines within due_days after carat began. Named in the month of the payout.
select
    payouts.entity,
    'settlement' as subject_kind,
    payouts.line_id as subject_id,
    cast(payouts.lines_amount as decimal(38, 9)) as expected,
    cast(payouts.paid_amount as decimal(38, 9)) as actual,
    cast(payouts.paid_amount - payouts.lines_amount as decimal(38, 9)) as difference,
    payouts.currency as unit,
    case payouts.outcome when 'short' then 'short' else 'over' end as reason,
    case
        when payouts.known_by = 'payout_id' then 'The lines of payout ' || payouts.group_id || ' of ' || payouts.counterparty || ' add'
        when payouts.reports > 1 then 'The lines of ' || payouts.counterparty || ' from report ' || payouts.first_report || ' to '
            || payouts.report_id || ' add'
        else 'The lines of report ' || payouts.report_id || ' of ' || payouts.counterparty || ' add'
    end
    || ' up to ' || plain(payouts.lines_amount) || ' ' || payouts.currency || ', the payout is ' || plain(payouts.paid_amount) || ' '
    || payouts.currency || ': '
    || case payouts.outcome
        when 'short' then plain(payouts.lines_amount - payouts.paid_amount) || ' ' || payouts.currency || ' remain that no line explains.'
        else plain(payouts.paid_amount - payouts.lines_amount) || ' ' || payouts.currency || ' more than they.'
    end as detail,
    payouts.batch_id,
    payouts.source_line
from led_settlement_payout as payouts
cross join run
where payouts.accounting_month = run.period and payouts.outcome in ('short', 'over')
order by payouts.line_id
