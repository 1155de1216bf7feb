-- One row is one thing that moved clearing, with what it belongs together with.
-- grain: kind, item_id, currency
-- Signed as the journal: a debit (what stores and providers paid out and the bank has not received) is positive, a credit (what was paid to
-- creators and nothing has taken yet) negative. kind: settlement (a payout, disbursement or transfer of a report), payout (a payment to a creator, or its coming back),
-- tax (a payment to an authority, or what came back from one), fee (the provider's, on top of a payment), bank (a line that meets one of them), conversion (what a bank that exchanges received,
-- in one currency, and what was paid out, in the other), tolerated (what a group is off within the tolerance, gone to 7010). What is left
-- of a group is an open item.
with settled as (
    select
        lines.line_id,
        lines.entity,
        lines.counterparty,
        lines.currency,
        lines.kind,
        coalesce(lines.fee_amount, 0) - lines.net_amount as amount,
        coalesce(lines.settled_at, lines.event_at) as moved_at,
        lines.accounting_month
    from led_line_apart as lines
    cross join run
    where lines.kind in ('payout', 'disbursement', 'transfer')
        and coalesce(lines.settled_at, lines.event_at) >= run.first_start
        and coalesce(lines.settled_at, lines.event_at) < run.period_end
    union all
    select line_id, entity, counterparty, currency, 'payout', -net_amount, settled_at, accounting_month
    from led_report_payout
),

items as (
    select
        'settlement' as kind,
        settled.line_id as item_id,
        settled.entity,
        settled.counterparty,
        settled.currency,
        coalesce(led_settlement_group.group_id, led_payout_group.group_id, 'settlement ' || settled.line_id) as group_id,
        settled.amount,
        settled.moved_at as event_at,
        case
            when settled.accounting_month = run.period or settled.moved_at >= run.period_start
                then greatest(least(settled.moved_at, run.closing_instant), run.period_start)
            else least(settled.moved_at, run.opening_instant)
        end as taken_at
    from settled
    cross join run
    left join led_settlement_group
        on led_settlement_group.side = 'ours'
        and led_settlement_group.item_id = settled.line_id
    left join led_payout_group
        on led_payout_group.item_kind = 'disbursement'
        and led_payout_group.item_id = settled.line_id
    union all
    select
        'payout',
        payouts.payout_id || '/' || plain(payouts.step),
        payouts.entity,
        payouts.method,
        payouts.paid_currency,
        coalesce(led_payout_group.group_id, 'payout ' || payouts.payout_id),
        payouts.amount,
        payouts.event_at,
        payouts.taken_at
    from led_paid_payout as payouts
    left join led_payout_group
        on led_payout_group.item_kind = 'payout'
        and led_payout_group.item_id = payouts.payout_id
    union all
    select
        'fee',
        fees.line_id,
        fees.entity,
        fees.provider,
        fees.currency,
        coalesce(led_payout_group.group_id, 'payout ' || fees.payout_id, 'fee ' || fees.line_id),
        -fees.fee_amount,
        fees.taken_at,
        fees.taken_at
    from led_payment_fee as fees
    left join led_payout_group
        on led_payout_group.item_kind = 'payout'
        and led_payout_group.item_id = fees.payout_id
    union all
    select 'tax', item_id, entity, 'tax authority', currency, group_id, amount, event_at, taken_at
    from led_tax_group
    where item_kind = 'tax'
    union all
    select 'bank', line_id, entity, coalesce(counterparty, account), currency, group_id, -amount, booked_at, greatest(taken_at, found_at)
    from led_bank_booking
    where stage = 'clearing'
    union all
    select
        'conversion',
        outcomes.subject_id,
        outcomes.entity,
        outcomes.channel,
        outcomes.currency,
        led_settlement_group.group_id,
        outcomes.their_amount,
        outcomes.taken_at,
        outcomes.taken_at
    from led_match_currency_outcome as outcomes
    inner join led_settlement_group
        on led_settlement_group.side = 'ours'
        and led_settlement_group.item_id = outcomes.subject_id
    where outcomes.match = 'settlement_bank' and outcomes.outcome = 'matched'
    union all
    select
        'conversion',
        outcomes.subject_id,
        outcomes.entity,
        outcomes.channel,
        outcomes.other_currency,
        led_settlement_group.group_id,
        -outcomes.other_amount,
        outcomes.taken_at,
        outcomes.taken_at
    from led_match_currency_outcome as outcomes
    inner join led_settlement_group
        on led_settlement_group.side = 'ours'
        and led_settlement_group.item_id = outcomes.subject_id
    where outcomes.match = 'settlement_bank' and outcomes.outcome = 'matched'
    union all
    select
        'tolerated',
        payouts.subject_id,
        payouts.entity,
        payouts.channel,
        payouts.currency,
        coalesce(led_payout_group.group_id, 'payout ' || payouts.subject_id),
        payouts.our_amount - payouts.their_amount,
        payouts.taken_at,
        payouts.taken_at
    from led_match_payout as payouts
    left join led_payout_group
        on led_payout_group.item_kind = 'payout'
        and led_payout_group.item_id = payouts.subject_id
    where payouts.outcome = 'tolerated'
),

-- what a group that is complete is off, within the tolerance; a payout that the provider paid otherwise is off by that at once
sums as (
    select
        items.entity,
        items.group_id,
        items.currency,
        min(items.counterparty) as counterparty,
        min(items.item_id) as item_id,
        cast(sum(items.amount) as decimal(38, 6)) as amount,
        max(items.taken_at) as taken_at,
        max(case when items.kind = 'bank' then 1 else 0 end) as has_bank,
        max(case when items.kind = 'settlement' then 1 else 0 end) as has_settlement,
        max(case when items.kind = 'payout' then 1 else 0 end) as has_payout
    from items
    group by items.entity, items.group_id, items.currency
)

select kind, item_id, entity, counterparty, currency, group_id, cast(amount as decimal(38, 6)) as amount, event_at, taken_at
from items
where amount <> 0
union all
select
    'tolerated',
    'rest of ' || sums.item_id,
    sums.entity,
    sums.counterparty,
    sums.currency,
    sums.group_id,
    -sums.amount,
    sums.taken_at,
    sums.taken_at
from sums
left join run_tolerances
    on run_tolerances.currency = sums.currency
where sums.amount <> 0
    and sums.has_bank + sums.has_settlement + sums.has_payout > 1
    and abs(sums.amount) <= coalesce(run_tolerances.tolerance, 0)
