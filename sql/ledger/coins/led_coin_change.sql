-- One row is one movement of one viewer's coins in the period, in numbers, signed.
-- grain: one movement of led_coin_movement
-- materialized: view
-- for: speed
-- The same movements as led_coin_movement, at the same instants, for sums over all of them. day is the day in the configured
-- zone on which the movement counts.
select
    led_gift.viewer_no,
    case when led_gift.is_gift then -led_gift.coins else led_gift.coins end as coins,
    led_gift.is_gift,
    greatest(least(led_gift.sent_at, run.closing_instant), run.period_start) as effective_at,
    greatest(least(led_gift.sent_day, bounds.last_day), bounds.first_day) as day
from led_gift
cross join run
cross join (
    select
        local_day(period_start, time_zone) as first_day,
        local_day(closing_instant, time_zone) as last_day
    from run
) as bounds
union all
select
    led_viewer.viewer_no,
    led_coin_movement.coins,
    false as is_gift,
    led_coin_movement.effective_at,
    led_quarter_day.day
from led_coin_movement
inner join led_viewer
    on led_viewer.viewer_id = led_coin_movement.viewer_id
    and led_viewer.entity = led_coin_movement.entity
inner join led_quarter_day
    on led_quarter_day.quarter = quarter_hour(led_coin_movement.effective_at)
where led_coin_movement.kind not in ('gifted', 'reversed')
