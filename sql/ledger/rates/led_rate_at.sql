-- One row is one creator and one instant with the rate row that wins there and the creator's terms.
-- grain: creator_id, instant
-- A creator's own rate wins over its tier's, that over its region's, that over the default; the winning row is used whole.
-- An agency's share counts only where there is an agency. Where none is in force the value is zero and control gift_conversion says so.
with terms as (
    select
        led_rate_point.creator_id,
        led_rate_point.instant,
        stg_creators.country,
        stg_creators.region,
        stg_creators.tier,
        stg_creators.agency_id,
        stg_creators.agency_share,
        stg_creators.currency,
        stg_creators.payout_method,
        stg_creators.withholding_rate
    from led_rate_point
    left join stg_creators
        on stg_creators.creator_id = led_rate_point.creator_id
        and led_rate_point.instant >= stg_creators.valid_from
        and led_rate_point.instant < stg_creators.valid_until
),

winners as (
    select
        terms.creator_id,
        terms.instant,
        terms.country,
        terms.region,
        terms.tier,
        terms.agency_id,
        terms.agency_share,
        terms.currency,
        terms.payout_method,
        terms.withholding_rate,
        coalesce(by_creator.rate_key, by_tier.rate_key, by_region.rate_key, by_default.rate_key) as rate_key
    from terms
    left join stg_conversion_rates as by_creator
        on by_creator.scope = 'creator'
        and by_creator.scope_id = terms.creator_id
        and terms.instant >= by_creator.valid_from
        and terms.instant < by_creator.valid_until
    left join stg_conversion_rates as by_tier
        on by_tier.scope = 'tier'
        and by_tier.scope_id = terms.tier
        and terms.instant >= by_tier.valid_from
        and terms.instant < by_tier.valid_until
    left join stg_conversion_rates as by_region
        on by_region.scope = 'region'
        and by_region.scope_id = terms.region
        and terms.instant >= by_region.valid_from
        and terms.instant < by_region.valid_until
    left join stg_conversion_rates as by_default
        on by_default.scope = 'default'
        and by_default.scope_id is null
        and terms.instant >= by_default.valid_from
        and terms.instant < by_default.valid_until
)

select
    winners.creator_id,
    winners.instant,
    winners.rate_key,
    rates.scope,
    rates.scope_id,
    rates.valid_from as rate_from,
    case when rates.valid_until < timestamp with time zone '9999-12-31 00:00:00+00:00' then rates.valid_until end as rate_until,
    rates.diamonds_per_coin,
    coalesce(rates.diamond_value, 0) as diamond_value,
    coalesce(rates.coin_value, 0) as coin_value,
    rates.platform_share,
    coalesce(rates.currency, winners.currency, run.reporting_currency) as currency,
    rates.rounding,
    winners.country,
    winners.region,
    winners.tier,
    winners.agency_id,
    case when winners.agency_id is null then 0 else coalesce(winners.agency_share, 0) end as agency_share,
    winners.payout_method,
    coalesce(winners.withholding_rate, 0) as withholding_rate
from winners
left join stg_conversion_rates as rates
    on rates.rate_key = winners.rate_key
cross join run
