-- One row is a day's orders of one counterparty that no line of a settlement stands for yet at the period's end.
-- grain: entity, channel, counterparty, currency, day, is_converted
-- amount is what the counterparty owes for them, as led_match_order says, in the currency of the sale. An order is settled when its
-- line was found, by transaction, by what it says or in an aggregate, also if they differ: the difference is another matter. Of
-- what is settled in another currency (is_converted; no day is kept) what isn't closed yet is unsettled. Orders from before carat began
-- are inside the opening. due_at is when the first of them becomes a break.
with attributed as (
    select ours.item_id, groups.was_met
    from led_match_attribute as ours
    inner join (
        select attributes.group_id, max(opens.taken_at) < run.period_start as was_met
        from led_match_attribute as attributes
        cross join run
        inner join led_match_open as opens
            on opens.match = attributes.match
            and opens.side = attributes.side
            and opens.subject_kind = attributes.subject_kind
            and opens.item_id = attributes.item_id
        where attributes.match = 'purchase_settlement' and attributes.outcome = 'matched'
        group by attributes.group_id, run.period_start
    ) as groups
        on groups.group_id = ours.group_id
    where ours.match = 'purchase_settlement' and ours.side = 'ours' and ours.outcome = 'matched'
),

netted as (
    select
        netted.order_id as item_id,
        aggregates.covers_to <= run.period_start and aggregates.first_line_at < run.period_start as was_met
    from led_match_netted as netted
    cross join run
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

orders as (
    select
        keyed.item_id,
        keyed.entity,
        keyed.channel,
        keyed.counterparty,
        keyed.currency,
        keyed.key_outcome,
        keyed.outcome_before,
        keyed.event_at,
        keyed.due_at,
        keyed.owed_amount,
        keyed.taken_at < run.period_start as was_there
    from led_match_keyed as keyed
    cross join run
    where keyed.match = 'purchase_settlement' and keyed.side = 'ours' and not keyed.is_before
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
        keyed.owed_amount,
        keyed.key_outcome = 'duplicate_ours' or keyed.key_outcome = 'open' and attributed.item_id is null and netted.item_id is null as is_open,
        keyed.was_there
        and converted_orders.item_id is null
        and not (case
            when attributed.item_id is not null then attributed.was_met
            when netted.item_id is not null then netted.was_met
            else keyed.outcome_before not in ('open', 'duplicate_ours')
        end) as was_open
    from orders as keyed
    left join attributed
        on attributed.item_id = keyed.item_id
    left join netted
        on netted.item_id = keyed.item_id
    left join (
        select item_id
        from led_conversion_item
        where side = 'ours'
    ) as converted_orders
        on converted_orders.item_id = keyed.item_id
),

quarters as (
    select
        entity,
        channel,
        counterparty,
        currency,
        quarter_hour(event_at) as quarter,
        sum(case when is_open then owed_amount else 0 end) as amount,
        sum(case when was_open then owed_amount else 0 end) as opening_amount,
        min(case when is_open then due_at end) as due_at,
        sum(case when is_open then 1 else 0 end) as orders
    from opens
    where is_open or was_open
    group by entity, channel, counterparty, currency, quarter_hour(event_at)
),

converted_parts as (
    select
        entity,
        channel,
        counterparty,
        currency,
        sum(owed_amount) as amount,
        sum(case when counted_at < run.period_start then owed_amount else 0 end) as opening_amount
    from led_conversion_item
    cross join run
    where side = 'ours'
    group by entity, channel, counterparty, currency
    union all
    select
        entity,
        channel,
        order_counterparty as counterparty,
        currency,
        -sum(closed_amount) as amount,
        -sum(case when counted = 'earlier' then closed_amount else 0 end) as opening_amount
    from led_conversion_step
    group by entity, channel, order_counterparty, currency
),

paired as (
    select entity, channel, counterparty, currency, sum(opened_amount) as opening_amount
    from led_match_pair
    where unpaired_no is null and opened_amount <> 0
    group by entity, channel, counterparty, currency
)

select
    quarters.entity,
    quarters.channel,
    quarters.counterparty,
    quarters.currency,
    false as is_converted,
    local_day(quarters.quarter, run.time_zone) as day,
    cast(sum(quarters.amount) as decimal(38, 6)) as amount,
    cast(sum(quarters.opening_amount) as decimal(38, 6)) as opening_amount,
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
    cast(sum(opening_amount) as decimal(38, 6)) as opening_amount,
    cast(null as timestamp with time zone) as due_at,
    cast(null as bigint) as orders
from converted_parts
group by entity, channel, counterparty, currency
having sum(amount) <> 0 or sum(opening_amount) <> 0
union all
select
    entity,
    channel,
    counterparty,
    currency,
    false as is_converted,
    cast(null as date) as day,
    cast(0 as decimal(38, 6)) as amount,
    cast(opening_amount as decimal(38, 6)) as opening_amount,
    cast(null as timestamp with time zone) as due_at,
    cast(null as bigint) as orders
from paired
