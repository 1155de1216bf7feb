-- One row is one creator and one range of time in which one rate row wins.
-- grain: range_no
-- Neighbouring spans with the same winning row are one range here, so that a gift meets few of them. The period's start
-- begins a new range, so that late gifts stay apart. A range is named by its first span.
with spans as (
    select
        led_creator_span.span_no,
        led_creator_span.creator_id,
        led_creator_span.range_from,
        led_creator_span.range_to,
        led_creator_span.range_from = run.period_start
        or lag(led_rate_at.rate_key) over (
            partition by led_creator_span.creator_id order by led_creator_span.range_from
        ) is distinct from led_rate_at.rate_key as begins
    from led_creator_span
    cross join run
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
),

numbered as (
    select
        creator_id,
        range_from,
        range_to,
        coalesce(
            max(case when begins then span_no end) over (
                partition by creator_id
                order by range_from
                rows between unbounded preceding and current row
            ),
            min(span_no) over (partition by creator_id)
        ) as range_no
    from spans
),

ranges as (
    select
        range_no,
        creator_id,
        min(range_from) as range_from,
        max(range_to) as range_to
    from numbered
    group by range_no, creator_id
)

select
    ranges.range_no,
    ranges.creator_id,
    ranges.range_from,
    ranges.range_to,
    ranges.range_to <= run.period_start as is_prior_period,
    led_rate_at.rate_key,
    led_rate_at.rate_from,
    led_rate_at.rate_until,
    led_rate_at.diamonds_per_coin,
    led_rate_at.diamond_value,
    led_rate_at.coin_value,
    led_rate_at.currency,
    led_rate_at.rounding
from ranges
cross join run
inner join led_rate_at
    on led_rate_at.creator_id = ranges.creator_id
    and led_rate_at.instant = ranges.range_from
