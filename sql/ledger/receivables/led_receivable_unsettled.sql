-- One row is a day's orders of one counterparty that no line of a settlement stands for yet at the period's end.
-- grain: entity, channel, counterparty, currency, day, is_converted
-- amount is what the counterparty owes for them, as led_match_order says, in the currency of the sale. An order is settled when its
-- line was found, by transaction, by what it says or in an aggregate, also if they differ: the difference is another matter. Of
-- what is settled in another currency (is_converted; no day is kept) what isn't closed yet is unsettled. Orders from before carat began
-- are inside the opening. due_at is when the first of them becomes a break.
with attributed as (
    select item_id
    from led_match_attribute
    where match = 'purchase_settlement' and side = 'ours' and outcome = 'matched'
),

netted as (
    select netted.order_id as item_id
    from led_match_netted as netted
    inner join led_match_open as opens
        on opens.match = 'purchase_settlement'
        and opens.side = 'ours'
        and opens.item_id = netted.order_id
    inner join led_match_aggregate as aggregates
        on aggregates.entity = opens.entity
        and aggregates.channel = opens.channel
        and coalesce(aggregates.sku, '') = coalesce(netted.sku, '')
        and coalesce(aggregates.country, '') = coalesce(netted.country, '')
        and aggregates.currency = opens.currency
        and aggregates.covers_from = netted.covers_from
        and aggregates.covers_to = netted.covers_to
    where aggregates.outcome in ('matched', 'tolerated', 'amount', 'quantity') and aggregates.their_items > 0
),

opens as (
    select
        keyed.item_id,
        keyed.entity,
        keyed.channel,
        keyed.counterparty,
        keyed.currency,
        keyed.event_at,
        keyed.due_at,
        keyed.owed_amount
    from led_match_keyed as keyed
    left join attributed
        on attributed.item_id = keyed.item_id
    left join netted
        on netted.item_id = keyed.item_id
    where keyed.match = 'purchase_settlement'
        and keyed.side = 'ours'
        and not keyed.is_before
        and (keyed.key_outcome = 'duplicate_ours' or keyed.key_outcome = 'open' and attributed.item_id is null and netted.item_id is null)
),

quarters as (
    select
        entity,
        channel,
        counterparty,
        currency,
        quarter_hour(event_at) as quarter,
        sum(owed_amount) as amount,
        min(due_at) as due_at,
        count(*) as orders
    from opens
    group by entity, channel, counterparty, currency, quarter_hour(event_at)
),

converted_parts as (
    select entity, channel, counterparty, currency, sum(owed_amount) as amount
    from led_conversion_item
    where side = 'ours'
    group by entity, channel, counterparty, currency
    union all
    select entity, channel, order_counterparty as counterparty, currency, -sum(closed_amount) as amount
    from led_conversion_step
    group by entity, channel, order_counterparty, currency
)

select
    quarters.entity,
    quarters.channel,
    quarters.counterparty,
    quarters.currency,
    false as is_converted,
    local_day(quarters.quarter, run.time_zone) as day,
    cast(sum(quarters.amount) as decimal(38, 6)) as amount,
    min(quarters.due_at) as due_at,
    cast(sum(quarters.orders) as bigint) as orders
from quarters
cross join run
group by quarters.entity, quarters.channel, quarters.counterparty, quarters.currency, local_day(quarters.quarter, run.time_zone)
union all
select
    entity,
    channel,
    counterparty,
    currency,
    true as is_converted,
    cast(null as date) as day,
    cast(sum(amount) as decimal(38, 6)) as amount,
    cast(null as timestamp with time zone) as due_at,
    cast(null as bigint) as orders
from converted_parts
group by entity, channel, counterparty, currency
having sum(amount) <> 0
