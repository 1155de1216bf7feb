-- One row is the breakage of the coins of one channel, country and month that is taken ahead of the day on which nobody would spend them.
-- grain: entity, channel, country, point, month, rate
-- ASC 606-10-55-48: of what viewers are expected never to spend (breakage_rates, as in force at the sale) the part that they have spent of
-- the rest, over all the past at once, so that a changed expectation is caught up in the month that changes it. What broke already
-- (expired, corrected, or of viewers who were inactive for long) is breakage of the books and no spending: it is carved out. Never more than
-- what is left. None where unclaimed money belongs to a state (escheat in carat.yaml; 55-49). Sold is without what was taken back.
-- point is the end of the period at which it is told, opening or closing. Whole millionths; rate in billionths.
with points as (
    select 'closing' as point, month_number(period) as month_no
    from run
    union all
    select 'opening' as point, month_number(period) - 1 as month_no
    from run
),

rated as (
    select
        led_lot.lot_id,
        led_lot.entity,
        led_lot.channel,
        purchases.country,
        led_lot.functional_currency,
        led_lot.accounting_month as month,
        led_lot.viewer_no,
        led_lot.lot_no,
        led_lot.coins,
        led_lot.functional_value,
        billionths(rates.rate) as rate
    from led_lot
    inner join stg_coin_purchases as purchases
        on purchases.purchase_id = led_lot.lot_id
    inner join stg_breakage_rates as rates
        on rates.channel = led_lot.channel
        and rates.country = purchases.country
        and purchases.purchased_at >= rates.valid_from
        and purchases.purchased_at < rates.valid_until
    left join run_escheat
        on run_escheat.country = purchases.country
    where run_escheat.country is null and rates.rate > 0
),

taken_back as (
    select
        led_refund.bought_id,
        month_number(refunds.accounting_month) as month_no,
        cast(known_sum(
            case refunds.kind when 'chargeback_reversal' then -1 else 1 end
            * at_rate(millionths(refunds.gross_amount - refunds.tax_amount), rated_lots.fx_rate)
        ) as decimal(38, 0)) as value
    from led_refund
    inner join led_purchase_fee as refunds
        on refunds.purchase_id = led_refund.purchase_id
    inner join led_lot as rated_lots
        on rated_lots.lot_id = led_refund.bought_id
        and rated_lots.entity = led_refund.entity
    where exists (select 1 from stg_breakage_rates)
    group by led_refund.bought_id, month_number(refunds.accounting_month)
),

-- the month at whose end the viewer's open lots lost their value
lost as (
    select
        rated.viewer_no,
        rated.lot_no,
        min(month_number(led_lot_break.accounting_month)) as month_no
    from rated
    inner join led_lot_break
        on led_lot_break.viewer_no = rated.viewer_no
        and led_lot_break.accounting_month >= rated.month
    group by rated.viewer_no, rated.lot_no
),

takes as (
    select
        rated.viewer_no,
        rated.lot_no,
        month_number(led_lot_take.accounting_month) as month_no,
        cast(sum(led_lot_take.before - led_lot_take.after) as bigint) as coins,
        cast(known_sum(case when led_lot_take.kind <> 'breakage' then 0 else
            carried(rated.functional_value, led_lot_take.before, rated.coins) - carried(rated.functional_value, led_lot_take.after, rated.coins)
        end) as decimal(38, 0)) as expired_value
    from rated
    inner join led_lot_take
        on led_lot_take.viewer_no = rated.viewer_no
        and led_lot_take.lot_no = rated.lot_no
    group by rated.viewer_no, rated.lot_no, month_number(led_lot_take.accounting_month)
),

-- what an inactive viewer's lot carried when it broke
kept as (
    select
        lost.viewer_no,
        lost.lot_no,
        lost.month_no,
        cast(coalesce(sum(takes.coins), 0) as bigint) as coins
    from lost
    left join takes
        on takes.viewer_no = lost.viewer_no
        and takes.lot_no = lost.lot_no
        and takes.month_no <= lost.month_no
    group by lost.viewer_no, lost.lot_no, lost.month_no
),

broken as (
    select kept.viewer_no, kept.lot_no, kept.month_no, carried(rated.functional_value, rated.coins - kept.coins, rated.coins) as value
    from kept
    inner join rated
        on rated.viewer_no = kept.viewer_no
        and rated.lot_no = kept.lot_no
    union all
    select takes.viewer_no, takes.lot_no, takes.month_no, takes.expired_value as value
    from takes
    left join lost
        on lost.viewer_no = takes.viewer_no
        and lost.lot_no = takes.lot_no
        and lost.month_no < takes.month_no
    where takes.expired_value <> 0 and lost.viewer_no is null
),

parts as (
    select
        points.point, rated.entity, rated.channel, rated.country, rated.functional_currency, rated.month, rated.rate,
        rated.functional_value as sold,
        case
            when balances.lot_id is null then 0
            when points.point = 'opening' then balances.opening_functional_value
            else balances.closing_functional_value
        end as left_value,
        0 as broken_value
    from rated
    inner join points
        on points.month_no >= month_number(rated.month)
    left join led_lot_balance as balances
        on balances.viewer_no = rated.viewer_no
        and balances.lot_no = rated.lot_no
    union all
    select
        points.point, rated.entity, rated.channel, rated.country, rated.functional_currency, rated.month, rated.rate,
        -taken_back.value as sold, 0 as left_value, 0 as broken_value
    from rated
    inner join taken_back
        on taken_back.bought_id = rated.lot_id
    inner join points
        on points.month_no >= taken_back.month_no
    union all
    select
        points.point, rated.entity, rated.channel, rated.country, rated.functional_currency, rated.month, rated.rate,
        0 as sold, 0 as left_value, broken.value as broken_value
    from rated
    inner join broken
        on broken.viewer_no = rated.viewer_no
        and broken.lot_no = rated.lot_no
    inner join points
        on points.month_no >= broken.month_no
),

sums as (
    select
        point,
        entity,
        channel,
        country,
        functional_currency,
        month,
        rate,
        cast(known_sum(sold) as decimal(38, 0)) as sold,
        cast(known_sum(left_value) as decimal(38, 0)) as left_value,
        cast(known_sum(broken_value) as decimal(38, 0)) as broken_value
    from parts
    group by point, entity, channel, country, functional_currency, month, rate
),

expected as (
    select
        point,
        entity,
        channel,
        country,
        functional_currency,
        month,
        rate,
        sold,
        left_value,
        broken_value,
        sold - left_value - broken_value as spent,
        share_of(sold, rate, 1000000000) as breakage
    from sums
    where sold > 0
)

select
    entity,
    channel,
    country,
    functional_currency,
    point,
    month,
    cast(rate as bigint) as rate,
    sold as sold_value,
    left_value,
    broken_value,
    breakage as expected_value,
    cast(case when left_value is not null then least(
        left_value,
        greatest(
            0,
            least(
                breakage,
                case
                    when spent <= 0 then 0
                    when sold = breakage then breakage
                    else share_of(breakage, spent, sold - breakage)
                end
            ) - broken_value
        )
    ) end as decimal(38, 0)) as value
from expected
