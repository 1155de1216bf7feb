-- One row is a payment of ours that no line took, or that a line of another amount took.
-- grain: subject_kind, subject_id
-- A payment to a creator, an agency or a tax authority waits in clearing until a line of the bank, or of a provider's balance, takes it. Outcomes:
-- not_yet_due (the bank has the days of the web channel), missing_in_bank, bank_amount (of a tax payment whose reference the line has), not_compared (of a payout: no
-- line ever took one of its method and entity; of a tax payment: the month has no line of a bank account of the entity and currency from the day of the payment on). What the provider's
-- payments contradict is payout_provider's or payout_duplicate's to name, and what lines that name a payout took of it is led_payout_taken's. Amounts
-- are + where money leaves us.
with grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

payouts as (
    select
        payout_id,
        max(entity) as entity,
        max(method) as channel,
        max(paid_currency) as currency,
        cast(-sum(amount) as decimal(38, 6)) as amount,
        max(event_at) as event_at,
        max(taken_at) as taken_at
    from led_paid_payout
    group by payout_id
),

grouped as (
    select distinct item_id as payout_id
    from led_payout_group
    where side = 'ours' and item_kind = 'payout'
),

-- the methods of which a line took a payout
taken_methods as (
    select distinct payouts.entity, payouts.channel
    from payouts
    inner join grouped
        on grouped.payout_id = payouts.payout_id
),

tax_lines as (
    select group_id, cast(sum(amount) as decimal(38, 6)) as amount
    from led_tax_group
    where item_kind = 'bank'
    group by group_id
),

-- until when the bank's lines of the month tell of an entity and currency
told_until as (
    select entity, currency, max(booked_at) as booked_at
    from stg_bank_lines
    cross join run
    where accounting_month = run.period
    group by entity, currency
),

payments as (
    select
        payouts.entity,
        'payout' as subject_kind,
        payouts.payout_id as subject_id,
        payouts.channel,
        payouts.currency,
        payouts.amount as our_amount,
        cast(0 as decimal(38, 6)) as their_amount,
        payouts.event_at,
        payouts.taken_at,
        taken_methods.entity is not null as is_comparable,
        versions.batch_id,
        versions.source_line
    from payouts
    inner join led_payout_version as versions
        on versions.payout_id = payouts.payout_id
        and versions.version_no = 1
    left join grouped
        on grouped.payout_id = payouts.payout_id
    left join taken_methods
        on taken_methods.entity = payouts.entity
        and taken_methods.channel = payouts.channel
    left join led_match_payout
        on led_match_payout.subject_kind = 'payout'
        and led_match_payout.subject_id = payouts.payout_id
    where grouped.payout_id is null
        and payouts.amount <> 0
        and coalesce(led_match_payout.outcome, 'not_compared') in ('matched', 'tolerated', 'not_compared')
    union all
    select
        taxes.entity,
        'tax_payment' as subject_kind,
        taxes.item_id as subject_id,
        'tax' as channel,
        taxes.currency,
        -taxes.amount as our_amount,
        coalesce(tax_lines.amount, 0) as their_amount,
        taxes.event_at,
        taxes.taken_at,
        tax_lines.group_id is not null or told_until.booked_at >= taxes.event_at as is_comparable,
        taxes.batch_id,
        taxes.source_line
    from led_tax_group as taxes
    left join tax_lines
        on tax_lines.group_id = taxes.group_id
    left join told_until
        on told_until.entity = taxes.entity
        and told_until.currency = taxes.currency
    where taxes.item_kind = 'tax'
)

select
    payments.entity,
    payments.subject_kind,
    payments.subject_id,
    payments.channel,
    payments.currency,
    cast(payments.our_amount as decimal(38, 6)) as our_amount,
    cast(payments.their_amount as decimal(38, 6)) as their_amount,
    payments.taken_at,
    days_after(payments.event_at, grace.days) as due_at,
    case
        when payments.their_amount <> 0 then 'bank_amount'
        when days_after(payments.event_at, grace.days) > run.period_end then 'not_yet_due'
        when payments.is_comparable then 'missing_in_bank'
        else 'not_compared'
    end as outcome,
    payments.batch_id,
    payments.source_line
from payments
cross join run
cross join grace
left join run_tolerances
    on run_tolerances.currency = payments.currency
where abs(payments.our_amount - payments.their_amount) > coalesce(run_tolerances.tolerance, 0)
