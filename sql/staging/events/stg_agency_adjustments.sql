-- One row is one manual change of what an agency is owed, signed.
-- grain: adjustment_id
-- materialized: view
-- Keys are unique: a second content of a key was refused at ingest.
select
    adjustment_id,
    agency_id,
    currency,
    amount,
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
from raw_agency_adjustments
