-- One row is an adjustment of the viewer that the month counts.
-- grain: adjustment_id
-- subject: viewer
-- heading: The viewer's adjustments of the month
-- order: adjusted_at, adjustment_id
-- Rows of earlier months are inside the opening.
select
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
where stg_coin_adjustments.viewer_id = subject.subject_id
    and stg_coin_adjustments.accounting_month = subject.period
