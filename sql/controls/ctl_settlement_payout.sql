-- One row is a payout of a counterparty that isn't what its lines add up to.
-- grain: subject_kind, subject_id, reason
-- control: settlement_payout
-- severity: block
-- unit: currency
-- reasons: short, over, balance, carried
-- guards: money that a store or provider keeps without a line that says so; lines of a report that got lost on the way here
-- question: Did every payout pay what the lines of its report add up to?
-- causes: a line that was rejected or is not in the file; a reserve, a loan or a balance carried forward that the report doesn't show; a part of the report that is missing
-- action: look for rejected lines of the report; fetch it again whole; ask the counterparty what the remainder is; where it pays out of a balance, say so in carat.yaml (settlement)
-- checked: from (
--         select line_id
--         from led_settlement_payout
--         cross join run
--         where led_settlement_payout.accounting_month = run.period
--             and outcome in ('matched', 'tolerated', 'short', 'over')
--         union all
--         select line_id
--         from led_report_payout
--         cross join run
--         where led_report_payout.accounting_month = run.period
--         union all
--         select counterparty
--         from led_receivable_beside
--         where is_compared
--             and is_running
--         union all
--         select line_id
--         from led_carried_open
--     ) as payouts
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'settlement_payout'
-- not_compared_reason: select case when not exists (select 1 from led_settlement_payout cross join run where led_settlement_payout.accounting_month = run.period) then 'no settlement report tells of a payout' when exists (
--         select 1
--         from led_settlement_payout
--         cross join run
--         where led_settlement_payout.accounting_month = run.period
--             and outcome = 'alone'
--     ) then 'payouts of the month do not say which lines they pay' when exists (select 1 from led_settlement_payout cross join run where led_settlement_payout.accounting_month = run.period and outcome = 'running') then 'the counterparty states no balance to which a payout of its running balance would lead' else 'payouts of the month pay for the time before carat began' end
-- Lines of one payout_id are paid by it; without one, a payout in a report with lines of its own pays them and those of the
-- reports since the payout before, all kinds of lines together. Expected is what the lines add up to, actual what was paid.
-- Reasons: short, over, balance. A payout that stands without lines says nothing of what it pays, or more than its lines within due_days
-- after carat began. Of one that comes from a running balance (settlement in carat.yaml) all lines since the opening are the
-- balance that the provider states at the month's end, where that was fed. A report of Google's is the payout itself: that the bank
-- received it is settlement_bank's to compare. Named in the month of the payout. What a report carried forward and none took up within a
-- month and the channel's due_days is carried, in every month until one does.
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
union all
select
    entity,
    'account',
    receivable_role || '/' || counterparty,
    cast(fed_amount as decimal(38, 9)),
    cast(own_amount as decimal(38, 9)),
    cast(own_amount - fed_amount as decimal(38, 9)),
    currency,
    'balance',
    counterparty || ' states a balance of ' || plain(fed_amount) || ' ' || currency || ' at the end of the month; by its opening and its lines it is '
    || plain(own_amount) || ' ' || currency || '.',
    batch_id,
    source_line
from led_receivable_beside
where is_compared and is_running and fed_amount <> own_amount
union all
select
    led_carried_open.entity,
    'settlement',
    led_carried_open.line_id,
    cast(0 as decimal(38, 9)),
    cast(-led_carried_open.amount as decimal(38, 9)),
    cast(-led_carried_open.amount as decimal(38, 9)),
    led_carried_open.currency,
    'carried',
    'Report ' || led_carried_open.report_id || ' of ' || led_carried_open.counterparty || ' carried a balance forward on '
        || iso_day(local_day(led_carried_open.since, run.time_zone)) || ', ' || counted(days_between(local_day(led_carried_open.since, run.time_zone), local_day(run.closing_instant, run.time_zone)), 'day')
        || ' ago: of what was carried ' || with_unit(abs(led_carried_open.amount), led_carried_open.currency) || ' came back in no report.',
    led_carried_open.batch_id,
    led_carried_open.source_line
from led_carried_open
cross join run
order by subject_id
