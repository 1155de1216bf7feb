-- One row is one creator and entity with the days on which their balance first and last moved, and on which they last asked to be paid.
-- grain: creator_id, entity
-- Gifts and their reversals, changes by hand and requests count, as far as they are booked by the period; what carat began with counts
-- from its start. Days are of the configured zone.
with moves as (
    select
        creator_id,
        entity,
        first_day,
        last_day,
        cast(null as date) as request_day
    from led_creator_opening
    union all
    select
        led_creator_span.creator_id,
        led_entity.entity,
        min(led_gift_day.event_day) as first_day,
        max(led_gift_day.event_day) as last_day,
        cast(null as date) as request_day
    from led_gift_day
    inner join led_entity
        on led_entity.entity_no = led_gift_day.entity_no
    inner join led_creator_span
        on led_creator_span.span_no = led_gift_day.span_no
    group by led_creator_span.creator_id, led_entity.entity
    union all
    select
        stg_diamond_adjustments.creator_id,
        stg_diamond_adjustments.entity,
        local_day(min(stg_diamond_adjustments.adjusted_at), min(run.time_zone)) as first_day,
        local_day(max(stg_diamond_adjustments.adjusted_at), max(run.time_zone)) as last_day,
        cast(null as date) as request_day
    from stg_diamond_adjustments
    cross join run
    where stg_diamond_adjustments.accounting_month <= run.period
    group by stg_diamond_adjustments.creator_id, stg_diamond_adjustments.entity
    union all
    select
        led_payout_version.creator_id,
        led_payout_version.entity,
        local_day(min(led_payout_version.requested_at), min(run.time_zone)) as first_day,
        local_day(max(led_payout_version.requested_at), max(run.time_zone)) as last_day,
        local_day(max(led_payout_version.requested_at), max(run.time_zone)) as request_day
    from led_payout_version
    cross join run
    where led_payout_version.version_no = 1
    group by led_payout_version.creator_id, led_payout_version.entity
)

select
    creator_id,
    entity,
    min(first_day) as first_day,
    max(last_day) as last_day,
    max(request_day) as request_day
from moves
where first_day is not null
group by creator_id, entity
