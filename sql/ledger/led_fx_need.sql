-- One row is one day on which money of one currency must be told in another.
-- grain: base, quote, day
-- Purchases are carried in the entity's functional currency at the purchase day's rate, the creators' share at the gift
-- day's; a payout in another currency needs a rate on the day of its request.
with purchase_days as (
    select distinct
        stg_coin_purchases.currency as base,
        coalesce(run_entities.functional_currency, run.reporting_currency) as quote,
        local_day(stg_coin_purchases.purchased_at, run.time_zone) as day
    from stg_coin_purchases
    cross join run
    left join run_entities
        on run_entities.entity = stg_coin_purchases.entity
    where stg_coin_purchases.accounting_month = run.period
        and stg_coin_purchases.kind = 'purchase'
        and stg_coin_purchases.purchased_at >= run.first_start
        and stg_coin_purchases.currency <> coalesce(run_entities.functional_currency, run.reporting_currency)
),

foreign_ranges as (
    select
        range_no,
        currency
    from led_creator_rate
    where exists (
        select 1
        from run_entities
        where run_entities.functional_currency <> led_creator_rate.currency
    )
),

gift_quarters as (
    select distinct
        foreign_ranges.currency,
        led_gift.entity_no,
        quarter_hour(led_gift.sent_at) as quarter
    from led_gift
    inner join foreign_ranges
        on foreign_ranges.range_no = led_gift.range_no
),

gift_days as (
    select distinct
        gift_quarters.currency as base,
        coalesce(run_entities.functional_currency, run.reporting_currency) as quote,
        local_day(gift_quarters.quarter, run.time_zone) as day
    from gift_quarters
    cross join run
    inner join led_entity
        on led_entity.entity_no = gift_quarters.entity_no
    left join run_entities
        on run_entities.entity = led_entity.entity
    where gift_quarters.currency <> coalesce(run_entities.functional_currency, run.reporting_currency)
),

payout_days as (
    select distinct
        currency as base,
        payout_currency as quote,
        local_day(requested_at, run.time_zone) as day
    from stg_payouts
    cross join run
    where accounting_month = run.period
        and requested_at >= run.first_start
        and payout_currency is not null
        and payout_currency <> currency
)

select base, quote, day
from purchase_days
union
select base, quote, day
from gift_days
union
select base, quote, day
from payout_days
