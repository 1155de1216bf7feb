-- One row is an adjustment of diamonds that is the subject, or has it as its reference.
-- grain: adjustment_id
-- subject: adjustment
-- heading: Adjustments of diamonds
-- order: adjusted_at, adjustment_id
-- The splits of one reference are named by the reference.
select
    case when stg_diamond_adjustments.adjustment_id = subject.subject_id then 'itself' else 'refers to it' end as part,
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
where stg_diamond_adjustments.adjustment_id = subject.subject_id
    or stg_diamond_adjustments.reference_id = subject.subject_id
