-- One row is an adjustment of an agency that is the subject, or has it as its reference.
-- grain: adjustment_id
-- subject: adjustment
-- heading: Adjustments of agencies
-- order: adjusted_at, adjustment_id
-- The splits of one reference are named by the reference.
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
where stg_agency_adjustments.adjustment_id = subject.subject_id
    or stg_agency_adjustments.reference_id = subject.subject_id
