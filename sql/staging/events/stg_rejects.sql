-- One row is one source row that was not taken, and why.
-- grain: batch_id, source_line, column_name
-- materialized: view
-- Key conflicts carry where the same key was read first.
select
    feed,
    source,
    "column" as column_name,
    code,
    value as offending_text,
    expected,
    row_key,
    other_batch,
    other_line,
    entity,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_rejects
