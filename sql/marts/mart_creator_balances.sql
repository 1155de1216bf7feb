-- One row is one creator's diamonds at the end of the period and what is owed for them.
-- grain: creator_id, entity, currency
-- materialized: view
-- Held diamonds are not told yet: they need the payout rules' hold.
-- result: creator_balances
-- order: creator_id, entity, currency
select
    run.period,
    run.run_id,
    led_creator_rollforward.creator_id,
    led_creator_rollforward.entity,
    led_creator_rollforward.closing_diamonds as diamonds,
    cast(null as bigint) as held,
    cast(led_creator_rollforward.closing_amount as decimal(38, 6)) as payable,
    led_creator_rollforward.currency
from led_creator_rollforward
cross join run
