-- One row is one item that is open at the period's end on an account of stores, providers, resellers or banks.
-- grain: entity, account, counterparty, currency, stage, item
-- result: open_items
-- order: entity, account, counterparty, currency, stage, item
-- An account is its items, counterparty by counterparty: what is owed to us is a debit, positive; what we owe stands on the account of what
-- is owed to counterparties. Of clearing the stages are unreceived and unpaid; a line of the bank that nothing explains stands on the
-- account of other bank movements. due_at is when the item should have gone on, age_days how old it is at the period's end (null where it has
-- no day); functional_amount is told at the month's last rate, null where that is missing.
with sums as (
    select entity, role, counterparty, currency, sum(amount) as amount
    from led_receivable_item
    where stage <> 'reserve'
    group by entity, role, counterparty, currency
),

items as (
    select
        led_receivable_item.entity,
        case when sums.amount < 0 then 'counterparty_payable' else led_receivable_item.role end as role,
        led_receivable_item.counterparty,
        led_receivable_item.currency,
        led_receivable_item.stage,
        led_receivable_item.item,
        led_receivable_item.amount,
        led_receivable_item.since,
        led_receivable_item.due_at
    from led_receivable_item
    left join sums
        on sums.entity = case when led_receivable_item.stage <> 'reserve' then led_receivable_item.entity end
        and sums.role = led_receivable_item.role
        and sums.counterparty = led_receivable_item.counterparty
        and sums.currency = led_receivable_item.currency
    union all
    select entity, role, counterparty, currency, stage, item, amount, local_day(since, run.time_zone) as since, due_at
    from led_open_clearing
    cross join run
    union all
    select
        entity, 'other_bank', coalesce(counterparty, account), currency, 'unexplained', 'bank ' || line_id, -amount,
        local_day(booked_at, run.time_zone), cast(null as timestamp with time zone)
    from led_bank_booking
    cross join run
    where stage = 'other'
    union all
    select
        led_cash_opening.entity, 'other_bank', led_cash_opening.account, led_cash_opening.currency, 'taken_over',
        'bank account ' || led_cash_opening.account, -led_cash_opening.amount,
        local_day(run_months.closing_instant, run.time_zone), cast(null as timestamp with time zone)
    from led_cash_opening
    cross join run
    inner join run_months
        on run_months.accounting_month = led_cash_opening.since
    where led_cash_opening.since > run.first_period and led_cash_opening.amount <> 0
),

open_items as (
    select
        items.entity,
        led_account.account,
        items.counterparty,
        items.currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        items.stage,
        items.item,
        items.amount,
        cast(amount_at_rate(
            items.amount,
            case
                when items.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(1 as decimal(18, 9))
                else led_fx_rate.rate
            end
        ) as decimal(38, 6)) as functional_amount,
        items.due_at,
        days_between(items.since, local_day(run.closing_instant, run.time_zone)) as age_days
    from items
    cross join run
    inner join led_account
        on led_account.entity = items.entity
        and led_account.role = items.role
    left join run_entities
        on run_entities.entity = items.entity
    left join led_fx_rate
        on led_fx_rate.base = items.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = local_day(run.closing_instant, run.time_zone)
)

select
    run.period,
    run.run_id,
    open_items.entity,
    open_items.account,
    open_items.counterparty,
    open_items.stage,
    open_items.item,
    open_items.currency,
    open_items.amount,
    open_items.functional_currency,
    open_items.functional_amount,
    open_items.due_at,
    open_items.age_days
from open_items
cross join run
