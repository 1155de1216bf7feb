-- One row is the coins of one lot that one viewer's gifts of one day took, or those of all earlier months (day null).
-- grain: viewer_no, lot_no, day
-- for: speed
-- For viewers who only get coins and give gifts (all but those of led_viewer_replayed) first in, first out is arithmetic. Lay the
-- lots end to end in the order in which they are spent (led_lot; what is left of them, led_carried_lot) and the gifts end to end in the order of time
-- (led_viewer_day): a day takes of a lot what their intervals overlap, also when the lot comes later (debt). Every day of a
-- viewer is compared with every lot of theirs; there are at most as many days as a month has, and one more, so the work grows
-- with the lots and never with their square. A day without coins within a lot is a piece without coins.
-- A piece goes from `before` to `after` coins left of its lot and takes the money that the lot carries at the one less what it
-- carries at the other. It counts on the gift's day (day), or when a later lot paid it on the lot's (counts_on, and paid_later
-- says so). A gift of an earlier month is a piece only of a lot that came in this one. Amounts are whole millionths.
with lots as (
    select
        led_lot.viewer_no,
        led_lot.lot_no,
        led_lot_class.class_no,
        led_lot.came_before,
        led_lot.acquired_day,
        led_lot.coins,
        coalesce(led_carried_lot.upto - led_carried_lot.left_coins, led_lot.upto - led_lot.coins) as starts_at,
        coalesce(led_carried_lot.upto, led_lot.upto) as upto,
        led_lot.currency = led_lot.functional_currency as is_functional,
        led_lot.value,
        led_lot.fee,
        led_lot.functional_value,
        led_lot.functional_fee
    from led_lot
    inner join led_lot_class
        on led_lot_class.entity = led_lot.entity
        and led_lot_class.channel = led_lot.channel
        and led_lot_class.currency = led_lot.currency
    left join led_viewer_replayed
        on led_viewer_replayed.viewer_no = led_lot.viewer_no
    left join led_carried_lot
        on led_carried_lot.viewer_no = led_lot.viewer_no
        and led_carried_lot.lot_no = led_lot.lot_no
    where led_viewer_replayed.viewer_no is null
        and (coalesce(led_carried_lot.left_coins > 0, true) or led_lot.coins = 0)
),

days as (
    select
        viewer_no,
        day,
        upto - coins as starts_at,
        upto
    from led_viewer_day
),

pieces as (
    select
        lots.viewer_no,
        lots.lot_no,
        lots.class_no,
        days.day,
        case when lots.came_before then days.day else coalesce(greatest(days.day, lots.acquired_day), lots.acquired_day) end as counts_on,
        not lots.came_before and coalesce(lots.acquired_day > days.day, true) as paid_later,
        lots.upto - greatest(lots.starts_at, days.starts_at) as before,
        lots.upto - least(lots.upto, days.upto) as after,
        lots.coins,
        lots.is_functional,
        lots.functional_value,
        lots.functional_fee,
        lots.value,
        lots.fee
    from days
    inner join lots
        on lots.viewer_no = days.viewer_no
        and lots.upto > days.starts_at
        and lots.starts_at < days.upto
    where days.day is not null or not lots.came_before
),

valued as (
    select
        viewer_no,
        lot_no,
        class_no,
        day,
        counts_on,
        paid_later,
        before,
        after,
        coins,
        is_functional,
        functional_value,
        functional_fee,
        carried_small(value, before, coins) - carried_small(value, after, coins) as value,
        carried_small(fee, before, coins) - carried_small(fee, after, coins) as fee
    from pieces
)

select
    viewer_no,
    lot_no,
    class_no,
    day,
    counts_on,
    paid_later,
    before,
    after,
    value,
    fee,
    case when is_functional then cast(value as decimal(38, 0))
        else carried(functional_value, before, coins) - carried(functional_value, after, coins)
    end as functional_value,
    case when is_functional then cast(fee as decimal(38, 0))
        else carried(functional_fee, before, coins) - carried(functional_fee, after, coins)
    end as functional_fee
from valued
