-- One row is the coins that came through one channel in one month, with what they carried then and what they carry at one end of the period.
-- grain: entity, channel, point, month
-- point is opening or closing. In the entity's own currency, at the rates of the purchases; null where one is missing. Coins that reversals
-- gave back as lots of their own count as left in the month in which they came back, sold for nothing. Promotions carry nothing and are
-- left out. Whole millionths.
with parts as (
    select
        entity,
        channel,
        functional_currency,
        accounting_month as month,
        coins as sold_coins,
        functional_value as sold_value,
        cast(0 as bigint) as opening_coins,
        cast(0 as decimal(38, 0)) as opening_value,
        cast(0 as bigint) as closing_coins,
        cast(0 as decimal(38, 0)) as closing_value
    from led_lot
    where channel <> 'promotion' and origin <> 'reversal'
    union all
    select
        entity,
        channel,
        functional_currency,
        accounting_month as month,
        cast(0 as bigint) as sold_coins,
        cast(0 as decimal(38, 0)) as sold_value,
        opening_coins,
        opening_functional_value as opening_value,
        closing_coins,
        closing_functional_value as closing_value
    from led_lot_balance
    where (opening_coins > 0 or closing_coins > 0) and channel <> 'promotion'
),

months as (
    select
        entity,
        channel,
        functional_currency,
        month,
        cast(sum(sold_coins) as bigint) as sold_coins,
        cast(known_sum(sold_value) as decimal(38, 0)) as sold_value,
        cast(sum(opening_coins) as bigint) as opening_coins,
        cast(known_sum(opening_value) as decimal(38, 0)) as opening_value,
        cast(sum(closing_coins) as bigint) as closing_coins,
        cast(known_sum(closing_value) as decimal(38, 0)) as closing_value
    from parts
    group by entity, channel, functional_currency, month
)

select
    months.entity,
    months.channel,
    months.functional_currency,
    'closing' as point,
    months.month,
    month_number(run.period) - month_number(months.month) as age_months,
    months.sold_coins,
    months.closing_coins as left_coins,
    months.sold_value,
    months.closing_value as left_value
from months
cross join run
where months.sold_coins > 0 or months.closing_coins > 0
union all
select
    months.entity,
    months.channel,
    months.functional_currency,
    'opening' as point,
    months.month,
    month_number(run.period) - 1 - month_number(months.month) as age_months,
    months.sold_coins,
    months.opening_coins as left_coins,
    months.sold_value,
    months.opening_value as left_value
from months
cross join run
where months.month < run.period and (months.sold_coins > 0 or months.opening_coins > 0)
