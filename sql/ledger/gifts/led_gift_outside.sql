-- One row is a place in a source file from which a gift was read that is dated outside the period it is booked in.
-- grain: batch_id, source_line
-- for: speed
-- They are few; what is reported of them is then read by place, and not sought for among all gifts.
select distinct
    stg_gift_events.batch_id,
    stg_gift_events.source_line
from stg_gift_events
cross join run
where stg_gift_events.accounting_month = run.period
    and (stg_gift_events.sent_at < run.period_start or stg_gift_events.sent_at >= run.period_end)
