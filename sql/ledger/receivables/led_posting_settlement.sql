-- One row is one side of booking what stores and providers settled: a debit, or negative a credit.
-- grain: entity, day, currency, role (several rows)
-- Orders are booked once, by led_posting_coin. A line that met its order books its difference alone: a fee that settlements state
-- and that is not the booked one moves the receivable against store fees, what differs within the tolerance goes to tolerated. A line
-- that stands for no order is booked by its kind (led_settled_part); a payout moves the receivable to clearing, and that the bank received it is
-- led_posting_bank's.
with days as (
    select
        entity,
        day,
        currency,
        case
            when channel in ('apple', 'google') then 'store_receivable'
            when channel = 'reseller' then 'reseller_receivable'
            else 'provider_receivable'
        end as receivable_role,
        fee_difference,
        tolerated
    from led_match_day
    where match = 'purchase_settlement'
)

select
    entity, day, day as rate_day, 'settlement' as event_class, currency, receivable_role as role,
    cast(fee_difference + tolerated as decimal(38, 9)) as amount
from days
union all
select entity, day, day, 'settlement', currency, 'store_fee_cost', cast(-fee_difference as decimal(38, 9))
from days
union all
select entity, day, day, 'settlement', currency, 'tolerated', cast(-tolerated as decimal(38, 9))
from days
union all
select entity, day, day, 'settlement', currency, receivable_role, cast(amount as decimal(38, 9))
from led_settled_part
union all
select entity, day, day, 'settlement', currency, role, cast(-amount as decimal(38, 9))
from led_settled_part
