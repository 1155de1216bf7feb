-- One row is what the month's roll-forwards of one kind of receivable come to, and what the journal booked on it.
-- grain: entity, receivable_role, currency
-- Movements alone, without exchange differences and without what stands as a liability because we owe it.
with rolled as (
    select entity, receivable_role, currency, sum(amount) as amount
    from (
        select entity, receivable_role, currency, amount
        from led_receivable_movement
        union all
        select entity, receivable_role, currency, suspended_amount
        from led_receivable_balance
    ) as movements
    group by entity, receivable_role, currency
),

booked as (
    select entity, role as receivable_role, currency, sum(amount) as amount
    from led_posting
    where role in ('store_receivable', 'provider_receivable', 'reseller_receivable') and event_class <> 'counterparty_credit'
    group by entity, role, currency
)

select
    coalesce(rolled.entity, booked.entity) as entity,
    coalesce(rolled.receivable_role, booked.receivable_role) as receivable_role,
    coalesce(rolled.currency, booked.currency) as currency,
    cast(coalesce(rolled.amount, 0) as decimal(38, 9)) as rolled_amount,
    cast(coalesce(booked.amount, 0) as decimal(38, 9)) as booked_amount
from rolled
full outer join booked
    on booked.entity = rolled.entity
    and booked.receivable_role = rolled.receivable_role
    and booked.currency = rolled.currency
