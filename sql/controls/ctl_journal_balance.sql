-- One row is an entry of the journal that doesn't balance, or an account that the journal brings to another balance than its roll-forward.
-- grain: subject_kind, subject_id, unit, reason
-- control: journal_balance
-- severity: block
-- unit: currency
-- reasons: unbalanced, unbalanced_functional, rollforward, rollforward_functional, rounding, open_items
-- guards: a booking with one side only; a ledger that says otherwise than the roll-forwards
-- question: Does every entry balance, and does the journal arrive at what the roll-forwards say?
-- causes: an account of carat.yaml given to two roles that don't belong together; a fault in carat's own models
-- action: this is no matter of the month's files: keep the run's id and report it
-- checked: from (
--         select entity
--         from (select distinct entity, day, event_class, currency from led_journal_line) as entries
--         union all
--         select entity
--         from ctl_journal_balance
--         where subject_kind <> 'entry'
--     ) as judged
-- not_compared_reason: nothing was booked in the month
-- Debits = credits, per entry, in its currency and in the entity's. Of accounts that a roll-forward knows, opening + postings =
-- closing, exactly, and the rounded lines come to the rounded movement. Clearing is held against its open items, which are made of the rows and
-- not of the bookings. What no exchange rate tells is not compared: fx_rate blocks.
with entries as (
    select
        entity,
        entity || '/' || iso_day(day) || '/' || event_class || '/' || currency as entry_id,
        currency,
        functional_currency,
        cast(sum(amount) as decimal(38, 9)) as amount,
        cast(known_sum(functional_amount) as decimal(38, 9)) as functional_amount
    from led_journal_line
    group by entity, day, event_class, currency, functional_currency
),

movements as (
    select
        entity,
        account,
        currency,
        functional_currency,
        cast(sum(exact_amount) as decimal(38, 9)) as amount,
        cast(known_sum(exact_functional_amount) as decimal(38, 9)) as functional_amount,
        cast(sum(amount) as decimal(38, 9)) as booked_amount
    from led_journal_line
    where not is_remainder
    group by entity, account, currency, functional_currency
),

tied as (
    select
        balances.entity,
        balances.account,
        balances.currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        balances.closing_amount - balances.opening_amount as expected_amount,
        balances.functional_closing - balances.functional_opening as expected_functional,
        half_up_minor(balances.closing_amount, coalesce(run_currencies.minor_digits, 2))
        - half_up_minor(balances.opening_amount, coalesce(run_currencies.minor_digits, 2)) as expected_booked,
        coalesce(movements.amount, 0) as amount,
        case when movements.entity is null then 0 else movements.functional_amount end as functional_amount,
        coalesce(movements.booked_amount, 0) as booked_amount
    from led_account_balance as balances
    cross join run
    left join run_entities
        on run_entities.entity = balances.entity
    left join run_currencies
        on run_currencies.currency = balances.currency
    left join movements
        on movements.entity = balances.entity
        and movements.account = balances.account
        and movements.currency = balances.currency
),

-- clearing by its bookings and by its items; not where an account of carat.yaml holds more than clearing
cleared as (
    select
        coalesce(booked.entity, items.entity) as entity,
        coalesce(booked.account, items.account) as account,
        coalesce(booked.currency, items.currency) as currency,
        coalesce(booked.amount, 0) as booked_amount,
        coalesce(items.amount, 0) as items_amount
    from (
        select entity, account, currency, closing_amount as amount
        from led_monetary_balance
    ) as booked
    full outer join (
        select led_account.entity, led_account.account, led_open_clearing.currency, cast(sum(led_open_clearing.amount) as decimal(38, 9)) as amount
        from led_open_clearing
        inner join led_account
            on led_account.entity = led_open_clearing.entity
            and led_account.role = led_open_clearing.role
        group by led_account.entity, led_account.account, led_open_clearing.currency
    ) as items
        on items.entity = booked.entity
        and items.account = booked.account
        and items.currency = booked.currency
    inner join (
        select entity, account
        from led_account
        group by entity, account
        having max(role) = 'clearing' and min(role) = 'clearing'
    ) as accounts
        on accounts.entity = coalesce(booked.entity, items.entity)
        and accounts.account = coalesce(booked.account, items.account)
),

findings as (
    select
        entity, 'entry' as subject_kind, entry_id as subject_id, cast(0 as decimal(38, 9)) as expected, amount as actual,
        currency as unit, 'unbalanced' as reason
    from entries
    where amount <> 0
    union all
    select entity, 'entry', entry_id, 0, functional_amount, functional_currency, 'unbalanced_functional'
    from entries
    where functional_amount <> 0 and amount = 0
    union all
    select entity, 'account', account, expected_amount, amount, currency, 'rollforward'
    from tied
    where amount <> expected_amount
    union all
    select entity, 'account', account || '/' || currency, expected_functional, functional_amount, functional_currency, 'rollforward_functional'
    from tied
    where functional_amount <> expected_functional and amount = expected_amount
    union all
    select entity, 'account', account, cast(expected_booked as decimal(38, 9)), booked_amount, currency, 'rounding'
    from tied
    where booked_amount <> expected_booked and amount = expected_amount
    union all
    select entity, 'account', account, items_amount, booked_amount, currency, 'open_items'
    from cleared
    where items_amount <> booked_amount
)

select
    entity,
    subject_kind,
    subject_id,
    cast(expected as decimal(38, 9)) as expected,
    cast(actual as decimal(38, 9)) as actual,
    cast(actual - expected as decimal(38, 9)) as difference,
    unit,
    reason,
    case reason
        when 'unbalanced_functional' then 'In the entity''s own currency, debits' when 'unbalanced' then 'Debits'
        when 'rollforward_functional' then 'In the entity''s own currency, the roll-forward'
        when 'rounding' then 'Rounded to the currency''s smallest unit, the roll-forward'
        when 'open_items' then 'The open items'
        else 'The roll-forward'
    end
    || case
        when reason = 'open_items' then ' of this account come to ' || with_unit(expected, unit) || ', the journal leaves ' || with_unit(actual, unit) || ' on it.'
        when subject_kind = 'entry' then ' less credits of this entry are ' || with_unit(actual, unit) || ', not zero.'
        else ' moves this account by ' || with_unit(expected, unit) || ', the journal by ' || with_unit(actual, unit) || '.'
    end as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from findings
order by subject_kind, subject_id, unit, reason
