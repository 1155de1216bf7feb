-- One row is one gift that a reversal or a creator's clawback names.
-- grain: event_id
-- for: speed
-- Few are: they are picked out of all gifts once, for all who ask for them by name. Of any month up to the run's or after it; where the run is carried
-- forward, of earlier ones those that its own month names.
with names as (
    select original_event_id as event_id
    from stg_gift_events
    cross join run
    where kind = 'reversal' and original_event_id is not null and accounting_month <= run.period
    union
    select reference_id
    from stg_diamond_adjustments
    cross join run
    where reason = 'clawback' and reference_id is not null and accounting_month <= run.period and adjusted_at >= run.first_start
)

select
    event_id,
    sent_at,
    accounting_month,
    viewer_id,
    creator_id,
    coins,
    diamonds,
    capture
from stg_gift_events
where kind = 'gift' and event_id in (select event_id from names)
union all
select event_id, sent_at, accounting_month, viewer_id, creator_id, coins, diamonds, capture
from led_earlier_named_gift
where kind = 'gift'
