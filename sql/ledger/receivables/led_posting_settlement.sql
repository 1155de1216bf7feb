-- One row is one side of booking what stores and providers settled: a debit, or negative a credit.
-- grain: entity, day, currency, role (several rows)
-- Orders are booked once, by led_posting_coin. A line that met its order books its difference alone: a fee that settlements state
-- and that is not the booked one moves the receivable against store fees, what differs within the tolerance goes to tolerated. A payout
-- moves the receivable to clearing on the day on which it was settled; that the bank received it is led_posting_bank's.
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
),

payouts as (
    select entity, day, currency, receivable_role, sum(net_amount) as net_amount
    from led_settled_day
    where kind = 'payout' and counted = 'now' and part <> 'older'
    group by entity, day, currency, receivable_role
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
select entity, day, day, 'settlement', currency, receivable_role, cast(net_amount as decimal(38, 9))
from payouts
union all
select entity, day, day, 'settlement', currency, 'clearing', cast(-net_amount as decimal(38, 9))
from payouts
