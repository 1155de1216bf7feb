-- One row is one outcome of matching by attributes: the lines of one kind beside the orders that they may stand for.
-- grain: match, subject_kind, subject_id
-- The subject is the first of the lines. Of what is ambiguous nothing is confirmed, so ours is nothing.
with attribute_groups as (
    select
        attributed.match,
        attributed.group_id,
        attributed.outcome,
        max(attributed.orders) as orders,
        max(attributed.lines) as lines,
        max(items.entity) as entity,
        max(items.channel) as channel,
        max(items.currency) as currency,
        max(case when attributed.side = 'theirs' and items.item_id = attributed.group_id then items.subject_kind end) as subject_kind,
        max(case when attributed.side = 'theirs' and items.item_id = attributed.group_id then items.batch_id end) as batch_id,
        max(case when attributed.side = 'theirs' and items.item_id = attributed.group_id then items.source_line end) as source_line,
        sum(case when attributed.side = 'ours' then items.amount else 0 end) as own_amount,
        sum(case when attributed.side = 'theirs' then items.amount else 0 end) as their_amount,
        max(items.taken_at) as taken_at
    from led_match_attribute as attributed
    inner join led_match_open as items
        on items.match = attributed.match
        and items.side = attributed.side
        and items.subject_kind = attributed.subject_kind
        and items.item_id = attributed.item_id
    group by attributed.match, attributed.group_id, attributed.outcome
)

select
    match,
    entity,
    channel,
    currency,
    outcome,
    coalesce(subject_kind, 'settlement') as subject_kind,
    group_id as subject_id,
    cast(greatest(orders, lines) as bigint) as pairs,
    cast(case when outcome = 'ambiguous' then 0 else own_amount end as decimal(38, 6)) as our_amount,
    cast(their_amount as decimal(38, 6)) as their_amount,
    cast(orders as bigint) as own_items,
    cast(lines as bigint) as their_items,
    taken_at,
    batch_id,
    source_line
from attribute_groups
