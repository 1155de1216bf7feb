-- One row is a report that is paid out as it stands, without a line that says so.
-- grain: line_id, currency
-- Google's earnings report has no payout: what its lines add up to is paid in the month after. It counts a day after the end of the
-- month in which the report begins, since a report's months are those of its own time zone; a line that comes later stays open. Not of a
-- counterparty that ever tells of a payout. Its id is that of the report's first line; net_amount is signed as a payout line's is.
-- Lines are summed as they are read, and only a report's first are looked at by themselves: in order they would all be sorted.
with sums as (
    select
        entity,
        counterparty,
        report_id,
        currency,
        accounting_month,
        max(case when kind = 'payout' then 1 else 0 end) as payouts,
        min(case when kind not in ('carried', 'disbursement', 'transfer') then event_at end) as first_at,
        sum(case when kind not in ('carried', 'disbursement', 'transfer') then net_amount end) as net_amount
    from stg_settlement_lines
    cross join run
    where channel = 'google' and accounting_month <= run.period
    group by entity, counterparty, report_id, currency, accounting_month
),

payers as (
    select entity, counterparty
    from sums
    group by entity, counterparty
    having max(payouts) = 0
),

begun as (
    select
        sums.entity,
        sums.counterparty,
        sums.report_id,
        sums.currency,
        sums.accounting_month,
        sums.net_amount,
        min(sums.first_at) over (partition by sums.entity, sums.counterparty, sums.report_id) as report_first_at,
        min(sums.first_at) over (partition by sums.entity, sums.counterparty, sums.report_id, sums.currency) as first_at
    from sums
    inner join payers
        on payers.entity = sums.entity
        and payers.counterparty = sums.counterparty
),

dated as (
    select
        begun.entity,
        begun.counterparty,
        begun.report_id,
        begun.currency,
        begun.accounting_month,
        begun.net_amount,
        begun.first_at,
        days_after(coalesce(run_months.closing_instant, run.first_start), 1) as settled_at
    from begun
    cross join run
    left join run_months
        on run_months.accounting_month = local_month(begun.report_first_at, run.time_zone)
),

reports as (
    select
        dated.entity,
        dated.counterparty,
        dated.currency,
        dated.report_id,
        dated.first_at,
        cast(-sum(dated.net_amount) as decimal(18, 6)) as net_amount,
        dated.settled_at,
        local_month(dated.settled_at, run.time_zone) as accounting_month
    from dated
    cross join run
    where dated.settled_at < run.period_end and dated.accounting_month <= local_month(dated.settled_at, run.time_zone)
    group by
        dated.entity,
        dated.counterparty,
        dated.currency,
        dated.report_id,
        dated.first_at,
        dated.settled_at,
        local_month(dated.settled_at, run.time_zone)
),

-- of what a report begins with, in each currency, the line of the least id
firsts as (
    select
        lines.line_id,
        lines.entity,
        lines.counterparty,
        lines.currency,
        lines.report_id,
        lines.channel,
        lines.accounting_month,
        lines.batch_id,
        lines.source_line,
        row_number() over (
            partition by lines.entity, lines.counterparty, lines.report_id, lines.currency
            order by lines.line_id
        ) as place
    from stg_settlement_lines as lines
    cross join run
    inner join reports
        on reports.first_at = lines.event_at
        and reports.entity = lines.entity
        and reports.counterparty = lines.counterparty
        and reports.report_id = lines.report_id
        and reports.currency = lines.currency
    where lines.channel = 'google' and lines.accounting_month <= run.period and lines.kind not in ('carried', 'disbursement', 'transfer')
)

select
    firsts.line_id,
    reports.entity,
    firsts.channel,
    reports.counterparty,
    reports.currency,
    reports.report_id,
    reports.net_amount,
    reports.settled_at,
    reports.accounting_month,
    firsts.batch_id,
    firsts.source_line
from reports
inner join firsts
    on firsts.entity = reports.entity
    and firsts.counterparty = reports.counterparty
    and firsts.report_id = reports.report_id
    and firsts.currency = reports.currency
where firsts.place = 1 and firsts.accounting_month <= reports.accounting_month and reports.net_amount <> 0
