-- One row is one open item of a receivable or a reserve at the period's end.
-- grain: entity, role, counterparty, currency, stage, item
-- Stages: opening (what is left of the fed one), unsettled (a day's orders that no line stands for yet; those being converted as one),
-- settled (what a report leaves unpaid: payouts, fees and what else takes away pay the oldest reports first), overpaid (what was paid or
-- taken beyond all of them), reserve. They come to the closing of the roll-forward. since is the day from which the item ages.
with reports as (
    select
        entity,
        channel,
        receivable_role,
        counterparty,
        currency,
        report_id,
        sum(net_amount) as amount,
        min(first_at) as first_at
    from led_settled_day
    where part <> 'before' and kind not in ('carried', 'payout', 'disbursement', 'transfer')
    group by entity, channel, receivable_role, counterparty, currency, report_id
),

taken as (
    select entity, receivable_role, counterparty, currency, sum(amount) as amount
    from (
        select entity, receivable_role, counterparty, currency, -amount as amount
        from reports
        where amount < 0
        union all
        select entity, receivable_role, counterparty, currency, -net_amount
        from led_settled_day
        where part <> 'before' and kind in ('payout', 'disbursement', 'transfer')
    ) as takings
    group by entity, receivable_role, counterparty, currency
),

ranked as (
    select
        reports.entity,
        reports.channel,
        reports.receivable_role,
        reports.counterparty,
        reports.currency,
        reports.report_id,
        reports.first_at,
        reports.amount,
        sum(reports.amount) over (
            partition by reports.entity, reports.receivable_role, reports.counterparty, reports.currency
            order by reports.first_at, reports.report_id, reports.channel
            rows between unbounded preceding and current row
        ) as amount_so_far
    from reports
    where reports.amount > 0
),

lefts as (
    select
        ranked.entity,
        ranked.channel,
        ranked.receivable_role,
        ranked.counterparty,
        ranked.currency,
        ranked.report_id,
        ranked.first_at,
        greatest(least(ranked.amount, ranked.amount_so_far - coalesce(taken.amount, 0)), 0) as amount
    from ranked
    left join taken
        on taken.entity = ranked.entity
        and taken.receivable_role = ranked.receivable_role
        and taken.counterparty = ranked.counterparty
        and taken.currency = ranked.currency
),

totals as (
    select entity, receivable_role, counterparty, currency, sum(amount) as amount
    from (
        select entity, receivable_role, counterparty, currency, amount
        from ranked
        union all
        select entity, receivable_role, counterparty, currency, -amount
        from taken
    ) as sides
    group by entity, receivable_role, counterparty, currency
),

older as (
    select entity, receivable_role as role, counterparty, currency, opening_item as amount
    from led_receivable_balance
    where has_opening
),

items as (
    select
        older.entity,
        older.role,
        older.counterparty,
        older.currency,
        'opening' as stage,
        'opening' as item,
        older.amount,
        local_day(run.first_start, run.time_zone) as since,
        cast(null as timestamp with time zone) as due_at
    from older
    cross join run
    union all
    select
        entity,
        case
            when channel in ('apple', 'google') then 'store_receivable'
            when channel = 'reseller' then 'reseller_receivable'
            else 'provider_receivable'
        end,
        counterparty,
        currency,
        'unsettled',
        case when is_converted then 'orders being converted' else 'orders of ' || iso_day(day) end,
        sum(amount),
        min(day),
        min(due_at)
    from led_receivable_unsettled
    group by entity, channel, counterparty, currency, is_converted, day
    union all
    select
        lefts.entity,
        lefts.receivable_role,
        lefts.counterparty,
        lefts.currency,
        'settled',
        'report ' || lefts.report_id,
        sum(lefts.amount),
        min(local_day(lefts.first_at, run.time_zone)),
        min(days_after(lefts.first_at, coalesce(run_channels.due_days, 0)))
    from lefts
    cross join run
    left join run_channels
        on run_channels.channel = lefts.channel
    group by lefts.entity, lefts.receivable_role, lefts.counterparty, lefts.currency, lefts.report_id
    union all
    select entity, receivable_role, counterparty, currency, 'overpaid', 'overpaid', amount, cast(null as date), cast(null as timestamp with time zone)
    from totals
    where amount < 0
    union all
    select
        entity, role, counterparty, currency, 'reserve', 'reserve', amount, cast(null as date), cast(null as timestamp with time zone)
    from led_receivable_rollforward
    where identity = 'reserve' and line = 'closing'
)

select
    entity,
    role,
    counterparty,
    currency,
    stage,
    item,
    since,
    due_at,
    cast(sum(amount) as decimal(38, 6)) as amount
from items
where amount <> 0
group by entity, role, counterparty, currency, stage, item, since, due_at
