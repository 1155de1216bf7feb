-- One row is a receivable that doesn't roll forward to what is open, to the journal, or to what the counterparty says.
-- grain: entity, subject_id, unit, reason
-- control: receivable_rollforward
-- severity: block
-- unit: currency
-- reasons: fed_balance, journal, overdrawn
-- guards: money that a store or provider owes and nobody asks for; a receivable that grows month by month unseen
-- question: Is what every store, provider and reseller owes what they say themselves?
-- causes: a settlement report that never came, or came twice; orders that the counterparty doesn't know; a reserve or a payout that only one side has; a fed balance taken at another instant; an opening that was too small
-- action: compare the open items of the counterparty (open_items) with its own statement of balance, find the report or order that one side lacks, have it delivered and run the month again
-- checked: from led_receivable_beside where is_compared and not is_running
-- not_compared: from led_receivable_beside where not is_compared and (closing_amount <> 0 or settled_amount <> 0)
-- not_compared_reason: no balance of the counterparty was fed
-- Per entity, counterparty and currency: opening + sold - refunded - charged_back +- fees +- tax +- adjustments +- conversion +- reserve
-- - paid out = closing = unsettled orders + what is settled and not paid, and what is settled and not paid is the balance that the
-- counterparty states (balances: a counterparty, or an account ROLE/COUNTERPARTY for the whole receivable). Reasons: fed_balance;
-- journal (the account was moved by what the roll-forward doesn't know); overdrawn (lines for older orders are more than the opening
-- that was fed). Of a counterparty that pays out of a running balance the fed balance is settlement_payout's to compare.
with differing as (
    select
        entity,
        receivable_role || '/' || counterparty as subject_id,
        currency as unit,
        'fed_balance' as reason,
        cast(fed_amount as decimal(38, 9)) as expected,
        cast(own_amount as decimal(38, 9)) as actual,
        case
            when fed_kind = 'counterparty' then counterparty || ' states a balance of ' || plain(fed_amount) || ' ' || currency
                || ' at the end of the month; by its lines ' || plain(own_amount) || ' ' || currency || ' are settled and not paid.'
            else 'The system of record states ' || plain(fed_amount) || ' ' || currency || ' that ' || counterparty
                || ' owes at the end of the month; by orders and lines it is ' || plain(own_amount) || ' ' || currency || '.'
        end as detail,
        batch_id,
        source_line
    from led_receivable_beside
    where is_compared and not is_running and fed_amount <> own_amount
    union all
    select
        entity,
        receivable_role || '/' || counterparty,
        currency,
        'overdrawn',
        cast(fed_opening as decimal(38, 9)),
        cast(fed_opening - opening_item as decimal(38, 9)),
        counterparty || ' opened with ' || plain(fed_opening) || ' ' || currency || '; lines for orders from before carat began come to '
            || plain(fed_opening - opening_item) || ' ' || currency || '.',
        cast(null as varchar),
        cast(null as bigint)
    from led_receivable_beside
    where is_overdrawn
    union all
    select
        entity,
        receivable_role,
        currency,
        'journal',
        cast(rolled_amount as decimal(38, 9)),
        cast(booked_amount as decimal(38, 9)),
        'The roll-forwards of ' || receivable_role || ' move by ' || plain(rolled_amount) || ' ' || currency || ' and the journal moves them by '
            || plain(booked_amount) || ' ' || currency || '.',
        cast(null as varchar),
        cast(null as bigint)
    from led_receivable_booked
    where rolled_amount <> booked_amount
)

select
    entity,
    'account' as subject_kind,
    subject_id,
    expected,
    actual,
    cast(actual - expected as decimal(38, 9)) as difference,
    unit,
    reason,
    detail,
    batch_id,
    source_line
from differing
order by entity, subject_id, unit, reason
