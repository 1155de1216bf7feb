-- One row is one ingested file with its counts.
-- grain: batch_id
-- materialized: view
-- The counts come from the summary of the batch's snapshot, not from its rows, so that they can disagree.
-- earliest_open is the earliest period that was open when the file was ingested: rows of earlier months are booked there.
-- known_from is since when its rates and terms are known: of a file that came after a month was closed from the start of the
-- next month on, because a closed month is judged by what its certificate covers; of any other file, always.
select
    run_batches.batch_id,
    run_batches.feed,
    run_batches.source,
    run_batches.rows_read,
    run_batches.rows_accepted,
    run_batches.rows_rejected,
    run_batches.rows_duplicate,
    run_batches.rows_left_out,
    greatest(coalesce(run_batches.earliest_open, run.first_period), run.first_period) as earliest_open,
    run_batches.known_from
from run_batches
cross join run
