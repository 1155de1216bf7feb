-- One row is one way in which coins became diamonds in the month: a rate, the coins and the diamonds of gifts that used it.
-- grain: rate_key, coins, diamonds
-- Gifts repeat a few thousand ways, so each way is judged once, not each gift. Without a rate nothing is expected.
with ways as (
    select distinct
        rate_no,
        coins,
        diamonds
    from led_gift_way
    where not is_live
),

rates as (
    select distinct
        led_rated_span.rate_no,
        led_creator_rate.rate_key,
        led_creator_rate.diamonds_per_coin,
        led_creator_rate.rounding
    from led_rated_span
    inner join led_creator_rate
        on led_creator_rate.range_no = led_rated_span.range_no
)

select
    rates.rate_key,
    rates.diamonds_per_coin,
    rates.rounding,
    ways.coins,
    ways.diamonds,
    case
        when rates.rate_key is null then cast(0 as bigint)
        else round_whole(ways.coins * rates.diamonds_per_coin, rates.rounding)
    end as expected_diamonds
from ways
inner join rates
    on rates.rate_no = ways.rate_no
