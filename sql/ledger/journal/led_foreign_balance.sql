-- One row is one balance between platform and creators or agencies in another currency than the entity's, told in the entity's at both ends.
-- grain: entity, currency, role
-- Signed as the journal: a debt to creators is a credit, negative. The closing is told at the rate of the month's last day, the
-- opening at that of the last day before it (where carat begins, of its first day). Creators and agencies who owe are a receivable,
-- creators with what of it is deferred and what is expected to be lost.
with balances as (
    select
        entity,
        currency,
        'creator_payable' as role,
        cast(-sum(greatest(opening_amount, 0)) as decimal(38, 9)) as opening_amount,
        cast(-sum(greatest(closing_amount, 0)) as decimal(38, 9)) as closing_amount
    from led_creator_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'creator_receivable' as role,
        cast(sum(greatest(-opening_amount, 0)) as decimal(38, 9)) as opening_amount,
        cast(sum(greatest(-closing_amount, 0)) as decimal(38, 9)) as closing_amount
    from led_creator_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'payouts_in_transit' as role,
        cast(-opening_amount as decimal(38, 9)) as opening_amount,
        cast(-closing_amount as decimal(38, 9)) as closing_amount
    from led_transit_rollforward
    union all
    select
        entity,
        currency,
        'agency_payable' as role,
        cast(-sum(greatest(opening_amount, 0)) as decimal(38, 9)) as opening_amount,
        cast(-sum(greatest(closing_amount, 0)) as decimal(38, 9)) as closing_amount
    from led_agency_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'deferred_debt_gain' as role,
        cast(-sum(opening_gain) as decimal(38, 9)) as opening_amount,
        cast(-sum(deferred_gain) as decimal(38, 9)) as closing_amount
    from led_creator_debt
    group by entity, currency
    having sum(opening_gain) <> 0 or sum(raised) <> 0 or sum(deferred_gain) <> 0
    union all
    select
        entity,
        currency,
        'agency_receivable' as role,
        cast(sum(greatest(-opening_amount, 0)) as decimal(38, 9)) as opening_amount,
        cast(sum(greatest(-closing_amount, 0)) as decimal(38, 9)) as closing_amount
    from led_agency_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'creator_debt_allowance' as role,
        cast(-sum(opening_allowance) as decimal(38, 9)) as opening_amount,
        cast(-sum(allowance) as decimal(38, 9)) as closing_amount
    from led_creator_debt
    group by entity, currency
    having sum(opening_allowance) <> 0 or sum(allowance) <> 0
),

days as (
    select
        local_day(run.closing_instant, run.time_zone) as closing_day,
        local_day(
            case when run.period = run.first_period then run.period_start else run.opening_instant end, run.time_zone
        ) as opening_day
    from run
)

select
    balances.entity,
    balances.currency,
    coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
    balances.role,
    days.opening_day,
    days.closing_day as day,
    balances.opening_amount,
    balances.closing_amount
from balances
cross join run
cross join days
left join run_entities
    on run_entities.entity = balances.entity
where balances.currency <> coalesce(run_entities.functional_currency, run.reporting_currency)
