-- One row is one side of booking what coins are expected to do beyond what they did: a debit, or negative a credit.
-- grain: entity, day, event_class, currency, role (several rows)
-- At the month's end, by what led_liability_ahead moved. Breakage ahead is taken off the coin liability and earned; what refunds of spent
-- coins are expected to cost is contra-revenue and a refund liability. In the entity's own currency. functional_amount is null where a rate is missing.
with moved as (
    select
        led_liability_ahead.identity,
        led_liability_ahead.entity,
        local_day(run.closing_instant, run.time_zone) as day,
        led_liability_ahead.currency,
        cast(coalesce(sum(led_liability_ahead.moved), 0) as decimal(38, 9)) as amount,
        cast(known_sum(led_liability_ahead.moved) as decimal(38, 9)) as functional_amount
    from led_liability_ahead
    cross join run
    group by led_liability_ahead.identity, led_liability_ahead.entity, local_day(run.closing_instant, run.time_zone), led_liability_ahead.currency
),

roles as (
    select identity, event_class, debit_role, credit_role
    from (
        values
            ('breakage_ahead', 'breakage_ahead', 'contract_liability', 'breakage_revenue'),
            ('refund_liability', 'refund_reserve', 'refunds', 'refund_liability')
    ) as named (identity, event_class, debit_role, credit_role)
)

select
    moved.entity, moved.day, roles.event_class, moved.currency, moved.currency as functional_currency, roles.debit_role as role,
    moved.amount, moved.functional_amount
from moved
inner join roles
    on roles.identity = moved.identity
where moved.amount <> 0 or moved.functional_amount is null
union all
select
    moved.entity, moved.day, roles.event_class, moved.currency, moved.currency as functional_currency, roles.credit_role as role,
    -moved.amount as amount, -moved.functional_amount as functional_amount
from moved
inner join roles
    on roles.identity = moved.identity
where moved.amount <> 0 or moved.functional_amount is null
