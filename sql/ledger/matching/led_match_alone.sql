-- One row is one row of one side that nothing of the other side was found for, with what it is until something is.
-- grain: match, subject_kind, subject_id
-- missing_in_settlement, missing_in_ledger or missing_in_bank once it is due; not_yet_due before; before_carat (not judged) where
-- the other side may lie before carat began. Money in from those who pay settlements, to whichever account and in whichever
-- currency, should have been announced; other lines of the bank are no business here.
with bank_parties as (
    select distinct led_match_keyed.entity, led_match_keyed.party
    from led_match_keyed
    where led_match_keyed.match = 'settlement_bank'
        and led_match_keyed.side = 'theirs'
        and led_match_keyed.key_outcome <> 'open'
        and led_match_keyed.party is not null
),

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
    where rule = 'attribute'
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
    left join led_match_attribute as attributed
        on attributed.match = opens.match
        and attributed.side = opens.side
        and attributed.subject_kind = opens.subject_kind
        and attributed.item_id = opens.item_id
    left join led_match_netted as netted
        on netted.order_id = opens.order_id
    left join bank_parties
        on bank_parties.entity = opens.entity
        and bank_parties.party = opens.bank_party
    where attributed.item_id is null
        and netted.order_id is null
        and (opens.match <> 'settlement_bank' or opens.side = 'ours' or (bank_parties.party is not null and opens.amount > 0))
)

select
    match,
    entity,
    channel,
    currency,
    outcome,
    subject_kind,
    item_id as subject_id,
    cast(1 as bigint) as pairs,
    cast(case when side = 'ours' then amount else 0 end as decimal(38, 6)) as our_amount,
    cast(case when side = 'ours' then 0 else amount end as decimal(38, 6)) as their_amount,
    known_fee as line_fee,
    cast(case when side = 'ours' then 1 else 0 end as bigint) as own_items,
    cast(case when side = 'ours' then 0 else 1 end as bigint) as their_items,
    taken_at,
    batch_id,
    source_line
from alone
