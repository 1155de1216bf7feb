-- One row is the month of one bank account in one currency.
-- grain: entity, account, currency
-- opening + taken_over + received + paid + fees + interest + by_rule + other = closing, signed as they change the balance: received and paid is
-- what met a payout of a store or provider or a payment to creators, by_rule what a row of bank_rules names, other what nothing explains yet. Control bank_balance holds the
-- lines against the bank's own balances.
with movements as (
    select
        lines.entity,
        lines.account,
        lines.currency,
        lines.is_now,
        case
            when lines.first_role = 'clearing' and lines.amount > 0 then 'received'
            when lines.first_role = 'clearing' then 'paid'
            when lines.kind = 'fee' then 'fees'
            when lines.kind = 'interest' then 'interest'
            when lines.first_role <> 'other_bank' then 'by_rule'
            else 'other'
        end as line,
        lines.amount
    from led_bank_booking as lines
    union all
    select
        led_cash_opening.entity,
        led_cash_opening.account,
        led_cash_opening.currency,
        led_cash_opening.since = run.period and run.period > run.first_period,
        'taken_over',
        led_cash_opening.amount
    from led_cash_opening
    cross join run
)

select
    entity,
    account,
    currency,
    cast(sum(case when is_now then 0 else amount end) as decimal(38, 6)) as opening,
    cast(sum(case when is_now and line = 'taken_over' then amount else 0 end) as decimal(38, 6)) as taken_over,
    cast(sum(case when is_now and line = 'received' then amount else 0 end) as decimal(38, 6)) as received,
    cast(sum(case when is_now and line = 'paid' then amount else 0 end) as decimal(38, 6)) as paid,
    cast(sum(case when is_now and line = 'fees' then amount else 0 end) as decimal(38, 6)) as fees,
    cast(sum(case when is_now and line = 'interest' then amount else 0 end) as decimal(38, 6)) as interest,
    cast(sum(case when is_now and line = 'by_rule' then amount else 0 end) as decimal(38, 6)) as by_rule,
    cast(sum(case when is_now and line = 'other' then amount else 0 end) as decimal(38, 6)) as other,
    cast(sum(amount) as decimal(38, 6)) as closing
from movements
group by entity, account, currency
