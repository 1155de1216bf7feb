-- One row is one payout in another currency whose own exchange rate became known in the period, beside the published one of that day.
-- grain: payout_id
-- The last version of the month that brings a rate; the day is that of its event, for a request that of the request. difference is what
-- the payout's rate gives more than the published one, in the currency that is paid out; relative is the distance of the rates as a
-- part of the published one. Where none is published nothing is compared; control fx_rate names a day that needs one.
with told as (
    select
        led_payout_version.payout_id,
        led_payout_version.version_no,
        led_payout_version.entity,
        led_payout_version.currency,
        led_payout_version.payout_currency,
        led_payout_version.net_amount,
        led_payout_version.fx_rate,
        local_day(led_payout_version.event_at, run.time_zone) as day,
        led_payout_version.accounting_month,
        led_payout_version.batch_id,
        led_payout_version.source_line,
        lag(led_payout_version.fx_rate) over (partition by led_payout_version.payout_id order by led_payout_version.version_no) as rate_before
    from led_payout_version
    cross join run
    where led_payout_version.payout_currency is not null
        and led_payout_version.payout_currency <> led_payout_version.currency
        and led_payout_version.fx_rate is not null
),

ranked as (
    select
        told.payout_id,
        told.entity,
        told.currency,
        told.payout_currency,
        told.net_amount,
        told.fx_rate,
        told.day,
        told.batch_id,
        told.source_line,
        row_number() over (partition by told.payout_id order by told.version_no desc) as latest
    from told
    cross join run
    where told.accounting_month = run.period and (told.rate_before is null or told.rate_before <> told.fx_rate)
),

beside as (
    select
        ranked.payout_id,
        ranked.entity,
        ranked.currency,
        ranked.payout_currency,
        ranked.net_amount,
        ranked.fx_rate,
        ranked.day,
        ranked.batch_id,
        ranked.source_line,
        led_fx_rate.rate as published_rate,
        led_fx_rate.rate_day,
        coalesce(run_currencies.minor_digits, 2) as minor_digits
    from ranked
    left join led_fx_rate
        on led_fx_rate.base = ranked.currency
        and led_fx_rate.quote = ranked.payout_currency
        and led_fx_rate.day = ranked.day
        and led_fx_rate.rate > 0
    left join run_currencies
        on run_currencies.currency = ranked.payout_currency
    where ranked.latest = 1
)

select
    payout_id,
    entity,
    currency,
    payout_currency,
    net_amount,
    fx_rate,
    day,
    published_rate,
    rate_day,
    half_up_minor(bounded_at_rate(net_amount, published_rate), minor_digits) as published_amount,
    half_up_minor(bounded_at_rate(net_amount, fx_rate), minor_digits) as own_amount,
    cast(
        cast(divide_half_even(billionths(abs(fx_rate - published_rate)) * 1000000000, billionths(published_rate)) as decimal(38, 0))
        * cast(0.000000001 as decimal(10, 9))
        as decimal(38, 9)
    ) as relative,
    batch_id,
    source_line
from beside
