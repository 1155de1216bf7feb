-- One row is one outcome of matching by key: the orders and lines of one transaction, or a settlement payout and its receipts.
-- grain: match, entity, key_scope, class, match_key, currency, key_outcome (a row of its own for each item recorded twice)
-- What led_match_keyed settled, summed. Equal within the tolerance is matched, or tolerated where a difference is left; a fee
-- that both sides know and that differs is a fee, unless amounts do; a tax that the
-- counterparty keeps and that by the order (known_tax) it doesn't is a tax. Rows that one side has twice are duplicates. The fee difference is what the settlement took more (negative) or less than was booked; a line that states none implies it by its net.
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
        stated_tax,
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
        sum(case when side <> 'ours' then stated_tax end) as line_tax,
        sum(case when side <> 'ours' and stated_tax is null then 1 else 0 end) as untold_items,
        max(taken_at) as taken_at
    from groups_of_keys
    group by match, entity, key_scope, class, match_key, currency, key_outcome, single_id
),

taxes as (
    select
        key_groups.match, key_groups.entity, key_groups.currency, key_groups.key_outcome, key_groups.channel, key_groups.their_counterparty,
        key_groups.own_counterparty, key_groups.subject_kind, key_groups.subject_id, key_groups.batch_id, key_groups.source_line,
        key_groups.own_items, key_groups.their_items, key_groups.own_amount, key_groups.their_amount, key_groups.booked_fee,
        key_groups.known_fee, key_groups.known_items, key_groups.line_fee, key_groups.own_owed, key_groups.their_owed,
        key_groups.unknown_items, key_groups.line_tax, key_groups.taken_at,
        case when key_groups.untold_items = 0 then key_groups.own_owed - key_groups.own_amount - key_groups.booked_fee end as known_tax
    from key_groups
)

select
    taxes.match,
    taxes.entity,
    taxes.channel,
    -- who settles it: a bank knows no counterparties
    coalesce(taxes.their_counterparty, taxes.own_counterparty) as counterparty,
    taxes.currency,
    case
        when taxes.key_outcome in ('duplicate_ours', 'duplicate_theirs') then 'duplicate'
        when taxes.key_outcome = 'amount' then 'amount'
        when taxes.known_items = taxes.own_items
            and abs(taxes.line_fee - taxes.known_fee) > coalesce(run_tolerances.tolerance, 0) then 'fee'
        when abs(taxes.line_tax - taxes.known_tax) > coalesce(run_tolerances.tolerance, 0) then 'tax'
        when taxes.their_amount <> taxes.own_amount and taxes.their_items > 0 then 'tolerated'
        else 'matched'
    end as outcome,
    taxes.subject_kind,
    taxes.subject_id,
    cast(greatest(taxes.own_items, taxes.their_items) as bigint) as pairs,
    cast(taxes.own_amount as decimal(38, 6)) as our_amount,
    cast(taxes.their_amount as decimal(38, 6)) as their_amount,
    cast(taxes.known_fee as decimal(38, 6)) as known_fee,
    cast(taxes.line_fee as decimal(38, 6)) as line_fee,
    cast(taxes.known_tax as decimal(38, 6)) as known_tax,
    cast(taxes.line_tax as decimal(38, 6)) as line_tax,
    cast(
        case
            when taxes.key_outcome <> 'matched' then null
            when taxes.line_fee is not null then taxes.line_fee - taxes.booked_fee
            when taxes.unknown_items = 0
                then taxes.their_owed - taxes.own_owed - (taxes.their_amount - taxes.own_amount)
        end as decimal(38, 6)
    ) as fee_difference,
    cast(taxes.own_items as bigint) as own_items,
    cast(taxes.their_items as bigint) as their_items,
    taxes.taken_at,
    taxes.batch_id,
    taxes.source_line
from taxes
left join run_tolerances
    on run_tolerances.currency = taxes.currency
