-- One row is one account of profit and loss: what the journal booked on it, and what the bridge's terms for it come to.
-- grain: entity, account
-- materialized: view
-- Exchange differences are told by led_fx_explained instead of the bridge; a balance
-- whose exchange difference nobody can tell (led_fx_untold) stands here too, as not compared. In the entity's own currency, before the journal rounds to minor units. An account is compared if every role that is posted to
-- it has its terms in led_bridge_account: chart and `accounts` may put others on it too, whose amounts the bridge doesn't know.
-- Nothing is compared where an exchange rate is missing: then a side is null.
with named as (
    select role
    from led_bridge_account
    union
    select 'fx_difference' as role
),

accounts as (
    select
        led_account.entity,
        led_account.account,
        max(case when named.role is null then 1 else 0 end) = 0 as is_compared
    from led_account
    left join named
        on named.role = led_account.role
    group by led_account.entity, led_account.account
    having max(case when named.role is null then 0 else 1 end) = 1
),

terms as (
    select
        led_bridge_term.entity,
        led_account.account,
        cast(led_bridge_account.sign * led_bridge_term.functional_amount as decimal(38, 9)) as functional_amount
    from led_bridge_term
    inner join led_bridge_account
        on led_bridge_account.line = led_bridge_term.line
        and led_bridge_account.coins in ('any', case led_bridge_term.channel when 'promotion' then 'promotion' else 'paid' end)
    inner join led_account
        on led_account.entity = led_bridge_term.entity
        and led_account.role = led_bridge_account.role
    union all
    select led_fx_explained.entity, led_account.account, led_fx_explained.total
    from led_fx_explained
    inner join led_account
        on led_account.entity = led_fx_explained.entity
        and led_account.role = 'fx_difference'
),

told as (
    select entity, account, known_sum(functional_amount) as functional_amount
    from terms
    group by entity, account
),

booked as (
    select entity, account, functional_currency, known_sum(exact_functional_amount) as functional_amount
    from led_journal_line
    where not is_remainder
    group by entity, account, functional_currency
)

select
    accounts.entity,
    accounts.account,
    coalesce(booked.functional_currency, run_entities.functional_currency, run.reporting_currency) as functional_currency,
    accounts.is_compared,
    cast(case when told.entity is null then 0 else told.functional_amount end as decimal(38, 9)) as bridge_amount,
    cast(case when booked.entity is null then 0 else booked.functional_amount end as decimal(38, 9)) as journal_amount
from accounts
cross join run
left join run_entities
    on run_entities.entity = accounts.entity
left join told
    on told.entity = accounts.entity
    and told.account = accounts.account
left join booked
    on booked.entity = accounts.entity
    and booked.account = accounts.account
where told.entity is not null or booked.entity is not null
union all
select distinct
    led_fx_untold.entity,
    led_fx_untold.account,
    coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
    false as is_compared,
    cast(null as decimal(38, 9)) as bridge_amount,
    cast(null as decimal(38, 9)) as journal_amount
from led_fx_untold
cross join run
left join run_entities
    on run_entities.entity = led_fx_untold.entity
