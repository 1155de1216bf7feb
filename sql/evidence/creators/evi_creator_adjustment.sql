-- One row is an adjustment of the creator that the month counts.
-- grain: adjustment_id
-- subject: creator
-- heading: The creator's adjustments of the month
-- order: adjusted_at, adjustment_id
-- Rows of earlier months are inside the opening.
select
    stg_diamond_adjustments.adjustment_id,
    stg_diamond_adjustments.creator_id,
    stg_diamond_adjustments.diamonds,
    stg_diamond_adjustments.reason,
    stg_diamond_adjustments.reference_id,
    stg_diamond_adjustments.approved_by,
    stg_diamond_adjustments.adjusted_at,
    stg_diamond_adjustments.note,
    stg_diamond_adjustments.entity,
    stg_diamond_adjustments.batch_id,
    stg_diamond_adjustments.source_line
from stg_diamond_adjustments
cross join subject
where stg_diamond_adjustments.creator_id = subject.subject_id
    and stg_diamond_adjustments.accounting_month = subject.period
