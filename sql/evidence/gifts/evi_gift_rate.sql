-- One row is the conversion rate in force for the gift's creator when it was sent.
-- grain: rate_key
-- subject: gift
-- heading: The conversion rate in force, and its dates
-- order: valid_from
-- The very range by which the gift was credited: the creator's own rate over the tier's, the region's and the default.
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
cross join run
inner join stg_gift_events as own
    on own.event_id = subject.subject_id
inner join led_creator_rate
    on led_creator_rate.creator_id = own.creator_id
    and led_creator_rate.rate_key = stg_conversion_rates.rate_key
    and least(own.sent_at, run.closing_instant) >= led_creator_rate.range_from
    and least(own.sent_at, run.closing_instant) < led_creator_rate.range_to
