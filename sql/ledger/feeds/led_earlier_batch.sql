-- One row is what the history holds of one batch and one earlier month: gifts and reversals that a run which is carried forward doesn't read with the others.
-- grain: batch_id, accounting_month
-- for: speed
-- None unless the run carries forward (stg_earlier_gift_events). They are counted in one pass over two columns and a half, so that whoever
-- wants their number, or those of a live recorder, reads no more of them than that.
select
    batch_id,
    accounting_month,
    count(*) as held_rows,
    cast(sum(case when capture is not null and kind = 'gift' then 1 else 0 end) as bigint) as live_gifts
from stg_earlier_gift_events
group by batch_id, accounting_month
