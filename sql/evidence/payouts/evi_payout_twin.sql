-- One row is another payout that the same creator requested at the same instant.
-- grain: payout_id, updated_at
-- subject: payout
-- heading: Other payouts of that creator and instant
-- order: payout_id, updated_at
-- Two requests of one creator, instant and quantity are one request booked twice.
with own as (
    select distinct
        stg_payouts.payout_id,
        stg_payouts.creator_id,
        stg_payouts.requested_at
    from stg_payouts
    cross join subject
    where stg_payouts.payout_id = subject.subject_id
)

select
    stg_payouts.payout_id,
    stg_payouts.updated_at,
    stg_payouts.creator_id,
    stg_payouts.status,
    stg_payouts.diamonds,
    stg_payouts.currency,
    stg_payouts.gross_amount,
    stg_payouts.withholding_amount,
    stg_payouts.fee_amount,
    stg_payouts.net_amount,
    stg_payouts.payout_currency,
    stg_payouts.fx_rate,
    stg_payouts.payout_amount,
    stg_payouts.method,
    stg_payouts.provider_reference,
    stg_payouts.requested_at,
    stg_payouts.paid_at,
    stg_payouts.entity,
    stg_payouts.batch_id,
    stg_payouts.source_line
from stg_payouts
inner join own
    on own.creator_id = stg_payouts.creator_id
    and own.requested_at = stg_payouts.requested_at
    and own.payout_id <> stg_payouts.payout_id
