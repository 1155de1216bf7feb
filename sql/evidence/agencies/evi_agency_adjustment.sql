-- One row is an adjustment of the agency that the month counts.
-- grain: adjustment_id
-- subject: agency
-- heading: The agency's adjustments of the month
-- order: adjusted_at, adjustment_id
-- Rows of earlier months are inside the opening.
select
    stg_agency_adjustments.adjustment_id,
    stg_agency_adjustments.agency_id,
    stg_agency_adjustments.currency,
    stg_agency_adjustments.amount,
    stg_agency_adjustments.reason,
    stg_agency_adjustments.reference_id,
    stg_agency_adjustments.approved_by,
    stg_agency_adjustments.adjusted_at,
    stg_agency_adjustments.note,
    stg_agency_adjustments.entity,
    stg_agency_adjustments.batch_id,
    stg_agency_adjustments.source_line
from stg_agency_adjustments
cross join subject
where stg_agency_adjustments.agency_id = subject.subject_id
    and stg_agency_adjustments.accounting_month = subject.period
