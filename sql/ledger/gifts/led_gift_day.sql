-- One row is the gifts that one creator received on one day of one span, or their reversals.
-- grain: span_no, value_span_no, entity_no, event_day, is_gift, is_live
-- Days of the configured zone. event_day is the gift's own, whose exchange rate serves; day is the one on which it counts: a
-- late gift counts on the period's first day, one after the month on its last. Gifts from a
-- live recorder carry the diamonds that the rate in force gives. value_span_no is the span by whose rate the diamonds are
-- valued: a reversal's is its gift's. What is told of spans, rates, days and creators is summed
-- from here, so the gifts themselves are passed over once for all of it.
with recorded as (
    select
        span_no,
        value_span_no,
        entity_no,
        sent_day as event_day,
        is_gift,
        false as is_live,
        cast(sum(quantity) as bigint) as gift_count,
        cast(sum(coins) as bigint) as coins,
        cast(sum(diamonds) as bigint) as diamonds
    from led_gift
    where not is_live
    group by span_no, value_span_no, entity_no, sent_day, is_gift
),

live as (
    select
        led_rated_span.span_no,
        led_rated_span.span_no as value_span_no,
        led_entity.entity_no,
        led_quarter_day.day as event_day,
        true as is_gift,
        true as is_live,
        cast(sum(led_live_gift.quantity) as bigint) as gift_count,
        cast(sum(led_live_gift.coins) as bigint) as coins,
        cast(sum(led_live_gift.diamonds) as bigint) as diamonds
    from led_live_gift
    cross join run
    inner join led_rated_span
        on led_rated_span.creator_id = led_live_gift.creator_id
        and least(led_live_gift.sent_at, run.closing_instant) >= led_rated_span.range_from
        and least(led_live_gift.sent_at, run.closing_instant) < led_rated_span.range_to
    inner join led_entity
        on led_entity.entity = led_live_gift.entity
    inner join led_quarter_day
        on led_quarter_day.quarter = quarter_hour(led_live_gift.sent_at)
    where led_live_gift.accounting_month = run.period
    group by led_rated_span.span_no, led_entity.entity_no, led_quarter_day.day
),

both_kinds as (
    select span_no, value_span_no, entity_no, event_day, is_gift, is_live, gift_count, coins, diamonds
    from recorded
    union all
    select span_no, value_span_no, entity_no, event_day, is_gift, is_live, gift_count, coins, diamonds
    from live
),

-- telling a day of an instant is dear: once, not for every row
bounds as (
    select
        local_day(period_start, time_zone) as first_day,
        local_day(closing_instant, time_zone) as last_day
    from run
)

select
    both_kinds.span_no,
    both_kinds.value_span_no,
    both_kinds.entity_no,
    both_kinds.event_day,
    greatest(least(both_kinds.event_day, bounds.last_day), bounds.first_day) as day,
    both_kinds.is_gift,
    both_kinds.is_live,
    both_kinds.gift_count,
    both_kinds.coins,
    both_kinds.diamonds
from both_kinds
cross join bounds
