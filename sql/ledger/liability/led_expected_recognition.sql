-- One row is the value of open coins of one channel that is expected to be spent in one month to come.
-- grain: entity, channel, months_ahead
-- From past spending: of coins so many months old the part that coins a month older have spent since (led_lot_survival), for twelve months.
-- months_ahead 13 is the rest: what is spent later, or of which the past tells nothing. The rows of a channel sum to the value of its
-- open lots. Whole millionths.
with steps as (
    select step
    from (values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11), (12)) as named (step)
),

open_cohorts as (
    select
        cohorts.entity,
        cohorts.channel,
        cohorts.functional_currency,
        cohorts.age_months,
        cohorts.left_value,
        survival.part
    from led_lot_cohort as cohorts
    left join led_lot_survival as survival
        on survival.entity = cohorts.entity
        and survival.channel = cohorts.channel
        and survival.age_months = cohorts.age_months
    where cohorts.point = 'closing' and cohorts.left_coins > 0
),

spent as (
    select
        open_cohorts.entity,
        open_cohorts.channel,
        open_cohorts.functional_currency,
        cast(steps.step as bigint) as months_ahead,
        share_of(open_cohorts.left_value, before.part, open_cohorts.part) - share_of(open_cohorts.left_value, after.part, open_cohorts.part) as value
    from open_cohorts
    cross join steps
    inner join led_lot_survival as before
        on before.entity = open_cohorts.entity
        and before.channel = open_cohorts.channel
        and before.age_months = open_cohorts.age_months + steps.step - 1
    inner join led_lot_survival as after
        on after.entity = open_cohorts.entity
        and after.channel = open_cohorts.channel
        and after.age_months = open_cohorts.age_months + steps.step
    where open_cohorts.part > 0 and open_cohorts.left_value is not null
),

expected as (
    select
        entity,
        channel,
        functional_currency,
        months_ahead,
        cast(sum(value) as decimal(38, 0)) as value
    from spent
    group by entity, channel, functional_currency, months_ahead
),

totals as (
    select
        entity,
        channel,
        functional_currency,
        cast(known_sum(left_value) as decimal(38, 0)) as value
    from open_cohorts
    group by entity, channel, functional_currency
),

expected_sums as (
    select
        entity,
        channel,
        functional_currency,
        cast(sum(value) as decimal(38, 0)) as value
    from expected
    group by entity, channel, functional_currency
)

select entity, channel, functional_currency, months_ahead, value
from expected
where value <> 0
union all
select
    totals.entity,
    totals.channel,
    totals.functional_currency,
    cast(13 as bigint) as months_ahead,
    cast(totals.value - coalesce(expected_sums.value, 0) as decimal(38, 0)) as value
from totals
left join expected_sums
    on expected_sums.entity = totals.entity
    and expected_sums.channel = totals.channel
    and expected_sums.functional_currency = totals.functional_currency
where totals.value is null or totals.value <> coalesce(expected_sums.value, 0)
