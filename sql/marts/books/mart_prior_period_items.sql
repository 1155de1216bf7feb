-- One row is a row of an earlier month that counts in this one only, because its own was closed when it came.
-- grain: kind, item_key, event_at
-- result: prior_period_items
-- order: kind, item_key, event_at, batch_id, source_line
-- Prior-period items are a report and no exceptions: what the period's numbers hold of months that were signed before. Rows
-- from before the first period are inside the opening balances and move nothing, so they are none. A rate, price or term of a
-- closed month that came after its lock stands here too (kind term): it changes nothing that was signed and counts from this
-- month on.
with items as (
    select
        'purchase' as kind, kind as sub_kind, purchase_id as item_key, entity, viewer_id as owner_id, purchased_at as event_at,
        coins + bonus_coins as quantity, 'coins' as unit, gross_amount as amount, currency, accounting_month, batch_id, source_line
    from stg_coin_purchases
    union all
    select
        'gift' as kind, gifts.kind as sub_kind, gifts.event_id as item_key, gifts.entity, gifts.creator_id as owner_id,
        gifts.sent_at as event_at, gifts.coins as quantity, 'coins' as unit, cast(null as decimal(18, 6)) as amount,
        cast(null as varchar) as currency, gifts.accounting_month, gifts.batch_id, gifts.source_line
    from stg_gift_events as gifts
    inner join led_gift_outside
        on led_gift_outside.batch_id = gifts.batch_id
        and led_gift_outside.source_line = gifts.source_line
    union all
    select
        'coin_adjustment' as kind, reason as sub_kind, adjustment_id as item_key, entity, viewer_id as owner_id,
        adjusted_at as event_at, coins as quantity, 'coins' as unit, cast(null as decimal(18, 6)) as amount,
        cast(null as varchar) as currency, accounting_month, batch_id, source_line
    from stg_coin_adjustments
    union all
    select
        'diamond_adjustment' as kind, reason as sub_kind, adjustment_id as item_key, entity, creator_id as owner_id,
        adjusted_at as event_at, diamonds as quantity, 'diamonds' as unit, cast(null as decimal(18, 6)) as amount,
        cast(null as varchar) as currency, accounting_month, batch_id, source_line
    from stg_diamond_adjustments
    union all
    select
        'payout' as kind, status as sub_kind, payout_id as item_key, entity, coalesce(creator_id, agency_id) as owner_id, event_at,
        case when agency_id is null then diamonds end as quantity, case when agency_id is null then 'diamonds' end as unit,
        gross_amount as amount, currency, accounting_month, batch_id, source_line
    from led_payout_event
    union all
    select
        'agency_adjustment' as kind, reason as sub_kind, adjustment_id as item_key, entity, agency_id as owner_id,
        adjusted_at as event_at, cast(null as bigint) as quantity, cast(null as varchar) as unit, amount, currency, accounting_month,
        batch_id, source_line
    from stg_agency_adjustments
),

late as (
    select
        items.kind, items.sub_kind, items.item_key, items.entity, items.owner_id, items.event_at, items.quantity, items.unit,
        items.amount, items.currency, items.batch_id, items.source_line
    from items
    cross join run
    where items.accounting_month = run.period
        and items.event_at < run.period_start
        and items.event_at >= run.first_start
    union all
    select
        'term' as kind, feed as sub_kind, item_key, run.default_entity as entity, owner_id, valid_from as event_at,
        cast(null as bigint) as quantity, cast(null as varchar) as unit, cast(null as decimal(18, 6)) as amount, currency,
        batch_id, source_line
    from stg_late_terms
    cross join run
    where known_from = run.period_start
)

select
    run.period,
    run.run_id,
    late.kind,
    late.sub_kind,
    late.item_key,
    late.entity,
    late.owner_id,
    late.event_at,
    local_month(late.event_at, run.time_zone) as event_month,
    cast(late.quantity as bigint) as quantity,
    late.unit,
    cast(late.amount as decimal(38, 6)) as amount,
    late.currency,
    late.batch_id,
    late.source_line
from late
cross join run
order by late.kind, late.item_key, late.event_at, late.batch_id, late.source_line
