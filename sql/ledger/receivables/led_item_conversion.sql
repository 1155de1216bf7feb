-- One row is what one day of the period closes of a receivable in the currency of the sale and opens in the currency that it is settled in.
-- grain: entity, channel, order_counterparty, counterparty, currency, settled_currency, day, rate_day
-- led_conversion_step says what closes and opens; the journal and the bridge read it here.
select
    entity,
    channel,
    order_counterparty,
    counterparty,
    currency,
    settled_currency,
    day,
    rate_day,
    closed_amount,
    booked_fee,
    opened_amount,
    settled_fee
from led_conversion_step
where counted = 'now'
