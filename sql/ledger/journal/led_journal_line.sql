-- One row is one line of the journal: what one event class did to one account on one day, in minor units.
-- grain: entity, day, event_class, currency, account, is_remainder
-- Each account is rounded as a running balance: a line is the rounded balance after the day less the rounded balance before
-- it, so that the month's lines of an account come to its rounded movement and nothing drifts. Where the balance at the
-- month's start is known (led_account_balance, led_monetary_balance) it is where the running balance begins. What rounding leaves over in an entry
-- goes to the rounding account. A functional amount that nobody knows (a missing rate) is null and moves no running balance.
with placed as (
    select
        led_posting.entity,
        led_posting.day,
        led_posting.event_class,
        led_posting.currency,
        led_posting.functional_currency,
        led_account.account,
        min(led_account.account_rank) as account_rank,
        cast(sum(led_posting.amount) as decimal(38, 9)) as amount,
        cast(known_sum(led_posting.functional_amount) as decimal(38, 9)) as functional_amount
    from led_posting
    inner join led_account
        on led_account.entity = led_posting.entity
        and led_account.role = led_posting.role
    group by
        led_posting.entity, led_posting.day, led_posting.event_class, led_posting.currency, led_posting.functional_currency,
        led_account.account
),

openings as (
    select entity, currency, account, opening_amount, functional_opening
    from led_account_balance
    union all
    select entity, currency, account, opening_amount, functional_opening
    from led_monetary_balance
),

running as (
    select
        placed.entity,
        placed.day,
        placed.event_class,
        placed.currency,
        placed.functional_currency,
        placed.account,
        placed.account_rank,
        placed.amount,
        placed.functional_amount,
        coalesce(openings.opening_amount, 0) + cast(sum(placed.amount) over (
            partition by placed.entity, placed.currency, placed.account
            order by placed.day, placed.event_class
            rows between unbounded preceding and current row
        ) as decimal(38, 9)) as balance,
        coalesce(openings.functional_opening, 0) + cast(sum(placed.functional_amount) over (
            partition by placed.entity, placed.currency, placed.account
            order by placed.day, placed.event_class
            rows between unbounded preceding and current row
        ) as decimal(38, 9)) as functional_balance
    from placed
    left join openings
        on openings.entity = placed.entity
        and openings.currency = placed.currency
        and openings.account = placed.account
),

rounded as (
    select
        running.entity,
        running.day,
        running.event_class,
        running.currency,
        running.functional_currency,
        running.account,
        running.account_rank,
        running.amount as exact_amount,
        running.functional_amount as exact_functional_amount,
        half_up_minor(running.balance, coalesce(digits.minor_digits, 2))
        - half_up_minor(running.balance - running.amount, coalesce(digits.minor_digits, 2)) as amount,
        half_up_minor(running.functional_balance, coalesce(functional_digits.minor_digits, 2))
        - half_up_minor(
            running.functional_balance - running.functional_amount, coalesce(functional_digits.minor_digits, 2)
        ) as functional_amount
    from running
    left join run_currencies as digits
        on digits.currency = running.currency
    left join run_currencies as functional_digits
        on functional_digits.currency = running.functional_currency
),

remainders as (
    select
        entity,
        day,
        event_class,
        currency,
        functional_currency,
        cast(-sum(amount) as decimal(38, 6)) as amount,
        cast(-known_sum(functional_amount) as decimal(38, 6)) as functional_amount
    from rounded
    group by entity, day, event_class, currency, functional_currency
)

select
    entity, day, event_class, currency, functional_currency, account, account_rank, false as is_remainder, exact_amount,
    exact_functional_amount, cast(amount as decimal(38, 6)) as amount, cast(functional_amount as decimal(38, 6)) as functional_amount
from rounded
union all
select
    remainders.entity, remainders.day, remainders.event_class, remainders.currency, remainders.functional_currency,
    led_account.account, led_account.account_rank, true as is_remainder, cast(0 as decimal(38, 9)),
    cast(0 as decimal(38, 9)), remainders.amount, remainders.functional_amount
from remainders
inner join led_account
    on led_account.entity = remainders.entity
    and led_account.role = 'rounding'
where remainders.amount <> 0 or remainders.functional_amount <> 0
