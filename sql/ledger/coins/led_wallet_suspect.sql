-- One row is a viewer whose coins fell below zero in the month with a gift.
-- grain: viewer_id, entity
-- for: speed
-- viewer_wallet looks at these few alone, movement by movement.
select
    rolls.viewer_id,
    rolls.entity,
    rolls.opening
from led_viewer_rollforward as rolls
inner join led_wallet_low
    on led_wallet_low.viewer_no = rolls.viewer_no
where rolls.opening + led_wallet_low.low < 0
