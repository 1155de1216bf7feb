-- One row is the gifts that one creator received on one day of one span, or their reversals.
-- grain: span_no, entity_no, event_day, is_gift, is_live
-- Days of the configured zone. event_day is the gift's own, whose exchange rate serves; day is the one on which it counts: a
-- late gift counts on the period's first day, one after the month on its last. Gifts from a
-- live recorder carry the diamonds that the rate in force gives. A day is made of quarters of an hour in every zone, and
-- there are few: the calendar is asked once for each.
with moments as (
    select distinct quarter_hour(sent_at) as quarter
    from led_gift
),

days as (
    select
        moments.quarter,
        local_day(moments.quarter, run.time_zone) as event_day
    from moments
    cross join run
),

recorded as (
    select
        led_gift.span_no,
        led_gift.entity_no,
        days.event_day,
        led_gift.is_gift,
        false as is_live,
        cast(sum(led_gift.coins) as bigint) as coins,
        cast(sum(led_gift.diamonds) as bigint) as diamonds
    from led_gift
    inner join days
        on days.quarter = quarter_hour(led_gift.sent_at)
    where not led_gift.is_live
    group by led_gift.span_no, led_gift.entity_no, days.event_day, led_gift.is_gift
),

live as (
    select
        led_rated_span.span_no,
        led_entity.entity_no,
        days.event_day,
        true as is_gift,
        true as is_live,
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
    inner join days
        on days.quarter = quarter_hour(led_live_gift.sent_at)
    where led_live_gift.accounting_month = run.period
    group by led_rated_span.span_no, led_entity.entity_no, days.event_day
),

both_kinds as (
    select span_no, entity_no, event_day, is_gift, is_live, coins, diamonds
    from recorded
    union all
    select span_no, entity_no, event_day, is_gift, is_live, coins, diamonds
    from live
)

select
    both_kinds.span_no,
    both_kinds.entity_no,
    both_kinds.event_day,
    greatest(
        least(both_kinds.event_day, local_day(run.closing_instant, run.time_zone)), local_day(run.period_start, run.time_zone)
    ) as day,
    both_kinds.is_gift,
    both_kinds.is_live,
    both_kinds.coins,
    both_kinds.diamonds
from both_kinds
cross join run
