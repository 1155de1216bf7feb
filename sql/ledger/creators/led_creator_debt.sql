-- One row is one creator's debt at the end of the period in one currency, or one that the month began with.
-- grain: creator_id, entity, currency
-- amount = carrying_amount + deferred_gain: what of it is no gain yet (led_debt_gain has the rule). opening_gain and opening_allowance are
-- what the closed month before ended with; raised is what higher rates added to the deferred gain, released what recoveries and lower
-- rates took off it: opening_gain + raised - released = deferred_gain. The allowance is the share for the debt's age times the carrying
-- amount, in the currency's smallest unit; the debt's age counts from the day after whose end the balance stayed below zero.
with owed as (
    select
        led_debt_gain.creator_id,
        led_debt_gain.entity,
        led_debt_gain.currency,
        led_debt_gain.debt as diamonds,
        led_debt_gain.amount,
        led_debt_gain.carrying_amount,
        led_debt_gain.deferred_gain
    from led_debt_gain
    cross join run
    where led_debt_gain.range_to = run.period_end and led_debt_gain.debt > 0
),

bounds as (
    select
        local_day(period_start, time_zone) as first_day,
        local_day(closing_instant, time_zone) as last_day
    from run
),

-- what moved a debtor's balance, by the day on which it counts
changes as (
    select days.creator_id, days.entity, days.day, days.diamonds
    from mart_statement_days as days
    union all
    select movements.creator_id, movements.entity, local_day(greatest(movements.event_at, run.period_start), run.time_zone), movements.diamonds
    from led_diamond_movement as movements
    cross join run
    where movements.accounting_month = run.period
),

moved as (
    select
        owed.creator_id,
        owed.entity,
        owed.diamonds as debt,
        least(greatest(changes.day, bounds.first_day), bounds.last_day) as day,
        cast(sum(changes.diamonds) as bigint) as diamonds
    from owed
    cross join bounds
    inner join changes
        on changes.creator_id = owed.creator_id
        and changes.entity = owed.entity
    group by owed.creator_id, owed.entity, owed.diamonds, least(greatest(changes.day, bounds.first_day), bounds.last_day)
),

-- the balance before each of these days: the debt at the end, less what came on it and after it
before as (
    select
        creator_id,
        entity,
        day,
        -debt - cast(sum(diamonds) over (
            partition by creator_id, entity
            order by day
            rows between current row and unbounded following
        ) as bigint) as diamonds
    from moved
),

-- the last day that began without a debt; null where the month did with one that stayed
begun as (
    select creator_id, entity, max(case when diamonds >= 0 then day end) as begun_on
    from before
    group by creator_id, entity
),

raises as (
    select creator_id, entity, currency, sum(raised) as raised
    from led_debt_gain
    where raised <> 0
    group by creator_id, entity, currency
),

keys as (
    select creator_id, entity, currency
    from owed
    union
    select creator_id, entity, currency
    from closed_creator_debts
    where deferred_gain <> 0 or allowance <> 0
    union
    select creator_id, entity, currency
    from raises
),

told as (
    select
        keys.creator_id,
        keys.entity,
        keys.currency,
        coalesce(owed.diamonds, 0) as diamonds,
        coalesce(owed.amount, 0) as amount,
        coalesce(owed.carrying_amount, 0) as carrying_amount,
        coalesce(owed.deferred_gain, 0) as deferred_gain,
        coalesce(closed.deferred_gain, 0) as opening_gain,
        coalesce(raises.raised, 0) as raised,
        coalesce(closed.allowance, 0) as opening_allowance,
        case
            when owed.creator_id is null then cast(null as date)
            when begun.begun_on is not null then begun.begun_on
            else coalesce(closed.debt_since, local_day(case when run.period = run.first_period then run.first_start else run.period_start end, run.time_zone))
        end as debt_since,
        local_day(run.closing_instant, run.time_zone) as closing_day
    from keys
    cross join run
    left join owed
        on owed.creator_id = keys.creator_id
        and owed.entity = keys.entity
        and owed.currency = keys.currency
    left join begun
        on begun.creator_id = keys.creator_id
        and begun.entity = keys.entity
    left join raises
        on raises.creator_id = keys.creator_id
        and raises.entity = keys.entity
        and raises.currency = keys.currency
    left join closed_creator_debts as closed
        on closed.creator_id = keys.creator_id
        and closed.entity = keys.entity
        and closed.currency = keys.currency
),

aged as (
    select
        told.creator_id,
        told.entity,
        told.currency,
        max(run_debt_allowance.from_days) as from_days
    from told
    inner join run_debt_allowance
        on run_debt_allowance.from_days <= days_between(told.debt_since, told.closing_day)
    group by told.creator_id, told.entity, told.currency
)

select
    told.creator_id,
    told.entity,
    told.currency,
    cast(told.diamonds as bigint) as diamonds,
    cast(told.amount as decimal(38, 9)) as amount,
    cast(told.carrying_amount as decimal(38, 9)) as carrying_amount,
    cast(told.deferred_gain as decimal(38, 9)) as deferred_gain,
    cast(told.opening_gain as decimal(38, 9)) as opening_gain,
    cast(told.raised as decimal(38, 9)) as raised,
    cast(told.opening_gain + told.raised - told.deferred_gain as decimal(38, 9)) as released,
    told.debt_since,
    case when told.debt_since is not null then days_between(told.debt_since, told.closing_day) end as age_days,
    coalesce(run_debt_allowance.share, 0) as share,
    cast(half_up_minor(
        amount_at_rate(told.carrying_amount, coalesce(run_debt_allowance.share, 0)), coalesce(run_currencies.minor_digits, 2)
    ) as decimal(38, 9)) as allowance,
    cast(told.opening_allowance as decimal(38, 9)) as opening_allowance
from told
left join aged
    on aged.creator_id = told.creator_id
    and aged.entity = told.entity
    and aged.currency = told.currency
left join run_debt_allowance
    on run_debt_allowance.from_days = aged.from_days
left join run_currencies
    on run_currencies.currency = told.currency
