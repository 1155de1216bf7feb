-- One row is one gift, or the reversal of one, of a month before the run's that a run which is carried forward doesn't read with the others.
-- grain: event_id
-- materialized: view
-- None unless the run carries forward: then stg_gift_events has no gift of an earlier month, and whoever needs some looks for them here,
-- by viewer (led_reached_gift) or by name (led_earlier_named_gift).
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
from raw_earlier_gift_events
