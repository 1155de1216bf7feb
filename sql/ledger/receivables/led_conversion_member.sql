-- One row is one order or settlement line of a group in which a line is settled in another currency than the customer's.
-- grain: side, item_id
-- for: speed
-- What met is one group: by transaction, by what the rows say, as an aggregate, or by a person's decision. taken_at is when the group
-- itself counts, null where each row counts by itself.
with keys as (
    select distinct entity, channel, class, match_key, currency
    from led_converted_line
    where match_key is not null
),

-- most rows have nothing to do with another currency; of what one side has twice the second has no counterpart
unmet as (
    select keyed.side, keyed.item_id
    from led_match_keyed as keyed
    inner join (
        select distinct entity, class, match_key, currency
        from keys
    ) as foreign_keys
        on foreign_keys.match_key = keyed.match_key
        and foreign_keys.entity = keyed.entity
        and foreign_keys.class = keyed.class
        and foreign_keys.currency = keyed.currency
    where keyed.match = 'purchase_settlement'
        and (
            keyed.key_outcome in ('open', 'duplicate_ours')
            or (keyed.key_outcome = 'duplicate_theirs' and keyed.side = 'theirs' and not keyed.is_paired)
        )
),

attribute_groups as (
    select distinct attributed.group_id
    from led_match_attribute as attributed
    inner join led_converted_line as lines
        on lines.line_id = attributed.item_id
    where attributed.match = 'purchase_settlement' and attributed.side = 'theirs' and attributed.outcome = 'matched'
),

aggregate_lines as (
    select
        opens.item_id,
        led_match_aggregate.entity || '/' || led_match_aggregate.aggregate_id as group_id,
        led_match_aggregate.entity,
        led_match_aggregate.channel,
        led_match_aggregate.sku,
        led_match_aggregate.country,
        led_match_aggregate.currency,
        led_match_aggregate.covers_from,
        led_match_aggregate.covers_to,
        led_match_aggregate.taken_at,
        lines.line_id is not null as is_foreign
    from led_match_open as opens
    inner join led_match_aggregate
        on led_match_aggregate.entity = opens.entity
        and led_match_aggregate.channel = opens.channel
        and coalesce(led_match_aggregate.sku, '') = coalesce(opens.sku, '')
        and coalesce(led_match_aggregate.country, '') = coalesce(opens.country, '')
        and led_match_aggregate.currency = opens.currency
        and led_match_aggregate.covers_from = opens.covers_from
        and led_match_aggregate.covers_to = opens.covers_to
    left join led_converted_line as lines
        on lines.line_id = opens.item_id
    where opens.match = 'purchase_settlement'
        and opens.side = 'theirs'
        and opens.rule = 'netted'
        and led_match_aggregate.own_items > 0
        and led_match_aggregate.outcome in ('matched', 'tolerated', 'amount', 'quantity')
),

aggregate_groups as (
    select distinct group_id, entity, channel, sku, country, currency, covers_from, covers_to, taken_at
    from aggregate_lines
    where is_foreign
),

-- rows of which a person decided that they belong together are one group, whatever they say themselves
decided as (
    select
        run_decided_matches.side,
        run_decided_matches.item_id,
        'decided/' || run_decided_matches.exception_id as group_id,
        run_decided_matches.decided_from as taken_at
    from run_decided_matches
    where run_decided_matches.match = 'purchase_settlement'
),

decided_groups as (
    select distinct decided.group_id
    from decided
    inner join led_converted_line as lines
        on lines.line_id = decided.item_id
    where decided.side = 'theirs'
),

-- which rows are of which group
found as (
    select
        'theirs' as side,
        led_match_line.line_id as item_id,
        'key/' || keys.entity || '/' || keys.channel || '/' || keys.class || '/' || keys.currency || '/' || keys.match_key as group_id,
        cast(null as timestamp with time zone) as taken_at
    from keys
    inner join led_match_line
        on led_match_line.match_key = keys.match_key
        and led_match_line.entity = keys.entity
        and led_match_line.channel = keys.channel
        and led_match_line.class = keys.class
        and led_match_line.currency = keys.currency
    left join unmet
        on unmet.side = 'theirs'
        and unmet.item_id = led_match_line.line_id
    where unmet.item_id is null
    union all
    select
        'ours' as side,
        led_match_order.order_id as item_id,
        'key/' || keys.entity || '/' || keys.channel || '/' || keys.class || '/' || keys.currency || '/' || keys.match_key as group_id,
        cast(null as timestamp with time zone) as taken_at
    from keys
    inner join led_match_order
        on led_match_order.match_key = keys.match_key
        and led_match_order.entity = keys.entity
        and led_match_order.channel = keys.channel
        and led_match_order.class = keys.class
        and led_match_order.currency = keys.currency
    left join unmet
        on unmet.side = 'ours'
        and unmet.item_id = led_match_order.order_id
    where unmet.item_id is null
    union all
    select attributed.side, attributed.item_id, 'attribute/' || attributed.group_id, cast(null as timestamp with time zone)
    from led_match_attribute as attributed
    inner join attribute_groups
        on attribute_groups.group_id = attributed.group_id
    where attributed.match = 'purchase_settlement' and attributed.outcome = 'matched'
    union all
    select 'theirs', aggregate_lines.item_id, 'aggregate/' || aggregate_lines.group_id, aggregate_groups.taken_at
    from aggregate_lines
    inner join aggregate_groups
        on aggregate_groups.group_id = aggregate_lines.group_id
    union all
    select 'ours', netted.order_id, 'aggregate/' || aggregate_groups.group_id, aggregate_groups.taken_at
    from led_match_netted as netted
    inner join led_match_open as opens
        on opens.match = 'purchase_settlement'
        and opens.side = 'ours'
        and opens.item_id = netted.order_id
    inner join aggregate_groups
        on aggregate_groups.entity = opens.entity
        and aggregate_groups.channel = opens.channel
        and coalesce(aggregate_groups.sku, '') = coalesce(netted.sku, '')
        and coalesce(aggregate_groups.country, '') = coalesce(netted.country, '')
        and aggregate_groups.currency = opens.currency
        and aggregate_groups.covers_from = netted.covers_from
        and aggregate_groups.covers_to = netted.covers_to
)

select found.side, found.item_id, found.group_id, found.taken_at
from found
left join decided
    on decided.side = found.side
    and decided.item_id = found.item_id
where decided.item_id is null
union all
select decided.side, decided.item_id, decided.group_id, decided.taken_at
from decided
inner join decided_groups
    on decided_groups.group_id = decided.group_id
