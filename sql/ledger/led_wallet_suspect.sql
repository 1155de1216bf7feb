-- One row is a viewer whose coins fell below zero in the month with a gift.
-- grain: viewer_id, entity
-- A viewer whose opening coins cover all that went out never falls short. Of the others the movements are put in order,
-- once, with numbers only; viewer_wallet then looks at the few that are left, with all the care it takes.
with exposed as (
    select
        row_number() over (order by viewer_id, entity) as viewer_no,
        viewer_id,
        entity,
        opening
    from led_viewer_rollforward
    where gifted > 0 and opening < debited
),

movements as (
    select
        exposed.viewer_no,
        exposed.opening,
        led_coin_movement.coins,
        led_coin_movement.kind = 'gifted' as is_gift,
        -- at the same instant credits come first, then debits, gifts last
        3 * instant_number(led_coin_movement.effective_at)
        + case when led_coin_movement.coins >= 0 then 0 when led_coin_movement.kind <> 'gifted' then 1 else 2 end as place
    from led_coin_movement
    inner join exposed
        on exposed.viewer_id = led_coin_movement.viewer_id
        and exposed.entity = led_coin_movement.entity
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
    exposed.viewer_id,
    exposed.entity,
    exposed.opening
from exposed
inner join short
    on short.viewer_no = exposed.viewer_no
