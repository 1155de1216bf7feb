-- One row is one side of moving a receivable from the currency of the sale into the one that it is settled in.
-- grain: entity, day, rate_day, currency, role (several rows)
-- Debits are positive. Each currency's entry is closed by exchange differences; in the entity's currency its two sides leave the gain
-- or the loss. A stated fee takes the place of the booked one in store fees (led_item_conversion says when).
with sides as (
    select
        entity,
        day,
        rate_day,
        currency,
        settled_currency,
        case
            when channel in ('apple', 'google') then 'store_receivable'
            when channel = 'reseller' then 'reseller_receivable'
            else 'provider_receivable'
        end as receivable_role,
        cast(closed_amount as decimal(38, 9)) as closed_amount,
        cast(booked_fee as decimal(38, 9)) as booked_fee,
        cast(opened_amount as decimal(38, 9)) as opened_amount,
        cast(settled_fee as decimal(38, 9)) as settled_fee
    from led_item_conversion
)

select entity, day, rate_day, 'settlement' as event_class, currency, receivable_role as role, -closed_amount as amount
from sides
union all
select entity, day, rate_day, 'settlement', currency, 'store_fee_cost', booked_fee
from sides
union all
select entity, day, rate_day, 'settlement', currency, 'fx_difference', closed_amount - booked_fee
from sides
union all
select entity, day, rate_day, 'settlement', settled_currency, receivable_role, opened_amount
from sides
union all
select entity, day, rate_day, 'settlement', settled_currency, 'store_fee_cost', -settled_fee
from sides
union all
select entity, day, rate_day, 'settlement', settled_currency, 'fx_difference', settled_fee - opened_amount
from sides
