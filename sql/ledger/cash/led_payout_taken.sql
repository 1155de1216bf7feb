-- One row is the payouts to creators that belong together beside what the bank, or a provider's balance, took for them.
-- grain: entity, group_id, currency
-- Of led_clearing_item, in the currency of the payment: payout_amount is what of them is out, taken_amount what lines took less what lines brought
-- back, with or without the provider's own fees. fee_amount is what of them is in taken_amount: all, unless what was taken is what was paid
-- without. Outcomes: matched; bank_twice (more debits than payouts, or more than one that takes them all, and more money), bank_amount
-- (too much, too little, or not back). What no line took is not here: it waits in clearing, as an open item. What took too much is a break
-- at once, what is still to come has the days of the web channel: judged_at. What the provider's payments say of a payout is led_match_payout's: where it names a
-- break, this one doesn't.
with grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

sums as (
    select
        entity,
        group_id,
        currency,
        cast(sum(case when kind = 'payout' then -amount else 0 end) as decimal(38, 6)) as payout_amount,
        cast(sum(case when kind = 'payout' and amount < 0 then -amount else 0 end) as decimal(38, 6)) as paid_amount,
        cast(sum(case when kind in ('bank', 'settlement') then amount else 0 end) as decimal(38, 6)) as taken_amount,
        cast(sum(case when kind in ('bank', 'settlement') and amount > 0 then amount else 0 end) as decimal(38, 6)) as debited_amount,
        cast(sum(case when kind = 'fee' then amount else 0 end) as decimal(38, 6)) as fee_amount,
        cast(sum(case when kind = 'tolerated' then amount else 0 end) as decimal(38, 6)) as tolerated_amount,
        cast(sum(case
            when kind not in ('bank', 'settlement') then 0
            when amount > 0 then 1
            else -1
        end) as bigint) as debits,
        max(case when kind = 'bank' then item_id end) as line_id,
        max(event_at) as event_at,
        max(taken_at) as taken_at
    from led_clearing_item
    group by entity, group_id, currency
    having max(case when kind = 'payout' then 1 else 0 end) = 1 and max(case when kind in ('bank', 'settlement') then 1 else 0 end) = 1
),

-- one debit may take all payouts of a group
whole_debits as (
    select
        items.entity,
        items.group_id,
        items.currency,
        count(*) as debits
    from led_clearing_item as items
    inner join sums
        on sums.entity = items.entity
        and sums.group_id = items.group_id
        and sums.currency = items.currency
    where items.kind in ('bank', 'settlement')
        and items.amount > 0
        and (items.amount = sums.paid_amount or items.amount + sums.fee_amount = sums.paid_amount)
    group by items.entity, items.group_id, items.currency
),

-- a group that lines took in another currency was exchanged by the bank
exchanged as (
    select entity, group_id
    from led_clearing_item
    where kind in ('payout', 'bank', 'settlement')
    group by entity, group_id
    having count(distinct currency) > 1
),

members as (
    select
        payouts.payout_id,
        coalesce(led_payout_group.group_id, 'payout ' || payouts.payout_id) as group_id
    from (select distinct payout_id from led_paid_payout) as payouts
    left join led_payout_group
        on led_payout_group.item_kind = 'payout'
        and led_payout_group.item_id = payouts.payout_id
),

named as (
    select
        members.group_id,
        min(members.payout_id) as payout_id,
        count(*) as payouts,
        -- as the versions that are paid say; that their terms changed is payout_arithmetic's to name
        cast(sum(led_match_payout.our_amount) as decimal(38, 6)) as told_amount,
        max(case
            when led_match_payout.outcome is null or led_match_payout.outcome in ('matched', 'tolerated', 'not_compared') then 0
            else 1
        end) as is_named
    from members
    left join led_match_payout
        on led_match_payout.subject_kind = 'payout'
        and led_match_payout.subject_id = members.payout_id
    group by members.group_id
),

judged as (
    select
        sums.entity,
        sums.group_id,
        sums.currency,
        named.payout_id,
        named.payouts,
        sums.payout_amount,
        sums.taken_amount,
        cast(case when sums.debited_amount = sums.paid_amount then 0 else -sums.fee_amount end as decimal(38, 6)) as fee_amount,
        sums.debits,
        sums.line_id,
        sums.taken_at,
        case
            when abs(sums.taken_amount + sums.tolerated_amount - sums.payout_amount) <= coalesce(run_tolerances.tolerance, 0)
                or abs(sums.taken_amount + sums.tolerated_amount + sums.fee_amount - sums.payout_amount)
                <= coalesce(run_tolerances.tolerance, 0)
                or (sums.payout_amount > 0 and sums.taken_amount in (named.told_amount, named.told_amount - sums.fee_amount))
                then 'matched'
            when (sums.debits > named.payouts or whole_debits.debits > 1) and sums.taken_amount > sums.payout_amount and sums.payout_amount > 0 then 'bank_twice'
            else 'bank_amount'
        end as outcome,
        case
            when sums.taken_amount + sums.fee_amount > sums.paid_amount then sums.taken_at
            else days_after(sums.event_at, grace.days)
        end as judged_at
    from sums
    cross join grace
    inner join named
        on named.group_id = sums.group_id
        and named.is_named = 0
    left join whole_debits
        on whole_debits.entity = sums.entity
        and whole_debits.group_id = sums.group_id
        and whole_debits.currency = sums.currency
    left join exchanged
        on exchanged.entity = sums.entity
        and exchanged.group_id = sums.group_id
    left join run_tolerances
        on run_tolerances.currency = sums.currency
    where exchanged.group_id is null
)

select
    judged.entity,
    judged.group_id,
    judged.currency,
    judged.payout_id,
    judged.payouts,
    judged.payout_amount,
    judged.taken_amount,
    judged.fee_amount,
    judged.debits,
    judged.line_id,
    judged.outcome,
    judged.taken_at,
    judged.judged_at,
    case when lines.line_id is null then versions.batch_id else lines.batch_id end as batch_id,
    case when lines.line_id is null then versions.source_line else lines.source_line end as source_line
from judged
inner join led_payout_version as versions
    on versions.payout_id = judged.payout_id
    and versions.version_no = 1
left join stg_bank_lines as lines
    on lines.line_id = judged.line_id
