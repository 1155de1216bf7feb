-- One row is the money of one refund, chargeback or chargeback reversal of the period.
-- grain: purchase_id
-- Signed as it leaves: a refund's is positive, a chargeback reversal's negative. value is the money net of tax: what of it the
-- coins taken back no longer carried is contra-revenue. Tax, the part of it that we owed, and the store fee are those of
-- led_purchase_fee. The functional amounts are told at the rate at which the purchase was, because contra-revenue undoes what was
-- sold then; of an unknown or older purchase at that of its own day. day_gross, day_tax, day_own_tax and day_fee are the same money
-- at the rate of the refund's own day: what is owed for it since then. Whole millionths.
with refunds as (
    select
        purchases.purchase_id,
        led_viewer.viewer_no,
        purchases.entity,
        purchases.channel,
        purchases.currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        led_refund.bought_id,
        case purchases.kind when 'chargeback_reversal' then -1 else 1 end as direction,
        purchases.coins + purchases.bonus_coins as coins,
        millionths(purchases.gross_amount) as gross,
        millionths(purchases.tax_amount) as tax,
        millionths(purchases.own_tax_amount) as own_tax,
        millionths(purchases.booked_fee) as fee,
        quarter_hour(purchases.purchased_at) as event_quarter,
        quarter_hour(greatest(least(purchases.purchased_at, run.closing_instant), run.period_start)) as quarter
    from led_purchase_fee as purchases
    cross join run
    inner join led_refund
        on led_refund.purchase_id = purchases.purchase_id
    inner join led_viewer
        on led_viewer.viewer_id = purchases.viewer_id
        and led_viewer.entity = purchases.entity
    left join run_entities
        on run_entities.entity = purchases.entity
    where purchases.kind <> 'purchase'
        and purchases.accounting_month = run.period
        and purchases.purchased_at >= run.first_start
),

rated as (
    select
        refunds.purchase_id,
        refunds.viewer_no,
        refunds.entity,
        refunds.channel,
        refunds.currency,
        refunds.functional_currency,
        refunds.direction,
        refunds.coins,
        refunds.gross,
        refunds.tax,
        refunds.own_tax,
        refunds.fee,
        counts.day,
        case
            when refunds.currency = refunds.functional_currency then cast(1 as decimal(18, 9))
            when led_lot.currency = refunds.currency then led_lot.fx_rate
            else led_fx_rate.rate
        end as fx_rate,
        case when refunds.currency = refunds.functional_currency then cast(1 as decimal(18, 9)) else led_fx_rate.rate end as day_rate
    from refunds
    inner join led_quarter_day as counts
        on counts.quarter = refunds.quarter
    inner join led_quarter_day as happened
        on happened.quarter = refunds.event_quarter
    left join led_lot
        on led_lot.viewer_no = refunds.viewer_no
        and led_lot.lot_id = refunds.bought_id
        and led_lot.origin = 'purchase'
    left join led_fx_rate
        on led_fx_rate.base = refunds.currency
        and led_fx_rate.quote = refunds.functional_currency
        and led_fx_rate.day = happened.day
)

select
    purchase_id,
    viewer_no,
    entity,
    channel,
    currency,
    functional_currency,
    fx_rate,
    day,
    direction * coins as coins,
    direction * gross as gross,
    direction * tax as tax,
    direction * own_tax as own_tax,
    direction * (gross - tax) as value,
    direction * fee as fee,
    direction * at_rate(gross, fx_rate) as functional_gross,
    direction * at_rate(tax, fx_rate) as functional_tax,
    direction * at_rate(own_tax, fx_rate) as functional_own_tax,
    direction * (at_rate(gross, fx_rate) - at_rate(tax, fx_rate)) as functional_value,
    direction * at_rate(fee, fx_rate) as functional_fee,
    direction * at_rate(gross, day_rate) as day_gross,
    direction * at_rate(tax, day_rate) as day_tax,
    direction * at_rate(own_tax, day_rate) as day_own_tax,
    direction * at_rate(fee, day_rate) as day_fee
from rated
