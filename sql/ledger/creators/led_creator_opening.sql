-- One row is the diamonds that one creator held just before the period.
-- grain: creator_id, entity
-- The fed opening balance and everything booked in earlier months since.
with parts as (
    select subject_id as creator_id, entity, coalesce(diamonds, 0) as diamonds
    from led_opening_balance
    where subject_kind = 'creator'
    union all
    select
        creator_id,
        entity,
        cast(sum(case kind when 'gift' then diamonds else -diamonds end) as bigint) as diamonds
    from stg_gift_events
    cross join run
    where accounting_month < run.period and sent_at >= run.first_start and (capture is null or kind <> 'gift')
    group by creator_id, entity
    union all
    select
        led_live_gift.creator_id,
        led_live_gift.entity,
        led_live_gift.diamonds
    from led_live_gift
    cross join run
    where led_live_gift.accounting_month < run.period
    union all
    select creator_id, entity, diamonds
    from led_diamond_movement
    cross join run
    where accounting_month < run.period
)

select
    creator_id,
    entity,
    cast(sum(diamonds) as bigint) as diamonds
from parts
group by creator_id, entity
