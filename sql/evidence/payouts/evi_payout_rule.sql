-- One row is a rule of the payout's method in force at the request.
-- grain: method, country, valid_from
-- subject: payout
-- heading: The payout rules in force at the request, and their dates
-- order: country, valid_from
-- A rule of the creator's country wins over the one for everywhere; both are shown.
with requests as (
    select distinct
        stg_payouts.method,
        stg_payouts.requested_at,
        stg_creators.country
    from stg_payouts
    cross join subject
    left join stg_creators
        on stg_creators.creator_id = stg_payouts.creator_id
        and stg_payouts.requested_at >= stg_creators.valid_from
        and stg_payouts.requested_at < stg_creators.valid_until
    where stg_payouts.payout_id = subject.subject_id
)

select
    stg_payout_rules.method,
    stg_payout_rules.country,
    stg_payout_rules.valid_from,
    case
        when stg_payout_rules.valid_until < timestamp with time zone '9999-12-31 00:00:00+00:00' then iso_instant(stg_payout_rules.valid_until)
        else 'open'
    end as in_force_until,
    stg_payout_rules.min_amount,
    stg_payout_rules.max_amount_per_day,
    stg_payout_rules.fee_fixed,
    stg_payout_rules.fee_rate,
    stg_payout_rules.hold_days,
    stg_payout_rules.currency,
    stg_payout_rules.batch_id,
    stg_payout_rules.source_line
from stg_payout_rules
inner join requests
    on requests.method = stg_payout_rules.method
    and (coalesce(stg_payout_rules.country, '') = '' or stg_payout_rules.country = requests.country)
    and requests.requested_at >= stg_payout_rules.valid_from
    and requests.requested_at < stg_payout_rules.valid_until
