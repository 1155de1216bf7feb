-- One row is what the history holds of one batch and one earlier month: gifts and reversals that a run which is carried forward doesn't read with the others.
-- grain: batch_id, accounting_month
-- for: speed
-- None unless the run carries forward (stg_earlier_gift_events). They are counted in one pass over two columns, for whoever wants their
-- number or the months that there are.
select
    batch_id,
    accounting_month,
    count(*) as held_rows
from stg_earlier_gift_events
group by batch_id, accounting_month
