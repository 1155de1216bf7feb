-- One row is a report that is paid out as it stands, without a line that says so.
-- grain: line_id, currency
-- Google's earnings report has no payout: what its lines add up to is paid in the month after. It counts a day after the end of the
-- month in which the report begins, since a report's months are those of its own time zone; a line that comes later stays open. Not of a
-- counterparty that ever tells of a payout. Its id is that of the report's first line; net_amount is signed as a payout line's is.
with payers as (
    select entity, counterparty
    from stg_settlement_lines
    cross join run
    where channel = 'google' and accounting_month <= run.period
    group by entity, counterparty
    having max(case when kind = 'payout' then 1 else 0 end) = 0
),

lines as (
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
        lines.batch_id,
        lines.source_line,
        min(lines.event_at) over (partition by lines.entity, lines.counterparty, lines.report_id) as first_at,
        row_number() over (
            partition by lines.entity, lines.counterparty, lines.report_id, lines.currency
            order by lines.event_at, lines.line_id
        ) as place
    from stg_settlement_lines as lines
    cross join run
    inner join payers
        on payers.entity = lines.entity
        and payers.counterparty = lines.counterparty
    where lines.channel = 'google' and lines.accounting_month <= run.period and lines.kind not in ('carried', 'disbursement', 'transfer')
),

dated as (
    select
        lines.line_id,
        lines.entity,
        lines.channel,
        lines.counterparty,
        lines.currency,
        lines.report_id,
        lines.net_amount,
        lines.accounting_month,
        lines.batch_id,
        lines.source_line,
        lines.place,
        days_after(coalesce(run_months.closing_instant, run.first_start), 1) as settled_at
    from lines
    cross join run
    left join run_months
        on run_months.accounting_month = local_month(lines.first_at, run.time_zone)
),

reports as (
    select
        max(case when dated.place = 1 then dated.line_id end) as line_id,
        dated.entity,
        max(dated.channel) as channel,
        dated.counterparty,
        dated.currency,
        dated.report_id,
        cast(-sum(dated.net_amount) as decimal(18, 6)) as net_amount,
        dated.settled_at,
        local_month(dated.settled_at, run.time_zone) as accounting_month,
        max(case when dated.place = 1 then dated.batch_id end) as batch_id,
        max(case when dated.place = 1 then dated.source_line end) as source_line
    from dated
    cross join run
    where dated.settled_at < run.period_end and dated.accounting_month <= local_month(dated.settled_at, run.time_zone)
    group by dated.entity, dated.counterparty, dated.currency, dated.report_id, dated.settled_at, local_month(dated.settled_at, run.time_zone)
)

select line_id, entity, channel, counterparty, currency, report_id, net_amount, settled_at, accounting_month, batch_id, source_line
from reports
where net_amount <> 0 and line_id is not null
