-- One row is what happened on one day: gifts, or one kind of coin movement by channel.
-- grain: entity, day, event, channel
-- result: daily_volumes
-- order: entity, day, event, channel, currency
-- Days of the configured zone, rows of this accounting month. Gifts are less reversals and carry no money here. Coins of
-- purchases hold the bonus; amounts are gross.
with gifts as (
    select
        entity,
        day,
        cast(sum(gift_count) as bigint) as event_count,
        cast(sum(coins) as bigint) as coins,
        cast(sum(diamonds) as bigint) as diamonds
    from mart_statement_days
    group by entity, day
),

purchases as (
    select
        stg_coin_purchases.entity,
        led_quarter_day.day,
        stg_coin_purchases.kind as event,
        stg_coin_purchases.channel,
        stg_coin_purchases.currency,
        count(*) as event_count,
        cast(sum(stg_coin_purchases.coins + stg_coin_purchases.bonus_coins) as bigint) as coins,
        cast(sum(stg_coin_purchases.gross_amount) as decimal(38, 6)) as amount
    from stg_coin_purchases
    cross join run
    inner join led_quarter_day
        on led_quarter_day.quarter = quarter_hour(stg_coin_purchases.purchased_at)
    where stg_coin_purchases.accounting_month = run.period and stg_coin_purchases.purchased_at >= run.first_start
    group by
        stg_coin_purchases.entity,
        led_quarter_day.day,
        stg_coin_purchases.kind,
        stg_coin_purchases.channel,
        stg_coin_purchases.currency
),

volumes as (
    select
        entity,
        day,
        'gift' as event,
        cast(null as varchar) as channel,
        cast(null as varchar) as currency,
        event_count,
        coins,
        diamonds,
        cast(null as decimal(38, 6)) as amount
    from gifts
    union all
    select
        entity,
        day,
        event,
        channel,
        currency,
        event_count,
        coins,
        cast(null as bigint) as diamonds,
        amount
    from purchases
)

select
    run.period,
    run.run_id,
    volumes.entity,
    volumes.day,
    volumes.event,
    volumes.channel,
    volumes.currency,
    volumes.event_count,
    volumes.coins,
    volumes.diamonds,
    volumes.amount
from volumes
cross join run
