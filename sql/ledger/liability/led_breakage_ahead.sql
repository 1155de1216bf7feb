-- One row is the breakage of the coins of one channel, country and month that is taken ahead of the day on which nobody would spend them.
-- grain: entity, channel, country, month, rate
-- ASC 606-10-55-48: of what viewers are expected never to spend (breakage_rates, as in force at the sale) the part that they have spent of
-- the rest, over all the past at once, so that a changed expectation is caught up in the month that changes it. Never more than what is
-- left. None where unclaimed money belongs to a state (escheat in carat.yaml; 55-49). Sold is without what was taken back. Whole millionths; rate
-- in billionths.
with rated as (
    select
        led_lot.lot_id,
        led_lot.entity,
        led_lot.channel,
        purchases.country,
        led_lot.functional_currency,
        led_lot.accounting_month as month,
        led_lot.viewer_no,
        led_lot.lot_no,
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
    group by led_refund.bought_id
),

sums as (
    select
        rated.entity,
        rated.channel,
        rated.country,
        rated.functional_currency,
        rated.month,
        rated.rate,
        cast(known_sum(
            rated.functional_value - case when taken_back.bought_id is null then 0 else taken_back.value end
        ) as decimal(38, 0)) as sold,
        cast(known_sum(
            case when balances.lot_id is null then 0 else balances.closing_functional_value end
        ) as decimal(38, 0)) as left_value
    from rated
    left join taken_back
        on taken_back.bought_id = rated.lot_id
    left join led_lot_balance as balances
        on balances.viewer_no = rated.viewer_no
        and balances.lot_no = rated.lot_no
    group by rated.entity, rated.channel, rated.country, rated.functional_currency, rated.month, rated.rate
),

expected as (
    select
        entity,
        channel,
        country,
        functional_currency,
        month,
        rate,
        sold,
        left_value,
        share_of(sold, rate, 1000000000) as breakage
    from sums
    where sold > 0
)

select
    entity,
    channel,
    country,
    functional_currency,
    month,
    cast(rate as bigint) as rate,
    sold as sold_value,
    left_value,
    breakage as expected_value,
    cast(least(
        left_value,
        breakage,
        case
            when sold <= left_value then 0
            when sold = breakage then breakage
            else share_of(breakage, sold - left_value, sold - breakage)
        end
    ) as decimal(38, 0)) as value
from expected
