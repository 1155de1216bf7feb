-- One row is one creator and one range of time in which one rate row wins without a change.
-- grain: creator_id, range_from
-- Neighbouring spans with the same winning row are one range here, so that a gift meets few of them.
with spans as (
    select
        led_creator_span.creator_id,
        led_creator_span.range_from,
        led_creator_span.range_to,
        led_rate_at.rate_key,
        led_rate_at.diamonds_per_coin,
        led_rate_at.rounding,
        case
            when lag(led_rate_at.rate_key) over (
                partition by led_creator_span.creator_id order by led_creator_span.range_from
            ) is not distinct from led_rate_at.rate_key then 0
            else 1
        end as begins
    from led_creator_span
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
),

numbered as (
    select
        creator_id,
        range_from,
        range_to,
        rate_key,
        diamonds_per_coin,
        rounding,
        cast(sum(begins) over (
            partition by creator_id
            order by range_from
            rows between unbounded preceding and current row
        ) as bigint) as range_no
    from spans
)

select
    creator_id,
    min(range_from) as range_from,
    max(range_to) as range_to,
    rate_key,
    diamonds_per_coin,
    rounding
from numbered
group by creator_id, range_no, rate_key, diamonds_per_coin, rounding
