-- One row is a gift or reversal of the viewer that the month counts.
-- grain: event_id
-- subject: viewer
-- heading: The viewer's gifts of the month
-- order: sent_at, event_id
-- Rows of earlier months are inside the opening.
select
    stg_gift_events.event_id,
    stg_gift_events.kind,
    stg_gift_events.original_event_id,
    stg_gift_events.sent_at,
    stg_gift_events.stream_id,
    stg_gift_events.viewer_id,
    stg_gift_events.creator_id,
    stg_gift_events.gift_id,
    stg_gift_events.quantity,
    stg_gift_events.coins,
    stg_gift_events.diamonds,
    stg_gift_events.entity,
    stg_gift_events.batch_id,
    stg_gift_events.source_line
from stg_gift_events
cross join subject
where stg_gift_events.viewer_id = subject.subject_id
    and stg_gift_events.accounting_month = subject.period
