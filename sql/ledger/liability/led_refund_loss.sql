-- One row is what refunds and chargebacks took back of the coins of one channel and month, so many months after they were sold.
-- grain: entity, channel, month, age_months
-- Net of tax and of chargebacks that were won, in the entity's own currency at the rate of the purchase. What goes back to a purchase from
-- before carat began has no month and is left out. Whole millionths.
select
    led_lot.entity,
    led_lot.channel,
    led_lot.functional_currency,
    led_lot.accounting_month as month,
    month_number(refunds.accounting_month) - month_number(led_lot.accounting_month) as age_months,
    cast(known_sum(
        case refunds.kind when 'chargeback_reversal' then -1 else 1 end
        * at_rate(millionths(refunds.gross_amount - refunds.tax_amount), led_lot.fx_rate)
    ) as decimal(38, 0)) as value
from led_refund
inner join led_purchase_fee as refunds
    on refunds.purchase_id = led_refund.purchase_id
inner join led_lot
    on led_lot.lot_id = led_refund.bought_id
    and led_lot.entity = led_refund.entity
where refunds.kind <> 'purchase'
group by
    led_lot.entity,
    led_lot.channel,
    led_lot.functional_currency,
    led_lot.accounting_month,
    month_number(refunds.accounting_month) - month_number(led_lot.accounting_month)
