-- One row is one ingested file with its counts.
-- grain: batch_id
-- materialized: view
-- The counts come from the summary of the batch's snapshot, not from its rows, so that they can disagree.
select
    batch_id,
    feed,
    source,
    rows_read,
    rows_accepted,
    rows_rejected,
    rows_duplicate
from run_batches
