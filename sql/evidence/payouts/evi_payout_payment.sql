-- One row is a payment of the provider that names the payout, by its id or its reference.
-- grain: line_id
-- subject: payout
-- heading: The other side: the provider's payments
-- order: booked_at, line_id
-- Not every provider repeats our id; the reference is the other key.
with own as (
    select
        max(stg_payouts.payout_id) as payout_id,
        stg_payouts.provider_reference
    from stg_payouts
    cross join subject
    where stg_payouts.payout_id = subject.subject_id
    group by stg_payouts.provider_reference
),

named as (
    select distinct stg_provider_payments.line_id
    from stg_provider_payments
    inner join own
        on own.payout_id = stg_provider_payments.payout_id
        or own.provider_reference = stg_provider_payments.provider_reference
)

select
    stg_provider_payments.line_id,
    stg_provider_payments.provider,
    stg_provider_payments.provider_reference,
    stg_provider_payments.payout_id,
    stg_provider_payments.amount,
    stg_provider_payments.fee_amount,
    stg_provider_payments.currency,
    stg_provider_payments.status,
    stg_provider_payments.booked_at,
    stg_provider_payments.report_id,
    stg_provider_payments.entity,
    stg_provider_payments.batch_id,
    stg_provider_payments.source_line
from stg_provider_payments
inner join named
    on named.line_id = stg_provider_payments.line_id
