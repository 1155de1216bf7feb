-- One row is a version of a payout that the provider's payment names.
-- grain: payout_id, updated_at
-- subject: payment
-- heading: The other side: payouts that it names
-- order: payout_id, updated_at
-- By our id, or by the provider's reference.
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
cross join subject
inner join stg_provider_payments as own
    on own.payout_id = stg_payouts.payout_id
    or own.provider_reference = stg_payouts.provider_reference
where own.line_id = subject.subject_id
