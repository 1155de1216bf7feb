-- One row is what one creator's gifts came to on one day, less reversals.
-- grain: creator_id, entity, currency, day
-- Days of the configured zone. Gifts of earlier months stand on their own day. Days sum to what the statement says was
-- earned.
-- result: statement_days
-- order: creator_id, entity, currency, day
with credits as (
    select
        range_no,
        entity_no,
        quarter_hour(sent_at) as quarter,
        case when is_gift then quantity else -quantity end as quantity,
        case when is_gift then coins else -coins end as coins,
        case when is_gift then diamonds else -diamonds end as diamonds
    from led_gift
    where not is_live
    union all
    select
        led_rated_span.range_no,
        led_entity.entity_no,
        quarter_hour(led_live_gift.sent_at) as quarter,
        led_live_gift.quantity,
        led_live_gift.coins,
        led_live_gift.diamonds
    from led_live_gift
    cross join run
    inner join led_rated_span
        on led_rated_span.creator_id = led_live_gift.creator_id
        and least(led_live_gift.sent_at, run.closing_instant) >= led_rated_span.range_from
        and least(led_live_gift.sent_at, run.closing_instant) < led_rated_span.range_to
    inner join led_entity
        on led_entity.entity = led_live_gift.entity
    where led_live_gift.accounting_month = run.period
),

quarters as (
    select distinct quarter
    from credits
),

days as (
    select
        quarters.quarter,
        local_day(quarters.quarter, run.time_zone) as day
    from quarters
    cross join run
),

sums as (
    select
        credits.range_no,
        credits.entity_no,
        days.day,
        cast(sum(credits.quantity) as bigint) as gift_count,
        cast(sum(credits.coins) as bigint) as coins,
        cast(sum(credits.diamonds) as bigint) as diamonds
    from credits
    inner join days
        on days.quarter = credits.quarter
    group by credits.range_no, credits.entity_no, days.day
)

select
    run.period,
    run.run_id,
    ranges.creator_id,
    led_entity.entity,
    ranges.currency,
    sums.day,
    cast(sum(sums.gift_count) as bigint) as gift_count,
    cast(sum(sums.coins) as bigint) as coins,
    cast(sum(sums.diamonds) as bigint) as diamonds,
    cast(sum(cast(sums.diamonds * ranges.diamond_value as decimal(38, 9))) as decimal(38, 6)) as amount
from sums
cross join run
inner join led_creator_rate as ranges
    on ranges.range_no = sums.range_no
inner join led_entity
    on led_entity.entity_no = sums.entity_no
group by run.period, run.run_id, ranges.creator_id, led_entity.entity, ranges.currency, sums.day
