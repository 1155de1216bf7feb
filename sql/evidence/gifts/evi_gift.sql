-- One row is a gift, the original that it undoes, or a row that undoes it or undoes the same one.
-- grain: event_id
-- subject: gift
-- heading: The gift, its original and what undoes it
-- order: sent_at, event_id
-- A reversal is judged against its original and the other reversals of it; so all of them are shown.
with own as (
    select
        stg_gift_events.event_id,
        stg_gift_events.original_event_id
    from stg_gift_events
    cross join subject
    where stg_gift_events.event_id = subject.subject_id
)

select
    case
        when stg_gift_events.event_id = own.event_id then 'itself'
        when stg_gift_events.event_id = own.original_event_id then 'its original'
        when stg_gift_events.original_event_id = own.event_id then 'undoes it'
        else 'undoes the same'
    end as part,
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
inner join own
    on stg_gift_events.event_id = own.event_id
    or stg_gift_events.event_id = own.original_event_id
    or stg_gift_events.original_event_id = own.event_id
    or stg_gift_events.original_event_id = own.original_event_id
