-- One row is a payout of a store or provider, or a line of the bank, with what it belongs together with.
-- grain: side, item_id
-- What matching found: by reference, in whatever currency and whether or not the amounts agree, or by amount and day. found_at is from
-- when on a line of the bank is known to be of a payout: when both are there. An item that belongs to nothing is not here, and
-- neither is a receipt of a payout from before carat began, which waits in no clearing.
with keyed as (
    select side, entity, match_key, item_id, taken_at
    from led_match_item
    where match = 'settlement_bank' and match_key is not null and not (side = 'ours' and is_before)
),

keys as (
    select
        entity,
        match_key,
        min(case when side = 'ours' then taken_at end) as ours_at
    from keyed
    group by entity, match_key
    having count(distinct side) = 2
),

attributed as (
    select
        led_match_attribute.side,
        led_match_attribute.item_id,
        led_match_attribute.group_id,
        led_match_open.taken_at
    from led_match_attribute
    inner join led_match_open
        on led_match_open.match = led_match_attribute.match
        and led_match_open.side = led_match_attribute.side
        and led_match_open.item_id = led_match_attribute.item_id
    where led_match_attribute.match = 'settlement_bank'
        and led_match_attribute.outcome = 'matched'
        and not (led_match_open.side = 'ours' and led_match_open.is_before)
),

attribute_groups as (
    select group_id, min(case when side = 'ours' then taken_at end) as ours_at
    from attributed
    group by group_id
    having count(distinct side) = 2
)

select
    keyed.side,
    keyed.item_id,
    'reference ' || keyed.entity || ' ' || keyed.match_key as group_id,
    greatest(keyed.taken_at, keys.ours_at) as found_at
from keyed
inner join keys
    on keys.entity = keyed.entity
    and keys.match_key = keyed.match_key
union all
select
    attributed.side,
    attributed.item_id,
    'amount ' || attributed.group_id as group_id,
    greatest(attributed.taken_at, attribute_groups.ours_at) as found_at
from attributed
inner join attribute_groups
    on attribute_groups.group_id = attributed.group_id
left join keyed
    on keyed.side = attributed.side
    and keyed.item_id = attributed.item_id
left join keys
    on keys.entity = keyed.entity
    and keys.match_key = keyed.match_key
where keys.match_key is null
