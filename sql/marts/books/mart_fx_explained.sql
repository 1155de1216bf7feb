-- One row is one account in one foreign currency and what exchange rates gave or took on it in the month.
-- grain: entity, account, currency
-- result: fx_explained
-- order: entity, account, currency
-- In the entity's own currency. Where from is told by column: the opening balance, what was new in the month, what was settled in it
-- (each at closing_rate less what it was carried at), and what was booked with its event. Signed as the account of exchange
-- differences moves: a loss is a debit, positive. rest stands on that account itself: what the journal rounds to the smallest unit, and
-- what belongs to no account. So an entity's totals come to the movement of that account in the trial balance, exactly. Null where a
-- rate is missing.
with explained as (
    select entity, known_sum(total) as total
    from led_fx_explained
    group by entity
),

-- the account as the journal moves it; one that carries other roles too is told by its exchange differences alone
accounts as (
    select
        exchange.entity,
        exchange.account,
        count(*) = 1 as is_alone
    from led_account as exchange
    inner join led_account as others
        on others.entity = exchange.entity
        and others.account = exchange.account
    where exchange.role = 'fx_difference'
    group by exchange.entity, exchange.account
),

booked as (
    select accounts.entity, cast(known_sum(led_journal_line.functional_amount) as decimal(38, 9)) as amount
    from accounts
    inner join led_journal_line
        on led_journal_line.entity = accounts.entity
        and led_journal_line.account = accounts.account
    where accounts.is_alone
    group by accounts.entity
    union all
    select accounts.entity, known_sum(led_posting.functional_amount) as amount
    from accounts
    inner join led_posting
        on led_posting.entity = accounts.entity
        and led_posting.role = 'fx_difference'
    where not accounts.is_alone
    group by accounts.entity
),

fx_explained as (
    select
        entity, account, currency, functional_currency, opening_amount, closing_amount, closing_rate, opening, new, settled, booked,
        cast(0 as decimal(38, 9)) as rest, total
    from led_fx_explained
    union all
    select
        accounts.entity,
        accounts.account,
        coalesce(run_entities.functional_currency, run.reporting_currency) as currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        cast(0 as decimal(38, 9)) as opening_amount,
        cast(0 as decimal(38, 9)) as closing_amount,
        cast(null as decimal(18, 9)) as closing_rate,
        cast(0 as decimal(38, 9)) as opening,
        cast(0 as decimal(38, 9)) as new,
        cast(0 as decimal(38, 9)) as settled,
        cast(0 as decimal(38, 9)) as booked,
        cast(booked.amount - case when explained.entity is null then 0 else explained.total end as decimal(38, 9)) as rest,
        cast(booked.amount - case when explained.entity is null then 0 else explained.total end as decimal(38, 9)) as total
    from accounts
    cross join run
    inner join booked
        on booked.entity = accounts.entity
    left join run_entities
        on run_entities.entity = accounts.entity
    left join explained
        on explained.entity = accounts.entity
    where booked.amount - case when explained.entity is null then 0 else explained.total end is distinct from 0
)

select
    run.period,
    run.run_id,
    fx_explained.entity,
    fx_explained.account,
    fx_explained.currency,
    fx_explained.functional_currency,
    fx_explained.opening_amount,
    fx_explained.closing_amount,
    fx_explained.closing_rate,
    fx_explained.opening,
    fx_explained.new,
    fx_explained.settled,
    fx_explained.booked,
    fx_explained.rest,
    fx_explained.total
from fx_explained
cross join run
