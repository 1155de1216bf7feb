-- One row is one outcome of matching: a pair, a group, an aggregate, or a row of one side alone.
-- grain: match, outcome, subject_kind, subject_id, currency
-- The orders that met their line one to one are in led_match_clean. The subject is our row (of several the earliest), else
-- theirs, else the aggregate's key. Amounts are + towards the platform; fee is what the settlement states. Outcomes: matched,
-- tolerated, fee, amount, quantity, currency, duplicate, ambiguous, missing_in_settlement, missing_in_ledger,
-- missing_in_bank, not_yet_due, before_carat (not judged). taken_at is when the outcome counts. A settlement that the bank
-- received in another currency is told in the bank's: ours is then what the published rate makes of it, the difference is FX,
-- and other_amount in other_currency is what the report paid out.
with groups_of_keys as (
    select
        match,
        entity,
        key_scope,
        class,
        match_key,
        currency,
        fate,
        case when fate = 'twice_here' then item_id end as single_id,
        case when side = 'ours' then subject_kind end as own_kind,
        case when side = 'ours' then item_id end as own_id,
        side,
        channel,
        amount,
        booked_fee,
        known_fee,
        taken_at,
        batch_id,
        source_line,
        row_number() over (
            partition by match, entity, key_scope, class, match_key, currency, fate, side,
                case when fate = 'twice_here' then item_id end
            order by event_at, item_id
        ) as place
    from led_match_keyed
    where fate <> 'open'
),

key_groups as (
    select
        match,
        entity,
        currency,
        fate,
        max(channel) as channel,
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
        max(taken_at) as taken_at
    from groups_of_keys
    group by match, entity, key_scope, class, match_key, currency, fate, single_id
),

rated as (
    select
        led_match_converted.match,
        led_match_converted.entity,
        led_match_converted.own_currency,
        led_match_converted.their_currency,
        led_match_converted.channel,
        led_match_converted.subject_kind,
        led_match_converted.subject_id,
        led_match_converted.batch_id,
        led_match_converted.source_line,
        led_match_converted.own_amount,
        led_match_converted.their_amount,
        led_match_converted.taken_at,
        half_up_minor(
            cast(cast(led_match_converted.own_amount as decimal(38, 6)) * led_fx_rate.rate as decimal(38, 15)),
            coalesce(run_currencies.minor_digits, 2)
        ) as expected_amount
    from led_match_converted
    left join led_fx_rate
        on led_fx_rate.base = case when led_match_converted.match = 'settlement_bank' then led_match_converted.own_currency end
        and led_fx_rate.quote = led_match_converted.their_currency
        and led_fx_rate.day = led_match_converted.day
    left join run_currencies
        on run_currencies.currency = led_match_converted.their_currency
),

bank_parties as (
    select distinct led_match_keyed.entity, led_match_keyed.party
    from led_match_keyed
    where led_match_keyed.match = 'settlement_bank'
        and led_match_keyed.side = 'theirs'
        and led_match_keyed.fate <> 'open'
        and led_match_keyed.party is not null
),

-- a condition on the left side alone would compare every row with every other, so it is part of the key
opens as (
    select
        match,
        side,
        entity,
        channel,
        currency,
        subject_kind,
        item_id,
        amount,
        known_fee,
        taken_at,
        due_at,
        is_before,
        batch_id,
        source_line,
        case when match = 'purchase_settlement' and side = 'ours' then item_id end as order_id,
        case when match = 'settlement_bank' and side = 'theirs' then party end as bank_party
    from led_match_open
    where way = 'told'
),

alone as (
    select
        opens.match,
        opens.side,
        opens.entity,
        opens.channel,
        opens.currency,
        opens.subject_kind,
        opens.item_id,
        opens.amount,
        opens.known_fee,
        opens.taken_at,
        opens.batch_id,
        opens.source_line,
        case
            when opens.side = 'ours' and opens.is_before then 'before_carat'
            when opens.side = 'ours' and opens.due_at > run.period_end then 'not_yet_due'
            when opens.side = 'ours' and opens.match = 'settlement_bank' then 'missing_in_bank'
            when opens.side = 'ours' then 'missing_in_settlement'
            when opens.is_before then 'before_carat'
            when opens.due_at > run.period_end then 'not_yet_due'
            when opens.match = 'settlement_bank' then 'missing_in_settlement'
            else 'missing_in_ledger'
        end as outcome
    from opens
    cross join run
    left join led_match_told as told
        on told.match = opens.match
        and told.side = opens.side
        and told.subject_kind = opens.subject_kind
        and told.item_id = opens.item_id
    left join led_match_netted as netted
        on netted.order_id = opens.order_id
    left join bank_parties
        on bank_parties.entity = opens.entity
        and bank_parties.party = opens.bank_party
    where told.item_id is null
        and netted.order_id is null
        -- money in from those who pay settlements should have been announced; other lines of the bank are no business here
        and (opens.match <> 'settlement_bank' or opens.side = 'ours' or (bank_parties.party is not null and opens.amount > 0))
),

told_groups as (
    select
        told.match,
        told.group_id,
        told.fate,
        max(told.orders) as orders,
        max(told.lines) as lines,
        max(items.entity) as entity,
        max(items.channel) as channel,
        max(items.currency) as currency,
        max(case when told.side = 'theirs' and items.item_id = told.group_id then items.subject_kind end) as subject_kind,
        max(case when told.side = 'theirs' and items.item_id = told.group_id then items.batch_id end) as batch_id,
        max(case when told.side = 'theirs' and items.item_id = told.group_id then items.source_line end) as source_line,
        sum(case when told.side = 'ours' then items.amount else 0 end) as own_amount,
        sum(case when told.side = 'theirs' then items.amount else 0 end) as their_amount,
        max(items.taken_at) as taken_at
    from led_match_told as told
    inner join led_match_open as items
        on items.match = told.match
        and items.side = told.side
        and items.subject_kind = told.subject_kind
        and items.item_id = told.item_id
    group by told.match, told.group_id, told.fate
),

outcomes as (
    select
        key_groups.match,
        key_groups.entity,
        key_groups.channel,
        key_groups.currency,
        case
            when key_groups.fate in ('twice_here', 'twice_there') then 'duplicate'
            when key_groups.fate = 'amount' then 'amount'
            when key_groups.known_items = key_groups.own_items
                and abs(key_groups.line_fee - key_groups.known_fee) > coalesce(run_tolerances.tolerance, 0) then 'fee'
            when key_groups.their_amount <> key_groups.own_amount and key_groups.their_items > 0 then 'tolerated'
            else 'matched'
        end as outcome,
        key_groups.subject_kind,
        key_groups.subject_id,
        greatest(key_groups.own_items, key_groups.their_items) as pairs,
        key_groups.own_amount,
        key_groups.their_amount,
        key_groups.known_fee,
        key_groups.line_fee,
        case
            when key_groups.fate = 'matched' then key_groups.line_fee - key_groups.booked_fee
        end as fee_difference,
        cast(null as decimal(38, 6)) as fx_difference,
        cast(null as varchar) as other_currency,
        cast(null as decimal(38, 6)) as other_amount,
        key_groups.own_items,
        key_groups.their_items,
        key_groups.taken_at,
        key_groups.batch_id,
        key_groups.source_line
    from key_groups
    left join run_tolerances
        on run_tolerances.currency = key_groups.currency
    union all
    select
        match,
        entity,
        channel,
        own_currency,
        'currency',
        subject_kind,
        subject_id,
        1,
        own_amount,
        cast(0 as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        their_currency,
        cast(null as decimal(38, 6)),
        1,
        1,
        taken_at,
        batch_id,
        source_line
    from rated
    where match <> 'settlement_bank'
    union all
    select
        match,
        entity,
        channel,
        their_currency,
        -- a bank converts at a rate of its own; more than a twentieth off is no rate
        case when abs(their_amount - expected_amount) * 20 > abs(expected_amount) then 'amount' else 'matched' end,
        subject_kind,
        subject_id,
        1,
        coalesce(expected_amount, their_amount),
        their_amount,
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        their_amount - expected_amount,
        own_currency,
        own_amount,
        1,
        1,
        taken_at,
        batch_id,
        source_line
    from rated
    where match = 'settlement_bank'
    union all
    select
        match,
        entity,
        channel,
        currency,
        fate,
        coalesce(subject_kind, 'settlement'),
        group_id,
        greatest(orders, lines),
        case when fate = 'ambiguous' then 0 else own_amount end,
        their_amount,
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as varchar),
        cast(null as decimal(38, 6)),
        orders,
        lines,
        taken_at,
        batch_id,
        source_line
    from told_groups
    union all
    select
        'purchase_settlement',
        entity,
        channel,
        currency,
        outcome,
        'settlement',
        aggregate_id,
        greatest(own_items, their_items),
        own_amount,
        their_amount,
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as varchar),
        cast(null as decimal(38, 6)),
        own_quantity,
        their_quantity,
        taken_at,
        batch_id,
        source_line
    from led_match_aggregate
    union all
    select
        match,
        entity,
        channel,
        currency,
        outcome,
        subject_kind,
        item_id,
        1,
        case when side = 'ours' then amount else 0 end,
        case when side = 'ours' then 0 else amount end,
        cast(null as decimal(38, 6)),
        known_fee,
        cast(null as decimal(38, 6)),
        cast(null as decimal(38, 6)),
        cast(null as varchar),
        cast(null as decimal(38, 6)),
        case when side = 'ours' then 1 else 0 end,
        case when side = 'ours' then 0 else 1 end,
        taken_at,
        batch_id,
        source_line
    from alone
)

select
    match,
    entity,
    channel,
    currency,
    outcome,
    subject_kind,
    subject_id,
    cast(pairs as bigint) as pairs,
    cast(own_amount as decimal(38, 6)) as our_amount,
    cast(their_amount as decimal(38, 6)) as their_amount,
    cast(their_amount - own_amount as decimal(38, 6)) as difference,
    cast(known_fee as decimal(38, 6)) as known_fee,
    cast(line_fee as decimal(38, 6)) as line_fee,
    cast(fee_difference as decimal(38, 6)) as fee_difference,
    cast(fx_difference as decimal(38, 6)) as fx_difference,
    other_currency,
    cast(other_amount as decimal(38, 6)) as other_amount,
    cast(own_items as bigint) as own_items,
    cast(their_items as bigint) as their_items,
    taken_at,
    batch_id,
    source_line
from outcomes
