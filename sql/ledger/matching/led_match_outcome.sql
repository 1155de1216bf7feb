-- One row is one outcome of matching: a pair, a group, an aggregate, or a row of one side alone.
-- grain: match, outcome, subject_kind, subject_id, currency
-- The orders that met their line one to one are in led_match_clean. Each of the steps below says its own outcomes: by key, by a key
-- in two currencies, by attributes, by aggregates, and what is left alone. The subject is our row (of several the earliest), else
-- theirs, else the aggregate's key. Amounts are + towards the platform; fee is what the settlement states. Outcomes: matched,
-- tolerated, fee, amount, quantity, currency, duplicate, ambiguous, missing_in_settlement, missing_in_ledger,
-- missing_in_bank, not_yet_due, before_carat (not judged). taken_at is when the outcome counts. Fees are known by key alone,
-- fx_difference and the other currency where a key has two.
with outcomes as (
    select
        match,
        entity,
        channel,
        currency,
        outcome,
        subject_kind,
        subject_id,
        pairs,
        our_amount,
        their_amount,
        known_fee,
        line_fee,
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
        currency,
        outcome,
        subject_kind,
        subject_id,
        pairs,
        our_amount,
        their_amount,
        cast(null as decimal(38, 6)) as known_fee,
        cast(null as decimal(38, 6)) as line_fee,
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
        currency,
        outcome,
        subject_kind,
        subject_id,
        pairs,
        our_amount,
        their_amount,
        cast(null as decimal(38, 6)) as known_fee,
        cast(null as decimal(38, 6)) as line_fee,
        cast(null as decimal(38, 6)) as fee_difference,
        cast(null as decimal(38, 6)) as fx_difference,
        cast(null as varchar) as other_currency,
        cast(null as decimal(38, 6)) as other_amount,
        own_items,
        their_items,
        taken_at,
        batch_id,
        source_line
    from led_match_attribute_outcome
    union all
    select
        'purchase_settlement' as match,
        entity,
        channel,
        currency,
        outcome,
        'settlement' as subject_kind,
        aggregate_id as subject_id,
        greatest(own_items, their_items) as pairs,
        own_amount as our_amount,
        their_amount,
        cast(null as decimal(38, 6)) as known_fee,
        cast(null as decimal(38, 6)) as line_fee,
        cast(null as decimal(38, 6)) as fee_difference,
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
        currency,
        outcome,
        subject_kind,
        subject_id,
        pairs,
        our_amount,
        their_amount,
        cast(null as decimal(38, 6)) as known_fee,
        line_fee,
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
