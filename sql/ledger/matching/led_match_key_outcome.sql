-- One row is one outcome of matching by key: the orders and lines of one transaction, or a settlement payout and its receipts.
-- grain: match, entity, key_scope, class, match_key, currency, key_outcome (a row of its own for each item recorded twice)
-- What led_match_keyed settled, summed. Equal within the tolerance is matched, or tolerated where a difference is left; a fee
-- that both sides know and that differs is a fee, unless amounts do. Rows that one side has twice are duplicates. The fee
-- difference is what the settlement took more (negative) or less than was booked; a line that states none implies it by its net.
with groups_of_keys as (
    select
        match,
        entity,
        key_scope,
        class,
        match_key,
        currency,
        key_outcome,
        case when key_outcome = 'duplicate_ours' then item_id end as single_id,
        case when side = 'ours' then subject_kind end as own_kind,
        case when side = 'ours' then item_id end as own_id,
        side,
        channel,
        amount,
        booked_fee,
        known_fee,
        taken_at,
        counterparty,
        owed_amount,
        batch_id,
        source_line,
        row_number() over (
            partition by match, entity, key_scope, class, match_key, currency, key_outcome, side,
                case when key_outcome = 'duplicate_ours' then item_id end
            order by event_at, item_id
        ) as place
    from led_match_keyed
    where key_outcome <> 'open'
),

key_groups as (
    select
        match,
        entity,
        currency,
        key_outcome,
        max(channel) as channel,
        max(case when side <> 'ours' then counterparty end) as their_counterparty,
        max(case when side = 'ours' then counterparty end) as own_counterparty,
        max(case when side = 'ours' and place = 1 then own_kind end) as subject_kind,
        max(case when side = 'ours' and place = 1 then own_id end) as subject_id,
        max(case when side = 'ours' and place = 1 then batch_id end) as batch_id,
        max(case when side = 'ours' and place = 1 then source_line end) as source_line,
        sum(case when side = 'ours' then 1 else 0 end) as own_items,
        sum(case when side = 'ours' then 0 else 1 end) as their_items,
        sum(case when side = 'ours' then amount else 0 end) as own_amount,
        sum(case when side = 'ours' then 0 else amount end) as their_amount,
        sum(case when side = 'ours' then booked_fee end) as booked_fee,
        sum(case when side = 'ours' then known_fee end) as known_fee,
        sum(case when side = 'ours' and known_fee is not null then 1 else 0 end) as known_items,
        sum(case when side <> 'ours' then known_fee end) as line_fee,
        sum(case when side = 'ours' then owed_amount end) as own_owed,
        sum(case when side <> 'ours' then owed_amount end) as their_owed,
        sum(case when side <> 'ours' and owed_amount is null then 1 else 0 end) as unknown_items,
        max(taken_at) as taken_at
    from groups_of_keys
    group by match, entity, key_scope, class, match_key, currency, key_outcome, single_id
)

select
    key_groups.match,
    key_groups.entity,
    key_groups.channel,
    -- who settles it: a bank knows no counterparties
    coalesce(key_groups.their_counterparty, key_groups.own_counterparty) as counterparty,
    key_groups.currency,
    case
        when key_groups.key_outcome in ('duplicate_ours', 'duplicate_theirs') then 'duplicate'
        when key_groups.key_outcome = 'amount' then 'amount'
        when key_groups.known_items = key_groups.own_items
            and abs(key_groups.line_fee - key_groups.known_fee) > coalesce(run_tolerances.tolerance, 0) then 'fee'
        when key_groups.their_amount <> key_groups.own_amount and key_groups.their_items > 0 then 'tolerated'
        else 'matched'
    end as outcome,
    key_groups.subject_kind,
    key_groups.subject_id,
    cast(greatest(key_groups.own_items, key_groups.their_items) as bigint) as pairs,
    cast(key_groups.own_amount as decimal(38, 6)) as our_amount,
    cast(key_groups.their_amount as decimal(38, 6)) as their_amount,
    cast(key_groups.known_fee as decimal(38, 6)) as known_fee,
    cast(key_groups.line_fee as decimal(38, 6)) as line_fee,
    cast(
        case
            when key_groups.key_outcome <> 'matched' then null
            when key_groups.line_fee is not null then key_groups.line_fee - key_groups.booked_fee
            when key_groups.unknown_items = 0
                then key_groups.their_owed - key_groups.own_owed - (key_groups.their_amount - key_groups.own_amount)
        end as decimal(38, 6)
    ) as fee_difference,
    cast(key_groups.own_items as bigint) as own_items,
    cast(key_groups.their_items as bigint) as their_items,
    key_groups.taken_at,
    key_groups.batch_id,
    key_groups.source_line
from key_groups
left join run_tolerances
    on run_tolerances.currency = key_groups.currency
