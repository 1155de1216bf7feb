-- One row is the month of the coin liability, or of the deferred store fee, of one channel and purchase currency.
-- grain: entity, channel, currency, identity
-- opening + sold - refunded - consumed + restored - breakage = closing = what the open lots carry. Opening and closing are
-- summed over the lots, the movements over the days' events: they meet only if every unit is where it belongs. A functional amount
-- is null where a rate is missing.
with lots as (
    select
        entity,
        channel,
        currency,
        functional_currency,
        sum(opening_value) as opening_value,
        sum(opening_fee) as opening_fee,
        known_sum(opening_functional_value) as opening_functional_value,
        known_sum(opening_functional_fee) as opening_functional_fee,
        sum(closing_value) as closing_value,
        sum(closing_fee) as closing_fee,
        known_sum(closing_functional_value) as closing_functional_value,
        known_sum(closing_functional_fee) as closing_functional_fee
    from led_lot_balance
    group by entity, channel, currency, functional_currency
),

terms as (
    select
        entity,
        channel,
        currency,
        functional_currency,
        case event_class
            when 'debt_consumed' then 'consumed'
            when 'refund_debt' then 'refunded'
            else event_class
        end as term,
        value,
        fee,
        functional_value,
        functional_fee
    from led_liability_day
    where event_class not in ('promotion', 'refund_money')
),

parts as (
    select
        'liability' as identity, entity, channel, currency, functional_currency, 'opening' as term,
        from_millionths(opening_value) as amount, from_millionths(opening_functional_value) as functional_amount
    from lots
    union all
    select
        'liability', entity, channel, currency, functional_currency, 'closing',
        from_millionths(closing_value), from_millionths(closing_functional_value)
    from lots
    union all
    select 'liability', entity, channel, currency, functional_currency, term, value, functional_value
    from terms
    union all
    select
        'store_fee', entity, channel, currency, functional_currency, 'opening',
        from_millionths(opening_fee), from_millionths(opening_functional_fee)
    from lots
    union all
    select
        'store_fee', entity, channel, currency, functional_currency, 'closing',
        from_millionths(closing_fee), from_millionths(closing_functional_fee)
    from lots
    union all
    select 'store_fee', entity, channel, currency, functional_currency, term, fee, functional_fee
    from terms
)

select
    identity,
    entity,
    channel,
    currency,
    functional_currency,
    cast(sum(case when term = 'opening' then amount else 0 end) as decimal(38, 6)) as opening,
    cast(sum(case when term = 'sold' then amount else 0 end) as decimal(38, 6)) as sold,
    cast(sum(case when term = 'refunded' then amount else 0 end) as decimal(38, 6)) as refunded,
    cast(sum(case when term = 'consumed' then amount else 0 end) as decimal(38, 6)) as consumed,
    cast(sum(case when term = 'restored' then amount else 0 end) as decimal(38, 6)) as restored,
    cast(sum(case when term = 'breakage' then amount else 0 end) as decimal(38, 6)) as breakage,
    cast(sum(case when term = 'closing' then amount else 0 end) as decimal(38, 6)) as closing,
    cast(known_sum(case when term = 'opening' then functional_amount else 0 end) as decimal(38, 6)) as functional_opening,
    cast(known_sum(case when term = 'sold' then functional_amount else 0 end) as decimal(38, 6)) as functional_sold,
    cast(known_sum(case when term = 'refunded' then functional_amount else 0 end) as decimal(38, 6)) as functional_refunded,
    cast(known_sum(case when term = 'consumed' then functional_amount else 0 end) as decimal(38, 6)) as functional_consumed,
    cast(known_sum(case when term = 'restored' then functional_amount else 0 end) as decimal(38, 6)) as functional_restored,
    cast(known_sum(case when term = 'breakage' then functional_amount else 0 end) as decimal(38, 6)) as functional_breakage,
    cast(known_sum(case when term = 'closing' then functional_amount else 0 end) as decimal(38, 6)) as functional_closing
from parts
group by identity, entity, channel, currency, functional_currency
