-- One row is what one creator's gifts came to on one day, less reversals.
-- grain: creator_id, entity, currency, day
-- result: statement_days
-- order: creator_id, entity, currency, day
-- Days of the configured zone. Gifts of earlier months stand on their own day. Days sum to what the statement says was
-- earned.
with sums as (
    select
        led_rated_span.range_no,
        led_gift_day.entity_no,
        led_gift_day.event_day,
        sum(case when led_gift_day.is_gift then led_gift_day.gift_count else -led_gift_day.gift_count end) as gift_count,
        sum(case when led_gift_day.is_gift then led_gift_day.coins else -led_gift_day.coins end) as coins,
        cast(sum(case when led_gift_day.is_gift then led_gift_day.diamonds else -led_gift_day.diamonds end) as bigint) as diamonds
    from led_gift_day
    inner join led_rated_span
        on led_rated_span.span_no = led_gift_day.value_span_no
    group by led_rated_span.range_no, led_gift_day.entity_no, led_gift_day.event_day
)

select
    run.period,
    run.run_id,
    ranges.creator_id,
    led_entity.entity,
    ranges.currency,
    sums.event_day as day,
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
group by run.period, run.run_id, ranges.creator_id, led_entity.entity, ranges.currency, sums.event_day
