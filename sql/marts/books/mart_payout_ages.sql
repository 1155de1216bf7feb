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

unpaid as (
    select
        creator_id,
        agency_id,
        entity,
        currency,
        country,
        closing_amount,
        below_since,
        last_day,
        closing_day,
        coalesce(dormant_months >= dormant_after, false) as is_dormant
    from led_unpaid_balance
    where dormant_months >= dormant_after or below_since is not null
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
        case when balances.is_dormant then 'dormant' else 'below_minimum' end as kind,
        balances.entity,
        balances.currency,
        balances.country,
        case when balances.agency_id is not null then balances.agency_id when balances.is_dormant then balances.creator_id end as subject_id,
        case when balances.is_dormant then balances.creator_id end as creator_id,
        balances.agency_id,
        cast(1 as bigint) as count,
        cast(balances.closing_amount as decimal(38, 9)) as amount,
        case when balances.is_dormant then balances.last_day else balances.below_since end as since,
        cast(null as timestamp with time zone) as due_at,
        days_between(case when balances.is_dormant then balances.last_day else balances.below_since end, balances.closing_day) as age_days,
        balances.is_dormant or days_between(balances.below_since, balances.closing_day) > run.below_minimum_days as is_late
    from unpaid as balances
    cross join run
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
