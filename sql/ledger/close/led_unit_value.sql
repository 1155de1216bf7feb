-- One row is one unit in which exceptions are told, and what one of it is worth in reporting currency when the month ends.
-- grain: unit
-- Exposure is the same for every control: the difference without its sign, coins at the list price of a coin and diamonds at the
-- default rate in force at the month's end, at the closing rate. `value` is money of `currency` per unit, `rate` reporting currency
-- per unit of that. A unit without a row can't be measured: days, rows and rates are not worth money, and without an exchange rate
-- or a default conversion rate nobody knows.
with closing as (
    select
        run.reporting_currency,
        run.closing_instant,
        local_day(run.closing_instant, run.time_zone) as day
    from run
),

rates as (
    select
        closing.reporting_currency as currency,
        cast(1 as decimal(18, 9)) as rate
    from closing
    union all
    select
        led_fx_rate.base as currency,
        led_fx_rate.rate
    from closing
    inner join led_fx_rate
        on led_fx_rate.quote = closing.reporting_currency
        and led_fx_rate.day = closing.day
    where led_fx_rate.rate is not null and led_fx_rate.base <> closing.reporting_currency
),

conversion as (
    select
        stg_conversion_rates.currency,
        stg_conversion_rates.coin_value,
        stg_conversion_rates.diamond_value
    from closing
    inner join stg_conversion_rates
        on stg_conversion_rates.scope = 'default'
        and stg_conversion_rates.scope_id is null
        and closing.closing_instant >= stg_conversion_rates.valid_from
        and closing.closing_instant < stg_conversion_rates.valid_until
),

units as (
    select
        currency as unit,
        currency,
        cast(1 as decimal(18, 9)) as value
    from rates
    union all
    select
        'coins' as unit,
        currency,
        coin_value as value
    from conversion
    union all
    select
        'diamonds' as unit,
        currency,
        diamond_value as value
    from conversion
)

select
    units.unit,
    units.currency,
    cast(units.value as decimal(18, 9)) as value,
    rates.rate
from units
inner join rates
    on rates.currency = units.currency
where units.value is not null
