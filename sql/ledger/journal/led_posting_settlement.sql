-- One row is one side of booking what stores, providers and banks confirmed: a debit, or negative a credit.
-- grain: entity, day, currency, role (several rows)
-- A settlement that the bank received moves receivable into cash; what differs within the tolerance goes to tolerated. When the
-- bank's currency is another, each currency's entry is closed by exchange differences, whose two sides leave the gain or loss. A
-- fee that settlements state and that is not the booked one moves the receivable against store fees.
with days as (
    select
        entity,
        day,
        match,
        currency,
        coalesce(other_currency, currency) as settled_currency,
        case
            when channel in ('apple', 'google') then 'store_receivable'
            when channel = 'reseller' then 'reseller_receivable'
            else 'provider_receivable'
        end as receivable_role,
        cash_amount,
        receivable_amount,
        fee_difference,
        tolerated
    from led_match_day
)

select entity, day, day as rate_day, 'settlement' as event_class, currency, 'cash' as role, cast(cash_amount as decimal(38, 9)) as amount
from days
where match = 'settlement_bank'
union all
select
    entity, day, day, 'settlement', currency, case when settled_currency = currency then 'tolerated' else 'fx_difference' end,
    cast(case when settled_currency = currency then receivable_amount - cash_amount else -cash_amount end as decimal(38, 9))
from days
where match = 'settlement_bank'
union all
select entity, day, day, 'settlement', settled_currency, receivable_role, cast(-receivable_amount as decimal(38, 9))
from days
where match = 'settlement_bank'
union all
select entity, day, day, 'settlement', settled_currency, 'fx_difference', cast(receivable_amount as decimal(38, 9))
from days
where match = 'settlement_bank' and settled_currency <> currency
union all
select entity, day, day, 'settlement', currency, receivable_role, cast(fee_difference + tolerated as decimal(38, 9))
from days
where match = 'purchase_settlement'
union all
select entity, day, day, 'settlement', currency, 'store_fee_cost', cast(-fee_difference as decimal(38, 9))
from days
where match = 'purchase_settlement'
union all
select entity, day, day, 'settlement', currency, 'tolerated', cast(-tolerated as decimal(38, 9))
from days
where match = 'purchase_settlement'
union all
select entity, day, day, 'payout_paid', currency, 'cash', cast(tolerated as decimal(38, 9))
from days
where match = 'payout_provider'
union all
select entity, day, day, 'payout_paid', currency, 'tolerated', cast(-tolerated as decimal(38, 9))
from days
where match = 'payout_provider'
