-- One row is the coins of one lot that one viewer's gifts of one day took, or those of all earlier months (day null).
-- grain: viewer_no, lot_no, day
-- What the intervals of led_lot and led_lot_spent overlap. Every piece ends where a lot or a day ends, so both are cut on one axis:
-- a day's end lies in the first lot that reaches it, and a lot's end in the first day that goes past it. Comparing every day
-- with every lot is quadratic, and heavy viewers have many of both. A day without coins within a lot is a piece without coins.
-- A piece goes from `before` to `after` coins left of its lot.
with ends as (
    select viewer_no, upto, cast(null as date) as day, lot_no, false as is_day
    from led_lot
    union all
    select viewer_no, upto, coalesce(day, date '0001-01-01') as day, cast(null as bigint) as lot_no, true as is_day
    from led_lot_spent
),

-- peers count: a day that ends with a lot lies in that lot
met as (
    select
        viewer_no,
        upto,
        is_day,
        day,
        lot_no,
        min(lot_no) over (
            partition by viewer_no
            order by upto desc
            range between unbounded preceding and current row
        ) as reached_lot_no,
        min(day) over (
            partition by viewer_no
            order by upto desc
            range between unbounded preceding and current row
        ) as reached_day
    from ends
),

pairs as (
    select viewer_no, reached_lot_no as lot_no, day, true as is_day
    from met
    where is_day and reached_lot_no is not null
    union all
    select viewer_no, lot_no, reached_day as day, false as is_day
    from met
    where not is_day and reached_day is not null
)

select
    pairs.viewer_no,
    pairs.lot_no,
    led_lot_spent.day,
    led_lot.upto - greatest(led_lot.upto - led_lot.coins, led_lot_spent.upto - led_lot_spent.coins) as before,
    led_lot.upto - least(led_lot.upto, led_lot_spent.upto) as after
from pairs
inner join led_lot
    on led_lot.viewer_no = pairs.viewer_no
    and led_lot.lot_no = pairs.lot_no
inner join led_lot_spent
    on led_lot_spent.viewer_no = pairs.viewer_no
    and coalesce(led_lot_spent.day, date '0001-01-01') = pairs.day
where led_lot_spent.upto - led_lot_spent.coins < led_lot.upto
    and led_lot_spent.upto > led_lot.upto - led_lot.coins
    -- the piece in which both end is found from the day
    and (pairs.is_day or led_lot_spent.upto > led_lot.upto)
