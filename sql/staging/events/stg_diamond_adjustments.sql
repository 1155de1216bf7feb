-- One row is one manual change of a creator's diamonds, signed.
-- grain: adjustment_id
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest.
select
    adjustment_id,
    creator_id,
    diamonds,
    reason,
    reference_id,
    approved_by,
    adjusted_at,
    note,
    entity,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_diamond_adjustments
