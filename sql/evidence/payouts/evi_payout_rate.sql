-- One row is the conversion rate in force for the payout's creator at the request.
-- grain: rate_key, requested_at
-- subject: payout
-- heading: The conversion rate in force at the request, and its dates
-- order: requested_at, valid_from
-- Diamonds are worth what the rate at the request says, whenever they are paid.
with requests as (
    select distinct
        stg_payouts.creator_id,
        stg_payouts.requested_at
    from stg_payouts
    cross join subject
    where stg_payouts.payout_id = subject.subject_id
)

select
    requests.requested_at,
    stg_conversion_rates.rate_key,
    stg_conversion_rates.valid_from,
    case
        when stg_conversion_rates.valid_until < timestamp with time zone '9999-12-31 00:00:00+00:00' then iso_instant(stg_conversion_rates.valid_until)
        else 'open'
    end as in_force_until,
    stg_conversion_rates.diamonds_per_coin,
    stg_conversion_rates.diamond_value,
    stg_conversion_rates.coin_value,
    stg_conversion_rates.platform_share,
    stg_conversion_rates.currency,
    stg_conversion_rates.rounding,
    stg_conversion_rates.batch_id,
    stg_conversion_rates.source_line
from stg_conversion_rates
inner join led_rate_at
    on led_rate_at.rate_key = stg_conversion_rates.rate_key
inner join requests
    on requests.creator_id = led_rate_at.creator_id
    and requests.requested_at = led_rate_at.instant
