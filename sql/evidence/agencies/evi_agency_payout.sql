-- One row is a version of a payout of the agency that the month counts.
-- grain: payout_id, updated_at
-- subject: agency
-- heading: The agency's payouts, every version of the month
-- order: updated_at, payout_id
-- Rows of earlier months are inside the opening.
select
    stg_agency_payouts.payout_id,
    stg_agency_payouts.updated_at,
    stg_agency_payouts.agency_id,
    stg_agency_payouts.status,
    stg_agency_payouts.currency,
    stg_agency_payouts.gross_amount,
    stg_agency_payouts.withholding_amount,
    stg_agency_payouts.fee_amount,
    stg_agency_payouts.net_amount,
    stg_agency_payouts.payout_currency,
    stg_agency_payouts.fx_rate,
    stg_agency_payouts.payout_amount,
    stg_agency_payouts.method,
    stg_agency_payouts.provider_reference,
    stg_agency_payouts.requested_at,
    stg_agency_payouts.paid_at,
    stg_agency_payouts.entity,
    stg_agency_payouts.batch_id,
    stg_agency_payouts.source_line
from stg_agency_payouts
cross join subject
where stg_agency_payouts.agency_id = subject.subject_id
    and stg_agency_payouts.accounting_month = subject.period
