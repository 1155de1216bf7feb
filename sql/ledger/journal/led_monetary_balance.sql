-- One row is one monetary account that no roll-forward knows, in one currency: what it opened with, what moved, what it closes with.
-- grain: entity, account, currency
-- Receivables of stores, providers and resellers, what they hold back and what is owed to them, clearing, cash, sales tax and withholding
-- (ASC 830-20-35, IAS 21.23).
-- So are suspense and other bank movements: what waits there for a word is money too, and must leave nothing behind once it is explained; while the
-- month before is open nobody knows what they open with, and they have no row.
-- Signed as the journal. It opens with what the closed month before closed with; where carat begins, and while the month before is
-- open, with what its roll-forward knows (led_monetary_opening). There is no row of an account that nobody can tell the opening of: it was
-- closed without a balance. Left out, too, is an
-- account that holds roles of another kind. role is that to which its exchange difference is booked.
with roles as (
    select role
    from (
        values
            ('cash'), ('clearing'), ('store_receivable'), ('provider_receivable'), ('reseller_receivable'), ('reserves'),
            ('counterparty_payable'), ('withholding_receivable'), ('tax_payable'), ('withholding_payable'), ('suspense'),
            ('other_bank')
    ) as monetary (role)
),

turn as (
    select
        run_eras.era_start is not null and run.period > run.first_period as is_closed,
        run.period = run.first_period as is_first
    from run
    left join run_eras
        on run_eras.era_start = run.period_start
),

accounts as (
    select
        led_account.entity,
        led_account.account,
        min(led_account.role) as role
    from led_account
    left join roles
        on roles.role = led_account.role
    group by led_account.entity, led_account.account
    having max(case when roles.role is null then 1 else 0 end) = 0
),

openings as (
    select
        closed_trial_balances.entity,
        closed_trial_balances.account,
        closed_trial_balances.currency,
        cast(known_sum(closed_trial_balances.closing) as decimal(38, 9)) as opening_amount,
        cast(known_sum(closed_trial_balances.functional_closing) as decimal(38, 9)) as functional_opening
    from closed_trial_balances
    cross join turn
    where turn.is_closed
    group by closed_trial_balances.entity, closed_trial_balances.account, closed_trial_balances.currency
    union all
    select
        led_monetary_opening.entity,
        led_account.account,
        led_monetary_opening.currency,
        cast(sum(led_monetary_opening.opening_amount) as decimal(38, 9)) as opening_amount,
        cast(known_sum(led_monetary_opening.functional_opening) as decimal(38, 9)) as functional_opening
    from led_monetary_opening
    cross join turn
    inner join led_account
        on led_account.entity = led_monetary_opening.entity
        and led_account.role = led_monetary_opening.role
    where not turn.is_closed
    group by led_monetary_opening.entity, led_account.account, led_monetary_opening.currency
),

postings as (
    select entity, currency, role, amount
    from led_posting_creator
    union all
    select entity, currency, role, amount
    from led_posting_settlement
    union all
    select entity, currency, role, amount
    from led_posting_conversion
    union all
    select entity, currency, role, amount
    from led_posting_bank
    union all
    select entity, currency, role, amount
    from led_posting_tax
    union all
    select entity, currency, role, amount
    from led_posting_coin
),

moved as (
    select
        postings.entity,
        led_account.account,
        postings.currency,
        cast(sum(postings.amount) as decimal(38, 9)) as amount
    from postings
    inner join led_account
        on led_account.entity = postings.entity
        and led_account.role = postings.role
    group by postings.entity, led_account.account, postings.currency
),

keys as (
    select entity, account, currency
    from moved
    union
    select entity, account, currency
    from openings
)

select
    keys.entity,
    keys.account,
    accounts.role,
    keys.currency,
    coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
    local_day(run.closing_instant, run.time_zone) as day,
    cast(case when openings.entity is null then 0 else openings.opening_amount end as decimal(38, 9)) as opening_amount,
    cast(case when openings.entity is null then 0 else openings.functional_opening end as decimal(38, 9)) as functional_opening,
    cast(
        case when openings.entity is null then 0 else openings.opening_amount end + coalesce(moved.amount, 0)
        as decimal(38, 9)
    ) as closing_amount
from keys
cross join run
cross join turn
inner join accounts
    on accounts.entity = keys.entity
    and accounts.account = keys.account
left join run_entities
    on run_entities.entity = keys.entity
left join openings
    on openings.entity = keys.entity
    and openings.account = keys.account
    and openings.currency = keys.currency
left join moved
    on moved.entity = keys.entity
    and moved.account = keys.account
    and moved.currency = keys.currency
where (openings.entity is null or openings.opening_amount is not null)
    and (accounts.role not in ('suspense', 'other_bank') or turn.is_closed or turn.is_first)
