-- One row is one movement of one viewer's coins in the period, in numbers, signed.
-- grain: one movement of led_coin_movement
-- materialized: view
-- The same movements as led_coin_movement, at the same instants, for sums over all of them.
select
    led_gift.viewer_no,
    case when led_gift.is_gift then -led_gift.coins else led_gift.coins end as coins,
    led_gift.is_gift,
    greatest(least(led_gift.sent_at, run.closing_instant), run.period_start) as effective_at
from led_gift
cross join run
union all
select
    led_viewer.viewer_no,
    led_coin_movement.coins,
    false as is_gift,
    led_coin_movement.effective_at
from led_coin_movement
inner join led_viewer
    on led_viewer.viewer_id = led_coin_movement.viewer_id
    and led_viewer.entity = led_coin_movement.entity
where led_coin_movement.kind not in ('gifted', 'reversed')
