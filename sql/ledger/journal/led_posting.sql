-- One row is one side of a booking of the month, in the currency of the event and in the entity's own: a debit, or negative a credit.
-- grain: entity, day, event_class, currency, role
-- Creators' side is told in the entity's currency at the day's rate; coins keep the rate of their purchase. At the month's end the
-- monetary balances in other currencies are brought to that day's rate (fx): what is owed to creators and agencies, and what
-- led_monetary_balance knows of receivables, cash, tax and withholding. So an item that was settled at another rate than it
-- was booked at leaves nothing behind. What an entry's sides leave over is no
-- rounding: it is a recorded amount that doesn't add up (payout_arithmetic names it) and waits in suspense; in the entity's
-- currency it is an exchange difference. functional_amount is null where a rate is missing, and so is all that is made of it.
with foreign_sides as (
    select entity, day, rate_day, event_class, currency, role, amount
    from led_posting_creator
    union all
    select entity, day, rate_day, event_class, currency, role, amount
    from led_posting_agency
    union all
    select entity, day, rate_day, event_class, currency, role, amount
    from led_posting_promotion
    union all
    select entity, day, rate_day, event_class, currency, role, amount
    from led_posting_settlement
    union all
    select entity, day, rate_day, event_class, currency, role, amount
    from led_posting_conversion
    union all
    select entity, day, rate_day, event_class, currency, role, amount
    from led_posting_debt
    union all
    select entity, day, rate_day, event_class, currency, role, amount
    from led_posting_bank
    union all
    select entity, day, rate_day, event_class, currency, role, amount
    from led_posting_tax
),

rated as (
    select
        postings.entity,
        postings.day,
        postings.rate_day,
        postings.event_class,
        postings.currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        postings.role,
        cast(sum(postings.amount) as decimal(38, 9)) as amount
    from foreign_sides as postings
    cross join run
    left join run_entities
        on run_entities.entity = postings.entity
    where postings.amount <> 0
    group by
        postings.entity, postings.day, postings.rate_day, postings.event_class, postings.currency,
        run_entities.functional_currency, run.reporting_currency, postings.role
),

converted as (
    select
        rated.entity,
        rated.day,
        rated.event_class,
        rated.currency,
        rated.functional_currency,
        rated.role,
        cast(sum(rated.amount) as decimal(38, 9)) as amount,
        cast(known_sum(amount_at_rate(
            rated.amount, case when rated.currency = rated.functional_currency then cast(1 as decimal(18, 9)) else led_fx_rate.rate end
        )) as decimal(38, 9)) as functional_amount
    from rated
    left join led_fx_rate
        on led_fx_rate.base = rated.currency
        and led_fx_rate.quote = rated.functional_currency
        and led_fx_rate.day = rated.rate_day
    group by rated.entity, rated.day, rated.event_class, rated.currency, rated.functional_currency, rated.role
),

moved as (
    select
        entity,
        currency,
        role,
        cast(known_sum(functional_amount) as decimal(38, 9)) as functional_amount
    from converted
    group by entity, currency, role
),

remeasured as (
    select
        balances.entity,
        balances.day,
        balances.currency,
        balances.functional_currency,
        balances.role,
        cast(
            amount_at_rate(balances.closing_amount, closing.rate)
            - amount_at_rate(balances.opening_amount, opening.rate)
            - case when moved.entity is null then 0 else moved.functional_amount end
            as decimal(38, 9)
        ) as functional_amount
    from led_foreign_balance as balances
    left join led_fx_rate as closing
        on closing.base = balances.currency
        and closing.quote = balances.functional_currency
        and closing.day = balances.day
    left join led_fx_rate as opening
        on opening.base = balances.currency
        and opening.quote = balances.functional_currency
        and opening.day = balances.opening_day
    left join moved
        on moved.entity = balances.entity
        and moved.currency = balances.currency
        and moved.role = balances.role
),

-- what accounts without a roll-forward moved by, at the rates of their days
monetary_moved as (
    select
        booked.entity,
        led_account.account,
        booked.currency,
        cast(known_sum(booked.functional_amount) as decimal(38, 9)) as functional_amount
    from (
        select entity, currency, role, functional_amount
        from converted
        union all
        select entity, currency, role, functional_amount
        from led_posting_coin
    ) as booked
    inner join led_account
        on led_account.entity = booked.entity
        and led_account.role = booked.role
    group by booked.entity, led_account.account, booked.currency
),

monetary as (
    select
        balances.entity,
        balances.day,
        balances.currency,
        balances.functional_currency,
        balances.role,
        cast(
            amount_at_rate(balances.closing_amount, led_fx_rate.rate)
            - balances.functional_opening
            - case when monetary_moved.entity is null then 0 else monetary_moved.functional_amount end
            as decimal(38, 9)
        ) as functional_amount
    from led_monetary_balance as balances
    left join led_fx_rate
        on led_fx_rate.base = balances.currency
        and led_fx_rate.quote = balances.functional_currency
        and led_fx_rate.day = balances.day
    left join monetary_moved
        on monetary_moved.entity = balances.entity
        and monetary_moved.account = balances.account
        and monetary_moved.currency = balances.currency
    where balances.currency <> balances.functional_currency
),

differences as (
    select entity, day, currency, functional_currency, role, functional_amount
    from remeasured
    where functional_amount <> 0 or functional_amount is null
    union all
    select entity, day, currency, functional_currency, role, functional_amount
    from monetary
    where functional_amount <> 0 or functional_amount is null
),

sides as (
    select entity, day, event_class, currency, functional_currency, role, amount, functional_amount
    from converted
    union all
    select entity, day, event_class, currency, functional_currency, role, amount, functional_amount
    from led_posting_coin
    union all
    select entity, day, event_class, currency, functional_currency, role, amount, functional_amount
    from led_posting_liability
    union all
    select entity, day, 'fx', currency, functional_currency, role, cast(0 as decimal(38, 9)), functional_amount
    from differences
    union all
    select entity, day, 'fx', currency, functional_currency, 'fx_difference', cast(0 as decimal(38, 9)), -functional_amount
    from differences
),

left_over as (
    select
        entity,
        day,
        event_class,
        currency,
        functional_currency,
        cast(-sum(amount) as decimal(38, 9)) as amount,
        cast(-known_sum(functional_amount) as decimal(38, 9)) as functional_amount
    from sides
    group by entity, day, event_class, currency, functional_currency
)

select entity, day, event_class, currency, functional_currency, role, amount, functional_amount
from sides
union all
select
    entity, day, event_class, currency, functional_currency, case when amount <> 0 then 'suspense' else 'fx_difference' end, amount,
    functional_amount
from left_over
where amount <> 0 or functional_amount <> 0
