-- One row is the part of the value of coins of one channel that is still unspent so many months after they were sold.
-- grain: entity, channel, age_months
-- In billionths, as the months of the past show it: of the coins sold that long ago, what is left now. Older coins are never less
-- spent than younger ones: where a month was spent more slowly, the younger one's part holds. A channel knows no age before its first month.
with ages as (
    select
        cohorts.entity,
        cohorts.channel,
        month_number(run.period) - month_number(run_months.accounting_month) as age_months,
        max(cohorts.age_months) as oldest
    from led_lot_cohort as cohorts
    cross join run
    cross join run_months
    where cohorts.point = 'closing'
    group by cohorts.entity, cohorts.channel, month_number(run.period) - month_number(run_months.accounting_month)
),

parts as (
    select
        ages.entity,
        ages.channel,
        ages.age_months,
        case when cohorts.sold_value > 0 and cohorts.left_value >= 0
            then least(divide_half_even(cohorts.left_value * 1000000000, cohorts.sold_value), 1000000000)
        end as part
    from ages
    left join led_lot_cohort as cohorts
        on cohorts.point = 'closing'
        and cohorts.entity = ages.entity
        and cohorts.channel = ages.channel
        and cohorts.age_months = ages.age_months
    where ages.age_months <= ages.oldest
),

running as (
    select
        entity,
        channel,
        age_months,
        min(part) over (
            partition by entity, channel
            order by age_months
            rows between unbounded preceding and current row
        ) as part
    from parts
)

select
    entity,
    channel,
    age_months,
    cast(part as bigint) as part
from running
where part is not null
