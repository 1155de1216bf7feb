-- One row is what one creator held at one instant from which a hold counts.
-- grain: creator_id, entity, hold_at
-- Everything that took effect up to that instant. Within the period the creator's timeline knows it; before it, what took
-- effect since is taken off the opening. An instant before carat began stands for its beginning. Gifts of earlier months are read from the month
-- before the first of these instants' on: a row counts in the month in which it was sent or later, and that month was told in a time zone that may have been another.
with points as (
    select creator_id, hold_at
    from led_payout_rule
    where hold_days > 0
    union
    select creator_id, hold_at
    from led_creator_hold
    where hold_days > 0
),

early_points as (
    select
        points.creator_id,
        points.hold_at,
        local_month(points.hold_at, run.time_zone) as hold_month
    from points
    cross join run
    where points.hold_at < run.period_start
),

near_months as (
    select distinct led_earlier_batch.accounting_month
    from led_earlier_batch
    cross join (select min(month_number(hold_month)) as first_no from early_points) as firsts
    where month_number(led_earlier_batch.accounting_month) >= firsts.first_no - 1
),

known_gifts as (
    select creator_id, entity, kind, diamonds, capture, sent_at, accounting_month
    from stg_gift_events
    union all
    select
        earlier.creator_id,
        earlier.entity,
        earlier.kind,
        earlier.diamonds,
        earlier.capture,
        earlier.sent_at,
        earlier.accounting_month
    from stg_earlier_gift_events as earlier
    inner join near_months
        on near_months.accounting_month = earlier.accounting_month
),

since as (
    select
        early_points.creator_id,
        early_points.hold_at,
        gifts.entity,
        case gifts.kind when 'gift' then gifts.diamonds else -gifts.diamonds end as diamonds
    from known_gifts as gifts
    cross join run
    inner join early_points
        on early_points.creator_id = gifts.creator_id
    where gifts.accounting_month < run.period
        and gifts.sent_at >= run.first_start
        and (gifts.capture is null or gifts.kind <> 'gift')
        and (gifts.sent_at > early_points.hold_at or gifts.accounting_month > early_points.hold_month)
    union all
    select
        early_points.creator_id,
        early_points.hold_at,
        led_live_gift.entity,
        led_live_gift.diamonds
    from led_live_gift
    cross join run
    inner join early_points
        on early_points.creator_id = led_live_gift.creator_id
    where led_live_gift.accounting_month < run.period
        and (led_live_gift.sent_at > early_points.hold_at or led_live_gift.accounting_month > early_points.hold_month)
    union all
    select
        early_points.creator_id,
        early_points.hold_at,
        movements.entity,
        movements.diamonds
    from led_diamond_movement as movements
    cross join run
    inner join early_points
        on early_points.creator_id = movements.creator_id
    where movements.accounting_month < run.period
        and (movements.event_at > early_points.hold_at or movements.accounting_month > early_points.hold_month)
),

since_sums as (
    select
        creator_id,
        hold_at,
        entity,
        cast(sum(diamonds) as bigint) as diamonds
    from since
    group by creator_id, hold_at, entity
)

select
    points.creator_id,
    balances.entity,
    points.hold_at,
    balances.balance_diamonds as diamonds
from points
cross join run
inner join led_creator_balance as balances
    on balances.creator_id = points.creator_id
    and balances.range_to = just_after(points.hold_at)
where points.hold_at >= run.period_start
union all
select
    early_points.creator_id,
    subjects.entity,
    early_points.hold_at,
    coalesce(led_creator_opening.diamonds, 0) - coalesce(since_sums.diamonds, 0) as diamonds
from early_points
inner join led_creator_subject as subjects
    on subjects.creator_id = early_points.creator_id
left join led_creator_opening
    on led_creator_opening.creator_id = subjects.creator_id
    and led_creator_opening.entity = subjects.entity
left join since_sums
    on since_sums.creator_id = subjects.creator_id
    and since_sums.entity = subjects.entity
    and since_sums.hold_at = early_points.hold_at
