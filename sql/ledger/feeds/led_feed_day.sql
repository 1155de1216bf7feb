-- One row is one day on which a feed has at least one row.
-- grain: feed, day
-- Days of the configured zone. Quarters of an hour are told apart first, because they are few and a time zone's days are
-- made of them.
with quarters as (
    select distinct 'gift_events' as feed, quarter
    from led_gift_quarter
    cross join run
    where quarter >= run.period_start and quarter < run.period_end
    union all
    select distinct 'coin_purchases' as feed, quarter_hour(purchased_at) as quarter
    from stg_coin_purchases
    cross join run
    where purchased_at >= run.period_start and purchased_at < run.period_end
    union all
    select distinct 'payouts' as feed, quarter_hour(updated_at) as quarter
    from stg_payouts
    union all
    select distinct 'diamond_adjustments' as feed, quarter_hour(adjusted_at) as quarter
    from stg_diamond_adjustments
    union all
    select distinct 'coin_adjustments' as feed, quarter_hour(adjusted_at) as quarter
    from stg_coin_adjustments
    union all
    select distinct 'settlement_lines' as feed, quarter_hour(event_at) as quarter
    from stg_settlement_lines
    union all
    select distinct 'provider_payments' as feed, quarter_hour(booked_at) as quarter
    from stg_provider_payments
    union all
    select distinct 'bank_lines' as feed, quarter_hour(booked_at) as quarter
    from stg_bank_lines
    union all
    select distinct 'agency_payouts' as feed, quarter_hour(updated_at) as quarter
    from stg_agency_payouts
    union all
    select distinct 'agency_adjustments' as feed, quarter_hour(adjusted_at) as quarter
    from stg_agency_adjustments
    union all
    select distinct 'balances' as feed, quarter_hour(just_before(as_of)) as quarter
    from stg_balances
)

select distinct
    quarters.feed,
    local_day(quarters.quarter, run.time_zone) as day
from quarters
cross join run
union
select distinct
    'fx_rates' as feed,
    rate_date as day
from stg_fx_rates
