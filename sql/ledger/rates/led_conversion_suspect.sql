-- One row is a number of coins and of diamonds that some gift of the month may have been converted between at another rate.
-- grain: coins, diamonds
-- for: speed
-- Gifts repeat a few thousand combinations of rate, coins and diamonds: the rule of control gift_conversion is asked here once
-- for each of them. The control judges each gift of those that are left by itself.
with groups_of_gifts as (
    select distinct
        rate_no,
        coins,
        diamonds
    from led_gift_group
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

select distinct
    groups_of_gifts.coins,
    groups_of_gifts.diamonds
from groups_of_gifts
inner join rates
    on rates.rate_no = groups_of_gifts.rate_no
where rates.rate_key is null
    or groups_of_gifts.diamonds <> round_whole(groups_of_gifts.coins * rates.diamonds_per_coin, rates.rounding)
