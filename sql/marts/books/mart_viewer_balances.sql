-- One row is one viewer's coins at the end of the period.
-- grain: viewer_id, entity
-- materialized: view
-- result: viewer_balances
-- order: viewer_id, entity
-- Debt is what gifts, refunds and corrections took beyond the balance. The value is what the open lots carry, in the entity's
-- functional currency, because lots may be of several; null where the rate of one is missing.
select
    run.period,
    run.run_id,
    led_viewer_rollforward.viewer_id,
    led_viewer_rollforward.entity,
    greatest(led_viewer_rollforward.closing, 0) as coins,
    greatest(-led_viewer_rollforward.closing, 0) as debt,
    coalesce(run_entities.functional_currency, run.reporting_currency) as currency,
    case when led_viewer_value.viewer_no is null then cast(0 as decimal(38, 6))
        else from_millionths(led_viewer_value.closing_functional_value)
    end as value
from led_viewer_rollforward
cross join run
left join run_entities
    on run_entities.entity = led_viewer_rollforward.entity
left join led_viewer_value
    on led_viewer_value.viewer_no = led_viewer_rollforward.viewer_no
