-- One row is one functional currency and the rates at which its books are told in the reporting currency.
-- grain: currency
-- opening_rate is that of the day with which the month opens (where carat begins, of its first day), closing_rate that of the month's
-- last day, mean_rate the mean of each calendar day's rate in force, half to even at nine decimals. A mean of which a day isn't known is
-- null: no day is left out. 1 where the two are one currency.
with currencies as (
    select distinct functional_currency as currency
    from run_entities
    union
    select reporting_currency as currency
    from run
),

days as (
    select
        local_day(run.closing_instant, run.time_zone) as closing_day,
        local_day(
            case when run.period = run.first_period then run.period_start else run.opening_instant end, run.time_zone
        ) as opening_day
    from run
),

rated_days as (
    select
        currencies.currency,
        run_days.day,
        case when currencies.currency = run.reporting_currency then cast(1 as decimal(18, 9)) else led_fx_rate.rate end as rate
    from currencies
    cross join run
    cross join run_days
    left join led_fx_rate
        on led_fx_rate.base = currencies.currency
        and led_fx_rate.quote = run.reporting_currency
        and led_fx_rate.day = run_days.day
),

means as (
    select
        currency,
        case
            when count(*) = count(rate)
                then from_billionths(divide_half_even(sum(billionths(coalesce(rate, 0))), count(*)))
        end as mean_rate
    from rated_days
    group by currency
)

select
    currencies.currency,
    case when currencies.currency = run.reporting_currency then cast(1 as decimal(18, 9)) else opening.rate end as opening_rate,
    case when currencies.currency = run.reporting_currency then cast(1 as decimal(18, 9)) else closing.rate end as closing_rate,
    cast(means.mean_rate as decimal(18, 9)) as mean_rate
from currencies
cross join run
cross join days
left join means
    on means.currency = currencies.currency
left join led_fx_rate as opening
    on opening.base = currencies.currency
    and opening.quote = run.reporting_currency
    and opening.day = days.opening_day
left join led_fx_rate as closing
    on closing.base = currencies.currency
    and closing.quote = run.reporting_currency
    and closing.day = days.closing_day
