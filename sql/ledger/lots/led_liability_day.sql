-- One row is what one class of events did on one day to the coin liability and to the deferred store fee.
-- grain: entity, channel, currency, day, event_class
-- The day is that on which the event counts; channel and currency are the lot's ('promotion' and 'opening' besides the real
-- channels), those of refund_money the refund's own. value and fee are positive in every class, as the class is named:
--   sold            lots bought: coins, gross, tax, of which own_tax is ours to pay, value (= gross - tax), fee; liability and
--                   deferred fee up
--   promotion       coins granted at zero; nothing else
--   consumed        taken by gifts; down. debt_consumed: the same, by a lot that paid an earlier gift's debt
--   restored        given back by reversals of gifts; up
--   refunded        taken by refunds and chargebacks, less what chargeback reversals gave back; down. refund_debt: taken of
--                   a lot that paid an earlier refund's debt (or an opening below zero)
--   breakage        expiry, negative corrections and inactivity; down
--   refund_money    the money of refunds (less that of chargeback reversals): gross, tax, value (= gross - tax), fee given back;
--                   it does not move the liability
-- Functional amounts are null where a rate is missing. day_gross, day_tax and day_fee are the functional amounts of refund_money at the
-- rate of the refund's own day, its others at that of the purchase; zero in the other classes. So contra-revenue is refund_money - refunded - refund_debt, of value and of fee. The roll-forward is made of these rows.
with sold as (
    select
        led_lot.entity,
        led_lot.channel,
        led_lot.currency,
        led_lot.functional_currency,
        led_lot.acquired_day as day,
        case led_lot.origin when 'purchase' then 'sold' else 'promotion' end as event_class,
        led_lot.coins,
        led_lot.gross,
        led_lot.tax,
        led_lot.own_tax,
        led_lot.value,
        led_lot.fee,
        led_lot.functional_gross,
        led_lot.functional_tax,
        led_lot.functional_own_tax,
        led_lot.functional_value,
        led_lot.functional_fee
    from led_lot
    where not led_lot.came_before
),

moved as (
    select
        class_no,
        day,
        kind,
        paid_later,
        cast(sum(before - after) as bigint) as coins,
        cast(sum(value) as decimal(38, 0)) as value,
        cast(sum(fee) as decimal(38, 0)) as fee,
        cast(known_sum(functional_value) as decimal(38, 0)) as functional_value,
        cast(known_sum(functional_fee) as decimal(38, 0)) as functional_fee
    from led_lot_movement
    group by class_no, day, kind, paid_later
),

named as (
    select
        led_lot_class.entity,
        led_lot_class.channel,
        led_lot_class.currency,
        led_lot_class.functional_currency,
        moved.day,
        case
            when moved.kind = 'gift' and moved.paid_later then 'debt_consumed'
            when moved.kind = 'gift' then 'consumed'
            when moved.kind = 'restore' then 'restored'
            when moved.kind = 'debt' or (moved.kind = 'refund' and moved.paid_later) then 'refund_debt'
            when moved.kind in ('refund', 'unrefund') then 'refunded'
            else 'breakage'
        end as event_class,
        case when moved.kind = 'restore' then -1 else 1 end as direction,
        moved.coins,
        moved.value,
        moved.fee,
        moved.functional_value,
        moved.functional_fee
    from moved
    inner join led_lot_class
        on led_lot_class.class_no = moved.class_no
),

events as (
    select
        entity, channel, currency, functional_currency, day, event_class, coins, gross, tax, own_tax, value, fee,
        functional_gross, functional_tax, functional_own_tax, functional_value, functional_fee, 0 as day_gross, 0 as day_tax,
        0 as day_own_tax, 0 as day_fee
    from sold
    union all
    select
        entity, channel, currency, functional_currency, day, event_class, direction * coins, 0, 0, 0, direction * value, direction * fee,
        0, 0, 0, direction * functional_value, direction * functional_fee, 0, 0, 0, 0
    from named
    union all
    select
        entity, channel, currency, functional_currency, day, 'refund_money', coins, gross, tax, own_tax, value, fee,
        functional_gross, functional_tax, functional_own_tax, functional_value, functional_fee, day_gross, day_tax, day_own_tax, day_fee
    from led_refund_money
)

select
    entity,
    channel,
    currency,
    functional_currency,
    day,
    event_class,
    cast(sum(coins) as bigint) as coins,
    from_millionths(sum(gross)) as gross,
    from_millionths(sum(tax)) as tax,
    from_millionths(sum(own_tax)) as own_tax,
    from_millionths(sum(value)) as value,
    from_millionths(sum(fee)) as fee,
    from_millionths(known_sum(functional_gross)) as functional_gross,
    from_millionths(known_sum(functional_tax)) as functional_tax,
    from_millionths(known_sum(functional_own_tax)) as functional_own_tax,
    from_millionths(known_sum(functional_value)) as functional_value,
    from_millionths(known_sum(functional_fee)) as functional_fee,
    from_millionths(known_sum(day_gross)) as day_gross,
    from_millionths(known_sum(day_tax)) as day_tax,
    from_millionths(known_sum(day_own_tax)) as day_own_tax,
    from_millionths(known_sum(day_fee)) as day_fee
from events
group by entity, channel, currency, functional_currency, day, event_class
