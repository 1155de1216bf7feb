-- One row is one gift of an earlier month that a reversal or a clawback of the period names, or an earlier reversal of the same gift.
-- grain: event_id
-- for: speed
-- None unless the run carries forward (stg_earlier_gift_events). Most name a gift of their own month, so few are looked for.
with reversed as (
    select original_event_id as event_id
    from stg_gift_events
    cross join run
    where run.carries and kind = 'reversal' and original_event_id is not null and accounting_month = run.period
),

names as (
    select event_id
    from reversed
    union
    select reference_id
    from stg_diamond_adjustments
    cross join run
    where run.carries
        and reason = 'clawback'
        and reference_id is not null
        and accounting_month = run.period
        and adjusted_at >= run.first_start
),

found as (
    select event_id
    from stg_gift_events
    where kind = 'gift' and event_id in (select event_id from names)
),

unfound as (
    select names.event_id
    from names
    left join found
        on found.event_id = names.event_id
    where found.event_id is null
)

select
    event_id, kind, original_event_id, viewer_id, creator_id, entity, gift_id, stream_id, quantity, coins, diamonds, sent_at,
    accounting_month, capture, batch_id, source_line
from stg_earlier_gift_events
where kind = 'gift' and event_id in (select event_id from unfound)
union all
select
    event_id, kind, original_event_id, viewer_id, creator_id, entity, gift_id, stream_id, quantity, coins, diamonds, sent_at,
    accounting_month, capture, batch_id, source_line
from stg_earlier_gift_events
where kind = 'reversal' and original_event_id in (select event_id from reversed)
