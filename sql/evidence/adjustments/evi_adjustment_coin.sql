-- One row is an adjustment of coins that is the subject, or has it as its reference.
-- grain: adjustment_id
-- subject: adjustment
-- heading: Adjustments of coins
-- order: adjusted_at, adjustment_id
-- The splits of one reference are named by the reference.
select
    case when stg_coin_adjustments.adjustment_id = subject.subject_id then 'itself' else 'refers to it' end as part,
    stg_coin_adjustments.adjustment_id,
    stg_coin_adjustments.viewer_id,
    stg_coin_adjustments.coins,
    stg_coin_adjustments.reason,
    stg_coin_adjustments.reference_id,
    stg_coin_adjustments.approved_by,
    stg_coin_adjustments.adjusted_at,
    stg_coin_adjustments.note,
    stg_coin_adjustments.entity,
    stg_coin_adjustments.batch_id,
    stg_coin_adjustments.source_line
from stg_coin_adjustments
cross join subject
where stg_coin_adjustments.adjustment_id = subject.subject_id
    or stg_coin_adjustments.reference_id = subject.subject_id
