-- One row is the conversion rate that is the subject.
-- grain: rate_key
-- subject: rate
-- heading: The conversion rate, and its dates
-- order: rate_key
-- The platform's cut is judged per row of the rates.
select
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
cross join subject
where stg_conversion_rates.rate_key = subject.subject_id
