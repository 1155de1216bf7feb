-- One row is one way in which coins became other diamonds than the rate in force gives, or became any without a rate.
-- grain: rate_key, coins, diamonds
select
    rate_key,
    diamonds_per_coin,
    rounding,
    coins,
    diamonds,
    expected_diamonds
from led_conversion
where rate_key is null or diamonds <> expected_diamonds
