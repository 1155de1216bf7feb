-- One row is one span of a creator with the number of the terms on which its diamonds are paid.
-- grain: span_no
-- for: speed
-- Terms are few: currency, money per diamond, the agency's share of it. An agency's share counts only where there is an agency.
with spans as (
    select
        led_rated_span.span_no,
        led_rate_at.currency,
        led_rate_at.diamond_value,
        case when led_rate_at.agency_id is null then cast(0 as decimal(18, 9)) else led_rate_at.agency_share end as agency_share,
        led_rate_at.diamonds_per_coin,
        led_rate_at.rounding
    from led_rated_span
    inner join led_rate_at
        on led_rate_at.creator_id = led_rated_span.creator_id
        and led_rate_at.instant = led_rated_span.range_from
)

select
    span_no,
    cast(dense_rank() over (order by currency, diamond_value, agency_share) as integer) as term_no,
    currency,
    diamond_value,
    agency_share,
    diamonds_per_coin,
    rounding
from spans
