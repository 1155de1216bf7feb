-- One row is what one creator's gifts came to at one rate, less reversals.
-- grain: creator_id, entity, currency, rate_from, diamonds_per_coin, rate
-- materialized: view
-- result: statement_rates
-- order: creator_id, entity, currency, rate_from, rate_to, diamonds_per_coin, rate
select
    run.period,
    run.run_id,
    led_gift_earning.creator_id,
    led_gift_earning.entity,
    led_gift_earning.currency,
    led_gift_earning.rate_from,
    led_gift_earning.rate_until as rate_to,
    led_gift_earning.diamonds_per_coin,
    led_gift_earning.diamond_value as rate,
    cast(sum(led_gift_earning.coins) as bigint) as coins,
    cast(sum(led_gift_earning.diamonds) as bigint) as diamonds,
    cast(sum(led_gift_earning.amount) as decimal(38, 6)) as amount
from led_gift_earning
cross join run
group by
    run.period,
    run.run_id,
    led_gift_earning.creator_id,
    led_gift_earning.entity,
    led_gift_earning.currency,
    led_gift_earning.rate_from,
    led_gift_earning.rate_until,
    led_gift_earning.diamonds_per_coin,
    led_gift_earning.diamond_value
