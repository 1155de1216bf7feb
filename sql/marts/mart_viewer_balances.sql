-- One row is one viewer's coins at the end of the period.
-- grain: viewer_id, entity
-- materialized: view
-- Debt is what refunds took back beyond the balance. The value of the coins is not told yet: it needs lots.
-- result: viewer_balances
-- order: viewer_id, entity
select
    run.period,
    run.run_id,
    led_viewer_rollforward.viewer_id,
    led_viewer_rollforward.entity,
    greatest(led_viewer_rollforward.closing, 0) as coins,
    greatest(-led_viewer_rollforward.closing, 0) as debt,
    cast(null as varchar) as currency,
    cast(null as decimal(38, 6)) as value
from led_viewer_rollforward
cross join run
