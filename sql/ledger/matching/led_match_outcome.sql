-- One row is one outcome of matching: a pair, a group, an aggregate, or a row of one side alone.
-- grain: match, outcome, subject_kind, subject_id, currency
-- The orders that met their line one to one are in led_match_clean. Each of the steps below says its own outcomes: by key, by a key
-- in two currencies, by attributes, by aggregates, and what is left alone. The subject is our row (of several the earliest), else
-- theirs, else the aggregate's key. Amounts are + towards the platform; fee is what the settlement states. Outcomes: matched,
-- tolerated, fee, tax, amount, quantity, currency, duplicate, ambiguous, missing_in_settlement, missing_in_ledger,
-- missing_in_bank, not_yet_due, before_carat (not judged). taken_at is when the outcome counts. Fees are known by key, or implied by an aggregate,
-- fx_difference and the other currency where a key has two.
-- By attributes the lines of one kind stand beside the orders that they may stand for: the subject is the first of the lines, and of what is
-- ambiguous nothing is confirmed, so ours is nothing.
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
),

outcomes as (
    select
        match,
        entity,
        channel,
        counterparty,
        currency,
        outcome,
        subject_kind,
        subject_id,
        pairs,
        our_amount,
        their_amount,
        known_fee,
        line_fee,
        known_tax,
        line_tax,
        fee_difference,
        cast(null as decimal(38, 6)) as fx_difference,
        cast(null as varchar) as other_currency,
        cast(null as decimal(38, 6)) as other_amount,
        own_items,
        their_items,
        taken_at,
        batch_id,
        source_line
    from led_match_key_outcome
    union all
    select
        match,
        entity,
        channel,
        cast(null as varchar) as counterparty,
        currency,
        outcome,
        subject_kind,
        subject_id,
        pairs,
        our_amount,
        their_amount,
        cast(null as decimal(38, 6)) as known_fee,
        cast(null as decimal(38, 6)) as line_fee,
        cast(null as decimal(38, 6)) as known_tax,
        cast(null as decimal(38, 6)) as line_tax,
        cast(null as decimal(38, 6)) as fee_difference,
        fx_difference,
        other_currency,
        other_amount,
        own_items,
        their_items,
        taken_at,
        batch_id,
        source_line
    from led_match_currency_outcome
    union all
    select
        match,
        entity,
        channel,
        cast(null as varchar) as counterparty,
        currency,
        outcome,
        coalesce(subject_kind, 'settlement') as subject_kind,
        group_id as subject_id,
        cast(greatest(orders, lines) as bigint) as pairs,
        cast(case when outcome = 'ambiguous' then 0 else own_amount end as decimal(38, 6)) as our_amount,
        cast(their_amount as decimal(38, 6)) as their_amount,
        cast(null as decimal(38, 6)) as known_fee,
        cast(null as decimal(38, 6)) as line_fee,
        cast(null as decimal(38, 6)) as known_tax,
        cast(null as decimal(38, 6)) as line_tax,
        cast(null as decimal(38, 6)) as fee_difference,
        cast(null as decimal(38, 6)) as fx_difference,
        cast(null as varchar) as other_currency,
        cast(null as decimal(38, 6)) as other_amount,
        cast(orders as bigint) as own_items,
        cast(lines as bigint) as their_items,
        taken_at,
        batch_id,
        source_line
    from attribute_groups
    union all
    select
        'purchase_settlement' as match,
        entity,
        channel,
        cast(null as varchar) as counterparty,
        currency,
        outcome,
        'settlement' as subject_kind,
        aggregate_id as subject_id,
        greatest(own_items, their_items) as pairs,
        own_amount as our_amount,
        their_amount,
        cast(null as decimal(38, 6)) as known_fee,
        cast(null as decimal(38, 6)) as line_fee,
        cast(null as decimal(38, 6)) as known_tax,
        cast(null as decimal(38, 6)) as line_tax,
        case when outcome in ('matched', 'tolerated') then fee_difference end as fee_difference,
        cast(null as decimal(38, 6)) as fx_difference,
        cast(null as varchar) as other_currency,
        cast(null as decimal(38, 6)) as other_amount,
        own_quantity as own_items,
        their_quantity as their_items,
        taken_at,
        batch_id,
        source_line
    from led_match_aggregate
    union all
    select
        match,
        entity,
        channel,
        cast(null as varchar) as counterparty,
        currency,
        outcome,
        subject_kind,
        subject_id,
        pairs,
        our_amount,
        their_amount,
        cast(null as decimal(38, 6)) as known_fee,
        line_fee,
        cast(null as decimal(38, 6)) as known_tax,
        cast(null as decimal(38, 6)) as line_tax,
        cast(null as decimal(38, 6)) as fee_difference,
        cast(null as decimal(38, 6)) as fx_difference,
        cast(null as varchar) as other_currency,
        cast(null as decimal(38, 6)) as other_amount,
        own_items,
        their_items,
        taken_at,
        batch_id,
        source_line
    from led_match_alone
)

select
    match,
    entity,
    channel,
    counterparty,
    currency,
    outcome,
    subject_kind,
    subject_id,
    pairs,
    our_amount,
    their_amount,
    cast(their_amount - our_amount as decimal(38, 6)) as difference,
    known_fee,
    line_fee,
    known_tax,
    line_tax,
    fee_difference,
    fx_difference,
    other_currency,
    other_amount,
    own_items,
    their_items,
    taken_at,
    batch_id,
    source_line
from outcomes
