-- One row is one side of what rates of diamonds and age do to creators' debts: a debit, or negative a credit.
-- grain: entity, day, rate_day, event_class, currency, role (several rows)
-- A rate's change itself is booked as every revaluation is, against the creators' share (led_posting_creator). What it added to a debt is
-- taken out of that again on the same day, and deferred; a lower rate takes from what was deferred on its day, and what was recovered in
-- a stretch of one rate is released on the stretch's last day. So a rise is no gain before it is recovered, and a fall is a loss only
-- beyond what was deferred. What the closed month deferred of a debt that is another today is released on the month's last day. The
-- allowance moves to what is expected to be lost of what is carried.
with steps as (
    select
        led_debt_gain.entity,
        local_day(greatest(led_debt_gain.range_from, run.period_start), run.time_zone) as day,
        led_debt_gain.currency,
        led_debt_gain.raised - led_debt_gain.lost as amount
    from led_debt_gain
    cross join run
    union all
    select
        led_debt_gain.entity,
        local_day(greatest(led_debt_gain.range_from, run.period_start), run.time_zone) as day,
        led_debt_gain.moved_currency,
        -led_debt_gain.moved_gain
    from led_debt_gain
    cross join run
    where led_debt_gain.moved_gain <> 0
    union all
    select
        led_debt_gain.entity,
        local_day(least(just_before(led_debt_gain.range_to), run.closing_instant), run.time_zone) as day,
        led_debt_gain.currency,
        -led_debt_gain.recovered
    from led_debt_gain
    cross join run
    union all
    select
        led_creator_debt.entity,
        local_day(run.closing_instant, run.time_zone),
        led_creator_debt.currency,
        led_creator_debt.deferred_gain - led_creator_debt.opening_gain
    from led_creator_debt
    cross join run
    union all
    select led_debt_gain.entity, local_day(run.closing_instant, run.time_zone), led_debt_gain.currency,
        led_debt_gain.lost + led_debt_gain.recovered - led_debt_gain.raised
    from led_debt_gain
    cross join run
    union all
    select led_debt_gain.entity, local_day(run.closing_instant, run.time_zone), led_debt_gain.moved_currency, led_debt_gain.moved_gain
    from led_debt_gain
    cross join run
    where led_debt_gain.moved_gain <> 0
),

gains as (
    select entity, day, currency, sum(amount) as amount
    from steps
    group by entity, day, currency
    having sum(amount) <> 0
),

allowances as (
    select
        led_creator_debt.entity,
        local_day(run.closing_instant, run.time_zone) as day,
        led_creator_debt.currency,
        sum(led_creator_debt.allowance - led_creator_debt.opening_allowance) as amount
    from led_creator_debt
    cross join run
    group by led_creator_debt.entity, local_day(run.closing_instant, run.time_zone), led_creator_debt.currency
)

select entity, day, day as rate_day, 'debt_gain' as event_class, currency, 'creator_share' as role, cast(amount as decimal(38, 9)) as amount
from gains
union all
select entity, day, day, 'debt_gain', currency, 'deferred_debt_gain', cast(-amount as decimal(38, 9))
from gains
union all
select entity, day, day, 'debt_allowance', currency, 'debt_allowance', cast(amount as decimal(38, 9))
from allowances
where amount <> 0
union all
select entity, day, day, 'debt_allowance', currency, 'creator_debt_allowance', cast(-amount as decimal(38, 9))
from allowances
where amount <> 0
