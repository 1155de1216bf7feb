-- One row is an exchange rate that a person decided, because none was published, and by which the run told amounts.
-- grain: base, quote, day
-- result: decided_rates
-- order: base, quote, day
-- The rate that a decision `rate` of the exception gives: units of quote per unit of base on that day, whose it is, why and by whom.
-- It serves until a fresh rate is published before the month is closed; a closed month keeps it for ever.
with used as (
    select led_fx_need.base, led_fx_need.quote, led_fx_need.day
    from led_fx_need
    inner join led_fx_rate
        on led_fx_rate.base = led_fx_need.base
        and led_fx_rate.quote = led_fx_need.quote
        and led_fx_rate.day = led_fx_need.day
    where led_fx_rate.method = 'decided'
    union
    select led_fx_need.quote as base, led_fx_need.base as quote, led_fx_need.day
    from led_fx_need
    inner join led_fx_rate
        on led_fx_rate.base = led_fx_need.base
        and led_fx_rate.quote = led_fx_need.quote
        and led_fx_rate.day = led_fx_need.day
    where led_fx_rate.method = 'decided inverse'
)

select
    run.period,
    run.run_id,
    run_decided_rates.base,
    run_decided_rates.quote,
    run_decided_rates.day,
    run_decided_rates.rate,
    run_decided_rates.source,
    run_decided_rates.reason,
    run_decided_rates.decided_by,
    run_decided_rates.decided_in,
    run_decided_rates.exception_id
from run_decided_rates
cross join run
inner join used
    on used.base = run_decided_rates.base
    and used.quote = run_decided_rates.quote
    and used.day = run_decided_rates.day
