-- One row is the diamonds that one creator held just before the period.
-- grain: creator_id, entity
-- The fed opening balance and everything booked in earlier months since. first_day and last_day are those of the gifts among it, and of
-- what carat began with; the gifts are passed over once for both. Of a run that is carried forward it is what the closed month closed with, and the days are
-- those of all its movements.
with parts as (
    select
        led_opening_balance.subject_id as creator_id,
        led_opening_balance.entity,
        coalesce(led_opening_balance.diamonds, 0) as diamonds,
        run.first_start as first_at,
        run.first_start as last_at
    from led_opening_balance
    cross join run
    where subject_kind = 'creator' and not run.carries
    union all
    select
        creator_id,
        entity,
        cast(sum(case kind when 'gift' then diamonds else -diamonds end) as bigint) as diamonds,
        min(sent_at) as first_at,
        max(sent_at) as last_at
    from stg_gift_events
    cross join run
    where not run.carries and accounting_month < run.period and sent_at >= run.first_start and (capture is null or kind <> 'gift')
    group by creator_id, entity
    union all
    select
        led_live_gift.creator_id,
        led_live_gift.entity,
        led_live_gift.diamonds,
        led_live_gift.sent_at as first_at,
        led_live_gift.sent_at as last_at
    from led_live_gift
    cross join run
    where led_live_gift.accounting_month < run.period and not run.carries
    union all
    select
        creator_id,
        entity,
        diamonds,
        cast(null as timestamp with time zone) as first_at,
        cast(null as timestamp with time zone) as last_at
    from led_diamond_movement
    cross join run
    where accounting_month < run.period and not run.carries
)

select
    parts.creator_id,
    parts.entity,
    cast(sum(parts.diamonds) as bigint) as diamonds,
    local_day(min(parts.first_at), min(run.time_zone)) as first_day,
    local_day(max(parts.last_at), min(run.time_zone)) as last_day
from parts
cross join run
group by parts.creator_id, parts.entity
union all
select
    payee_id as creator_id,
    entity,
    diamonds,
    first_day,
    last_day
from closed_payee_balances
cross join run
where run.carries and payee_kind = 'creator'
