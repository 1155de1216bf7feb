-- One row is one gift that was read from a live recorder, whose message carries no diamonds.
-- grain: event_id
-- The ledger credits what the rate in force gives.
select
    event_id,
    creator_id,
    entity,
    sent_at,
    coins,
    accounting_month
from stg_gift_events
cross join run
where capture is not null and kind = 'gift' and accounting_month <= run.period and sent_at >= run.first_start
