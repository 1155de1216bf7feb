-- One row is the coins that one viewer gave away on one day of the period, or in all months before it, on the viewer's axis.
-- grain: viewer_no, day
-- For viewers who only get coins and give gifts. Lay the lots end to end in the order in which they are spent and the gifts end
-- to end in the order of time: a gift takes of a lot what their intervals overlap, also when the lot comes later (debt). What
-- counts is on which day, so the gifts of a day are one interval (upto - coins, upto] and no gift has to be put in order. The
-- months before the period are one interval too, of day null.
with quarters as (
    select
        led_gift.viewer_no,
        quarter_hour(greatest(least(led_gift.sent_at, run.closing_instant), run.period_start)) as quarter,
        led_gift.coins
    from led_gift
    cross join run
    where led_gift.is_gift
),

earlier as (
    select viewer_id, entity, coins
    from stg_gift_events
    cross join run
    where accounting_month < run.period and sent_at >= run.first_start and kind = 'gift'
),

gifts as (
    select
        quarters.viewer_no,
        led_quarter_day.day,
        quarters.coins
    from quarters
    inner join led_quarter_day
        on led_quarter_day.quarter = quarters.quarter
    union all
    select
        led_viewer.viewer_no,
        cast(null as date) as day,
        earlier.coins
    from earlier
    inner join led_viewer
        on led_viewer.viewer_id = earlier.viewer_id
        and led_viewer.entity = earlier.entity
),

days as (
    select
        gifts.viewer_no,
        gifts.day,
        cast(sum(gifts.coins) as bigint) as coins
    from gifts
    left join led_lot_careful
        on led_lot_careful.viewer_no = gifts.viewer_no
    where led_lot_careful.viewer_no is null
    group by gifts.viewer_no, gifts.day
)

select
    viewer_no,
    day,
    coins,
    cast(sum(coins) over (
        partition by viewer_no
        order by day nulls first
        rows between unbounded preceding and current row
    ) as bigint) as upto
from days
