-- One row is one order, or one settlement line, of what was sold in one currency and is settled in another.
-- grain: side, item_id
-- Only of orders that met their lines, by whatever matching found: by transaction, by what they say, or as an aggregate. What met is
-- one group, in the customer's currency, and so is what a person decided to be of one another. amount is signed, + towards the platform: what the customer paid. Of an order untaxed_amount
-- is what it comes to without the tax that a store remits, booked_fee what carat booked as the store's fee; of a line settled_amount
-- is what it pays in settled_currency, with its own settled_fee. A line that its group has in the customer's own currency is here too
-- (is_converted false). taken_at is when the row counts: a line once it is settled, an aggregate once it has ended. Lines that stand
-- for no order, or for one a second time, are none of these, and orders from before carat began were never booked here.
with lines as (
    select
        led_match_line.key_no,
        led_match_line.line_id,
        led_match_line.entity,
        led_match_line.channel,
        led_match_line.class,
        led_match_line.match_key,
        led_match_line.currency,
        led_match_line.covers_to
    from led_match_line
    where led_match_line.settled_currency <> led_match_line.currency
),

keys as (
    select distinct key_no, entity, channel, class, match_key, currency
    from lines
    where match_key is not null
),

-- what one side has twice: the second of equal rows has no counterpart
twins as (
    select
        side,
        item_id,
        entity,
        key_scope,
        class,
        match_key,
        currency,
        amount,
        row_number() over (
            partition by side, entity, key_scope, class, match_key, currency, amount
            order by event_at, item_id
        ) as twin_no
    from led_match_keyed
    where match = 'purchase_settlement' and key_outcome = 'duplicate_theirs'
),

unmet as (
    select side, item_id
    from led_match_keyed
    where match = 'purchase_settlement' and key_outcome in ('open', 'duplicate_ours')
    union all
    select twins.side, twins.item_id
    from twins
    left join twins as others
        on others.side = 'ours'
        and others.entity = twins.entity
        and others.key_scope = twins.key_scope
        and others.class = twins.class
        and others.match_key = twins.match_key
        and others.currency = twins.currency
        and others.amount = twins.amount
        and others.twin_no = twins.twin_no
    where twins.side = 'theirs' and others.item_id is null
),

attribute_groups as (
    select distinct attributed.group_id
    from led_match_attribute as attributed
    inner join lines
        on lines.line_id = attributed.item_id
    where attributed.match = 'purchase_settlement' and attributed.side = 'theirs' and attributed.outcome = 'matched'
),

aggregate_lines as (
    select
        opens.item_id,
        led_match_aggregate.entity || '/' || led_match_aggregate.aggregate_id as group_id,
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
    left join lines
        on lines.line_id = opens.item_id
    where opens.match = 'purchase_settlement'
        and opens.side = 'theirs'
        and opens.rule = 'netted'
        and led_match_aggregate.own_items > 0
        and led_match_aggregate.outcome in ('matched', 'tolerated', 'amount', 'quantity')
),

aggregate_groups as (
    select distinct group_id, taken_at
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
    inner join lines
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
        on led_match_line.key_no = keys.key_no
        and led_match_line.match_key = keys.match_key
        and led_match_line.class = keys.class
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
        on led_match_order.key_no = keys.key_no
        and led_match_order.match_key = keys.match_key
        and led_match_order.class = keys.class
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
        on aggregate_groups.group_id = opens.entity || '/' || opens.channel || '/' || coalesce(netted.sku, '') || '/'
            || coalesce(netted.country, '') || '/' || opens.currency || '/' || iso_instant(netted.covers_from) || '/'
            || iso_instant(netted.covers_to)
),

members as (
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
)

select
    members.group_id,
    members.side,
    members.item_id,
    led_match_order.entity,
    led_match_order.channel,
    led_match_order.counterparty,
    led_match_order.match_key,
    led_match_order.currency,
    cast(led_match_order.amount as decimal(38, 6)) as amount,
    cast(coalesce(led_match_order.untaxed_amount, led_match_order.amount) as decimal(38, 6)) as untaxed_amount,
    cast(led_match_order.booked_fee as decimal(38, 6)) as booked_fee,
    cast(led_match_order.owed_amount as decimal(38, 6)) as owed_amount,
    cast(null as varchar) as settled_currency,
    cast(null as decimal(38, 6)) as settled_amount,
    cast(null as decimal(38, 6)) as settled_fee,
    cast(null as timestamp with time zone) as settled_at,
    false as is_converted,
    greatest(led_match_order.taken_at, coalesce(members.taken_at, led_match_order.taken_at)) as taken_at,
    led_match_order.taken_at as counted_at
from members
inner join led_match_order
    on led_match_order.order_id = members.item_id
where members.side = 'ours' and not led_match_order.is_before
union all
select
    members.group_id,
    members.side,
    members.item_id,
    led_match_line.entity,
    led_match_line.channel,
    led_match_line.counterparty,
    led_match_line.match_key,
    led_match_line.currency,
    cast(led_match_line.amount as decimal(38, 6)) as amount,
    cast(null as decimal(38, 6)) as untaxed_amount,
    cast(null as decimal(38, 6)) as booked_fee,
    cast(null as decimal(38, 6)) as owed_amount,
    led_match_line.settled_currency,
    cast(led_match_line.settled_amount as decimal(38, 6)) as settled_amount,
    cast(led_match_line.settled_fee as decimal(38, 6)) as settled_fee,
    led_match_line.settled_at,
    led_match_line.settled_currency <> led_match_line.currency as is_converted,
    greatest(led_match_line.taken_at, led_match_line.settled_at, coalesce(members.taken_at, led_match_line.taken_at)) as taken_at,
    led_match_line.taken_at as counted_at
from members
inner join led_match_line
    on led_match_line.line_id = members.item_id
where members.side = 'theirs'
