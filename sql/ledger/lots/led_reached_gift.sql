-- One row is one gift of an earlier month, or the reversal of one, of a viewer whose coins aren't carried forward.
-- grain: event_id
-- for: speed
-- None unless the run carries forward (stg_earlier_gift_events): then the months before are read for these viewers alone. Whoever gave before is
-- among those that the closed month told.
with reaching as (
    select
        closed_viewer_balances.viewer_id,
        closed_viewer_balances.entity
    from closed_viewer_balances
    cross join run
    inner join led_viewer
        on led_viewer.viewer_id = closed_viewer_balances.viewer_id
        and led_viewer.entity = closed_viewer_balances.entity
    left join led_carried_viewer
        on led_carried_viewer.viewer_no = led_viewer.viewer_no
    where run.carries and led_carried_viewer.viewer_no is null
)

select
    gifts.event_id,
    gifts.kind,
    gifts.original_event_id,
    gifts.viewer_id,
    gifts.entity,
    gifts.coins,
    gifts.sent_at,
    gifts.accounting_month
from stg_earlier_gift_events as gifts
cross join run
inner join reaching
    on reaching.viewer_id = gifts.viewer_id
    and reaching.entity = gifts.entity
where gifts.accounting_month < run.period and gifts.sent_at >= run.first_start
