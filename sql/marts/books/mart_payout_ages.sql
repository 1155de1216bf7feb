-- One row is a payout on its way when the month ends, a dormant balance, or what creators below the minimum are owed together.
-- grain: kind, entity, currency, country, age_band, subject_id
-- result: payout_ages
-- order: kind, entity, currency, country, age_band, subject_id
-- kind on_its_way has each payout that is requested and unpaid, creators' and agencies' (subject: the payout), dormant each creator and agency without a movement for the months
-- that escheat in carat.yaml names for their country (subject: the creator or agency), below_minimum the others who have less than the minimum of
-- their method: creators by country and age, agencies one by one. Ages are days: of the request, of the last movement, of the last request or first movement.
with bands as (
    select age_from, age_to, age_band
    from (
        values
            (-1000000, 30, '0-30'), (31, 60, '31-60'), (61, 90, '61-90'), (91, 180, '91-180'), (181, 365, '181-365'),
            (366, 1000000, 'over 365')
    ) as named (age_from, age_to, age_band)
),

aged as (
    select
        'on_its_way' as kind,
        led_payout_open.entity,
        led_payout_open.currency,
        cast(null as varchar) as country,
        led_payout_open.payout_id as subject_id,
        led_payout_open.creator_id,
        led_payout_open.agency_id,
        cast(1 as bigint) as count,
        cast(led_payout_open.net_amount as decimal(38, 9)) as amount,
        local_day(led_payout_open.requested_at, run.time_zone) as since,
        led_payout_open.due_at,
        led_payout_open.age_days,
        led_payout_open.is_overdue as is_late
    from led_payout_open
    cross join run
    union all
    select
        'dormant' as kind,
        entity,
        currency,
        country,
        creator_id as subject_id,
        creator_id,
        cast(null as varchar) as agency_id,
        cast(1 as bigint) as count,
        cast(closing_amount as decimal(38, 9)) as amount,
        last_day as since,
        cast(null as timestamp with time zone) as due_at,
        days_between(last_day, closing_day) as age_days,
        true as is_late
    from led_unpaid_balance
    where dormant_months >= dormant_after
    union all
    select
        'below_minimum' as kind,
        led_unpaid_balance.entity,
        led_unpaid_balance.currency,
        led_unpaid_balance.country,
        cast(null as varchar) as subject_id,
        cast(null as varchar) as creator_id,
        cast(null as varchar) as agency_id,
        cast(1 as bigint) as count,
        cast(led_unpaid_balance.closing_amount as decimal(38, 9)) as amount,
        led_unpaid_balance.below_since as since,
        cast(null as timestamp with time zone) as due_at,
        days_between(led_unpaid_balance.below_since, led_unpaid_balance.closing_day) as age_days,
        days_between(led_unpaid_balance.below_since, led_unpaid_balance.closing_day) > run.below_minimum_days as is_late
    from led_unpaid_balance
    cross join run
    where led_unpaid_balance.below_since is not null
        and coalesce(led_unpaid_balance.dormant_months < led_unpaid_balance.dormant_after, true)
    union all
    select
        'dormant' as kind,
        entity,
        currency,
        country,
        agency_id as subject_id,
        cast(null as varchar) as creator_id,
        agency_id,
        cast(1 as bigint) as count,
        cast(closing_amount as decimal(38, 9)) as amount,
        last_day as since,
        cast(null as timestamp with time zone) as due_at,
        days_between(last_day, closing_day) as age_days,
        true as is_late
    from led_unpaid_agency
    where dormant_months >= dormant_after
    union all
    select
        'below_minimum' as kind,
        led_unpaid_agency.entity,
        led_unpaid_agency.currency,
        led_unpaid_agency.country,
        led_unpaid_agency.agency_id as subject_id,
        cast(null as varchar) as creator_id,
        led_unpaid_agency.agency_id,
        cast(1 as bigint) as count,
        cast(led_unpaid_agency.closing_amount as decimal(38, 9)) as amount,
        led_unpaid_agency.below_since as since,
        cast(null as timestamp with time zone) as due_at,
        days_between(led_unpaid_agency.below_since, led_unpaid_agency.closing_day) as age_days,
        days_between(led_unpaid_agency.below_since, led_unpaid_agency.closing_day) > run.below_minimum_days as is_late
    from led_unpaid_agency
    cross join run
    where led_unpaid_agency.below_since is not null
        and coalesce(led_unpaid_agency.dormant_months < led_unpaid_agency.dormant_after, true)
)

select
    run.period,
    run.run_id,
    aged.kind,
    aged.entity,
    aged.currency,
    aged.country,
    bands.age_band,
    aged.subject_id,
    aged.creator_id,
    cast(sum(aged.count) as bigint) as count,
    cast(sum(aged.amount) as decimal(38, 9)) as amount,
    min(aged.since) as since,
    min(aged.due_at) as due_at,
    max(aged.age_days) as age_days,
    cast(sum(case when aged.is_late then aged.count else 0 end) as bigint) as late_count,
    aged.agency_id
from aged
cross join run
inner join bands
    on aged.age_days >= bands.age_from
    and aged.age_days <= bands.age_to
group by
    run.period,
    run.run_id,
    aged.kind,
    aged.entity,
    aged.currency,
    aged.country,
    bands.age_band,
    aged.subject_id,
    aged.creator_id,
    aged.agency_id
