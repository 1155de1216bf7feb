-- One row is the creator's terms in force at the payout's request.
-- grain: creator_id, valid_from
-- subject: payout
-- heading: The creator's terms at the request, and their dates
-- order: valid_from
-- The rate of withholding is the terms' at the request. The person's name is not here.
with requests as (
    select distinct
        stg_payouts.creator_id,
        stg_payouts.requested_at
    from stg_payouts
    cross join subject
    where stg_payouts.payout_id = subject.subject_id
)

select
    stg_creators.creator_id,
    stg_creators.valid_from,
    case
        when stg_creators.valid_until < timestamp with time zone '9999-12-31 00:00:00+00:00' then iso_instant(stg_creators.valid_until)
        else 'open'
    end as in_force_until,
    stg_creators.country,
    stg_creators.region,
    stg_creators.tier,
    stg_creators.currency,
    stg_creators.payout_method,
    stg_creators.withholding_rate,
    stg_creators.tax_form,
    stg_creators.batch_id,
    stg_creators.source_line
from stg_creators
inner join requests
    on requests.creator_id = stg_creators.creator_id
    and requests.requested_at >= stg_creators.valid_from
    and requests.requested_at < stg_creators.valid_until
