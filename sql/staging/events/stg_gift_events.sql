-- One row is one gift, or the reversal of one, as the platform recorded it.
-- grain: event_id
-- materialized: view
-- capture is null for the platform's own record; a row read from a live recorder carries no diamonds.
select
    event_id,
    kind,
    original_event_id,
    sent_at,
    stream_id,
    viewer_id,
    creator_id,
    gift_id,
    quantity,
    coins,
    diamonds,
    entity,
    capture,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_gift_events
