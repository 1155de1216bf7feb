-- One row is a viewer whose coins fell below zero in the month with a gift.
-- grain: viewer_id, entity
-- for: speed
-- A viewer whose opening coins cover all that went out never falls short. Neither does one on a day that began with the coins
-- for all that went out on it, whatever the order. Only on the other days are the movements put in order, in numbers;
-- viewer_wallet then looks at the few viewers that are left, movement by movement.
with exposed as (
    select
        viewer_no,
        opening
    from led_viewer_rollforward
    where gifted > 0 and opening < debited
),

sums as (
    select
        exposed.viewer_no,
        led_viewer_day.day,
        1 as has_gift,
        -led_viewer_day.coins as coins,
        led_viewer_day.coins as debited
    from led_viewer_day
    inner join exposed
        on exposed.viewer_no = led_viewer_day.viewer_no
    where led_viewer_day.day is not null
    union all
    select
        exposed.viewer_no,
        led_coin_change.day,
        0 as has_gift,
        led_coin_change.coins,
        greatest(0, -led_coin_change.coins) as debited
    from led_coin_change
    inner join exposed
        on exposed.viewer_no = led_coin_change.viewer_no
    where not led_coin_change.is_gift
),

days as (
    select
        viewer_no,
        day,
        max(has_gift) as has_gift,
        cast(sum(coins) as bigint) as coins,
        cast(sum(debited) as bigint) as debited
    from sums
    group by viewer_no, day
),

begun as (
    select
        viewer_no,
        day,
        has_gift,
        debited,
        coalesce(cast(sum(coins) over (
            partition by viewer_no
            order by day
            rows between unbounded preceding and 1 preceding
        ) as bigint), 0) as coins_before
    from days
),

doubtful as (
    select
        begun.viewer_no,
        begun.day,
        exposed.opening + begun.coins_before as balance
    from begun
    inner join exposed
        on exposed.viewer_no = begun.viewer_no
    where begun.has_gift = 1 and exposed.opening + begun.coins_before < begun.debited
),

movements as (
    select
        doubtful.viewer_no,
        doubtful.day,
        doubtful.balance,
        led_coin_change.coins,
        led_coin_change.is_gift,
        -- at the same instant credits come first, then debits, gifts last
        3 * instant_number(led_coin_change.effective_at)
        + case when led_coin_change.coins >= 0 then 0 when not led_coin_change.is_gift then 1 else 2 end as place
    from led_coin_change
    inner join doubtful
        on doubtful.viewer_no = led_coin_change.viewer_no
        and doubtful.day = led_coin_change.day
),

running as (
    select
        viewer_no,
        is_gift,
        balance + sum(coins) over (
            partition by viewer_no, day
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
