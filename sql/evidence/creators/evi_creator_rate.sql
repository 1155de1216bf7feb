-- One row is a conversion rate that was in force for the creator in the month.
-- grain: rate_key
-- subject: creator
-- heading: The conversion rates in force, and their dates
-- order: valid_from, rate_key
-- The creator's own rate wins over the tier's, the region's and the default; only winners are shown.
with winners as (
    select distinct led_creator_rate.rate_key
    from led_creator_rate
    cross join subject
    where led_creator_rate.creator_id = subject.subject_id
        and not led_creator_rate.is_prior_period
)

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
inner join winners
    on winners.rate_key = stg_conversion_rates.rate_key
