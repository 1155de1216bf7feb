-- One row is one open item that was matched by what it says, or might be: its currency, amount, day and the like.
-- grain: match, side, subject_kind, item_id
-- A settlement line without a transaction or a range may stand for any open order of its channel, kind, currency, amount and
-- day, and of its SKU and country where it names them. A bank line whose reference is unknown may be any open settlement
-- payout of its currency and amount that was announced up to three days later or has been due no longer than its due_days.
-- As many lines as orders, and no order that fits another kind of line: they are matched. Anything else is ambiguous, and
-- nothing is confirmed.
with told_groups as (
    select
        match,
        entity,
        channel,
        class,
        currency,
        amount,
        attribute_day,
        sku,
        country,
        count(*) as lines,
        min(item_id) as group_id,
        min(event_at) as event_at
    from led_match_open
    where side = 'theirs' and way = 'told' and match_key is null and match = 'purchase_settlement'
    group by match, entity, channel, class, currency, amount, attribute_day, sku, country
    union all
    select
        match,
        entity,
        cast(null as varchar) as channel,
        class,
        currency,
        amount,
        attribute_day,
        cast(null as varchar) as sku,
        cast(null as varchar) as country,
        count(*) as lines,
        min(item_id) as group_id,
        min(event_at) as event_at
    from led_match_open
    where side = 'theirs' and way = 'told' and match = 'settlement_bank'
    group by match, entity, class, currency, amount, attribute_day
),

candidates as (
    select
        told_groups.match,
        told_groups.group_id,
        told_groups.lines,
        ours.subject_kind,
        ours.item_id
    from told_groups
    inner join led_match_open as ours
        on ours.match = told_groups.match
        and ours.side = 'ours'
        and ours.way = 'told'
        and ours.entity = told_groups.entity
        and ours.channel = told_groups.channel
        and ours.class = told_groups.class
        and ours.currency = told_groups.currency
        and ours.amount = told_groups.amount
        and ours.attribute_day = told_groups.attribute_day
    where told_groups.match = 'purchase_settlement'
        and coalesce(told_groups.sku, ours.sku) = ours.sku
        and (told_groups.country is null or told_groups.country = ours.country)
    union all
    select
        told_groups.match,
        told_groups.group_id,
        told_groups.lines,
        ours.subject_kind,
        ours.item_id
    from told_groups
    inner join led_match_open as ours
        on ours.match = told_groups.match
        and ours.side = 'ours'
        and ours.way = 'told'
        and ours.entity = told_groups.entity
        and ours.currency = told_groups.currency
        and ours.amount = told_groups.amount
    where told_groups.match = 'settlement_bank'
        and told_groups.event_at >= days_before(ours.event_at, 3)
        and told_groups.event_at <= ours.due_at
),

group_counts as (
    select match, group_id, max(lines) as lines, count(*) as orders
    from candidates
    group by match, group_id
),

order_counts as (
    select match, subject_kind, item_id, count(*) as fits, min(group_id) as group_id
    from candidates
    group by match, subject_kind, item_id
),

group_fates as (
    select
        group_counts.match,
        group_counts.group_id,
        case
            when group_counts.lines = group_counts.orders and max(order_counts.fits) = 1 then 'matched'
            else 'ambiguous'
        end as fate,
        max(group_counts.orders) as orders,
        max(group_counts.lines) as lines
    from group_counts
    inner join candidates
        on candidates.match = group_counts.match
        and candidates.group_id = group_counts.group_id
    inner join order_counts
        on order_counts.match = candidates.match
        and order_counts.subject_kind = candidates.subject_kind
        and order_counts.item_id = candidates.item_id
    group by group_counts.match, group_counts.group_id, group_counts.lines, group_counts.orders
)

select
    theirs.match,
    theirs.side,
    theirs.subject_kind,
    theirs.item_id,
    group_fates.group_id,
    group_fates.fate,
    cast(group_fates.orders as bigint) as orders,
    cast(group_fates.lines as bigint) as lines
from led_match_open as theirs
inner join told_groups
    on told_groups.match = theirs.match
    and told_groups.entity = theirs.entity
    and coalesce(told_groups.channel, '') = coalesce(theirs.channel, '')
    and told_groups.class = theirs.class
    and told_groups.currency = theirs.currency
    and told_groups.amount = theirs.amount
    and told_groups.attribute_day = theirs.attribute_day
    and coalesce(told_groups.sku, '') = coalesce(theirs.sku, '')
    and coalesce(told_groups.country, '') = coalesce(theirs.country, '')
inner join group_fates
    on group_fates.match = told_groups.match
    and group_fates.group_id = told_groups.group_id
where theirs.side = 'theirs' and theirs.way = 'told' and (theirs.match_key is null or theirs.match = 'settlement_bank')
union all
select
    order_counts.match,
    'ours' as side,
    order_counts.subject_kind,
    order_counts.item_id,
    group_fates.group_id,
    group_fates.fate,
    cast(group_fates.orders as bigint) as orders,
    cast(group_fates.lines as bigint) as lines
from order_counts
inner join group_fates
    on group_fates.match = order_counts.match
    and group_fates.group_id = order_counts.group_id
