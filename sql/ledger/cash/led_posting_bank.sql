-- One row is one side of booking what the bank and payment providers confirmed: a debit, or negative a credit.
-- grain: entity, day, currency, role (several rows)
-- A settlement's payout waits in clearing from the day on which it was settled (led_posting_settlement); what the bank received
-- moves it to cash, and what differs within the tolerance goes to tolerated. When the bank's currency is another, each currency's
-- entry is closed by exchange differences, whose two sides leave the gain or loss.
with days as (
    select
        entity,
        day,
        match,
        currency,
        coalesce(other_currency, currency) as settled_currency,
        cash_amount,
        receivable_amount,
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
select entity, day, day, 'settlement', settled_currency, 'clearing', cast(-receivable_amount as decimal(38, 9))
from days
where match = 'settlement_bank'
union all
select entity, day, day, 'settlement', settled_currency, 'fx_difference', cast(receivable_amount as decimal(38, 9))
from days
where match = 'settlement_bank' and settled_currency <> currency
union all
select entity, day, day, 'payout_paid', currency, 'cash', cast(tolerated as decimal(38, 9))
from days
where match = 'payout_provider'
union all
select entity, day, day, 'payout_paid', currency, 'tolerated', cast(-tolerated as decimal(38, 9))
from days
where match = 'payout_provider'
