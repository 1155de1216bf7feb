-- One row is one gift that was read from a live recorder, whose message carries no diamonds.
-- grain: event_id
with gifts as (
    select event_id, creator_id, entity, gift_id, sent_at, quantity, coins, accounting_month
    from stg_gift_events
    where capture is not null and kind = 'gift'
    union all
    select event_id, creator_id, entity, gift_id, sent_at, quantity, coins, accounting_month
    from stg_earlier_gift_events
    where capture is not null and kind = 'gift'
)

select
    event_id,
    creator_id,
    entity,
    gift_id,
    sent_at,
    -- where the rate is looked up: an instant outside the month is moved to its edge, as everywhere
    case when accounting_month = run.period then least(sent_at, run.closing_instant) else sent_at end as rate_instant,
    quantity,
    coins,
    accounting_month
from gifts
cross join run
where accounting_month <= run.period and sent_at >= run.first_start
