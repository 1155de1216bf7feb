-- One row is one payout of a counterparty beside the lines that it pays.
-- grain: line_id
-- Lines of one payout_id are paid by it, whichever reports they stand in. Without one, a payout in a report with lines of its own
-- pays them and those of the reports since the payout before, or, where its own lines are what it pays, them alone. lines_amount
-- is all that the lines add up to, fees, tax, reserves and adjustments among them. Outcomes: matched, tolerated, short (the counterparty keeps money that no line explains), over; and
-- not judged: alone (it stands without lines, so which it pays is not known), running (it comes from a balance, by the
-- configuration), before_carat (more than its lines, so soon after carat began that older ones may be in it). The month is
-- the payout's; line_id is its first line.
with payout_lines as (
    select
        lines.line_id,
        lines.entity,
        lines.channel,
        lines.counterparty,
        lines.currency,
        lines.report_id,
        lines.payout_id,
        lines.net_amount,
        lines.event_at,
        coalesce(lines.settled_at, lines.event_at) as settled_at,
        lines.accounting_month,
        lines.batch_id,
        lines.source_line
    from led_line_apart as lines
    where lines.kind = 'payout'
),

-- payouts one by one; of the other lines, which are many, the sums of a report
lines as (
    select
        entity,
        channel,
        counterparty,
        currency,
        report_id,
        payout_id,
        line_id,
        cast(net_amount as decimal(38, 6)) as net_amount,
        event_at,
        settled_at,
        accounting_month,
        cast(0 as bigint) as lines,
        cast(0 as bigint) as order_lines
    from payout_lines
    union all
    select
        lines.entity,
        lines.channel,
        lines.counterparty,
        lines.currency,
        lines.report_id,
        lines.payout_id,
        cast(null as varchar) as line_id,
        sum(lines.net_amount) as net_amount,
        cast(null as timestamp with time zone) as event_at,
        max(coalesce(lines.settled_at, lines.event_at)) as settled_at,
        cast(null as varchar) as accounting_month,
        count(*) as lines,
        sum(case when lines.kind in ('sale', 'refund', 'chargeback') then 1 else 0 end) as order_lines
    from stg_settlement_lines as lines
    cross join run
    where lines.accounting_month <= run.period and lines.kind <> 'payout'
    group by lines.entity, lines.channel, lines.counterparty, lines.currency, lines.report_id, lines.payout_id
),

reports as (
    select
        entity,
        counterparty,
        currency,
        report_id,
        count(line_id) as payouts,
        sum(lines) as own_lines,
        max(settled_at) as settled_at
    from lines
    where payout_id is null
    group by entity, counterparty, currency, report_id
),

-- who ever pays out in a report without lines doesn't say by its reports what a payout pays
alone as (
    select distinct entity, counterparty, currency
    from reports
    where payouts > 0 and own_lines = 0
),

placed_reports as (
    select
        reports.entity,
        reports.counterparty,
        reports.currency,
        reports.report_id,
        reports.payouts > 0 as pays_out,
        alone.entity is not null as is_alone,
        coalesce(sum(case when reports.payouts > 0 then 1 else 0 end) over (
            partition by reports.entity, reports.counterparty, reports.currency
            order by reports.settled_at, reports.report_id
            rows between unbounded preceding and 1 preceding
        ), 0) as payouts_before
    from reports
    left join alone
        on alone.entity = reports.entity
        and alone.counterparty = reports.counterparty
        and alone.currency = reports.currency
),

members as (
    select
        lines.line_id,
        lines.entity,
        lines.channel,
        lines.counterparty,
        lines.currency,
        lines.report_id,
        lines.net_amount,
        lines.event_at,
        lines.accounting_month,
        lines.lines,
        lines.order_lines,
        'payout_id' as known_by,
        lines.payout_id as group_id,
        true as pays_out,
        cast(0 as bigint) as payouts_before
    from lines
    where lines.payout_id is not null
    union all
    select
        lines.line_id,
        lines.entity,
        lines.channel,
        lines.counterparty,
        lines.currency,
        lines.report_id,
        lines.net_amount,
        lines.event_at,
        lines.accounting_month,
        lines.lines,
        lines.order_lines,
        case when placed_reports.is_alone then 'nothing' else 'report' end as known_by,
        case when placed_reports.is_alone then lines.line_id else '' end as group_id,
        placed_reports.pays_out,
        cast(placed_reports.payouts_before as bigint) as payouts_before
    from lines
    inner join placed_reports
        on placed_reports.entity = lines.entity
        and placed_reports.counterparty = lines.counterparty
        and placed_reports.currency = lines.currency
        and placed_reports.report_id = lines.report_id
    where lines.payout_id is null and (lines.line_id is not null or not placed_reports.is_alone)
),

payouts as (
    select
        entity,
        counterparty,
        currency,
        known_by,
        group_id,
        payouts_before,
        max(channel) as channel,
        min(line_id) as line_id,
        min(report_id) as first_report,
        min(case when line_id is not null then report_id end) as report_id,
        max(event_at) as event_at,
        max(accounting_month) as accounting_month,
        count(distinct report_id) as reports,
        sum(lines) as lines,
        sum(order_lines) as order_lines,
        sum(case when line_id is null then net_amount else 0 end) as all_amount,
        sum(case when line_id is null and pays_out then net_amount else 0 end) as own_amount,
        sum(case when line_id is null then 0 else -net_amount end) as paid_amount
    from members
    group by entity, counterparty, currency, known_by, group_id, payouts_before
    having count(line_id) > 0
),

-- a report whose own lines add up to its payout leaves those before it open
judged as (
    select
        payouts.entity,
        payouts.counterparty,
        payouts.currency,
        payouts.known_by,
        payouts.group_id,
        payouts.channel,
        payouts.line_id,
        payouts.first_report,
        payouts.report_id,
        payouts.event_at,
        payouts.accounting_month,
        payouts.reports,
        payouts.lines,
        payouts.order_lines,
        payouts.paid_amount,
        coalesce(run_tolerances.tolerance, 0) as tolerance,
        case
            when abs(payouts.paid_amount - payouts.own_amount) <= coalesce(run_tolerances.tolerance, 0) then payouts.own_amount
            else payouts.all_amount
        end as lines_amount
    from payouts
    left join run_tolerances
        on run_tolerances.currency = payouts.currency
)

select
    payouts.entity,
    payouts.counterparty,
    payouts.currency,
    payouts.line_id,
    payouts.known_by,
    payouts.group_id,
    payouts.first_report,
    payouts.report_id,
    cast(payouts.reports as bigint) as reports,
    cast(payouts.lines as bigint) as lines,
    cast(payouts.lines_amount as decimal(38, 6)) as lines_amount,
    cast(payouts.paid_amount as decimal(38, 6)) as paid_amount,
    payouts.accounting_month,
    lines.batch_id,
    lines.source_line,
    case
        when coalesce(run_settlements.mode, '') = 'running' then 'running'
        when payouts.lines = 0 or (payouts.channel = 'apple' and payouts.order_lines = 0) then 'alone'
        when payouts.paid_amount = payouts.lines_amount then 'matched'
        when abs(payouts.paid_amount - payouts.lines_amount) <= payouts.tolerance then 'tolerated'
        when payouts.paid_amount < payouts.lines_amount then 'short'
        when payouts.event_at < days_after(run.first_start, coalesce(run_channels.due_days, 0)) then 'before_carat'
        else 'over'
    end as outcome
from judged as payouts
cross join run
inner join payout_lines as lines
    on lines.line_id = payouts.line_id
left join run_settlements
    on run_settlements.counterparty = payouts.counterparty
left join run_channels
    on run_channels.channel = payouts.channel
