-- One row is what a counterparty owed, or held back, when carat began, as the system of record says.
-- grain: entity, role, counterparty, currency
-- Fed as balances of kind account, ROLE or ROLE/COUNTERPARTY, dated at or before the start of the first period: a receivable or
-- reserves, as the asset stands; negative where we owe. Without a counterparty it is the channel's, of a store app stores' as one. It is one item, which
-- lines for older orders draw down. functional_amount is told at the rate of the day on which carat began where it isn't fed.
with accounts as (
    select
        openings.entity,
        split_part(openings.subject_id, '/', 1) as role,
        case
            when strpos(openings.subject_id, '/') > 0 then substr(openings.subject_id, strpos(openings.subject_id, '/') + 1)
            else openings.channel
        end as counterparty,
        coalesce(openings.currency, run_entities.functional_currency, run.reporting_currency) as currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        openings.amount,
        openings.functional_amount
    from led_opening_balance as openings
    cross join run
    left join run_entities
        on run_entities.entity = openings.entity
    where openings.subject_kind = 'account' and openings.amount is not null
),

named as (
    select
        entity,
        role,
        coalesce(counterparty, case role when 'store_receivable' then 'store' when 'reseller_receivable' then 'reseller' else 'web' end)
            as counterparty,
        currency,
        functional_currency,
        amount,
        functional_amount
    from accounts
    where role in ('store_receivable', 'provider_receivable', 'reseller_receivable', 'reserves')
)

select
    named.entity,
    named.role,
    named.counterparty,
    named.currency,
    cast(sum(named.amount) as decimal(38, 6)) as amount,
    cast(known_sum(coalesce(
        named.functional_amount,
        amount_at_rate(
            named.amount,
            case when named.currency = named.functional_currency then cast(1 as decimal(18, 9)) else led_fx_rate.rate end
        )
    )) as decimal(38, 9)) as functional_amount
from named
cross join run
left join led_fx_rate
    on led_fx_rate.base = named.currency
    and led_fx_rate.quote = named.functional_currency
    and led_fx_rate.day = local_day(run.first_start, run.time_zone)
group by named.entity, named.role, named.counterparty, named.currency
