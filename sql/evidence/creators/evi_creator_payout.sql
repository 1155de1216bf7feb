-- One row is a version of a payout of the creator that the month counts.
-- grain: payout_id, updated_at
-- subject: creator
-- heading: The creator's payouts, every version of the month
-- order: updated_at, payout_id
-- Rows of earlier months are inside the opening.
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
where stg_payouts.creator_id = subject.subject_id
    and stg_payouts.accounting_month = subject.period
