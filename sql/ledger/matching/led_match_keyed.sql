-- One row is one item of ours or theirs with what comes of it by its key.
-- grain: match, side, subject_kind, item_id
-- The rows of one key (a transaction's, a bank reference's) in one currency are compared as a whole first: equal within the
-- tolerance, they are matched, one to one, one to many or many to one. Else equal amounts are paired off, and what is left is
-- judged: both sides left, their sums are compared; only ours left of a sale or a settlement payout, it was recorded twice;
-- only theirs left, equal to a pair, it was reported twice. A refund or chargeback that is left waits for its own counterpart
-- (open), like every row without a key or without another side. key_outcome: matched, amount, duplicate_ours,
-- duplicate_theirs, open. is_paired says of a row whose key had to be paired off that it has an equal one on the other side.
-- outcome_before is what came of an order, or a line of a settlement, by the rows that counted before the period: what the month before
-- says of it; null of what counts since.
with numbered as (
    select
        join_number(led_match_item.entity, led_match_item.key_scope, led_match_item.class, led_match_item.currency, led_match_item.match_key)
            as key_no,
        led_match_item.match,
        led_match_item.side,
        led_match_item.entity,
        led_match_item.key_scope,
        led_match_item.class,
        led_match_item.match_key,
        led_match_item.currency,
        led_match_item.subject_kind,
        led_match_item.item_id,
        led_match_item.amount,
        led_match_item.event_at,
        led_match_item.taken_at,
        coalesce(run_tolerances.tolerance, 0) as tolerance
    from led_match_item
    left join run_tolerances
        on run_tolerances.currency = led_match_item.currency
    where led_match_item.match_key is not null
),

-- most keys have one row, which is open: the others are found by a number and then told apart by name
shared as (
    select key_no
    from numbered
    group by key_no
    having count(*) > 1
),

keyed_items as (
    select
        numbered.match,
        numbered.side,
        numbered.entity,
        numbered.key_scope,
        numbered.class,
        numbered.match_key,
        numbered.currency,
        numbered.subject_kind,
        numbered.item_id,
        numbered.amount,
        numbered.event_at,
        numbered.taken_at,
        numbered.tolerance
    from numbered
    inner join shared
        on shared.key_no = numbered.key_no
),

-- keys to which a row came in the period: they are judged a second time, without it
later_keys as (
    select distinct match, entity, key_scope, class, match_key, currency
    from keyed_items
    cross join run
    where match = 'purchase_settlement' and taken_at >= run.period_start
),

items as (
    select
        'now' as as_of, match, side, entity, key_scope, class, match_key, currency, subject_kind, item_id, amount, event_at, tolerance
    from keyed_items
    union all
    select
        'before', keyed_items.match, keyed_items.side, keyed_items.entity, keyed_items.key_scope, keyed_items.class, keyed_items.match_key,
        keyed_items.currency, keyed_items.subject_kind, keyed_items.item_id, keyed_items.amount, keyed_items.event_at, keyed_items.tolerance
    from keyed_items
    cross join run
    inner join later_keys
        on later_keys.match_key = keyed_items.match_key
        and later_keys.match = keyed_items.match
        and later_keys.entity = keyed_items.entity
        and later_keys.key_scope = keyed_items.key_scope
        and later_keys.class = keyed_items.class
        and later_keys.currency = keyed_items.currency
    where keyed_items.taken_at < run.period_start
),

key_sums as (
    select
        as_of,
        match,
        entity,
        key_scope,
        class,
        match_key,
        currency,
        max(tolerance) as tolerance,
        count(*) as items,
        sum(case when side = 'ours' then 1 else 0 end) as own_items,
        sum(case when side = 'ours' then 0 else 1 end) as their_items,
        sum(case when side = 'ours' then amount else 0 end) as own_amount,
        sum(case when side = 'ours' then 0 else amount end) as their_amount
    from items
    group by as_of, match, entity, key_scope, class, match_key, currency
    having count(*) > 1
),

key_outcomes as (
    select
        as_of,
        match,
        entity,
        key_scope,
        class,
        match_key,
        currency,
        tolerance,
        case
            when own_items > 0 and their_items > 0 and abs(their_amount - own_amount) <= tolerance then 'matched'
            when their_items = 0 and match = 'settlement_bank' and own_amount = 0 then 'matched'
            when own_items = 1 and their_items = 1 then 'amount'
            when own_items > 0 and their_items > 0 then 'mixed'
            else 'open'
        end as outcome
    from key_sums
),

mixed as (
    select
        items.as_of,
        items.match,
        items.side,
        items.entity,
        items.key_scope,
        items.class,
        items.match_key,
        items.currency,
        items.subject_kind,
        items.item_id,
        items.amount,
        key_outcomes.tolerance,
        row_number() over (
            partition by items.as_of, items.match, items.side, items.entity, items.key_scope, items.class, items.match_key,
                items.currency, items.amount
            order by items.event_at, items.item_id
        ) as twin_no
    from items
    inner join key_outcomes
        on key_outcomes.as_of = items.as_of
        and key_outcomes.match = items.match
        and key_outcomes.entity = items.entity
        and key_outcomes.key_scope = items.key_scope
        and key_outcomes.class = items.class
        and key_outcomes.match_key = items.match_key
        and key_outcomes.currency = items.currency
    where key_outcomes.outcome = 'mixed'
),

twins as (
    select
        mixed.as_of,
        mixed.match,
        mixed.side,
        mixed.entity,
        mixed.key_scope,
        mixed.class,
        mixed.match_key,
        mixed.currency,
        mixed.subject_kind,
        mixed.item_id,
        mixed.amount,
        mixed.tolerance,
        others.item_id is not null as is_paired,
        -- a first twin on the other side is a pair, so an amount that has one was paired
        first_twins.item_id is not null as has_equal
    from mixed
    left join mixed as others
        on others.as_of = mixed.as_of
        and others.match = mixed.match
        and others.entity = mixed.entity
        and others.key_scope = mixed.key_scope
        and others.class = mixed.class
        and others.match_key = mixed.match_key
        and others.currency = mixed.currency
        and others.amount = mixed.amount
        and others.twin_no = mixed.twin_no
        and others.side <> mixed.side
    left join mixed as first_twins
        on first_twins.as_of = mixed.as_of
        and first_twins.match = mixed.match
        and first_twins.entity = mixed.entity
        and first_twins.key_scope = mixed.key_scope
        and first_twins.class = mixed.class
        and first_twins.match_key = mixed.match_key
        and first_twins.currency = mixed.currency
        and first_twins.amount = mixed.amount
        and first_twins.twin_no = 1
        and first_twins.side <> mixed.side
),

left_sums as (
    select
        as_of,
        match,
        entity,
        key_scope,
        class,
        match_key,
        currency,
        max(tolerance) as tolerance,
        sum(case when not is_paired and side = 'ours' then 1 else 0 end) as own_items,
        sum(case when not is_paired and side <> 'ours' then 1 else 0 end) as their_items,
        sum(case when not is_paired and side <> 'ours' and has_equal then 1 else 0 end) as equal_items,
        sum(case when not is_paired and side = 'ours' then amount else 0 end) as own_amount,
        sum(case when not is_paired and side <> 'ours' then amount else 0 end) as their_amount
    from twins
    group by as_of, match, entity, key_scope, class, match_key, currency
),

mixed_outcomes as (
    select
        twins.as_of,
        twins.match,
        twins.side,
        twins.subject_kind,
        twins.item_id,
        twins.is_paired,
        case
            when left_sums.own_items = 0 and left_sums.equal_items = left_sums.their_items then 'duplicate_theirs'
            when left_sums.own_items = 0 and twins.class in ('sale', 'payout') then 'amount'
            when twins.is_paired then 'matched'
            when left_sums.own_items > 0 and left_sums.their_items > 0
                then case when abs(left_sums.their_amount - left_sums.own_amount) <= left_sums.tolerance then 'matched' else 'amount' end
            when left_sums.their_items = 0 and twins.class in ('sale', 'payout') then 'duplicate_ours'
            else 'open'
        end as outcome
    from twins
    inner join left_sums
        on left_sums.as_of = twins.as_of
        and left_sums.match = twins.match
        and left_sums.entity = twins.entity
        and left_sums.key_scope = twins.key_scope
        and left_sums.class = twins.class
        and left_sums.match_key = twins.match_key
        and left_sums.currency = twins.currency
)

select
    led_match_item.match,
    led_match_item.side,
    led_match_item.entity,
    led_match_item.channel,
    led_match_item.key_scope,
    led_match_item.class,
    led_match_item.match_key,
    led_match_item.currency,
    led_match_item.subject_kind,
    led_match_item.item_id,
    led_match_item.sku,
    led_match_item.country,
    led_match_item.amount,
    led_match_item.quantity,
    led_match_item.booked_fee,
    led_match_item.known_fee,
    led_match_item.event_at,
    led_match_item.due_at,
    led_match_item.taken_at,
    led_match_item.is_before,
    led_match_item.covers_from,
    led_match_item.covers_to,
    led_match_item.party,
    led_match_item.counterparty,
    led_match_item.owed_amount,
    led_match_item.stated_tax,
    led_match_item.batch_id,
    led_match_item.source_line,
    case
        when key_outcomes.outcome is null then 'open'
        when key_outcomes.outcome = 'mixed' then mixed_outcomes.outcome
        else key_outcomes.outcome
    end as key_outcome,
    coalesce(mixed_outcomes.is_paired, false) as is_paired,
    case
        when led_match_item.match <> 'purchase_settlement' or led_match_item.taken_at >= run.period_start then null
        when later_keys.match is not null
            then coalesce(case keys_before.outcome when 'mixed' then mixed_before.outcome else keys_before.outcome end, 'open')
        when key_outcomes.outcome is null then 'open'
        when key_outcomes.outcome = 'mixed' then mixed_outcomes.outcome
        else key_outcomes.outcome
    end as outcome_before
from led_match_item
cross join run
left join key_outcomes
    on key_outcomes.as_of = 'now'
    and key_outcomes.match = led_match_item.match
    and key_outcomes.entity = led_match_item.entity
    and key_outcomes.key_scope = led_match_item.key_scope
    and key_outcomes.class = led_match_item.class
    and key_outcomes.match_key = led_match_item.match_key
    and key_outcomes.currency = led_match_item.currency
left join mixed_outcomes
    on mixed_outcomes.as_of = 'now'
    and mixed_outcomes.match = led_match_item.match
    and mixed_outcomes.side = led_match_item.side
    and mixed_outcomes.subject_kind = led_match_item.subject_kind
    and mixed_outcomes.item_id = led_match_item.item_id
left join later_keys
    on later_keys.match = led_match_item.match
    and later_keys.entity = led_match_item.entity
    and later_keys.key_scope = led_match_item.key_scope
    and later_keys.class = led_match_item.class
    and later_keys.match_key = led_match_item.match_key
    and later_keys.currency = led_match_item.currency
left join key_outcomes as keys_before
    on keys_before.as_of = 'before'
    and keys_before.match = led_match_item.match
    and keys_before.entity = led_match_item.entity
    and keys_before.key_scope = led_match_item.key_scope
    and keys_before.class = led_match_item.class
    and keys_before.match_key = led_match_item.match_key
    and keys_before.currency = led_match_item.currency
left join mixed_outcomes as mixed_before
    on mixed_before.as_of = 'before'
    and mixed_before.match = led_match_item.match
    and mixed_before.side = led_match_item.side
    and mixed_before.subject_kind = led_match_item.subject_kind
    and mixed_before.item_id = led_match_item.item_id
