-- One row is one lot of a viewer who is carried forward, with the coins that were left in it when the period began.
-- grain: viewer_no, lot_no
-- All of them for a lot that came in the period, what the closed month left for any other, none where it names the lot no more. upto is the left
-- coins of all the viewer's lots up to and with this one: laid end to end, the lot is the interval (upto - left_coins, upto] of its viewer's
-- axis, on which the period's gifts lie and no earlier ones. Of other viewers led_lot says both.
with lots as (
    select
        led_lot.viewer_no,
        led_lot.lot_no,
        case when led_lot.came_before then coalesce(closed_coin_lots.coins_left, 0) else led_lot.coins end as left_coins
    from led_lot
    inner join led_carried_viewer
        on led_carried_viewer.viewer_no = led_lot.viewer_no
    inner join led_viewer
        on led_viewer.viewer_no = led_lot.viewer_no
    left join closed_coin_lots
        on closed_coin_lots.viewer_id = led_viewer.viewer_id
        and closed_coin_lots.entity = led_viewer.entity
        and closed_coin_lots.lot_id = led_lot.lot_id
        and closed_coin_lots.origin = led_lot.origin
)

select
    viewer_no,
    lot_no,
    left_coins,
    cast(sum(left_coins) over (
        partition by viewer_no
        order by lot_no
        rows between unbounded preceding and current row
    ) as bigint) as upto
from lots
