-- One row is the coins that one viewer gave away on one day of the period, or in all months before it, on the viewer's axis.
-- grain: viewer_no, day
-- Lay a viewer's gifts end to end in the order of time: those of a day are the interval (upto - coins, upto]. What counts is on
-- which day a gift was given, so no gift has to be put in order. The months before the period are one interval too, of day
-- null, but of a viewer who is carried forward: what they took is out of the lots already. Days are those on which gifts count: a late one on the period's first day, one after the month on its last.
with bounds as (
    select
        local_day(period_start, time_zone) as first_day,
        local_day(closing_instant, time_zone) as last_day
    from run
),

earlier as (
    select viewer_id, entity, coins
    from stg_gift_events
    cross join run
    where accounting_month < run.period and sent_at >= run.first_start and kind = 'gift'
    union all
    select viewer_id, entity, coins
    from led_reached_gift
    where kind = 'gift'
),

days as (
    select
        led_gift.viewer_no,
        greatest(least(led_gift.sent_day, bounds.last_day), bounds.first_day) as day,
        cast(sum(led_gift.coins) as bigint) as coins
    from led_gift
    cross join bounds
    where led_gift.is_gift
    group by led_gift.viewer_no, greatest(least(led_gift.sent_day, bounds.last_day), bounds.first_day)
    union all
    select
        led_viewer.viewer_no,
        cast(null as date) as day,
        cast(sum(earlier.coins) as bigint) as coins
    from earlier
    inner join led_viewer
        on led_viewer.viewer_id = earlier.viewer_id
        and led_viewer.entity = earlier.entity
    left join led_carried_viewer
        on led_carried_viewer.viewer_no = led_viewer.viewer_no
    where led_carried_viewer.viewer_no is null
    group by led_viewer.viewer_no
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
