-- One row is the coins that came through one channel in one month, with what they carried then and what they carry when the period ends.
-- grain: entity, channel, month
-- In the entity's own currency, at the rates of the purchases; null where one is missing. Coins that reversals gave back as lots of
-- their own count as left in the month in which they came back, sold for nothing. Promotions carry nothing and are left out. Whole millionths.
with parts as (
    select
        entity,
        channel,
        functional_currency,
        accounting_month as month,
        coins as sold_coins,
        cast(0 as bigint) as left_coins,
        functional_value as sold_value,
        cast(0 as decimal(38, 0)) as left_value
    from led_lot
    where channel <> 'promotion' and origin <> 'reversal'
    union all
    select
        entity,
        channel,
        functional_currency,
        accounting_month as month,
        cast(0 as bigint) as sold_coins,
        closing_coins as left_coins,
        cast(0 as decimal(38, 0)) as sold_value,
        closing_functional_value as left_value
    from led_lot_balance
    where closing_coins > 0 and channel <> 'promotion'
)

select
    parts.entity,
    parts.channel,
    parts.functional_currency,
    parts.month,
    month_number(min(run.period)) - month_number(parts.month) as age_months,
    cast(sum(parts.sold_coins) as bigint) as sold_coins,
    cast(sum(parts.left_coins) as bigint) as left_coins,
    cast(known_sum(parts.sold_value) as decimal(38, 0)) as sold_value,
    cast(known_sum(parts.left_value) as decimal(38, 0)) as left_value
from parts
cross join run
group by parts.entity, parts.channel, parts.functional_currency, parts.month
