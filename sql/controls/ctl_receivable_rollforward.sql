-- One row is a receivable that doesn't roll forward to what is open, to the journal, or to what the counterparty says.
-- grain: entity, subject_id, unit, reason
-- control: receivable_rollforward
-- severity: block
-- unit: currency
-- reasons: fed_balance, journal, overdrawn, suspense
-- guards: money that a store or provider owes and nobody asks for; differences that wait in suspense and that nobody is asked about; a receivable that grows month by month unseen
-- question: Is what every store, provider and reseller owes what they say themselves?
-- causes: a settlement report that never came, or came twice; orders that the counterparty doesn't know; a reserve or a payout that only one side has; a fed balance taken at another instant; an opening that was too small; a fee, a tax or lines for orders from before carat began that no order was booked with
-- action: compare the open items of the counterparty (open_items) with its own statement of balance, find the report or order that one side lacks, have it delivered and run the month again; of suspense look at the lines of settlements that met their orders, and book or explain the difference
-- checked: from (
--         select beside.counterparty
--         from led_receivable_beside as beside
--         where beside.is_compared
--             and not beside.is_running
--             and not exists (
--                 select 1
--                 from ctl_receivable_rollforward as named
--                 where named.entity = beside.entity
--                     and named.subject_id = beside.receivable_role || '/' || beside.counterparty
--                     and named.unit = beside.currency
--             )
--         union all
--         select subject_id
--         from ctl_receivable_rollforward
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'receivable_rollforward'
-- not_compared_reason: select case when exists (
--         select 1
--         from led_receivable_beside
--         where not is_compared
--             and (closing_amount <> 0 or settled_amount <> 0)
--     ) then 'no balance of the counterparty was fed' else 'what suspense opened with is not known while the month before is open' end
-- Per entity, counterparty and currency: opening + sold - refunded - charged_back +- fees +- tax +- adjustments +- conversion +- reserve
-- - paid out = closing = unsettled orders + what is settled and not paid, and what is settled and not paid is the balance that the
-- counterparty states (balances: a counterparty, or an account ROLE/COUNTERPARTY for the whole receivable): expected is carat's, actual the stated one. Reasons: fed_balance;
-- journal (the account was moved by what the roll-forward doesn't know); overdrawn (lines for older orders are more than the opening
-- that was fed); suspense (settlements moved more there, and more is left, than what purchase_settlement names, or isn't due yet, comes to). Of a counterparty that pays out of a running balance the fed balance is settlement_payout's to compare.
with named as (
    select
        outcomes.entity,
        case
            when lines.line_id is not null then lines.settled_currency
            else coalesce(outcomes.other_currency, outcomes.currency)
        end as currency,
        case
            when lines.line_id is not null then abs(lines.settled_amount)
            when outcomes.other_amount is not null then abs(outcomes.other_amount)
            when outcomes.outcome = 'not_yet_due' then abs(outcomes.their_amount)
            when outcomes.outcome = 'tax' then abs(outcomes.line_tax - outcomes.known_tax) + abs(outcomes.difference)
            else abs(outcomes.difference)
        end as amount
    from led_match_outcome as outcomes
    left join led_match_line as lines
        on lines.line_id = case when outcomes.subject_kind = 'settlement' and outcomes.their_items = 1 then outcomes.subject_id end
    where outcomes.match = 'purchase_settlement'
        and outcomes.outcome not in ('matched', 'tolerated', 'fee', 'before_carat', 'missing_in_settlement')
        and (outcomes.their_items > 0 or outcomes.subject_kind = 'settlement' or outcomes.other_amount is not null)
    union all
    -- lines of one transaction that are settled in another currency than the customer's, each as it is
    select lines.entity, lines.settled_currency, abs(lines.settled_amount)
    from led_match_keyed as keyed
    inner join led_match_line as lines
        on lines.line_id = keyed.item_id
    where keyed.match = 'purchase_settlement'
        and keyed.side = 'theirs'
        and keyed.key_outcome in ('amount', 'duplicate_ours', 'duplicate_theirs')
        and lines.settled_currency <> lines.currency
    union all
    -- lines that don't agree with themselves
    select lines.entity, lines.currency, abs(lines.net_amount - lines.gross_amount - coalesce(lines.tax_amount, 0) - lines.fee_amount)
    from stg_settlement_lines as lines
    cross join run
    where lines.accounting_month = run.period
        and lines.kind in ('sale', 'refund', 'chargeback')
        and lines.fee_amount is not null
),

named_sums as (
    select entity, currency, cast(sum(amount) as decimal(38, 6)) as amount
    from named
    group by entity, currency
),

suspended as (
    select entity, currency, cast(-sum(suspended_amount) as decimal(38, 6)) as amount
    from led_receivable_balance
    group by entity, currency
),

-- an entry that doesn't balance leaves its rest there too, which is other controls' to name
suspense as (
    select
        suspended.entity,
        suspended.currency,
        suspended.amount,
        coalesce(named_sums.amount, 0) as named_amount
    from suspended
    inner join led_trial_balance as balances
        on balances.entity = suspended.entity
        and balances.currency = suspended.currency
    inner join led_account
        on led_account.entity = balances.entity
        and led_account.account = balances.account
        and led_account.role = 'suspense'
    left join named_sums
        on named_sums.entity = suspended.entity
        and named_sums.currency = suspended.currency
    left join run_tolerances
        on run_tolerances.currency = suspended.currency
    where abs(suspended.amount) > coalesce(named_sums.amount, 0) + coalesce(run_tolerances.tolerance, 0)
        and abs(balances.closing) > coalesce(named_sums.amount, 0) + coalesce(run_tolerances.tolerance, 0)
),

differing as (
    select
        entity,
        receivable_role || '/' || counterparty as subject_id,
        currency as unit,
        'fed_balance' as reason,
        cast(own_amount as decimal(38, 9)) as expected,
        cast(fed_amount as decimal(38, 9)) as actual,
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
    union all
    select
        entity,
        'suspense',
        currency,
        'suspense',
        cast(case when amount < 0 then -named_amount else named_amount end as decimal(38, 9)),
        cast(amount as decimal(38, 9)),
        'Settlements moved suspense by ' || plain(amount) || ' ' || currency || '; what is open between orders and settlements comes to '
            || case when named_amount = 0 then 'nothing' else plain(named_amount) || ' ' || currency end || '.',
        cast(null as varchar),
        cast(null as bigint)
    from suspense
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
