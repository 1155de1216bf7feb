-- One row is a part of what is owed to viewers, in time: open coins by age, when they are expected to be spent, breakage ahead, expected refunds.
-- grain: kind, entity, channel, country, purchase_month, expected_month, rate
-- result: liability_ages
-- order: kind, entity, channel, country, purchase_month, expected_month, rate
-- kind open has the value of open coins by the month in which they were sold, recognition the months in which the same value is expected to be
-- spent, breakage what is taken ahead of it (breakage_rates), refund what spent coins are expected to be refunded yet. The contract
-- liability less breakage is what is owed; the refund liability stands beside it. Both stand below the bridge: what breakage ahead moves by is
-- booked (led_liability_ahead), what the refund liability moves by where `refund_reserve` is post. The others book nothing.
with parts as (
    select
        'open' as kind,
        entity,
        channel,
        cast(null as varchar) as country,
        functional_currency as currency,
        month as purchase_month,
        age_months,
        cast(null as varchar) as expected_month,
        cast(null as bigint) as rate,
        left_coins as coins,
        left_value as value
    from led_lot_cohort
    where point = 'closing' and left_coins > 0
    union all
    select
        'recognition' as kind,
        led_expected_recognition.entity,
        led_expected_recognition.channel,
        cast(null as varchar) as country,
        led_expected_recognition.functional_currency as currency,
        cast(null as varchar) as purchase_month,
        cast(null as bigint) as age_months,
        case when led_expected_recognition.months_ahead <= 12 then month_after(run.period, led_expected_recognition.months_ahead) end as expected_month,
        cast(null as bigint) as rate,
        cast(null as bigint) as coins,
        led_expected_recognition.value
    from led_expected_recognition
    cross join run
    union all
    select
        'breakage' as kind,
        led_breakage_ahead.entity,
        led_breakage_ahead.channel,
        led_breakage_ahead.country,
        led_breakage_ahead.functional_currency as currency,
        led_breakage_ahead.month as purchase_month,
        month_number(run.period) - month_number(led_breakage_ahead.month) as age_months,
        cast(null as varchar) as expected_month,
        led_breakage_ahead.rate,
        cast(null as bigint) as coins,
        led_breakage_ahead.value
    from led_breakage_ahead
    cross join run
    where led_breakage_ahead.point = 'closing'
    union all
    select
        'refund' as kind,
        entity,
        channel,
        cast(null as varchar) as country,
        functional_currency as currency,
        month as purchase_month,
        age_months,
        cast(null as varchar) as expected_month,
        rate,
        cast(null as bigint) as coins,
        value
    from led_refund_reserve
    where point = 'closing'
)

select
    run.period,
    run.run_id,
    parts.kind,
    parts.entity,
    parts.channel,
    parts.country,
    parts.currency,
    parts.purchase_month,
    parts.age_months,
    parts.expected_month,
    from_billionths(parts.rate) as rate,
    parts.coins,
    from_millionths(parts.value) as amount
from parts
cross join run
