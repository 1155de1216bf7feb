-- One row is one open item that was matched by its attributes, or might be: its currency, amount, day and the like.
-- grain: match, side, subject_kind, item_id
-- A settlement line without a transaction or a range may stand for any open order of its channel, kind, currency, amount and
-- day, and of its SKU and country where it names them. A bank line whose reference is unknown may be any open settlement
-- payout of its currency and amount that was announced up to three days later or has been due no longer than its due_days.
-- As many lines as orders, and no order that fits another kind of line: they are matched. Anything else is ambiguous, and
-- nothing is confirmed.
with attribute_groups as (
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
    where side = 'theirs' and rule = 'attribute' and match_key is null and match = 'purchase_settlement'
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
    where side = 'theirs' and rule = 'attribute' and match = 'settlement_bank'
    group by match, entity, class, currency, amount, attribute_day
),

candidates as (
    select
        attribute_groups.match,
        attribute_groups.group_id,
        attribute_groups.lines,
        ours.subject_kind,
        ours.item_id
    from attribute_groups
    inner join led_match_open as ours
        on ours.match = attribute_groups.match
        and ours.side = 'ours'
        and ours.rule = 'attribute'
        and ours.entity = attribute_groups.entity
        and ours.channel = attribute_groups.channel
        and ours.class = attribute_groups.class
        and ours.currency = attribute_groups.currency
        and ours.amount = attribute_groups.amount
        and ours.attribute_day = attribute_groups.attribute_day
    where attribute_groups.match = 'purchase_settlement'
        and coalesce(attribute_groups.sku, ours.sku) = ours.sku
        and (attribute_groups.country is null or attribute_groups.country = ours.country)
    union all
    select
        attribute_groups.match,
        attribute_groups.group_id,
        attribute_groups.lines,
        ours.subject_kind,
        ours.item_id
    from attribute_groups
    inner join led_match_open as ours
        on ours.match = attribute_groups.match
        and ours.side = 'ours'
        and ours.rule = 'attribute'
        and ours.entity = attribute_groups.entity
        and ours.currency = attribute_groups.currency
        and ours.amount = attribute_groups.amount
    where attribute_groups.match = 'settlement_bank'
        and attribute_groups.event_at >= days_before(ours.event_at, 3)
        and attribute_groups.event_at <= ours.due_at
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

group_outcomes as (
    select
        group_counts.match,
        group_counts.group_id,
        case
            when group_counts.lines = group_counts.orders and max(order_counts.fits) = 1 then 'matched'
            else 'ambiguous'
        end as outcome,
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
    group_outcomes.group_id,
    group_outcomes.outcome,
    cast(group_outcomes.orders as bigint) as orders,
    cast(group_outcomes.lines as bigint) as lines
from led_match_open as theirs
inner join attribute_groups
    on attribute_groups.match = theirs.match
    and attribute_groups.entity = theirs.entity
    and coalesce(attribute_groups.channel, '') = coalesce(theirs.channel, '')
    and attribute_groups.class = theirs.class
    and attribute_groups.currency = theirs.currency
    and attribute_groups.amount = theirs.amount
    and attribute_groups.attribute_day = theirs.attribute_day
    and coalesce(attribute_groups.sku, '') = coalesce(theirs.sku, '')
    and coalesce(attribute_groups.country, '') = coalesce(theirs.country, '')
inner join group_outcomes
    on group_outcomes.match = attribute_groups.match
    and group_outcomes.group_id = attribute_groups.group_id
where theirs.side = 'theirs' and theirs.rule = 'attribute' and (theirs.match_key is null or theirs.match = 'settlement_bank')
union all
select
    order_counts.match,
    'ours' as side,
    order_counts.subject_kind,
    order_counts.item_id,
    group_outcomes.group_id,
    group_outcomes.outcome,
    cast(group_outcomes.orders as bigint) as orders,
    cast(group_outcomes.lines as bigint) as lines
from order_counts
inner join group_outcomes
    on group_outcomes.match = order_counts.match
    and group_outcomes.group_id = order_counts.group_id
