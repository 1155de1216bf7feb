-- One row is how low the month's movements brought one viewer's coins with a gift, counted from where the month began.
-- grain: viewer_no
-- for: speed
-- At one instant all counts at once, and only instants with a gift do. The viewer fell short where the opening doesn't cover the low;
-- viewer_wallet then looks at the few who did, movement by movement.
with instants as (
    select
        viewer_no,
        effective_at,
        cast(sum(coins) as bigint) as coins,
        max(case when is_gift then 1 else 0 end) as has_gift
    from led_coin_change
    group by viewer_no, effective_at
),

running as (
    select
        viewer_no,
        has_gift,
        cast(sum(coins) over (
            partition by viewer_no
            order by effective_at
            rows between unbounded preceding and current row
        ) as bigint) as balance
    from instants
)

select
    viewer_no,
    min(balance) as low
from running
where has_gift = 1
group by viewer_no
