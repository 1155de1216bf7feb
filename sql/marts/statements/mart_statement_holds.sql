-- One row is the part of one creator's balance that becomes free to be paid out on one day.
-- grain: creator_id, entity, currency, release_at
-- result: statement_holds
-- order: creator_id, entity, currency, release_at
-- Only balances of which something is held have rows. A hold counts from the balance (payout_rules): what was there hold_days
-- before an instant, less what was redeemed since, is free at it. So what a day's gifts, adjustments and returned payouts
-- added is free when the hold has passed since the day's end, and what is free once stays so. held_ are the whole, on
-- every row; the rows sum to it. Valued like the closing balance; amounts are rounded along the running total.
with held as (
    select
        balances.creator_id,
        balances.entity,
        balances.currency,
        balances.diamonds as closing_diamonds,
        balances.held as held_diamonds,
        holds.hold_days,
        holds.hold_at,
        led_rate_at.diamond_value
    from mart_creator_balances as balances
    cross join run
    inner join led_creator_hold as holds
        on holds.creator_id = balances.creator_id
    inner join led_creator_span
        on led_creator_span.creator_id = balances.creator_id
        and led_creator_span.range_to = run.period_end
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
        and led_rate_at.currency = balances.currency
    where balances.held > 0
),

undone as (
    select payout_id
    from led_payout_event
    cross join run
    where status in ('failed', 'returned') and event_at <= run.period_end
    group by payout_id
),

-- what changed the balance, by day; a redemption that stands was free before, and moves nothing
changes as (
    select creator_id, entity, day, diamonds
    from mart_statement_days
    union all
    select
        movements.creator_id,
        movements.entity,
        local_day(greatest(movements.event_at, run.period_start), run.time_zone) as day,
        movements.diamonds
    from led_diamond_movement as movements
    cross join run
    left join undone
        on undone.payout_id = movements.reference_id
    where movements.accounting_month = run.period
        and (movements.kind <> 'redeemed' or undone.payout_id is not null)
),

bounds as (
    select
        local_day(period_start, time_zone) as first_day,
        local_day(closing_instant, time_zone) as last_day
    from run
),

daily as (
    select
        changes.creator_id,
        changes.entity,
        least(greatest(changes.day, bounds.first_day), bounds.last_day) as day,
        cast(sum(changes.diamonds) as bigint) as diamonds
    from changes
    cross join bounds
    group by changes.creator_id, changes.entity, least(greatest(changes.day, bounds.first_day), bounds.last_day)
),

-- the balance of each day's end that could be redeemed when the hold has passed since: the closing one less what came later
points as (
    select
        held.creator_id,
        held.entity,
        held.currency,
        held.closing_diamonds,
        held.held_diamonds,
        held.hold_days,
        held.hold_at,
        held.diamond_value,
        daily.day,
        held.closing_diamonds - cast(sum(daily.diamonds) over (
            partition by held.creator_id, held.entity, held.currency
            order by daily.day
            rows between current row and unbounded following
        ) as bigint) + daily.diamonds as free_diamonds
    from held
    inner join daily
        on daily.creator_id = held.creator_id
        and daily.entity = held.entity
),

-- a hold longer than the month began before it: what the month opened with is free when the hold has passed since its start
openings as (
    select
        held.creator_id,
        held.entity,
        held.currency,
        held.closing_diamonds,
        held.held_diamonds,
        held.hold_days,
        held.hold_at,
        held.diamond_value,
        day_before(bounds.first_day) as day,
        held.closing_diamonds - cast(sum(daily.diamonds) as bigint) as free_diamonds
    from held
    cross join bounds
    inner join daily
        on daily.creator_id = held.creator_id
        and daily.entity = held.entity
    group by
        held.creator_id, held.entity, held.currency, held.closing_diamonds, held.held_diamonds, held.hold_days, held.hold_at,
        held.diamond_value, day_before(bounds.first_day)
),

-- held from before and without any movement in the month: all of it is free when the hold has passed since the month's start
still as (
    select
        held.creator_id,
        held.entity,
        held.currency,
        held.closing_diamonds,
        held.held_diamonds,
        held.hold_days,
        held.hold_at,
        held.diamond_value,
        day_before(bounds.first_day) as day,
        held.closing_diamonds as free_diamonds
    from held
    cross join bounds
    left join daily
        on daily.creator_id = held.creator_id
        and daily.entity = held.entity
    where daily.creator_id is null
),

steps as (
    select
        creator_id, entity, currency, closing_diamonds, held_diamonds, hold_days, diamond_value, day,
        days_after(day_end(day, run.time_zone), hold_days) as release_at,
        greatest(closing_diamonds - held_diamonds, least(free_diamonds, closing_diamonds)) as free_diamonds
    from (
        select creator_id, entity, currency, closing_diamonds, held_diamonds, hold_days, hold_at, diamond_value, day, free_diamonds from points
        union all
        select creator_id, entity, currency, closing_diamonds, held_diamonds, hold_days, hold_at, diamond_value, day, free_diamonds from openings
        union all
        select creator_id, entity, currency, closing_diamonds, held_diamonds, hold_days, hold_at, diamond_value, day, free_diamonds from still
    ) as days
    cross join run
    where day_end(day, run.time_zone) > hold_at
),

running as (
    select
        creator_id, entity, currency, closing_diamonds, held_diamonds, hold_days, diamond_value, release_at,
        max(free_diamonds) over (
            partition by creator_id, entity, currency order by release_at rows between unbounded preceding and current row
        ) - (closing_diamonds - held_diamonds) as upto
    from steps
),

parts as (
    select
        creator_id, entity, currency, held_diamonds, hold_days, diamond_value, release_at, upto,
        upto - coalesce(lag(upto) over (partition by creator_id, entity, currency order by release_at), 0) as diamonds
    from running
)

select
    run.period,
    run.run_id,
    parts.creator_id,
    parts.entity,
    parts.currency,
    parts.release_at,
    parts.hold_days,
    parts.diamonds,
    cast(
        cast(parts.upto * parts.diamond_value as decimal(38, 6))
        - cast((parts.upto - parts.diamonds) * parts.diamond_value as decimal(38, 6))
        as decimal(38, 6)
    ) as amount,
    parts.held_diamonds,
    cast(parts.held_diamonds * parts.diamond_value as decimal(38, 6)) as held_amount
from parts
cross join run
where parts.diamonds > 0
