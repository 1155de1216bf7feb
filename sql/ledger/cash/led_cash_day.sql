-- One row is what one day moved one bank account, or clearing, by, of one kind.
-- grain: identity, entity, currency, subject_id, line, day
-- Signed as the balance changes. Of cash, received and paid is what met a payout of a store or provider or a payment to creators, by_rule what a row
-- of bank_rules names, other what nothing explains yet; of clearing, settled is what stores and providers paid out, paid_out what creators and tax
-- authorities were paid, bank what lines of the bank took off, differences what was tolerated or exchanged. What was before the month is its opening,
-- on the day whose rate tells it: the last before the month, where carat begins the first.
with opening as (
    select
        run.period,
        local_day(case when run.period = run.first_period then run.period_start else run.opening_instant end, run.time_zone) as day
    from run
),

movements as (
    select
        'cash' as identity,
        lines.entity,
        lines.account as subject_id,
        lines.currency,
        case
            when not lines.is_now then 'opening'
            when lines.first_role = 'clearing' and lines.amount > 0 then 'received'
            when lines.first_role = 'clearing' then 'paid'
            when lines.kind = 'fee' then 'fees'
            when lines.kind = 'interest' then 'interest'
            when lines.first_role <> 'other_bank' then 'by_rule'
            else 'other'
        end as line,
        case when lines.is_now then local_day(lines.taken_at, run.time_zone) else opening.day end as day,
        lines.amount
    from led_bank_booking as lines
    cross join run
    cross join opening
    union all
    select
        'cash',
        led_cash_opening.entity,
        led_cash_opening.account,
        led_cash_opening.currency,
        case when led_cash_opening.since = run.period and run.period > run.first_period then 'taken_over' else 'opening' end,
        case
            when led_cash_opening.since = run.period and run.period > run.first_period then local_day(run.period_start, run.time_zone)
            else opening.day
        end,
        led_cash_opening.amount
    from led_cash_opening
    cross join run
    cross join opening
    union all
    select
        'clearing',
        items.entity,
        items.entity,
        items.currency,
        case
            when items.taken_at < run.period_start then 'opening'
            when items.kind = 'settlement' then 'settled'
            when items.kind in ('payout', 'tax') then 'paid_out'
            when items.kind = 'fee' then 'fees'
            when items.kind = 'bank' then 'bank'
            else 'differences'
        end,
        case when items.taken_at < run.period_start then opening.day else local_day(items.taken_at, run.time_zone) end,
        items.amount
    from led_clearing_item as items
    cross join run
    cross join opening
)

select identity, entity, subject_id, currency, line, day, cast(sum(amount) as decimal(38, 6)) as amount
from movements
group by identity, entity, subject_id, currency, line, day
