-- One row is a viewer whose coins fell below zero in the month with a gift.
-- grain: viewer_id, entity
-- A viewer whose opening coins cover all that went out never falls short. Of the others the movements are put in order,
-- once, with numbers only; viewer_wallet then looks at the few that are left, with all the care it takes.
with exposed as (
    select
        viewer_no,
        opening
    from led_viewer_rollforward
    where gifted > 0 and opening < debited
),

movements as (
    select
        exposed.viewer_no,
        exposed.opening,
        led_coin_change.coins,
        led_coin_change.is_gift,
        -- at the same instant credits come first, then debits, gifts last
        3 * instant_number(led_coin_change.effective_at)
        + case when led_coin_change.coins >= 0 then 0 when not led_coin_change.is_gift then 1 else 2 end as place
    from led_coin_change
    inner join exposed
        on exposed.viewer_no = led_coin_change.viewer_no
),

running as (
    select
        viewer_no,
        is_gift,
        opening + sum(coins) over (
            partition by viewer_no
            order by place
            rows between unbounded preceding and current row
        ) as balance
    from movements
),

short as (
    select distinct viewer_no
    from running
    where is_gift and balance < 0
)

select
    led_viewer.viewer_id,
    led_viewer.entity,
    exposed.opening
from exposed
inner join short
    on short.viewer_no = exposed.viewer_no
inner join led_viewer
    on led_viewer.viewer_no = exposed.viewer_no
