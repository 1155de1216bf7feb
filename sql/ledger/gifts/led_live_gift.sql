-- One row is one gift that was read from a live recorder, with the diamonds that the rate in force gives.
-- grain: event_id
select
    led_live_row.event_id,
    led_live_row.creator_id,
    led_live_row.entity,
    led_live_row.gift_id,
    led_live_row.sent_at,
    led_live_row.quantity,
    led_live_row.coins,
    coalesce(round_whole(led_live_row.coins * led_rate_at.diamonds_per_coin, led_rate_at.rounding), 0) as diamonds,
    led_live_row.accounting_month
from led_live_row
inner join led_rate_at
    on led_rate_at.creator_id = led_live_row.creator_id
    and led_rate_at.instant = led_live_row.rate_instant
