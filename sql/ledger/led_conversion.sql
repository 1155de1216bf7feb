-- One row is one way in which coins became diamonds in the month: a rate, the coins and the diamonds of gifts that used it.
-- grain: rate_key, coins, diamonds
-- Gifts repeat a few thousand ways, so each way is judged once, not each gift. Without a rate nothing is expected.
with ways as (
    select distinct
        rates.rate_key,
        rates.diamonds_per_coin,
        rates.rounding,
        gifts.coins,
        gifts.diamonds
    from stg_gift_events as gifts
    cross join run
    inner join led_creator_rate as rates
        on rates.creator_id = gifts.creator_id
        and least(gifts.sent_at, run.closing_instant) >= rates.range_from
        and least(gifts.sent_at, run.closing_instant) < rates.range_to
    where gifts.accounting_month = run.period
        and gifts.sent_at >= run.first_start
        and gifts.kind = 'gift'
        and gifts.capture is null
)

select
    rate_key,
    diamonds_per_coin,
    rounding,
    coins,
    diamonds,
    case when rate_key is null then cast(0 as bigint) else round_whole(coins * diamonds_per_coin, rounding) end as expected_diamonds
from ways
