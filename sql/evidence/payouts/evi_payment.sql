-- One row is the provider's payment.
-- grain: line_id
-- subject: payment
-- heading: The provider's payment
-- order: booked_at, line_id
-- A payment without a payout of ours is named by its own key.
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
cross join subject
where stg_provider_payments.line_id = subject.subject_id
