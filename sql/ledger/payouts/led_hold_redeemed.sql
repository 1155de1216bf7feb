-- One row is what one creator redeemed between an instant from which a hold counts and the payout or period's end it serves.
-- grain: creator_id, entity, hold_at, until_at, payout_id
-- Redemptions that failed or came back before then are none: their diamonds were held long enough before. payout_id is the
-- payout that is judged, null for the period's end; of two requests at one instant the smaller id comes first.
with windows as (
    select creator_id, entity, payout_id, hold_at, requested_at as until_at
    from led_payout_rule
    where hold_days > 0
    union all
    select creator_id, cast(null as varchar) as entity, cast(null as varchar) as payout_id, hold_at, run.period_end as until_at
    from led_creator_hold
    cross join run
    where hold_days > 0
),

undone as (
    select
        payout_id,
        min(event_at) as undone_at
    from led_payout_event
    where status in ('failed', 'returned')
    group by payout_id
)

select
    windows.creator_id,
    movements.entity,
    windows.payout_id,
    windows.hold_at,
    windows.until_at,
    cast(sum(-movements.diamonds) as bigint) as diamonds
from windows
cross join run
inner join led_diamond_movement as movements
    on movements.creator_id = windows.creator_id
left join undone
    on undone.payout_id = movements.reference_id
where movements.kind = 'redeemed'
    and (windows.entity is null or movements.entity = windows.entity)
    and (movements.event_at > windows.hold_at or movements.accounting_month > local_month(windows.hold_at, run.time_zone))
    and (
        movements.event_at < windows.until_at
        or (movements.event_at = windows.until_at and movements.reference_id < windows.payout_id)
    )
    and (undone.undone_at is null or undone.undone_at > windows.until_at)
group by windows.creator_id, movements.entity, windows.payout_id, windows.hold_at, windows.until_at
