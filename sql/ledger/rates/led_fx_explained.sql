-- One row is one account in one foreign currency and what its balance gave or took by exchange rates in the month.
-- grain: entity, account, currency
-- Everything is told at the month's closing rate less what it was carried at: opening, what the period opened with; new, what made the
-- balance larger (assets by debits, debts by credits), since its own day; settled, what made it smaller. booked are differences that were
-- booked with their event (led_fx_booked). Signed as account 7020 moves: a loss is a debit, positive. The sum over an entity's accounts is
-- what the journal books on exchange differences before it rounds; none of it is read from there, so that journal_bridge can compare them.
-- Null where a rate is missing.
with balances as (
    select
        entity,
        account,
        'account/' || account as balance_key,
        currency,
        functional_currency,
        day,
        opening_amount,
        functional_opening,
        closing_amount
    from led_monetary_balance
    where currency <> functional_currency
    union all
    select
        led_foreign_balance.entity,
        led_account.account,
        'role/' || led_foreign_balance.role as balance_key,
        led_foreign_balance.currency,
        led_foreign_balance.functional_currency,
        led_foreign_balance.day,
        led_foreign_balance.opening_amount,
        amount_at_rate(led_foreign_balance.opening_amount, led_fx_rate.rate) as functional_opening,
        led_foreign_balance.closing_amount
    from led_foreign_balance
    inner join led_account
        on led_account.entity = led_foreign_balance.entity
        and led_account.role = led_foreign_balance.role
    left join led_fx_rate
        on led_fx_rate.base = led_foreign_balance.currency
        and led_fx_rate.quote = led_foreign_balance.functional_currency
        and led_fx_rate.day = led_foreign_balance.opening_day
),

postings as (
    select
        led_posting.entity,
        led_posting.currency,
        led_posting.role,
        led_account.account,
        led_posting.amount,
        led_posting.functional_amount,
        led_account.kind = 'asset' and led_posting.amount > 0 or led_account.kind <> 'asset' and led_posting.amount < 0 as is_new
    from led_posting
    inner join led_account
        on led_account.entity = led_posting.entity
        and led_account.role = led_posting.role
    where led_posting.event_class <> 'fx' and led_posting.currency <> led_posting.functional_currency
),

moved as (
    select
        balances.entity,
        balances.balance_key,
        balances.currency,
        postings.is_new,
        cast(sum(postings.amount) as decimal(38, 9)) as amount,
        cast(known_sum(postings.functional_amount) as decimal(38, 9)) as functional_amount
    from balances
    inner join postings
        on postings.entity = balances.entity
        and postings.currency = balances.currency
        and balances.balance_key in ('role/' || postings.role, 'account/' || postings.account)
    group by balances.entity, balances.balance_key, balances.currency, postings.is_new
),

told as (
    select
        balances.entity,
        balances.account,
        balances.currency,
        balances.functional_currency,
        balances.opening_amount,
        balances.closing_amount,
        led_fx_rate.rate as closing_rate,
        balances.functional_opening - amount_at_rate(balances.opening_amount, led_fx_rate.rate) as opening,
        case
            when risen.entity is null then cast(0 as decimal(38, 9))
            else risen.functional_amount - amount_at_rate(risen.amount, led_fx_rate.rate)
        end as new,
        case
            when fallen.entity is null then cast(0 as decimal(38, 9))
            else fallen.functional_amount - amount_at_rate(fallen.amount, led_fx_rate.rate)
        end as settled,
        cast(0 as decimal(38, 9)) as booked
    from balances
    left join led_fx_rate
        on led_fx_rate.base = balances.currency
        and led_fx_rate.quote = balances.functional_currency
        and led_fx_rate.day = balances.day
    left join moved as risen
        on risen.entity = balances.entity
        and risen.balance_key = balances.balance_key
        and risen.currency = balances.currency
        and risen.is_new
    left join moved as fallen
        on fallen.entity = balances.entity
        and fallen.balance_key = balances.balance_key
        and fallen.currency = balances.currency
        and not fallen.is_new
    union all
    select
        led_fx_booked.entity,
        led_fx_booked.account,
        led_fx_booked.currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        cast(0 as decimal(38, 9)) as opening_amount,
        cast(0 as decimal(38, 9)) as closing_amount,
        cast(null as decimal(18, 9)) as closing_rate,
        cast(0 as decimal(38, 9)) as opening,
        cast(0 as decimal(38, 9)) as new,
        cast(0 as decimal(38, 9)) as settled,
        led_fx_booked.functional_amount as booked
    from led_fx_booked
    cross join run
    left join run_entities
        on run_entities.entity = led_fx_booked.entity
)

select
    entity,
    account,
    currency,
    functional_currency,
    cast(sum(opening_amount) as decimal(38, 9)) as opening_amount,
    cast(sum(closing_amount) as decimal(38, 9)) as closing_amount,
    max(closing_rate) as closing_rate,
    cast(known_sum(opening) as decimal(38, 9)) as opening,
    cast(known_sum(new) as decimal(38, 9)) as new,
    cast(known_sum(settled) as decimal(38, 9)) as settled,
    cast(known_sum(booked) as decimal(38, 9)) as booked,
    cast(known_sum(opening + new + settled + booked) as decimal(38, 9)) as total
from told
group by entity, account, currency, functional_currency
having sum(abs(opening_amount)) <> 0
    or sum(abs(closing_amount)) <> 0
    or known_sum(abs(opening) + abs(new) + abs(settled) + abs(booked)) is distinct from 0
