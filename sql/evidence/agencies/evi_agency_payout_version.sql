-- One row is one version of the payout to an agency.
-- grain: payout_id, updated_at
-- subject: payout
-- heading: Every version of the payout to an agency
-- order: updated_at, source_line
-- Its status and its terms are judged from version to version.
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
where stg_agency_payouts.payout_id = subject.subject_id
