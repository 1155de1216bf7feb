-- One row is one account of one entity in one currency over the month: what was debited, what was credited, what is left.
-- grain: entity, account, currency
-- Every account opens with what a roll-forward knows, else with what the closed month before closed with; where carat begins with what was
-- fed, else with nothing. Income and cost go on from month to month within a calendar year and open the next with nothing: what they closed with is then
-- in retained earnings, which open with it. While the month before
-- is open only what a roll-forward knows is told. Openings are rounded to the minor unit as the journal's lines are, so that every balance is. Debits are positive, credits negative in opening and closing. Functional amounts are null
-- where an exchange rate is missing, never zero. The trial balance and the changes against other months are told from here.
with result_accounts as (
    -- when a year begins: the accounts of profit and loss, and where their result goes
    select
        led_account.entity,
        led_account.account,
        min(retained.account) as retained_account
    from led_account
    cross join run
    inner join led_account as retained
        on retained.entity = led_account.entity
        and retained.role = 'retained_earnings'
    where substr(run.period, 6) = '01'
    group by led_account.entity, led_account.account
    having max(case when led_account.kind in ('income', 'cost') then 1 else 0 end) = 1
),

carried as (
    select
        closed_trial_balances.entity,
        coalesce(result_accounts.retained_account, closed_trial_balances.account) as account,
        closed_trial_balances.currency,
        closed_trial_balances.functional_currency,
        closed_trial_balances.closing,
        closed_trial_balances.functional_closing
    from closed_trial_balances
    left join result_accounts
        on result_accounts.entity = closed_trial_balances.entity
        and result_accounts.account = closed_trial_balances.account
),

lines as (
    select
        entity,
        day,
        event_class,
        account,
        currency,
        functional_currency,
        cast(sum(amount) as decimal(38, 6)) as amount,
        cast(known_sum(functional_amount) as decimal(38, 6)) as functional_amount
    from led_journal_line
    group by entity, day, event_class, account, currency, functional_currency
),

-- as journal_lines tells them, an account once in an entry
moved as (
    select
        entity,
        account,
        currency,
        functional_currency,
        cast(sum(greatest(amount, 0)) as decimal(38, 6)) as debit,
        cast(sum(greatest(-amount, 0)) as decimal(38, 6)) as credit,
        cast(known_sum(case when functional_amount < 0 then 0 else functional_amount end) as decimal(38, 6)) as functional_debit,
        cast(known_sum(case when functional_amount > 0 then 0 else -functional_amount end) as decimal(38, 6)) as functional_credit
    from lines
    where amount <> 0 or functional_amount <> 0 or functional_amount is null
    group by entity, account, currency, functional_currency
),

keys as (
    select entity, account, currency, functional_currency
    from moved
    union
    select entity, account, currency, functional_currency
    from led_account_opening
    where opening <> 0 or functional_opening <> 0 or functional_opening is null
    union
    select entity, account, currency, functional_currency
    from led_monetary_balance
    where opening_amount <> 0 or functional_opening <> 0 or functional_opening is null
    union
    select entity, account, currency, functional_currency
    from carried
    where closing <> 0 or functional_closing <> 0
),

-- whether what no roll-forward knows is known otherwise
turn as (
    select run.period = run.first_period or exists (select 1 from closed_trial_balances) as is_known
    from run
),

closed as (
    select
        entity,
        account,
        currency,
        cast(known_sum(closing) as decimal(38, 6)) as closing,
        cast(known_sum(functional_closing) as decimal(38, 6)) as functional_closing
    from carried
    group by entity, account, currency
),

known as (
    select entity, account, currency, opening, functional_opening
    from led_account_opening
    union all
    select
        led_monetary_balance.entity,
        led_monetary_balance.account,
        led_monetary_balance.currency,
        half_up_minor(led_monetary_balance.opening_amount, coalesce(digits.minor_digits, 2)) as opening,
        half_up_minor(led_monetary_balance.functional_opening, coalesce(functional_digits.minor_digits, 2)) as functional_opening
    from led_monetary_balance
    left join run_currencies as digits
        on digits.currency = led_monetary_balance.currency
    left join run_currencies as functional_digits
        on functional_digits.currency = led_monetary_balance.functional_currency
),

openings as (
    select
        keys.entity,
        keys.account,
        keys.currency,
        case
            when known.entity is not null then known.opening
            when closed.entity is not null then closed.closing
            when turn.is_known then cast(0 as decimal(38, 6))
        end as opening,
        case
            when known.entity is not null then known.functional_opening
            when closed.entity is not null then closed.functional_closing
            when turn.is_known then cast(0 as decimal(38, 6))
        end as functional_opening
    from keys
    cross join turn
    left join known
        on known.entity = keys.entity
        and known.account = keys.account
        and known.currency = keys.currency
    left join closed
        on closed.entity = keys.entity
        and closed.account = keys.account
        and closed.currency = keys.currency
)

select
    keys.entity,
    keys.account,
    keys.currency,
    keys.functional_currency,
    openings.opening,
    coalesce(moved.debit, 0) as debit,
    coalesce(moved.credit, 0) as credit,
    openings.opening + coalesce(moved.debit, 0) - coalesce(moved.credit, 0) as closing,
    openings.functional_opening,
    case when moved.entity is null then 0 else moved.functional_debit end as functional_debit,
    case when moved.entity is null then 0 else moved.functional_credit end as functional_credit,
    openings.functional_opening
    + case when moved.entity is null then 0 else moved.functional_debit - moved.functional_credit end as functional_closing
from keys
left join moved
    on moved.entity = keys.entity
    and moved.account = keys.account
    and moved.currency = keys.currency
left join openings
    on openings.entity = keys.entity
    and openings.account = keys.account
    and openings.currency = keys.currency
