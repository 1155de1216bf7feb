-- One row is one side of booking what stores and providers settled: a debit, or negative a credit.
-- grain: entity, day, currency, role (several rows)
-- Orders are booked once, by led_posting_coin. A line that met its order books its difference alone: a fee that settlements state
-- and that is not the booked one moves the receivable against store fees, what differs within the tolerance goes to tolerated. A line
-- without an order, and what else a line differs by, waits in suspense from the period's last day until somebody decides; it is never
-- income. A counterparty to which we owe at the period's end is a liability of its own, not netted with others. A line that stands for no
-- order by its kind is booked by its kind (led_settled_part); a payout moves the receivable to clearing, and that the bank received it is
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
),

-- at the period's end: what waits in suspense, and the counterparties to which we owe
waiting as (
    select
        balances.entity,
        local_day(run.closing_instant, run.time_zone) as day,
        balances.currency,
        balances.receivable_role,
        sum(balances.suspended_amount) as suspended_amount,
        sum(greatest(-balances.closing_amount, 0)) - sum(greatest(-balances.opening_amount, 0)) as credit_amount
    from led_receivable_balance as balances
    cross join run
    group by balances.entity, local_day(run.closing_instant, run.time_zone), balances.currency, balances.receivable_role
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
union all
select entity, day, day, 'settlement', currency, receivable_role, cast(suspended_amount as decimal(38, 9))
from waiting
where suspended_amount <> 0
union all
select entity, day, day, 'settlement', currency, 'suspense', cast(-suspended_amount as decimal(38, 9))
from waiting
where suspended_amount <> 0
union all
select entity, day, day, 'counterparty_credit', currency, receivable_role, cast(credit_amount as decimal(38, 9))
from waiting
where credit_amount <> 0
union all
select entity, day, day, 'counterparty_credit', currency, 'counterparty_payable', cast(-credit_amount as decimal(38, 9))
from waiting
where credit_amount <> 0
