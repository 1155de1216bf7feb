-- One row is what one line of the roll-forward did on one day to what a counterparty owes.
-- grain: entity, receivable_role, counterparty, currency, day, rate_day, line (several rows)
-- Signed as the balance changes. Orders are told once, when they are sold, refunded or charged back (sold, refunded, charged_back; their
-- fees in fees); a line that met its order tells its difference alone: the fee, or tolerated. What another counterparty settles than
-- the order was booked on moves between the two (moved). A conversion closes one currency and opens another. What lines without an order
-- do is told by led_settled_part.
with pairs as (
    select
        pairs.entity,
        pairs.channel,
        pairs.counterparty,
        pairs.line_counterparty,
        pairs.currency,
        local_day(pairs.quarter, run.time_zone) as day,
        sum(pairs.moved_amount) as moved_amount
    from led_match_pair as pairs
    cross join run
    where pairs.unpaired_no is null and pairs.moved_amount <> 0
    group by pairs.entity, pairs.channel, pairs.counterparty, pairs.line_counterparty, pairs.currency, local_day(pairs.quarter, run.time_zone)
),

movements as (
    select
        entity,
        channel,
        counterparty,
        currency,
        day,
        rate_day,
        case kind when 'purchase' then 'sold' when 'refund' then 'refunded' else 'charged_back' end as line,
        owed_amount as amount
    from led_receivable_order
    where counted = 'now'
    union all
    select entity, channel, counterparty, currency, day, rate_day, 'fees', fee_amount
    from led_receivable_order
    where counted = 'now'
    union all
    select entity, channel, counterparty, currency, day, day, 'fees', fee_difference
    from led_match_day
    where match = 'purchase_settlement'
    union all
    select entity, channel, counterparty, currency, day, day, 'tolerated', tolerated
    from led_match_day
    where match = 'purchase_settlement'
    union all
    select entity, channel, counterparty, currency, day, day, case term when 'dispute_fees' then 'fees' else term end, amount
    from led_settled_part
    union all
    select entity, channel, order_counterparty, currency, day, rate_day, 'conversion', -closed_amount
    from led_item_conversion
    union all
    select entity, channel, counterparty, settled_currency, day, rate_day, 'conversion', opened_amount
    from led_item_conversion
    union all
    select entity, channel, counterparty, currency, day, day, 'moved', -moved_amount
    from pairs
    union all
    select entity, channel, line_counterparty, currency, day, day, 'moved', moved_amount
    from pairs
)

select
    entity,
    case
        when channel in ('apple', 'google') then 'store_receivable'
        when channel = 'reseller' then 'reseller_receivable'
        else 'provider_receivable'
    end as receivable_role,
    counterparty,
    currency,
    day,
    rate_day,
    line,
    cast(amount as decimal(38, 6)) as amount
from movements
where amount <> 0
