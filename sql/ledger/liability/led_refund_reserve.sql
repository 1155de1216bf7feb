-- One row is what the coins of one channel and month that are spent are expected to be refunded yet, as one end of the period knows it.
-- grain: entity, channel, point, month
-- point is opening or closing: what refunds and sales came later is not known at the opening.
-- Coins that are not spent are a liability already, so only what was earned of them counts: sold, less what is left and what was taken
-- back. Of it the 12-month average loss by age, over the ages below twelve months that the month hasn't reached yet: for each age what was taken back
-- at that age of the last twelve months that have reached it, by what was sold in them. Without a past there is no loss. Whole millionths; rate in billionths.
with ages as (
    select age_months
    from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11)) as named (age_months)
),

points as (
    select 'closing' as point, month_number(period) as month_no
    from run
    union all
    select 'opening' as point, month_number(period) - 1 as month_no
    from run
),

-- the last twelve months that have reached an age: those that are so old, and up to eleven months older
sold as (
    select
        cohorts.entity,
        cohorts.channel,
        cohorts.point,
        ages.age_months,
        cast(sum(cohorts.sold_value) as decimal(38, 0)) as value
    from led_lot_cohort as cohorts
    inner join ages
        on cohorts.age_months >= ages.age_months
        and cohorts.age_months < ages.age_months + 12
    group by cohorts.entity, cohorts.channel, cohorts.point, ages.age_months
),

lost as (
    select
        led_refund_loss.entity,
        led_refund_loss.channel,
        points.point,
        led_refund_loss.age_months,
        cast(sum(led_refund_loss.value) as decimal(38, 0)) as value
    from led_refund_loss
    cross join points
    where points.month_no - month_number(led_refund_loss.month) < led_refund_loss.age_months + 12
        and points.month_no - month_number(led_refund_loss.month) >= led_refund_loss.age_months
    group by led_refund_loss.entity, led_refund_loss.channel, points.point, led_refund_loss.age_months
),

rates as (
    select
        sold.entity,
        sold.channel,
        sold.point,
        sold.age_months,
        divide_half_even(greatest(coalesce(lost.value, 0), 0) * 1000000000, sold.value) as rate
    from sold
    left join lost
        on lost.entity = sold.entity
        and lost.channel = sold.channel
        and lost.point = sold.point
        and lost.age_months = sold.age_months
    where sold.value > 0
),

losses as (
    select
        led_refund_loss.entity,
        led_refund_loss.channel,
        points.point,
        led_refund_loss.month,
        cast(known_sum(led_refund_loss.value) as decimal(38, 0)) as value
    from led_refund_loss
    cross join points
    where points.month_no - month_number(led_refund_loss.month) >= led_refund_loss.age_months
    group by led_refund_loss.entity, led_refund_loss.channel, points.point, led_refund_loss.month
),

earned as (
    select
        cohorts.entity,
        cohorts.channel,
        cohorts.functional_currency,
        cohorts.point,
        cohorts.month,
        cohorts.age_months,
        cohorts.sold_value - cohorts.left_value - case when losses.entity is null then 0 else losses.value end as value
    from led_lot_cohort as cohorts
    left join losses
        on losses.entity = cohorts.entity
        and losses.channel = cohorts.channel
        and losses.point = cohorts.point
        and losses.month = cohorts.month
),

ahead as (
    select
        earned.entity,
        earned.channel,
        earned.functional_currency,
        earned.point,
        earned.month,
        earned.age_months,
        earned.value,
        cast(sum(rates.rate) as decimal(38, 0)) as rate
    from earned
    inner join rates
        on rates.entity = earned.entity
        and rates.channel = earned.channel
        and rates.point = earned.point
        and rates.age_months > earned.age_months
    group by earned.entity, earned.channel, earned.functional_currency, earned.point, earned.month, earned.age_months, earned.value
)

select
    entity,
    channel,
    functional_currency,
    point,
    month,
    age_months,
    cast(value as decimal(38, 0)) as earned_value,
    cast(rate as bigint) as rate,
    share_of(value, rate, 1000000000) as value
from ahead
where rate > 0 and (value > 0 or value is null)
